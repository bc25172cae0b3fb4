"""One page for a sponsor, a calendar and a project plan: opened by programs that read such files."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta
from pathlib import Path

import icalendar
import openpyxl
import pptx
import pytest
from PIL import Image

import sim
from sim.errors import UsageError
from sim.experiment.run.export import DOCUMENTS
from sim.experiment.run.results import Results
from sim.report.documents.chart import chart
from sim.report.documents.content import Content, content
from sim.report.documents.write import WRITERS, write_document

MS_PROJECT = {"p": "http://schemas.microsoft.com/project"}
PLAIN = {
    "name": "Plain <trial> & Co",
    "question": "When?",
    "trial": {
        "target": 6,
        "enrolment_opens": "2026-01-01",
        "planned": {"primary_completion": "2026-06-30"},
        "horizon_months": 24,
    },
    "arms": {"a": {}, "b": {}},
    "sites": {"s": {"count": 2, "referrals_per_month": {"uncertain": "lognormal", "median": 1.5, "sigma": 0.4}}},
    "follow_up": {"visit_weeks": [4], "primary_endpoint_week": 4},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return sim.run(PLAIN, replications=96, seed=1, out=tmp_path_factory.mktemp("run") / "plain", workers=1)


@pytest.fixture(scope="module")
def page(run: Results) -> Content:
    return content(run)


def test_the_page_says_what_the_report_says(run: Results, page: Content) -> None:
    milestones = run.milestones()
    for one in page.milestones:
        assert one.dates[50] == milestones.loc[one.key, "p50_date"]
        assert one.dates[80] == milestones.loc[one.key, "p80_date"]
    names = [one.key for one in page.milestones]
    assert "primary_completion" in names
    assert "last_dose" not in names
    by_key = {one.key: one for one in page.milestones}
    assert by_key["primary_completion"].planned == date(2026, 6, 30)
    costs = run.causes()
    assert costs is not None
    surely = costs[(costs["outcome"] == "last_visit") & (costs["lost_low"] > 0)]
    assert [one.label for one in page.drivers] == list(surely["label"][:6])


def test_bars_stand_in_the_order_of_their_dates(page: Content) -> None:
    for bar in chart(page).bars:
        places = [bar.start, *(place for place in (bar.middle, bar.safe) if place is not None), bar.end]
        assert places == sorted(places)
        assert 0 <= places[0] <= places[-1] <= 1


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_the_same_run_makes_the_same_bytes(ending: str, run: Results, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_document(run, tmp_path / f"{name}{ending}")
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()


def test_the_pdf_is_one_page_that_a_reader_draws(page: Content, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    file.write_bytes(WRITERS[".pdf"](page))
    if shutil.which("pdftotext") is None:
        assert not os.environ.get("CI"), "CI must install poppler-utils"
        pytest.skip("needs pdftotext")
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    assert text.count("\f") == 1
    assert "Plain <trial> & Co" in text
    assert str(page.milestones[-1].dates[50]) in text
    subprocess.run(["pdftoppm", "-png", "-r", "50", file, tmp_path / "page"], check=True)
    assert len(list(tmp_path.glob("page*.png"))) == 1


def test_letters_that_no_pdf_reader_has_are_refused(page: Content) -> None:
    with pytest.raises(UsageError, match="pptx"):
        WRITERS[".pdf"](dataclasses.replace(page, title="慢加急性肝衰竭"))


def test_the_slide_has_the_table_the_chart_and_the_sentence(page: Content) -> None:
    deck = pptx.Presentation(io.BytesIO(WRITERS[".pptx"](page)))
    assert len(deck.slides) == 1
    shapes = list(deck.slides[0].shapes)
    texts = " ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)
    assert page.title in texts
    assert page.sentence in texts
    (table,) = [shape.table for shape in shapes if shape.has_table]
    assert [table.cell(i + 1, 0).text for i in range(len(page.milestones))] == [one.name for one in page.milestones]
    charts = [shape.chart for shape in shapes if shape.has_chart]
    assert len(charts) == bool(page.drivers)


def test_the_calendar_has_an_entry_for_each_date(page: Content) -> None:
    calendar = icalendar.Calendar.from_ical(WRITERS[".ics"](page))
    entries = {str(entry["uid"]): entry for entry in calendar.walk("VEVENT")}
    expected = {f"{page.run}-{one.key}-p{q}@trialclock": one.dates[q] for one in page.milestones for q in (50, 80)}
    assert set(entries) == {uid for uid, day in expected.items() if day is not None}
    for uid, entry in entries.items():
        assert entry.decoded("dtstart") == expected[uid]


def test_the_project_has_a_milestone_on_each_date(page: Content) -> None:
    project = ET.fromstring(WRITERS[".xml"](page))
    tasks = project.findall("p:Tasks/p:Task", MS_PROJECT)
    found = {
        task.findtext("p:Name", namespaces=MS_PROJECT): task.findtext("p:Start", namespaces=MS_PROJECT)
        for task in tasks
        if task.findtext("p:Milestone", namespaces=MS_PROJECT) == "1"
    }
    expected = {f"{one.name} (P80)": f"{one.dates[80]}T08:00:00" for one in page.milestones if one.dates[80]}
    assert found == expected


def test_the_workbook_has_milestones_as_dates(run: Results, tmp_path: Path) -> None:
    sim.export([run], tmp_path / "runs.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "runs.xlsx")["milestones"]
    header, *rows = list(sheet.iter_rows())
    column = [cell.value for cell in header].index("p80_date")
    milestones = run.milestones()
    for row in rows:
        cell, expected = row[column], milestones.loc[row[1].value, "p80_date"]
        assert cell.value.date() == expected if expected is not None else cell.value == "never"
        assert cell.is_date == (expected is not None)
        assert cell.number_format == "yyyy-mm-dd"


def test_the_endings_of_documents_are_those_that_are_written() -> None:
    assert set(WRITERS) == set(DOCUMENTS)


def test_the_gantt_chart_as_a_png_has_the_bars_of_the_svg(page: Content, tmp_path: Path) -> None:
    """Each is pale from P10 on and white before, as wide as two pixels for a unit make it."""
    (tmp_path / "gantt.png").write_bytes(WRITERS[".png"](page))
    image = Image.open(tmp_path / "gantt.png").convert("RGB")
    assert image.width == 1800
    for i, bar in enumerate(chart(page).bars):
        y = 2 * (58 + 28 * i + 14 + 4)  # below the triangle
        if bar.end - bar.start > 0.01:
            inside, before = 2 * (240 + 630 * bar.start) + 5, 2 * (240 + 630 * bar.start) - 5
            assert image.getpixel((round(inside), y)) == (0xA9, 0xCF, 0xE4)
            assert image.getpixel((round(before), y))[2] > 0xE4  # type: ignore[index]
    assert WRITERS[".png"](page) == WRITERS[".png"](page)
    with pytest.raises(UsageError, match=r"a PNG cannot show these letters; write \.svg instead"):
        WRITERS[".png"](dataclasses.replace(page, title="慢加急性肝衰竭"))


def test_the_gantt_chart_is_a_picture_with_every_milestone(page: Content) -> None:
    """Read as XML, and its marks are where the dates are: bars between P10 and P90, on one scale."""
    svg = ET.fromstring(WRITERS[".svg"](page))
    space = {"s": "http://www.w3.org/2000/svg"}
    texts = [text.text for text in svg.iterfind("s:text", space)]
    found = chart(page)
    assert {bar.name for bar in found.bars} <= set(texts)
    assert "Plain <trial> & Co" in texts
    bars = svg.findall("s:rect", space)[1:]
    assert len(bars) == len(found.bars)
    for drawn, bar in zip(bars, found.bars, strict=True):
        assert float(drawn.get("x", "")) == pytest.approx(240 + 630 * bar.start, abs=0.1)
        assert float(drawn.get("width", "")) == pytest.approx(max(630 * (bar.end - bar.start), 1), abs=0.1)
    assert WRITERS[".svg"](page) == WRITERS[".svg"](page)


def test_whoever_reads_the_gantt_chart_by_its_axis_reads_the_dates_of_the_tables(run: Results, page: Content) -> None:
    """With a ruler, from the picture alone: days between two ticks, then the ends of each bar and its marks."""
    svg = ET.fromstring(WRITERS[".svg"](page))
    space = {"s": "http://www.w3.org/2000/svg"}
    texts = {text.text or "": text for text in svg.iterfind("s:text", space)}
    ticks = {}
    for label, text in texts.items():
        for form in ("%b %Y", "%Y"):
            with contextlib.suppress(ValueError):
                ticks[datetime.strptime(label, form).date()] = float(text.get("x", ""))
    first, last = min(ticks), max(ticks)
    per_day = (ticks[last] - ticks[first]) / (last - first).days
    shapes = [*svg.findall("s:rect", space)[1:], *svg.iterfind("s:polygon", space)]
    read: dict[str, set[date]] = {}
    names = {one.name: one.key for one in page.milestones}
    for name in names.keys() & texts.keys():
        line = float(texts[name].get("y", "")) - 4  # its base line is 4 below the middle of the row
        found = read.setdefault(names[name], set())
        for shape in shapes:
            x, y = _middle_and_ends(shape)
            if abs(y - line) <= 5 and shape.get("fill") != "#dfe5ea":
                found |= {first + timedelta(days=round((place - ticks[first]) / per_day)) for place in x}
    milestones = run.milestones()
    assert {"first_randomised", "primary_completion", "last_visit"} <= read.keys()
    for key, days in read.items():
        wanted = [milestones.loc[key, f"p{percentile}_date"] for percentile in (10, 50, 80, 90)]
        wanted += [date(2026, 6, 30)] if key == "primary_completion" else []
        for day in wanted:
            assert min(abs((day - one).days) for one in days) <= 1, (key, day, sorted(days))
        assert all(min(abs((day - one).days) for day in wanted) <= 1 for one in days), (key, wanted, sorted(days))


def _middle_and_ends(shape: ET.Element) -> tuple[list[float], float]:
    """Where a shape stands for days, across: both ends of a bar, the middle of a mark; and its middle, down."""
    if shape.tag.endswith("rect"):
        x, y, width, height = (float(shape.get(name, "")) for name in ("x", "y", "width", "height"))
        return [x, x + width], y + height / 2
    corners = [tuple(map(float, corner.split(","))) for corner in shape.get("points", "").split()]
    across, down = zip(*corners, strict=True)
    return [(min(across) + max(across)) / 2], (min(down) + max(down)) / 2
