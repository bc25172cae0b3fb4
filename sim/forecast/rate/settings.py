"""The one configuration of the pooled rate. `docs/forecast/method.md` says how each value was chosen.

Every value is a prior, not an estimate: a trial's own data move it. The values were chosen across trials, by how good
forecasts were of trials that had no part in the choice. There are few of them on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

WEEK_DAYS = 7.0
MONTH_DAYS = 28.0  # the unit of drift: four weeks


@dataclass(frozen=True)
class NormalPrior:
    """A normal prior.

    Attributes:
        mean: its mean.
        sd: its standard deviation.
    """

    mean: float
    sd: float


@dataclass(frozen=True)
class TrialKind:
    """A kind of trial: how its rate may move, before its data.

    Attributes:
        name: name in words.
        share: share of the futures that are of this kind, whatever the data say.
        drifts: standard deviations of the log rate's drift while time grows e-fold, equally likely at first.
        dispersions: sizes of the negative binomial of a week's count, equally likely at first; the variance of a week
            with mean m is m + m^2 / size.
        growth: prior of the power of time (plus `early_days`) with which the rate grows.
        end: prior of the power of the remaining share of the target (plus `end_floor`) with which the rate falls.
    """

    name: str
    share: float
    drifts: tuple[float, ...]
    dispersions: tuple[float, ...]
    growth: NormalPrior
    end: NormalPrior


_NO_GROWTH, _NO_END = NormalPrior(0.0, 0.03), NormalPrior(0.0, 0.02)
_DRIFTS, _DISPERSIONS = (0.5, 1.0), (1.5, 8.0)
KINDS = (
    TrialKind("steady", 0.25, (0.01,), (500.0,), _NO_GROWTH, _NO_END),
    TrialKind("drifting", 0.25, _DRIFTS, _DISPERSIONS, _NO_GROWTH, _NO_END),
    TrialKind("drifting, with a slow end", 0.25, _DRIFTS, _DISPERSIONS, _NO_GROWTH, NormalPrior(0.7, 0.25)),
    TrialKind("growing, with a slower end", 0.25, _DRIFTS, _DISPERSIONS, NormalPrior(0.5, 0.3), NormalPrior(0.5, 0.3)),
)


@dataclass(frozen=True)
class RateSettings:
    """Priors of the rate.

    Attributes:
        kinds: kinds of trials, pooled.
        early_days: days added to the time so far before its logarithm is taken.
        level_sd: standard deviation of the log rate's level before any data.
        end_floor: keeps the rate above 0 at the target itself.
        open_sites: prior of the exponent with which the rate grows with the number of open sites.
        opening_window: share of the time so far whose openings tell how fast sites will continue to open.
        opening_window_days: minimum length of that window, in days.
        opening_fades: time constant with which openings fade out, as a share of the time so far.
        year_end: prior of the log factor of the rate on the days around New Year.
        draws: number of simulated futures.
        seed: seed of their random numbers.
    """

    kinds: tuple[TrialKind, ...] = KINDS
    early_days: float = 28.0
    level_sd: float = 2.0
    end_floor: float = 0.05
    open_sites: NormalPrior = NormalPrior(0.5, 0.3)
    opening_window: float = 1 / 3
    opening_window_days: float = 60.0
    opening_fades: float = 0.4
    year_end: NormalPrior = NormalPrior(-0.5, 0.4)
    draws: int = 4000
    seed: int = 20191001


SETTINGS = RateSettings()
YEAR_END = ((12, 20), (1, 2))  # first and last day, as (month, day)
FEWEST = 5  # with fewer randomisations the data say too little, and the prior decides
