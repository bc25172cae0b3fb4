"""The tables of `explain`, computed from the measures of its runs; see `sim.experiment.explanation.study`.

No trial is simulated here: the study gives columns of measures, and tests of these tables write them down by hand.

Attributes:
    COST: name of the outcome that is no milestone.
    LOW, HIGH: quantiles at which an uncertain value is fixed for the tornado.
    RANKS, DAYS: scales on which variance is shared out: ranks of trials, where never is the last rank, or days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals, pairing
from sim.analysis.critical_sites import OF_SITES
from sim.analysis.intervals import Estimate
from sim.analysis.measures import MILESTONES
from sim.analysis.modelled import has_milestone
from sim.analysis.summary import path_table
from sim.analysis.variance_shares import CHANCE, Shares, ranked, variance_shares
from sim.core.design import Design
from sim.core.quantiles import quantile
from sim.experiment.estimate_columns import estimate_columns
from sim.experiment.explanation.causes import Cause
from sim.experiment.explanation.doubts import Doubt
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Rows = dict[str, Array]  # values of a request by measure
Runs = dict[tuple[str, ...], Rows]  # by what they are for

COST = "cost"
SITES = "sites"  # the input that stands for differences between sites
LOW, HIGH = 0.1, 0.9
RANKS, DAYS = "ranks", "days"
_FEWEST = 10  # minimum number of pairs for an interval of a mean difference


def without_absent(rows: Rows, scenario: Scenario) -> Rows:
    """Set the milestones that a scenario does not model to NaN, as for milestones that never come.

    Args:
        rows: values of a request by measure.
        scenario: the scenario.

    Returns:
        A copy of the values.
    """
    never = {f"day_{name}" for name in MILESTONES if not has_milestone(name, scenario)}
    return {name: np.full_like(values, np.nan) if name in never else values for name, values in rows.items()}


def outcomes(base: Rows) -> list[str]:
    """Return the names of the milestones that at least one trial reached, and of the cost where there is one.

    Args:
        base: values of the unchanged scenario, (n,) by measure; NaN for never.

    Returns:
        Names in the order of time, the cost last.
    """
    found = [name for name in MILESTONES if not np.isnan(base[f"day_{name}"]).all()]
    return found + ([COST] if not np.isnan(base[COST]).all() else [])


def _reached_with_or_without(runs: Runs) -> list[str]:
    """Outcomes that at least one trial reached, with or without the causes."""
    reached = {name for rows in runs.values() for name in outcomes(rows)}
    return [name for name in (*MILESTONES, COST) if name in reached]


def outcome(rows: Rows, name: str) -> Array:
    """Return the values of one outcome.

    Args:
        rows: values of a request by measure.
        name: a milestone, or `cost`.

    Returns:
        (n,) days or costs; infinity for a milestone that never came, NaN for a replication that raised an exception.
    """
    if name == COST:
        return rows[COST]
    days = rows[f"day_{name}"]
    return np.where(np.isnan(days) & ~np.isnan(rows["outcome"]), np.inf, days)


_NONE = Estimate(float("nan"), None, None)


def _frame(rows: list[dict[str, object]], *columns: str) -> pd.DataFrame:
    """Rows as a frame; `columns` are those of an empty frame, where `x*` stands for an estimate and its interval."""
    if rows:
        return pd.DataFrame(rows)
    names: list[str] = []
    for name in columns:
        names += list(estimate_columns(name[:-1], _NONE)) if name.endswith("*") else [name]
    return pd.DataFrame(columns=names)


def _difference(later: Array, earlier: Array, horizon: float) -> Estimate:
    """The mean of paired differences; what never came counts as the horizon (see `sim.analysis.pairing`)."""
    found = pairing.restricted_change(earlier, later, horizon)
    return found if len(later) >= _FEWEST else Estimate(found.value, None, None)


def _n_never(values: Array) -> int:
    return int(np.isinf(values).sum())


# --- shares of variance


def share_tables(
    design: Design, n: int, scale: str, inputs: list[str], runs: Runs
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute first-order and total shares of the variance; see `sim.analysis.variance_shares`.

    Args:
        design: the scenario, made ready.
        n: number of rows of A.
        scale: RANKS or DAYS.
        inputs: names of the inputs, chance last.
        runs: `base` has A and B; `mixed` has A with each input from B, and under "" all but the uncertain values.

    Returns:
        One row per outcome and input with its shares; and one row per outcome with the sums of the shares.
    """
    base = runs["base",]
    shares: list[dict[str, object]] = []
    totals: list[dict[str, object]] = []
    for name in outcomes(base):
        values = outcome(base, name)
        mixed = {purpose[1]: outcome(rows, name) for purpose, rows in runs.items() if purpose[0] == "mixed"}
        every = {key: _finite(y, scale, design.horizon_days) for key, y in mixed.items()}
        a, b = (_finite(y, scale, design.horizon_days) for y in (values[:n], values[n:]))
        shared = _shares(inputs, a, every, b, scale)
        if shared is None:
            continue
        for item, first, total in zip(shared.names, shared.first, shared.total, strict=True):
            row: dict[str, object] = {"outcome": name, "input": item}
            row["kind"] = item if item in (SITES, CHANCE) else "uncertain"
            shares.append(row | estimate_columns("first", first) | estimate_columns("total", total))
        luck = _luck(inputs, shared, a, every, b, scale)
        row = {"outcome": name, "n": len(values), "n_never": _n_never(values), "scale": scale}
        row |= estimate_columns("first_sum", shared.first_sum) | estimate_columns("total_sum", shared.total_sum)
        totals.append(row | estimate_columns("chance", luck) | estimate_columns("known", _one_less(luck)))
    return (
        _frame(shares, "outcome", "input", "kind", "first*", "total*"),
        _frame(totals, "outcome", "n", "n_never", "scale", "first_sum*", "total_sum*", "chance*", "known*"),
    )


