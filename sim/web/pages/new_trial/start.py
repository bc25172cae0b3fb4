"""Where a new trial begins: from a template, from a record of the study, or from a file.

All three give a scenario as text, which `moves` then shows as controls.
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from sim.errors import InputError, Problem, UsageError
from sim.exchange.records.read import REGISTRY, USDM, read_study
from sim.exchange.records.scenario_text import scenario_text
from sim.plurals import counted
from sim.scenario.load import load
from sim.scenario.template import templates
from sim.web.parts.components import file_place, page_title, problem_box
from sim.web.parts.uploaded_text import ENDINGS, brought

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.web.studio import Studio

_MISSING = {"target": "how many participants are wanted", "opens": "when recruitment opens"}


def page(studio: Studio) -> Component:
    """Templates, and a place for a record."""
    return html.Div(
        [
            page_title(
                "A new trial",
                "Begin with the template that is most like it, or with what a registry says of it. All of it can be "
                "changed, without writing a file.",
            ),
            html.H2("From a template"),
            html.Div([_template(studio, *row) for row in _templates()], className="gallery"),
            html.H2("From a record of the study"),
            html.P(
                "A study of ClinicalTrials.gov (on its page: Download, JSON), a protocol in CDISC USDM version 4 "
                "(JSON), or a scenario file of trialclock (YAML). What a record does not say is asked, with a default "
                "that you change.",
                className="help",
            ),
            file_place(
                html.Div(
                    [html.Strong("Choose a file, or drop it here"), html.Span("JSON or YAML")], className="drop-text"
                ),
                "new-record",
                studio.settings.limits.file_bytes,
                "new-record-said",
                className="drop",
            ),
            html.Div(id="new-record-said", role="status"),
            html.Div(
                [
                    dmc.NumberInput(id="new-target", label="Participants wanted", min=1, allowDecimal=False, size="sm"),
                    dmc.DateInput(id="new-opens", label="Recruitment opens on", valueFormat="YYYY-MM-DD", size="sm"),
                    dmc.Button("Go on", id="new-go-on", size="sm"),
                ],
                id="new-missing",
                className="asking",
                hidden=True,
            ),
        ]
    )


@lru_cache(maxsize=1)
def _templates() -> tuple[tuple[str, str, str, str], ...]:
    """Of each template: its name, its question, its size in words, and its text."""
    found = []
    for path in templates().values():
        scenario = load(path).scenario
        n_sites = sum(group.count for group in scenario.sites.values())
        size = [
            counted(scenario.trial.target, "participant"),
            counted(len(scenario.arms), "arm"),
            counted(n_sites, "site"),
            *([f"{len(scenario.countries)} countries"] if scenario.countries else []),
        ]
        found.append((scenario.name, scenario.question, ", ".join(size), path.read_text(encoding="utf-8")))
    return tuple(found)


def _template(studio: Studio, name: str, question: str, size: str, text: str) -> Component:
    digest = studio.visitors.keep_text(text)
    ways = [
        html.Li(dcc.Link("Make it yours", href=f"/new?file={digest}", title=f"Make the template {name} yours")),
        html.Li(dcc.Link("Plan it as it is", href=f"/plan?file={digest}", title=f"Plan the template {name} as it is")),
    ]
    return html.Article(
        [html.H3(name), html.P(question), html.P(size, className="help"), html.Ul(ways, className="links")],
        className="box scenario",
    )


def text_from(contents: str, name: str, target: int | None, opens: date | None) -> str:
    """The scenario file that an uploaded file makes.

    Args:
        contents: data URL from the browser.
        name: name of the file.
        target: number of participants, if the planner gives it.
        opens: first day of recruitment, if the planner gives it.

    Raises:
        InputError: it is none of these kinds of file, or is malformed.
        ValueError: the record does not say how many participants, or when it opens; its text is the missing one.
    """
    if name.lower().endswith(ENDINGS):
        return brought(contents, name, "a scenario file")
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except binascii.Error:
        raise UsageError(Problem("did not arrive whole; try again", name[:80])) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.json"
        path.write_bytes(content)
        try:
            outline = read_study(
                path, USDM if b'"protocolSection"' not in content and b'"study"' in content else REGISTRY
            )
        except InputError as error:
            said = [Problem(found.message, name[:80], found.line, found.path, found.value) for found in error.problems]
            raise UsageError(said) from None
    return scenario_text(outline, name.rpartition(".")[0] or "New trial", target, opens)


def register(app: Dash, studio: Studio) -> None:
    """Add the callback that reads a record.

    The browser sends `new-record` (a data URL); the address of the new trial goes to `shell-url`, or a message to
    `new-record-said`. What a record does not say is asked with `new-missing`, and read with the same file at Go on.
    """

    @app.callback(
        Output("shell-url", "href"),
        Output("new-record-said", "children"),
        Output("new-missing", "hidden"),
        Input("new-record", "contents"),
        Input("new-go-on", "n_clicks"),
        State("new-record", "filename"),
        State("new-target", "value"),
        State("new-opens", "value"),
        prevent_initial_call=True,
    )
    def read(contents: str | None, _: int | None, name: str | None, target: Any, opens: str | None) -> Any:
        """A record becomes a trial, whose page opens; what is wrong, or missing, is said."""
        if contents is None:
            raise PreventUpdate
        wanted = target if isinstance(target, int) and target > 0 else None
        try:
            text = text_from(contents, name or "", wanted, date.fromisoformat(opens) if opens else None)
        except InputError as error:
            return no_update, problem_box(error.problems, "This file cannot be read"), True
        except ValueError as missing:
            return no_update, html.P(f"The record does not say {_MISSING[str(missing)]}. What is planned?"), False
        return f"/new?file={studio.visitors.keep_text(text)}", "", True
