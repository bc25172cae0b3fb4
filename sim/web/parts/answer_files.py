"""Answers to download: the report of each as one HTML file, and its tables as a workbook.

What an answer says is kept in the visitor's folder; the files are made of it when they are asked for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from dash import html
from flask import Response

from sim.experiment.files import write_whole
from sim.report.exhibits import Exhibit, Table
from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.workbook import workbook
from sim.web.keeping import ANSWERS
from sim.web.parts.report_view import report_view

if TYPE_CHECKING:
    from pathlib import Path

    from dash.development.base_component import Component
    from flask import Flask

    from sim.web.studio import Studio
    from sim.web.visitors import Visitor

_DIGEST = re.compile(r"[0-9a-f]{32}")
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def kept_answer(visitor: Visitor, page: PlainPage) -> str:
    """Keep what an answer says, in the visitor's folder.

    Args:
        visitor: whose answer it is.
        page: the answer.

    Returns:
        Its name, equal for equal answers.
    """
    text = json.dumps(_plain(page), ensure_ascii=False)
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    path = visitor.folder / ANSWERS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())
    return name


def files_of(visitor: Visitor, page: PlainPage, name: str) -> Component:
    """Links to the files of an answer.

    Args:
        visitor: whose answer it is.
        page: the answer.
        name: what the files are called, without ending.
    """
    digest = kept_answer(visitor, page)
    links = [
        html.Li(
            html.A(
                text,
                href=f"/answers/{digest}/{kind}",
                download=f"{name}-{kind}",
                title=f"{text}: one file, which opens without the studio",
            )
        )
        for text, kind in (("Report (HTML)", "report.html"), ("Workbook (Excel)", "tables.xlsx"))
    ]
    return html.Ul([html.Li("Download:"), *links], className="links downloads")


def final_view(visitor: Visitor, page: PlainPage, name: str, then: Component | None = None) -> Component:
    """A whole answer with its files to download.

    Args:
        visitor: whose answer it is.
        page: the answer.
        name: prefix of the ids of its parts, and of its files.
        then: links to continue from the answer.
    """
    files = files_of(visitor, page, name)
    return report_view(page, name, "", files if then is None else html.Div([files, then]))


def register(server: Flask, studio: Studio) -> None:
    """Add the addresses of the files, `/answers/<name>/report.html` and `/answers/<name>/tables.xlsx`.

    Only the visitor who asked has them; for all others they are 404. The report is served in a sandbox.
    """

    @server.get("/answers/<digest>/report.html")
    def answer_report(digest: str) -> Response:
        """The report of an answer of this visitor."""
        page = _read(studio.visitor.folder, digest)
        if page is None:
            return _nothing()
        return Response(render(page), mimetype="text/html", headers={"Content-Security-Policy": REPORT_POLICY})

    @server.get("/answers/<digest>/tables.xlsx")
    def answer_tables(digest: str) -> Response:
        """The tables of an answer of this visitor, as a workbook."""
        page = _read(studio.visitor.folder, digest)
        if page is None:
            return _nothing()
        return Response(workbook(page), mimetype=_XLSX, headers={"Content-Disposition": "attachment"})


def _nothing() -> Response:
    message = "This answer is not kept here, or was deleted after long disuse; ask its question again.\n"
    return Response(message, 404, mimetype="text/plain")


def _plain(value: Any) -> Any:
    """An answer as data for JSON."""
    if dataclasses.is_dataclass(value):
        return {found.name: _plain(getattr(value, found.name)) for found in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    from plotly.io import to_json

    return json.loads(to_json(value, engine="json"))


def _read(folder: Path, digest: str) -> PlainPage | None:
    path = folder / ANSWERS / f"{digest}.json"
    if not _DIGEST.fullmatch(digest) or not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    data["cards"] = tuple(Card(**{**card, "lines": tuple(card["lines"])}) for card in data["cards"])
    data["tables"] = tuple(_table(table) for table in data["tables"])
    data["first"] = tuple(_exhibit(exhibit) for exhibit in data["first"])
    data["sections"] = tuple(
        PageSection(
            **{
                **section,
                "lines": tuple(section["lines"]),
                "exhibits": tuple(_exhibit(exhibit) for exhibit in section["exhibits"]),
            }
        )
        for section in data["sections"]
    )
    return PlainPage(**{**data, "warnings": tuple(data["warnings"]), "lines": tuple(data["lines"])})


def _table(data: dict[str, Any]) -> Table:
    return Table(**{**data, "columns": tuple(data["columns"]), "rows": tuple(tuple(row) for row in data["rows"])})


def _exhibit(data: dict[str, Any]) -> Exhibit:
    import plotly.graph_objects as go

    figure = data["figure"]
    return Exhibit(
        **{
            **data,
            "figure": None if figure is None else go.Figure(figure, skip_invalid=True),
            "table": None if data["table"] is None else _table(data["table"]),
        }
    )
