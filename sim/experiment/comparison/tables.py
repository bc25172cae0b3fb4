"""The tables of a comparison: the reference and another scenario, each figure with its interval.

Each table has all rows that either scenario has. Where only one of them has a row, there is no difference. A figure X
has three columns: X, X_low and X_high (95 % interval; empty where there is none). Differences are the other scenario
minus the reference, over pairs of replications with the same random numbers; `narrowing` is how many times as many
replications the same error would take without pairing.

Attributes:
    BOTH: both scenarios have the row. It and the next four are words of the column `in`.
    REFERENCE_ONLY: only the reference has it.
    OTHER_ONLY: only the other scenario has it.
    OTHER_UNIT: both have it, in different units, so that there is no difference.
    NEITHER: neither has it, but another compared scenario does.
    MEDIAN: the quantile by which milestones are summed up.
    TABLES: what makes each table, by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals, pairing
from sim.analysis.funnel_tables import FUNNEL, stage_names
from sim.analysis.intervals import Estimate
from sim.analysis.measures import MILESTONES, Measure, measures
from sim.analysis.modelled import has_measure, has_milestone
from sim.analysis.shown import HEADLINE, Shown, date_line, estimate_in, heading
from sim.analysis.summary import PLANNED, QUANTILES
from sim.core.events import VOCABULARIES
from sim.experiment.comparison.sides import Comparison, Pair, milestone_is_absent
from sim.experiment.estimate_columns import estimate_columns
from sim.plurals import listed
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

BOTH, REFERENCE_ONLY, OTHER_ONLY, OTHER_UNIT = "both", "reference only", "this only", "other unit"
NEITHER = "neither"  # but another compared scenario has it
_WHERE = {  # by whether it is absent from the reference, and from the other
    (False, False): BOTH, (True, False): OTHER_ONLY, (False, True): REFERENCE_ONLY, (True, True): NEITHER,
}  # fmt: skip
_NO = Estimate(float("nan"), None, None)
_PATHS = ("path_last_randomised_", "path_database_lock_")
_BY_THEN = "by then in half of them"
_PAIRED = (0.1, 0.5, 0.9)
MEDIAN = 0.5


def _in(pair: Pair, milestone: str) -> str:
    ours, theirs = (milestone_is_absent(side, milestone) for side in (pair.reference, pair.other))
    return _WHERE[ours, theirs]


def quantile_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate the quantiles of the milestones.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per milestone and quantile: both scenarios' days (since the reference's day 0) and the difference.
        Infinity is later than the horizon; the difference of two such days is NaN.
    """
    rows = []
    for milestone in MILESTONES:
        changes = pairing.quantile_changes(*pair.days(milestone), QUANTILES)
        where = _in(pair, milestone)
        for q, change in zip(QUANTILES, changes, strict=True):
            row: dict[str, object] = {"scenario": pair.other.label, "milestone": milestone, "in": where, "quantile": q}
            row |= estimate_columns("reference", change.reference) | estimate_columns("value", change.value)
            row |= estimate_columns("difference", change.difference if where == BOTH else _NO)
            rows.append(row | {"narrowing": change.narrowing if where == BOTH else float("nan")})
    return pd.DataFrame(rows)


