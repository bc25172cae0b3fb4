"""How the dates, the odds and the cost change with a value, or with two or three.

The address names the scenario, `vary` once for each row, `design`, `points` and `replications`. Without `vary` the page
shows an example.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as DashState

from sim.errors import InputError, Problem, UsageError
from sim.experiment.sweep.points import DESIGNS, GRID, LATIN_HYPERCUBE
from sim.web.pages.sweep.question import POINTS_OPTION, Asked, points_of
from sim.web.pages.sweep.varying import (
    BEGIN_ID,
    PATH_ID,
    VALUES_ID,
    Row,
    RowError,
    Wrong,
    after_design,
    filled,
    first_row,
    how_written,
    row_controls,
    rows_of,
    said_at,
    said_of,
    summary,
    values_for,
)
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.examples import kept_example, known_example, register_example
from sim.web.parts.lever_controls import offered
from sim.web.parts.words.about import about
from sim.web.parts.work_bar import Progress, asked_by, asking, example_area, meanwhile
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/sweep", "Sweep"

SIZE = 200  # default number of simulated trials per point
_SIZES = (100, 200, 500, 1000, 2000)
_NAMES = {GRID: "Every combination", LATIN_HYPERCUBE: "Latin hypercube over ranges"}


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """What is varied, the design, the number of trials, and below them the answer."""
    state = State.of(query)
    loaded = studio.loaded(replace(state, replications=None))
    design = _design((query.get("design") or [GRID])[-1])
    texts = list(query.get("vary", ()))
    options = offered(loaded)
    rows = rows_of(texts, Row("", "") if texts else first_row(loaded, state.changes, design, options))
    points = (query.get("points") or [""])[-1]
    size = (state.replications if texts else None) or SIZE
    shown = None if texts else known_example(studio, replace(state, replications=None), "sweep", design)
    return html.Div(
        [
            page_title(
                "How does the answer change with a value?",
                "With one, or with two or three together. Every point has the same random numbers, "
                "so any difference comes from the values.",
            ),
            about(studio, state),
            html.Section(
                [
                    _varied([row_controls(i, row, loaded, design, options) for i, row in enumerate(rows)], rows),
                    asking("sweep", "Sweep", at_once=bool(texts), others=_choices(design, points, size)),
                ],
                className="box question",
                **{"aria-label": "The question"},
            ),
            dcc.Store(id="sweep-of", data=replace(state, replications=None).query()),
            dcc.Store(id="sweep-designed", data=design),
            html.Div(id="sweep-wrong"),
            example_area("sweep", shown, is_asked=bool(texts)),
        ]
    )


def _varied(controls: list[Component], rows: Sequence[Row]) -> Component:
    """The first row, and the others to open."""
    first, *others = controls
    more = html.Details(
        [html.Summary("Vary a second value with it, or a third"), html.Div(others, className="vary")],
        open=any(row.text for row in rows[1:]),
    )
    return html.Div([first, more], className="vary")


def _design(name: str) -> str:
    if name not in DESIGNS:
        raise UsageError(Problem(f"must be one of {', '.join(DESIGNS)}", "?design", value=name[:40]))
    return name


def _choices(design: str, points: str, size: int) -> tuple[Component, ...]:
    """Design, points of a Latin hypercube, and trials a point."""
    return (
        dmc.Select(
            id="sweep-design",
            label="Design",
            data=[{"value": name, "label": label} for name, label in _NAMES.items()],
            value=design,
            allowDeselect=False,
            w=250,
        ),
        html.Div(
            dmc.TextInput(
                id="sweep-points",
                label="Points",
                value=points,
                placeholder="ten per row",
                inputProps={"inputMode": "numeric"},
                autoComplete="off",
                w=110,
            ),
            id="sweep-points-box",
            hidden=design == GRID,
        ),
        dmc.Select(
            id="sweep-size",
            label="Simulated trials per point",
            data=[{"value": str(n), "label": f"{n:,}"} for n in sorted({*_SIZES, size})],
            value=str(size),
            allowDeselect=False,
            w=190,
        ),
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page.

    A chosen path fills in values to begin with; Sweep puts the rows into the address (`shell.QUERY`) and starts a job,
    which fills `sweep-answer`, or puts messages at the rows.
    """
    _register_rows(app, studio)
    paths, values = (DashState({"type": name, "n": ALL}, "value") for name in (PATH_ID, VALUES_ID))
    asked = (
        paths,
        values,
        DashState("sweep-design", "value"),
        DashState("sweep-points", "value"),
        DashState("sweep-size", "value"),
        DashState("sweep-of", "data"),
    )

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True), Input("sweep-run", "n_clicks"), *asked, prevent_initial_call=True
    )
    def keep(clicks: int | None, paths: Any, values: Any, design: str, points: str | None, size: str, of: str) -> Any:
        """What is varied becomes the address, once it is asked for."""
        if not clicks:
            return no_update  # the page was opened
        pairs = parse_qsl(of.removeprefix("?"), keep_blank_values=True)
        pairs += [("vary", row.text) for row in filled(paths, values) if row.text]
        pairs += [("design", design)] if design != GRID else []
        pairs += [("points", points)] if points and design != GRID else []
        return f"?{urlencode([*pairs, ('replications', size)])}"

    @long_callback(
        app,
        studio,
        Output("sweep-answer", "children"),
        Output("sweep-wrong", "children"),
        Output({"type": PATH_ID, "n": ALL}, "error"),
        Output({"type": VALUES_ID, "n": ALL}, "error"),
        Output("sweep-points", "error"),
        *asked_by("sweep"),
        *asked,
        **meanwhile("sweep"),
    )
    def swept(
        set_progress: Any,
        _: Any,
        __: Any,
        paths: Any,
        values: Any,
        design: str,
        points: str | None,
        size: str,
        of: str,
    ) -> tuple[Any, ...]:
        """A job: the sweep of the rows, or what is wrong, at its row."""
        try:
            wanted = points_of(points, design)
            asked = Asked(studio, State.of(of), filled(paths, values), design, wanted, int(size))
            return asked.answered(Progress("sweep", set_progress)), *_said(Wrong())
        except RowError as error:
            return None, *_said(error.wrong)
        except InputError as error:
            return None, *_said(Wrong(rest=error.problems))

    register_example(app, studio, "sweep", example, DashState("sweep-designed", "data"))


