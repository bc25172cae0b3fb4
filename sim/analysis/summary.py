"""Answers from replications: when, how likely, where patients are lost, and the critical path. Data frames in and out.

Every figure has its Monte Carlo interval. A trial that never reached a milestone counts as later than everything, and
stays in every denominator. Only a replication that raised (a defect) is left out, and is counted separately.

Attributes:
    QUANTILES: probabilities of the quantiles that tables have.
    PLANNED: milestone of each planned date, by its name in the scenario.
    Table: replications as a data frame, or column by column.
    FUNNEL: stages from referral to the last visit, each with the measures that are added up to it.
    LOSSES: measures of those referred and not randomised, with the reason in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.measures import COST_PARTS, MILESTONES, PATH_MILESTONES, STEPS, measures, path_name
from sim.analysis.modelled import (
    has_chart,
    has_coordinators,
    has_loss,
    has_measure,
    has_milestone,
    has_stage,
    has_step,
    may_refuse,
)
from sim.analysis.one_by_one import OneByOne
from sim.analysis.tables import ERROR
from sim.core.clock import Clock
from sim.core.design import Design
from sim.core.events import VOCABULARIES
from sim.scenario.schema import amendments, caps, interims

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

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
    """An estimate as three columns of a table: the value, and the lower and upper end of its interval."""
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
    done = finished(frame)
    for name, meaning in MILESTONES.items():
        if scenario is not None and not has_milestone(name, scenario):
            continue
        values = days(done, name)
        came = intervals.probability(int(np.count_nonzero(~np.isnan(values))), len(values))
        row: dict[str, object] = {"milestone": name, "meaning": meaning, **columns_of("share", came)}
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

    Returns:
        A row for each outcome, also those that did not occur, with number and share.
    """
    n = len(frame)
    rows = []
    for name in (*VOCABULARIES["trial_ended"], ERROR):
        k = int(np.count_nonzero(frame["outcome"] == name))
        rows.append({"outcome": name, "n": k, **columns_of("share", intervals.probability(k, n))})
    return pd.DataFrame(rows).set_index("outcome")


FUNNEL: dict[str, tuple[str, ...]] = {
    "patients referred": ("n_referred",),
    "not excluded by the chart, and asked": ("n_consented", "n_consent_refused"),
    "consented": ("n_consented",),
    "screened by a coordinator": ("n_screened",),
    "eligible": ("n_eligible",),
    "randomised": ("n_randomised",),
    "had the last visit": ("n_completed",),
}
LOSSES: dict[str, str] = {
    "n_chart_failed": "excluded by the chart",
    "n_away_paused": "turned away while enrolment was paused",
    "n_consent_refused": "did not consent",
    "n_lost": "no coordinator in time",
    "n_screening_failed": "failed screening",
    "n_away_target_met": "turned away, the target being met",
    "n_away_site_closed": "turned away, the site being full",
    "n_away_stopped": "turned away, the trial being stopped",
    "n_away_completed": "turned away, primary completion having come",
    "n_away_cap": "turned away, a cap being reached",
    "n_inside": "still in screening at the end",
}


