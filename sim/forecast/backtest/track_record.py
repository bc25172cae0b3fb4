"""How far to trust forecasts: backtests as tables, by cut, by method and by trial.

Scores are relative to a reference method on the same cuts, because some trials are harder to forecast than others.
Errors count trials and not cuts: cuts of one trial share one future.

Attributes:
    LABELS: methods in words, by name.
    WHOLE: goal of the whole target.
    MOST: goal of 90 % of the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.intervals import probability
from sim.analysis.shown import Shown
from sim.exchange.observed import ObservedTrial
from sim.forecast.backtest.baselines import BASELINES, REFERENCE
from sim.forecast.backtest.held import ALL, PACES, STAGES, Held, clustered_error, stage_name
from sim.forecast.backtest.scores import LEVELS, Score, log_days
from sim.forecast.backtest.study import METHOD, METHOD_LABEL, CutResult


@dataclass(frozen=True, eq=False, repr=False)
class TrackRecord(Shown):
    """Backtests of one or several trials.

    Attributes:
        trials: the whole trials.
        results: forecasts of each cut, and what happened, in the order of the cuts.
    """

    trials: tuple[ObservedTrial, ...]
    results: tuple[CutResult, ...]

    def _lines(self) -> Iterator[str]:
        yield f"Backtest: finished trials {len(self.trials)}, forecasts within them {len(self.results)}"
        yield from (f"{trial.name}: {trial.n_randomised} randomised" for trial in self.trials)

    @cached_property
    def cuts(self) -> pd.DataFrame:
        """One row per cut, method and goal; see `cut_table`."""
        return cut_table(self.results)

    def methods(self, goal: str = "last randomisation") -> pd.DataFrame:
        """Return each method over all cuts; see `by_method`.

        Args:
            goal: `last randomisation` or `90 % of the target`.

        Returns:
            A row for each method, with errors in days and shares of intervals that held.
        """
        return by_method(self.cuts, goal)

    def by_trial(self) -> pd.DataFrame:
        """Return this program's forecasts by trial; see `by_trial`.

        Returns:
            A row for each trial.
        """
        return by_trial(self.cuts)


LABELS = {METHOD: METHOD_LABEL} | {name: label for name, (label, _) in BASELINES.items()}
WHOLE, MOST = "last randomisation", "90 % of the target"
_RESAMPLES = 2000
_SEED = 20191001


def _row(result: CutResult, goal: str, method: str, found: Score) -> dict[str, Any]:
    # Every score contains what happened: its median minus its error.
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
        "relative_miss": abs(found.error_days) / max(true_days, 1.0),
        "share": result.n / result.target,
        "pace": result.pace,
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
    """Tabulate the scores.

    Args:
        results: results of cuts.

    Returns:
        One row per cut, method and goal (the whole target, 90 % of it). Columns in days count from the cut, and `inf`
        is never; `error_days` is median minus truth, `log_error` the same of their logarithms, `position` the
        probability that the forecast gave to what came before the truth, `covers_80` whether the central 80 % held.
        Numbers of participants (`count_...`) are scored for the whole target only.
    """
    rows = [_row(result, WHOLE, name, found) for result in results for name, found in result.scores.items()]
    rows += [_row(result, MOST, name, found) for result in results for name, found in result.most.items()]
    return pd.DataFrame(rows)


def by_method(cuts: pd.DataFrame, goal: str = WHOLE) -> pd.DataFrame:
    """Summarise each method over all cuts.

    Relative scores compare with the reference on the cuts that both have. Coverage has Wilson's interval as if cuts
    were independent. Cuts of one trial share one future, so the interval is too narrow; see `resampled`.

    Args:
        cuts: a table from `cut_table`.
        goal: `WHOLE` or `MOST`.

    Returns:
        One row per method. `relative_log_crps` is its mean log CRPS over that of the reference: below 1 is better.
        `relative_log_crps_of_trials` is the same where each trial counts once; `covers_80` the share of central 80 %
        intervals that held.
    """
    cuts = cuts[cuts["goal"] == goal]
    reference = cuts[cuts["method"] == REFERENCE]
    places = {key: i for i, key in enumerate(zip(reference["trial"], reference["cut"], strict=True))}
    rows = []
    for method in LABELS:
        mine = cuts[cuts["method"] == method]
        if mine.empty:
            continue
        beside = reference.iloc[[places[key] for key in zip(mine["trial"], mine["cut"], strict=True)]]
        row: dict[str, Any] = {
            "method": method,
            "cuts": len(mine),
            "trials": mine["trial"].nunique(),
            "relative_log_crps": _ratio(mine["log_crps"], beside["log_crps"]),
            "mean_log_error": mine["log_error"].mean(),
            "rms_log_error": float(np.sqrt((mine["log_error"] ** 2).mean())),
            "median_absolute_error_days": mine["error_days"].abs().median(),
            "mean_relative_miss": mine["relative_miss"].mean(),
            "relative_log_crps_of_trials": _mean_of_trials(mine, beside),
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
    """Return the row of one method in `by_method`, by column.

    Args:
        cuts: a table from `cut_table`.
        method: the method.
        goal: `WHOLE` or `MOST`.

    Returns:
        Numbers by column of `by_method`.

    Raises:
        KeyError: no cut has the method.
    """
    found = by_method(cuts, goal).to_dict("index")[method]
    return {str(name): float(value) for name, value in found.items()}


def _ratio(mine: pd.Series[float], reference: pd.Series[float]) -> float:
    """Mean score over that of the reference; NaN where that is 0."""
    total = float(reference.mean())
    return float(mine.mean()) / total if total > 0 else float("nan")


def _mean_of_trials(mine: pd.DataFrame, reference: pd.DataFrame) -> float:
    """Mean over trials of the relative log CRPS, so that each trial counts the same."""
    ratios = [
        _ratio(part["log_crps"], reference["log_crps"].iloc[np.flatnonzero((mine["trial"] == trial).to_numpy())])
        for trial, part in mine.groupby("trial")
    ]
    return float(np.mean(ratios))


def by_trial(cuts: pd.DataFrame, method: str = METHOD) -> pd.DataFrame:
    """Summarise one method by trial, compared with the reference, for the whole target.

    Args:
        cuts: a table from `cut_table`.
        method: the method.

    Returns:
        One row per trial.
    """
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
                "count_covers_80": mine["count_covers_80"].mean(),
                "covers_99": mine["covers_99"].mean(),
                "missed_99_without_warning": int((~mine["covers_99"] & ~mine["warned"]).sum()),
            }
        )
    return pd.DataFrame(rows).set_index("trial")


def resampled(cuts: pd.DataFrame, method: str = METHOD) -> dict[str, tuple[float, float]]:
    """Estimate how much the figures of a method would vary with other trials of this kind, by resampling trials.

    Args:
        cuts: a table from `cut_table`.
        method: the method.

    Returns:
        90 % intervals (low, high) of relative_log_crps, relative_count_crps and covers_80; empty for fewer than three
        trials.
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


