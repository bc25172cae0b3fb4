"""A trial is built by hand: from any template and any record, all that a scenario can say has a control."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sim.errors import InputError
from sim.report.key_words import words
from sim.scenario.load import canonical, load, load_text
from sim.scenario.schema import Scenario
from sim.scenario.template import templates
from sim.scenario.written import library_text
from sim.web.pages.new_trial.controls import ON, VALUE, path_of, shows, typed
from sim.web.pages.new_trial.draft import (
    OWN,
    Draft,
    draft_of,
    problems_of,
    renamed,
    with_form,
    with_part,
    with_value,
    without,
)
from sim.web.pages.new_trial.form import ADD, REMOVE, said_at
from sim.web.pages.new_trial.parts import PARTS, of_place, part_view, size_of
from sim.web.pages.new_trial.questions import questions_of
from sim.web.pages.new_trial.shapes import FILE, forms, schema_at
from sim.web.pages.new_trial.shapes import PARTS as SECTION
from sim.web.pages.new_trial.start import text_from
from sim.web.settings import Limits

DRUG = templates()["drug"].read_text()
ALL = {name: path.read_text() for name, path in templates().items()}
ALL |= {name: library_text(name) for name in ("base", "classroom", "covid-2020", "failing-culture")}


def drug() -> Draft:
    return draft_of(DRUG)


@pytest.mark.parametrize("name", ALL)
def test_a_draft_says_what_its_scenario_says(name: str) -> None:
    again = load_text(draft_of(ALL[name]).text()).scenario
    assert canonical(again) == canonical(load_text(ALL[name]).scenario)


@pytest.mark.parametrize("name", ALL)
def test_every_value_of_a_scenario_has_a_control_or_a_place_to_write_it(name: str) -> None:
    draft = draft_of(ALL[name])
    shown = {id_.get("path") for part in PARTS for id_ in _ids(part_view(draft, part.name, ()))}
    for path, _ in _values(draft.data):
        if path[0] != "sources" and "/" not in "".join(path):
            assert any("/".join(path[:n]) in shown for n in range(len(path), 0, -1)), path


def test_every_section_of_a_scenario_is_in_a_part_of_the_page() -> None:
    assert {place[0] for part in PARTS for place in part.places} == set(Scenario.model_fields)
    assert of_place("site_defaults.start_up.ethics.days") == "Start-up"
    assert of_place("site_defaults.ramp_up.days") == "Sites and rates"


def test_only_lists_of_tests_are_written_as_in_a_file() -> None:
    found = set(_written_as_in_a_file({}, (), 0))
    assert found == {("screening", "criteria", "*", name) for name in ("any", "all", "none")}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("countries",), "DE"),
        (("sites",), "University hospital"),
        (("arms",), "High dose"),
        (("site_defaults", "start_up"), "ethics"),
        (("caps",), "Half of all"),
        (("amendments",), "New criteria"),
        (("interims",), "Futility"),
        (("risks",), "Strike"),
        (("calendar", "periods"), "Summer"),
        (("follow_up", "leaving"), "Death"),
        (("follow_up", "leaving", "withdrawal"), "12"),
        (("patients", "attributes"), "Age"),
        (("trial",), "start"),
        (("site_defaults",), "closes"),
        (("calendar",), "public_holidays"),
    ],
)
def test_what_is_added_makes_a_trial_at_once_and_can_be_removed_again(path: tuple[str, ...], name: str) -> None:
    draft = without(drug(), ("randomisation",))  # whose blocks are for two arms
    if path[-1] == "start_up":
        draft = without(draft, ("site_defaults", "activation_delay_days"))
        draft = without(without(draft, ("sites", "reserve")), ("amendments",))
    before = draft.at(path) or {}
    more, place = with_part(draft, path, name)
    assert problems_of(more.text(), Limits()) == ()
    assert set(more.at(path)) == {*before, place[-1]}
    back = without(more, place)
    assert (back.at(path) or {}) == before


def test_what_a_trial_needs_has_no_button_that_removes_it() -> None:
    shown = [id_ for part in PARTS for id_ in _ids(part_view(draft_of(ALL["base"]), part.name, ()))]
    gone = {id_["path"] for id_ in shown if id_["type"] == REMOVE}
    assert not gone & {"trial", "sites", "arms", "trial/target", "cells/lots"}
    assert gone > {"cells", "oversight", "calendar/periods", "screening/consent", "sites/general_hospital", "arms/MSC"}


def test_what_adds_a_part_says_what_is_added() -> None:
    shown = [found for part in PARTS for found in part_view(draft_of(ALL["base"]), part.name, ())._traverse()]
    labels = {
        found.id["path"]: (found.children, getattr(found, "aria-label"))
        for found in shown
        if isinstance(getattr(found, "id", None), dict) and found.id["type"] == ADD and hasattr(found, "aria-label")
    }
    assert labels["arms"] == ("Add an arm", "Add an arm")
    assert labels["interims"] == ("Add an interim look", "Add an interim look")
    assert labels["follow_up/leaving/withdrawal"] == ("Add a value", "Add a value to withdrawal")


def test_a_country_comes_with_sites_and_leaves_with_the_last_of_them() -> None:
    more, _ = with_part(drug(), ("countries",), "DE")
    assert more.at(("sites", "germany")) == {"count": 5, "label": "Germany", "country": "DE"}
    assert "DE" not in without(more, ("sites", "germany")).data["countries"]


@pytest.mark.parametrize(
    ("scenario", "path", "name", "key"),
    [
        ("base", ("arms", "MSC"), "Stem cells", "Stem_cells"),
        ("base", ("sites", "general_hospital"), "District sites", "District_sites"),
        ("base", ("follow_up", "leaving", "withdrawal", "48"), "40", "40"),
        ("base", ("screening", "criteria", "meld"), "MELD score", "MELD_score"),
        ("drug", ("countries", "IT"), "DE", "DE"),
        ("drug", ("sites", "reserve"), "Later sites", "Later_sites"),
    ],
)
def test_a_part_has_another_name_wherever_it_is_named(
    scenario: str, path: tuple[str, ...], name: str, key: str
) -> None:
    """The trial stays one that is simulated, its order and its sources stay; and the name back gives the trial back."""
    draft = drug() if scenario == "drug" else draft_of(ALL[scenario])
    other, place = renamed(draft, path, name)
    assert place == (*path[:-1], key)
    assert problems_of(other.text(), Limits()) == ()
    before, after = draft.at(path[:-1]), other.at(path[:-1])
    assert [*after] == [key if one == path[-1] else one for one in before]
    assert len(other.data.get("sources", {})) == len(draft.data.get("sources", {}))
    assert renamed(other, place, path[-1])[0].data == draft.data
    assert renamed(draft, path, path[-1])[0] is draft


def test_a_name_that_people_read_stays_as_it_was_typed() -> None:
    _, place = with_part(draft_of(ALL["base"]), ("interims",), "Women in Denmark")
    assert place == ("interims", "Women_in_Denmark")
    assert words(place[-1]) == "Women in Denmark"
    other, place = renamed(draft_of(ALL["classroom"]), ("sites", "hospital"), "Clinic by the sea")
    assert other.at(place)["label"] == "Clinic by the sea"


def test_a_name_that_cannot_be_is_refused_in_one_message() -> None:
    with pytest.raises(InputError, match="there is one with this name already"):
        renamed(draft_of(ALL["base"]), ("arms", "MSC"), "smt")
    for name in ("", "  ", "9", "Italy"):
        with pytest.raises(InputError):
            with_part(drug(), ("sites",), name)


def test_a_number_becomes_a_distribution_about_it_and_a_number_again() -> None:
    drawn = with_form(drug(), ("follow_up", "missed_visit"), "uncertain: beta")
    assert drawn.at(("follow_up", "missed_visit")) == {"uncertain": "beta", "mean": 0.03, "n": 40}
    assert problems_of(drawn.text(), Limits()) == ()
    assert with_form(drawn, ("follow_up", "missed_visit"), "uncertain: beta").data == drawn.data
    assert with_form(drawn, ("follow_up", "missed_visit"), "one number").at(("follow_up", "missed_visit")) == 0.03


def test_what_is_wrong_is_said_at_its_control_with_what_is_allowed() -> None:
    wrong = with_value(drug(), ("trial", "target"), 0)
    assert said_at(("trial", "target"), problems_of(wrong.text(), Limits())) == "must be at least 1"
    assert said_at(("trial", "horizon_months"), problems_of(wrong.text(), Limits())) == ""
    weeks = with_value(drug(), ("follow_up", "visit_weeks"), [4, -1])
    assert "must be more than 0" in said_at(("follow_up", "visit_weeks"), problems_of(weeks.text(), Limits()))


def test_what_a_control_says_is_read_as_a_file_says_it() -> None:
    def at(path: tuple[str, ...], value: Any) -> Any:
        return typed(schema_at(path, drug().data) or {}, drug().at(path), value)

    assert at(("follow_up", "visit_weeks"), "4, 13,26.5") == [4, 13, 26.5]
    assert at(("trial", "enrolment_opens"), "2028-01-31") == date(2028, 1, 31)
    assert at(("trial", "target"), "") is None
    assert at(("caps", "half", "stratum", "severe"), "True") is True
    assert at(("name",), "True") == "True"
    assert at(("trial", "target"), "many") == "many"


@pytest.mark.parametrize("name", ALL)
def test_a_page_that_nobody_touches_changes_nothing(name: str) -> None:
    """What each control says is what it says of the value that is there, also where text stands for something else."""
    draft = draft_of(ALL[name])
    draft = with_value(draft, ("caps",), {"half": {"randomised": 5, "stratum": {"severe": True}}})
    for part in PARTS:
        for control in _controls(part_view(draft, part.name, ())):
            path = path_of(control.id["path"])
            value = getattr(control, "checked", None) if control.id["type"] == ON else control.value
            assert shows(path, schema_at(path, draft.data) or {}, draft.at(path)) == value, path


def test_a_changed_value_is_no_longer_the_records() -> None:
    text = DRUG.replace("trial: {grade: D, source: our own plan}", "trial: {grade: A, source: our own record}")
    changed = with_value(draft_of(text), ("trial", "target"), 250)
    assert changed.data["sources"]["trial.target"] == {"grade": "D", "source": OWN}
    assert changed.data["sources"]["trial"]["grade"] == "A"


def _record(**more: Any) -> str:
    protocol = {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "A study [of two arms"},
        "statusModule": {"startDateStruct": {"date": "2027-03-01"}, "completionDateStruct": {"date": "2029-03-01"}},
        "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 120, "type": "ESTIMATED"}},
    }
    return json.dumps({"protocolSection": protocol | more})


def _sent(text: str) -> str:
    return "data:application/json;base64," + base64.b64encode(text.encode()).decode()


def test_a_record_becomes_a_trial_whose_open_questions_are_asked_until_answered() -> None:
    draft = draft_of(text_from(_sent(_record()), "study.json", None, None))
    assert problems_of(draft.text(), Limits()) == ()
    assert size_of(draft).startswith("120 participants, 1 arm, 1 site")
    asked = {question.place: question for question in questions_of(draft)}
    assert asked["screening.failure"].is_open
    assert "0.3 is assumed" in asked["screening.failure"].text
    answered = with_value(draft, ("screening", "failure"), 0.25)
    assert not {q.place: q for q in questions_of(answered)}["screening.failure"].is_open
    assert len(questions_of(draft_of(answered.text()))) == len(asked)


def test_what_a_record_must_say_and_does_not_is_asked_first() -> None:
    text = _sent(_record(designModule={"studyType": "INTERVENTIONAL"}))
    with pytest.raises(ValueError, match="target"):
        text_from(text, "study.json", None, None)
    assert draft_of(text_from(text, "study.json", 80, None)).at(("trial", "target")) == 80


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "{}", '{"protocolSection": 3}', '{"study": []}'])
def test_a_malformed_record_is_one_message(text: str) -> None:
    with pytest.raises(InputError) as error:
        text_from(_sent(text), "study.json", None, None)
    assert len(error.value.problems) == 1
    assert "/" not in (error.value.problems[0].file or "")


def _ids(part: Any) -> list[dict[str, Any]]:
    return [found.id for found in part._traverse() if isinstance(getattr(found, "id", None), dict)]


def _controls(part: Any) -> list[Any]:
    found = [each for each in part._traverse() if isinstance(getattr(each, "id", None), dict)]
    return [each for each in found if each.id["type"] in (VALUE, ON)]


def _values(data: Any, path: tuple[str, ...] = ()) -> Any:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _values(value, (*path, key))
        else:
            yield (*path, key), value


def _written_as_in_a_file(data: dict[str, Any], path: tuple[str, ...], depth: int, node: Any = None) -> Any:
    for form in forms(node if node is not None else schema_at((), data) or {}):
        if form.kind == FILE:
            yield path
        if form.kind == SECTION and form.fixed is None and depth < 8:
            parts = {**form.parts, **({} if form.free is None else {"*": form.free})}
            for key, part in parts.items():
                yield from _written_as_in_a_file(data, (*path, key), depth + 1, part)


def test_every_template_is_within_what_a_studio_simulates() -> None:
    for text in ALL.values():
        assert problems_of(text, Limits()) == ()


def test_a_template_is_planned_as_its_file_says(tmp_path: Path) -> None:
    path = tmp_path / "drug.yaml"
    path.write_text(drug().text())
    assert canonical(load(path).scenario) == canonical(load_text(DRUG).scenario)
