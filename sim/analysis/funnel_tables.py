"""Where patients are lost, from referral to the last visit, and by which criteria. Data frames in and out.

Attributes:
    FUNNEL: stages from referral to the last visit, each with the measures that are added up to it.
    LOSSES: measures of those referred and not randomised, with the reason in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.analysis import intervals
from sim.analysis.modelled import (
    has_chart,
    has_coordinators,
    has_loss,
    has_stage,
    may_refuse,
)
from sim.analysis.summary import NO_ESTIMATE, Table, columns_of, finished, mean_table
from sim.core.design import Design

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


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
    return mean_table(frame, {name: words for name, words in LOSSES.items() if has_loss(name, scenario)}, "reason")


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
        rows,
        columns=["criterion", "item", "stage", *columns_of("first", NO_ESTIMATE), *columns_of("only", NO_ESTIMATE)],
    )
