"""Runs backtests: forecasts from cuts within finished trials, with only what was known then.

The cuts are what a user would have had on that day: participants, sites and openings known by then, and nothing that
the data show later.

Attributes:
    METHOD: name of this program's forecast among the methods; `METHOD_LABEL` is what tables call it.
    COUNT_DAYS: time after a cut for which the number randomised is scored.
    MOST_OF_TARGET: share of the target that is a goal of its own, since the last few take longest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.errors import Problem, UsageError
from sim.exchange.observed import ObservedTrial
from sim.experiment.execution import ALONE, Execution
from sim.experiment.workers import Workers
from sim.forecast.backtest.baselines import BASELINES, Known
from sim.forecast.backtest.cautions import cautions_by_key, pace
from sim.forecast.backtest.near import NearAnswer, near_answers, site_answers
from sim.forecast.backtest.scores import Score, score
from sim.forecast.rate.recruitment import rest_of_recruitment
from sim.forecast.rate.settings import FEWEST, SETTINGS, RateSettings

Array = npt.NDArray[np.float64]

METHOD = "pooled_kinds"
METHOD_LABEL = "pooled kinds of trial (this program)"
COUNT_DAYS = 90.0
MOST_OF_TARGET = 0.9
_TOO_FEW_TO_SHARE = 2  # this many forecasts are faster in this process than starting others
_LEVELS = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


@dataclass(frozen=True)
class Cut:
    """A day from which a forecast is made.

    Attributes:
        label: how it was asked for: `30%`, or the date.
        when: the last day whose data are known.
    """

    label: str
    when: date


@dataclass(frozen=True, eq=False)
class CutResult:
    """Forecasts of one cut, and what happened.

    Attributes:
        trial: name of the trial.
        cut: the cut.
        n: number randomised by then.
        target: number randomised in the end.
        now: number of days so far.
        true_days: days from then to the last randomisation.
        true_count: number randomised in the 90 days after.
        scores: by method, for the last randomisation and the next 90 days.
        most: by method, for 90 % of the target; empty where that was reached.
        cautions: cautions that the report gave, by key.
        pace: whether the trial grew, slowed or neither by then.
        near: near questions, by this program.
        fan_days: (k,) days since the first, for a chart.
        fan: (7, k) quantiles of the number randomised by then.
    """

    trial: str
    cut: Cut
    n: int
    target: int
    now: float
    true_days: float
    true_count: int
    scores: dict[str, Score]
    most: dict[str, Score] = field(default_factory=dict)
    cautions: dict[str, str] = field(default_factory=dict)
    pace: str = ""
    near: tuple[NearAnswer, ...] = ()
    fan_days: Array = field(default_factory=lambda: np.zeros(0))
    fan: Array = field(default_factory=lambda: np.zeros((len(_LEVELS), 0)))


def _known_by(trial: ObservedTrial, day: float) -> date:
    """The first date at the end of which a day's event is known: that day, or the last day of its period."""
    funnel = trial.funnel
    if funnel is not None and trial.resolution_days > 1:
        day = float(funnel.end[int(np.searchsorted(funnel.end, day, side="right"))]) - 1.0
    return trial.date_of(day)


def check_target(trial: ObservedTrial, target: int | None) -> None:
    """Check that the data contain what a backtest asks for.

    Args:
        trial: the whole trial.
        target: number of randomisations wanted; None for all in the data.

    Raises:
        UsageError: the data have fewer.
    """
    if target is not None and target > trial.n_randomised:
        message = f"only {trial.n_randomised} were randomised, so nobody knows when {target} would have been"
        raise UsageError(Problem(message, trial.source, path="--target", value=str(target)))


def cuts_at(trial: ObservedTrial, shares: Sequence[float], target: int | None = None) -> list[Cut]:
    """Return cuts at shares of the target, at the end of the day on which each share was reached.

    Args:
        trial: the whole trial.
        shares: shares between 0 and 1.
        target: number of randomisations wanted; None for all in the data.

    Returns:
        One cut per day; shares that were reached on the same day share a cut.
    """
    days = trial.days
    total = target or len(days)
    found: dict[date, Cut] = {}
    for share in shares:
        k = math.ceil(share * total - 1e-9)
        if 1 <= k <= len(days):
            when = _known_by(trial, float(days[k - 1]))
            found.setdefault(when, Cut(f"{share:.0%}", when))
    return [cut for cut in found.values() if _is_open(trial, cut, total)]


def cuts_every(trial: ObservedTrial, days: int, target: int | None = None) -> list[Cut]:
    """Return cuts at equal distances in time.

    Args:
        trial: the whole trial.
        days: distance in days.
        target: number of randomisations wanted; None for all in the data.

    Returns:
        The cuts, from the first one by which anybody was randomised.
    """
    total = target or trial.n_randomised
    found = []
    for day in range(days, int(trial.now), days):
        when = trial.date_of(day - 1)
        if trial.days[0] < day:
            found.append(Cut(str(when), when))
    return [cut for cut in found if _is_open(trial, cut, total)]


