"""Trials drawn from the drifting rate itself, for tests of calibration."""

from __future__ import annotations

from datetime import date

import numpy as np

from sim.exchange.observed import ObservedTrial, People, nobody
from sim.forecast.rate.drifting import log_time, slow_end
from sim.forecast.rate.settings import SETTINGS, WEEK_DAYS, TrialKind

_MOST_WEEKS = 1500
_FULL_WEEK = 30  # in which a trial that grows has the rate that was asked for


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


def drifting_trial(
    random: np.random.Generator, target: int, per_week: float, kind: TrialKind = SETTINGS.kinds[-1]
) -> ObservedTrial:
    """A trial drawn from the model with a kind's priors: drift, dispersion, growth, a slow end, week by week."""
    drift, size = float(random.choice(kind.drifts)), float(random.choice(kind.dispersions))
    growth, end = (prior.mean + prior.sd * random.standard_normal() for prior in (kind.growth, kind.end))
    level, n, days = np.log(per_week) + 0.3 * random.standard_normal(), 0, []
    time = log_time(WEEK_DAYS * (np.arange(_MOST_WEEKS) + 0.5), SETTINGS)
    moves = drift * np.sqrt(np.diff(time, prepend=time[0])) * random.standard_normal(_MOST_WEEKS)
    rate = level + np.cumsum(moves) + growth * (time - time[_FULL_WEEK])
    for week in range(_MOST_WEEKS):
        done = float(slow_end(np.array([n / target]), SETTINGS.end_floor)[0])
        mean = float(np.exp(np.clip(rate[week] + end * done, -8, 6))) * random.gamma(size) / size
        count = int(random.poisson(mean))
        days += list(week * WEEK_DAYS + WEEK_DAYS * np.sort(random.random(count)))
        n += count
        if n >= target:
            return trial_of(np.array(days[:target]))
    return drifting_trial(random, target, per_week, kind)
