"""Sites, arms and ways out of the data among those of a scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, trial_with

from sim.core.design import Design
from sim.exchange.observed import ObservedTrial, SiteRecord
from sim.forecast.continued.matching import arm_index, match_sites, way_out_code
from sim.forecast.fit.scenario import FITTED

SITES = {
    "north": {"count": 2, "referrals_per_month": 1.0, "label": "Northern"},
    "south": {"referrals_per_month": 5.0, "label": "Southern clinic"},
}


def data_of(*sites: SiteRecord, counts: tuple[int, ...] = ()) -> ObservedTrial:
    trial = trial_with(EVERY_TWO)
    index = np.repeat(np.arange(len(counts)), counts) if counts else np.zeros(50, dtype=np.int64)
    return replace(trial, sites=sites, has_sites=True, people=replace(trial.people, site=index))


def design(**changes: Any) -> Design:
    return Design(scenario_of(sites=SITES, **changes))


def named(*names: str) -> list[SiteRecord]:
    return [SiteRecord(name) for name in names]


def test_names_are_matched_however_they_are_written() -> None:
    """By group and number, by label and number, and by a lone site's own name."""
    found = match_sites(data_of(*named("NORTH-2", "southern clinic", "Northern 1")), design())
    assert found.keys == {0: ("north", 1), 1: ("south", 0), 2: ("north", 0)}
    assert (found.guessed, found.added, found.unseen) == ((), {}, ())


def test_a_group_is_the_first_of_its_sites_that_is_free() -> None:
    """By the table's column, or by the site's name itself; a name goes before that."""
    sites = [SiteRecord("x", group="North"), SiteRecord("north 1"), SiteRecord("y", group="northern")]
    found = match_sites(data_of(*sites, counts=(10, 30, 10)), design())
    assert found.keys[1] == ("north", 0)
    assert found.keys[0] == ("north", 1)
    assert found.guessed == (2,), "no northern site is left"


def test_the_busiest_is_guessed_to_be_the_one_from_which_most_is_expected() -> None:
    found = match_sites(data_of(*named("a", "b"), counts=(10, 40)), design())
    assert found.keys == {1: ("south", 0), 0: ("north", 0)}
    assert found.guessed == (1, 0)
    assert found.unseen == ("Northern 2",)


def test_sites_that_a_scenario_does_not_have_are_added() -> None:
    """With names of their own, told apart from its groups."""
    found = match_sites(data_of(*named("a", "b", "c", "South!", "e"), counts=(20, 10, 9, 6, 5)), design())
    assert len(found.added) == 2
    assert set(found.keys) == set(range(5))
    assert all(found.keys[i] == (name, 0) for i, name in found.added.items())
    assert not {"north", "south"} & set(found.added.values())


def test_in_a_fitted_scenario_nothing_is_guessed() -> None:
    fitted = design(bibliography={FITTED: "Fit to x"})
    found = match_sites(data_of(*named("north 1", "new")), fitted)
    assert (found.guessed, found.added) == ((), {1: "new"})


ARMS = {"arms": {"placebo": {}, "drug_high": {}, "drug_low": {}}}


@pytest.mark.parametrize(
    ("text", "arm"),
    [
        ("Placebo", "placebo"),
        ("DRUG HIGH", "drug_high"),
        ("matching placebo", "placebo"),
        ("drug hgh", "drug_high"),
        ("other", None),
        ("", None),
    ],
)
def test_arms_are_matched_by_name_by_words_and_nearly(text: str, arm: str | None) -> None:
    made = Design(scenario_of(**ARMS))
    names = {each.name: each.index for each in made.arms}
    assert arm_index(text, made) == (None if arm is None else names[arm])


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("lost_to_follow_up", "lost_to_follow_up"),
        ("Died", "death"),
        ("patient lost", "lost_to_follow_up"),
        ("Physician decision", "withdrawal"),
        ("moved away", "withdrawal"),
        ("", "withdrawal"),
    ],
)
def test_ways_out_are_matched_by_the_usual_words(text: str, way: str) -> None:
    """What is nothing known is a withdrawal; without such a way the first."""
    leaving = {name: {4: 0.1} for name in ("death", "lost_to_follow_up", "withdrawal")}
    follow_up = {"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": leaving}
    made = Design(scenario_of(follow_up=follow_up))
    code = way_out_code(text, made)
    assert code is not None
    assert made.ways_out[code] == way


def test_where_there_is_no_such_way() -> None:
    follow_up = {"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": {"death": {4: 0.1}, "other": {4: 0.1}}}
    made = Design(scenario_of(follow_up=follow_up))
    assert way_out_code("moved away", made) == made.ways_out.index("other")
    assert way_out_code("moved", Design(scenario_of())) is None
