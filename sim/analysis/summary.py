"""Answers from replications: when, how likely, at what cost, and by which critical path. Data frames in and out.

Every figure has its Monte Carlo interval. A trial that never reached a milestone counts as later than everything, and
stays in every denominator. Only a replication that raised (a defect) is left out, and is counted separately.

Attributes:
    QUANTILES: probabilities of the quantiles that tables have.
    PLANNED: milestone of each planned date, by its name in the scenario.
    Table: replications as a data frame, or column by column.
    NO_ESTIMATE: unknown, without an interval: gives the names of columns where a table has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.measures import COST_PARTS, MILESTONES, PATH_MILESTONES, STEPS, measures, path_name
from sim.analysis.modelled import (
    has_measure,
    has_milestone,
    has_step,
)
from sim.analysis.one_by_one import OneByOne
from sim.analysis.tables import ERROR
from sim.core.clock import Clock
from sim.core.design import Design
from sim.core.events import VOCABULARIES
from sim.scenario.entry import wording

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

NO_ESTIMATE = Estimate(float("nan"), None, None)
QUANTILES = (0.1, 0.5, 0.8, 0.9)
PLANNED = {
    "recruitment": "last_randomised",
    "primary_completion": "primary_completion",
    "study_completion": "last_visit",
}


Table = TypeVar("Table", pd.DataFrame, OneByOne)


def finished(frame: Table) -> Table:
    """The replications that did not raise.

    Args:
        frame: replications, as a data frame or column by column.

    Returns:
        The same without the others.
    """
    return frame[frame["outcome"] != ERROR]


def days(frame: Table, milestone: str) -> Array:
    """Day of a milestone in each replication.

    Args:
        frame: replications.
        milestone: name of the milestone.

    Returns:
        (n,) days since day 0; NaN where it never came.
    """
    return frame[f"day_{milestone}"].to_numpy(dtype=np.float64)


def columns_of(prefix: str, estimate: Estimate) -> dict[str, float | None]:
    """An estimate as three columns of a table: the value, and the lower and upper end of its interval.

    Args:
        prefix: name of the column of the value.
        estimate: None stands for an end that is not known.

    Returns:
        The columns `<prefix>`, `<prefix>_low` and `<prefix>_high`.
    """
    return {prefix: estimate.value, f"{prefix}_low": estimate.low, f"{prefix}_high": estimate.high}


def milestone_table(frame: Table, scenario: Scenario | None = None) -> pd.DataFrame:
    """P10, P50, P80 and P90 of each milestone in days, each with its interval, and the share of trials that reach it.

    P80 is the day by which it has happened in 80 % of trials.

    Args:
        frame: replications.
        scenario: the scenario, to omit milestones that it does not model; None keeps all.

    Returns:
        A row for each milestone. Infinity is later than the horizon; None is unknown, because of too few replications.
    """
    rows = []
    done, say = finished(frame), wording(*([] if scenario is None else [scenario]))
    for name, meaning in MILESTONES.items():
        if scenario is not None and not has_milestone(name, scenario):
            continue
        values = days(done, name)
        came = intervals.probability(int(np.count_nonzero(~np.isnan(values))), len(values))
        row: dict[str, object] = {"milestone": name, "meaning": say(meaning), **columns_of("share", came)}
        for q, estimate in zip(QUANTILES, intervals.quantiles(values, QUANTILES), strict=True):
            row |= columns_of(f"p{round(100 * q)}", estimate)
        rows.append(row)
    return pd.DataFrame(rows).set_index("milestone")


def with_dates(milestones: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Add the date of each day to a table of milestones: `p50_date`, `p50_date_low`, `p50_date_high` and so on.

    Args:
        milestones: result of `milestone_table`.
        clock: days to dates.

    Returns:
        The table with dates; None is later than the horizon or unknown, and the days tell which.
    """
    columns: dict[str, Any] = {}
    for name in milestones.columns:
        columns[str(name)] = milestones[name]
        quantile = str(name).partition("_")[0]
        if str(name).endswith("_high") and quantile != "share":
            for end in ("", "_low", "_high"):
                found = [_date(day, clock) for day in milestones[f"{quantile}{end}"]]
                columns[f"{quantile}_date{end}"] = pd.Series(found, index=milestones.index, dtype=object)
    return pd.DataFrame(columns)


def _date(day: float | None, clock: Clock) -> date | None:
    return clock.date_of(day) if day is not None and np.isfinite(day) else None


def odds_table(design: Design, frame: Table) -> pd.DataFrame:
    """Probability of meeting each planned date, and of never reaching the target.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each planned date and one for `never_reached`.
    """
    done = finished(frame)
    planned = design.scenario.trial.planned
    rows: list[dict[str, object]] = []
    for name, milestone in PLANNED.items():
        when = getattr(planned, name)
        if when is None:
            continue
        met = int(np.count_nonzero(days(done, milestone) < design.clock.day_of(when) + 1))
        chance = intervals.probability(met, len(done))
        rows.append({"event": name, "milestone": milestone, "planned": when, **columns_of("probability", chance)})
    missed = int(np.count_nonzero(~done["reached"].to_numpy(dtype=bool)))
    never: Estimate = intervals.probability(missed, len(done))
    rows.append({"event": "never_reached", "milestone": "last_randomised", **columns_of("probability", never)})
    return pd.DataFrame(rows, columns=["event", "milestone", "planned", *columns_of("probability", never)]).set_index(
        "event"
    )


