"""What the data say, of data that say it plainly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, WITH_GAP, trial_with

from sim.errors import UsageError
from sim.exchange.observed import FAILED, Funnel, ObservedTrial, People, SiteRecord, nobody
from sim.forecast.fit.study import PassFraction, fit

NAN = np.nan


def test_fractions_have_jeffreys_prior() -> None:
    assert PassFraction("x", 7, 9).mean == pytest.approx(7.5 / 10)
    assert PassFraction("x", 0, 0).mean == 0.5


@pytest.fixture(scope="module")
def screened() -> ObservedTrial:
    """Fifty randomised after four days of screening, one every two days, and ten who failed on the day."""
    columns = nobody(60)
    columns["screened"] = np.concatenate([EVERY_TWO - 4, np.arange(10) * 9.0])
    columns["randomised"] = np.concatenate([EVERY_TWO, np.full(10, NAN)])
    columns["ended"] = np.concatenate([np.full(50, NAN), np.arange(10) * 9.0])
    columns["status"][50:] = FAILED
    trial = trial_with(EVERY_TWO)
    return replace(trial, people=People(**columns), has_screening=True)


def test_screening_is_a_share_and_days(screened: ObservedTrial) -> None:
    found = fit(screened, 100, weeks=12.0)
    assert [(step.name, step.passed, step.total) for step in found.funnel] == [("screening", 50.0, 60.0)]
    assert found.fails_at_once
    assert set(found.screening_days) == {4.0}
    assert (found.weeks, found.is_length_given, found.leaving) == (12.0, True, ())
    assert found.target == 100
    assert found.until == screened.last


def test_counts_have_a_funnel_of_their_own() -> None:
    """100 screened, 60 eligible, 50 randomised; the top of it is referred."""
    trial = trial_with(EVERY_TWO)
    one = np.array([0.0])
    funnel = Funnel(one, np.array([99.0]), np.array([100.0]), np.array([60.0]), np.array([50.0]), np.array([NAN]))
    found = fit(replace(trial, funnel=funnel), 100)
    assert [(step.name, step.passed, step.total) for step in found.funnel] == [
        ("eligibility", 60.0, 100.0),
        ("enrolment", 50.0, 60.0),
    ]
    assert found.counts.tolist() == [100.0]
    assert fit(trial, 100).funnel == ()


def test_sites_have_their_own_rates_months_and_plans() -> None:
    """A site from day 0 with 25, a later one with 25, one that is still to come: the faster one is the later."""
    trial = trial_with(EVERY_TWO, sites=2)
    opened = (
        SiteRecord("a", activated=0.0),
        SiteRecord("b", activated=50.0, closed=99.0),
        SiteRecord("c", planned=120.0),
    )
    found = fit(replace(trial, sites=opened), 100)
    assert found.names == ("a", "b", "c")
    assert found.is_opening_known
    assert found.opened.tolist()[:2] == [0.0, 50.0]
    assert np.isnan(found.opened[2])
    assert found.planned[2] == 120.0
    assert found.counts.tolist() == [25.0, 25.0, 0.0]
    assert found.rates.mean[1] > found.rates.mean[0]
    assert (found.rates.shape[2], found.rates.exposure[2]) == (found.rates.prior.shape, found.rates.prior.exposure)


def test_it_learns_until_the_target_was_met() -> None:
    """What came after the fortieth says nothing of recruitment."""
    found = fit(trial_with(EVERY_TWO), 40)
    assert (found.trial.n_randomised, found.until) == (40, trial_with(EVERY_TWO).date_of(78.5))


def test_nobody_is_nothing_to_learn_from() -> None:
    empty = replace(trial_with(EVERY_TWO), people=People(**nobody(0)))
    with pytest.raises(UsageError, match="nobody is randomised"):
        fit(empty)


def test_the_rate_ahead_of_a_steady_trial_is_near_the_rate_now() -> None:
    median, sigma = fit(trial_with(EVERY_TWO, has_calendar=False), 100).ahead
    assert median == pytest.approx(1.0, abs=0.35)
    assert 0.01 <= sigma < 1.0


def test_a_gap_is_asked_about_with_both_dates_where_a_target_is_ahead() -> None:
    asked = fit(trial_with(WITH_GAP), 120).doubts
    assert [doubt.option for doubt in asked] == ["--closed 2023-02-20..2023-04-21"]
    assert asked[0].otherwise is not None
    assert asked[0].as_is is not None
    assert asked[0].otherwise < asked[0].as_is
    assert fit(trial_with(WITH_GAP)).doubts == ()
