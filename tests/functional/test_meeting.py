"""The page to show in a meeting: a plan and a plan B on one sheet, and the same as PDF and slide."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g
from pptx import Presentation

from sim.analysis.intervals import Estimate
from sim.errors import InputError
from sim.experiment.execution import no_progress
from sim.report.documents.plan_b import worth_in_days
from sim.scenario.load import load, load_text
from sim.scenario.template import templates
from sim.web.app import create_app
from sim.web.pages.meeting.asked import asked_of
from sim.web.pages.meeting.sheet import sheet
from sim.web.parts.words.plans import plan_words
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.studio import Studio
from sim.web.visitors import COOKIE

WHO = "0" * 32
FASTER = "sites.heart_centre.referrals_per_month=16"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Estimate(-222.0, -253.0, -191.0), "222 days earlier, ± 31"),
        (Estimate(4.25, 3.0, 5.5), "4.2 days later, ± 1.2"),
        (Estimate(12.0, -8.0, 32.0), "12 days later, ± 20, which is no clear difference"),
        (Estimate(0.0, -0.02, 0.02), "no days earlier or later, ± 0.0"),
    ],
)
def test_days_are_told_with_half_the_width_of_their_interval(change: Estimate, said: str) -> None:
    assert worth_in_days(change) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (("sites.general_hospital.count=4",), "2 more general hospitals"),
        (("sites.general_hospital.count=1",), "1 general hospital fewer"),
        (
            (
                "sites.new_1={count: 2, opens: 2020-03-01, label: New General hospital, referrals_per_month: 1}",
                "screening.criteria.no_artificial_liver=off",
            ),
            "2 general hospitals open in March 2020; artificial liver allowed",
        ),
        (("trial.target=90",), "90 participants instead of 45"),
        ((), "Base"),
    ],
)
def test_a_plan_is_told_in_peoples_words(changes: tuple[str, ...], said: str) -> None:
    before, plan = load("base"), State(changes=changes)
    text = plan_words(before, plan, load("base", changes))
    assert text.endswith(said) if changes and "target" in changes[0] else text in (said, before.scenario.name)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Studio, State]]:
    app, studio = create_app(Settings(tmp_path_factory.mktemp("studio"), workers=1))
    text = templates()["device"].read_text()
    assert load_text(text).scenario.name == "Device pilot"
    state = State(file=studio.visitors.keep_text(text), replications=40, seed=3)
    with app.server.test_request_context("/"):
        g.visitor = WHO
        asked_of(studio, state, _other(state)).simulate(no_progress)
    yield app.server, studio, state
    studio.close()


def _other(state: State) -> str:
    return State(file=state.file, changes=(FASTER,), name="Two centres").query().removeprefix("?")


def test_the_sheet_names_the_trial_its_dates_and_what_plan_b_is_worth(shown: tuple[Flask, Studio, State]) -> None:
    server, studio, state = shown
    with server.test_request_context("/"):
        g.visitor = WHO
        asked = asked_of(studio, state, _other(state))
        made = str(sheet(asked.results(), asked.compared(), asked.query(), asked.what()))
        alone = str(sheet(asked.results(), None, "", ""))
    for text in ("Device pilot", "P50", "P80", "Two centres (", "days earlier, ±", "What costs days", "one-page.pdf"):
        assert text in made
    assert "Plan B" not in alone
    assert "name=Two+centres" in asked.query() or "name%3DTwo%2Bcentres" in asked.query()


@pytest.mark.parametrize("kind", ["pdf", "pptx"])
def test_the_documents_say_what_the_sheet_says(shown: tuple[Flask, Studio, State], kind: str) -> None:
    server, studio, state = shown
    with server.test_request_context("/"):
        g.visitor = WHO
        query = asked_of(studio, state, _other(state)).query()
    client = server.test_client()
    client.set_cookie(COOKIE, WHO)
    answer = client.get(f"/meeting/one-page.{kind}{query}")
    assert answer.status_code == 200
    assert f"device_pilot.{kind}" in answer.headers["Content-Disposition"]
    if kind == "pptx":
        (slide,) = Presentation(io.BytesIO(answer.data)).slides
        said = " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert "Plan B. Two centres (" in said
    else:
        assert answer.data.startswith(b"%PDF")
    assert server.test_client().get(f"/meeting/one-page.{kind}{query}").status_code == 404  # of another visitor


def test_plan_b_must_be_another_plan(shown: tuple[Flask, Studio, State]) -> None:
    _, studio, state = shown
    with pytest.raises(InputError, match="this plan"):
        asked_of(studio, state, state.query().removeprefix("?"))


def test_a_plan_that_is_not_simulated_is_not_written_down(tmp_path: Path) -> None:
    app, studio = create_app(Settings(tmp_path))
    answer = app.server.test_client().get("/meeting/one-page.pdf")
    studio.close()
    assert answer.status_code == 404
    assert "not simulated yet" in answer.text
