"""What a forecast would score that knew from the start when each site opens and how fast it will have been.

That is more than anybody can know: the rates are means over the whole trial, its future included. Beside forecasts that
know the openings alone, it shows how much is left to gain by site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.backtest.scores import crps, log_days
from sim.forecast.backtest.study import Cut
from sim.forecast.rate.settings import SETTINGS

Array = npt.NDArray[np.float64]

SPREADS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)  # standard deviation of the log of a factor common to all sites
_FURTHEST_DAYS = 20_000
_LEAST_EXPOSURE_DAYS = 7.0


@dataclass(frozen=True)
class RatesKnown:
    """One forecast that knew openings and mean rates of sites.

    Attributes:
        trial: name of the trial.
        cut: label of the cut.
        spread: standard deviation of the log of a factor on all rates; 0 for a Poisson process.
        log_crps: CRPS of the log of the days remaining.
        position: forecast probability of something earlier than what happened.
    """

    trial: str
    cut: str
    spread: float
    log_crps: float
    position: float


def with_rates_known(trial: ObservedTrial, cut: Cut) -> list[RatesKnown]:
    """Forecast the last randomisation of a finished trial from the true openings and mean rates of its sites.

    Args:
        trial: the whole trial; its sites are told apart.
        cut: the day from which to forecast.

    Returns:
        A score for each spread.
    """
    now = trial.day_of(cut.when) + 1.0
    left = int(np.count_nonzero(trial.days >= now))
    truth = float(log_days(float(trial.days[-1]) - now))
    random = np.random.Generator(np.random.Philox(SETTINGS.seed))
    needed = random.gamma(left, size=SETTINGS.draws)  # the intensity that the last of them takes
    noise = random.standard_normal(SETTINGS.draws)
    ahead, total = _intensity(trial, now)
    found = []
    for spread in SPREADS:
        drawn = log_days(np.interp(needed / np.exp(spread * noise), total, ahead, right=np.inf))
        found.append(RatesKnown(trial.name, cut.label, spread, crps(drawn, truth), float(np.mean(drawn < truth))))
    return found


def _intensity(trial: ObservedTrial, now: float) -> tuple[Array, Array]:
    """Days from now on, and randomisations expected by then."""
    people, opened = trial.people, trial.first_seen()
    at_site = people.site[(people.site != NO_SITE) & ~np.isnan(people.randomised)]
    seen = ~np.isnan(opened)
    counts = np.bincount(at_site, minlength=len(opened))[seen]
    rates = counts / np.maximum(trial.days[-1] - opened[seen], _LEAST_EXPOSURE_DAYS)
    days = np.arange(_FURTHEST_DAYS + 1.0)
    is_open = now + days[:-1, None] >= opened[seen]
    return days, np.concatenate(([0.0], np.cumsum(is_open @ rates)))
