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


def test_sites_that_are_opened_later_share_what_is_done_once() -> None:
    """From day 100: contracts until 130, the country's approval until 160, initiations until 170; then from 200."""
    sites = {"s": {"count": 2, "referrals_per_month": 1.0, "country": "DE"}}
    world = world_of(sites=sites, site_defaults={"start_up": STEPS}, trial={"start": {"never": 1.0}})
    planned: list[tuple[str, str | None, float]] = []
    steps = StartUpSteps(world, lambda *what: planned.append(what))
    (group,) = world.design.groups
    assert steps.open(group, [0], 100.0) == [170.0]
    assert steps.open(group, [1], 200.0) == [240.0], "the approval is there"
    world.env.run_to_end()
    rows = [(row[0], row[2], row[4], row[5], row[6]) for row in world.log.rows]
    assert rows == [
        (130.0, 0, 0, 1, 30.0),
        (160.0, -1, 2, 0, 60.0),
        (170.0, 0, 0, 2, 10.0),
        (230.0, 1, 0, 1, 30.0),
        (240.0, 1, 0, 2, 10.0),
    ]
    assert planned[:4] == [
        ("s", "approval", 160.0),
        ("s", "contract", 130.0),
        ("s", "initiation", 170.0),
        ("s", None, 170.0),
    ]
    assert planned[4:] == [("s", "contract", 230.0), ("s", "initiation", 240.0), ("s", None, 240.0)]
