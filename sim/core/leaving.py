"""Hazards of leaving, in each arm, from the curves and hazard ratios in a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sim.core.design import Design
from sim.core.hazards import MOST, Curve, Hazard, Times, hazards_by_arm
from sim.scenario.distributions import Family
from sim.scenario.schema.follow_up import FollowUp, WayOut

_ALL = "all"  # an arm in which every way is as written for all arms, or for the first that is named

Resolve = Callable[[str, object], float]  # (path, value) -> the value in this replication


def leaving_hazards(design: Design, rules: FollowUp, number: Resolve) -> list[list[Hazard]]:
    """Hazards of all ways out in each arm, in the order of the design.

    A curve written for an arm is met in that arm, whatever other ways out it has. So is a curve for all arms, except in
    an arm with a hazard ratio: there the other ways out keep the hazard that they have without the ratio, and their
    shares follow. A hazard ratio multiplies the hazard of the arm whose curve is written.

    Args:
        design: the scenario, made ready; hazards without uncertain values are stored in it.
        rules: the scenario's follow-up.
        number: gives the value of an uncertain value in this replication.

    Returns:
        By arm, the hazard of each way out, in the order of `design.ways_out`.
    """
    ways = [(way, rules.leaving[way]) for way in design.ways_out]
    arms = [arm for arm in (_ALL, *(arm.name for arm in design.arms)) if arm not in design.hazards]
    cells = {arm: [_cell(way, rule, arm, _has_ratio(ways, arm), number) for way, rule in ways] for arm in arms}
    found = hazards_by_arm(cells, design.hazards)
    if not any(isinstance(value, Family) for value in _shares(rules)):
        alone = (arm for arm in arms if not any(isinstance(cell, Times) for cell in cells[arm]))
        design.hazards |= {arm: found[arm] for arm in alone}
    return [found[arm.name] for arm in design.arms]


def _has_ratio(ways: Iterable[tuple[str, WayOut]], arm: str) -> bool:
    return any(arm in rule.hazard_ratio for _, rule in ways)


def _cell(way: str, rule: WayOut, arm: str, has_ratio: bool, number: Resolve) -> Curve | Times:
    """One way in one arm: a curve, or a multiple of the hazard of another arm."""
    if arm in rule.cumulative:
        return _curve(way, rule, arm, number)
    first = _ALL if _ALL in rule.cumulative else min(rule.cumulative)
    if arm in rule.hazard_ratio:
        return Times(first, number(f"follow_up.leaving.{way}.hazard_ratio.{arm}", rule.hazard_ratio[arm]))
    return Times(_ALL, 1.0) if has_ratio else _curve(way, rule, first, number)


def _curve(way: str, rule: WayOut, known: str, number: Resolve) -> Curve:
    """Cumulative incidence by week; uncertain values never decrease the curve, and some always stay."""
    path = f"follow_up.leaving.{way}.cumulative.{known}"
    curve = []
    highest = 0.0
    for week, value in sorted(rule.cumulative[known].items()):
        highest = max(highest, number(f"{path}.{week:g}", value))
        curve.append((week, min(highest, MOST)))
    return tuple(curve)


def _shares(rules: FollowUp) -> Iterator[object]:
    """All cumulative probabilities of leaving."""
    for way in rules.leaving.values():
        for curve in way.cumulative.values():
            yield from curve.values()
