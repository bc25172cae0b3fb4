"""The shape of recruitment over time: candidate shapes, and which of them best predicted the trial's own next weeks.

Every four weeks, each shape learns from what was known then and predicts the number of randomisations in the next four
weeks. The score is the mean CRPS of these numbers. A shape is thus chosen by what it predicts, not by how well it fits.

Attributes:
    STEP_DAYS: days that are predicted, and from one prediction to the next.
    Learner: learns a shape from a trial, its history, the target and random numbers.
    LEARNERS: name in words and learner of each shape, by its key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.exchange.observed import ObservedTrial
from sim.forecast.backtest.scores import crps
from sim.forecast.rate.drifting import fit_rate
from sim.forecast.rate.history import History, history
from sim.forecast.rate.outlook import look_ahead
from sim.forecast.rate.settings import SETTINGS, RateSettings
from sim.forecast.rate.terms import terms

Array = npt.NDArray[np.float64]

STEP_DAYS = 28.0
_MOST_ORIGINS = 12
_FEWEST = 10  # randomisations before the first origin
_DRAWS = 600
_RAMPS_DAYS = (60.0, 120.0, 240.0)
_RAMP_START = 0.2
_SLOPE_SD = 0.1  # per month: prior of the trend
_MOST_STEPS = 50
_SETTLED = 1e-8
_QUICK = replace(SETTINGS, draws=_DRAWS)


@dataclass(frozen=True, eq=False)
class Shape:
    """One shape, learnt from a history.

    Attributes:
        factor: (k,) rate in each bin relative to the rate now.
        next_count: (draws,) number of randomisations in the next four weeks.
        note: what was learnt, in words.
    """

    factor: Array
    next_count: Array
    note: str


Learner = Callable[[ObservedTrial, History, int, np.random.Generator], Shape]


def _counts(random: np.random.Generator, shape: float, exposure: float) -> Array:
    """Numbers in the next four weeks from a gamma rate now."""
    rate = random.gamma(shape, size=_DRAWS) / exposure
    found: Array = random.poisson(rate * STEP_DAYS).astype(np.float64)
    return found


def _constant(trial: ObservedTrial, past: History, target: int, random: np.random.Generator) -> Shape:
    """One rate throughout: a gamma posterior with Jeffreys' prior."""
    del trial, target
    return Shape(np.ones(len(past.counts)), _counts(random, past.n + 0.5, past.days_open), "one rate throughout")


def _ramp(trial: ObservedTrial, past: History, target: int, random: np.random.Generator) -> Shape:
    """A linear rise to the full rate, with the length that fits best."""
    del trial, target
    best, days, factor = -np.inf, 0.0, np.ones(len(past.counts))
    for length in _RAMPS_DAYS:
        tried = np.minimum(_RAMP_START + (1 - _RAMP_START) * past.middles / length, 1.0)
        expected = tried * past.open_days
        fit = float(special.xlogy(past.counts, expected / expected.sum()).sum())
        if fit > best:
            best, days, factor = fit, length, tried
    now = min(_RAMP_START + (1 - _RAMP_START) * past.now / days, 1.0)
    soon = min(_RAMP_START + (1 - _RAMP_START) * (past.now + STEP_DAYS / 2) / days, 1.0)
    exposure = float((factor * past.open_days).sum()) / soon
    return Shape(factor / now, _counts(random, past.n + 0.5, exposure), f"full rate after {days:.0f} days")


def _trend(trial: ObservedTrial, past: History, target: int, random: np.random.Generator) -> Shape:
    """Exponential growth or decay, with a prior that keeps it modest."""
    del trial, target
    months = (past.middles - past.now) / STEP_DAYS

    basis = np.column_stack((np.ones(len(months)), months))
    prior = np.array([0.0, 1 / _SLOPE_SD**2])
    found, curvature = np.array([np.log((past.n + 0.5) / past.days_open), 0.0]), np.eye(2)
    for _ in range(_MOST_STEPS):  # Newton's method with limited steps
        expected = np.exp(np.clip(basis @ found, -20, 10)) * past.open_days
        curvature = (basis.T * expected) @ basis + np.diag(prior)
        step = np.clip(np.linalg.solve(curvature, basis.T @ (past.counts - expected) - prior * found), -0.5, 0.5)
        found = found + step
        if np.abs(step).max() < _SETTLED:
            break
    slope = float(found[1])
    spread = np.linalg.cholesky(np.linalg.inv(curvature) + 1e-9 * np.eye(2))
    drawn = found + random.standard_normal((_DRAWS, 2)) @ spread.T
    rate = np.exp(np.clip(drawn[:, 0] + drawn[:, 1] * 0.5, -20, 10))
    word = "grows" if slope > 0 else "falls"
    note = f"{word} by {100 * abs(np.expm1(slope)):.1f} % in four weeks"
    return Shape(np.exp(slope * months), random.poisson(rate * STEP_DAYS).astype(np.float64), note)


