"""One call from a trial's data to the rest of its recruitment."""

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
    """What a trial's data say of its rate.

    Args:
        trial: the trial, as far as it is known.
        target: randomisations wanted.
        settings: priors.
        level_prior: log rate per week of the plan, where there is one.
    """
    return fit_rate(history(trial), target, terms(trial, settings), settings, level_prior)


def rest_of_recruitment(trial: ObservedTrial, target: int, settings: RateSettings = SETTINGS) -> Outlook:
    """Futures of a trial's recruitment.

    Args:
        trial: the trial, as far as it is known.
        target: randomisations wanted, more than there are.
        settings: priors.
    """
    return look_ahead(learn(trial, target, settings))
