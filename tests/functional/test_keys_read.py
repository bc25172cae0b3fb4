"""A key that a planner may write is read by what simulates or measures, or is listed here as one that need not be."""

from __future__ import annotations

import importlib
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, scenario_of

import sim
from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.replicate import replicate_chunk
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.schema.values import Section

_PACKAGE = Path(sim.__file__).parent
READERS = tuple(str(_PACKAGE / part) for part in ("core", "processes", "analysis", "trial.py"))
_SCHEMA = str(_PACKAGE / "scenario" / "schema")
GENERIC = {"_walk", "uncertain_values", "_group"}  # they go through every field of a section, whatever it is

# Nothing that happens depends on these: they are shown, checked when a scenario is read, or say how a run is made.
SHOWN = {
    "Scenario": {"name", "question", "experiment", "sources", "bibliography"},
    "TrialSettings": {"planned"},
    "Planned": {"recruitment", "primary_completion", "study_completion"},
    "SiteGroup": {"label"},
    "CountrySettings": {"label"},
    "Experiment": {"replications", "seed", "keep"},
    "Source": {"grade", "source", "note"},
}


def sections(section: type[Section], seen: set[type[Section]]) -> set[type[Section]]:
    """A section and all that its fields may hold."""
    seen.add(section)
    for field in section.model_fields.values():
        for found in _within(field.annotation):
            if found not in seen:
                sections(found, seen)
    return seen


def _within(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _within(part)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Fields that are read by what simulates and measures, by the class that declares them."""
    found: set[tuple[str, str]] = set()

    def spy(self: Any, name: str) -> Any:
        kind = type(self)
        if name in kind.__pydantic_fields__:
            caller = sys._getframe(1)
            while caller.f_back and caller.f_code.co_filename.startswith((_SCHEMA, __file__)):
                caller = caller.f_back  # whoever asked for what a section works out
            if caller.f_code.co_filename.startswith(READERS) and caller.f_code.co_name not in GENERIC:
                found.add((_owner(kind, name), name))
        return object.__getattribute__(self, name)

    monkeypatch.setattr(Section, "__getattribute__", spy, raising=False)
    return found


def _owner(kind: type, name: str) -> str:
    """The class that declares a field first."""
    return [base.__name__ for base in kind.__mro__ if name in getattr(base, "__annotations__", {})][-1]


def test_every_key_is_read(read: set[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Over trials in which everything happens that can, every key is looked at by something that acts on it."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "back"))
    renew = importlib.import_module("renew")
    for make in renew.KEPT.values():
        make()
    made = (load_scenario("base", extensions="quiet_start"), load_scenario(renew.SCENARIO, renew.AMENDED))
    for scenario in (*made, _with_the_rest(), *map(_allocated_by, ("urn", "biased_coin"))):
        assert not replicate_chunk(Reducer(Design(scenario)), 5, 0, 2).failures
    fields = {(_owner(section, name), name) for section in sections(Scenario, set()) for name in section.model_fields}
    shown = {(section, name) for section, names in SHOWN.items() for name in names}
    assert fields - read == shown


def test_a_key_that_nothing_reads_is_noticed(read: set[tuple[str, str]]) -> None:
    """What only a generic walk, a check or a print looks at does not count as read."""
    scenario = load_scenario("base")
    assert scenario.trial.overrun == "turn_away"  # by this test, which neither simulates nor measures
    assert not read
    Design(scenario)
    assert ("TrialSettings", "target") in read
    assert not read & {("TrialSettings", "overrun"), ("Hold", "days"), ("Costs", "screening")}


def _allocated_by(method: str) -> Scenario:
    return scenario_of(randomisation={"method": method}, arms={"A": {}, "B": {}}, trial={"target": 5})


def _with_the_rest() -> Scenario:
    """With what the kept trials leave out: event-driven completion, a hold by a rule, bands, a drought, and more."""
    completion = {"events": 3, "of": ["death"], "not_before": "2020-03-01", "at_the_latest": "2021-06-01"}
    return scenario_of(
        trial={"target": 20, "start": {"late": 0.5, "late_days": 10, "never": 0.1}},
        arms={"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}, "B": {}},
        randomisation={"method": "permuted_blocks", "block_sizes": [2], "stratify_by": ["old"]},
        sites={
            "s": {"referrals_per_month": 20, "country": "DE", "closes": {"after_days_without_randomisation": 60}},
            "t": {"referrals_per_month": 20, "country": "FR"},
        },
        site_defaults={"start_up": {"ethics": {"days": 10}, "visit": {"days": 5, "after": "ethics"}}},
        countries={
            "DE": {
                "label": "Germany",
                "public_holidays": {"subdivision": "BY", "factor": 0.5},
                "start_up": {"ethics": {"days": 20, "each": "country"}},
                "costs": {"site_activation": 1, "site_month": 1, "screening": 1, "participant_visit": 1},
            },
            "FR": {"costs": {"monitoring_visit": 5}},
        },
        drift={"common": 0.5, "by_country": 0.2},
        risks={
            "file": {"probability": 0.5, "days": 20, "step": "ethics", "country": "DE"},
            "law": {"probability": 0.5, "days": 9, "groups": "t"},
            "flu": {"probability": 1, "days": 5, "delays": "recruitment", "from": "2020-02-01", "to": "2020-03-01"},
        },
        costs={"currency": "EUR", "monitoring_visit": {"cost": 1, "every_days": 30}},
        caps={"some": {"randomised": 3, "groups": "s", "overrun": "randomise"}},
        patients={
            "attributes": {"weight_kg": 60.0, "age_years": {"dist": "normal", "mean": 50, "sd": 10}},
            "bands": {"old": {"attribute": "age_years", "cuts": [50.0]}},
        },
        screening={
            "criteria": {
                "a": {"stage": "chart", "attribute": "age_years", "above": 20, "below": 90},
                "b": {"stage": "chart", "attribute": "age_years", "min": 20, "max": 90},
            },
            "days": 20,
            "failure": 0.1,
        },
        treatment={"severe_reaction": 0.9},
        oversight={
            "hold": {"probability": 1.0, "days": 3},
            "stop": {"severe_reactions": 1, "among_first": 5, "action": "hold", "hold_days": 3},
        },
        follow_up={
            "visit_weeks": [4, 26],
            "leaving": {"death": {"26": 0.8}},
            "primary_completion": completion | {"last_visits_days": 10},
        },
    )
