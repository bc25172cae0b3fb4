"""Follow-up: visits, and the competing ways of leaving.

Each way of leaving has a cumulative hazard, which a participant's exponential draw for that way reaches on some day;
the first day of all ways counts. So a longer or shorter follow-up changes nothing about when somebody would leave.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.clock import APPOINTMENT_HOURS, FIRST_APPOINTMENT, WEEK_DAYS, at_an_hour
from sim.core.leaving import leaving_hazards
from sim.core.observed import KnownPerson
from sim.core.people import Person
from sim.core.world import World

_DEVIATION, _MISSED, _HOUR = range(3)  # places of a visit's uniform numbers in its row
_NEVER = float("inf")

Array = npt.NDArray[np.float64]


class FollowUps:
    """Follow-up of every participant: when and how it ends, and the visits until then.

    Visits affect nothing else, so all visits are calculated once, when the replication ends.

    Args:
        world: the replication's surroundings.

    Attributes:
        rules: the scenario's follow-up; None if the trial ends at randomisation.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.rules = rules = world.scenario.follow_up
        self._followed: list[Person] = []
        if rules is None:
            return
        self._weeks = np.array(rules.visit_weeks)
        self._rows = [world.design.row_of_week[week] for week in rules.visit_weeks]
        self._deviation = world.number("follow_up.visit_window_days", rules.visit_window_days)
        self._ways = world.design.ways_out
        self._hazards = leaving_hazards(world.design, rules, world.number)
        self._exposure = [world.column(f"leaving.{way}") for way in self._ways]
        self._beyond = world.design.horizon_days + 1.0
        self._p_missed = world.probability("follow_up.missed_visit", rules.missed_visit)

    def begin(self, person: Person) -> float:
        """Determine when and how a participant's follow-up ends: at the last visit, or by the first way out before it.

        Args:
            person: the participant, who was just randomised; `ends`, `last_visit` and `way_out` are set.

        Returns:
            Day on which it ends.
        """
        self._followed.append(person)
        if self.rules is None:
            person.ends = self._world.env.now
            return person.ends
        assert person.arm is not None
        person.ends = person.last_visit = self._last_visit(person)
        if self.rules.primary_completion is not None:
            person.ends = self._beyond  # until primary completion, when `end_at` sets it
        if person.known is not None and person.known.is_leaving_known:
            return self._go_on(person, person.known)
        for code, hazard in enumerate(self._hazards[person.arm.index]):
            leaves = person.randomised + hazard.time_to(self._exposure[code](person.values))
            if leaves <= person.ends:
                person.ends, person.way_out = leaves, code
        return person.ends

    def end_at(self, person: Person, day: float) -> bool:
        """End a participant's follow-up with a last visit on a day, unless it ends by then anyway.

        Args:
            person: the participant.
            day: day of the last visit.

        Returns:
            Whether it ends with that visit.
        """
        if person.ends <= day:
            return False
        person.ends, person.way_out = day, None
        return True

    def _go_on(self, person: Person, known: KnownPerson) -> float:
        """The same for an observed participant: as observed, or after the end of the data.

        Who stayed until then leaves later: the hazard reached by that day is added to the draw, so that what remains is
        exponential again (it has no memory).
        """
        if known.ended is not None:
            person.ends, person.way_out = known.ended, known.way_out
            if known.way_out is None:
                person.last_visit = known.ended
            return person.ends
        now = self._world.known_until
        person.last_visit = max(person.last_visit, now)
        person.ends = max(person.ends, now)
        assert person.arm is not None
        survived = now - person.randomised
        for code, hazard in enumerate(self._hazards[person.arm.index]):
            exposure = self._exposure[code](person.values) + hazard.reached(survived)
            leaves = person.randomised + hazard.time_to(exposure)
            if now < leaves <= person.ends:
                person.ends, person.way_out = leaves, code
        return person.ends

    def _last_visit(self, person: Person) -> float:
        """Planned time of a participant's last visit, with its deviation within the window."""
        planned: float = person.randomised + self._weeks.item(-1) * WEEK_DAYS
        if self._deviation == 0:
            return planned
        assert person.draws is not None
        row = self._rows[-1]
        deviation = self._deviation * (2 * person.draws.item(row, _DEVIATION) - 1)
        return max(at_an_hour(planned + deviation, person.draws.item(row, _HOUR)), person.randomised)

    def visits(self) -> Array:
        """Visits of all participants so far, done and missed.

        A visit takes place within its window at a drawn hour, but not before randomisation nor after the last visit.
        Visits planned for after a participant left neither take place nor count as missed.

        Returns:
            (n, WIDTH) events, by participant in order of randomisation.
        """
        people = self._followed
        if self.rules is None or not people:
            return np.zeros((0, events.WIDTH))
        now = self._world.env.now
        start = _column([person.randomised for person in people])
        ends = np.minimum(_column([person.ends for person in people]), now)
        leaves = _column([_NEVER if person.way_out is None else person.ends for person in people])
        last = _column([person.last_visit for person in people])
        days = start + self._weeks * WEEK_DAYS
        u = np.concatenate([person.draws for person in people if person.draws is not None])
        u = u.reshape(len(people), -1, u.shape[-1])[:, self._rows]
        if self._deviation > 0:
            whole = np.floor(days + self._deviation * (2 * u[..., _DEVIATION] - 1))
            days = np.minimum(np.maximum(whole + FIRST_APPOINTMENT + APPOINTMENT_HOURS * u[..., _HOUR], start), last)
        takes_place = (days <= ends) & (days < leaves)
        who, which = np.nonzero(takes_place)
        visits = np.zeros((len(who), events.WIDTH))
        visits[:, events.TIME] = days[takes_place]
        is_missed = u[..., _MISSED][takes_place] < self._p_missed
        visits[:, events.KIND] = np.where(is_missed, events.VISIT_MISSED, events.VISIT_DONE)
        visits[:, events.SITE] = np.array([person.site.index for person in people])[who]
        visits[:, events.PERSON] = np.array([person.referral for person in people])[who]
        visits[:, events.NUMBER] = self._weeks[which]
        return visits


def _column(values: list[float]) -> Array:
    """(n, 1) of a value of each participant."""
    return np.array(values)[:, None]
