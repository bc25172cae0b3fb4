"""What data teach of rates: gamma posteriors in closed form, and the plan as far as it weighs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.observed import KnownPerson, KnownSite
from sim.forecast.continued.learnt_rates import PLAN_KEPT, CalendarTerm, LearntRates, PlanWeight, group_of, mean_of
from sim.forecast.continued.plan_rates import planned_site
from sim.forecast.fit.scenario import FITTED
from sim.forecast.rate.outlook import look_ahead
from sim.forecast.rate.terms import YearEnd

DRAWS = 4000
MONTHS = 99 / MONTH_DAYS


def learnt(n_here: int = 30, **changes: Any) -> LearntRates:
    """Two of three sites are open from day 0 on: so many of fifty randomised at the first, the rest at the second."""
    sites = {"s": {"count": 3, "referrals_per_month": 10.0, "between_site_cv": 0.5}}
    scenario = scenario_of(**{"trial": {"enrolment_opens": FIRST}, "sites": sites, **changes})
    design = Design(scenario)
    people = tuple(
        KnownPerson(("s", 0 if i < n_here else 1), float(day), float(day)) for i, day in enumerate(EVERY_TWO)
    )
    opened = {("s", row): KnownSite(activated=0.0) for row in (0, 1)}
    plans = {group.name: planned_site(group) for group in design.groups}
    return LearntRates(design, trial_with(EVERY_TWO), 0.0, 0.5, plans, opened, people, 5)


def test_constant_rates_are_gamma_posteriors() -> None:
    """Prior of shape 4 and mean 5 a month (half of ten get in): after 30 in 99 days, (4 + 30) / (4/5 + 3.25)."""
    found = learnt().constant_rates([("s", 0), ("s", 1)], DRAWS)
    for column, n in enumerate((30, 20)):
        shape, exposure = 4 + n, 4 / 5 + MONTHS
        error = 4 * np.sqrt(shape) / exposure / np.sqrt(DRAWS)
        assert abs(found[:, column].mean() - shape / exposure) < error
        assert found[:, column].std() == pytest.approx(np.sqrt(shape) / exposure, rel=0.06)


def test_the_weight_of_the_plan_beside_constant_rates_is_told() -> None:
    """4/5 of a month of each of two sites beside 99 days; a plan without doubt outweighs them."""
    keys = [("s", 0), ("s", 1)]

    def told(**changes: Any) -> str:
        rates = learnt(**changes)
        rates.posterior(100)
        (note,) = rates.notes(keys, is_constant=True)
        return note

    assert f"weighs {100 * 0.8 / (0.8 + MONTHS):.0f} %" in told()
    assert "uncertain number" not in told()
    sure = told(sites={"s": {"count": 3, "referrals_per_month": 10.0}})
    assert f"weighs {100 * 80 / (80 + MONTHS):.0f} %" in sure
    assert "referrals_per_month as an uncertain number" in sure
    assert learnt().notes(keys, is_constant=True) == []


def test_a_fitted_scenario_is_its_own_posterior() -> None:
    """The data are in it already: they are not counted twice."""
    found = learnt(bibliography={FITTED: "Fit to x"}).constant_rates([("s", 0)], DRAWS)
    assert found.mean() == pytest.approx(5.0, rel=0.05)


def test_the_drifting_rate_is_divided_among_the_sites() -> None:
    """The parts add up to the whole, and are as the counts are, drawn toward each other."""
    rates = learnt(n_here=40)
    posterior = rates.posterior(100)
    outlook = look_ahead(posterior, draws=400)
    found = rates.divided([("s", 0), ("s", 1)], posterior, outlook)
    total = np.exp(outlook.own_now) * MONTH_DAYS / 7
    assert found.sum(axis=1) == pytest.approx(total)
    share = float((found[:, 0] / total).mean())
    assert 0.7 < share < 0.8


def test_the_plan_is_a_prior_as_far_as_plans_have_been_right() -> None:
    """Two open sites of ten referrals of whom half get in: ten a month."""
    rates = learnt()
    rates.posterior(100)
    assert rates.plan is not None
    assert rates.plan.per_month == pytest.approx(10.0)
    assert 0 < rates.plan.weight < 0.3
    assert f"times {PLAN_KEPT}" in str(rates.plan)
    fitted = learnt(bibliography={FITTED: "Fit to x"})
    fitted.posterior(100)
    assert fitted.plan is None, "what was fitted to data is no plan"
    assert "weighs 25 %" in str(PlanWeight(10.0, 0.25))


def test_open_sites_teach_of_those_to_come_only_what_they_share() -> None:
    """Nothing where rates are known; of an uncertain common rate, a gamma factor on it."""
    assert learnt().lessons(DRAWS) == {}
    shared = {"s": {"count": 3, "referrals_per_month": {"uncertain": "gamma", "mean": 10.0, "cv": 0.5}}}
    rates = learnt(sites=shared)
    found = rates.lessons(DRAWS)["s"]
    shape, expected = 4.0, 2 * 5.0 * MONTHS
    assert found.mean() == pytest.approx((shape + 50) / (shape + expected), rel=0.03)
    all_open = {"s": {"count": 2, "referrals_per_month": shared["s"]["referrals_per_month"]}}
    assert learnt(sites=all_open).lessons(DRAWS) == {}


def test_the_scenario_s_calendar_takes_the_place_of_new_year() -> None:
    """Its factor, as the log of what each bin holds."""
    rates = learnt(calendar={"by_month": {"2": 0.5}})
    kinds = [type(term) for term in rates._terms()]
    assert CalendarTerm in kinds
    assert YearEnd not in kinds
    term = CalendarTerm(trial_with(EVERY_TWO), np.concatenate(([0.0], np.cumsum([1.0, 1.0, 0.5, 0.5, 2.0]))))
    assert np.exp(term.past(np.array([0.0, 2.0, 4.0, 5.0]))).tolist() == pytest.approx([1.0, 0.5, 2.0])
    assert term.ahead(np.array([0.0, 2.0]), 5, np.random.default_rng(0)).shape == (1, 1)


def test_means_and_groups() -> None:
    design = Design(scenario_of(sites={"a": {"referrals_per_month": 1.0}, "b": {"referrals_per_month": 2.0}}))
    assert group_of(design, ("b", 0)).name == "b"
    assert mean_of(3) == 3.0
    assert mean_of(design.scenario.sites["a"].referrals_per_month) == 1.0