@kept_example("sweep", GRID)
def example(studio: Studio, state: State, folder: Path, tell: Callable[[int, int], None], design: str) -> Component:
    """A sweep to begin with, of what the page suggests to vary, by one of `DESIGNS`."""
    loaded = studio.loaded(state)
    row = first_row(loaded, state.changes, design, offered(loaded))
    return Asked(studio, state, [row], design, None, SIZE).example(tell, folder / "parts")


def _said(wrong: Wrong) -> tuple[Any, ...]:
    """Errors, beside the button and at the controls that caused them."""
    points = [str(problem) for problem in wrong.rest if problem.file == POINTS_OPTION]
    box = problem_box(summary(wrong), "This cannot be swept") if wrong.any else None
    return box, *said_at(wrong), "; ".join(points) or None


def _register_rows(app: Dash, studio: Studio) -> None:
    @app.callback(
        Output({"type": BEGIN_ID, "n": MATCH}, "data"),
        Output({"type": PATH_ID, "n": MATCH}, "description"),
        Input({"type": PATH_ID, "n": MATCH}, "value"),
        DashState({"type": VALUES_ID, "n": MATCH}, "value"),
        DashState("sweep-design", "value"),
        DashState("sweep-of", "data"),
        prevent_initial_call=True,
    )
    def chosen(path: str | None, before: str | None, design: str, of: str) -> tuple[dict[str, str], str]:
        """Values to begin with, when a path is chosen, and what stood there before."""
        if not path:
            return {"values": "", "before": before or ""}, "optional"
        loaded = studio.loaded(State.of(of))
        return {"values": values_for(loaded, path, design), "before": before or ""}, said_of(loaded, path)

    app.clientside_callback(
        ClientsideFunction("sweep", "begun"),
        Output({"type": VALUES_ID, "n": MATCH}, "value"),
        Input({"type": BEGIN_ID, "n": MATCH}, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output({"type": BEGIN_ID, "n": ALL}, "data", allow_duplicate=True),
        Output({"type": VALUES_ID, "n": ALL}, "description"),
        Output("sweep-points-box", "hidden"),
        Output("sweep-designed", "data"),
        Input("sweep-design", "value"),
        DashState({"type": PATH_ID, "n": ALL}, "value"),
        DashState({"type": VALUES_ID, "n": ALL}, "value"),
        DashState("sweep-designed", "data"),
        DashState("sweep-of", "data"),
        prevent_initial_call=True,
    )
    def designed(design: str, paths: Any, values: Any, before: str, of: str) -> tuple[Any, ...]:
        """Ranges instead of values, or the other way round, where a person wrote none."""
        rows = after_design(filled(paths, values), before, design, studio.loaded(State.of(of)))
        begin = [{"values": row, "before": before or ""} for row, before in zip(rows, values, strict=True)]
        return begin, [how_written(design)] * len(rows), design == GRID, design

    app.clientside_callback(
        ClientsideFunction("sweep", "typed"),
        Output({"type": PATH_ID, "n": MATCH}, "data"),
        Input({"type": PATH_ID, "n": MATCH}, "searchValue"),
        DashState({"type": PATH_ID, "n": MATCH}, "data"),
        DashState({"type": PATH_ID, "n": MATCH}, "value"),
        prevent_initial_call=True,
    )
