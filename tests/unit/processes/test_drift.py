"""The log says twice a year how fast sites refer, while recruitment is open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from small_world import happened, world_of

from sim.processes.drift import DriftingRates

SITES = {code: {"country": code.upper(), "referrals_per_month": 1.0} for code in ("de", "fr")}


def told(closes: float | None = None, **changes: Any) -> tuple[list[tuple[float, float, float]], Any]:
    """(day, whose, factor) in a trial of 20 months, of which recruitment may close."""
    trial = {"target": 9, "horizon_months": 20, **changes.pop("trial", {})}
    world = world_of(**{"sites": SITES, "trial": trial, **changes})
    gate = SimpleNamespace(recruiting=True)
    DriftingRates(world, gate)  # type: ignore[arg-type]
    if closes is not None:
        world.env.call_at(closes, lambda: setattr(gate, "recruiting", False))
    world.env.run_to_end()
    return [(e.day, e.number, e.amount) for e in happened(world)], world


def test_every_half_year_the_factor_of_its_step() -> None:
    """Three times in twenty months, for all and for each country where these drift for themselves."""
    rows, world = told(drift={"common": 0.5})
    assert [(day, whose) for day, whose, _ in rows] == [(182.0, 0), (364.0, 0), (546.0, 0)]
    paths = world.batch.drift
    for day, _, factor in rows:
        step = int(paths.edges.searchsorted(day, side="right")) - 1
        assert paths.edges[step] <= day < paths.edges[step + 1]
        assert factor == pytest.approx(float(paths.factor(None)[0, step]))
    assert {whose for _, whose, _ in told(drift={"by_country": 0.5})[0]} == {0, 1, 2}


def test_nothing_is_told_once_recruitment_is_closed_or_where_there_is_no_drift() -> None:
    assert [day for day, _, _ in told(200.0, drift={"common": 0.5})[0]] == [182.0]
    assert told()[0] == []
    assert told(drift={"common": 0.5}, trial={"start": {"never": 1.0}})[0] == []
