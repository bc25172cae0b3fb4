"""What is the same in all replications is worked out once, in an order that no file decides."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import scenario_of

from sim.core.design import MOST_EVENTS, Design

SITES = {
    "z": {"count": 2, "referrals_per_month": 3.0, "label": "Zeta"},
    "a_b": {"count": 3, "coordinators": 5},
}
DEFAULTS = {"referrals_per_month": {"dist": "uniform", "low": 1.0, "high": 3.0}, "infusion_bays": 4}


def design(**changes: Any) -> Design:
    return Design(scenario_of(sites=SITES, site_defaults=DEFAULTS, **changes))


def test_groups_are_in_alphabetical_order_and_number_their_sites() -> None:
    """Groups stand in order of their names, whatever the order of the file; sites are numbered through."""
    found = design()
    assert [(g.name, g.count, g.first_site, g.label) for g in found.groups] == [
        ("a_b", 3, 0, "a b"),
        ("z", 2, 3, "Zeta"),
    ]
    assert found.n_sites == 5
    assert found.site_labels() == ["a b 1", "a b 2", "a b 3", "Zeta 1", "Zeta 2"]
    assert Design(scenario_of()).site_labels() == ["s"]


def test_a_group_takes_from_the_defaults_what_it_leaves_out() -> None:
    """Each setting knows the path at which it stands, so that its draws belong to where it is written."""
    first, second = design().groups
    assert (first.settings.coordinators, first.paths["coordinators"]) == (5, "sites.a_b.coordinators")
    assert (first.settings.infusion_bays, first.paths["infusion_bays"]) == (4, "site_defaults.infusion_bays")
    assert first.paths["referrals_per_month"] == "site_defaults.referrals_per_month"
    assert (second.settings.referrals_per_month, second.settings.coordinators) == (3.0, None)
    assert second.paths["referrals_per_month"] == "sites.z.referrals_per_month"


def test_a_rate_of_null_is_that_of_the_defaults() -> None:
    """A group that writes `referrals_per_month: null` has said nothing."""
    group = Design(scenario_of(sites={"s": {"referrals_per_month": None}}, site_defaults=DEFAULTS)).groups[0]
    assert group.paths["referrals_per_month"] == "site_defaults.referrals_per_month"
    assert group.settings.referrals_per_month is not None


def test_referrals_a_month_of_all_sites() -> None:
    """Three sites at 2 on average, and two at 3; what is uncertain counts by its mean, also of a parameter."""
    assert design().referrals_per_month() == pytest.approx(12.0)
    rate = {"dist": "uniform", "low": 1.0, "high": {"uncertain": "uniform", "low": 3.0, "high": 5.0}}
    assert Design(scenario_of(sites={"s": {"count": 2, "referrals_per_month": rate}})).referrals_per_month() == (
        pytest.approx(5.0, rel=1e-3)
    )


def test_a_replication_ends_after_as_many_events_as_its_size_allows() -> None:
    """200,000, and 1,000 for each participant and site."""
    assert design(trial={"target": 45}).most_events == MOST_EVENTS + 1000 * (45 + 5) == 250_000


def test_arms_ways_out_and_weeks_are_in_order() -> None:
    """Codes are places in these orders; a week with a visit and a dose is one row."""
    found = design(
        trial={"target": 3},
        arms={"b": {"allocation": 2}, "a": {"doses": {"weeks": [0, 4], "cells_per_kg": 1.0}}},
        follow_up={
            "visit_weeks": [2, 4],
            "primary_endpoint_week": 4,
            "leaving": {"lost": {4: 0.1}, "death": {4: 0.1}},
        },
        caps={"y": {"randomised": 3}, "x": {"randomised": 4}},
    )
    assert [(arm.index, arm.name, arm.allocation) for arm in found.arms] == [(0, "a", 1), (1, "b", 2)]
    assert found.ways_out == ["death", "lost"]
    assert found.caps == ["x", "y"]
    assert found.row_of_week == {0.0: 0, 2.0: 1, 4.0: 2}
    assert (found.n_doses, design().n_doses) == (2, 0)
    assert found.column_index["leaving.lost"] == list(found.columns).index("leaving.lost")
    assert (design().ways_out, design().row_of_week) == ([], {})
