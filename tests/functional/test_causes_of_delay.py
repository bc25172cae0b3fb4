"""Days lost to causes, of trials in which they are known."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import scenario_of

from sim.core.clock import MONTH_DAYS
from sim.experiment.explanation.causes import TOGETHER, TOO_FEW_SITES, causes_of_delay
from sim.experiment.explanation.study import Explanation, Study, explain
from sim.scenario.schema import Scenario

N = 96
RAMP, START = 100.0, 0.25


def lost(explained: Explanation, cause: str) -> pd.Series:
    """The row of a cause, for the last randomisation."""
    found = explained.causes.set_index(["outcome", "cause"]).loc[("last_randomised", cause)]
    assert isinstance(found, pd.Series)
    return found


def test_days_lost_to_ramp_up_are_the_area_above_it() -> None:
    """From a quarter of the rate to all of it in 100 days loses three quarters of 50 days."""
    scenario = scenario_of(
        trial={"target": 30},
        sites={"s": {"referrals_per_month": 3.0, "ramp_up": {"start_fraction": START, "days": RAMP}}},
    )
    row = lost(explain(Study(scenario, N, seed=3)), "ramp_up")
    assert row["lost"] == pytest.approx((1 - START) * RAMP / 2, abs=0.01)


def test_days_lost_to_a_period_are_its_length_times_what_it_takes() -> None:
    """20 days at half the rate lose 10; causes that do not overlap add up."""
    scenario = scenario_of(
        trial={"target": 30},
        calendar={
            "periods": {
                "slow": {"from": "2020-02-01", "to": "2020-02-20", "factor": 0.5},
                "slower": {"from": "2020-03-01", "to": "2020-03-10", "factor": 0.2},
            }
        },
    )
    found = explain(Study(scenario, N, seed=3))
    assert lost(found, "calendar.periods.slow")["lost"] == pytest.approx(10.0, abs=1e-6)
    assert lost(found, "calendar.periods.slower")["lost"] == pytest.approx(8.0, abs=1e-6)
    assert lost(found, TOGETHER)["lost"] == pytest.approx(18.0, abs=1e-6)


def test_only_causes_that_a_scenario_has_are_named(base: Scenario) -> None:
    """The simplest trial has no cause of delay; base has every criterion, each period, and all kinds of rules."""
    assert [cause.name for cause in causes_of_delay(scenario_of())] == [TOO_FEW_SITES]
    found = {cause.name: cause for cause in causes_of_delay(base)}
    assert {f"screening.criteria.{name}" for name in base.screening.criteria} <= set(found)
    assert "calendar.periods.new_year" in found  # all of them are one cause
    assert not any(name.startswith("calendar.periods.new_year_") for name in found)
    rest = {
        "start_up",
        "ramp_up",
        "coordinators",
        "sentinels",
        "board_review",
        "cells",
        "bays",
        "replacement",
        "consent",
    }
    assert rest <= set(found)
    assert "closing" not in found
    assert list(found)[-1] == TOGETHER
    assert found["sentinels"].scenario.oversight.sentinels is None
    assert found["sentinels"].scenario.oversight.board_review == base.oversight.board_review
    assert found[TOGETHER].scenario.screening.criteria == {}
    counts = [sum(group.count for group in s.sites.values()) for s in (base, found[TOGETHER].scenario)]
    assert counts[0] == counts[1], "with the sites there are"
    whole = {cause.name for cause in causes_of_delay(base, parts=False)}
    assert whole == {name for name, cause in found.items() if not cause.part_of} - {TOGETHER}
    assert {cause.part_of for cause in found.values()} == {"", "calendar", "criteria"}


def test_results_on_the_day_leave_coordinators_free_and_it_is_said() -> None:
    """With one coordinator for 50 days each, screening costs the queue as well; with any number, its own 50 days."""
    site: dict[str, object] = {}
    for coordinators, words in ((None, "results on the day"), (1, "results on the day, coordinators free too")):
        site = {"count": 1, "referrals_per_month": 30.0, "coordinators": coordinators}
        found = {
            cause.name: cause for cause in causes_of_delay(scenario_of(sites={"s": site}, screening={"days": 50.0}))
        }
        assert found["screening_days"].without == words
    scenario = scenario_of(trial={"target": 5}, sites={"s": site}, screening={"days": 50.0})
    found = explain(Study(scenario, N, seed=1))
    arrivals = 4 * MONTH_DAYS / 30.0  # from the first patient to the fifth
    error = 4 * 2 * MONTH_DAYS / 30.0 / N**0.5
    assert lost(found, "screening_days")["lost"] == pytest.approx(5 * 50.0 - arrivals, abs=error)
    assert lost(found, "coordinators")["lost"] == pytest.approx(4 * 50.0 - arrivals, abs=error)


def test_twice_the_sites_halve_the_time() -> None:
    """Twice as many of a site that refers without end take half as long, in the mean."""
    found = explain(Study(scenario_of(trial={"target": 30, "horizon_months": 240}), N, seed=3))
    row, mean = lost(found, TOO_FEW_SITES), found.base["day_last_randomised"][: N // 2].mean()
    assert row["lost_low"] - 10 < mean / 2 < row["lost_high"] + 10


def test_a_cause_that_changes_nothing_costs_exactly_nothing() -> None:
    """A thousand coordinators are as good as any number of them, in every trial."""
    scenario = scenario_of(site_defaults={"coordinators": 1000}, screening={"days": 3.0})
    row = lost(explain(Study(scenario, N, seed=3)), "coordinators")
    assert (row["lost"], row["lost_low"], row["lost_high"], row["n_changed"]) == (0.0, 0.0, 0.0, 0)
