"""Forecasts have the known answers of the special cases that have any, and never see what is to come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from synthetic_trials import drifting_trial, trial_of

from sim.exchange.observed import ObservedTrial
from sim.experiment.execution import ALONE, Execution
from sim.forecast.backtest.baselines import Known, homogeneous_poisson, recent_rate, site_poisson_gamma
from sim.forecast.backtest.scores import crps, score
from sim.forecast.backtest.study import METHOD, backtest, backtest_cut, cuts_at, cuts_every
from sim.forecast.rate.laplace import mode
from sim.forecast.rate.poisson_gamma import GammaRate, empirical_bayes, planned_rate, site_posteriors
from sim.forecast.rate.recruitment import learn, rest_of_recruitment
from sim.forecast.rate.settings import SETTINGS, NormalPrior, TrialKind

NONE = NormalPrior(0.0, 1e-6)
CONSTANT = replace(SETTINGS, kinds=(TrialKind("constant", 1.0, (1e-4,), (1e7,), NONE, NONE),), draws=20_000)


# --- one rate, and sites, in closed form


def test_a_plan_with_half_its_weight_has_the_published_answer() -> None:
    """300 planned in 36 months, weight 0.5, 100 in after 10 months."""
    rate = planned_rate(300, 36, 0.5).after(100, 10)
    total = rate.time_to(200)
    assert 10 + total.ppf([0.025, 0.5, 0.975]) == pytest.approx([28.577, 32.393, 36.958], abs=5e-4)
    assert 10 + total.mean() == pytest.approx(32.490, abs=5e-4)
    by_month_36 = rate.count_in(26)
    assert (100 + by_month_36.ppf([0.025, 0.5, 0.975])).tolist() == [292, 332, 375]
    assert 100 + by_month_36.mean() == pytest.approx(332.14, abs=5e-3)


def test_sites_are_gamma_in_closed_form_when_the_prior_is_fixed() -> None:
    found = site_posteriors(GammaRate(2.0, 4.0), np.array([0.0, 3.0]), np.array([6.0, 1.0]))
    assert found.shape.tolist() == [2.0, 5.0]
    assert found.exposure.tolist() == [10.0, 5.0]
    assert found.mean.tolist() == [0.2, 1.0]


def test_empirical_bayes_finds_the_prior_it_was_drawn_from() -> None:
    random = np.random.default_rng(3)
    exposure = random.uniform(2, 20, 4000)
    counts = random.poisson(random.gamma(1.5, 2.0, 4000) * exposure)
    prior = empirical_bayes(counts, exposure).prior
    assert prior.shape == pytest.approx(1.5, rel=0.08)
    assert prior.shape / prior.exposure == pytest.approx(3.0, rel=0.05)


def test_empirical_bayes_is_the_maximum_of_the_likelihood() -> None:
    random = np.random.default_rng(5)
    exposure = random.uniform(2, 20, 40)
    counts = random.poisson(random.gamma(0.7, 2.0, 40) * exposure)
    prior = empirical_bayes(counts, exposure).prior

    def log_likelihood(shape: float, mean: float) -> float:
        p = shape / (shape + mean * exposure)
        return float(stats.nbinom.logpmf(counts, shape, p).sum())

    mean = prior.shape / prior.exposure
    best = log_likelihood(prior.shape, mean)
    for change in (0.97, 1.03):
        assert log_likelihood(prior.shape * change, mean) < best
        assert log_likelihood(prior.shape, mean * change) < best


def test_sites_that_are_all_alike_share_one_rate() -> None:
    counts, exposure = np.full(30, 12.0), np.full(30, 6.0)
    found = empirical_bayes(counts, exposure)
    assert found.cv < 0.01
    assert found.mean == pytest.approx(2.0, rel=1e-3)


# --- Laplace's approximation


def test_the_mode_and_evidence_agree_with_integration_in_one_dimension() -> None:
    y, exposure, size, mean, sd = 7.0, 3.0, 4.0, 0.2, 0.8
    found = mode(np.array([y]), np.array([exposure]), np.array([size]), np.array([mean]), np.array([[sd**2]]))

    def joint(f: float) -> float:
        m = exposure * np.exp(f)
        return float(stats.nbinom.pmf(y, size, size / (size + m)) * stats.norm.pdf(f, mean, sd))

    evidence = integrate.quad(joint, -6, 6)[0]
    average = integrate.quad(lambda f: f * joint(f), -6, 6)[0] / evidence
    assert found.log_evidence == pytest.approx(np.log(evidence), abs=0.01)
    assert found.f[0] == pytest.approx(average, abs=0.05)
    posterior = found.covariance_of(np.array([[sd**2]]), np.array([[sd**2]]))[0, 0]
    variance = integrate.quad(lambda f: (f - average) ** 2 * joint(f), -6, 6)[0] / evidence
    assert posterior == pytest.approx(variance, rel=0.05)


# --- the rest of the recruitment


def test_a_rate_that_does_not_drift_gives_the_pearson_vi_distribution() -> None:
    """Without drift, overdispersion, wind-down and prior, the time left is (time so far) x beta prime."""
    n, target, now = 60, 150, 420
    days = (np.arange(n) + 0.5) / n * now
    outlook = rest_of_recruitment(trial_of(days, last=now - 1), target, replace(CONSTANT, level_sd=10.0))
    left = outlook.day_of(target) - now
    exact = stats.betaprime(target - n, n, scale=now)
    for q in (0.1, 0.5, 0.9):
        error = np.sqrt(q * (1 - q) / len(left))
        assert float(np.mean(left <= exact.ppf(q))) == pytest.approx(q, abs=4 * error + 0.012)
    counts = outlook.more_by(now + 90.0)
    expected = stats.nbinom(n, now / (now + 90.0))
    assert counts.mean() == pytest.approx(expected.mean(), rel=0.03)
    assert counts.std() == pytest.approx(expected.std(), rel=0.05)


def test_more_drift_is_more_spread() -> None:
    trial = trial_of((np.arange(80) + 0.5) * 5.0)
    spreads = []
    for drift in (1e-4, 0.3, 0.9):
        settings = replace(CONSTANT, kinds=(replace(CONSTANT.kinds[0], drifts=(drift,)),), draws=4000)
        spreads.append(stats.iqr(rest_of_recruitment(trial, 200, settings).day_of(200), nan_policy="propagate"))
    assert spreads[0] < spreads[1] < spreads[2]


def test_the_drift_is_learnt() -> None:
    steady = trial_of((np.arange(300) + 0.5) * 2.0)
    random = np.random.default_rng(8)
    rate = np.exp(np.cumsum(0.35 * random.standard_normal(24)))
    waves = trial_of(np.concatenate([28 * k + np.sort(28 * random.random(int(14 * r))) for k, r in enumerate(rate)]))
    assert learn(steady, 600).drift_per_doubling < 0.4 < learn(waves, 2 * waves.n_randomised).drift_per_doubling


def test_each_kind_of_trial_keeps_its_share_whatever_the_data_say() -> None:
    """Sharing futures by evidence promised too much on real trials: data say little of what a trial will yet do."""
    trial = trial_of(np.cumsum(np.random.default_rng(12).exponential(1.5, 400)))
    found = learn(trial, 800)
    shares = [found.weight[found.kind == k].sum() for k in range(len(SETTINGS.kinds))]
    assert shares == pytest.approx([kind.share for kind in SETTINGS.kinds])


def test_growth_brings_the_date_forward_and_a_slow_end_puts_it_off() -> None:
    trial = trial_of((np.arange(60) + 0.5) * 5.0)

    def median(growth: float, end: float) -> float:
        kind = replace(CONSTANT.kinds[0], growth=NormalPrior(growth, 1e-3), end=NormalPrior(end, 1e-3))
        settings = replace(CONSTANT, kinds=(kind,), draws=2000)
        return float(np.median(rest_of_recruitment(trial, 200, settings).day_of(200)))

    assert median(0.5, 0.0) < median(0.0, 0.0) - 50
    assert median(0.0, 0.7) > median(0.0, 0.0) + 50


def test_a_closed_period_is_no_slow_rate() -> None:
    """One a day but for 60 days in the middle: told, the rest is as if they had not been."""
    days = np.concatenate([np.arange(60), 120 + np.arange(60)]) + 0.5
    gap = trial_of(days)
    told = replace(gap, closed_periods=((60.0, 120.0),))
    median = float(np.median(rest_of_recruitment(told, 180, CONSTANT).day_of(180)))
    assert median == pytest.approx(180 + 60, abs=5)
    ahead = replace(told, closed_periods=((60.0, 120.0), (190.0, 220.0)))
    assert float(np.median(rest_of_recruitment(ahead, 180, CONSTANT).day_of(180))) == pytest.approx(270, abs=5)


def test_a_forecast_never_sees_what_is_to_come() -> None:
    """Everything after the cut may be different, or missing, and the forecast is the same to the last bit."""
    trial = drifting_trial(np.random.default_rng(11), 100, 2.0)
    cut = cuts_at(trial, [0.4])[0]
    now = trial.day_of(cut.when) + 1
    before = trial.days[trial.days < now]
    other = trial_of(np.concatenate([before, now + 3000 + np.arange(100 - len(before))]))
    ours, theirs = backtest_cut(trial, cut), backtest_cut(other, cut)
    assert ours.fan.tolist() == theirs.fan.tolist()
    assert ours.scores[METHOD].median_days == theirs.scores[METHOD].median_days
    assert ours.cautions == theirs.cautions


def test_the_results_do_not_depend_on_how_many_processes() -> None:
    trial = drifting_trial(np.random.default_rng(12), 60, 3.0)
    jobs = [(trial, cut, None) for cut in cuts_at(trial, [0.3, 0.5, 0.7])]
    alone, together = backtest(jobs, ALONE), backtest(jobs, Execution(2))
    assert [r.scores for r in alone] == [r.scores for r in together]


def test_cuts_are_made_where_they_were_asked_for() -> None:
    trial = trial_of(np.arange(100) + 0.5)
    assert [(cut.label, (cut.when - trial.first).days) for cut in cuts_at(trial, [0.2, 0.5])] == [
        ("20%", 19),
        ("50%", 49),
    ]
    assert [(cut.when - trial.first).days for cut in cuts_every(trial, 30)] == [29, 59, 89]
    assert [cut.label for cut in cuts_at(trial, [0.5, 0.9], target=80)] == ["50%", "90%"]


# --- baselines and scores


def _known(trial: ObservedTrial) -> Known:
    return Known(trial, 200)


def test_baselines_have_their_closed_forms() -> None:
    trial = trial_of((np.arange(100) + 0.5) * 4.0)
    random = np.random.default_rng(1)
    days = homogeneous_poisson(_known(trial), 40_000, random).days_to(100, random)
    exact = stats.betaprime(100, 100, scale=400)
    assert np.quantile(days, [0.1, 0.5, 0.9]) == pytest.approx(exact.ppf([0.1, 0.5, 0.9]), rel=0.01)


def test_the_recent_rate_is_that_of_the_last_ninety_days() -> None:
    trial = trial_of(np.concatenate([np.arange(10) * 31.0, 310 + np.arange(30) * 3.0]), last=399)
    rate = recent_rate(_known(trial), 5, np.random.default_rng(1)).rate
    assert rate == pytest.approx(30 / 90)


def test_the_site_baseline_needs_sites() -> None:
    trial = trial_of(np.arange(20) + 0.5)
    assert site_poisson_gamma(_known(trial), 10, np.random.default_rng(1)) is None


def test_crps_of_a_normal_forecast_has_its_closed_form() -> None:
    draws = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    truth = 0.7
    exact = truth * (2 * stats.norm.cdf(truth) - 1) + 2 * stats.norm.pdf(truth) - 1 / np.sqrt(np.pi)
    assert crps(draws, truth) == pytest.approx(exact, abs=1e-3)


def test_a_score_says_where_the_truth_was() -> None:
    found = score(np.arange(1.0, 101.0), 75.5, np.arange(100.0), 99.0)
    assert found.position == 0.75
    assert found.error_days == 50.0 - 75.5
    assert (found.covers(0.5), found.covers(0.8)) == (True, True)
    assert (found.covers_count(0.95), found.covers_count(0.99)) == (False, True)


@pytest.mark.parametrize(("n", "expected"), [(0, "only 0"), (3, "only 3"), (12, "only 12")])
def test_few_events_are_answered_with_a_warning(n: int, expected: str) -> None:
    from sim.forecast.backtest.cautions import cautions

    days = np.arange(n) * 10.0 + 0.5 if n else np.zeros(0)
    trial = (
        trial_of(days, last=200) if n else trial_of(np.array([300.5]), last=400).as_of(trial_of(np.array([0.5])).first)
    )
    assert any(text.startswith(expected) for text in cautions(trial, 50))
    outlook = rest_of_recruitment(trial, 50)
    assert np.isfinite(np.median(outlook.day_of(50)))
