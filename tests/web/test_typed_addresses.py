"""An address on paper is short enough to be typed, and opens the very lesson."""

from __future__ import annotations

import re
from pathlib import Path

from sim.lessons.session import session_from_query
from sim.lessons.teaching.sheet import address_in_studio
from sim.web.app import create_app
from sim.web.pages.lessons.teacher import _typed_at
from sim.web.settings import Settings
from sim.web.visitors import Visitors


def test_a_sheet_has_an_address_that_can_be_typed(tmp_path: Path) -> None:
    app, studio = create_app(Settings(tmp_path))
    session = session_from_query({"lesson": "funnel", "lesson_seed": "7", "criterion": "meld"})
    typed = _typed_at(studio, "http://studio.example:8050/learn?lesson=funnel")(session)
    assert re.fullmatch(r"http://studio\.example:8050/go/[a-hj-kmnp-z2-9]{6,8}", typed)
    path = typed.removeprefix("http://studio.example:8050")
    for written in (path, path.upper().replace("/GO/", "/go/")):
        answer = app.server.test_client().get(written)
        assert (answer.status_code, answer.headers["Location"]) == (303, address_in_studio(session))
    assert app.server.test_client().get("/go/nothing").status_code == 404
    studio.close()


def test_a_class_is_given_no_address_that_only_the_teacher_can_open(tmp_path: Path) -> None:
    _, studio = create_app(Settings(tmp_path, host="0.0.0.0", hosts=("studio.example",), token="known to us all"))
    typed = _typed_at(studio, "http://127.0.0.1:8050/learn?lesson=1")(session_from_query({"lesson": "1"}))
    assert typed.startswith("http://studio.example:8050/go/")
    assert "token" not in typed
    studio.close()


def test_the_same_address_has_the_same_code_and_another_has_another(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path)
    codes = [visitors.short(f"/learn?lesson_seed={i}") for i in range(50)]
    assert len(set(codes)) == 50
    assert codes == [visitors.short(f"/learn?lesson_seed={i}") for i in range(50)]
    longer = visitors.short("/learn?lesson_seed=0")
    (tmp_path / "links" / longer).write_text("taken by another")
    again = visitors.short("/learn?lesson_seed=0")
    assert again.startswith(longer)
    assert visitors.address(again) == "/learn?lesson_seed=0"
    for code in ("", "../files/x", "a" * 300, "0l1o"):
        assert visitors.address(code) is None
