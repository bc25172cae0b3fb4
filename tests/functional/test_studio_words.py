"""The studio speaks people's words: no paths and no options of the command line in what it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from conftest import ROOT

from sim.errors import Problem, UsageError
from sim.experiment.run.catalogue import FINISHED, Entry
from sim.forecast.doubts import Doubt
from sim.report.forecast.trust import doubt_sentences
from sim.scenario.described import described
from sim.scenario.layers import library_names
from sim.scenario.load import load
from sim.scenario.schema import Scenario
from sim.web.app import create_app
from sim.web.pages.new_trial.shapes import meaning_of
from sim.web.pages.runs import _said
from sim.web.parts import notices, scenario_choice
from sim.web.parts.components import problem_box
from sim.web.parts.lever_controls import value_control
from sim.web.parts.levers import levers
from sim.web.parts.scenario_choice import scenario_options
from sim.web.parts.words.changes import change_sentences
from sim.web.parts.words.studio import in_studio, source_in_studio
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.work.jobs import MESSAGE

_PATH = re.compile(r"\w\.\w*[a-z_]|\w_\w")  # a dotted path, or a name with an underscore


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("sites.general_hospital.count=4", "General hospital, number of sites: 4, was 2"),
        ("screening.criteria.no_artificial_liver=off", "Artificial liver allowed"),
        ("screening.criteria.meld.max=35", "Criterion “MELD (I3)”: at most 35, was 30"),
        (
            "sites.new_1={count: 2, opens: 2020-03-01, label: New General hospital, referrals_per_month: 3}",
            "2 general hospitals open in March 2020",
        ),
        ("sites.general_hospital.opens=2020-03-01", "General hospital, open from: 2020-03-01"),
        ("treatment.weekdays_only=false", "Doses on weekdays only: no, was yes"),
        ("cells.stock.start_cells=2e9", "Cells in the bank on day 0: 2,000,000,000, was 400,000,000"),
        ("patients.attributes.meld.sd=3", "MELD, sd: 3"),
        ("trial.target=1200", "Participants to randomise: 1,200, was 45"),
        (
            "screening.days={dist: triangular, low: 1, mode: 2, high: 4}",
            "Screening, time that screening takes: about 2",
        ),
        ("randomisation.stratify_by=[sex, ascites]", "Randomisation, stratify by: as written in the file"),
        ("site_defaults.coordinators=null", "Coordinators at a site: not set, was 2"),
    ],
)
def test_a_change_is_a_sentence(change: str, sentence: str) -> None:
    assert change_sentences(load("base"), [change]) == [sentence]


@pytest.mark.parametrize("name", library_names())
def test_every_lever_has_a_label_of_words(name: str) -> None:
    loaded = load(name)
    found = levers(loaded, loaded)
    for control in found.by_path().values():
        assert not _PATH.search(control.name), control.name
        assert "(lowest)" not in control.name
    for criterion in found.criteria:
        assert not _PATH.search(criterion.label), criterion.label


def test_no_option_of_the_command_line_is_left_in_a_text() -> None:
    text = "It was not measured; `trialclock explain base --set a.b=2` measures it. A table (--sites) is better."
    assert in_studio(text) == "It was not measured; the page Explain measures it. A table is better."
    assert in_studio("2 studies; say which with --study S1 or --study S2") == "2 studies; choose below"
    assert in_studio("if they end, say --as-of 2023-05-22") == "if they end, go on from 2023-05-22, below"
    assert in_studio("if each is one, say --columns site=Sheet") == "if each is one, choose 'Sheet' below as 'site'"
    later = "somebody was randomised on 2019-01-02, before day 0; --set trial.enrolment_opens=2019-01-02"
    assert in_studio(later).endswith("; set “day 0, on which enrolment opens” to 2019-01-02 on the page Plan")


def test_what_a_forecast_asks_names_the_control_that_answers() -> None:
    asked = Doubt("was recruitment closed?", "--closed 2024-01-01..2024-02-29", None, date(2025, 1, 1), 3.0)
    (said,) = doubt_sentences([asked])
    assert in_studio(said).startswith("Was recruitment closed? If so, say so above: by dates alone")
    (wrong,) = problem_box([Problem("must be a date", path="--closed", value="soon")]).children.children
    assert wrong.children == "the closed periods: must be a date (got soon)"


@pytest.mark.parametrize(
    "error",
    [
        UsageError(Problem("must be a date; say which with --dates dmy or --dates mdy", path="--closed", value="soon")),
        RuntimeError(f"{MESSAGE}--closed: must be a date; say which with --dates dmy or --dates mdy (got soon)"),
    ],
    ids=["in a request", "in a job"],
)
def test_a_notice_names_the_control(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(notices, "set_props", lambda _, props: told.append(props["sendNotifications"][0]["message"]))
    notices.callback_failed(error)
    assert told == ["the closed periods: must be a date; choose below which comes first (got soon)"]


def test_the_editor_says_what_is_wrong_without_options(tmp_path: Path) -> None:
    app, studio = create_app(Settings(tmp_path))
    draft = studio.visitors.keep_text("extends: base.yaml\nname: mine\nextensions:\n  mine: {}\n")
    asked = {
        "output": "..plan-text-problems.children...plan-lines.data..",
        "outputs": [{"id": "plan-text-problems", "property": "children"}, {"id": "plan-lines", "property": "data"}],
        "inputs": [{"id": "plan-query", "property": "data", "value": f"?draft={draft}"}],
        "changedPropIds": ["plan-query.data"],
    }
    answer = app.server.test_client().post("/_dash-update-component", json=asked).get_data(as_text=True)
    assert "which only the command line and Python take" in answer
    assert "--" not in answer


def test_what_a_new_trial_may_say_names_no_option() -> None:
    schema = Scenario.model_json_schema()
    sections = [schema, *schema["$defs"].values()]
    nodes = [node for section in sections for node in (section, *section.get("properties", {}).values())]
    said = [meaning_of(node) for node in nodes]
    assert any("command line" in text for text in said)  # a rule that the command line alone takes
    assert [text for text in said if "--" in text or "null" in text] == []


def _texts(tree: ast.AST) -> Iterator[str]:
    """The texts of a module, with X for what is put into them."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(node)}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Expr):
            inside.add(id(node.value))  # a docstring
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


