"""What the Plan page says: the answer, the fan chart with the plan, why it takes so long, and the funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.run.answers import Answers
from sim.report.run.figures import MAKERS
from sim.report.words import run_command
from sim.web.parts.components import answer, command_line, figure_with_table, page_title

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario

EXHIBITS = ("fan", "causes", "path", "funnel")


def dates_of(results: Results, *, more_follow: bool = False) -> dict[str, Any]:
    """The text of the page before its figures. It is made in the process that simulated the results.

    Args:
        results: a first answer, or a run.
        more_follow: whether more trials are being simulated.
    """
    shown = answer(Answers(results), more_follow=more_follow)
    return {"answer": shown, "command": command_line(run_command(results)), "heading": heading(results.scenario)}


def heading(scenario: Scenario) -> Component:
    """The name of the trial, and the question that its scenario is to answer."""
    return page_title(scenario.name, scenario.question)


def first_dates_of(results: Results) -> dict[str, Any]:
    """The same of a first answer.

    Args:
        results: of the first answer.
    """
    return dates_of(results, more_follow=True)


def figures_of(results: Results) -> list[Component]:
    """The figures of the same results, drawn after the dates, because drawing takes longer than everything else.

    Args:
        results: as for `dates_of`.
    """
    answers = Answers(results)
    return [figure_with_table(MAKERS[name](answers), "plan", order=3) for name in EXHIBITS]
