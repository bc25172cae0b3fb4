"""What a scenario expects of its sites, in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.design import Design
from sim.forecast.continued.plan_rates import planned_openings, planned_site, share_randomised


def site(**settings: Any) -> Any:
    return planned_site(
        Design(scenario_of(sites={"s": {"count": 3, "referrals_per_month": 4.0, **settings}})).groups[0]
    )


def test_a_fixed_rate_is_sure() -> None:
    found = site()
    assert (found.mean, found.cv, found.shared_cv) == (4.0, 0.0, 0.0)


def test_variation_between_sites_is_not_shared() -> None:
    assert (site(between_site_cv=0.5).cv, site(between_site_cv=0.5).shared_cv) == (pytest.approx(0.5), 0.0)


def test_what_is_uncertain_is_shared_and_what_varies_is_not() -> None:
    """Gamma rates of cv 0.6, with and without 0.5 between sites: squares add up with their product."""
    gamma = {"mean": 4.0, "cv": 0.6}
    shared = site(referrals_per_month={"uncertain": "gamma", **gamma}, between_site_cv=0.5)
    assert shared.mean == pytest.approx(4.0, rel=1e-3)
    assert shared.cv == pytest.approx(np.sqrt(1.36 * 1.25 - 1), rel=0.01)
    assert shared.shared_cv == pytest.approx(0.6, rel=0.01)
    own = site(referrals_per_month={"dist": "gamma", **gamma})
    assert (own.cv, own.shared_cv) == (pytest.approx(0.6, rel=0.01), 0.0)


def test_sites_that_never_enrol_lower_the_mean_and_raise_the_spread() -> None:
    """A quarter: mean 3, variance (mean square 16 x 3/4) - 9 = 3."""
    found = site(never_enrols=0.25)
    assert found.mean == pytest.approx(3.0)
    assert found.cv == pytest.approx(np.sqrt(3.0) / 3.0)


def test_an_uncertain_parameter_counts_by_its_mean() -> None:
    rate = {"dist": "uniform", "low": 2.0, "high": {"uncertain": "uniform", "low": 4.0, "high": 8.0}}
    assert site(referrals_per_month=rate).mean == pytest.approx(4.0, rel=1e-3)


def test_openings_as_planned() -> None:
    """The median of the delay, less the lead; a group without sites has none."""
    sites = {
        "a": {"count": 2, "referrals_per_month": 1.0, "activation_delay_days": 50.0, "lead_days": 20.0},
        "b": {"count": 0, "referrals_per_month": 1.0},
        "c": {"referrals_per_month": 1.0, "opens": "2020-01-11"},
    }
    found = planned_openings(Design(scenario_of(sites=sites)), 1)
    assert found == {("a", 0): 30.0, ("a", 1): 30.0, ("c", 0): 10.0}


@pytest.mark.parametrize(("consent", "share"), [(1.0, 1.0), (0.4, 0.4)])
def test_the_share_of_those_referred_who_get_in(consent: float, share: float) -> None:
    """Those whom the end of recruitment bars are not among them."""
    design = Design(scenario_of(trial={"target": 40}, screening={"consent": consent}))
    n = 96 * 40 / share
    assert share_randomised(design, 2) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / n) + 1e-9)
