"""The data of the Forecast page: what the command line asks is asked there, with a control, and answered there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sim.exchange.findings import QuestionError
from sim.exchange.upload import Upload, tables_of
from sim.web.pages.forecast.data_panel import _answers, _given, changed_by_panel
from sim.web.pages.forecast.observed_data import DataState, Files, known_trial, whole_trial

HEAD = "Subject,Screening date,Randomisation date,Status\n"


def _files(text: str) -> Files:
    uploads = (Upload("log.csv", text.encode()),)
    return Files(uploads, tables_of(uploads), None, None)


def _asked(text: str, data: DataState) -> list[dict[str, Any]]:
    with pytest.raises(QuestionError) as caught:
        whole_trial(_files(text), data)
    return [json.loads(json.dumps(control.to_plotly_json()["props"])) for control in _answers(caught.value.questions)]


@pytest.mark.parametrize(
    ("rows", "answers"),
    [
        (
            "1,2023-01-05,2023-01-09,On hold\n2,2023-01-06,,Lost in post\n",
            {"On hold": "randomised", "Lost in post": "ignored"},
        ),
        (
            "1,2023-01-05,2023-01-09,SF\n2,2023-01-06,2023-01-09,In screening\n",
            {"SF": "left", "In screening": "on study"},
        ),
    ],
)
def test_words_are_asked_about_one_by_one(rows: str, answers: dict[str, str]) -> None:
    data = DataState(files=("x",))
    controls = _asked(HEAD + rows, data)
    assert {control["id"]["subject"] for control in controls} == set(answers)
    for control in controls:
        data = changed_by_panel(data, control["id"], answers[control["id"]["subject"]])
    trial = whole_trial(_files(HEAD + rows), data)
    assert trial.n_randomised + len(trial.account.ignored) == 2
    assert DataState.of(dict.fromkeys(("say",), data.answers)).said().status == answers
    assert len(_given(data)) == 2
    first = controls[0]["id"]
    assert len(changed_by_panel(data, first, "").answers) == 1


def test_studies_and_columns_are_chosen() -> None:
    text = "Study,Subject,Enrolment date,Status\nS1,1,2023-01-05,Randomised\nS1,2,2023-01-06,SF\nS2,3,2023-01-07,SF\n"
    data = DataState(files=("x",))
    for value in ("S1", "date=Enrolment date,screened=Enrolment date"):
        (control,) = _asked(text, data)
        assert value in [choice["value"] for choice in control["data"]]
        data = changed_by_panel(data, control["id"], value)
    trial = whole_trial(_files(text), data)
    assert (trial.n_randomised, len(trial.people)) == (1, 2)


def test_where_the_data_end_is_chosen_as_the_day_to_go_on_from() -> None:
    days = "".join(f"{i},2023-0{1 + i // 4}-{1 + 7 * (i % 4):02d},\n" for i in range(20))
    files, data = _files(f"Subject,Randomised,Left on\n{days}99,2023-01-02,2024-03-01\n"), DataState(files=("x",))
    with pytest.raises(QuestionError) as caught:
        known_trial(files, data, 1_000)
    (control,) = _answers(caught.value.questions)
    data = changed_by_panel(data, control.to_plotly_json()["props"]["id"], "2023-05-22")
    assert data.as_of == "2023-05-22"
    assert known_trial(files, data, 1_000).n_randomised == 21
