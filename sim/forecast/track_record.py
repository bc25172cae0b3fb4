"""How far to trust forecasts: backtests as tables, by cut, by method and by trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.intervals import probability
from sim.exchange.observed import ObservedTrial
from sim.forecast.backtest import METHOD, METHOD_LABEL, CutResult
from sim.forecast.baselines import BASELINES, REFERENCE
from sim.forecast.scores import LEVELS, Score, log_days


@dataclass(frozen=True, eq=False)
class TrackRecord:
    """Backtests of trials.

    Attributes:
        trials: the whole trials.
        results: forecasts of each cut, and what happened.
    """

    trials: tuple[ObservedTrial, ...]
    results: tuple[CutResult, ...]

    @cached_property
    def cuts(self) -> pd.DataFrame:
        """A row for each cut, method and goal."""
        return cut_table(self.results)

    def methods(self, goal: str = "last randomisation") -> pd.DataFrame:
        """Each method over all cuts; the other goal is `90 % of the target`."""
        return by_method(self.cuts, goal)

    def by_trial(self) -> pd.DataFrame:
        """This program's forecasts, trial by trial."""
        return by_trial(self.cuts)


LABELS = {METHOD: METHOD_LABEL} | {name: label for name, (label, _) in BASELINES.items()}
WHOLE, MOST = "last randomisation", "90 % of the target"
_RESAMPLES = 2000
_SEED = 20191001


def _row(result: CutResult, goal: str, method: str, found: Score) -> dict[str, Any]:
    # Every score knows what happened: its median less its error.
    true_days = found.median_days - found.error_days
    row: dict[str, Any] = {
        "trial": result.trial,
        "cut": result.cut.label,
        "as_of": result.cut.when,
        "n": result.n,
        "target": result.target,
        "goal": goal,
        "method": method,
        "true_days": true_days,
        "median_days": found.median_days,
        "low80_days": found.low80,
        "high80_days": found.high80,
        "error_days": found.error_days,
        "log_error": float(log_days(found.median_days) - log_days(true_days)),
        "log_crps": found.log_crps,
        "position": found.position,
    }
    for level in LEVELS:
        row[f"covers_{100 * level:g}"] = found.covers(level)
    if goal == WHOLE:
        row |= {
            "true_count": float(result.true_count),
            "count_median": found.count_median,
            "count_error": found.count_error,
            "count_crps": found.count_crps,
        }
        for level in LEVELS:
            row[f"count_covers_{100 * level:g}"] = found.covers_count(level)
    return row | {"warned": bool(result.cautions)}


def cut_table(results: Sequence[CutResult]) -> pd.DataFrame:
    """A row for each cut, method and goal (the whole target, 90 % of it); `inf` is never."""
    rows = [_row(result, WHOLE, name, found) for result in results for name, found in result.scores.items()]
    rows += [_row(result, MOST, name, found) for result in results for name, found in result.most.items()]
    return pd.DataFrame(rows)


def by_method(cuts: pd.DataFrame, goal: str = WHOLE) -> pd.DataFrame:
    """Each method over all cuts.

    Relative scores compare with the reference on the cuts that both have. Coverage has Wilson's interval as if cuts
    were independent; those of one trial share one future and are not, so it is too narrow.
    """
    cuts = cuts[cuts["goal"] == goal]
    reference = cuts[cuts["method"] == REFERENCE].set_index(["trial", "cut"])
    rows = []
    for method in LABELS:
        mine = cuts[cuts["method"] == method]
        if mine.empty:
            continue
        beside = reference.loc[pd.MultiIndex.from_frame(mine[["trial", "cut"]])]
        row: dict[str, Any] = {
            "method": method,
            "cuts": len(mine),
            "trials": mine["trial"].nunique(),
            "relative_log_crps": _ratio(mine["log_crps"], beside["log_crps"]),
            "mean_log_error": mine["log_error"].mean(),
            "rms_log_error": float(np.sqrt((mine["log_error"] ** 2).mean())),
            "median_absolute_error_days": mine["error_days"].abs().median(),
        }
        if goal == WHOLE:
            row["relative_count_crps"] = _ratio(mine["count_crps"], beside["count_crps"])
        for level in LEVELS:
            name = f"covers_{100 * level:g}"
            row[name], row[f"{name}_low"], row[f"{name}_high"] = probability(int(mine[name].sum()), len(mine))
            if goal == WHOLE:
                row[f"count_{name}"] = mine[f"count_{name}"].mean()
        rows.append(row)
    return pd.DataFrame(rows).set_index("method")


def of_method(cuts: pd.DataFrame, method: str = METHOD, goal: str = WHOLE) -> dict[str, float]:
    """One method over all cuts: a row of `by_method`."""
    found = by_method(cuts, goal).to_dict("index")[method]
    return {str(name): float(value) for name, value in found.items()}


def _ratio(mine: pd.Series[float], reference: pd.Series[float]) -> float:
    total = float(reference.mean())
    return float(mine.mean()) / total if total > 0 else float("nan")


def by_trial(cuts: pd.DataFrame, method: str = METHOD) -> pd.DataFrame:
    """One method on each trial, beside the reference, the whole target."""
    cuts = cuts[cuts["goal"] == WHOLE]
    rows = []
    for trial, part in cuts.groupby("trial", sort=False):
        mine, reference = part[part["method"] == method], part[part["method"] == REFERENCE]
        rows.append(
            {
                "trial": trial,
                "target": int(mine["target"].iloc[0]),
                "cuts": len(mine),
                "relative_log_crps": _ratio(mine["log_crps"], reference["log_crps"]),
                "relative_count_crps": _ratio(mine["count_crps"], reference["count_crps"]),
                "mean_log_error": mine["log_error"].mean(),
                "covers_80": mine["covers_80"].mean(),
                "covers_99": mine["covers_99"].mean(),
                "missed_99_without_warning": int((~mine["covers_99"] & ~mine["warned"]).sum()),
            }
        )
    return pd.DataFrame(rows).set_index("trial")


def resampled(cuts: pd.DataFrame, method: str = METHOD) -> dict[str, tuple[float, float]]:
    """How far the figures of a method would vary with other trials like these: 90 % intervals by resampling trials.

    Returns:
        (low, high) of relative_log_crps, relative_count_crps and covers_80; empty for fewer than three trials.
    """
    cuts = cuts[cuts["goal"] == WHOLE]
    trials = cuts["trial"].unique()
    if len(trials) < 3:
        return {}
    sums = []
    for trial in trials:
        part = cuts[cuts["trial"] == trial]
        mine, reference = part[part["method"] == method], part[part["method"] == REFERENCE]
        columns = (mine["log_crps"], reference["log_crps"], mine["count_crps"], reference["count_crps"])
        sums.append([*(column.sum() for column in columns), mine["covers_80"].sum(), len(mine)])
    random = np.random.Generator(np.random.Philox(_SEED))
    totals = np.array(sums, dtype=np.float64)[random.integers(0, len(trials), (_RESAMPLES, len(trials)))].sum(axis=1)

    def ends(values: npt.NDArray[np.float64]) -> tuple[float, float]:
        low, high = np.quantile(values, (0.05, 0.95)).tolist()
        return low, high

    return {
        "relative_log_crps": ends(totals[:, 0] / totals[:, 1]),
        "relative_count_crps": ends(totals[:, 2] / totals[:, 3]),
        "covers_80": ends(totals[:, 4] / totals[:, 5]),
    }
