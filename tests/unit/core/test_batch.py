"""A replication is the same whichever batch it is in, and its sites are as the scenario says."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from scipy import stats

from sim.core.batch import MAX_REPLICATIONS, Batch, replications_at_once
from sim.core.design import Design
from sim.core.observed import KnownSite, ObservedState
from sim.core.streams import BLOCK

MANY = 400


def batch_of(n: int = 6, first: int = 0, observed: ObservedState | None = None, **changes: Any) -> Batch:
    return Batch(Design(scenario_of(**changes)), 9, first, n, observed=observed)


def sites(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    return batch.sites(batch.design.groups[0])


def group(count: int = 3, **settings: Any) -> dict[str, Any]:
    return {"s": {"count": count, "referrals_per_month": 3.0, **settings}}


def test_how_many_replications_are_drawn_together() -> None:
    """At most 48, at least one, and fewer for more sites: 600 sites in all."""
    counts = [1, 12, 13, 100, 600, 601]
    found = [replications_at_once(Design(scenario_of(sites=group(count)))) for count in counts]
    assert found == [MAX_REPLICATIONS, 48, 46, 6, 1, 1]


def test_a_replication_is_the_same_in_any_batch() -> None:
    """Number 5 alone, in the middle, or last: the same sites, and the same people."""
    changes = {
        "sites": group(3, between_site_cv=0.5, activation_delay_days={"dist": "uniform", "low": 0, "high": 9}),
        "screening": {"consent": 0.4},
    }
    alone, among = batch_of(1, 5, **changes), batch_of(6, 0, **changes)
    for one, other in zip(sites(alone), sites(among), strict=True):
        assert np.array_equal(one[:, 0], other[:, 5])
    for block in (0, 2):
        one, row = alone.referred(alone.design.groups[0], 1, 0, block)
        other, at = among.referred(among.design.groups[0], 1, 5, block)
        assert np.array_equal(one.gaps[row], other.gaps[at])
        assert np.array_equal(one.fate[row], other.fate[at])


def test_sites_that_never_enrol_have_no_rate() -> None:
    """A quarter of them, and the others the rate that is written."""
    rates = sites(batch_of(MANY, sites=group(3, never_enrols=0.25)))[0]
    assert set(np.unique(rates)) == {0.0, 3.0}
    assert stats.binomtest(int((rates == 0).sum()), rates.size, 0.25).pvalue > 1e-4


def test_rates_of_sites_differ_as_much_as_is_written() -> None:
    """A gamma distribution of mean 3 and coefficient of variation 0.5: shape 4."""
    rates = sites(batch_of(MANY, sites=group(3, between_site_cv=0.5)))[0].ravel()
    assert stats.kstest(rates, stats.gamma(4, scale=3 / 4).cdf).pvalue > 1e-4


def test_sites_open_after_their_delay_less_the_work_done_before() -> None:
    """The delay less the lead, counted from when the trial starts; a date is a date."""
    delayed, late = group(activation_delay_days=50.0, lead_days=20.0), {"start": {"late": 1.0, "late_days": 12.0}}
    assert set(sites(batch_of(sites=delayed))[1].ravel()) == {30.0}
    assert set(sites(batch_of(sites=delayed, trial=late))[1].ravel()) == {42.0}
    on_a_date = sites(batch_of(sites=group(opens=date(2020, 1, 11))))[1]
    assert set(on_a_date.ravel()) == {10.0}
    assert set(sites(batch_of(sites=group(opens=date(2020, 1, 11)), trial=late))[1].ravel()) == {12.0}


def test_a_trial_starts_on_day_0_late_or_never() -> None:
    """With the probabilities that are written, and never both."""
    days, never = batch_of(MANY, trial={"start": {"late": 0.3, "late_days": 10.0, "never": 0.2}}).starts
    assert set(days) == {0.0, 10.0}
    assert not days[never].any()
    assert stats.binomtest(int(never.sum()), MANY, 0.2).pvalue > 1e-4
    assert stats.binomtest(int((days > 0).sum()), MANY, 0.3).pvalue > 1e-4
    days, never = batch_of().starts
    assert not days.any()
    assert not never.any()


def test_how_late_it_starts_may_vary() -> None:
    late = {"late": 1.0, "late_days": {"dist": "uniform", "low": 5.0, "high": 15.0}}
    days, _ = batch_of(MANY, trial={"start": late}).starts
    assert stats.kstest(days, stats.uniform(5, 10).cdf).pvalue > 1e-4


def test_a_trial_under_way_has_started() -> None:
    observed = ObservedState(now=5.0)
    days, never = batch_of(observed=observed, trial={"start": {"never": 1.0}}).starts
    assert not days.any()
    assert not never.any()


def test_known_sites_are_as_they_are_known() -> None:
    """An open site has its own rate and day; one still to open, whose draw is past, begins start-up now."""
    observed = ObservedState(
        now=100.0,
        sites={("s", 0): KnownSite(activated=-3.0, rate=0), ("s", 1): KnownSite(planned=130.0)},
        rates=np.array([[2.0], [4.0]]),
        passing=0.5,
        mean_consent=0.8,
    )
    batch = batch_of(4, sites=group(3, activation_delay_days=50.0), observed=observed, screening={"consent": 0.8})
    rates, activates = sites(batch)
    assert rates[0].tolist() == [4.0, 8.0, 4.0, 8.0], "randomisations over the share who pass: referrals"
    assert rates[1:].tolist() == [[3.0] * 4] * 2
    assert activates.tolist() == [[-3.0] * 4, [130.0] * 4, [150.0] * 4]


def test_a_site_that_is_overdue_opens_at_the_first_draw_that_is_later_or_is_late() -> None:
    """Delays are drawn again until one lies beyond the data, as a delay given that it has not ended."""
    observed = ObservedState(now=60.0)
    delay = {"dist": "exponential", "mean": 40.0}
    batch = batch_of(MANY, sites=group(1, activation_delay_days=delay), observed=observed)
    later = sites(batch)[1].ravel()
    assert later.min() > 60.0
    assert stats.kstest(later - 60.0, stats.expon(scale=40).cdf).pvalue > 1e-4


def test_a_date_that_has_passed_is_late_by_a_month_on_average() -> None:
    observed = ObservedState(now=60.0)
    batch = batch_of(MANY, sites=group(1, opens=date(2020, 1, 11)), observed=observed)
    assert stats.kstest(sites(batch)[1].ravel() - 60.0, stats.expon(scale=30).cdf).pvalue > 1e-4


def test_tables_of_a_purpose_are_made_once_for_all_replications() -> None:
    """And hold for each replication what its own block holds."""
    batch, made = batch_of(3, 7), []

    def quantile(u: np.ndarray) -> np.ndarray:
        made.append(u.shape)
        return 10 * u

    table = batch.table("lots", quantile, "s", 2, 1)
    assert batch.table("lots", quantile, "s", 2, 1) is table
    assert made == [(2, 3, BLOCK)]
    assert np.array_equal(table[:, 2], 10 * batch.streams.block("lots", "s", 2, 1, 9, 1)[:, 0])


def test_stand_ins_are_not_among_those_who_are_referred() -> None:
    """Their draws are of blocks that no referral reaches."""
    batch = batch_of(2)
    (stand_ins, row), (referred, at) = (
        batch.stand_ins(batch.design.groups[0], 0, 1, 0),
        batch.referred(batch.design.groups[0], 0, 1, 0),
    )
    assert not np.isin(stand_ins.gaps[row], referred.gaps[at]).any()


@pytest.mark.parametrize("target", [5, 2000])
def test_what_is_drawn_ahead_changes_nothing(target: int) -> None:
    """A long trial draws many blocks at once, a short one block by block: the same people either way."""
    batch = batch_of(3, trial={"target": target}, sites=group(2))
    design_group = batch.design.groups[0]
    batch.first_block(design_group)
    found, row = batch.referred(design_group, 1, 2, 3)
    expected = batch.streams.block("referral.gap", "s", 2, 3, 2, 1)[1, 0]
    assert found.gaps[row] == pytest.approx(-np.log1p(-expected), rel=1e-7)


@pytest.mark.parametrize("each", ["country", "site"])
def test_a_step_that_an_open_site_shares_is_over_and_a_site_s_own_is_not(each: str) -> None:
    """Approval takes 60 days, initiation 10 after it; with a site of the country open on day 40, it was over then."""
    steps = {"approval": {"days": 60.0, "each": each}, "initiation": {"days": 10.0, "after": ["approval"]}}
    here = {"referrals_per_month": 3.0, "country": "DE"}
    made = {"s": {"count": 2, **here}, "t": here, "u": {**here, "country": "FR"}}
    observed = ObservedState(now=45.0, sites={("s", 0): KnownSite(activated=40.0), ("t", 0): KnownSite(activated=42.0)})
    batch = batch_of(1, sites=made, site_defaults={"start_up": steps}, observed=observed)
    by_name = {group.name: batch.sites(group)[1][:, 0].tolist() for group in batch.design.groups}
    assert by_name == {"s": [40.0, 50.0 if each == "country" else 70.0], "t": [42.0], "u": [70.0]}
