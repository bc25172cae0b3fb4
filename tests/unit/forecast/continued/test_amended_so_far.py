"""Which amendments are in force at the end of the data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.forecast.continued.amended_so_far import AmendedSoFar, amended_so_far


def so_far(shift: float = 0.0, **rules: dict[str, Any]) -> AmendedSoFar:
    """Of data in which the k-th is randomised on day 2 k - 2, up to day 99."""
    scenario = scenario_of(
        trial={"enrolment_opens": FIRST - timedelta(days=int(shift)), "target": 100},
        amendments={name: {"consent": 0.5, **rule} for name, rule in rules.items()},
    )
    return amended_so_far(scenario, trial_with(EVERY_TWO), shift)


@pytest.mark.parametrize(
    ("rule", "in_force", "n_notes"),
    [
        ({"at_month": 2}, True, 1),
        ({"at_month": 2, "after_days": 60.0}, False, 1),
        ({"at_month": 4}, False, 0),
        ({"at_randomised": 50}, True, 1),
        ({"at_randomised": 51}, False, 0),
        ({"on": FIRST + timedelta(days=98)}, True, 1),
        ({"on": FIRST + timedelta(days=100)}, False, 0),
        ({"on": FIRST + timedelta(days=20), "if_fewer_than": 10}, False, 1),
        ({"on": FIRST + timedelta(days=20), "if_fewer_than": 11}, True, 1),
        ({"at_month": 2, "consent": None, "referrals_times": 2.0}, False, 1),
    ],
)
def test_whose_consent_is_in_force(rule: dict[str, Any], in_force: bool, n_notes: int) -> None:
    """By its moment and how many were randomised by then; ten were on day 20."""
    found = so_far(a=rule)
    assert found.consent == ("a" if in_force else "")
    assert len(found.notes) == n_notes
    assert set(found.now.amendments) == ({"a"} if in_force else set())
    if in_force:
        assert found.now.amendments["a"].at_month == 0.0


def test_the_last_that_came_into_force_holds() -> None:
    assert so_far(a={"at_month": 2}, b={"at_month": 1}).consent == "a"
    assert so_far(a={"at_month": 2, "groups": "s"}, b={"at_month": 1}).consent == "b", (
        "that of some groups is not all's"
    )


def test_without_amendments_there_is_nothing_to_know() -> None:
    found = amended_so_far(scenario_of(), trial_with(EVERY_TWO), 0.0)
    assert (found.consent, found.notes) == ("", ())


def test_days_of_the_data_are_the_scenario_s() -> None:
    """Data that begin fifty days after day 0: the randomisation of day 98 is on day 148 of the scenario."""
    assert so_far(50.0, a={"at_month": 4}).consent == "a"
    assert so_far(0.0, a={"at_month": 4}).consent == ""
