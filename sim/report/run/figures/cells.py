"""Cells made, infused, expired and lost: over time in one simulated trial, and in all of them.

Amounts are in millions of cells. What was in the bank on day 0 and what was made is the sum of all other ways and of
what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from sim.analysis.modelled import has_couriers
from sim.report.exhibits import Exhibit, Table
from sim.report.style import bar_figure, figure, rounded, series, stamps, wrapped
from sim.report.words import mean_with_error, number

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.report.run.answers import Answers
    from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

_MILLION = 1e6
_MOST_STEPS = 1500
_NO_CELLS = "The scenario has no cell supply: doses are never short of cells, and nobody counts them."


class Flow(NamedTuple):
    """One way in which cells enter or leave the bank.

    Attributes:
        event: the kind of event that records it.
        name: name in figures.
    """

    event: str
    name: str


_FLOWS = {
    "cells_opening": Flow("stock.opened", "in the bank on day 0"),
    "cells_made": Flow("lot.harvested", "made"),
    "cells_infused": Flow("dose.given", "infused"),
    "cells_failed": Flow("lot.failed", "in failed lots"),
    "cells_lost": Flow("dose.lost", "thawed and lost"),
    "cells_expired": Flow("lot.expired", "expired"),
    "cells_discarded": Flow("cells.discarded", "no longer usable"),
    "cells_lost_with_couriers": Flow("courier.lost", "lost with couriers"),
}
_IN_STOCK = "cells_in_stock"
_WITH_COURIERS = "cells_lost_with_couriers"
_STOCK_NAME = "left: in stock or in release testing"


def cells_of_one(answers: Answers) -> Exhibit:
    """Cells made and used since day 0 in the typical replication, and what is left.

    Args:
        answers: tables of the run.

    Returns:
        A sentence alone without a cell supply, or if no trial was kept whole.
    """
    title, kept = "Cells in one simulated trial", answers.kept
    if answers.scenario.cells is None:
        return Exhibit("cells_one", title, _NO_CELLS)
    if kept.one is None:
        return Exhibit("cells_one", title, kept.nothing)
    log = _of_cells(answers)
    flows = {name: _cumulative(log, flow.event) for name, flow in _flows(answers.scenario).items()}
    drawn = {name: steps for name, steps in flows.items() if len(steps[0])}
    if not drawn:
        return Exhibit("cells_one", title, f"No cells were made or used in {kept.described}.")
    found = figure(400, hovermode="closest")
    for i, (name, (days, amounts)) in enumerate(drawn.items()):
        _add_steps(found, answers, days, amounts, _FLOWS[name].name, i)
    stock = _balance(flows)
    _add_steps(found, answers, *stock, _STOCK_NAME, len(drawn), width=3)
    found.update_yaxes(title="million cells since day 0", rangemode="tozero")
    totals = [f"{number(amounts[-1] / _MILLION)} million {_FLOWS[name].name}" for name, (_, amounts) in drawn.items()]
    return Exhibit(
        "cells_one",
        title,
        f"In {kept.described}: {', '.join(totals)}; {number(stock[1][-1] / _MILLION)} million left at the end.",
        "Source: events.parquet. All lines but the last count since day 0.",
        found,
    )


def _flows(scenario: Scenario) -> dict[str, Flow]:
    return {name: flow for name, flow in _FLOWS.items() if name != _WITH_COURIERS or has_couriers(scenario)}


def _of_cells(answers: Answers) -> pd.DataFrame:
    """The events of one trial, without those of participants who are given a drug."""
    log = answers.kept.one_events
    drugs = [name for name, arm in answers.scenario.arms.items() if arm.doses and arm.doses.is_drug]
    if not drugs:
        return log
    who = log[(log["event"] == "participant.randomised") & log["detail"].isin(drugs)]
    people = pd.MultiIndex.from_frame(who[["site", "patient"]])
    return log[~pd.MultiIndex.from_frame(log[["site", "patient"]]).isin(people)]


def _cumulative(log: pd.DataFrame, kind: str) -> tuple[Array, Array]:
    rows = log[log["event"] == kind]
    return rows["day"].to_numpy(dtype=np.float64), rows["amount"].to_numpy(dtype=np.float64).cumsum()


def _balance(flows: dict[str, tuple[Array, Array]]) -> tuple[Array, Array]:
    """Cells that came in and have not gone out, over time."""
    signs = {name: 1.0 if name in ("cells_opening", "cells_made") else -1.0 for name in flows}
    days = np.concatenate([steps[0] for steps in flows.values()])
    change = np.concatenate([signs[name] * np.diff(amounts, prepend=0.0) for name, (_, amounts) in flows.items()])
    order = np.argsort(days, kind="stable")
    return days[order], np.maximum(change[order].cumsum(), 0.0)


def _add_steps(
    found: go.Figure, answers: Answers, days: Array, amounts: Array, name: str, i: int, width: float = 2.0
) -> None:
    every = max(1, int(np.ceil(len(days) / _MOST_STEPS)))
    days = np.concatenate(([min(0.0, days[0])], days[::every], [answers.kept.one_ends]))
    amounts = np.concatenate(([0.0], amounts[::every], [amounts[-1]]))
    look = series(i)
    found.add_trace(
        go.Scatter(
            x=stamps(answers.design.clock, days),
            y=rounded(amounts / _MILLION, 1),
            mode="lines",
            line={"shape": "hv", "color": look.colour, "dash": look.dash, "width": width},
            name=name,
            hovertemplate=f"{name}: %{{y:,.0f}} million, %{{x|%Y-%m-%d}}<extra></extra>",
        )
    )


def cells_of_all(answers: Answers) -> Exhibit:
    """Where cells came from and went to, mean over all replications.

    Args:
        answers: tables of the run.

    Returns:
        A sentence alone without a cell supply.
    """
    title = "Cells in all simulated trials"
    if answers.scenario.cells is None:
        return Exhibit("cells_all", title, _NO_CELLS)
    names = {name: flow.name for name, flow in _flows(answers.scenario).items()} | {_IN_STOCK: _STOCK_NAME}
    estimates = [_millions(answers.mean(name)) for name in names]
    texts = [f"{mean_with_error(e)} million" for e in estimates]
    labels = [wrapped(name) for name in names.values()]
    found = bar_figure(labels, estimates, texts, "million cells in a mean trial")
    text = dict(zip(names, texts, strict=True))
    lots = [mean_with_error(answers.mean(f"n_lots_{what}")) for what in ("started", "released", "failed")]
    missed = mean_with_error(answers.mean("n_doses_missed_no_cells"))
    delivered = _deliveries(answers) if has_couriers(answers.scenario) else ""
    return Exhibit(
        "cells_all",
        title,
        f"In a mean trial {lots[0]} lots are started, {lots[1]} released and {lots[2]} fail; {text['cells_made']} "
        f"cells are made, {text['cells_infused']} infused, {text['cells_expired']} expire and {text['cells_lost']} "
        f"are thawed and lost. {missed} doses are missed for want of cells.{delivered}",
        "Source: replications.parquet, means with 95 % intervals. What was in the bank and what was made is what all "
        "the others add up to.",
        found,
        Table("Million cells in a mean trial", ("cells", "million"), tuple(zip(names.values(), texts, strict=True))),
    )


def _deliveries(answers: Answers) -> str:
    """What became of deliveries, in a mean trial."""
    names = ("n_deliveries", "n_deliveries_on_the_way", "n_deliveries_too_old", "n_deliveries_not_needed")
    sent, lost, old, idle = (mean_with_error(answers.mean(name)) for name in names)
    return (
        f" {sent} deliveries leave with a courier: {lost} are lost on the way and ordered again, {old} are too old "
        f"before the dose begins, and {idle} are for doses that are missed."
    )


def _millions(estimate: Estimate) -> Estimate:
    return type(estimate)(*(None if x is None else x / _MILLION for x in estimate))  # type: ignore[arg-type]
