"""Nobody is randomised in a trial of one arm: people are enrolled, wherever a person reads of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from command_line import call
from conftest import POISSON
from flask import g
from plotly.io.json import to_json_plotly
from texts_of_files import texts_of

import sim
from sim.api.one_trial import stage_of
from sim.report.one_trial.page import headline, stands_for
from sim.report.reworded import reworded
from sim.scenario.entry import wording
from sim.scenario.load import scenario_from_mapping
from sim.scenario.template import templates
from sim.web.app import create_app
from sim.web.pages import PAGES
from sim.web.pages.meeting.sheet import sheet
from sim.web.pages.run.view import dates_of, figures_of
from sim.web.parts.scenario_choice import gallery
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.studio import Studio

# Every rule that counts those who got in: caps, looks, amendments, risks, drift, sentinels, the board, events, stock.
FULL: dict[str, Any] = {
    "name": "Drug in one arm",
    "question": "Is the last patient randomised in time?",
    "trial": {"target": 12, "enrolment_opens": "2027-02-01", "horizon_months": 36, "replace": "not_evaluable",
              "overrun": "randomise", "planned": {"recruitment": "2027-12-31"}},
    "arms": {"drug": {"doses": {"weeks": [0, 4], "amount": 10, "unit": "mg"}}},
    "site_defaults": {"between_site_cv": 0.3, "coordinators": 1},
    "sites": {"north": {"count": 3, "country": "DE", "referrals_per_month":
                        {"uncertain": "lognormal", "median": 3, "sigma": 0.3}},
              "south": {"count": 2, "country": "FR", "referrals_per_month": 2}},
    "caps": {"of_south": {"groups": "south", "randomised": 6}, "in_work": {"in_screening": 12}},
    "amendments": {"more_consent": {"at_month": 4, "if_fewer_than": 8, "consent": 0.9},
                   "later": {"at_randomised": 9, "referrals_times": 1.2}},
    "interims": {"futility": {"at_randomised": 6, "followed_weeks": 2, "takes_days": 7,
                              "recruitment": "pauses_when_randomised", "stop": 0.1}},
    "risks": {"new_file": {"probability": 0.2, "days": 30, "delays": "recruitment", "from": "2027-06-01"}},
    "drift": {"common": 0.05},
    "screening": {"consent": 0.8, "failure": 0.2, "days": {"dist": "triangular", "low": 3, "mode": 7, "high": 14},
                  "window_days": 60, "deteriorates_per_day": 0.001},
    "treatment": {"first_dose_delay_days": 1},
    "follow_up": {"visit_weeks": [4, 8, 12], "primary_endpoint_week": 12, "leaving": {"event": {4: 0.2, 12: 0.5}},
                  "primary_completion": {"events": 4, "of": "event"}, "database_lock_days": 20},
    "oversight": {"sentinels": {"participants": 2, "days_between": 3, "arm": "drug"},
                  "board_review": {"after_treated": 4, "observed_days": 7, "takes_days": 7}},
    "costs": {"currency": "EUR", "site_month": 100, "screening": 50, "central_month": 1000, "participant_visit": 20},
}  # fmt: skip
OPTIONS: dict[str, Any] = {
    "name": "Ways",
    "currency": "EUR",
    "levers": {"target": {"label": "Size", "path": "trial.target", "values": [10, 12]}},
}
DATA = "Subject,Site,Randomised\n" + "".join(f"{i},{'ab'[i % 2]},2027-0{2 + i // 3}-1{i}\n" for i in range(9))


def _hits(texts: Iterator[str]) -> set[str]:
    """Texts with a word of randomising that is neither quoted, nor part of a longer name, nor the planner's own."""
    found = set()
    for text in texts:
        bare = (word.strip('.,;:!?()[]*"') for word in text.replace(FULL["question"], "").split())
        if any(re.fullmatch(r"[Rr]andomi[a-z]*", word) for word in bare):
            found.add(text.strip()[:200])
    return found - {"randomise"}  # the value of `overrun`, in a cell of its own


