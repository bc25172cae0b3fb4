"""A sweep as the studio asks for it: checked against its limits, and run with a first answer on the way.

It is apart from the page because a job runs it in another process, without the controls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.api.sweep import check_asked
from sim.errors import Problem, UsageError
from sim.experiment.execution import Execution
from sim.experiment.sweep.points import GRID, count_points, make_points
from sim.experiment.sweep.table import run_sweep
from sim.report.sweep.page import sweep_content
from sim.web.limits import check_sweep_limits
from sim.web.pages.sweep.varying import Row, at_rows, check_points, read_rows
from sim.web.parts.answer_files import final_view
from sim.web.parts.report_view import report_view

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dash.development.base_component import Component

    from sim.experiment.sweep.table import Swept
    from sim.web.parts.work_bar import Progress
    from sim.web.state import State
    from sim.web.studio import Studio

FIRST_ANSWER = 48  # simulated trials per point of a first answer
POINTS_OPTION = "--points"  # its name in messages


def points_of(text: str | None, design: str) -> int | None:
    """Number of points; None to leave it to the program.

    Args:
        text: what was typed; None or empty for nothing.
        design: a grid has as many points as combinations, whatever was typed.

    Raises:
        UsageError: it is no whole number.
    """
    if design == GRID or not (text or "").strip():
        return None
    try:
        return int(str(text))
    except ValueError:
        raise UsageError(Problem("must be a whole number", POINTS_OPTION, value=str(text)[:40])) from None


class Asked:
    """A sweep that is asked for.

    Args:
        studio: the studio.
        state: the scenario under work.
        rows: what is varied.
        design: one of `DESIGNS`.
        n_points: of a Latin hypercube, or None.
        replications: simulated trials a point.

    Raises:
        InputError: something is wrong; a RowError says in which row.
    """

    def __init__(
        self, studio: Studio, state: State, rows: list[Row], design: str, n_points: int | None, replications: int
    ) -> None:
        self._studio, self._state, self._design, self._replications = studio, state, design, replications
        self._loaded = studio.loaded(state)
        seed = self._loaded.scenario.experiment.seed
        self._seed = seed if state.seed is None else state.seed
        limits = studio.settings.limits
        check_asked(design, n_points, [row.text for row in rows if row.text])
        self._factors = read_rows(rows, design, self._loaded)
        check_sweep_limits(count_points(self._factors, design, n_points), replications, limits)
        try:
            self._points = make_points(self._loaded, self._factors, design, n_points, self._seed)
        except UsageError as error:
            raise at_rows(error.problems, rows) from None
        check_points(self._points, rows, replications, limits)

    def answered(self, tell: Progress) -> Component:
        """The sweep; a first answer is shown on the way. Finished points are kept, so that a repeated question
        returns quickly.
        """
        wanted = self._replications
        if wanted > 2 * FIRST_ANSWER:
            few = (
                f"A first answer, from {FIRST_ANSWER} simulated trials a point. A better one follows, from {wanted:,}."
            )
            tell.first(_view(self._swept(FIRST_ANSWER, tell), few))
        return final_view(self._studio.visitor, sweep_content(self._swept(wanted, tell)), "sweep")

    def example(self, tell: Callable[[int, int], None], folder: Path) -> Component:
        """A sweep to begin with, of few simulated trials a point, whose finished points are kept in a folder."""
        note = (
            f"An example, from {FIRST_ANSWER} simulated trials a point. Choose what varies, and press Sweep: it "
            "simulates as many as you ask for."
        )
        return _view(self._swept(FIRST_ANSWER, tell, folder), note)

    def _swept(self, replications: int, tell: Callable[[int, int], None], kept: Path | None = None) -> Swept:
        return run_sweep(
            self._loaded,
            self._factors,
            self._design,
            self._points,
            typed=self._state.typed(),
            replications=replications,
            seed=self._seed,
            folder=kept or self._studio.visitor.folder / "parts",
            execution=Execution(self._studio.settings.workers, progress=tell),
        )


def _view(swept: Swept, note: str = "") -> Component:
    return report_view(sweep_content(swept), "sweep", note)