def milestone_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate how often each scenario is earlier, and by how much.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per milestone: probabilities of earlier, later and same; the mean difference; quantiles of the paired
        differences. In the mean, a trial that never gets there counts as the horizon.
    """
    rows = []
    for milestone, meaning in MILESTONES.items():
        ours, theirs = pair.days(milestone)
        odds, where = pairing.earlier(ours, theirs), _in(pair, milestone)
        until = [np.minimum(days, pair.horizon_days) for days in (ours, theirs)]
        row: dict[str, object] = {"scenario": pair.other.label, "milestone": milestone, "in": where}
        for name, days in (("reached_reference", ours), ("reached", theirs)):
            row |= estimate_columns(name, intervals.probability(int(np.count_nonzero(np.isfinite(days))), len(days)))
        for name in ("earlier", "later", "same"):
            row |= estimate_columns(name, getattr(odds, name) if where == BOTH else _NO)
        row |= {"n_neither": odds.n_neither, "n": odds.n}
        row |= estimate_columns("mean_difference", pairing.mean_change(until[0], until[1]) if where == BOTH else _NO)
        row |= estimate_columns("narrowing", pairing.narrowing(until[0], until[1]) if where == BOTH else _NO)
        paired = pairing.paired_days(ours, theirs)
        for q in _PAIRED:
            row |= estimate_columns(f"pair_p{round(100 * q)}", intervals.quantile(paired, q) if where == BOTH else _NO)
        rows.append(row | {"meaning": meaning})
    return pd.DataFrame(rows)


def _compared(pair: Pair) -> dict[str, tuple[Measure | None, Measure | None]]:
    """Counts, amounts, steps of critical paths and cost by name, in order, as each scenario measures them."""
    ours, theirs = (
        {
            measure.name: measure
            for measure in measures(side.results.design)
            if _is_compared(measure) and has_measure(measure.name, side.results.scenario)
        }
        for side in (pair.reference, pair.other)
    )
    names = [*ours, *(name for name in theirs if name not in ours)]
    return {name: (ours.get(name), theirs.get(name)) for name in names}


def _is_compared(measure: Measure) -> bool:
    if measure.name.startswith("path_"):
        return measure.name.startswith(_PATHS)
    return measure.name not in ("outcome", "reached") and not measure.name.startswith(("day_", "value_"))


def _presence(ours: Measure | None, theirs: Measure | None) -> str:
    """Which scenarios have a measure, and whether in the same unit."""
    if ours is None or theirs is None:
        return OTHER_ONLY if ours is None else REFERENCE_ONLY
    return BOTH if ours.unit == theirs.unit else OTHER_UNIT


def measure_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate counts, amounts, steps of the critical path and parts of the cost.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per measure: both means, and the paired difference.
    """
    rows = []
    for name, (ours, theirs) in _compared(pair).items():
        where = _presence(ours, theirs)
        a, b = (
            frame[name].to_numpy(dtype=np.float64) if measure is not None else np.full(pair.n, np.nan)
            for frame, measure in zip(pair.frames, (ours, theirs), strict=True)
        )
        units = [measure.unit for measure in (ours, theirs) if measure is not None]
        row: dict[str, object] = {
            "scenario": pair.other.label,
            "measure": name,
            "unit": listed(dict(zip(units, units, strict=True))),
        }
        row |= {"in": where, "n": int(np.count_nonzero(~np.isnan(a + b)))}
        row |= estimate_columns("reference", intervals.mean(a)) | estimate_columns("value", intervals.mean(b))
        row |= estimate_columns("difference", pairing.mean_change(a, b) if where == BOTH else _NO)
        row |= estimate_columns("narrowing", pairing.narrowing(a, b) if where == BOTH else _NO)
        measure = ours or theirs
        rows.append(row | {"meaning": "" if measure is None else measure.meaning})
    return pd.DataFrame(rows)


def _chance(pair: Pair, event: str, happened: Callable[[int], npt.NDArray[np.bool_]]) -> dict[str, object]:
    """A row of probabilities; `happened` gives the replications with the event: of the reference (0), the other (1)."""
    ours, theirs = happened(0), happened(1)
    row: dict[str, object] = {"scenario": pair.other.label, "event": event}
    for name, which in (("reference", ours), ("value", theirs)):
        row |= estimate_columns(name, intervals.probability(int(np.count_nonzero(which)), len(which)))
    row |= estimate_columns("difference", pairing.probability_change(ours, theirs))
    return row | estimate_columns("narrowing", pairing.narrowing(ours.astype(float), theirs.astype(float)))