def _change_point(trial: ObservedTrial, past: History, target: int, random: np.random.Generator) -> Shape:
    """One change of the rate, at the end of the bin where it fits best."""
    del trial, target
    n_before, days_before = np.cumsum(past.counts), np.cumsum(past.open_days)
    n_after, days_after = past.n - n_before, days_before[-1] - days_before
    ends = np.flatnonzero((days_before >= STEP_DAYS) & (days_after >= STEP_DAYS))
    if not len(ends):
        return _constant_named(past, random)
    fit = special.xlogy(n_before, (n_before + 0.5) / days_before) + special.xlogy(
        n_after, (n_after + 0.5) / np.maximum(days_after, 1.0)
    )
    k = int(ends[np.argmax(fit[ends])])
    before, after = (n_before[k] + 0.5) / days_before[k], (n_after[k] + 0.5) / days_after[k]
    factor = np.where(np.arange(len(past.counts)) <= k, before / after, 1.0)
    note = f"changed to {after / before:.2f} times on {trial_day(past, k)}"
    return Shape(factor, _counts(random, float(n_after[k]) + 0.5, float(days_after[k])), note)


def trial_day(past: History, k: int) -> str:
    """Return the end of bin k in words, as in `day 84`.

    Args:
        past: randomisations in bins of time.
        k: number of the bin, from 0.
    """
    return f"day {past.edges[k + 1]:.0f}"


def _constant_named(past: History, random: np.random.Generator) -> Shape:
    """A constant rate, where the data are too short for a change."""
    return Shape(np.ones(len(past.counts)), _counts(random, past.n + 0.5, past.days_open), "too short for a change")


def _drifting(trial: ObservedTrial, past: History, target: int, random: np.random.Generator) -> Shape:
    """The drifting rate of forecasts, with fewer draws."""
    del random
    posterior = fit_rate(past, target, terms(trial, _QUICK), _QUICK)
    outlook = look_ahead(posterior, days=STEP_DAYS)
    factor = np.exp(posterior.fitted - posterior.fitted[-1])
    note = f"drifts by {100 * posterior.drift_per_doubling:.0f} % while its time doubles"
    return Shape(factor, outlook.more_by(past.now + STEP_DAYS), note)


LEARNERS: dict[str, tuple[str, Learner]] = {
    "constant": ("constant", _constant),
    "ramp": ("ramp-up", _ramp),
    "trend": ("growth or decay", _trend),
    "change_point": ("one change point", _change_point),
    "drifting": ("drifting rate", _drifting),
}


@dataclass(frozen=True, eq=False)
class ShapeChoice:
    """The candidate shapes, and how well they predicted.

    Attributes:
        chosen: key of the shape with the best score; `drifting` where there is too little data to tell.
        scores: mean CRPS of the number in the next four weeks, by shape.
        worse_by: mean difference from the chosen shape's CRPS, by shape.
        errors: standard error of that difference, by shape.
        n_origins: number of days from which they predicted.
        shapes: each shape, learnt from the whole history.
    """

    chosen: str
    scores: dict[str, float]
    worse_by: dict[str, float]
    errors: dict[str, float]
    n_origins: int
    shapes: dict[str, Shape]


def _origins(trial: ObservedTrial) -> Array:
    """Days from which to predict: every four weeks after the tenth randomisation, evenly thinned out."""
    days = trial.days
    if len(days) < _FEWEST + 1:
        return np.zeros(0)
    found = np.arange(trial.now - STEP_DAYS, max(days[_FEWEST - 1], STEP_DAYS), -STEP_DAYS)[::-1]
    if len(found) > _MOST_ORIGINS:
        found = found[np.unique(np.linspace(0, len(found) - 1, _MOST_ORIGINS).round().astype(int))]
    return found


def choose_shape(trial: ObservedTrial, target: int, settings: RateSettings = SETTINGS) -> ShapeChoice:
    """Score the shapes on a trial's own next weeks, and choose the best.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted.
        settings: priors, and the seed of the random numbers.

    Returns:
        The choice.
    """
    crps_of: dict[str, list[float]] = {name: [] for name in LEARNERS}
    origins = _origins(trial)
    for origin in origins:
        known = trial.as_of(trial.date_of(float(origin) - 1.0))
        truth = float(np.count_nonzero((trial.days >= known.now) & (trial.days < known.now + STEP_DAYS)))
        for name, shape in _learn_all(known, target, settings).items():
            crps_of[name].append(crps(shape.next_count, truth))
    shapes = _learn_all(trial, target, settings)
    if len(origins) < 3:
        nothing = dict.fromkeys(LEARNERS, float("nan"))
        return ShapeChoice("drifting", nothing, nothing, nothing, len(origins), shapes)
    table = {name: np.array(values) for name, values in crps_of.items()}
    chosen = min(table, key=lambda name: float(table[name].mean()))
    worse = {name: values - table[chosen] for name, values in table.items()}
    return ShapeChoice(
        chosen,
        {name: float(values.mean()) for name, values in table.items()},
        {name: float(values.mean()) for name, values in worse.items()},
        {name: float(values.std(ddof=1) / np.sqrt(len(values))) for name, values in worse.items()},
        len(origins),
        shapes,
    )


def _learn_all(trial: ObservedTrial, target: int, settings: RateSettings) -> dict[str, Shape]:
    """Every shape from a trial, each with the same random numbers."""
    past = history(trial)
    found = {}
    for name, (_, learner) in LEARNERS.items():
        random = np.random.Generator(np.random.Philox(settings.seed))
        found[name] = learner(trial, past, max(target, past.n + 1), random)
    return found
