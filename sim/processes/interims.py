"""Interim looks: when data are reviewed, what is decided, and whether recruitment pauses meanwhile.

What the data of a look say is not simulated; its decision has the probabilities that the scenario gives it. A look that
waits for follow-up keeps the trial from ending until its decision.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.core import events
from sim.core.clock import WEEK_DAYS
from sim.core.people import Person
from sim.core.roles import Pausing
from sim.core.world import World
from sim.scenario.schema.interims import Interim


class Interims:
    """The interim looks of a trial.

    Args:
        world: the replication's surroundings.
        enrolment: the gate before randomisation, which a look may close.
        on_stopped: called when a look stops the trial.
        on_enlarged: called with the number of additional participants when a look enlarges the target.
        on_decided: called after every decision.
    """

    def __init__(
        self,
        world: World,
        enrolment: Pausing,
        on_stopped: Callable[[], None],
        on_enlarged: Callable[[int], None],
        on_decided: Callable[[], None],
    ) -> None:
        self._world = world
        self._enrolment = enrolment
        self._on_stopped = on_stopped
        self._on_enlarged = on_enlarged
        self._on_decided = on_decided
        self._names = world.design.interims
        self._rules = [world.scenario.interims[name] for name in self._names]
        self._counted = [self._ways(rule) for rule in self._rules]
        self._n_events = [0] * len(self._rules)
        self._n_randomised = 0
        self._n_pending = 0

    def _ways(self, rule: Interim) -> set[int]:
        """Codes of the ways of leaving that a look counts."""
        ways, follow_up = self._world.design.ways_out, self._world.scenario.follow_up
        completion = None if follow_up is None else follow_up.primary_completion
        names = rule.of or (completion.of if completion is not None else None) or ways
        return {ways.index(name) for name in names}

    @property
    def is_pending(self) -> bool:
        """Whether a look has its participants or events, but not its decision."""
        return self._n_pending > 0

    def randomised(self) -> None:
        """Count a participant, who may be the last one that a look waits for."""
        self._n_randomised += 1
        n, world = self._n_randomised, self._world
        for code, rule in enumerate(self._rules):
            if rule.days_between != 0 and self._is_spaced(rule, n):
                days = world.number(f"interims.{self._names[code]}.days_between", rule.days_between)
                self._enrolment.pause(events.PAUSE_SENTINEL, days)
            if n in (rule.at_randomised or ()) or (rule.every is not None and n % rule.every == 0):
                if rule.recruitment == "pauses_when_randomised":
                    self._enrolment.pause_until_told(events.PAUSE_INTERIM)
                self._expect(code, n, world.env.now + rule.followed_weeks * WEEK_DAYS)

    @staticmethod
    def _is_spaced(rule: Interim, n: int) -> bool:
        """Whether the next participant has to wait after the n-th."""
        return rule.every is not None or (rule.at_randomised is not None and n < rule.at_randomised[-1])

    def left(self, person: Person) -> None:
        """Count an event if a participant left in a way that counts; it may be the last one that a look waits for.

        Args:
            person: the participant; `way_out` is None after the last visit.
        """
        for code, rule in enumerate(self._rules):
            if rule.at_events and person.way_out in self._counted[code]:
                self._n_events[code] += 1
                if self._n_events[code] in rule.at_events:
                    self._expect(code, self._n_events[code], self._world.env.now)

    def _expect(self, code: int, number: int, day: float) -> None:
        """Plan a look for a day; from now on the trial does not end before its decision.

        Args:
            code: number of the rule among the interim looks.
            number: participants or events at the look.
            day: when it begins.
        """
        self._n_pending += 1
        self._world.env.call_at(day, lambda: self._look(code, number))

    def _takes(self, code: int, number: int) -> float:
        """Days from a look to its decision."""
        path, rule = f"interims.{self._names[code]}.takes_days", self._rules[code]
        return self._world.varying(path, rule.takes_days)(self._world.single(path, str(number)))

    def _look(self, code: int, number: int) -> None:
        """Begin a look; its decision follows after a drawn time, or at once if recruitment is over for good."""
        world, recruitment = self._world, self._rules[code].recruitment
        if recruitment == "pauses_at_look":
            self._enrolment.pause_until_told(events.PAUSE_INTERIM)
        if self._enrolment.is_over:
            self._decide(code, number)
            return
        world.record(events.INTERIM_LOOK, number=number, code=code)
        world.env.call_at(world.env.now + self._takes(code, number), lambda: self._decide(code, number))

    def _decide(self, code: int, number: int) -> None:
        """Stop, enlarge, or continue. Looks before the end of the data had no effect: the trial is under way."""
        world, rule, path = self._world, self._rules[code], f"interims.{self._names[code]}"
        self._n_pending -= 1
        if not self._enrolment.is_over:
            u = 1.0 if world.env.now < world.known_until else world.single(f"{path}.decision", str(number))
            stop = world.probability(f"{path}.stop", rule.stop)
            if u < stop:
                world.record(events.INTERIM_STOPS, number=number, code=code)
                self._on_stopped()
            elif u < stop + world.probability(f"{path}.enlarge", rule.enlarge):
                more = rule.enlarge_by or 0
                world.record(events.INTERIM_ENLARGES, number=number, code=code, amount=more)
                self._on_enlarged(more)
            else:
                world.record(events.INTERIM_GOES_ON, number=number, code=code)
        if rule.recruitment != "goes_on":
            self._enrolment.go_on(events.PAUSE_INTERIM)
        self._on_decided()
