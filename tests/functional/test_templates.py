"""Templates: short, complete, and told in the words of their own trial."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import call

import sim
from sim.scenario.load import load_scenario
from sim.scenario.template import renamed, templates

OF_CELLS = re.compile(r"\b(ACLF|cells?|lots?|infus\w+|bays?|doses?|sentinels?|liver|bank)\b", re.IGNORECASE)
OTHERS = sorted(set(templates()) - {"cell-therapy"})


def test_there_are_templates_of_unlike_trials() -> None:
    assert {"cell-therapy", "device", "drug", "oncology", "platform", "vaccine"} <= set(templates())


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_template_is_short_complete_and_graded(name: str) -> None:
    text = templates()[name].read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    scenario = load_scenario(templates()[name])
    sections = scenario.model_fields_set - {"name", "question", "sources", "bibliography", "experiment"}
    assert sections == {path.split(".")[0] for path in scenario.sources}


@pytest.mark.parametrize("name", OTHERS)
def test_no_report_of_a_template_speaks_of_what_its_trial_lacks(name: str, tmp_path: Path) -> None:
    smaller = ["trial.target=12"] if name == "vaccine" else []
    scenario = load_scenario(templates()[name], smaller)
    run = sim.run(scenario, replications=3, seed=1, workers=1, out=tmp_path / "run")
    page = (run.path / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    words = [*sim.sentences(run), text]
    found = {match.group(0) for line in words for match in OF_CELLS.finditer(line)}
    assert not found


def test_new_writes_a_template_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert call("new", path, "--template", "device").code == 0
    assert load_scenario(path).name == "mine"
    assert call("validate", path).code == 0


def test_an_unknown_template_names_the_nearest(tmp_path: Path) -> None:
    outcome = call("new", tmp_path / "mine", "--template", "devise")
    assert outcome.code == 2
    assert "did you mean 'device'?" in outcome.err


def test_a_start_is_one_of_four(tmp_path: Path) -> None:
    outcome = call("new", tmp_path / "mine", "--template", "device", "--from", "base")
    assert outcome.code == 2
    assert "give one of" in outcome.err


def test_only_the_name_is_another() -> None:
    text = 'name: One\nquestion: "name: not this"\n'
    assert renamed(text, "it's") == 'name: "it\'s"\nquestion: "name: not this"\n'
