"""What a scenario does not model is not told of it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import scenario_of

from sim.analysis.modelled import has_bays, has_cells, has_coordinators, has_doses, has_follow_up

DOSES = {"arms": {"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}, "B": {}}}
CELLS = {
    "cells": {"source": "bank", "lots": {"culture_days": 1.0, "yield_cells": 1.0}},
    "patients": {"attributes": {"weight_kg": 1.0}},
}
BAYS = {"sites": {"s": {"referrals_per_month": 1.0, "infusion_bays": 2}}}


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
