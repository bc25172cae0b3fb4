"""From a trial's data to the rest of its recruitment in one call.

Forecasts and backtests both begin with it, so that a rate is learnt in one way.
"""

from __future__ import annotations

from sim.exchange.observed import ObservedTrial
from sim.forecast.rate.drifting import RatePosterior, fit_rate
from sim.forecast.rate.history import history
from sim.forecast.rate.outlook import Outlook, look_ahead
from sim.forecast.rate.settings import SETTINGS, NormalPrior, RateSettings
from sim.forecast.rate.terms import terms


def learn(
    trial: ObservedTrial,
    target: int,
    settings: RateSettings = SETTINGS,
    level_prior: NormalPrior | None = None,
) -> RatePosterior:
    """Learn a trial's rate from its data.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted.
        settings: priors.
        level_prior: prior of the log rate per week now, from a plan; None without one.

    Returns:
        The posterior of the rate at the end of the data.
    """
    return fit_rate(history(trial), target, terms(trial, settings), settings, level_prior)


def rest_of_recruitment(trial: ObservedTrial, target: int, settings: RateSettings = SETTINGS) -> Outlook:
    """Simulate the rest of a trial's recruitment, without a plan.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted, more than there are.
        settings: priors.

    Returns:
        The futures.
    """
    return look_ahead(learn(trial, target, settings))
