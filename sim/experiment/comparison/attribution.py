"""Shares out a difference: how much of the days, the probability or the cost each changed value contributes.

Scenarios between the reference and the other are simulated on the same random numbers, each with some of the changes.
With few changes, every combination is run and each change gets its Shapley value (Shapley 1953): its effect, averaged
over all orders in which the changes could be made. The shares then sum to the difference. With many changes, each is
made alone, and the remainder is the effect that they only have together.

Attributes:
    MOST_FOR_ALL_ORDERS: number of changes up to which every combination is run (5, with 32 scenarios).
    SHAPLEY: method in which every combination is run.
    ALONE: method in which each change is made alone.
    TOGETHER: name of the part that changes made alone leave over.
    MILESTONES: milestones whose difference is shared out.
    MEDIAN: what is shared out is a difference of medians. The next two likewise.
    MEAN: of means.
    PROBABILITY: of probabilities.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.pairing import linear_of_quantiles
from sim.analysis.summary import PLANNED
from sim.analysis.tables import ERROR
from sim.errors import ScenarioError, UsageError
from sim.experiment.comparison.sides import Comparison, Pair
from sim.experiment.comparison.sources import Side
from sim.experiment.estimate_columns import estimate_columns
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.experiment.identity import Identity
from sim.experiment.run.several import run_several
from sim.scenario.layers import Layered
from sim.scenario.load import Loaded, scenario_from_mapping
from sim.scenario.provenance import ABSENT, Change, changes
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Subset = frozenset[int]

MOST_FOR_ALL_ORDERS = 5  # 32 scenarios
SHAPLEY, ALONE = "all orders", "each alone"
TOGETHER = "together"  # what changes that were each made alone leave over
MILESTONES = ("last_randomised", "primary_completion", "last_visit", "database_lock")
MEDIAN, MEAN, PROBABILITY = "median", "mean", "probability"


@dataclass(frozen=True)
class Group:
    """Changes that are made together.

    Attributes:
        name: the path of the change; for several, what their paths have in common.
        changes: the changes.
    """

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Attribution:
    """The design for sharing out one difference.

    Attributes:
        pair: the two scenarios.
        groups: the changes.
        method: `SHAPLEY` or `ALONE`.
        subsets: for each scenario needed, the indices of the groups that are changed in it; the first is empty, the
            last has all.
    """

    pair: Pair
    groups: tuple[Group, ...]
    method: str
    subsets: tuple[Subset, ...]

    @property
    def parts(self) -> list[str]:
        """Names of the parts into which the difference is split."""
        return [group.name for group in self.groups] + ([TOGETHER] if self.method == ALONE else [])

    def weights(self) -> Array:
        """Return the weight of each scenario in each part.

        Returns:
            (parts, subsets); a part is the weighted sum over scenarios. The rows sum to the last scenario minus the
            first.
        """
        return _shapley(len(self.groups), self.subsets) if self.method == SHAPLEY else _alone(len(self.groups))


def _shapley(k: int, subsets: Sequence[Subset]) -> Array:
    """Weights of the Shapley values.

    Args:
        k: number of changes.
        subsets: all their subsets.

    Returns:
        (changes, subsets); each row averages, over all orders, the outcome with the change minus that without it.
    """
    weights = np.zeros((k, len(subsets)))
    for column, subset in enumerate(subsets):
        for part in range(k):
            before = len(subset) - (part in subset)  # changes made before this one
            orders = math.factorial(before) * math.factorial(k - before - 1) / math.factorial(k)
            weights[part, column] = orders if part in subset else -orders
    return weights


def _alone(k: int) -> Array:
    """Weights for the subsets none, each alone, all."""
    weights = np.zeros((k + 1, k + 2))
    weights[:k, 0] = -1.0
    weights[np.arange(k), np.arange(1, k + 1)] = 1.0
    weights[k, 0], weights[k, 1 : k + 1], weights[k, k + 1] = k - 1.0, -1.0, 1.0
    return weights


def attribution(pair: Pair) -> Attribution | None:
    """Design how to share out the difference between two scenarios.

    Changes that are only valid together (block sizes and the allocation, say) stay together.

    Args:
        pair: the reference and the other scenario.

    Returns:
        The design; None where fewer than two changes can be told apart.
    """
    found = changes(pair.reference.loaded.scenario, pair.other.loaded.scenario)
    groups = _grouped(found)
    base = pair.reference.loaded.scenario
    if len(groups) <= MOST_FOR_ALL_ORDERS:
        groups = _viable(base, groups, lambda k: [frozenset(s) for n in range(k) for s in _choose(k, n)])
        subsets = [frozenset(s) for n in range(len(groups) + 1) for s in _choose(len(groups), n)]
        method = SHAPLEY
    else:
        groups = _viable(base, groups, lambda k: [frozenset((i,)) for i in range(k)])
        subsets = [frozenset(), *(frozenset((i,)) for i in range(len(groups))), frozenset(range(len(groups)))]
        method = ALONE
    if len(groups) < 2:
        return None
    return Attribution(pair, tuple(groups), method, tuple(subsets))


def _choose(k: int, n: int) -> Iterable[tuple[int, ...]]:
    return itertools.combinations(range(k), n)


def _grouped(found: Sequence[Change]) -> list[Group]:
    """One group per change; if there are many, one per section of the scenario where that makes few groups."""
    singles = [Group(change.dotted, (change,)) for change in found]
    if len(singles) <= MOST_FOR_ALL_ORDERS:
        return singles
    for depth in range(max(len(change.path) for change in found) - 1, 0, -1):
        sections: dict[str, list[Change]] = {}
        for change in found:
            sections.setdefault(".".join(change.dotted.split(".")[:depth]), []).append(change)
        if 2 <= len(sections) <= MOST_FOR_ALL_ORDERS:
            return [_named(tuple(parts)) for parts in sections.values()]
    return singles


def _named(parts: tuple[Change, ...]) -> Group:
    """A group of changes under a name: their path, or what their paths have in common."""
    paths = [change.dotted for change in parts]
    if len(paths) == 1:
        return Group(paths[0], parts)
    split = [path.split(".") for path in paths]
    common = list(itertools.takewhile(lambda keys: len(set(keys)) == 1, zip(*split, strict=False)))
    if common:
        return Group(f"{'.'.join(keys[0] for keys in common)} ({len(parts)} changes)", parts)
    return Group(" and ".join(paths) if len(paths) == 2 else f"{paths[0]} and {len(paths) - 1} more", parts)


def _viable(base: Scenario, groups: list[Group], needed: Callable[[int], list[Subset]]) -> list[Group]:
    """Merge groups until every scenario needed is valid.

    Args:
        base: the reference.
        groups: the changes.
        needed: gives, for a number of groups, the subsets whose scenarios are needed.

    Returns:
        The groups, at worst a single one with all changes.
    """
    while len(groups) > 1:
        wrong = next((s for s in needed(len(groups)) if s and _between(base, groups, s) is None), None)
        if wrong is None:
            return groups
        outside = [i for i in range(len(groups)) if i not in wrong]
        partner = next((i for i in outside if _between(base, groups, wrong | {i}) is not None), outside[0])
        culprit = next((i for i in sorted(wrong) if _between(base, groups, frozenset((i,))) is None), max(wrong))
        first, second = sorted((culprit, partner))
        merged = _named(groups[first].changes + groups[second].changes)
        groups = [*groups[:first], merged, *groups[first + 1 : second], *groups[second + 1 :]]
    return groups


def _between(base: Scenario, groups: Sequence[Group], subset: Subset) -> Scenario | None:
    """The reference with some of the changes; None where that is not a valid scenario."""
    data: dict[str, Any] = copy.deepcopy(base.model_dump(mode="json", by_alias=True))
    data["experiment"]["keep"] = 0
    names = [groups[i].name for i in sorted(subset)]
    data["name"] = f"{base.name}, with {', '.join(names)}"[:80]
    for i in subset:
        for change in groups[i].changes:
            _apply(data, change)
    try:
        return scenario_from_mapping(data)
    except ScenarioError:
        return None


def _apply(data: dict[str, Any], change: Change) -> None:
    """Make one change in plain data."""
    section = data
    for key in change.path[:-1]:
        section = section[key]
    if change.theirs == ABSENT:
        section.pop(change.path[-1], None)
    else:
        section[change.path[-1]] = copy.deepcopy(change.theirs)


def runs_needed(attributions: Sequence[Attribution]) -> int:
    """Count the scenarios to simulate in addition to those compared; each is as large a run as theirs.

    Args:
        attributions: one for each scenario that is shared out.

    Returns:
        The number of further runs; all values and none are the two scenarios themselves.
    """
    return sum(len(a.subsets) - 2 for a in attributions)


def run_between(
    attributions: Sequence[Attribution],
    n: int,
    folder: Path,
    execution: Execution = ON_ALL_CORES,
) -> list[list[Side]]:
    """Simulate the scenarios between; the two ends have results already.

    Args:
        attributions: the designs.
        n: number of replications.
        folder: the folder for the folders of the runs.
        execution: how it is executed; never changes results.

    Returns:
        For each design, its scenarios with results, in the order of its subsets.

    Raises:
        ReplicationFailed: a replication raised, which is a defect.
        UsageError: the cluster cannot be used.
        ResultsError: a folder is in use or damaged, or cannot be written.
        RunInterrupted: the user stopped it; finished chunks are kept.
        WorkersLost: workers were lost repeatedly; finished chunks are kept.
    """
    places = []
    for a in attributions:
        base, seed = a.pair.reference.loaded.scenario, a.pair.reference.results.seed
        for subset in a.subsets[1:-1]:
            scenario = _between(base, a.groups, subset)
            assert scenario is not None
            identity = Identity(scenario, seed, n)
            places.append((identity, folder / identity.folder_name))
    made = run_several(places, execution)
    for each in made:
        each.refuse_failed()
    results = iter(made)
    found = []
    for a in attributions:
        between = [
            Side("", Loaded(r.scenario, Layered({}, []), r.path.as_posix()), r)
            for r in itertools.islice(results, len(a.subsets) - 2)
        ]
        found.append([a.pair.reference, *between, a.pair.other])
    return found


def share_rows(a: Attribution, sides: Sequence[Side], n: int) -> pd.DataFrame:
    """Compute the shares of a difference.

    Args:
        a: the design.
        sides: its scenarios with results, in the order of its subsets.
        n: number of replications.

    Returns:
        One row per outcome (milestone, planned date, cost) and part: what the part adds to the difference, with its
        interval, in the unit of the column `unit` (empty for a probability), and its share of the difference, which is
        NaN where there is none. The column `of` says whether medians, means or probabilities are compared; the median
        of a milestone that is never reached in half of the trials gives way to the mean, with never as the horizon.

    Raises:
        UsageError: no replication succeeded in all scenarios.
    """
    pairs = [Pair(a.pair.reference, side, n) for side in sides]
    fine = np.logical_and.reduce([_came_through(side, n) for side in sides])
    if not fine.any():
        raise UsageError("no replication succeeded in every scenario in between, so the difference cannot be split")
    rows: list[dict[str, object]] = []
    for milestone in MILESTONES:
        rows += _days(a, milestone, _days_of(pairs, milestone, fine), min(pair.horizon_days for pair in pairs))
    for name, milestone in PLANNED.items():
        when = getattr(a.pair.reference.loaded.scenario.trial.planned, name)
        if when is not None:
            met = _days_of(pairs, milestone, fine) < a.pair.reference.clock.day_of(when) + 1
            rows += _rows(a, name, PROBABILITY, "", _means(a, met.astype(float)))
    rows += _costs(a, sides, n, fine)
    return pd.DataFrame(rows)


def _replications(side: Side, n: int) -> pd.DataFrame:
    return side.results.replications.sort_values("replication", kind="stable").iloc[:n]


def _came_through(side: Side, n: int) -> npt.NDArray[np.bool_]:
    return np.asarray(_replications(side, n)["outcome"] != ERROR)


def _days_of(pairs: Sequence[Pair], milestone: str, fine: npt.NDArray[np.bool_]) -> Array:
    """(scenarios, replications) days of a milestone, for the replications that succeeded in all scenarios."""
    found = []
    for pair in pairs:
        numbers = pair.frames[0]["replication"].to_numpy()
        wanted = np.flatnonzero(fine)
        found.append(pair.days(milestone)[1][np.searchsorted(numbers, wanted)])
    return np.stack(found)


def _days(a: Attribution, milestone: str, days: Array, horizon_days: float) -> list[dict[str, object]]:
    """Shares of the difference in the median; of the mean (never counts as the horizon) where a median is never."""
    days = np.where(days > horizon_days, np.inf, days)
    medians = np.array([intervals.quantile(row, 0.5).value for row in days])
    if np.isfinite(medians).all():
        return _rows(a, milestone, MEDIAN, "days", linear_of_quantiles(days, a.weights(), 0.5))
    return _rows(a, milestone, MEAN, "days", _means(a, np.minimum(days, horizon_days)))


def _means(a: Attribution, values: Array) -> list[Estimate]:
    weights = np.vstack([a.weights(), _whole(a)])
    return [intervals.mean(row) for row in weights @ values]


def _whole(a: Attribution) -> Array:
    """The whole difference as a part."""
    whole = np.zeros(len(a.subsets))
    whole[0], whole[-1] = -1.0, 1.0
    return whole


def _costs(a: Attribution, sides: Sequence[Side], n: int, fine: npt.NDArray[np.bool_]) -> list[dict[str, object]]:
    """Shares of the difference in the mean cost; none unless all scenarios have costs, in one currency."""
    priced = [side.loaded.scenario.costs for side in sides]
    currencies = {costs.currency for costs in priced if costs is not None}
    if any(costs is None for costs in priced) or len(currencies) != 1:
        return []
    costs = np.stack([_replications(side, n)["cost"].to_numpy(dtype=np.float64)[fine] for side in sides])
    return _rows(a, "cost", MEAN, currencies.pop(), _means(a, costs))


def _rows(a: Attribution, outcome: str, of: str, unit: str, parts: Sequence[Estimate]) -> list[dict[str, object]]:
    """Rows of one outcome, a part each; `parts` has the whole difference at its end."""
    *each, whole = parts
    rows = []
    for name, part in zip(a.parts, each, strict=True):
        row: dict[str, object] = {"scenario": a.pair.other.label, "outcome": outcome, "of": of, "unit": unit}
        row |= {"part": name, **estimate_columns("difference", part)}
        row |= {"share": part.value / whole.value if whole.value else float("nan")}
        rows.append(row | estimate_columns("whole", whole) | {"method": a.method})
    return rows


def all_attributions(comparison: Comparison) -> list[Attribution]:
    """Design what can be shared out, for each scenario that is compared with the reference.

    Args:
        comparison: the reference and the others.

    Returns:
        In the order of the pairs; those whose differences cannot be shared out are left out.
    """
    return [found for pair in comparison.pairs if (found := attribution(pair)) is not None]
