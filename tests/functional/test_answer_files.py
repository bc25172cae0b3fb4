"""Every answer of the studio can be taken away: its report as one page, and its tables as a workbook."""

from __future__ import annotations

import io
import re
from datetime import datetime
from pathlib import Path

import plotly.graph_objects as go
import pytest
from flask import Flask, g
from openpyxl import load_workbook

from sim.report.exhibits import Exhibit, Table
from sim.report.plain_page import Card, PageSection, PlainPage
from sim.report.workbook import workbook
from sim.web.app import create_app
from sim.web.parts.answer_files import kept_answer
from sim.web.settings import Settings
from sim.web.visitors import COOKIE

WHO = "0" * 32
DATES = Table("Dates of each", ("plan", "P50", "odds", "change"), (("A", "2029-03-01", "0.75", "-58 (-66 to -51)"),))
FAN = Exhibit("fan", "Randomised: plan/fan", "It rises.", figure=go.Figure(go.Scatter(x=["2027-01-01"], y=[1.5])))
PAGE = PlainPage(
    "Compared", "Two plans", "A is earlier by 58 days.", "trialclock compare a b",
    cards=(Card("P50", "2029-03-01", "±3 d"),),
    tables=(DATES,),
    first=(FAN,),
    sections=(PageSection("more", "More", exhibits=(Exhibit("dates", "Dates of each", "=1+1", table=DATES),)),),
)  # fmt: skip


def test_a_workbook_has_a_sheet_for_each_table_and_numbers_and_dates_that_are_such() -> None:
    book = load_workbook(io.BytesIO(workbook(PAGE)))
    assert book.sheetnames == ["Answer", "Dates of each", "Dates of each 2"]
    assert book["Answer"]["A1"].value == PAGE.headline
    assert [cell.value for cell in book["Dates of each"][2]] == list(DATES.columns)
    assert [cell.value for cell in book["Dates of each"][3]] == ["A", datetime(2029, 3, 1), 0.75, "-58 (-66 to -51)"]
    assert workbook(PAGE) == workbook(PAGE)


def test_a_text_that_looks_like_a_formula_is_text() -> None:
    table = Table("t", ("=1+1",), (("=cmd()",),))
    book = load_workbook(io.BytesIO(workbook(PlainPage("t", "e", "=h", "c", tables=(table,)))))
    assert {cell.data_type for sheet in book for row in sheet for cell in row if cell.value} == {"s"}


@pytest.fixture
def studio_of(tmp_path: Path):
    app, studio = create_app(Settings(tmp_path / "results"))
    server: Flask = app.server
    with server.test_request_context("/"):
        g.visitor = WHO
        name = kept_answer(studio.visitor, PAGE)
    yield server, name
    studio.close()


def test_an_answer_is_downloaded_by_who_asked_for_it_and_by_nobody_else(studio_of: tuple[Flask, str]) -> None:
    server, name = studio_of
    mine, others = server.test_client(), server.test_client()
    mine.set_cookie(COOKIE, WHO)
    report = mine.get(f"/answers/{name}/report.html")
    assert PAGE.headline in re.sub(r"</?span[^>]*>", "", report.text)
    assert "Randomised: plan/fan" in report.text
    assert "default-src 'none'" in report.headers["Content-Security-Policy"]
    assert mine.get(f"/answers/{name}/tables.xlsx").data == workbook(PAGE)
    for client, digest in ((others, name), (mine, "0" * 32), (mine, "..")):
        assert client.get(f"/answers/{digest}/report.html").status_code == 404
