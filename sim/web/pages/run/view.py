"""What the Plan page says: the answer, the fan chart with the plan, why it takes so long, and the funnel.

Everything here is made from results that exist; when they are simulated is decided in `answer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from sim.report.reworded import reworded
from sim.report.run.answers import Answers
from sim.report.run.figures import exhibit
from sim.report.run.figures.countries import countries
from sim.report.run.headline import run_command
from sim.web.parts.components import answer, answer_id, answer_notes, command_line, figure_with_table, page_title
from sim.web.parts.mini_answer import mini_answer

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario

EXHIBITS = ("fan", "causes", "path", "funnel")  # the first stays in sight; each of the others has a tab
TABS = ("What costs days", "Critical path", "From referral to last visit")
_FAN_PX = 350  # so that the answer and its curve are seen together


def dates_of(results: Results, *, more_follow: bool = False) -> dict[str, Any]:
    """The text of the page before its figures. It is made in the process that simulated the results.

    Args:
        results: a first answer, or a run.
        more_follow: whether more trials are being simulated.

    Returns:
        Components by the place that they go to: `answer`, `command`, `heading`, `mini`.
    """
    answers = Answers(results)
    return {
        "answer": answer(answers),
        "command": [answer_notes(answers, more_follow=more_follow), command_line(run_command(results))],
        "heading": heading(results.scenario),
        "mini": mini_answer(answers),
    }


def heading(scenario: Scenario) -> Component:
    """The name of the trial, and the question that its scenario is to answer."""
    return page_title(scenario.name, scenario.question)


def first_dates_of(results: Results) -> dict[str, Any]:
    """The text of the page for a first answer, which more trials follow; see `dates_of`.

    Args:
        results: of the first answer.
    """
    return dates_of(results, more_follow=True)


def figures_of(results: Results) -> list[Component]:
    """The figures of the same results, drawn after the dates, because drawing takes longer than everything else.

    Args:
        results: as for `dates_of`.

    Returns:
        A component for each of `EXHIBITS`.
    """
    answers = Answers(results)
    heights = (_FAN_PX, *(None for _ in TABS))
    *others, last = [
        figure_with_table(exhibit(name, answers), "plan", order=3, height=height)
        for name, height in zip(EXHIBITS, heights, strict=True)
    ]
    return [*others, _with_countries(answers, last)]


def _with_countries(answers: Answers, shown: Component) -> Component:
    """The last exhibit, and below it what each country brings, where there are countries.

    The page makes an exhibit again where a part with an id is new: so also where countries are there no more.
    """
    if not answers.design.countries:
        return html.Div([shown, html.Div(id=answer_id("plan", "no-countries"), hidden=True)])
    return html.Div([shown, figure_with_table(reworded(countries(answers), answers.scenario), "plan", order=3)])
