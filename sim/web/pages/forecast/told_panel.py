"""What people know of recruitment and the data do not contain: closed periods, an announced end, openings to come.

They are kept in the address with the data, and reach the forecast as `sim.forecast.continued.told`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html, no_update
from dash import State as DashState

from sim.web.pages.forecast.observed_data import DataState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from sim.forecast.doubts import Doubt
    from sim.web.studio import Studio

FIELD = "forecast-told"


def told_panel(data: DataState) -> list[Component]:
    """The fields; none without data.

    Args:
        data: the data, with what was said of recruitment so far.
    """
    if not data.files:
        return []
    closed = dmc.Textarea(
        id={"type": FIELD, "what": "closed"},
        label="Recruitment was closed from..to",
        description="halts, holidays, a season; also to come; a line each",
        placeholder="2024-03-01..2024-04-15",
        value="\n".join(data.closed),
        debounce=True,
        autosize=True,
        minRows=1,
    )
    ends = dmc.DateInput(
        id={"type": FIELD, "what": "ends"},
        label="Announced last day of recruitment",
        value=data.ends or None,
        clearable=True,
        clearButtonProps={"aria-label": "Clear the announced last day"},
        placeholder="none",
        valueFormat="YYYY-MM-DD",
    )
    a_month = dmc.NumberInput(
        id={"type": FIELD, "what": "a_month"},
        label="Sites that open a month from now on",
        description="if their table does not plan them",
        placeholder="as of late",
        value=float(data.a_month) if data.a_month.replace(".", "", 1).isdecimal() else "",
        min=0,
        debounce=True,
    )
    return [html.Div([closed, ends, a_month], className="sides")]


def answers(doubts: Sequence[Doubt], data: DataState, others: Sequence[tuple[str, str]]) -> Component | None:
    """Links that answer what a forecast asks, and forecast with the answer.

    Args:
        doubts: the questions.
        data: the data of the forecast.
        others: what else was asked of it, as pairs of a query.

    Returns:
        None where it asks nothing.
    """
    lines = []
    for doubt in doubts:
        option, _, value = doubt.option.partition(" ")
        after = replace(data, closed=(*data.closed, value)) if option == "--closed" else replace(data, a_month=value)
        href = f"/forecast?{urlencode([*after.pairs(), *others, ('go', '1')])}"
        lines.append(
            html.P([f"{doubt.question[0].upper()}{doubt.question[1:]} ", dcc.Link("Yes: forecast so", href=href)])
        )
    return html.Div(lines, className="go-on") if lines else None


def with_told(data: DataState, what: str, value: Any) -> DataState:
    """The data state after a change of a field.

    Args:
        data: the state before.
        what: which field: `closed`, `ends` or `a_month`.
        value: what it contains; None or empty for nothing.
    """
    text = "" if value is None else str(value)
    if what == "closed":
        return replace(data, closed=tuple(line.strip() for line in text.splitlines() if line.strip()))
    return replace(data, ends=text) if what == "ends" else replace(data, a_month=text)


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of these fields, which write to the store `forecast-data`."""
    del studio

    @app.callback(
        Output("forecast-told", "children"),
        Input("forecast-data", "data"),
        DashState({"type": FIELD, "what": ALL}, "id"),
        prevent_initial_call=True,
    )
    def show(data: str, ids: list[dict[str, str]]) -> Any:
        """Fields come and go with the data; what is typed in them is never drawn over."""
        now = DataState.of(data)
        return no_update if bool(ids) == bool(now.files) else told_panel(now)

    @app.callback(
        Output("forecast-data", "data", allow_duplicate=True),
        Input({"type": FIELD, "what": ALL}, "value"),
        DashState({"type": FIELD, "what": ALL}, "id"),
        DashState("forecast-data", "data"),
        prevent_initial_call=True,
    )
    def told(values: list[Any], ids: list[dict[str, str]], data: str) -> Any:
        """All fields at once, since the next may be left before the last was heard of."""
        before = after = DataState.of(data)
        for id_, value in zip(ids, values, strict=True):
            after = with_told(after, id_["what"], value)
        return no_update if after == before else after.query()
