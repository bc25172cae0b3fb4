"""Effects of weekdays and of the days around New Year. They are measured and reported, not assumed.

A weekday or New Year that differs in one trial is seldom a rule for the next, so a fit shows these effects to a planner
and leaves the calendar of the scenario as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.exchange.observed import ObservedTrial
from sim.forecast.rate.drifting import RatePosterior
from sim.forecast.rate.terms import YearEnd

Array = npt.NDArray[np.float64]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PRIOR = 2.0  # prior weight of each weekday, in randomisations
_WARM_UP = 20


@dataclass(frozen=True, eq=False)
class WeekdayEffect:
    """Randomisations by weekday.

    Attributes:
        names: weekdays from Monday.
        counts: (7,) randomisations.
        p_value: of the chi-squared test that all days are alike; NaN for fewer than 35 randomisations.
        gain: mean log score per randomisation gained by knowing the weekdays so far; above 0 if they help to predict.
    """

    names: tuple[str, ...]
    counts: Array
    p_value: float
    gain: float


def weekdays(trial: ObservedTrial) -> WeekdayEffect | None:
    """Measure the effect of weekdays.

    Args:
        trial: the trial.

    Returns:
        The effect; None where the days are not known.
    """
    if trial.resolution_days != 1 or not trial.has_calendar or trial.n_randomised == 0:
        return None
    day = (np.floor(trial.days).astype(np.int64) + trial.first.weekday()) % 7
    counts = np.bincount(day, minlength=7).astype(np.float64)
    statistic = float(((counts - counts.mean()) ** 2).sum() / counts.mean())
    p_value = float(special.chdtrc(6, statistic)) if len(day) >= 35 else float("nan")
    before = np.cumsum(np.eye(7)[day], axis=0) - np.eye(7)[day]
    share = (before + _PRIOR) / (before + _PRIOR).sum(axis=1, keepdims=True)
    gains = np.log(7 * share[np.arange(len(day)), day])[_WARM_UP:]
    return WeekdayEffect(_DAYS, counts, p_value, float(gains.mean()) if len(gains) else float("nan"))


def year_end_factor(posterior: RatePosterior) -> tuple[float, float, float] | None:
    """Return the factor of the rate on the days around New Year.

    Args:
        posterior: the fitted rate.

    Returns:
        10, 50 and 90 % points; None without a calendar.
    """
    place = [i for i, term in enumerate(posterior.terms) if isinstance(term, YearEnd)]
    if not place:
        return None
    i = place[0] + 1
    mean = float(posterior.weight @ posterior.mean[:, i])
    variance = (posterior.root[:, i] ** 2).sum(axis=1)
    spread = float(np.sqrt(posterior.weight @ (variance + (posterior.mean[:, i] - mean) ** 2)))
    low, middle, high = np.exp(mean + spread * special.ndtri([0.1, 0.5, 0.9])).tolist()
    return low, middle, high
