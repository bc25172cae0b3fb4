"""Every measure has a name of its own, and those of a scenario's own parts are there."""

from __future__ import annotations

from typing import Any

from conftest import scenario_of

from sim.analysis.dictionary import FILES
from sim.analysis.measures import COST_PARTS, MILESTONES, PATH_MILESTONES, SHARES, STEPS, measures, path_name
from sim.core.design import Design


def design(**changes: Any) -> Design:
    return Design(scenario_of(**changes))


def names(**changes: Any) -> list[str]:
    return [measure.name for measure in measures(design(**changes))]


def test_names_are_their_own_and_have_units_and_meanings() -> None:
    found = measures(design())
    assert len({measure.name for measure in found}) == len(found)
    assert all(measure.unit and measure.meaning for measure in found)
    assert [measure.name for measure in found[:2]] == ["outcome", "reached"]


def test_each_part_of_a_scenario_adds_its_measures() -> None:
    """Arms, ways out, caps, criteria, costs and uncertain values; the rest are those of any scenario."""
    plain = set(names())
    more = set(
        names(
            trial={"target": 2},
            arms={"X": {}, "Y": {}},
            follow_up={"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": {"lost": {4: 0.1}}},
            patients={"conditions": {"sick": 0.1}},
            screening={
                "criteria": {"well": {"stage": "chart", "none": ["sick"]}},
                "consent": {"uncertain": "uniform", "low": 0.5, "high": 1.0},
            },
            caps={"full": {"randomised": 2}},
            costs={"currency": "EUR", "screening": 1.0},
        )
    )
    assert more - plain == {
        "n_randomised_X",
        "n_randomised_Y",
        "n_left_lost",
        "n_failed_first_well",
        "n_failed_only_well",
        "n_turned_away_by_full",
        "first_day_full_reached",
        "cost",
        *(f"cost_{part}" for part in COST_PARTS),
        "value_screening.consent",
    }
    assert plain - more == {"n_randomised_A"}


def test_milestones_have_days_and_paths() -> None:
    found = names()
    assert [f"day_{name}" for name in MILESTONES] == [name for name in found if name.startswith("day_")][:-1]
    assert {path_name(milestone, step) for milestone in PATH_MILESTONES for step in STEPS} <= set(found)
    assert set(SHARES) <= set(MILESTONES)
    assert "first_referral" not in PATH_MILESTONES
    assert path_name("last_dose", "cells") == "path_last_dose_cells_days"


def test_costs_are_in_the_scenario_s_currency() -> None:
    units = {measure.name: measure.unit for measure in measures(design(costs={"currency": "CHF", "dose": 1.0}))}
    assert units["cost"] == units["cost_cells"] == "CHF"


def test_the_dictionary_has_the_measures() -> None:
    by_name = {file.name: file for file in FILES}
    columns = [column.name for column in by_name["replications.parquet"].columns(design())]
    assert columns == ["replication", *names()]
