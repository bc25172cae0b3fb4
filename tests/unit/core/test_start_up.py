"""Steps of start-up as they hold for a group, and the places that share one."""

from __future__ import annotations

from typing import Any

from conftest import scenario_of

from sim.core.design import Design
from sim.core.start_up import step_places

STEPS: dict[str, Any] = {
    "contract": {"days": 30.0},
    "approval": {"days": 60.0, "each": "country"},
    "initiation": {"days": 10.0, "after": ["contract", "approval"]},
    "drug": {"days": 5.0, "each": "trial"},
}
SITES = {
    "east": {"count": 2, "referrals_per_month": 1.0, "country": "DE", "start_up": {"contract": {"days": 7.0}}},
    "west": {"referrals_per_month": 1.0, "country": "FR"},
}


def test_steps_come_after_what_they_wait_for_and_know_where_their_days_stand() -> None:
    """A group's own days go before those of all; whom a step is done for has a number in the log."""
    design = Design(scenario_of(sites=SITES, site_defaults={"start_up": STEPS}))
    assert design.start_up == ["approval", "contract", "drug", "initiation"]
    east, west = design.groups
    places = step_places(design.scenario)
    assert places == ["", "trial", "country DE", "country FR", "group east", "group west"]
    assert [(s.name, s.code, s.days, s.place_number) for s in east.network] == [
        ("approval", 0, 60.0, 2),
        ("contract", 1, 7.0, 0),
        ("drug", 2, 5.0, 1),
        ("initiation", 3, 10.0, 0),
    ]
    assert [(s.path, s.place) for s in east.network][:2] == [
        ("site_defaults.start_up.approval.days", "country DE"),
        ("sites.east.start_up.contract.days", None),
    ]
    assert east.network[3].after == (1, 0)
    assert [(s.days, s.place_number) for s in west.network][:2] == [(60.0, 3), (30.0, 0)]


def test_a_group_without_steps_has_no_network() -> None:
    assert Design(scenario_of()).groups[0].network == ()
