"""The log says when each step is over; a shared one is told once."""

from __future__ import annotations

import math
from typing import Any

from small_world import happened, world_of

from sim.core import events
from sim.processes.start_up import StartUpSteps

STEPS: dict[str, Any] = {
    "approval": {"days": 60.0, "each": "country"},
    "contract": {"days": 30.0},
    "initiation": {"days": 10.0, "after": ["approval", "contract"]},
}


def told(**changes: Any) -> tuple[list[tuple[float, int, float, int, float]], float]:
    sites = {"s": {"count": 2, "referrals_per_month": 1.0, "country": "DE"}}
    world = world_of(sites=sites, **changes)
    steps = StartUpSteps(world)
    world.env.begin(min(steps.first_day, 0.0))
    steps.begin()
    world.env.run_to_end()
    rows = [(row[0], row[2], row[4], row[5], row[6]) for row in world.log.rows if row[1] == events.STEP_DONE]
    assert len(rows) == len(happened(world))
    return rows, steps.first_day


def test_each_step_is_told_on_its_day_with_the_days_that_it_took() -> None:
    """(day, site, whom it is for, step, days): the contract of each site, the country's approval once."""
    rows, first = told(site_defaults={"start_up": STEPS})
    assert rows == [
        (30.0, 0, 0, 1, 30.0),
        (30.0, 1, 0, 1, 30.0),
        (60.0, -1, 2, 0, 60.0),
        (70.0, 0, 0, 2, 10.0),
        (70.0, 1, 0, 2, 10.0),
    ]
    assert first == 30.0


def test_steps_may_be_over_before_day_0() -> None:
    rows, first = told(site_defaults={"start_up": {"contract": {"days": 30.0}}, "lead_days": 50.0})
    assert [row[0] for row in rows] == [-20.0, -20.0]
    assert first == -20.0


def test_without_steps_or_a_start_nothing_is_told() -> None:
    assert told() == ([], math.inf)
    assert told(site_defaults={"start_up": STEPS}, trial={"start": {"never": 1.0}}) == ([], math.inf)
