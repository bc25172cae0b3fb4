"""Risks of a scenario, made ready."""

from __future__ import annotations

from conftest import scenario_of

from sim.core.clock import Clock
from sim.core.risks import risks_of

SITES = {
    "a": {"referrals_per_month": 1.0, "country": "DE"},
    "b": {"referrals_per_month": 1.0, "country": "FR"},
    "c": {"referrals_per_month": 1.0, "country": "DE"},
}
CLOSED = {"probability": 0.5, "days": 9, "delays": "recruitment"}


def test_each_has_its_groups_and_the_days_between_which_it_may_strike() -> None:
    """In alphabetical order; both dates are among the days; what begins before day 0 may strike from day 0 on."""
    scenario = scenario_of(
        sites=SITES,
        risks={
            "z": {"probability": 0.5, "days": 9, "country": "DE"},
            "b": {**CLOSED, "from": "2020-01-11", "to": "2020-01-20", "groups": "b"},
            "a": {**CLOSED, "from": "2019-12-01", "to": "2020-01-02"},
            "c": {**CLOSED, "from": "2020-01-11"},
        },
    )
    found = risks_of(scenario, Clock(scenario.trial.enrolment_opens))
    assert [(risk.code, risk.name, sorted(risk.groups), risk.window) for risk in found] == [
        (0, "a", ["a", "b", "c"], (0.0, 2.0)),
        (1, "b", ["b"], (10.0, 20.0)),
        (2, "c", ["a", "b", "c"], (10.0, 11.0)),
        (3, "z", ["a", "c"], (0.0, 0.0)),
    ]
