"""The four models of enrolment in the manual of the R package eventPred, and their pool.

- Poisson: one rate.
- Time decay: rate (mu / delta) (1 - exp(-delta t)), which rises from 0 to mu / delta.
- B-spline: rate exp(B(t) theta), cubic, without inner knots; from now on, its mean over the last 30 days.
- Piecewise Poisson: constant in intervals, here thirds of the time so far; from now on, as in the last of them.

As in the manual, parameters are found by maximum likelihood on a log scale and drawn from the normal approximation of
their uncertainty. Only the documented formulas and defaults of the package are used, not its code.

Attributes:
    MODELS: what each is called in tables, and its function, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_LAG_DAYS = 30.0
_DEGREE = 3
_BINOMIAL = np.array([1.0, 3.0, 3.0, 1.0])
_VAGUE_SD = 10.0  # prior sd of a spline's coefficients around the mean log rate, for long gaps
_MOST_STEPS = 60
_SETTLED = 1e-9
_STEP = 1e-3  # step in the log of the decay, for its curvature
_LEAST_LOG_DECAY, _MOST_LOG_DECAY = -4.0, 6.0  # of log(delta x time so far); beyond: linear growth or steady
_GROWTH = 1.05  # ratio of the lengths of future pieces
_FAR = 30.0  # times the time so far, where the last piece begins
_MOST_DAYS = 1e6
_LEAST_RATE = 1e-9


@dataclass(frozen=True, eq=False)
class RateDraws:
    """Futures of a rate.

    Attributes:
        rate: (draws, k) rate per day in each piece of future time.
        starts: (k,) days from now on which each piece begins, the first 0; the last piece has no end.
    """

    rate: Array
    starts: Array

    def days_to(self, more: int, random: np.random.Generator) -> Array:
        """Draw the time to further randomisations.

        Args:
            more: number of further randomisations.
            random: random numbers.

        Returns:
            (draws,) days from now, at most `_MOST_DAYS`.
        """
        needed = random.gamma(more, size=len(self.rate))
        rate = np.maximum(self.rate, _LEAST_RATE)
        before = np.zeros_like(rate)
        before[:, 1:] = np.cumsum(rate[:, :-1] * np.diff(self.starts), axis=1)
        piece = (before <= needed[:, None]).sum(axis=1) - 1
        rows = np.arange(len(rate))
        days = self.starts[piece] + (needed - before[rows, piece]) / rate[rows, piece]
        found: Array = np.minimum(days, _MOST_DAYS)
        return found

    def count_in(self, days: float, random: np.random.Generator) -> Array:
        """Draw the number of randomisations in a period from now.

        Args:
            days: length of the period.
            random: random numbers.

        Returns:
            (draws,) numbers.
        """
        ends = np.append(self.starts[1:], np.inf)
        inside = np.clip(np.minimum(ends, days) - self.starts, 0.0, None)
        counts: Array = random.poisson((self.rate * inside).sum(axis=1)).astype(np.float64)
        return counts


def for_ever(rate: Array) -> RateDraws:
    """Turn (draws,) rates per day into futures with a constant rate.

    Args:
        rate: (draws,) participants a day; rates of nearly 0 are raised to a least one, so that every future ends.
    """
    return RateDraws(np.maximum(rate, _LEAST_RATE)[:, None], np.zeros(1))


Model = Callable[[Array, float, int, np.random.Generator], RateDraws]


def poisson(days: Array, now: float, draws: int, random: np.random.Generator) -> RateDraws:
    """Fit one constant rate.

    Args:
        days: days of randomisation so far.
        now: number of days so far.
        draws: number of futures.
        random: random numbers.

    Returns:
        Futures of the rate.
    """
    return for_ever(_log_normal(len(days), now, draws, random))


def _log_normal(n: float, exposure: float, draws: int, random: np.random.Generator) -> Array:
    """Rates whose logarithm is normal around that of n / exposure; half a person where there is none."""
    n = max(n, 0.5)
    found: Array = n / exposure * np.exp(random.standard_normal(draws) / np.sqrt(n))
    return found


def piecewise(days: Array, now: float, draws: int, random: np.random.Generator) -> RateDraws:
    """Fit a constant rate to the last third of the time so far, and continue it. Arguments as for `poisson`.

    Returns:
        A constant rate, participants a day, in each draw: log-normal about the estimate of the last third.
    """
    late = float(np.count_nonzero(days >= now * 2 / 3))
    return for_ever(_log_normal(late, now / 3, draws, random))


def b_spline(days: Array, now: float, draws: int, random: np.random.Generator) -> RateDraws:
    """Fit a cubic spline, and continue its mean rate over the last 30 days. Arguments as for `poisson`.

    Returns:
        A constant rate, participants a day, in each draw: the mean over the last 30 days of splines that are drawn from
        a normal approximation at the mode.
    """
    counts = np.histogram(days, np.append(np.arange(0.0, now), now))[0]
    middles: Array = np.arange(len(counts), dtype=np.float64) + 0.5
    basis = _bernstein(middles / now)
    centre = np.log(max(len(days), 0.5) / now)
    theta, precision = np.full(_DEGREE + 1, centre), np.eye(_DEGREE + 1)
    for _ in range(_MOST_STEPS):
        expected = np.exp(np.clip(basis @ theta, -30.0, 30.0))
        slope = basis.T @ (counts - expected) - (theta - centre) / _VAGUE_SD**2
        precision = (basis.T * expected) @ basis + np.eye(_DEGREE + 1) / _VAGUE_SD**2
        step = np.clip(np.linalg.solve(precision, slope), -1.0, 1.0)
        theta = theta + step
        if np.abs(step).max() < _SETTLED:
            break
    root = np.linalg.cholesky(np.linalg.inv(precision))
    drawn = theta + random.standard_normal((draws, _DEGREE + 1)) @ root.T
    late = basis[middles > now - _LAG_DAYS]
    return for_ever(np.exp(np.clip(drawn @ late.T, -30.0, 30.0)).mean(axis=1))


def _bernstein(share: Array) -> Array:
    """(n, 4) cubic B-splines without inner knots."""
    power = np.arange(_DEGREE + 1)
    found: Array = _BINOMIAL * share[:, None] ** power * (1 - share[:, None]) ** (_DEGREE - power)
    return found


def time_decay(days: Array, now: float, draws: int, random: np.random.Generator) -> RateDraws:
    """Fit a rate that rises to a plateau. Arguments as for `poisson`.

    Returns:
        Rates, participants a day, in steps that grow by a constant factor, and the plateau after the last one.
    """
    from scipy import optimize  # slow to import, and forecasts do not need it

    n, times = len(days), np.maximum(days, 0.5) / now  # the time so far is 1

    def log_likelihood(log_decay: float) -> float:
        """With the level at its best; so much the best is the sum over participants of the log of their rate."""
        return float(np.log(_rising(log_decay, times)).sum() - n * np.log(_risen(log_decay, 1.0)))

    found = optimize.minimize_scalar(
        lambda value: -log_likelihood(value), bounds=(_LEAST_LOG_DECAY, _MOST_LOG_DECAY), method="bounded"
    )
    best = float(found.x)
    up, middle, down = (log_likelihood(best + move) for move in (_STEP, 0.0, -_STEP))
    curvature = -(up - 2 * middle + down) / _STEP**2
    is_inside = _LEAST_LOG_DECAY + 0.01 < best < _MOST_LOG_DECAY - 0.01 and curvature > 0.01
    spread = random.standard_normal(draws) / np.sqrt(curvature) if is_inside else np.zeros(draws)
    log_decay = np.clip(best + spread, _LEAST_LOG_DECAY, _MOST_LOG_DECAY)
    # Given the decay, all so far are Poisson with mean level x risen(1): the log level is normal about its best.
    level = n / _risen(log_decay, 1.0) * np.exp(random.standard_normal(draws) / np.sqrt(n))
    ends = _GROWTH ** np.arange(0, np.ceil(np.log(_FAR) / np.log(_GROWTH)))
    total = level[:, None] * _risen(log_decay[:, None], ends)
    rate = np.diff(total, axis=1) / np.diff(ends)
    plateau = level * _rising(log_decay, ends[-1])
    return RateDraws(np.column_stack((rate, plateau)) / now, (ends - 1.0) * now)


def _rising(log_decay: Array | float, time: Array | float) -> Array:
    """(1 - exp(-delta t)) / delta: the rate without the factor mu."""
    delta = np.exp(log_decay)
    found: Array = -np.expm1(-delta * time) / delta
    return found


def _risen(log_decay: Array | float, time: Array | float) -> Array:
    """(t - (1 - exp(-delta t)) / delta) / delta: the mean function without the factor mu."""
    found: Array = (time - _rising(log_decay, time)) / np.exp(log_decay)
    return found


MODELS: dict[str, tuple[str, Model]] = {
    "eventpred_poisson": ("eventPred, Poisson", poisson),
    "eventpred_time_decay": ("eventPred, time decay", time_decay),
    "eventpred_b_spline": ("eventPred, B-spline", b_spline),
    "eventpred_piecewise": ("eventPred, piecewise constant", piecewise),
}


def pool(days: Array, now: float, draws: int, random: np.random.Generator) -> RateDraws:
    """Take a quarter of the futures from each of the four models. Arguments as for `poisson`.

    Returns:
        The futures of the four models, one model after another; models with a constant rate have it in every step.
    """
    found = [model(days, now, draws // len(MODELS), random) for _, model in MODELS.values()]
    starts = max((part.starts for part in found), key=len)
    rates = [part.rate if len(part.starts) > 1 else np.repeat(part.rate, len(starts), axis=1) for part in found]
    return RateDraws(np.vstack(rates), starts)
