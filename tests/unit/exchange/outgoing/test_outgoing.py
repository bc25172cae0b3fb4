"""Files of one simulated trial that other programs read."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest

from sim.core import events
from sim.core.design import Design
from sim.core.events import CODE, KIND, PERSON, SITE, TIME
from sim.exchange.observed import ObservedTrial
from sim.exchange.outgoing.ocel import ocel
from sim.exchange.outgoing.people import journeys, moment
from sim.exchange.outgoing.sdtm_domains import DOMAINS, _arm, dataset_json, standard_term
from sim.exchange.read import read_observed
from sim.experiment.replicate import replicate
from sim.scenario.load import load_scenario, scenario_from_json

SCHEMA = Path(__file__).parents[3] / "standards" / "dataset-json-1.1.schema.json"


@pytest.fixture(scope="module")
def design() -> Design:
    return Design(load_scenario("base"))


@pytest.fixture(scope="module")
def rows(design: Design) -> Any:
    return replicate(design, 20191001, 17).table()


def test_domains_are_dataset_json_by_the_standards_schema(design: Design, rows: Any) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    files = dataset_json(design, rows)
    assert set(files) == {"dm.json", "ds.json", "sv.json", "ex.json"}
    for text in files.values():
        data = json.loads(text)
        jsonschema.Draft201909Validator(schema).validate(data)
        assert data["records"] == len(data["rows"])
        assert all(len(row) == len(data["columns"]) for row in data["rows"])
        n_keys = sum("keySequence" in column for column in data["columns"])
        keys = [tuple(row[:n_keys]) for row in data["rows"]]
        assert len(set(keys)) == len(keys)


def test_a_country_of_all_sites_is_that_of_every_subject(rows: Any) -> None:
    """It may stand among the defaults of sites, as a group may have its own."""
    design = Design(load_scenario("base", ["site_defaults.country=CN", "sites.general_hospital.country=DE"]))
    data = json.loads(dataset_json(design, rows)["dm.json"])
    names = [column["name"] for column in data["columns"]]
    found = {
        (row[names.index("SITEID")].rpartition("-")[0] == "general_hospital", row[names.index("COUNTRY")])
        for row in data["rows"]
    }
    assert found == {(True, "DE"), (False, "CN")}


def read_back(design: Design, rows: Any, folder: Path) -> ObservedTrial:
    for name, text in dataset_json(design, rows).items():
        (folder / name).write_text(text, encoding="utf-8")
    return read_observed(folder / "dm.json")


def test_a_forecast_reads_back_what_was_simulated(design: Design, rows: Any, tmp_path: Path) -> None:
    """Counts, and the day of every randomisation, from the log itself."""
    trial = read_back(design, rows, tmp_path)
    randomised = rows[rows[:, KIND] == events.RANDOMISED]
    days = sorted(design.clock.date_of(day) for day in randomised[:, TIME])
    found = sorted(trial.first + timedelta(days=int(day)) for day in trial.people.randomised if not np.isnan(day))
    assert found == days
    became = dict(trial.account.became)
    assert became["randomised"] == len(days)
    assert became["of them left"] == int((rows[:, KIND] == events.LEFT).sum())
    assert became["of them completed"] == int((rows[:, KIND] == events.COMPLETED).sum())


def test_a_trial_without_doses_has_no_exposure() -> None:
    plain = {
        "name": "Plain",
        "trial": {"target": 5, "enrolment_opens": "2026-01-01"},
        "arms": {"a": {}},
        "sites": {"s": {"referrals_per_month": 3}},
        "follow_up": {"visit_weeks": [2], "primary_endpoint_week": 2},
    }
    design = Design(scenario_from_json(plain, "plain"))
    assert set(dataset_json(design, replicate(design, 1, 0).table())) == {"dm.json", "ds.json", "sv.json"}


@pytest.mark.parametrize(
    ("way", "term"),
    [
        ("death", "DEATH"),
        ("lost_to_follow_up", "LOST TO FOLLOW-UP"),
        ("withdrawal", "WITHDRAWAL BY SUBJECT"),
        ("transplant", "TRANSPLANT"),
        ("protocol_deviation", "PROTOCOL DEVIATION"),
    ],
)
def test_ways_of_leaving_in_the_standards_terms(way: str, term: str) -> None:
    assert standard_term(way) == term


def test_an_ocel_names_every_object_and_type_that_it_uses(design: Design, rows: Any) -> None:
    data = json.loads(ocel(design, rows))
    assert set(data) == {"objectTypes", "eventTypes", "objects", "events"}
    objects = {one["id"]: one["type"] for one in data["objects"]}
    assert len(objects) == len(data["objects"])
    assert set(objects.values()) <= {one["name"] for one in data["objectTypes"]}
    types = {one["name"]: {attribute["name"] for attribute in one["attributes"]} for one in data["eventTypes"]}
    assert len(data["events"]) == len(rows)
    for event in data["events"]:
        assert {attribute["name"] for attribute in event["attributes"]} == types[event["type"]]
        assert event["relationships"]
        assert all(relation["objectId"] in objects for relation in event["relationships"])
    times = [event["time"] for event in data["events"]]
    assert times == sorted(times)
    for row, event in zip(rows, data["events"], strict=True):
        of = [relation["qualifier"] for relation in event["relationships"]]
        assert of.count("site") == (row[SITE] >= 0)
        assert of.count("patient") == (row[PERSON] >= 0)
        assert ("trial" in of) == (len(of) == 1 and not {"site", "patient", "lot"} & set(of))


def test_everybody_who_consented_is_there_once(design: Design, rows: Any) -> None:
    people = journeys(design, rows)
    consents = rows[rows[:, KIND] == events.CONSENT_GIVEN]
    assert len(people) == len({(row[SITE], row[PERSON]) for row in consents})
    arms = [person.arm for person in people if person.arm is not None]
    assert sorted(arms) == sorted(int(code) for code in rows[rows[:, KIND] == events.RANDOMISED][:, CODE])


def test_moments_are_to_the_second(design: Design) -> None:
    opens = design.scenario.trial.enrolment_opens
    assert moment(design.clock, 0.5) == f"{opens}T12:00:00"
    assert moment(design.clock, 1 - 1e-9) == f"{opens + timedelta(days=1)}T00:00:00"


def test_the_keys_of_a_domain_are_study_subject_and_what_counts_within_a_subject() -> None:
    within = {"DM": [], "DS": ["DSSEQ"], "SV": ["VISITNUM"], "EX": ["EXSEQ"]}
    found = {domain.name: [name for name, *_ in domain.columns[: domain.n_keys]] for domain in DOMAINS}
    assert found == {name: ["STUDYID", "USUBJID", *more] for name, more in within.items()}


@pytest.mark.parametrize(
    ("arm", "ended", "found"),
    [
        (0, None, ["CELLS AND STANDARD C", "cells and standard care", None]),
        (None, 9.0, [None, None, "SCREEN FAILURE"]),
        (None, None, [None, None, "NOT ASSIGNED"]),
    ],
)
def test_the_code_of_an_arm_has_20_characters_at_most(arm: int | None, ended: float | None, found: list[Any]) -> None:
    """As the standard allows; without an arm there is a reason."""
    design = SimpleNamespace(arms=[SimpleNamespace(name="cells and standard care")])
    assert _arm(design, SimpleNamespace(arm=arm, ended=ended)) == found  # type: ignore[arg-type]