def _finite(values: Array, scale: str, horizon: float) -> Array:
    """Never becomes later than everything for ranks, and the horizon for days."""
    return values if scale == RANKS else np.where(np.isinf(values), horizon, values)


def _shares(inputs: list[str], a: Array, mixed: dict[str, Array], b: Array, scale: str) -> Shares | None:
    rows = [a, *(mixed[name] for name in inputs), b]
    fine = ~np.logical_or.reduce([np.isnan(y) for y in rows])  # without failed replications
    rows = [y[fine] for y in rows]
    return variance_shares(inputs, ranked(rows) if scale == RANKS else rows)


def _luck(inputs: list[str], shared: Shares, a: Array, mixed: dict[str, Array], b: Array, scale: str) -> Estimate:
    """What would remain if every uncertain value were known: chance, and the differences between sites."""
    if len(inputs) - (SITES in inputs) == 1:  # nothing is uncertain
        return Estimate(1.0, 1.0, 1.0)
    if SITES not in inputs:
        return shared.total[-1]
    luck = _shares([""], a, mixed, b, scale)
    return _NONE if luck is None else luck.total[0]


def _one_less(share: Estimate) -> Estimate:
    low, high = (None if end is None else 1 - end for end in (share.high, share.low))
    return Estimate(1 - share.value, low, high)


# --- tornado, and days lost to causes


def tornado_table(uncertain: dict[str, Family], n: int, runs: Runs, horizon: float) -> pd.DataFrame:
    """Compute the effect of each uncertain value at its 10 % and its 90 % point.

    Args:
        uncertain: uncertain values by path.
        n: number of replications to compare.
        runs: `base`, and `fixed` for each value and point.
        horizon: day that stands for never.

    Returns:
        One row per outcome and value: paired differences, the largest swing first.
    """
    base = runs["base",]
    rows: list[dict[str, object]] = []
    for name in outcomes(base):
        now = outcome(base, name)[:n]
        found = []
        for path, family in uncertain.items():
            low, high = (outcome(runs["fixed", path, str(point)], name) for point in (LOW, HIGH))
            at = quantile(family)(np.array([LOW, HIGH])).tolist()
            swing = _difference(high, low, horizon)
            row: dict[str, object] = {"outcome": name, "input": path, "at_low": at[0], "at_high": at[1]}
            row |= estimate_columns("low", _difference(low, now, horizon)) | estimate_columns(
                "high", _difference(high, now, horizon)
            )
            row |= estimate_columns("swing", swing) | {"n": n, "n_never": _n_never(now)}
            row |= {"n_never_low": _n_never(low), "n_never_high": _n_never(high)}
            found.append((-abs(np.nan_to_num(swing.value)), path, row))
        rows += [row for _, _, row in sorted(found, key=lambda item: item[:2])]
    columns = ("outcome", "input", "at_low", "at_high", "low*", "high*", "swing*", "n", "n_never", "n_never_low")
    return _frame(rows, *columns, "n_never_high")


def cause_table(causes: Sequence[Cause], runs: Runs, horizon: float) -> pd.DataFrame:
    """Compute what is lost to each cause.

    Args:
        causes: the causes.
        runs: `base`, and `without` for each cause: its first replications, which may be fewer than those of `base`.
        horizon: day that stands for never.

    Returns:
        One row per outcome and cause: how much less there would be without it, the largest first.
    """
    base = runs["base",]
    rows: list[dict[str, object]] = []
    for name in _reached_with_or_without(runs):
        found = []
        for i, cause in enumerate(causes):
            without = outcome(runs["without", cause.name], name)
            now = outcome(base, name)[: len(without)]
            both = ~np.isnan(now + without)
            now, without = now[both], without[both]
            lost = _difference(now, without, horizon)
            row: dict[str, object] = {"outcome": name, "cause": cause.name, "kind": cause.kind, "label": cause.label}
            row |= {
                "without": cause.without,
                "part_of": cause.part_of,
                **estimate_columns("lost", lost),
                "n": len(without),
            }
            row |= {"n_changed": int(np.count_nonzero(now != without))}
            row |= {"n_never": _n_never(now), "n_never_without": _n_never(without)}
            found.append((-float(np.nan_to_num(lost.value)), i, row))
        rows += [row for _, _, row in sorted(found, key=lambda item: item[:2])]
    columns = ("outcome", "cause", "kind", "label", "without", "part_of", "lost*", "n", "n_changed", "n_never")
    return _frame(rows, *columns, "n_never_without")


