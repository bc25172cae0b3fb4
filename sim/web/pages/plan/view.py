"""What the Plan page says: the answer, the fan chart with the plan, the funnel, and where the time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.answers import Answers
from sim.report.figures import MAKERS
from sim.report.words import run_command
from sim.web.components import answer, command_line, figure_with_table

if TYPE_CHECKING:
    from sim.experiment.results import Results

EXHIBITS = ("fan", "time", "funnel")


def answer_of(results: Results) -> dict[str, Any]:
    """Everything that the page says of some results. It is made in the process that simulated them.

    The figures are apart: a browser draws them after the dates are seen, since drawing them takes longer than all else
    that it does for an answer.

    Args:
        results: of a first answer, or of a run.
    """
    answers = Answers(results)
    exhibits = [figure_with_table(MAKERS[name](answers), f"plan-{name}", order=3) for name in EXHIBITS]
    return {"answer": answer(answers), "exhibits": exhibits, "command": command_line(run_command(results))}
