"""The one frozen configuration of the drifting rate. `docs/forecast/method.md` says how each value was chosen.

Every value is a prior, not an estimate: a trial's own data move it. They were chosen across trials, by how well
forecasts of trials that had no part in the choice came out, and are few on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
class SteadyRate:
    """The other kind of trial: its rate neither drifts nor winds down, and its weeks vary as chance has it.

    Attributes:
        probability: of a trial being of this kind, before its data.
        drift: standard deviation by which its log rate drifts in four weeks.
        dispersion: size of the negative binomial of a week's count.
        wind_down: exponent of the share of the target still to come.
    """

    probability: float
    drift: float = 0.01
    dispersion: float = 500.0
    wind_down: NormalPrior = NormalPrior(0.0, 0.02)


@dataclass(frozen=True)
class RateSettings:
    """Priors of the drifting rate.

    Attributes:
        drift_median: median of the standard deviation by which the log rate drifts in four weeks.
        drift_log_sd: standard deviation of that value's logarithm, between trials.
        drift_grid: values of it that are weighed against each other.
        dispersion_grid: sizes of the negative binomial of a week's count, equally likely at first; the variance of a
            week with mean m is m + m^2 / size.
        steady: the chance that the rate is steady instead; None for none.
        level_sd: standard deviation of the log rate's level, before any data.
        wind_down: exponent of the share of the target still to come (plus `wind_down_floor`) by which the rate falls
            as the target comes near.
        wind_down_floor: keeps the rate above 0 at the target itself.
        open_sites: exponent of the number of open sites by which the rate grows.
        opening_window: share of the time so far, and at least `opening_window_days`, whose openings tell how fast
            sites will go on opening.
        opening_window_days: see `opening_window`.
        opening_fades: time constant with which openings fade out, as a share of the time so far.
        year_end: log factor of the rate on the days around New Year.
        draws: futures that are simulated.
        seed: where their random numbers start.
    """

    drift_median: float = 0.15
    drift_log_sd: float = 0.3
    drift_grid: tuple[float, ...] = tuple(float(x) for x in np.round(np.geomspace(0.03, 0.6, 8), 4))
    dispersion_grid: tuple[float, ...] = (1.5, 5.0, 20.0)
    steady: SteadyRate | None = SteadyRate(0.05)
    level_sd: float = 2.0
    wind_down: NormalPrior = NormalPrior(0.4, 0.3)
    wind_down_floor: float = 0.05
    open_sites: NormalPrior = NormalPrior(0.7, 0.3)
    opening_window: float = 1 / 3
    opening_window_days: float = 60.0
    opening_fades: float = 0.4
    year_end: NormalPrior = NormalPrior(-0.5, 0.4)
    draws: int = 4000
    seed: int = 20191001


SETTINGS = RateSettings()
YEAR_END = ((12, 20), (1, 2))  # first and last day, as (month, day)
FEWEST = 5  # randomisations below which the data say too little, and the prior answers