def _is_open(trial: ObservedTrial, cut: Cut, target: int) -> bool:
    """Whether the target was not yet reached at the cut."""
    return int(np.count_nonzero(trial.days < trial.day_of(cut.when) + 1.0)) < target


def backtest_cut(
    trial: ObservedTrial,
    cut: Cut,
    target: int | None = None,
    settings: RateSettings = SETTINGS,
    with_baselines: bool = True,
) -> CutResult:
    """Forecast from one cut, and score the forecast.

    Args:
        trial: the whole trial.
        cut: the cut.
        target: number of randomisations wanted; None for all in the data.
        settings: priors of the drifting rate.
        with_baselines: whether to score the baselines too.

    Returns:
        The forecasts and what happened.
    """
    days = trial.days
    total = target or len(days)
    known = trial.as_of(cut.when)
    now, n = known.now, known.n_randomised
    outlook = rest_of_recruitment(known, total, settings)
    most = math.ceil(MOST_OF_TARGET * total - 1e-9)
    true_days, true_most = float(days[total - 1]) - now, float(days[most - 1]) - now
    true_count = int(np.count_nonzero((days[:total] >= now) & (days[:total] < now + COUNT_DAYS)))
    counts = outlook.more_by(now + COUNT_DAYS)
    random = np.random.Generator(np.random.Philox(key=[settings.seed, 1]))
    by_site = site_answers(known, trial, outlook, random)
    result = CutResult(
        trial=trial.name,
        cut=cut,
        n=n,
        target=total,
        now=now,
        true_days=true_days,
        true_count=true_count,
        scores={METHOD: score(outlook.last_day(total) - now, true_days, counts, true_count)},
        cautions=cautions_by_key(known, total),
        pace=pace(known),
        near=(*near_answers(known, outlook, days[:total]), *by_site),
        fan_days=outlook.edges,
        fan=outlook.quantiles(_LEVELS),
    )
    if n < most:
        result.most[METHOD] = score(outlook.day_of(most) - now, true_most, counts, true_count)
    if with_baselines:
        _baselines(result, Known(known, total), most, (true_days, true_most, true_count), settings)
    return result


def _baselines(
    result: CutResult, known: Known, most: int, truth: tuple[float, float, int], settings: RateSettings
) -> None:
    """Add the scores of the simple methods to a result; a method that cannot forecast from so little has none.

    Args:
        result: the result, which is changed.
        known: what was known at the cut.
        most: number of randomisations of the second goal, which is nearer than the whole target.
        truth: days to the whole target and to `most`, and the number randomised in the days ahead that are counted.
        settings: number of draws and the seed; each method has the same random numbers.
    """
    true_days, true_most, true_count = truth
    for name, (_, baseline) in BASELINES.items():
        random = np.random.Generator(np.random.Philox(settings.seed))
        futures = baseline(known, settings.draws, random)
        if futures is None:
            continue
        left = known.trial.recruits_until - known.now  # what is announced holds for all
        counts = np.minimum(futures.count_in(min(COUNT_DAYS, left), random), known.target - known.n)
        days = np.minimum(futures.days_to(known.target - known.n, random), left)
        result.scores[name] = score(days, true_days, counts, true_count)
        if known.n < most:
            days = futures.days_to(most - known.n, random)
            result.most[name] = score(np.where(days > left, np.inf, days), true_most, counts, true_count)


Job = tuple[ObservedTrial, Cut, int | None]


def backtest(
    jobs: Sequence[Job],
    execution: Execution = ALONE,
    with_baselines: bool = True,
) -> list[CutResult]:
    """Forecast from all cuts in parallel.

    Args:
        jobs: (whole trial, cut, target) of each forecast.
        execution: processes and progress; never changes results. A cluster is not used.
        with_baselines: whether to score the baselines too.

    Returns:
        Results in the order of the jobs.

    Raises:
        UsageError: there is no cut.
        WorkersLost: worker processes were killed repeatedly.
    """
    if not jobs:
        raise UsageError(
            Problem(f"no cut is left: each needs somebody randomised before, and {FEWEST} or more is better")
        )
    found: dict[int, CutResult] = {}
    arguments = [(*job, SETTINGS, with_baselines) for job in jobs]
    with Workers[int](min(execution.processes, len(jobs))) as pool:
        if execution.processes <= 1 or len(jobs) <= _TOO_FEW_TO_SHARE:
            answers = ((i, backtest_cut(*each)) for i, each in enumerate(arguments))
        else:
            answers = pool.do(backtest_cut, enumerate(arguments))
        for i, result in answers:
            found[i] = result
            execution.progress(len(found), len(jobs))
    return [found[i] for i in range(len(jobs))]
