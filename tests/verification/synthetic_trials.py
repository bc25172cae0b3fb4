"""Trials drawn from the drifting rate itself, for tests of calibration."""

from __future__ import annotations

from datetime import date

import numpy as np

from sim.exchange.observed import ObservedTrial, People, nobody
from sim.forecast.rate import wind_down
from sim.forecast.settings import SETTINGS, WEEK_DAYS

_MOST_WEEKS = 1500


def trial_of(days: np.ndarray, last: float | None = None, **more: object) -> ObservedTrial:
    """A trial with randomisations on the given days and nothing else known.

    Args:
        days: of randomisation.
        last: the last day of the data; default: that of the last randomisation.
        more: other attributes of the trial.
    """
    columns = nobody(len(days))
    columns["randomised"] = np.sort(np.asarray(days, float))
    first = date(2021, 1, 4)
    end = int(np.ceil(columns["randomised"].max())) - 1 if last is None else int(last)
    known: dict[str, object] = {"has_calendar": False}
    trial = ObservedTrial("synthetic", "synthetic", first, first, People(**columns), **(known | more))  # type: ignore[arg-type]
    return trial if end <= 0 else _until(trial, end)


def _until(trial: ObservedTrial, day: int) -> ObservedTrial:
    from dataclasses import replace

    return replace(trial, last=trial.date_of(day))


def drifting_trial(random: np.random.Generator, target: int, per_week: float) -> ObservedTrial:
    """A trial drawn from the model with its priors: steady or not, drift, dispersion, wind-down, week by week."""
    steady = SETTINGS.steady
    if steady is not None and random.random() < steady.probability:
        drift, size, exponent = steady.drift, steady.dispersion, steady.wind_down.mean
    else:
        drift = float(np.exp(np.log(SETTINGS.drift_median) + SETTINGS.drift_log_sd * random.standard_normal()))
        size = float(random.choice(SETTINGS.dispersion_grid))
        exponent = SETTINGS.wind_down.mean + SETTINGS.wind_down.sd * random.standard_normal()
    level, n, days = np.log(per_week) + 0.3 * random.standard_normal(), 0, []
    for week in range(_MOST_WEEKS):
        level += drift * 0.5 * random.standard_normal()  # a quarter of four weeks
        done = float(wind_down(np.array([n / target]), SETTINGS.wind_down_floor)[0])
        mean = float(np.exp(np.clip(level + exponent * done, -8, 6))) * random.gamma(size) / size
        count = int(random.poisson(mean))
        days += list(week * WEEK_DAYS + WEEK_DAYS * np.sort(random.random(count)))
        n += count
        if n >= target:
            return trial_of(np.array(days[:target]))
    return drifting_trial(random, target, per_week)
