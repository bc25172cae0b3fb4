"""Amendments and contingencies: when they are decided, what they change, and what they leave as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import Simulated, merged, scenario_of
from scipy import stats

from sim.core import events as e
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import CODE, KIND, PERSON, SITE, TIME
from sim.errors import ScenarioError
from sim.experiment.replicate import replicate
from sim.scenario.schema import Scenario

N = 60
PATIENTS: dict[str, Any] = {
    "patients": {"conditions": {"ill": 0.6, "odd": 0.25}},
    "screening": {
        "consent": 0.5,
        "criteria": {
            "not_ill": {"stage": "chart", "none": ["ill"]},
            "not_odd": {"stage": "tests", "none": ["odd"]},
        },
    },
}


def trial(*rules: dict[str, Any], **changes: Any) -> Scenario:
    """Poisson referrals, 20 a month, with amendments that are named a, b, ..."""
    start: dict[str, Any] = {
        "trial": {"target": 300, "enrolment_opens": "2020-01-01", "horizon_months": 60},
        "sites": {"s": {"referrals_per_month": 20.0}},
        "amendments": {"abc"[i]: rule for i, rule in enumerate(rules)},
    }
    return scenario_of(**merged(start, changes))


def rows_of(made: Scenario, replication: int = 0) -> np.ndarray:
    return replicate(Design(made), 5, replication).table()


def times(rows: np.ndarray, kind: int, code: int | None = None) -> np.ndarray:
    return rows[(rows[:, KIND] == kind) & ((rows[:, CODE] == code) | (code is None)), TIME]


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ({"consent": 0.9}, 0.4 * 0.75 * 0.5, 0.4 * 0.75 * 0.9),
        ({"consent": 0.1}, 0.4 * 0.75 * 0.5, 0.4 * 0.75 * 0.1),
        ({"drops": "not_ill"}, 0.4 * 0.75 * 0.5, 0.75 * 0.5),
        ({"drops": ["not_ill", "not_odd"], "consent": 1.0}, 0.4 * 0.75 * 0.5, 1.0),
        ({"referrals_times": 2.5}, 0.4 * 0.75 * 0.5, 2.5 * 0.4 * 0.75 * 0.5),
        ({"referrals_times": 0.0}, 0.4 * 0.75 * 0.5, 0.0),
    ],
)
def test_randomisations_are_poisson_with_the_rate_that_is_in_force(
    rule: dict[str, Any], before: float, after: float
) -> None:
    """Counts before and after the day are Poisson with the means that thinning and scaling a Poisson process give."""
    day, end = 200.0, 400.0
    found = Simulated(trial({"on": "2020-07-19", **rule}, **PATIENTS, trial={"target": 2000, "horizon_months": 14}), N)
    for low, high, share in ((0.0, day, before), (day, end, after)):
        n = found.n_by(high) - found.n_by(low)
        mean = 20 / MONTH_DAYS * share * (high - low)
        assert abs(n.mean() - mean) <= 4 * np.sqrt(mean / N), (rule, low)
        if mean:
            assert 0.4 < n.var() / mean < 2.0
    assert (found["day_a_in_force"] == day).all()


def test_nothing_before_it_is_in_force_is_otherwise() -> None:
    """Up to the day, the log is that of the trial without the amendment, to the last bit; then it is another."""
    everything = {"drops": ["not_ill", "not_odd"], "consent": 0.9, "referrals_times": 1.7, "opens": "late"}
    sites: dict[str, Any] = {"s": {"referrals_per_month": 20.0}, "t": {"referrals_per_month": 9.0}}
    more = {"late": {"referrals_per_month": 5.0, "activation_delay_days": 30}}
    rescreen = {"screening": {"rescreen": {"probability": 0.5, "after_days": 20}}}
    rescreen["screening"]["criteria"] = {"not_ill": {"stage": "chart", "none": ["ill"], "passing": True}}
    patients = merged(PATIENTS, rescreen)
    with_it = rows_of(trial({"on": "2020-07-19", **everything}, **patients, sites=sites | more))
    without = rows_of(trial(**patients, sites=sites))
    with_it[:, SITE] -= with_it[:, SITE] >= 1  # the group that waits is between the others
    ours, theirs = with_it[with_it[:, TIME] < 200], without[without[:, TIME] < 200]
    assert len(ours) > 200
    assert np.array_equal(ours, theirs)
    assert len(with_it) != len(without)


def test_a_contingency_is_decided_as_often_as_a_poisson_count_is_low() -> None:
    """Fewer than 18 by month 9 at 2 a month: P(Poisson(18) < 18); the three sites then refer from four months later."""
    rule = {"at_month": 9, "if_fewer_than": 18, "opens": "reserve"}
    sites: dict[str, Any] = {
        "s": {"referrals_per_month": 2.0},
        "reserve": {"count": 3, "referrals_per_month": 4.0, "activation_delay_days": 120, "lead_days": 60},
    }
    found = Simulated(trial(rule, sites=sites, trial={"target": 60}), 400)
    decided = ~np.isnan(found["day_a_decided"])
    low = found.n_by(9 * MONTH_DAYS) < 18
    assert (decided == low).all()
    p = stats.poisson.cdf(17, 18)
    assert abs(decided.mean() - p) < 4 * np.sqrt(p * (1 - p) / 400)
    opened = 9 * MONTH_DAYS + 120
    n = found.n_by(opened + 60) - found.n_by(opened)
    for chosen, per_month in ((decided, 14.0), (~decided, 2.0)):
        mean = per_month * 60 / MONTH_DAYS
        assert abs(n[chosen].mean() - mean) < 4 * np.sqrt(mean / chosen.sum())
    assert (found["n_sites_activated"] == np.where(decided, 4, 1)).all()


def test_the_mean_gain_is_that_of_the_fluid_limit() -> None:
    """500 at 20 a month, a doubled rate from the 100th on, 30 days later: 300/20 x ... months, as a fluid would."""
    rule = {"at_randomised": 100, "after_days": 30, "referrals_times": 2.0}
    found = Simulated(trial(rule, trial={"target": 500}), N)
    per_day = 20 / MONTH_DAYS
    fluid = 100 / per_day + 30 + (400 - 30 * per_day) / (2 * per_day)
    day = found["day_last_randomised"]
    assert abs(day.mean() - fluid) < 4 * day.std() / np.sqrt(N) + 1 / per_day
    assert found["day_a_decided"] == pytest.approx(found["day_a_in_force"] - 30)


def test_people_in_screening_are_let_off_or_not() -> None:
    """With a test that all fail and 50 days of screening: those within it pass only where the amendment says so."""
    patients: dict[str, Any] = {
        "patients": {"conditions": {"odd": 1.0}},
        "screening": {"days": 50, "criteria": {"not_odd": {"stage": "tests", "none": ["odd"]}}},
    }
    for included, first in ((True, 200.0), (False, 250.0)):
        rule = {"on": "2020-07-19", "drops": "not_odd", "in_screening": included}
        day = times(rows_of(trial(rule, **patients)), e.RANDOMISED).min()
        assert first <= day < first + 10


def test_several_multiply_and_one_may_stop_all_for_a_while() -> None:
    """A rate of nothing, and then of twice as much again (0 stays 0), against a rate of a half that is undone."""
    halves = trial({"on": "2020-04-10", "referrals_times": 0.5}, {"on": "2020-07-19", "referrals_times": 2.0})
    found = Simulated(halves, N)
    mean = 20 / MONTH_DAYS * (100 + 50 + 100)
    n = found.n_by(300)
    assert abs(n.mean() - mean) < 4 * np.sqrt(mean / N)
    stopped = rows_of(trial({"on": "2020-04-10", "referrals_times": 0}, {"on": "2020-07-19", "referrals_times": 2}))
    assert times(stopped, e.REFERRED).max() < 100


def test_only_its_groups_change() -> None:
    """An amendment of one group leaves the events of the other as they are."""
    sites = {"s": {"referrals_per_month": 10.0}, "t": {"referrals_per_month": 10.0}}
    rule = {"on": "2020-03-01", "groups": "s", "drops": "not_ill", "consent": 1.0, "referrals_times": 3.0}
    ours = rows_of(trial(rule, **PATIENTS, sites=sites, trial={"target": 1000}))
    theirs = rows_of(trial(**PATIENTS, sites=sites, trial={"target": 1000}))
    other, same = (
        rows[(rows[:, SITE] == 1) & (rows[:, TIME] < 700)][:, [TIME, KIND, PERSON, CODE]] for rows in (ours, theirs)
    )
    assert np.array_equal(other, same)
    assert len(other) > 400
    ours, theirs = (rows[rows[:, TIME] < 700] for rows in (ours, theirs))
    assert np.count_nonzero(ours[:, SITE] == 0) > 1.5 * np.count_nonzero(theirs[:, SITE] == 0)


def test_a_trial_whose_other_sites_have_closed_waits_only_for_a_day_that_comes() -> None:
    """The one open site closes: sites that a date opens are waited for, those at a milestone never come."""
    sites: dict[str, Any] = {"s": {"referrals_per_month": 3.0, "closes": "2020-03-01"}}
    sites["later"] = {"referrals_per_month": 3.0}
    by_date = rows_of(trial({"on": "2020-07-19", "opens": "later"}, sites=sites, trial={"target": 40}))
    assert by_date[-1, CODE] == e.ENDED_COMPLETE
    for rule in ({"at_randomised": 30}, {"at_month": 7, "if_fewer_than": 1}):
        rows = rows_of(trial(rule | {"opens": "later"}, sites=sites, trial={"target": 40}))
        assert rows[-1, CODE] == e.ENDED_NO_SITES
    assert len(times(rows, e.AMENDMENT_NOT_NEEDED)) == 1
    assert times(rows, e.TRIAL_ENDED).item() == pytest.approx(7 * MONTH_DAYS)


def test_what_it_may_not_say_is_refused_with_the_reason() -> None:
    """Names that there are not, moments that never come, and changes of nothing: one message each, with its path."""
    on = {"on": "2020-07-19"}
    wrong: list[tuple[dict[str, Any], str]] = [
        (on | {"drops": "not_il"}, "amendments.a.drops: there is no such criterion; did you mean 'not_ill'"),
        (on | {"opens": "ss"}, "amendments.a.opens: there is no such site group; did you mean 's'"),
        (on | {"consent": 0.4, "groups": "z"}, "amendments.a.groups: there is no such site group"),
        (on | {"consnt": 0.4}, "did you mean 'consent'"),
        (on | {"consent": 1.4}, "amendments.a.consent"),
        (on, "changes nothing"),
        ({"consent": 0.4}, "exactly one of on, at_month, at_randomised"),
        (on | {"at_month": 3, "consent": 0.4}, "exactly one of on, at_month, at_randomised"),
        ({"on": "2031-01-01", "consent": 0.4}, "it would never come"),
        ({"on": "2019-01-01", "consent": 0.4}, "is before enrolment_opens"),
        ({"at_month": 70, "consent": 0.4}, "it would never come"),
        ({"at_randomised": 300, "consent": 0.4}, "must be below trial.target (300)"),
        ({"at_randomised": 9, "if_fewer_than": 9, "consent": 0.4}, "needs a day on which it is looked at"),
        (on | {"if_fewer_than": 301, "consent": 0.4}, "must be at most trial.target (300)"),
        (on | {"costs": {"screening": 3.0}}, "there are none: write costs"),
        (on | {"costs": {"screning": 3.0}}, "did you mean 'screening'"),
        (on | {"in_screening": True, "consent": 0.4}, "is of criteria that are dropped"),
    ]
    for rule, says in wrong:
        with pytest.raises(ScenarioError) as raised:
            trial(rule, **PATIENTS)
        assert says in str(raised.value), rule
        assert len(raised.value.problems) == 1, rule
        assert "amendments.a" in str(raised.value)
    with pytest.raises(ScenarioError, match=r"sites\.t\.opens: opens by the amendment a"):
        trial(on | {"opens": "t"}, sites={"s": {"referrals_per_month": 1}, "t": {"opens": "2020-03-01"}})
