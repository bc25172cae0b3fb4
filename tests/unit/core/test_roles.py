"""What one family of processes may ask of another is there in those that play the part."""

from __future__ import annotations

from typing import Any

import pytest
from small_world import trial_of

from sim.core.roles import Capping, Claim, Holding, Pausing, Recruiting, Supply
from sim.processes.caps import Caps
from sim.processes.cells import AlwaysThere, Bank, MadeToOrder, Unlimited
from sim.processes.oversight import Board
from sim.processes.stock import StockClaim


def members(role: Any) -> set[str]:
    """What a role names: its methods, and the attributes that it declares."""
    return {name for name in (*vars(role), *role.__annotations__) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("role", "player"),
    [
        (Supply, Unlimited),
        (Supply, Bank),
        (Supply, MadeToOrder),
        (Claim, AlwaysThere),
        (Capping, Caps),
    ],
)
def test_a_class_has_what_its_role_names(role: Any, player: Any) -> None:
    assert members(role) - set(dir(player)) == set()


def test_what_is_set_up_has_what_its_role_names() -> None:
    """Attributes that a process gets when a trial is wired are there too."""
    trial = trial_of(cells={"source": "bank", "lots": {"culture_days": 1.0, "yield_cells": 1.0}})
    claim = StockClaim(trial.cells._stock, 1.0)  # type: ignore[union-attr]
    for role, player in (
        (Recruiting, trial.enrolment),
        (Pausing, trial.enrolment),
        (Holding, trial.board),
        (Claim, claim),
    ):
        assert members(role) - set(dir(player)) == set(), player
    assert isinstance(trial.board, Board)
