"""A class takes a lesson together: it joins by a code, and its teacher sees guesses and who is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import g

from sim.analysis.intervals import Estimate
from sim.errors import InputError
from sim.lessons.lesson import Prediction, Task
from sim.lessons.teaching.class_figure import guesses_of_class
from sim.web.app import create_app
from sim.web.pages.lessons.animation import WATCHED
from sim.web.pages.lessons.class_view import class_page
from sim.web.pages.lessons.classes import (
    CHECKED,
    GUESSED,
    TRIED,
    address_of,
    begin,
    class_named,
    class_of,
    code_of,
    note,
)
from sim.web.pages.lessons.lesson import status
from sim.web.settings import Settings
from sim.web.studio import Studio

LESSON = "?lesson=clumps&lesson_trials=10"
TEACHER, ANN, BOB = ("0" * 32, "1" * 32, "2" * 32)
ASKED = Prediction("How many?", "days", Estimate(20.0, 19.0, 21.0), (17.0, 23.0), step=5.0)


@pytest.fixture
def as_visitor(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Calls a function of the studio as one visitor."""
    app, studio = create_app(Settings(tmp_path))

    def call(who: str, work: Callable[..., Any], *arguments: Any) -> Any:
        with app.server.test_request_context("/"):
            g.visitor = who
            return work(studio, *arguments)

    yield call
    studio.close()


def test_who_has_the_code_joins_and_what_each_did_is_seen_without_a_name(as_visitor: Callable[..., Any]) -> None:
    found = as_visitor(TEACHER, begin, LESSON)
    code = as_visitor(TEACHER, code_of, found)
    address = as_visitor(ANN, address_of, f" {code.upper()} ")
    query = address.partition("?")[2]
    as_visitor(ANN, note, query, GUESSED, 12.0)
    as_visitor(BOB, note, query, GUESSED, 30.0)
    as_visitor(ANN, note, query, GUESSED, 19.0)  # after the answer was seen: the first guess counts
    as_visitor(ANN, note, query, TRIED)
    as_visitor(ANN, note, query, CHECKED, False)
    as_visitor(ANN, note, query, CHECKED, True)
    assert found.students() == [{GUESSED: 12.0, TRIED: True, CHECKED: True}, {GUESSED: 30.0}]


def test_nothing_is_written_down_outside_of_a_class(as_visitor: Callable[..., Any]) -> None:
    as_visitor(ANN, note, LESSON, GUESSED, 12.0)
    assert as_visitor(ANN, class_of, LESSON) is None
    assert as_visitor(ANN, class_of, f"{LESSON}&class=../../etc") is None
    assert as_visitor(ANN, address_of, "nocode") is None


def test_only_who_began_a_class_may_look_at_it(as_visitor: Callable[..., Any]) -> None:
    found = as_visitor(TEACHER, begin, LESSON)
    name = found.path.stem

    def page(studio: Studio) -> str:
        return str(class_page(studio, name))

    shown = as_visitor(TEACHER, page)
    assert as_visitor(TEACHER, code_of, found) in shown
    assert "Nobody has guessed yet." in shown
    with pytest.raises(InputError, match="began"):
        as_visitor(ANN, page)
    with pytest.raises(InputError, match="no such class"):
        as_visitor(TEACHER, class_named, "0" * 16)


def test_the_guesses_are_a_histogram_beside_what_is_simulated() -> None:
    made = guesses_of_class(ASKED, [5.0, 10.0, 12.0, 20.0, 40.0])
    (bars,) = made.figure.data
    assert sum(bars.y) == 5
    assert "1 of 5 came close" in made.summary
    assert sum(int(row[1]) for row in made.table.rows) == 5
    assert guesses_of_class(ASKED, []).figure is None
    (bars,) = guesses_of_class(ASKED, [5.0, 5.0 + ASKED.step]).figure.data
    assert list(bars.x) == [5.0, 5.0 + ASKED.step], "a bar stands at the number that was guessed"


def test_a_task_is_to_do_until_something_was_tried_and_it_is_met() -> None:
    class Met:
        task = Task("Reach 20 days.", "It is 20 days.", is_met=True)

    class Unmet:
        task = Task("Reach 20 days.", "It is 30 days.", is_met=False)

    said = {(kind, tried): status(kind, tried).children[0].children for kind in (Met, Unmet) for tried in (True, False)}
    assert said == {
        (Met, True): "Done: ", (Met, False): "To do. Now: ", (Unmet, True): "Not yet: ", (Unmet, False): "To do. Now: ",
    }  # fmt: skip


@pytest.mark.parametrize("name", WATCHED[:1])
def test_a_lesson_shows_one_trial_in_a_frame_of_this_studio_and_of_no_other(tmp_path: Path, name: str) -> None:
    app, studio = create_app(Settings(tmp_path))
    answer = app.server.test_client().get(f"/learn/one-trial.html?lesson={name}")
    plain = app.server.test_client().get("/learn")
    studio.close()
    assert answer.status_code == 200
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert plain.headers["X-Frame-Options"] == "DENY"
