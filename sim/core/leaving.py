"""Hazards of leaving, in each arm, from the curves and hazard ratios in a scenario.

`sim.core.hazards` solves the hazards; here the scenario's words become its curves and ratios: which arm has a curve,
which has a multiple of another arm's, and what is uncertain in one replication.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.design import Design
from sim.core.hazards import MOST, Curve, Hazard, Times, hazards_by_arm
from sim.core.quantiles import quantile
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario
from sim.scenario.schema.follow_up import FollowUp, WayOut

_N_SLICES = 1000  # of each distribution
_RARELY = 0.001  # of the simulated trials: below this, nothing is said
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
    kept = [_kept(design, rules, arm.name, number) for arm in design.arms] if design.hazards else [None]
    if None not in kept:
        return kept  # type: ignore[return-value]  # none is None
    ways = [(way, rules.leaving[way]) for way in design.ways_out]
    arms = [arm for arm in (_ALL, *(arm.name for arm in design.arms)) if arm not in design.hazards]
    cells = {arm: [_cell(way, rule, arm, _has_ratio(ways, arm), number) for way, rule in ways] for arm in arms}
    found = hazards_by_arm(cells, design.hazards)
    if not any(isinstance(value, Family) for value in _shares(rules)):
        alone = (arm for arm in arms if not any(isinstance(cell, Times) for cell in cells[arm]))
        design.hazards |= {arm: found[arm] for arm in alone}
    return [found[arm.name] for arm in design.arms]


def _kept(design: Design, rules: FollowUp, arm: str, number: Resolve) -> list[Hazard] | None:
    """Hazards of an arm that are stored, or multiples of those; None if they must be solved."""
    if arm in design.hazards:
        return design.hazards[arm]
    found = multiples(design, rules, arm)
    return None if found is None else [one.hazard.times(number(one.path, one.ratio)) for one in found]


class Multiple(NamedTuple):
    """A hazard in an arm as a multiple of one that is the same in all replications.

    Attributes:
        hazard: that hazard.
        path: path of the ratio in the scenario.
        ratio: the ratio.
    """

    hazard: Hazard
    path: str
    ratio: float | Family


def multiples(design: Design, rules: FollowUp, arm: str) -> list[Multiple] | None:
    """The hazards of an arm of which each is a multiple of one that is the same in all replications.

    Args:
        design: the scenario, made ready; `leaving_hazards` was called with it.
        rules: the scenario's follow-up.
        arm: name of the arm.

    Returns:
        A multiple for each way out, in the order of `design.ways_out`; None for an arm with other hazards.
    """
    ways, found = [(way, rules.leaving[way]) for way in design.ways_out], []
    for i, (way, rule) in enumerate(ways):
        is_own = arm in rule.hazard_ratio
        first = _ALL if _ALL in rule.cumulative or not is_own else min(rule.cumulative)
        if arm in rule.cumulative or first not in design.hazards:
            return None
        path = f"follow_up.leaving.{way}.hazard_ratio.{arm}"
        found.append(Multiple(design.hazards[first][i], path, rule.hazard_ratio[arm] if is_own else 1.0))
    return found if _has_ratio(ways, arm) else None


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


def falling_curves(scenario: Scenario) -> list[str]:
    """Say of uncertain cumulative curves how often they would fall, each point being drawn alone.

    Args:
        scenario: the scenario.

    Returns:
        One sentence without full stop for each pair of neighbouring weeks of which the later would be below the
        earlier in a tenth of a percent of the simulated trials or more. The probabilities are computed, not simulated.
    """
    ways = scenario.follow_up.leaving if scenario.follow_up else {}
    return [
        f"follow_up.leaving.{way}{'' if arm == _ALL else f'.{arm}'}: week {late:g} would be below week {early:g} in "
        f"{100 * share:.2g} % of the simulated trials, as each is drawn alone; there it is raised to what week "
        f"{early:g} has"
        for way, rule in ways.items()
        for arm, curve in rule.cumulative.items()
        for (early, before), (late, after) in pairwise(sorted(curve.items()))
        if (share := _p_falls(before, after)) >= _RARELY
    ]


def _p_falls(before: float | Family, after: float | Family) -> float:
    """Probability that a value is below the one before it, from the middles of equally likely slices of both."""
    return float(np.mean(_slices(after)[:, None] < _slices(before)[None, :]))


def _slices(value: float | Family) -> npt.NDArray[np.float64]:
    return quantile(value)((np.arange(_N_SLICES) + 0.5) / _N_SLICES) if isinstance(value, Family) else np.array([value])


def _shares(rules: FollowUp) -> Iterator[object]:
    """All cumulative probabilities of leaving."""
    for way in rules.leaving.values():
        for curve in way.cumulative.values():
            yield from curve.values()
