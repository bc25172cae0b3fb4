"""Dates and numbers with their units stay on one line, in pages of the studio and in reports."""

from __future__ import annotations

import json
from typing import Any

import dash_mantine_components as dmc
import pytest
from dash import Input, Output, dcc, html
from plotly.utils import PlotlyJSONEncoder

from sim.report.html import WHOLE, environment
from sim.web.parts.line_ends import UnbrokenDash, kept_whole, unbroken


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("by 2021-10-01, in 33 % (16 to 56 %) of them", ["2021-10-01", "33 %", "16 to 56 %"]),
        ("2021-09-02 (-219/+274 d), -328 d/never, -35/+? d", ["2021-09-02", "-219/+274 d", "-328 d/never", "-35/+? d"]),
        ("799 ±283 days, -1,103 days, ± 31", ["799 ±283 days", "-1,103 days", "± 31"]),
        ("USD 228,837; 16 to 60 years; 1 day; 2.5 months", ["USD 228,837", "16 to 60 years", "1 day", "2.5 months"]),
        ("45 participants of 1,000; NCT03863002", []),
    ],
)  # fmt: skip
def test_what_does_not_break(text: str, whole: list[str]) -> None:
    assert [found.group() for found in WHOLE.finditer(text)] == whole
    parts = unbroken(text)
    assert [part.children for part in parts if not isinstance(part, str)] == whole
    assert "".join(part if isinstance(part, str) else part.children for part in parts) == text


def _whole(part: Any) -> list[str]:
    """What does not break in the JSON of a component."""
    if isinstance(part, list):
        return [text for each in part for text in _whole(each)]
    if not isinstance(part, dict):
        return []
    props = part["props"]
    own = [props["children"]] if props.get("className") == "whole" else []
    return own + [text for name in ("label", "children") for text in _whole(props.get(name))]


def _json(part: Any) -> Any:
    return json.loads(json.dumps(part, cls=PlotlyJSONEncoder))


def test_all_words_of_a_page_are_kept_whole_and_no_text_that_must_be_one() -> None:
    page = html.Div(
        [
            html.P("in 5 % of them"),
            dmc.Text(["at ", html.B("2021-10-01"), " or 6 % later"]),
            dcc.Link("7 days earlier", href="/plan"),
            dmc.Switch(label="until 8 days later"),
            html.Pre(html.Code("2021-10-02")),
            html.Option("9 %"),
            dcc.Markdown("10 %"),
        ]
    )
    before = _json(page)
    assert _whole(_json(kept_whole((page, "11 %"))[0])) == ["5 %", "2021-10-01", "6 %", "7 days", "8 days"]
    after = _json(page)
    assert _json(kept_whole(page)) == after, "a second time changes nothing"
    of_json = kept_whole({"answer": before})["answer"]
    assert _whole(_json(of_json)) == ["5 %", "2021-10-01", "6 %", "7 days"], "as an example is kept"


def test_an_app_keeps_whole_what_its_callbacks_answer() -> None:
    app = UnbrokenDash(__name__)
    app.layout = html.Div()

    @app.callback(Output("a", "children"), Input("b", "data"))
    def say(said: str) -> Any:
        return html.P(said)

    question = {
        "output": "a.children",
        "outputs": {"id": "a", "property": "children"},
        "inputs": [{"id": "b", "property": "data", "value": "on 2021-10-01"}],
        "changedPropIds": ["b.data"],
    }
    answer = app.server.test_client().post("/_dash-update-component", json=question)
    assert _whole(answer.json["response"]["a"]["children"]) == ["2021-10-01"]


def test_a_report_keeps_them_whole_too() -> None:
    said = environment().from_string("{{ text|unbroken }}").render(text="<b> in 5 %, by 2021-10-01")
    assert said == '&lt;b&gt; in <span class="whole">5 %</span>, by <span class="whole">2021-10-01</span>'