def stage_names(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Names of the funnel's stages in reports, for the stages that any of several scenarios has.

    Without a chart, the stage of those asked is not named after it; likewise without coordinators. Where nobody can
    refuse consent, no stage is named after it.

    Args:
        scenarios: the scenarios whose funnels are shown together.

    Returns:
        The name in reports, by the key in `FUNNEL`, in order.
    """
    known = list(scenarios)
    plain = {}
    if not any(has_chart(one) for one in known):
        plain["not excluded by the chart, and asked"] = "asked for consent"
    if not any(may_refuse(one) for one in known):
        plain["consented"] = "not excluded by the chart"
    if not any(has_coordinators(one) for one in known):
        plain["screened by a coordinator"] = "screened"
    there = (stage for stage, counts in FUNNEL.items() if any(has_stage(counts, one) for one in known))
    return {stage: plain.get(stage, stage) for stage in there}


def funnel_table(scenario: Scenario, frame: Table) -> pd.DataFrame:
    """Mean numbers from referral to the last stage of a scenario, each as a share of those referred.

    Args:
        scenario: the simulated scenario.
        frame: replications.

    Returns:
        A row for each stage: the mean number of people with its interval, and the share; NaN if nobody is referred.
    """
    done = finished(frame)
    referred = done["n_referred"].to_numpy(dtype=np.float64)
    rows = []
    for stage, name in stage_names([scenario]).items():
        counts = sum(done[part].to_numpy(dtype=np.float64) for part in FUNNEL[stage])
        share = float(np.sum(counts) / referred.sum()) if referred.sum() else float("nan")
        rows.append({"stage": name, **columns_of("mean", intervals.mean(np.asarray(counts))), "share": share})
    return pd.DataFrame(rows).set_index("stage")


def loss_table(scenario: Scenario, frame: Table) -> pd.DataFrame:
    """Mean numbers of patients referred and not randomised, by the reasons that a scenario can have.

    Args:
        scenario: the simulated scenario.
        frame: replications.

    Returns:
        A row for each reason; with those randomised they add up to those referred.
    """
    return _means(frame, {name: words for name, words in LOSSES.items() if has_loss(name, scenario)}, "reason")


def cap_table(design: Design, frame: Table) -> pd.DataFrame:
    """How often each cap is reached, when first, and how many patients it turns away on average.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each cap. The day is P50 over all trials; infinity if the cap is reached in fewer than half of them.
    """
    done, rows = finished(frame), []
    for name in design.caps:
        when = done[f"first_day_{name}_reached"].to_numpy(dtype=np.float64)
        came = intervals.probability(int(np.count_nonzero(~np.isnan(when))), len(when))
        away = intervals.mean(done[f"n_turned_away_by_{name}"].to_numpy(dtype=np.float64))
        row: dict[str, object] = {"cap": name, "meaning": caps.in_words(name, design.scenario.caps[name])}
        row |= columns_of("share", came) | columns_of("p50", intervals.quantile(when, 0.5)) | columns_of("away", away)
        rows.append(row)
    columns = ["cap", "meaning", *columns_of("share", _NO), *columns_of("p50", _NO), *columns_of("away", _NO)]
    return pd.DataFrame(rows, columns=columns).set_index("cap")


def amendment_table(design: Design, frame: Table) -> pd.DataFrame:
    """How often each amendment is decided and in force, and from when.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each amendment. The day is P50 over all trials; infinity if it is in force in fewer than half of them.
    """
    done, rows = finished(frame), []
    for name in design.amendments:
        decided, when = (done[f"day_{name}_{word}"].to_numpy(dtype=np.float64) for word in ("decided", "in_force"))
        rule = design.scenario.amendments[name]
        row: dict[str, object] = {"amendment": name, "meaning": amendments.in_words(name, rule)}
        for column, days_of in (("share", decided), ("in_force", when)):
            came = int(np.count_nonzero(~np.isnan(days_of)))
            row |= columns_of(column, intervals.probability(came, len(days_of)))
        rows.append(row | columns_of("p50", intervals.quantile(when, 0.5)))
    columns = ["amendment", "meaning", *columns_of("share", _NO), *columns_of("in_force", _NO), *columns_of("p50", _NO)]
    return pd.DataFrame(rows, columns=columns).set_index("amendment")


def interim_table(design: Design, frame: Table) -> pd.DataFrame:
    """How often each interim look takes place, when first, and what is decided.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each look. The day is P50 over all trials; infinity if fewer than half of them have the look.
    """
    done, rows = finished(frame), []
    for name in design.interims:
        rule = design.scenario.interims[name]
        when = done[f"first_day_{name}_look"].to_numpy(dtype=np.float64)
        looks, stops, enlarged = (
            done[f"n_{what}_{name}"].to_numpy(dtype=np.float64) for what in ("looks", "stops", "enlargements")
        )
        row: dict[str, object] = {"interim": name, "meaning": interims.in_words(name, rule)}
        row |= {"may_be_stopped": rule.stop != 0, "may_be_enlarged": rule.enlarge != 0}
        for column, counts in (("share", looks), ("stopped", stops), ("enlarged", enlarged)):
            row |= columns_of(column, intervals.probability(int(np.count_nonzero(counts)), len(counts)))
        rows.append(row | columns_of("looks", intervals.mean(looks)) | columns_of("p50", intervals.quantile(when, 0.5)))
    estimates: list[str] = []
    for prefix in ("share", "stopped", "enlarged", "looks", "p50"):
        estimates += columns_of(prefix, _NO)
    columns = ["interim", "meaning", "may_be_stopped", "may_be_enlarged", *estimates]
    return pd.DataFrame(rows, columns=columns).set_index("interim")


def _means(frame: Table, names: dict[str, str], index: str) -> pd.DataFrame:
    """A table of mean values of measures, by their labels."""
    done = finished(frame)
    rows = [
        {index: label, "measure": name, **columns_of("mean", intervals.mean(done[name].to_numpy(dtype=np.float64)))}
        for name, label in names.items()
    ]
    return pd.DataFrame(rows).set_index(index)


def criterion_table(design: Design, frame: Table) -> pd.DataFrame:
    """Screen failures by criterion, in the order of the protocol: as the first reason, and as the only one.

    Dropping a criterion gains at most those who fail only it, of the criteria known at that stage.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each criterion: its item in the protocol, its stage, and mean numbers of patients with their
            intervals.
    """
    done = finished(frame)
    rows = []
    for name in design.criteria:
        first = intervals.mean(done[f"n_failed_first_{name}"].to_numpy(dtype=np.float64))
        only = intervals.mean(done[f"n_failed_only_{name}"].to_numpy(dtype=np.float64))
        rule = design.population.criteria[name]
        row: dict[str, object] = {"criterion": name, "item": rule.item or "", "stage": rule.stage}
        rows.append(row | columns_of("first", first) | columns_of("only", only))
    return pd.DataFrame(
        rows, columns=["criterion", "item", "stage", *columns_of("first", _NO), *columns_of("only", _NO)]
    )


_NO = Estimate(float("nan"), None, None)


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
    names = ["milestone", "step", "meaning", "n", "n_never", *columns_of("days", _NO), *columns_of("share", _NO)]
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
    return _means(frame, {"cost": "all"} | {name: parts[name] for name in parts if has_measure(name, scenario)}, "part")


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
    rows = []
    for measure in measures(design):
        if measure.name == "outcome" or not has_measure(measure.name, design.scenario):
            continue
        values = column(measure.name)[done]
        row: dict[str, object] = {"measure": measure.name, "unit": measure.unit, "n": len(values)}
        row |= {"n_never": int(np.count_nonzero(np.isnan(values))), **columns_of("mean", intervals.mean(values))}
        for q, estimate in zip(QUANTILES, intervals.quantiles(values, QUANTILES), strict=True):
            row |= columns_of(f"p{round(100 * q)}", estimate)
        rows.append(row | {"meaning": measure.meaning})
    return pd.DataFrame(rows)


def too_few(frame: Table) -> list[str]:
    """Names, such as P90, of the quantiles of dates without an interval, because of too few replications."""
    n = len(finished(frame))
    found = []
    for q in QUANTILES:
        estimate = intervals.quantile(np.arange(n, dtype=np.float64), q)
        if estimate.low is None or estimate.high is None:
            found.append(f"P{round(100 * q)}")
    return found