@pytest.mark.parametrize("package", ["exchange", "forecast", "report", "experiment/sweep", "experiment/plan"])
def test_every_sentence_that_names_an_option_has_words_for_the_studio(package: str) -> None:
    found = {text for file in (ROOT / "sim" / package).rglob("*.py") for text in _texts(ast.parse(file.read_text()))}
    sentences = {text for text in found if " " in text and re.search(r"[^-\s].*--[a-z]", text)}
    said = {text for text in sentences if not text.startswith(("trialclock ", " --"))}
    assert [text for text in said if "--" in in_studio(text)] == []


def test_a_large_number_has_the_same_commas_in_its_control_and_in_words() -> None:
    control = levers(load("base"), load("base")).by_path()["cells.stock.start_cells"]
    assert value_control(control, control.value).thousandSeparator == ","
    assert described("sites.general_hospital.count").range == "0 to 5,000"


@pytest.mark.parametrize("milestones", [("last_randomised",), ("last_randomised", "database_lock")])
def test_a_past_run_tells_of_the_milestones_that_its_trial_has(milestones: tuple[str, ...]) -> None:
    days = {"p50": date(2021, 3, 1), "p80": date(2021, 6, 1)}
    dates: dict[str, dict[str, date | None]] = {name: {**days} for name in milestones}
    entry = Entry(Path("one"), "One", "one", "", 1, 10, 10, "2026-01-01T10:00:00", 1, FINISHED, (), dates)
    said = str(_said(entry))
    assert ("Database lock" in said) is ("database_lock" in milestones)
    assert "2021-03-01; 80 % sure by 2021-06-01" in said
    assert "simulated time" not in said


def test_scenarios_to_choose_from_are_named_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was changed here, and past runs, whose typed commands have paths and options."""
    typed = "two-more-sites --set sites.general_hospital.count=4"
    runs = [Entry(Path(name), "One", text, "", 1, 10, 10, None, 1, FINISHED, (), {}) for name, text in
            (("one", typed), ("two", "my/file.yaml --set trial.target=9"))]  # fmt: skip
    monkeypatch.setattr(scenario_choice, "past_runs", lambda _: runs)
    app, studio = create_app(Settings(tmp_path))
    with app.server.test_request_context():
        groups = scenario_options(studio, State(changes=("trial.target=60",)), [], with_runs=True)
    labels = {group["group"]: [option["label"] for option in group["items"]] for group in groups}
    assert labels["Changed here"] == ["Registry plan; Participants to randomise: 60, was 45"]
    assert labels["Past runs"] == ["General hospital, number of sites 4, 10 trials", "One, 10 trials"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "Source: curves.parquet (quantiles by each day); diamonds: medians.",
            "Quantiles by each day; diamonds: medians.",
        ),
        ("Source: frontier.csv and plans.csv; 95 % intervals.", "95 % intervals."),
        (
            "Source: a.csv, b.csv. Wide screens have a camera above the figure, which saves it as a picture.",
            "",
        ),
        ("Source: steps.csv.", ""),
        ("", ""),
        ("The plan is the scenario from its day 0.", "The plan is the scenario from its day 0."),
    ],
)
def test_the_source_of_a_figure_names_no_file(source: str, said: str) -> None:
    assert source_in_studio(source) == said
