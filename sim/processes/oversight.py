"""Safety oversight: sentinel spacing, the board's reviews, holds, and the rule that stops the trial.

Holds and the stop concern dosing as well as randomisation; sentinels and reviews hold up randomisation only.
"""

from __future__ import annotations

from simpy.events import Event

from sim.core import events
from sim.core.people import Person
from sim.core.roles import Pausing
from sim.core.world import World

_DRAWS_A_HOLD = 4


class Board:
    """The safety board and the sentinel rule.

    Args:
        world: the replication's surroundings.
        enrolment: the gate before randomisation, which they may close.

    Attributes:
        ended: whether dosing has ended for good.
        held_until: end of the current hold of dosing.
    """

    def __init__(self, world: World, enrolment: Pausing) -> None:
        self._world = world
        self._enrolment = enrolment
        self._rules = world.scenario.oversight
        self._has_doses = any(arm.doses for arm in world.design.arms)
        self._n_sentinels = 0
        self._n_treated = 0
        self._n_severe_early = 0
        self._n_holds = 0
        self._can_end = self._rules.stop is not None and self._rules.stop.action == "end"
        self._to_wake: list[Event] = []
        self.ended = False
        self.held_until = -float("inf")

    def randomised(self, person: Person) -> None:
        """Space the sentinels: after each but the last, nobody is randomised for some days.

        In a trial without doses, a randomised participant counts as treated.

        Args:
            person: the participant, who has an arm.
        """
        if not self._has_doses:
            self.first_dose(person)
        rule = self._rules.sentinels
        if rule is None or person.arm is None or person.arm.name != rule.arm:
            return
        self._n_sentinels += 1
        if self._n_sentinels < rule.participants:
            days = self._world.number("oversight.sentinels.days_between", rule.days_between)
            self._enrolment.pause(events.PAUSE_SENTINEL, days)

    def first_dose(self, person: Person) -> None:
        """Count a participant as treated; after the number that a review waits for, plan the review.

        Args:
            person: the participant, who gets their rank among the treated.
        """
        self._n_treated += 1
        person.treated_rank = self._n_treated
        review = self._rules.board_review
        if review is None or self._n_treated not in review.after_treated:
            return
        n_treated = self._n_treated
        days = self._world.number("oversight.board_review.observed_days", review.observed_days)
        env = self._world.env
        env.call_at(env.now + days, lambda: self._review(n_treated))  # first: the pause goes on without a gap
        if review.pauses_while_observing and review.enrolment_pauses:
            self._enrolment.pause(events.PAUSE_BOARD, days)

    def _review(self, n_treated: int) -> None:
        """Begin a review, during which randomisation may pause."""
        review = self._rules.board_review
        assert review is not None
        world = self._world
        u = world.single("oversight.board_review", str(n_treated))
        days = world.varying("oversight.board_review.takes_days", review.takes_days)(u)
        world.record(events.REVIEW_STARTED, number=n_treated)
        if review.enrolment_pauses and not self.ended:
            self._enrolment.pause(events.PAUSE_BOARD, days)
        world.env.call_at(world.env.now + days, lambda: world.record(events.REVIEW_ENDED, number=n_treated))

    def severe_reaction(self, person: Person, u: float) -> None:
        """Apply the stopping rule and the rule of holds to a severe reaction.

        Reactions before the end of the data have no effect: a trial under way was neither stopped nor is it on hold.

        Args:
            person: the participant.
            u: uniform number that decides whether the reaction leads to a hold.
        """
        if self._world.env.now < self._world.known_until:
            return
        rule = self._rules.stop
        if rule is not None and 0 < person.treated_rank <= rule.among_first:
            self._n_severe_early += 1
            if self._n_severe_early == rule.severe_reactions:
                if rule.action == "end":
                    self._end()
                else:
                    self._hold("oversight.stop.hold_days", rule.hold_days)
                return
        hold = self._rules.hold
        if hold is not None and u < self._world.probability("oversight.hold.probability", hold.probability):
            self._hold("oversight.hold.days", hold.days)

    def _end(self) -> None:
        """End randomisation and dosing for good, and wake up those who wait for either."""
        self.ended = True
        self._world.record(events.BOARD_STOPPED)
        self._enrolment.close(events.RECRUITMENT_STOPPED)
        for event in self._to_wake:
            if not event.triggered:
                event.succeed()

    def unless_ended(self, event: Event) -> Event:
        """Make an event happen when dosing ends for good, if it has not happened by then.

        Args:
            event: what a dose waits for.

        Returns:
            The same event; whoever waits must check `ended`.
        """
        if self._can_end:
            self._to_wake.append(event)
        return event

    def _hold(self, path: str, value: object) -> None:
        """Put dosing and randomisation on hold for a drawn time.

        Args:
            path: path of the length in the scenario, which names its draw's distribution.
            value: the length in days, as in the scenario.
        """
        world = self._world
        draws = world.person_draws("oversight.hold", "", 0, self._n_holds, _DRAWS_A_HOLD)
        self._n_holds += 1
        days = world.varying(path, value)(float(draws[0]))
        self.held_until = max(self.held_until, world.env.now + days)
        self._enrolment.pause(events.PAUSE_HOLD, days)