def held_rows(cuts: pd.DataFrame, whole_of: dict[str, str]) -> list[Held]:
    """Compute how often intervals held: overall, by stage and by pace.

    Args:
        cuts: a table from `cut_table`.
        whole_of: for trials that are parts of another, its name.

    Returns:
        The rows of the track record; stages and paces without forecasts are left out.
    """
    mine = cuts[(cuts["goal"] == WHOLE) & (cuts["method"] == METHOD)]
    # A cut is made at the end of the day on which its share was reached, so it may be somewhat beyond it.
    asked = mine["cut"].str.rstrip("%").astype(float) / 100 if mine["cut"].str.endswith("%").all() else mine["share"]
    parts = [(ALL, mine)]
    parts += [(stage_name(low, high), mine[(asked >= low) & (asked <= high)]) for low, high in STAGES]
    parts += [(name, mine[mine["pace"] == name]) for name in PACES]
    return [_held(name, part, whole_of) for name, part in parts if len(part)]


def _held(name: str, part: pd.DataFrame, whole_of: dict[str, str]) -> Held:
    """How often intervals held in some cuts, with an error that counts trials; parts of one trial count as one."""
    cluster = part["trial"].map(lambda trial: whole_of.get(trial, trial)).to_numpy(dtype=object)
    hits = part["covers_80"].to_numpy(dtype=np.float64)
    over = (part["true_days"] / part["median_days"].clip(lower=0.5)).max()
    return Held(
        where=name,
        cuts=len(part),
        trials=len(set(cluster)),
        covers_80=round(float(hits.mean()), 4),
        covers_80_se=round(clustered_error(hits, cluster), 4),
        count_covers_80=round(float(part["count_covers_80"].mean()), 4),
        late=round(float(np.expm1(part["log_error"].median())), 4),
        furthest=round(float(over), 4),
    )


def near_table(results: Sequence[CutResult], whole_of: dict[str, str]) -> pd.DataFrame:
    """Tabulate the near questions.

    Args:
        results: results of cuts.
        whole_of: for trials that are parts of another, its name.

    Returns:
        One row per question: number of forecasts, coverage of 80 % intervals with its error (NaN for a single trial),
        mean error.
    """
    rows = [
        {"question": near.question, "trial": whole_of.get(result.trial, result.trial), "n": near.n}
        | {"covered": near.n_covered, "error": near.error * near.n}
        for result in results
        for near in result.near
    ]
    found = []
    for question, part in pd.DataFrame(rows).groupby("question", sort=False):
        total = int(part["n"].sum())
        rate = float(part["covered"].sum()) / total
        excess = (part["covered"] - rate * part["n"]).groupby(part["trial"]).sum()
        error = (
            float(np.sqrt((excess**2).sum() * len(excess) / (len(excess) - 1)) / total) if len(excess) > 1 else np.nan
        )
        row = {"question": question, "forecasts": total, "covers_80": rate, "covers_80_se": error}
        found.append(row | {"mean_miss": float(part["error"].sum()) / total})
    return pd.DataFrame(found).set_index("question")


def caution_table(results: Sequence[CutResult]) -> pd.DataFrame:
    """Tabulate the cautions.

    Args:
        results: results of cuts.

    Returns:
        One row per caution: how often it was given, and how good forecasts were with and without it.
    """
    keys = sorted({key for result in results for key in result.cautions})
    rows = []
    for key in keys:
        given = [result for result in results if key in result.cautions]
        others = [result for result in results if key not in result.cautions]
        covers = [np.mean([r.scores[METHOD].covers(0.8) for r in some]) if some else np.nan for some in (given, others)]
        late = [log_days(r.scores[METHOD].median_days) - log_days(r.true_days) for r in given]
        rows.append(
            {"caution": key, "given": len(given), "trials": len({result.trial for result in given})}
            | {"covers_80": float(covers[0]), "covers_80_without": float(covers[1])}
            | {"mean_log_error": float(np.mean(late))}
        )
    columns = ["caution", "given", "trials", "covers_80", "covers_80_without", "mean_log_error"]
    return pd.DataFrame(rows, columns=columns).set_index("caution")