def _of_json(value: Any) -> Iterator[str]:
    """Texts among the values, with more than one word: others are words for programs, as keys are."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _of_json(item)
    elif isinstance(value, list):
        for item in value:
            yield from _of_json(item)
    elif isinstance(value, str) and " " in value:
        yield value


def _texts(path: Path) -> Iterator[str]:
    """As `texts_of`, with data for programs read as such, and the texts of documents."""
    if path.suffix == ".pptx":
        with zipfile.ZipFile(path) as whole:
            yield from (re.sub(r"<[^>]+>", "\n", whole.read(name).decode()) for name in whole.namelist()
                        if name.endswith(".xml"))  # fmt: skip
    elif path.suffix == ".pdf":
        yield subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    elif path.suffix == ".json":
        yield from _of_json(json.loads(path.read_text(encoding="utf-8")))
    else:
        for text in texts_of(path):
            if text.startswith('{"') and path.suffix == ".html":
                yield from _of_json(json.loads(text))
            else:
                yield text


def _answers(folder: Path, file: Path) -> None:
    """Every answer about a trial, and what is printed, beside them."""
    data, options, other = folder / "log.csv", folder / "options.yaml", folder / "other.yaml"
    data.write_text(DATA, encoding="utf-8")
    options.write_text(yaml.safe_dump(OPTIONS), encoding="utf-8")
    shutil.copy(file, other)
    one = ("-w", 1)
    commands: dict[str, tuple[object, ...]] = {
        "run": ("run", file, "-n", 100, "--play", *one),
        "compare": ("compare", file, other, "--set", "2:trial.target=10", "-n", 40, *one),
        "sweep": ("sweep", file, "--vary", "trial.target=10,12", "-n", 40, *one),
        "explain": ("explain", file, "-n", 96, *one),
        "plan": ("plan", file, "--options", options, "--by", "2029-06-30", "-n", 960, *one),
        "forecast": ("forecast", file, "--observed", data, "-n", 40, *one),
    }
    for name, arguments in commands.items():
        outcome = call(*arguments, "--out", folder / name)
        assert outcome.code == 0, outcome
        (folder / f"{name}.txt").write_text(outcome.out, encoding="utf-8")
    for name, arguments in {
        "trace": ("trace", file),
        "play": ("play", file, "-k", 0, "--out", folder / "p.html"),
    }.items():
        (folder / f"{name}.txt").write_text(call(*arguments).out, encoding="utf-8")
    for name in ("tables.xlsx", "page.pdf", "page.pptx", "page.ics", "page.xml", "page.svg"):
        outcome = call("results", folder / "run", "--export", folder / name)
        assert outcome.code == 0, outcome


@pytest.mark.parametrize("trial", ["full", pytest.param("device", marks=pytest.mark.slow)])
def test_no_answer_about_a_trial_of_one_arm_speaks_of_randomising(trial: str, tmp_path: Path) -> None:
    file = tmp_path / "trial.yaml"
    file.write_text(yaml.safe_dump(FULL) if trial == "full" else templates()["device"].read_text(), encoding="utf-8")
    _answers(tmp_path, file)
    if shutil.which("pdftotext") is None:
        (tmp_path / "page.pdf").unlink()
    raw = ("run.json", "manifest.json", "study.json", "scenario.json", "options.yaml", "trial.yaml", "log.csv")
    kinds = (".txt", ".json", ".html", ".xlsx", ".svg", ".pdf", ".pptx", ".ics", ".xml")
    files = [path for path in sorted(tmp_path.rglob("*")) if path.suffix in kinds and path.name not in raw]
    assert {path.suffix for path in files} >= {*kinds} - {".pdf"}
    hits = {str(path.relative_to(tmp_path)): _hits(_texts(path)) for path in files}
    assert {name: found for name, found in hits.items() if found} == {}
    assert "enrolled" in (tmp_path / "run.txt").read_text()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    app, studio = create_app(Settings(tmp_path_factory.mktemp("studio"), workers=1))
    with app.server.test_request_context("/"):
        g.visitor = "0" * 32
        yield studio
    studio.close()


def test_no_page_of_the_studio_does_about_such_a_trial(studio: Studio) -> None:
    """As pages open, with every lever, and as they answer."""
    state = State(file=studio.visitors.keep_text(yaml.safe_dump(FULL)), changes=("trial.target=11",))
    query = parse_qs(state.query().removeprefix("?"))
    general = ("lessons", "new_trial")  # which say what keys mean, in a trial to which arms are still added
    pages = {name: import_module(f"sim.web.pages.{name}") for name in PAGES if name not in general}
    shown: dict[str, Any] = {name: page.layout(studio, query) for name, page in pages.items()}
    results = sim.run(studio.loaded(state).scenario, replications=100, workers=1, out=studio.visitor.folder / "run")
    shown |= {"dates": [*dates_of(results).values()], "figures": figures_of(results)}
    shown["sheet"] = sheet(results, None, "", "")
    stage = stage_of(results.design, 1, 0)
    shown["trial"] = [headline(stage), stands_for(stage, None), *_of_json(stage.document()), *stage.document()["words"]]
    others = {question for _, _, question, *_ in gallery()}  # of the scenarios to choose from
    found = {name: _of_json(json.loads(to_json_plotly(page))) for name, page in shown.items()}
    hits = {
        name: _hits(text for text in texts if "\narms:" not in text) - others  # the scenario's file, to edit
        for name, texts in found.items()
    }
    assert {name: found for name, found in hits.items() if found} == {}


def test_what_is_quoted_and_the_planners_own_words_stay() -> None:
    data = {"name": "Not randomised at all", "arms": {"A": {}}, "question": ""}
    say = wording(scenario_from_mapping(POISSON | data))
    assert say("Randomisation pauses after a randomisation; 3 of them are randomised.") == (
        "Enrolment pauses after an enrolment; 3 of them are enrolled."
    )
    for kept in (
        "'Randomised' is a column, and `randomised` a key",
        "--set trial.overrun=randomise, last_randomised.p50<7d, caps.north.randomised",
        "write caps: {north: {groups: north, randomised: 30}}",
        "Not randomised at all: a plan",
    ):
        assert say(kept) == kept


def test_a_trial_of_several_arms_and_a_comparison_with_one_randomise() -> None:
    one, two = (scenario_from_mapping(POISSON | {"arms": arms}) for arms in ({"A": {}}, {"A": {}, "B": {}}))
    text = "the last participant randomised"
    assert wording(one)(text) == "the last participant enrolled"
    assert wording(two)(text) == wording(one, two)(text) == wording()(text) == text
    assert reworded({"randomised": [text, ("a randomised one", 3.0)]}, one) == {
        "randomised": ["the last participant enrolled", ("an enrolled one", 3.0)]
    }
