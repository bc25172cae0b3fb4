"""A plan has a name: it is kept with a note, offered to Compare, and travels with its link."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.web.parts.named_plans import forget, keep, plans
from sim.web.parts.scenario_choice import label_of, state_value
from sim.web.state import State
from sim.web.visitors import Visitor

QUERY = "?set=sites.general_hospital.count%3D4"


def test_a_plan_is_kept_under_its_name_with_its_note(tmp_path: Path) -> None:
    visitor = Visitor(tmp_path)
    keep(visitor, QUERY, "  Four\nhospitals ", " needs a second contract ")
    (plan,) = plans(visitor)
    assert (plan.name, plan.note) == ("Four hospitals", "needs a second contract")
    assert plan.state.changes == ("sites.general_hospital.count=4",)


def test_a_name_is_used_once_and_the_latest_plan_comes_first(tmp_path: Path) -> None:
    visitor = Visitor(tmp_path)
    for query, name in ((QUERY, "A"), ("", "B"), ("?seed=7", "A")):
        keep(visitor, query, name, "")
    assert [(plan.name, plan.state.seed) for plan in plans(visitor)] == [("A", 7), ("B", None)]
    forget(visitor, "A")
    assert [plan.name for plan in plans(visitor)] == ["B"]


def test_a_plan_without_a_name_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name"):
        keep(Visitor(tmp_path), QUERY, " \t ", "")
    assert plans(Visitor(tmp_path)) == []


def test_a_name_travels_with_the_link_and_names_the_plan_where_it_is_compared() -> None:
    state = State.of(f"{QUERY}&name=Four+hospitals")
    assert State.of(state.query()) == state
    assert State.of(state_value(state)).name == "Four hospitals"
    assert label_of(state, "Base") == "Four hospitals"


def test_a_plan_without_a_name_says_what_is_changed_as_long_as_there_is_room() -> None:
    one, two = "sites.general_hospital.count=4", "sites.national_liver_centre.count=2"
    assert label_of(State(changes=(one,)), "Base") == "Base, general hospital, number of sites 4"
    assert label_of(State(changes=(one,)), "Registry plan") == "General hospital, number of sites 4"
    assert label_of(State(changes=(one, two)), "Registry plan") == "Registry plan, changed"


def test_a_plan_that_is_changed_no_longer_has_the_name() -> None:
    assert State.of(f"{QUERY}&name=Four+hospitals").changed("trial.target", "90").name == ""