def outcome_table(frame: Table) -> pd.DataFrame:
    """How replications ended: the words of `trial_ended` (`complete`, `horizon`, ...) and `error`.

    Args:
        frame: replications, also those that raised.

    Returns:
        A row for each outcome, also those that did not occur, with number and share.
    """
    n = len(frame)
    rows = []
    for name in (*VOCABULARIES["trial_ended"], ERROR):
        k = int(np.count_nonzero(frame["outcome"] == name))
        rows.append({"outcome": name, "n": k, **columns_of("share", intervals.probability(k, n))})
    return pd.DataFrame(rows).set_index("outcome")


def mean_table(frame: Table, names: dict[str, str], index: str) -> pd.DataFrame:
    """Mean values of measures.

    Args:
        frame: replications, by measure.
        names: the label of each measure that has a row, by its name.
        index: what the column of labels is called; it becomes the index.

    Returns:
        A row for each measure, in the order of `names`: its name in `measure`, and its mean with the 95 % interval in
            `mean`, `mean_low` and `mean_high`. Replications that raised are left out.
    """
    done = finished(frame)
    rows = [
        {index: label, "measure": name, **columns_of("mean", intervals.mean(done[name].to_numpy(dtype=np.float64)))}
        for name, label in names.items()
    ]
    return pd.DataFrame(rows).set_index(index)


def path_table(scenario: Scenario, column: Callable[[str], Array]) -> pd.DataFrame:
    """Mean days of each step on the critical path to each milestone, over trials that reach the milestone.

    The steps of a milestone sum to its mean day.

    Args:
        scenario: the simulated scenario.
        column: gives the values of a measure in the replications that did not raise.

    Returns:
        A row for each milestone and step. Steps that took no time are 0; milestones that no trial reached and steps
        that the scenario cannot have are omitted.
    """
    rows: list[dict[str, object]] = []
    steps = {step: meaning for step, meaning in STEPS.items() if has_step(step, scenario)}
    for milestone in (name for name in PATH_MILESTONES if has_milestone(name, scenario)):
        reached = ~np.isnan(column(f"day_{milestone}"))
        n, n_never = int(reached.sum()), int((~reached).sum())
        for step, meaning in steps.items() if n else ():
            spent = column(path_name(milestone, step))[reached]
            row: dict[str, object] = {"milestone": milestone, "step": step, "meaning": meaning, "n": n}
            row |= {"n_never": n_never, **columns_of("days", intervals.mean(spent))}
            rows.append(row | columns_of("share", intervals.probability(int(np.count_nonzero(spent > 0)), n)))
    names = [
        "milestone",
        "step",
        "meaning",
        "n",
        "n_never",
        *columns_of("days", NO_ESTIMATE),
        *columns_of("share", NO_ESTIMATE),
    ]
    return pd.DataFrame(rows, columns=names)


def cost_table(scenario: Scenario, frame: Table) -> pd.DataFrame:
    """Mean cost, total and by the parts that the scenario has; empty if no cost is reported.

    Args:
        scenario: the simulated scenario.
        frame: replications.

    Returns:
        A row for each part, in the currency of the scenario.
    """
    if "cost" not in frame:
        return pd.DataFrame(columns=["mean", "mean_low", "mean_high"])
    parts = {f"cost_{name}": meaning for name, meaning in COST_PARTS.items()}
    return mean_table(
        frame, {"cost": "all"} | {name: parts[name] for name in parts if has_measure(name, scenario)}, "part"
    )


def summary_table(design: Design, column: Callable[[str], Array], outcome: Sequence[str]) -> pd.DataFrame:
    """Mean, P10, P50, P80, P90 and number of nevers of every measure that carries information in the scenario.

    Args:
        design: the scenario, made ready.
        column: gives the values of a measure in all replications; called for one measure at a time, to save memory.
        outcome: how each replication ended.

    Returns:
        A row for each measure.
    """
    done = np.array([word != ERROR for word in outcome], dtype=bool)
    rows, say = [], wording(design.scenario)
    for measure in measures(design):
        if measure.name == "outcome" or not has_measure(measure.name, design.scenario):
            continue
        values = column(measure.name)[done]
        row: dict[str, object] = {"measure": measure.name, "unit": measure.unit, "n": len(values)}
        row |= {"n_never": int(np.count_nonzero(np.isnan(values))), **columns_of("mean", intervals.mean(values))}
        for q, estimate in zip(QUANTILES, intervals.quantiles(values, QUANTILES), strict=True):
            row |= columns_of(f"p{round(100 * q)}", estimate)
        rows.append(row | {"meaning": say(measure.meaning)})
    return pd.DataFrame(rows)


def too_few(frame: Table) -> list[str]:
    """Names, such as P90, of the quantiles of dates without an interval, because of too few replications.

    Args:
        frame: replications; those that raised do not count.

    Returns:
        Such as `["P10", "P90"]`, in the order of `QUANTILES`; empty if there are enough.
    """
    n = len(finished(frame))
    found = []
    for q in QUANTILES:
        estimate = intervals.quantile(np.arange(n, dtype=np.float64), q)
        if estimate.low is None or estimate.high is None:
            found.append(f"P{round(100 * q)}")
    return found
