"""What a scenario does not model is not told of it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import scenario_of

from sim.analysis.modelled import (
    has_bays,
    has_cells,
    has_coordinators,
    has_doses,
    has_follow_up,
    has_loss,
    has_outcome,
    has_value,
)

DOSES = {"arms": {"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}, "B": {}}}
CELLS = {
    "cells": {"source": "bank", "lots": {"culture_days": 1.0, "yield_cells": 1.0}},
    "patients": {"attributes": {"weight_kg": 1.0}},
}
BAYS = {"sites": {"s": {"referrals_per_month": 1.0, "infusion_bays": 2}}}


INTERIM = {"interims": {"look": {"at_randomised": 2, "stop": 0.1}}}
EVENTS = {"follow_up": {"visit_weeks": [4], "leaving": {"death": {4: 0.5}}, "primary_completion": {"events": 1}}}


@pytest.mark.parametrize(
    ("changes", "losses", "outcomes"),
    [
        ({}, [], []),
        (INTERIM, ["n_away_paused", "n_away_stopped"], ["stopped"]),
        (EVENTS, ["n_away_completed"], ["too_few_events"]),
        ({"screening": {"consent": 0.5}}, ["n_consent_refused"], []),
        ({"sites": {"s": {"referrals_per_month": 1.0, "max_participants": 90}}}, ["n_away_site_closed"], []),
        ({"caps": {"few": {"randomised": 90, "groups": "s"}}}, ["n_away_cap"], ["caps"]),
    ],
)
def test_what_cannot_happen_is_no_loss_and_no_ending(
    changes: dict[str, Any], losses: list[str], outcomes: list[str]
) -> None:
    scenario = scenario_of(**{"sites": {"s": {"referrals_per_month": 1.0}}, **changes})
    ways = (
        "n_away_paused",
        "n_consent_refused",
        "n_away_site_closed",
        "n_away_stopped",
        "n_away_completed",
        "n_away_cap",
    )
    assert [name for name in ways if has_loss(name, scenario)] == losses
    assert has_loss("n_away_target_met", scenario)
    assert [name for name in ("never_started", "caps", "too_few_events", "stopped") if has_outcome(name, scenario)] == (
        outcomes
    )
    assert has_outcome("horizon", scenario)


def test_defaults_are_said_of_what_a_trial_has() -> None:
    """No treatment without doses, no list with one arm, and of the list only what its method uses."""
    one = scenario_of(arms={"A": {}})
    assert not any(has_value(path, one) for path in ("treatment.bay_hours", "randomisation.method", "costs.lot"))
    two = scenario_of(**DOSES, randomisation={"method": "urn"})
    assert [has_value(f"randomisation.{key}", two) for key in ("method", "urn_start", "preferred_probability")] == [
        True, True, False,
    ]  # fmt: skip
    assert has_value("treatment.bay_hours", two)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        (DOSES, ["doses"]),
        (DOSES | CELLS, ["doses", "cells"]),
        (BAYS, []),
        (DOSES | BAYS, ["doses", "bays"]),
        ({"sites": {"s": {"referrals_per_month": 1.0, "coordinators": 2}}}, ["coordinators"]),
        ({"follow_up": {"visit_weeks": [4], "primary_endpoint_week": 4}}, ["follow_up"]),
    ],
)
def test_what_a_trial_has(changes: dict[str, Any], found: list[str]) -> None:
    scenario = scenario_of(**changes)
    asked = {
        "doses": has_doses,
        "cells": has_cells,
        "coordinators": has_coordinators,
        "bays": has_bays,
        "follow_up": has_follow_up,
    }
    assert [name for name, has in asked.items() if has(scenario)] == found