def _planned(pair: Pair, name: str) -> dict[date, str]:
    """Registered dates of one kind, and which scenario registers each."""
    ours, theirs = (getattr(side.results.scenario.trial.planned, name) for side in (pair.reference, pair.other))
    if ours == theirs:
        return {ours: BOTH} if ours else {}
    return {when: where for when, where in ((ours, REFERENCE_ONLY), (theirs, OTHER_ONLY)) if when}


def odds_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate the probabilities of meeting planned dates, and of never reaching the target.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per date that either scenario has planned, and one for never: the probability in both scenarios.
    """
    rows = []
    for name, milestone in PLANNED.items():
        days = pair.days(milestone)
        for when, where in _planned(pair, name).items():
            by = pair.reference.clock.day_of(when) + 1
            row = _chance(pair, name, lambda side, days=days, by=by: days[side] < by)  # type: ignore[misc]
            rows.append(row | {"milestone": milestone, "date": when, "planned_in": where})
    last = pair.days("last_randomised")
    row = _chance(pair, "never_reached", lambda side: np.isinf(last[side]))
    rows.append(row | {"milestone": "last_randomised", "date": None, "planned_in": BOTH})
    return pd.DataFrame(rows)


def outcome_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate how replications ended in both scenarios; outcomes that did not occur are 0.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per outcome: its probability in both, and the paired difference.
    """
    ends = [frame["outcome"].to_numpy() for frame in pair.frames]
    rows = [_chance(pair, name, lambda side, name=name: ends[side] == name) for name in VOCABULARIES["trial_ended"]]  # type: ignore[misc]
    return pd.DataFrame(rows).rename(columns={"event": "outcome"})


def funnel_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate mean numbers of people from referral to the last visit in both scenarios, and the paired differences.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per stage, in order.
    """
    rows = []
    for stage, parts in FUNNEL.items():
        a, b = (np.sum([frame[part].to_numpy(dtype=np.float64) for part in parts], axis=0) for frame in pair.frames)
        row: dict[str, object] = {"scenario": pair.other.label, "stage": stage}
        row |= estimate_columns("reference", intervals.mean(a)) | estimate_columns("value", intervals.mean(b))
        row |= estimate_columns("difference", pairing.mean_change(a, b)) | estimate_columns(
            "narrowing", pairing.narrowing(a, b)
        )
        rows.append(row)
    return pd.DataFrame(rows)


def input_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate the values in which the scenarios differ.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per path, with both values in one line of text.
    """
    rows = [(pair.other.label, path, ours, theirs) for path, ours, theirs in pair.inputs()]
    return pd.DataFrame(rows, columns=["scenario", "path", "reference", "value"])


def pair_rows(pair: Pair) -> pd.DataFrame:
    """Tabulate all pairs of replications.

    Args:
        pair: the reference and the other scenario.

    Returns:
        One row per replication: the day of each milestone in both scenarios and the paired difference; null is never.
    """
    columns: dict[str, object] = {"scenario": pair.other.label, "replication": pair.frames[0]["replication"].to_numpy()}
    for milestone in MILESTONES:
        ours, theirs = pair.days(milestone)
        for name, values in (("reference", ours), ("day", theirs), ("difference", pairing.paired_days(ours, theirs))):
            columns[f"{name}_{milestone}"] = np.where(np.isfinite(values), values, np.nan)
    if all("cost" in frame for frame in pair.frames):
        columns["reference_cost"], columns["cost"] = (frame["cost"].to_numpy(dtype=np.float64) for frame in pair.frames)
    return pd.DataFrame(columns)


TABLES: dict[str, Callable[[Pair], pd.DataFrame]] = {
    "quantiles": quantile_rows,
    "milestones": milestone_rows,
    "odds": odds_rows,
    "outcomes": outcome_rows,
    "measures": measure_rows,
    "funnel": funnel_rows,
    "inputs": input_rows,
}


