"""What is known to change a rate: days around New Year, and open sites."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.exchange.observed import ObservedTrial, SiteRecord
from sim.forecast.rate.recruitment import rest_of_recruitment
from sim.forecast.rate.settings import SETTINGS, NormalPrior
from sim.forecast.rate.terms import Closings, OpenSites, YearEnd, terms

RANDOM = np.random.default_rng(1)
PRIOR = NormalPrior(0.5, 0.3)


def sites_term(**changes: object) -> OpenSites:
    made = OpenSites(PRIOR, np.array([0.0, 10.0, 20.0]), np.array([15.0]), np.zeros(0), 30.0, SETTINGS, 100.0)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_days_around_new_year_are_a_share_of_each_bin() -> None:
    """From 20 December to 2 January, both among them: fourteen days; the trial begins on 2 January 2023."""
    term = YearEnd(PRIOR, trial_with(EVERY_TWO))
    assert date(2023, 1, 2) == FIRST
    year_end = (date(2023, 12, 20) - FIRST).days
    edges = np.array([0.0, 1.0, 2.0, year_end - 1, year_end, year_end + 14, year_end + 28])
    assert term.past(edges).tolist() == pytest.approx([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    assert term.past(np.array([year_end - 7.0, year_end + 7.0])).tolist() == pytest.approx([0.5])
    assert term.ahead(edges, 5, RANDOM).tolist() == [term.past(edges).tolist()]


def test_open_sites_count_from_their_opening_to_their_closing() -> None:
    """log(1 + n), at the middle of each bin."""
    found = sites_term().past(np.array([0.0, 8.0, 12.0, 22.0, 40.0]))
    assert np.expm1(found).tolist() == pytest.approx([1.0, 1.0, 1.0, 2.0])
    assert sites_term().value_now == pytest.approx(np.log1p(2))


AHEAD = np.array([100.0, 110.0, 130.0, 170.0])


def test_sites_go_on_opening_as_of_late_and_ever_more_slowly() -> None:
    """More and more, but never beyond what the fading rate adds up to; nobody who opened of late, hardly any."""
    term = sites_term(opened=np.array([0.0, 10.0, 70.0, 80.0, 90.0]), closed=np.zeros(0))
    found = np.expm1(term.ahead(AHEAD, 2000, np.random.default_rng(2)))
    assert np.all(np.diff(found, axis=1) >= 0)
    window, fades = 60.0, SETTINGS.opening_fades * 100.0
    per_day = 3.5 / (window + 30.0)
    expected = 5 + per_day * fades * (1 - np.exp(-np.array([5.0, 20.0, 50.0]) / fades))
    error = 4 * found.std(axis=0) / np.sqrt(2000)
    assert np.all(np.abs(found.mean(axis=0) - expected) < error)


def test_a_plan_says_when_sites_open_each_a_little_late() -> None:
    """Planned for days 105 and 50, which has passed: both come, delayed by ten days on average."""
    term = sites_term(planned=np.array([105.0, 50.0]), late_days=10.0)
    found = np.expm1(term.ahead(np.array([100.0, 140.0, 500.0]), 4000, np.random.default_rng(3)))
    expected = 2 + (1 - np.exp(-1.5)) + (1 - np.exp(-2.0))
    assert abs(found[:, 0].mean() - expected) < 4 * found[:, 0].std() / np.sqrt(4000)
    assert np.all(found[:, 1] == pytest.approx(4.0))


def test_what_somebody_says_of_sites_to_come_holds() -> None:
    """Two a month: one after half a month; none; or complete."""
    month = 365.25 / 12
    edges = 100.0 + month * np.array([0.0, 1.0, 2.0])
    assert np.expm1(sites_term(a_month=2.0).ahead(edges, 2, RANDOM))[0].tolist() == pytest.approx([3.0, 5.0])
    assert np.expm1(sites_term(a_month=0.0).ahead(edges, 2, RANDOM))[0].tolist() == pytest.approx([2.0, 2.0])
    assert np.expm1(sites_term(is_complete=True).ahead(edges, 2, RANDOM)).tolist() == [pytest.approx([2.0, 2.0])]


def test_a_closed_site_takes_its_share_of_the_rate_with_it() -> None:
    """Four sites alike, and none to come: two that close after 70 days leave half; all four end recruitment."""
    trial = trial_with(np.arange(200) + 0.5, sites=4, sites_a_month=0.0)
    trial = replace(trial, people=replace(trial.people, site=np.arange(200) % 4))

    def closing(*after: float | None) -> ObservedTrial:
        days = [None if day is None else trial.now + day for day in after]
        return replace(trial, sites=tuple(replace(s, closing=day) for s, day in zip(trial.sites, days, strict=True)))

    edges = trial.now + np.array([0.0, 70.0, 80.0, 1000.0])
    *_, term = terms(closing(70.0, None, 75.0, None), SETTINGS)
    assert isinstance(term, Closings)
    assert np.exp(term.ahead(edges, 1, RANDOM))[0].tolist() == pytest.approx([1.0, 0.625, 0.5], abs=0.005)
    assert term.past(edges).tolist() == [0.0, 0.0, 0.0]
    assert closing(70.0, 70.0, 70.0, None).recruits_until == np.inf
    assert closing(70.0, 70.0, 90.0, 70.0).recruits_until == trial.now + 90.0
    assert not np.isfinite(closing(-5.0, None, None, None).closings).any(), "it was to be closed by now, and is open"
    few = replace(SETTINGS, draws=20)
    assert rest_of_recruitment(closing(70.0, 70.0, 90.0, 70.0), 9999, few).last_day(9999).max() == trial.now + 90.0


def test_sites_to_come_make_up_for_those_that_close() -> None:
    """One of two closes on day 110; two more open at once, of which one closes again on day 140."""
    here = sites_term(planned=np.array([90.0, 90.0]), planned_until=np.array([np.inf, 140.0]), late_days=1e-6)
    term = Closings(np.array([110.0]), np.array([0.5]), here)
    found = np.exp(term.ahead(np.array([100.0, 120.0, 160.0, 180.0]), 1, RANDOM))[0]
    assert found.tolist() == pytest.approx([(4 - 0.5) / 4, 2 / 3, 2 / 3])


def test_terms_are_those_that_the_data_allow() -> None:
    """A calendar has New Year; sites that are told apart have openings, from their table or their first persons."""
    assert [type(term) for term in terms(trial_with(EVERY_TWO), SETTINGS)] == [YearEnd]
    assert terms(trial_with(EVERY_TWO, has_calendar=False), SETTINGS) == []
    _, term = terms(trial_with(EVERY_TWO, sites=2), SETTINGS)
    assert isinstance(term, OpenSites)
    assert term.opened.tolist() == [0.5, 50.5]
    table = (
        SiteRecord("a", activated=3.0, planned=1.0),
        SiteRecord("b", planned=150.0),
        SiteRecord("c", activated=9.0, closed=20.0),
    )
    _, term = terms(replace(trial_with(EVERY_TWO), sites=table), SETTINGS)
    assert isinstance(term, OpenSites)
    assert (term.opened.tolist(), term.closed.tolist(), term.planned.tolist()) == ([3.0, 9.0], [20.0], [150.0])
    assert term.late_days == 2.0, "as late as those that have opened"