def doubt_table(
    doubts: Sequence[Doubt], now: Array, days: Mapping[tuple[str, int], Array], horizon: float
) -> pd.DataFrame:
    """Compute how far each assumption moves a milestone.

    Args:
        doubts: the assumptions.
        now: (n,) day of the milestone in the unchanged scenario.
        days: (at most n,) the same days by path of the assumption and side (0: lower, 1: higher).
        horizon: day that stands for never.

    Returns:
        One row per assumption: how many days later the milestone is with the value lower and higher, the largest first.
    """
    found = []
    for i, doubt in enumerate(doubts):
        row: dict[str, object] = {"path": doubt.path, "value": doubt.value, "grade": doubt.grade}
        sides = [days.get((doubt.path, side)) for side in (0, 1)]
        moved = [_NONE if x is None else pairing.restricted_change(now[: len(x)], x, horizon) for x in sides]
        row |= estimate_columns("lower", moved[0]) | estimate_columns("higher", moved[1])
        row |= {"n": max(0 if x is None else len(x) for x in sides)}
        found.append((-max(abs(float(np.nan_to_num(e.value))) for e in moved), i, row))
    rows = [row for _, _, row in sorted(found, key=lambda item: item[:2])]
    return _frame(rows, "path", "value", "grade", "lower*", "higher*", "n")


# --- critical paths


def _reached(base: Rows, name: str) -> npt.NDArray[np.bool_]:
    return ~np.isnan(base[f"critical_{name}_site"])


def critical_sites(design: Design, base: Rows) -> pd.DataFrame:
    """Count how often each site was critical, among the trials that reached a milestone.

    Args:
        design: the scenario, made ready.
        base: values of the unchanged scenario by measure, with the critical path.

    Returns:
        One row per milestone and site; sites that were never critical are 0.
    """
    labels = design.site_labels()
    groups = [group.name for group in design.groups for _ in range(group.count)]
    rows: list[dict[str, object]] = []
    most = base["critical_most_site"]
    for name in MILESTONES:
        reached = _reached(base, name)
        n = int(reached.sum())
        critical = np.bincount(base[f"critical_{name}_site"][reached].astype(np.int64), minlength=len(labels))
        largest = most[reached & ~np.isnan(most)].astype(np.int64)
        leading = np.bincount(largest, minlength=len(labels))
        for i, label in enumerate(labels if n else ()):
            row: dict[str, object] = {"outcome": name, "site": label, "group": groups[i]}
            row |= {"n": n, "n_critical": int(critical[i])}
            row |= estimate_columns("share", intervals.probability(int(critical[i]), n))
            rows.append(row | estimate_columns("most", intervals.probability(int(leading[i]), len(largest))))
    return _frame(rows, "outcome", "site", "group", "n", "n_critical", "share*", "most*")


def critical_milestones(base: Rows) -> pd.DataFrame:
    """Count how often each earlier milestone was critical for a milestone, among the trials that reached it.

    Args:
        base: values of the unchanged scenario by measure, with the critical path.

    Returns:
        A row for each milestone and each earlier one: `n` trials that reached it, `n_critical` in which the same site
        or participant was critical for both, and that share with its interval.
    """
    rows: list[dict[str, object]] = []
    order = list(MILESTONES)
    for i, name in enumerate(order):
        reached = _reached(base, name)
        n = int(reached.sum())
        for earlier in order[:i] if n else ():
            if np.isnan(base[f"day_{earlier}"]).all():  # such as a last dose where nobody is given any
                continue
            of = "site" if earlier in OF_SITES or name in OF_SITES else "participant"
            same = base[f"critical_{earlier}_{of}"][reached] == base[f"critical_{name}_{of}"][reached]
            k = int(np.count_nonzero(same))
            row: dict[str, object] = {"outcome": name, "milestone": earlier, "n": n, "n_critical": k}
            rows.append(row | estimate_columns("share", intervals.probability(k, n)))
    return _frame(rows, "outcome", "milestone", "n", "n_critical", "share*")


def critical_steps(design: Design, base: Rows) -> pd.DataFrame:
    """Compute the mean days of each step of the critical path, over the trials that reached a milestone.

    Args:
        design: the scenario, made ready.
        base: values of the unchanged scenario by measure, with the critical path.

    Returns:
        As `sim.analysis.summary.path_table`, with the milestone in the column `outcome`.
    """
    finished = ~np.isnan(base["outcome"])
    return path_table(design.scenario, lambda name: base[name][finished]).rename(columns={"milestone": "outcome"})
