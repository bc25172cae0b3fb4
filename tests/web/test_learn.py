"""Lessons in the studio, as students and a teacher use them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from sim.lessons.catalogue import LESSONS
from sim.lessons.lesson import Lesson

SMALL = "lesson_trials=10"


def path_of(page: Any) -> str:
    """The address that the page shows, without the server."""
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}"


def ready(page: Any) -> None:
    """The question of the lesson is there."""
    expect(page.locator("#learn-asked")).to_contain_text("?")


def guess(page: Any, number: str) -> None:
    ready(page)
    page.locator("#learn-guess").fill(number)
    page.get_by_role("button", name="Show what happens").click()
    page.wait_for_selector("#learn-verdict [role=alert]")


def idle(page: Any) -> None:
    page.wait_for_selector("#learn-busy", state="hidden")


def test_the_first_page_of_lessons_lists_all_eight(visit: Callable[..., Any]) -> None:
    page = visit("/learn")
    assert page.locator(".lesson-card").count() == len(LESSONS) == 8
    page.get_by_role("link", name="Why arrivals clump").click()
    page.wait_for_selector("#learn-guess")
    assert page.get_by_role("heading", level=1).inner_text() == "Why arrivals clump"


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(one, marks=[pytest.mark.slow] if i else [], id=one.name) for i, one in enumerate(LESSONS)],
)
def test_every_lesson_opens_and_shows_after_a_guess(lesson: Lesson, visit: Callable[..., Any]) -> None:
    """Nothing is shown before the guess; then there are pictures with tables, reasons and a check."""
    page = visit(f"/learn?lesson={lesson.name}&{SMALL}")
    ready(page)
    assert page.locator("#learn-rest").is_hidden()
    guess(page, "7")
    page.wait_for_selector("#learn-pictures .js-plotly-plot .main-svg")
    assert page.locator("#learn-pictures .exhibit").count() == 2
    assert page.locator("#learn-pictures table").count() == 2
    assert page.locator("#learn-findings p").count() >= 4
    assert page.locator("#learn-check [type=radio]").count() >= 2


def test_lesson_three_from_guess_to_check(visit: Callable[..., Any]) -> None:
    """Guess, see, move a control and see again, choose; the address reopens what was set."""
    page = visit(f"/learn?lesson=3&{SMALL}")
    page.get_by_role("button", name="Show what happens").wait_for()
    guess(page, "50")
    verdict = page.locator("#learn-verdict").inner_text()
    assert "You said 50 of 100. The simulation says" in verdict
    assert "too high" in verdict
    before = page.locator("#learn-status").inner_text()
    page.get_by_role("textbox", name="The criterion to look at").click()
    page.get_by_role("option", name="no hiv", exact=True).click()
    expect(page.locator("#learn-status")).not_to_have_text(before, use_inner_text=True)
    expect(page.locator("#learn-status")).to_contain_text("Not yet")
    assert page.locator("#learn-verdict").inner_text() == verdict
    idle(page)
    page.locator("#learn-check [type=radio]").first.check()
    page.get_by_role("button", name="Check", exact=True).click()
    assert page.locator("#learn-checked [role=alert]").inner_text().startswith("Not so")
    assert "criterion=no_hiv" in page.url
    again = visit(path_of(page))
    guess(again, "9")
    assert "No hiv" in again.locator("#learn-status").inner_text()


@pytest.mark.slow
def test_a_picture_is_drawn_anew_for_paper_and_for_the_screen_again(visit: Callable[..., Any]) -> None:
    page = visit(f"/learn?lesson=clumps&{SMALL}")
    guess(page, "7")
    drawn = page.locator("#learn-pictures .js-plotly-plot .main-svg").first
    drawn.wait_for()
    expect(drawn).not_to_have_attribute("width", "700")  # before it knows how much room it has
    before = drawn.get_attribute("width")
    assert before != "680"
    page.get_by_role("button", name="Switch between dark and light").click()
    root = page.locator(":root")
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
    for event, width, scheme in (("beforeprint", "680", "light"), ("afterprint", before, "dark")):
        page.evaluate(f"window.dispatchEvent(new Event('{event}'))")
        expect(drawn).to_have_attribute("width", width)
        expect(root).to_have_attribute("data-mantine-color-scheme", scheme)


def test_a_guess_must_be_a_number(visit: Callable[..., Any]) -> None:
    page = visit(f"/learn?lesson=1&{SMALL}")
    ready(page)
    page.get_by_role("button", name="Show what happens").click()
    assert "Write a number first" in page.locator("#learn-verdict [role=alert]").inner_text()
    assert page.locator("#learn-rest").is_hidden()


def test_a_wrong_address_says_what_is_wrong(visit: Callable[..., Any]) -> None:
    page = visit("/learn?lesson=3&consent=7")
    assert "consent: must be at most 1 (got 7)" in page.locator("#page [role=alert]").inner_text()
    assert "did you mean 'funnel'" in visit("/learn?lesson=funel").locator("#page [role=alert]").inner_text()
    assert "no such page" in visit("/learn?read=../../etc/passwd").locator("#page [role=alert]").inner_text()


@pytest.mark.slow
def test_other_luck_is_other_numbers(visit: Callable[..., Any]) -> None:
    page = visit(f"/learn?lesson=1&{SMALL}")
    guess(page, "9")
    before = page.locator("#learn-findings").inner_text()
    page.get_by_role("button", name="Other luck").click()
    expect(page.locator("#learn-findings")).not_to_have_text(before, use_inner_text=True)
    assert "lesson_seed=20191002" in page.url


@pytest.mark.slow
def test_a_teacher_gives_parameters_and_takes_sheet_and_class(visit: Callable[..., Any], tmp_path: Path) -> None:
    """A wrong file gets the command line's message; a right one opens the lesson with its heading, for all who have
    the link; a list of students becomes scenarios, sheets and a key.
    """
    page = visit(f"/learn?lesson=3&{SMALL}")
    ready(page)
    page.get_by_text("For teachers", exact=True).click()
    give = page.locator("#learn-parameters input[type=file]")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("lesson: 3\nparameters: {consnt: 1}\n", encoding="utf-8")
    give.set_input_files(wrong)
    message = "wrong.yaml:2: parameters.consnt: unknown key; did you mean 'consent'?"
    expect(page.locator("#learn-given")).to_contain_text(message)
    right = tmp_path / "right.yaml"
    right.write_text(
        "lesson: 3\nheading: Class of week 3\nreplications: 10\nparameters: {criterion: meld}\n", encoding="utf-8"
    )
    give.set_input_files(right)
    page.get_by_role("link", name="lesson 3 with your settings").click()
    expect(page.locator(".lesson-above")).to_contain_text("Class of week 3")
    student = visit(path_of(page))
    ready(student)
    assert "Class of week 3" in student.inner_text(".lesson-above")

    ready(page)
    page.get_by_text("For teachers", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Sheet for students").click()
    sheet = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Class of week 3" in sheet
    assert "My guess" in sheet
    names = tmp_path / "names.csv"
    names.write_text("name\nAda\nBela\n", encoding="utf-8")
    with page.expect_download() as download:
        page.locator("#learn-students input[type=file]").set_input_files(names)
    archive = zipfile.ZipFile(Path(download.value.path()))
    assert sorted(archive.namelist()) == ["ada.html", "ada.yaml", "bela.html", "bela.yaml", "key.csv", "key.html"]
    rows = list(csv.DictReader(io.StringIO(archive.read("key.csv").decode())))
    assert {row["student"] for row in rows} == {"Ada", "Bela"}
    assert all("criterion=meld" in row["values"] for row in rows)


def test_a_class_joins_by_its_code_and_the_teacher_sees_the_guesses(visit: Callable[..., Any]) -> None:
    teacher = visit(f"/learn?lesson=clumps&{SMALL}")
    teacher.get_by_text("For teachers").click()
    teacher.get_by_role("button", name="Begin a class").click()
    code = teacher.locator(".class-code").inner_text()
    student = visit("/learn")
    student.get_by_label("Code of your class").fill(code)
    student.get_by_role("button", name="Join").click()
    student.get_by_text("You are in a class").wait_for()
    guess(student, "7")
    expect(student.locator("#learn-status")).to_contain_text("To do")
    expect(teacher.locator("#learn-class-now")).to_contain_text("1 student: 1 guessed")
    student.get_by_text("Watch one trial, day by day").click()
    student.frame_locator(".lesson-stage").locator(".stage.compact .stage-canvas").wait_for()
