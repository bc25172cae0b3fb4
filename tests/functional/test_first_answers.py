"""First answers of the studio: the first simulated trials of the run that follows, and no more than were asked for."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import scenario_of

from sim.experiment.run.results import Results
from sim.experiment.run.start import run_in_folder
from sim.web.app import create_app
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.work import first_answers
from sim.web.work.first_answers import FirstAnswers, Question

SEED = 7


def seen(results: Results) -> tuple[int, list[float]]:
    """What is shown of results here: how many, and when each had its last participant."""
    return results.n_replications, results.replications["day_last_randomised"].tolist()


@pytest.fixture(scope="module")
def answering() -> Iterator[FirstAnswers]:
    """Both its processes have started: an answer of one alone is of fewer trials."""
    found = FirstAnswers(2, 4 * 2**30)
    found.open()
    deadline = time.monotonic() + 1800
    while found.n_idle < 2:
        assert time.monotonic() < deadline, "its processes do not start"
        time.sleep(0.05)
    yield found
    found.close()


def test_a_first_answer_is_the_beginning_of_the_run(answering: FirstAnswers, tmp_path: Any) -> None:
    scenario = scenario_of()
    n, days = answering.first_answer(Question(scenario, SEED, 5_000, "poisson", seen), "")
    whole = run_in_folder(scenario, replications=n, seed=SEED, out=tmp_path / "run")
    assert n == 18
    assert days == whole.replications["day_last_randomised"].tolist()


@pytest.mark.parametrize(
    ("target", "unfit_days", "sizes"),
    [(45, 3, (1000, 96)), (300, 3, (150, 15)), (3000, 3, (18, 12)), (45, {"dist": "exponential", "mean": 3}, (18, 12))],
)
def test_the_compiled_engine_gives_as_many_trials_as_it_has_time_for(
    monkeypatch: pytest.MonkeyPatch, target: int, unfit_days: Any, sizes: tuple[int, int]
) -> None:
    """For a lone visitor and for one of many; a scenario that it does not know has as many as on SimPy."""
    question = Question(
        scenario_of(trial={"target": target}, treatment={"unfit_days": unfit_days}), SEED, 5_000, "poisson", seen
    )
    assert (question.size(is_alone=True), question.size(is_alone=False)) == (18, 12)
    monkeypatch.setattr(first_answers, "is_likely", lambda: True)
    assert (question.size(is_alone=True), question.size(is_alone=False)) == sizes


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (10, 10), (11, 10)])
def test_it_has_no_more_trials_than_were_asked_for(answering: FirstAnswers, asked: int, given: int) -> None:
    assert answering.first_answer(Question(scenario_of(), SEED, asked, "poisson", seen), "")[0] == given


def test_an_answer_is_kept_for_who_asks_again_and_for_nobody_else(answering: FirstAnswers) -> None:
    scenario = scenario_of()
    question = Question(scenario, SEED, 20, "poisson", seen)
    one = answering.first_answer(question, "tab-one")
    assert answering.first_answer(question, "tab-two") is one
    other = answering.first_answer(replace(question, seed=SEED + 1), "tab-one")
    assert other[0] == one[0]
    assert other[1] != one[1]


def test_an_answer_that_was_begun_is_the_one_that_is_given(answering: FirstAnswers) -> None:
    question = Question(scenario_of(), SEED + 2, 20, "poisson", seen)
    answering.begin(question, "tab-one")
    answering.begin(question, "tab-one")
    answer = answering.first_answer(question, "tab-one")
    assert answer[0] == 18
    assert answering.first_answer(question, "tab-two") is answer


def test_a_question_of_many_at_once_is_answered_once(answering: FirstAnswers) -> None:
    question = Question(scenario_of(), SEED + 9, 20, "poisson", seen)
    with ThreadPoolExecutor(6) as visitors:
        answers = list(visitors.map(lambda tab: answering.first_answer(question, f"tab-{tab}"), range(6)))
    assert {id(answer) for answer in answers} == {id(answers[0])}


def test_one_that_was_begun_and_overtaken_is_still_given_to_who_asks_it(answering: FirstAnswers) -> None:
    """One tab begins three questions at once; the second waits for a process when it is overtaken, and is dropped."""
    asked = [Question(scenario_of(), SEED + 3 + i, 20, "poisson", seen) for i in range(3)]
    for question in asked:
        answering.begin(question, "tab-one")
    days = [answering.first_answer(question, "tab-two")[1] for question in asked]
    assert len({tuple(found) for found in days}) == len(asked)


def test_what_is_kept_grows_neither_with_moves_nor_with_tabs(answering: FirstAnswers) -> None:
    """Each move is another question of another tab; a server lives through thousands of both."""
    for i in range(first_answers._KEPT):  # each leaves an answer and its trials
        answering.first_answer(Question(scenario_of(), i, 1, "poisson", seen), f"tab-{i}")
    assert len(answering._kept) == first_answers._KEPT
    assert (answering._newest, answering._begun) == ({}, {})


def test_a_scenario_is_kept_once_whatever_its_seed_and_name(tmp_path: Path) -> None:
    _, studio = create_app(Settings(tmp_path))
    states = [
        State(seed=seed, name=name, until=until) for seed in (1, 2) for name in ("", "Mine") for until in ("", "x")
    ]
    assert len({id(studio.loaded(state)) for state in states}) == 1
    assert studio._loaded.cache_info().currsize == 1


def test_no_cache_of_the_studio_grows_without_end(tmp_path: Path) -> None:
    create_app(Settings(tmp_path))
    caches = [found for found in gc.get_objects() if type(found) is functools._lru_cache_wrapper]
    ours = [found for found in caches if str(found.__module__).startswith("sim.")]
    assert len(ours) > 10
    assert [found for found in ours if found.cache_parameters()["maxsize"] is None] == []
