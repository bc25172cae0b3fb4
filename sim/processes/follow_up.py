"""Visits, and the competing ways of leaving."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.clock import APPOINTMENT_HOURS, FIRST_APPOINTMENT, WEEK_DAYS, at_an_hour
from sim.core.hazards import MOST, Curve, Hazard, hazards
from sim.core.people import DRAWS_A_VISIT, Person
from sim.core.quantiles import unit_exponential
from sim.core.world import World
from sim.scenario.schema.follow_up import FollowUp, WayOut

_DEVIATION, _MISSED, _HOUR = range(3)  # places of a visit's uniform numbers in its row
_NEVER = float("inf")

Array = npt.NDArray[np.float64]


class FollowUps:
    """Follow-up of every participant: when it ends and how, and the visits until then.

    Visits touch nothing else, so that a participant's visits are worked out once, when the replication ends.

    Args:
        world: the replication's surroundings.

    Attributes:
        rules: the scenario's follow-up; None where trials end at randomisation.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.rules = rules = world.scenario.follow_up
        self._followed: list[Person] = []
        if rules is None:
            return
        self._weeks = np.array(rules.visit_weeks)
        self._deviation = world.number("follow_up.visit_window_days", rules.visit_window_days)
        self._ways = world.design.ways_out
        self._hazards = [self._of_arm(rules, arm.name) for arm in world.design.arms]
        self._exposure = [world.columns.add(f"leaving.{way}", unit_exponential) for way in self._ways]
        self._p_missed = world.probability("follow_up.missed_visit", rules.missed_visit)

    def _curve(self, way: str, rule: WayOut, arm: str) -> Curve:
        known = arm if arm in rule.cumulative else "all" if "all" in rule.cumulative else min(rule.cumulative)
        path = f"follow_up.leaving.{way}.cumulative.{known}"
        curve = []
        highest = 0.0
        for week, value in sorted(rule.cumulative[known].items()):
            highest = max(highest, self._world.number(f"{path}.{week:g}", value))
            curve.append((week, min(highest, MOST)))
        return tuple(curve)

    def _of_arm(self, rules: FollowUp, arm: str) -> list[Hazard]:
        """Hazards of an arm: from the curves it is written with, then its hazard ratios."""
        found = hazards(tuple(self._curve(way, rules.leaving[way], arm) for way in self._ways))
        result = []
        for way, hazard in zip(self._ways, found, strict=True):
            rule = rules.leaving[way]
            if arm in rule.hazard_ratio and arm not in rule.cumulative:
                ratio = self._world.number(f"follow_up.leaving.{way}.hazard_ratio.{arm}", rule.hazard_ratio[arm])
                hazard = hazard.times(ratio)
            result.append(hazard)
        return result

    def begin(self, person: Person) -> float:
        """Settle when this participant's follow-up ends, and how: at the last visit, or by the first way out before."""
        self._followed.append(person)
        if self.rules is None:
            person.ends = self._world.env.now
            return person.ends
        assert person.arm is not None
        person.ends = self._last_visit(person)
        for code, hazard in enumerate(self._hazards[person.arm.index]):
            leaves = person.randomised + hazard.time_to(self._exposure[code].of(person))
            if leaves <= person.ends:
                person.ends, person.way_out = leaves, code
        return person.ends

    def _last_visit(self, person: Person) -> float:
        planned: float = person.randomised + self._weeks.item(-1) * WEEK_DAYS
        if self._deviation == 0:
            return planned
        assert person.draws is not None
        row = len(self._weeks) - 1
        deviation = self._deviation * (2 * person.draws.item(row, _DEVIATION) - 1)
        return max(at_an_hour(planned + deviation, person.draws.item(row, _HOUR)), person.randomised)

    def visits(self) -> Array:
        """(n, WIDTH) visits of all participants so far, done and missed, as events.

        A visit takes place within its window at an hour of its own, but not before randomisation nor after the last
        visit; those planned for after a participant left do not take place and are not missed.
        """
        people = self._followed
        if self.rules is None or not people:
            return np.zeros((0, events.WIDTH))
        n, k = len(people), len(self._weeks)
        u = np.stack([person.draws[:k, :DRAWS_A_VISIT] for person in people if person.draws is not None])
        start = np.array([[person.randomised] for person in people])
        ends = np.array([[min(person.ends, self._world.env.now)] for person in people])
        leaves = np.array([[_NEVER if person.way_out is None else person.ends] for person in people])
        days = start + self._weeks * WEEK_DAYS
        if self._deviation > 0:
            whole = np.floor(days + self._deviation * (2 * u[..., _DEVIATION] - 1))
            last = np.array([[self._last_visit(person)] for person in people])
            days = np.minimum(np.maximum(whole + FIRST_APPOINTMENT + APPOINTMENT_HOURS * u[..., _HOUR], start), last)
        takes_place = (days <= ends) & (days < leaves)
        rows = np.zeros((n, k, events.WIDTH))
        rows[..., events.TIME] = days
        is_missed = u[..., _MISSED] < self._p_missed
        rows[..., events.KIND] = np.where(is_missed, events.VISIT_MISSED, events.VISIT_DONE)
        rows[..., events.SITE] = np.array([[person.site.index] for person in people])
        rows[..., events.PERSON] = np.array([[person.referral] for person in people])
        rows[..., events.NUMBER] = self._weeks
        visits: Array = rows[takes_place]
        return visits
