"""The log says when a risk strikes, and how many days it costs."""

from __future__ import annotations

import math
from typing import Any

from small_world import happened, world_of

from sim.processes.risks import StrikingRisks


def told(risk: dict[str, Any], **changes: Any) -> tuple[list[tuple[float, str, float]], float]:
    sites = {"s": {"count": 2, "referrals_per_month": 1.0, "activation_delay_days": 50.0}}
    world = world_of(**{"sites": sites, "risks": {"r": {"probability": 1.0, "days": 9.0, **risk}}, **changes})
    striking = StrikingRisks(world)
    world.env.begin(min(striking.first_day, 0.0))
    striking.begin()
    world.env.run_to_end()
    return [(e.day, e.kind, e.amount) for e in happened(world)], striking.first_day


def test_a_risk_to_activation_strikes_when_the_first_site_would_have_opened() -> None:
    assert told({}) == ([(50.0, "risk.struck", 9.0)], 50.0)


def test_a_risk_to_a_step_strikes_when_the_step_would_have_been_over() -> None:
    steps = {"start_up": {"contract": {"days": 30.0}}}
    sites = {"s": {"referrals_per_month": 1.0}}
    assert told({"step": "contract"}, site_defaults=steps, sites=sites)[0] == [(30.0, "risk.struck", 9.0)]


def test_a_risk_to_recruitment_strikes_and_is_over() -> None:
    rows, first = told({"delays": "recruitment", "from": "2020-01-11"})
    (start, *_), (over, *_) = rows
    assert [kind for _, kind, _ in rows] == ["risk.struck", "risk.over"]
    assert 10.0 <= start < 11.0
    assert (first, over) == (start, start + 9.0)


def test_what_does_not_strike_is_not_told() -> None:
    assert told({"probability": 0.0}) == ([], math.inf)
    assert told({}, trial={"start": {"never": 1.0}}) == ([], math.inf)
