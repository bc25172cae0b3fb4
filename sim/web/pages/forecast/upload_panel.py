"""Uploads of the Forecast page: files, and the role of each column.

Files go to the studio's folder for this visitor; the page and its address only have their hashes.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, html, no_update
from dash import State as DashState

from sim.errors import InputError
from sim.web.pages.forecast import observed_data
from sim.web.pages.forecast.data_panel import as_key, changed_by_panel, data_panel, shown_values
from sim.web.pages.forecast.observed_data import DataState
from sim.web.parts.components import file_place, problem_box

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.web.settings import Limits
    from sim.web.studio import Studio


def places(limits: Limits) -> Component:
    """Drop areas for files, and simulated data to try.

    Args:
        limits: limits of the studio.
    """
    most_bytes = limits.file_bytes
    return html.Div(
        [
            html.Div(
                [
                    _drop(
                        "forecast-upload",
                        "Data of the trial",
                        "An enrolment log, counts by day, week or month, or SDTM (DM, DS, SV): CSV, Excel or "
                        "Dataset-JSON.",
                        most_bytes,
                        multiple=True,
                    ),
                    _drop(
                        "forecast-sites",
                        "Table of sites (optional)",
                        "When each site was activated or closed, or is planned to be.",
                        most_bytes,
                    ),
                ],
                className="drops",
            ),
            html.Div(
                [
                    dmc.Button("Try it with simulated data", id="forecast-example", variant="light"),
                    dmc.Button("Take the data away", id="forecast-clear", variant="subtle", color="gray"),
                ],
                className="asking",
            ),
            dmc.Text(
                f"Files are kept on the studio's machine for {limits.kept_days:.0f} days after they were last used; "
                "anybody with the link can open them. 'Take the data away' deletes yours and all made from them.",
                size="sm",
                c="dimmed",
                my="xs",
            ),
            html.Div(id="forecast-wrong-file", role="status"),
        ]
    )


def _drop(id_: str, title: str, text: str, most_bytes: int, multiple: bool = False) -> Component:
    """A drop area for files."""
    words = [html.Strong(title), html.Span(text), html.Span("Drop it here, or press to choose.")]
    inside = html.Div(words, className="drop-text")
    looks = {"className": "drop", "className_active": "drop drop-over"}
    return file_place(inside, id_, most_bytes, "forecast-wrong-file", multiple=multiple, **looks)


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of the data: files, example and removal write to the store `forecast-data`, and every change of
    it draws `forecast-panel` again, whose choices write to it in turn.
    """

    @app.callback(
        Output("forecast-data", "data"),
        Output("forecast-wrong-file", "children"),
        Output("forecast-upload", "contents"),
        Output("forecast-sites", "contents"),
        Input("forecast-upload", "contents"),
        Input("forecast-sites", "contents"),
        Input("forecast-example", "n_clicks"),
        Input("forecast-clear", "n_clicks"),
        DashState("forecast-upload", "filename"),
        DashState("forecast-sites", "filename"),
        DashState("forecast-data", "data"),
        prevent_initial_call=True,
    )
    def take(
        contents: list[str] | None,
        sites: str | None,
        _: Any,
        __: Any,
        names: list[str] | None,
        site_name: str,
        data: str,
    ) -> tuple[Any, Any, None, None]:
        """Files that are brought; what is no table is said at once, and what was there stays."""
        try:
            before = DataState.of(data)
            if ctx.triggered_id == "forecast-clear":
                studio.take_away((*before.files, *([before.sites] if before.sites else [])))
                after = DataState()
            elif ctx.triggered_id == "forecast-example":
                after = observed_data.example(studio, before)
            elif ctx.triggered_id == "forecast-sites" and sites:
                after = observed_data.with_sites(studio, before, site_name, sites)
            elif contents:
                after = observed_data.with_data(studio, before, names or [], contents)
            else:
                return no_update, no_update, None, None
            return after.query(), None, None, None
        except InputError as error:
            return no_update, problem_box(error.problems, "This file cannot be read"), None, None

    @app.callback(Output("forecast-panel", "children"), Input("forecast-data", "data"), prevent_initial_call=True)
    def show(data: str) -> Any:
        """The panel follows the data."""
        return data_panel(studio, DataState.of(data))

    @app.callback(
        Output("forecast-data", "data", allow_duplicate=True),
        Input({"type": "forecast-role", "table": ALL, "role": ALL}, "value"),
        Input({"type": "forecast-how", "what": ALL}, "value"),
        Input({"type": "forecast-answer", "option": ALL, "subject": ALL}, "value"),
        DashState("forecast-data", "data"),
        prevent_initial_call=True,
    )
    def mapped(_: Any, __: Any, ___: Any, data: str) -> Any:
        """What a person said of the columns, the dates, or the day from which to go on."""
        if len(ctx.triggered) != 1:
            return no_update  # the panel was redrawn; nobody chose anything
        before = DataState.of(data)
        after = changed_by_panel(before, ctx.triggered_id, ctx.triggered[0]["value"] or "")
        shown = shown_values(data_panel(studio, before))
        for control in chain.from_iterable(ctx.inputs_list):  # a choice just before this one may have no answer yet
            key, value = as_key(control["id"]), control.get("value") or ""
            if control["id"] != ctx.triggered_id and shown.get(key, value) != value:
                after = changed_by_panel(after, control["id"], value)
        return no_update if after == before else after.query()