class Compared(Shown):
    """A comparison with its tables. Each table is computed once.

    Args:
        comparison: the scenarios with their results.
        shares: each change's share of the differences (see
            `sim.experiment.comparison.attribution.share_rows`), or None.

    Attributes:
        comparison: the scenarios with their results.
        shares: each change's share of the differences, or None.
        folder: the folder of its files, once they are written.
    """

    def __init__(self, comparison: Comparison, shares: pd.DataFrame | None = None) -> None:
        self.comparison = comparison
        self.shares = shares
        self.folder: Path | None = None

    def _lines(self) -> Iterator[str]:
        sides = self.comparison.sides
        names, n = listed(side.label for side in sides), len(sides) * self.comparison.pairs[0].n
        yield heading(f"Comparison of {names}, trial by trial", n, self.comparison.seed, self.folder)
        clock = self.comparison.reference.clock
        for i, pair in enumerate(self.comparison.pairs):
            row, done = self.median(pair, self.end), f"{HEADLINE[self.end]}, {_BY_THEN}"
            if i == 0:
                yield date_line(f"{pair.reference.label}: {done}", estimate_in(row, "reference"), clock)
            yield date_line(f"{pair.other.label}: {done}", estimate_in(row, "value"), clock)
            days = [f"{value:+.0f}" for value in estimate_in(row, "difference") if value is not None]
            if len(days) == len(("value", "low", "high")):
                yield f"{pair.other.label}: {days[0]} days ({days[1]} to {days[2]})"

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that are compared, the reference first."""
        return tuple(side.results.scenario for side in self.comparison.sides)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, with the rows of every scenario compared with the reference."""
        pairs = self.comparison.pairs
        found = {name: pd.concat([make(pair) for pair in pairs], ignore_index=True) for name, make in TABLES.items()}
        for name in ("quantiles", "milestones"):
            there = {milestone for one in self.scenarios for milestone in MILESTONES if has_milestone(milestone, one)}
            found[name] = found[name][found[name]["milestone"].isin(there)].reset_index(drop=True)
        names = stage_names(self.scenarios)
        funnel = found["funnel"][found["funnel"]["stage"].isin(names)].reset_index(drop=True)
        found["funnel"] = funnel.assign(stage=funnel["stage"].map(names))
        return found if self.shares is None else found | {"shares": self.shares}

    def of(self, table: str, pair: Pair) -> pd.DataFrame:
        """Return the rows of one table for one scenario.

        Args:
            table: name of the table, one of `TABLES`.
            pair: the reference and the scenario.

        Returns:
            Those rows, with all columns of the table.

        Raises:
            KeyError: there is no such table.
        """
        rows = self.tables[table]
        return rows[rows["scenario"] == pair.other.label]

    def having(self, milestones: Iterable[str]) -> list[str]:
        """Return the milestones that at least one of the scenarios has, in the given order.

        Args:
            milestones: names, as in `sim.analysis.measures.MILESTONES`.
        """
        there = set(self.tables["milestones"]["milestone"])
        return [name for name in milestones if name in there]

    @property
    def end(self) -> str:
        """The milestone that ends the trials: the database lock, where some scenario has one."""
        return "database_lock" if self.having(["database_lock"]) else "last_randomised"

    def median(self, pair: Pair, milestone: str) -> pd.Series:
        """Return the row of the median of a milestone; see `quantile_rows`.

        Args:
            pair: the reference and the scenario.
            milestone: name of the milestone.
        """
        rows = self.of("quantiles", pair)
        return rows[(rows["milestone"] == milestone) & (rows["quantile"] == MEDIAN)].iloc[0]

    def milestone(self, pair: Pair, milestone: str) -> pd.Series:
        """Return the row of a milestone: how often it is earlier, and the mean difference; see `milestone_rows`.

        Args:
            pair: the reference and the scenario.
            milestone: name of the milestone.
        """
        rows = self.of("milestones", pair)
        return rows[rows["milestone"] == milestone].iloc[0]

    def pairs(self) -> pd.DataFrame:
        """Return every pair of replications; see `pair_rows`.

        Returns:
            A row for each scenario but the reference and each replication.
        """
        return pd.concat([pair_rows(pair) for pair in self.comparison.pairs], ignore_index=True)
