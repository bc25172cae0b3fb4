"""Plotly figures of a run. Plotly is slow to import, so nothing below this package imports it.

Each maker takes the tables of a run (`Answers`) and returns an exhibit: figure, summary and table from the same
numbers. Where a scenario has nothing to show, it returns an exhibit whose summary says so, and no figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.reworded import reworded
from sim.report.run.answers import Answers
from sim.report.run.figures import cells, countries, dates, effort, measured, one_trial, operations, people, sites, why

if TYPE_CHECKING:
    from collections.abc import Callable

    import plotly.graph_objects as go

    from sim.experiment.run.results import Results
    from sim.report.exhibits import Exhibit

MAKERS: dict[str, Callable[[Answers], Exhibit]] = {  # of every trial
    "fan": dates.fan,
    "milestones": dates.milestones,
    "causes": why.causes,
    "path": why.path,
    "doubts": why.doubts,
    "funnel": people.funnel,
    "criteria": people.criteria,
    "sites_all": sites.sites_of_all,
    "sites_one": sites.sites_of_one,
    "swimlane": one_trial.swimlane,
    "queues": operations.queues,
    "cells_all": cells.cells_of_all,
    "cells_one": cells.cells_of_one,
    "arms": operations.arms,
    "cost": effort.cost,
}


def exhibit(name: str, answers: Answers) -> Exhibit:
    """One figure with its words and table.

    Args:
        name: one that every trial has, such as `fan`.
        answers: tables of the run.
    """
    return reworded(MAKERS[name](answers), answers.scenario)


def all_exhibits(answers: Answers) -> dict[str, Exhibit]:
    """Every figure with its words and table, by name, in the order of a report.

    Args:
        answers: tables of the run.

    Returns:
        Exhibits that every trial has, then tables of measures, then those of parts that the scenario has (caps,
        countries, costs, looks, amendments, risks, drift, start-up).
    """
    found = {name: make(answers) for name, make in MAKERS.items()} | measured.measured_exhibits(answers)
    found |= {"caps": people.caps(answers)} if answers.scenario.caps else {}
    found |= {"countries": countries.countries(answers)} if answers.design.countries else {}
    found |= {"cost_months": effort.cost_months(answers)} if answers.scenario.costs else {}
    found |= {"interims": people.interims(answers)} if answers.scenario.interims else {}
    found |= {"amendments": people.amendments(answers)} if answers.scenario.amendments else {}
    found |= {"drift": countries.drift(answers)} if answers.scenario.drift else {}
    found |= {"risks": countries.risks(answers)} if answers.design.risks else {}
    found |= {"start_up": countries.start_up(answers)} if answers.design.start_up else {}
    return reworded(found, answers.scenario)


def all_figures(results: Results) -> dict[str, go.Figure]:
    """Every figure that has something to show, by name; `figures` of the Python API.

    Args:
        results: the run.
    """
    found = all_exhibits(Answers(results))
    return {name: exhibit.figure for name, exhibit in found.items() if exhibit.figure is not None}
