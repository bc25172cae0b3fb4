"""Lesson 8: forecasting half way. Intervals narrow as data arrive, and are judged by how often they hold.

The forecast is that of `sim.forecast.rate.poisson_gamma`, by formula: the lesson forecasts every simulated trial at
once, which simulating each of their futures would make too slow.

Attributes:
    LOOKS: shares of the target at which all trials are forecast.
    INNER: probability that the interval of a forecast is to cover.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.pairing import never_as_infinity
from sim.core.clock import MONTH_DAYS
from sim.forecast.rate.poisson_gamma import GammaRate, planned_rate
from sim.lessons.classroom import Classroom, Simulated
from sim.lessons.figures import error_bars, line, picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.subjects import average_plan
from sim.lessons.wording import band_of, bands, months, of_100, scaled
from sim.report.exhibits import Exhibit, Table
from sim.report.style import BAND_INNER, GREY, rounded, series
from sim.report.words import mean_with_error, number

Array = npt.NDArray[np.float64]

LOOKS = (0.1, 0.25, 0.5, 0.75, 0.9)  # of the target
INNER = 0.8  # what the interval of a forecast is to cover
_BANDS = (50, 70, 90)
_NARROW = 4.0  # months: what the task asks for
_POINTS = 40


class HalfWayParameters(Parameters):
    """What can be set."""

    patients_per_month: float = control(
        "Participants a month in the plan", unit="per month", step=0.5, default=3.0, ge=0.5, le=30
    )
    spread: float = control(
        "How unsure the plan was of that rate (sigma of its logarithm)", step=0.05, default=0.5, ge=0.05, le=0.8
    )
    look: float = control("Share of the target randomised when we look", step=0.05, default=0.5, ge=0.05, le=0.95)
    plan_weight: float = control(
        "What the plan counts (0: nothing, 1: as much as having seen it happen)", step=0.05, default=0.1, ge=0, le=1
    )


def changes(parameters: HalfWayParameters) -> dict[str, Any]:
    """One hospital with an unknown rate, as in the lesson on average plans."""
    return average_plan.changes(
        average_plan.AverageParameters(patients_per_month=parameters.patients_per_month, spread=parameters.spread)
    )


@dataclass(frozen=True, eq=False)
class Looked:
    """Simulated trials, each forecast from its first n participants.

    Attributes:
        n: number of participants randomised by then.
        at: (trials,) month of the n-th randomisation; NaN for trials that never reach it.
        low: (trials,) 10th percentile of the forecast of the last participant, in months since day 0.
        middle: (trials,) its median.
        high: (trials,) its 90th percentile.
        ended: (trials,) month of the last participant; infinity for never.
        target: number of participants.
    """

    n: int
    at: Array
    low: Array
    middle: Array
    high: Array
    ended: Array
    target: int

    @property
    def straight(self) -> Array:
        """(trials,) month of the last participant if the average rate so far continued."""
        return self.at * self.target / self.n

    @property
    def covered(self) -> Estimate:
        """How often the end lies within the interval, among trials that were forecast."""
        seen = np.isfinite(self.at)
        inside = (self.low <= self.ended) & (self.ended <= self.high) & seen
        return intervals.probability(int(inside.sum()), int(seen.sum()))

    @property
    def width(self) -> Estimate:
        """Mean width of the interval, in months."""
        return intervals.mean(self.high - self.low)


def prior(parameters: HalfWayParameters, target: int) -> GammaRate:
    """The rate a month before any data, from the plan; with weight 0 it has next to no influence.

    Args:
        parameters: parameters of the lesson.
        target: number of participants of the plan.

    Returns:
        A gamma rate, a month.
    """
    return planned_rate(target, target / parameters.patients_per_month, max(parameters.plan_weight, 1e-6))


def look_at(run: Simulated, parameters: HalfWayParameters, share: float) -> Looked:
    """Forecast every trial from the data up to a share of the target.

    Args:
        run: the simulated trials.
        parameters: parameters of the lesson.
        share: share of the target, 0 to 1; at least one participant is seen, and at least one is to come.

    Returns:
        The forecasts with what then happened.
    """
    target = run.design.scenario.trial.target
    n = min(max(math.ceil(share * target), 1), target - 1)
    at = np.array([days[n - 1] if len(days) >= n else np.nan for days in run.chunk.randomised_days]) / MONTH_DAYS
    rate = prior(parameters, target).after(n, at)  # type: ignore[arg-type]  # a trial each
    left = rate.time_to(target - n)
    tail = (1 - INNER) / 2
    low, middle, high = (at + left.ppf(q) for q in (tail, 0.5, 1 - tail))
    return Looked(n, at, low, middle, high, never_as_infinity(run.months_to_last), target)


def teach(parameters: HalfWayParameters, room: Classroom) -> Taught:
    """One trial half way, its forecast, and its outcome; and the same for all others."""
    run = room.run(LESSON.base, changes(parameters))
    looked = look_at(run, parameters, parameters.look)
    every = {share: look_at(run, parameters, share) for share in LOOKS}
    low, middle, high, ended = (float(v[0]) for v in (looked.low, looked.middle, looked.high, looked.ended))
    covered, width = looked.covered, looked.width
    missed = _miss(looked.middle, looked.ended)
    n_unseen = int(np.count_nonzero(np.isnan(looked.at)))
    return Taught(
        Prediction(
            f"A trial of {looked.target} participants was planned at {parameters.patients_per_month:g} a month. Number "
            f"{looked.n} came in month {number(float(looked.at[0]))}. In which month does the last one come?",
            "months", Estimate(ended, None, None), (min(low, ended), max(high, ended)), 0.5, 240,
        ),
        (_one(run, parameters, looked), _narrowing(every, looked, parameters)),
        (
            f"The forecast for this trial was month {number(middle)} ({number(low)} to {number(high)} with "
            f"{100 * INNER:g} % probability). The last participant then came in month {number(ended)}. A straight line "
            f"says month {number(float(looked.straight[0]))}.",
            f"Over {run.n:,} trials, the end lies between the two ends in {of_100(covered)}. The middle is off by "
            f"{months(missed)} on average: that much is luck that no forecast can know."
            + (f" {n_unseen} of the trials never got so far and are not counted." if n_unseen else ""),
            f"The interval is {months(width)} wide on average. It comes from two unknowns: the rate, which the data "
            "teach, and who comes when, which they cannot.",
            "A forecast mixes the plan with the data. Early on the plan says most; with every participant the data say "
            "more. A date without an interval hides both.",
        ),
        Task(
            f"Find out how much of the target must be randomised for the interval to be less than {_NARROW:g} months "
            "wide.",
            f"With {looked.n} of {looked.target} it is {months(width)} wide.",
            width.value < _NARROW,
        ),
        Check(
            f"The forecast gives an interval for {100 * INNER:g} % probability. In how many of 100 trials does the "
            "last "
            "participant come between its ends?",
            bands(_BANDS, "of 100"), band_of(100 * covered.value, _BANDS),
            f"In {of_100(covered)} of the simulated trials. That is what such an interval promises, and how a forecast "
            "is judged: not by one date, but by how often its intervals hold.",
        ),
        (
            Fact("the last participant of this trial came in month", Estimate(ended, None, None), ""),
            Fact("forecast for this trial: middle, month", Estimate(middle, low, high), ""),
            Fact("trials whose end is within the interval", scaled(covered, 100), "of 100"),
            Fact("mean width of the interval", width, "months"),
            Fact("mean distance of the middle from the end", missed, "months"),
        ),
    )  # fmt: skip


def _miss(forecast: Array, ended: Array) -> Estimate:
    """Mean distance of the forecast's median from what happened, in months, over trials that ended."""
    return intervals.mean(np.where(np.isfinite(ended), np.abs(forecast - ended), np.nan))


def _one(run: Simulated, parameters: HalfWayParameters, looked: Looked) -> Exhibit:
    """The data so far, the fan of the forecast, and the outcome, of the first simulated trial."""
    import plotly.graph_objects as go

    days = run.chunk.randomised_days[0] / MONTH_DAYS
    n, target, now = looked.n, looked.target, float(looked.at[0])
    ahead = np.linspace(0.0, max(float(looked.high[0]) - now, 1.0) * 1.1, _POINTS)
    future = prior(parameters, target).after(n, now)
    tail = (1 - INNER) / 2
    low, middle, high = (
        np.minimum(n + np.append(0.0, [future.count_in(t).ppf(q) for t in ahead[1:]]), target)
        for q in (tail, 0.5, 1 - tail)
    )
    number_of = np.arange(1, len(days) + 1)
    found = picture("months since the trial opened", "participants", 380)
    found.add_trace(go.Scatter(x=rounded(now + ahead), y=rounded(low), mode="lines", line={"width": 0},
                               showlegend=False, hoverinfo="skip"))  # fmt: skip
    found.add_trace(go.Scatter(x=rounded(now + ahead), y=rounded(high), mode="lines", line={"width": 0},
                               fill="tonexty", fillcolor=BAND_INNER, name=f"forecast, {100 * INNER:g} %"))  # fmt: skip
    found.add_trace(line(now + ahead, middle, "its middle", 0))
    found.add_trace(line(np.array([0, looked.straight[0]]), np.array([0, target]), "straight line", 3))
    found.add_trace(
        line(days[:n], number_of[:n], "seen so far", 2, line={"color": series(2).colour, "width": 3, "shape": "hv"})
    )
    found.add_trace(line(days[n - 1 :], number_of[n - 1 :], "what then happened", 1, line_shape="hv"))
    found.add_vline(x=now, line={"color": GREY, "width": 1, "dash": "dot"})
    found.update_layout(margin={"b": 110})
    rows = tuple((str(k), number(float(days[k - 1]))) for k in number_of.tolist())
    return Exhibit(
        "forecast",
        "One trial, its forecast, and what then happened",
        f"Seen until month {number(now)}: {n} of {target}. Forecast: month {number(float(looked.middle[0]))} "
        f"({number(float(looked.low[0]))} to {number(float(looked.high[0]))}). It was month "
        f"{number(float(looked.ended[0]))}.",
        "Source: the first of the simulated trials; the forecast is the gamma-Poisson one of the forecast command.",
        found,
        Table("When each participant came", ("participant", "month"), rows),
    )


def _narrowing(every: dict[float, Looked], own: Looked, parameters: HalfWayParameters) -> Exhibit:
    """Mean width of the interval by the share of the target that has been seen."""
    import plotly.graph_objects as go

    widths = [looked.width for looked in every.values()]
    x = np.array([100.0 * share for share in every])
    y = np.array([e.value for e in widths])
    low, high = (np.array([getattr(e, end) for e in widths], dtype=np.float64) for end in ("low", "high"))
    found = picture("share of the target randomised, %", "width of the interval, months", 300)
    found.add_trace(
        go.Scatter(x=x.tolist(), y=rounded(y), error_y=error_bars(low, high, y), mode="lines+markers",
                   line={"color": series(0).colour, "width": 2.5}, name="mean of all trials")
    )  # fmt: skip
    found.add_trace(
        go.Scatter(x=[100 * parameters.look], y=rounded([own.width.value]), mode="markers", name="with your settings",
                   marker={"color": series(1).colour, "symbol": "diamond", "size": 14})
    )  # fmt: skip
    rows = tuple(
        (f"{100 * share:g} %", mean_with_error(looked.width), of_100(looked.covered)) for share, looked in every.items()
    )
    first, last = widths[0], widths[-1]
    return Exhibit(
        "narrowing",
        "The more has been seen, the narrower",
        f"The interval is {months(first)} wide at {100 * LOOKS[0]:g} % of the target, and {months(last)} at "
        f"{100 * LOOKS[-1]:g} %.",
        "Source: forecasts of all simulated trials; whiskers: 95 % interval of the Monte Carlo error.",
        found,
        Table(
            f"Intervals for {100 * INNER:g} % probability",
            ("randomised", "width, months", "trials whose end is within it"),
            rows,
        ),
    )


LESSON = Lesson(
    number=8,
    name="half-way",
    title="Forecasting half way",
    question="Part of the participants are in. When will the last one come, and how sure is that?",
    idea=(
        "A trial is under way. The plan said one thing, the first months say another. Both know something: the plan "
        "was "
        "made with experience, the data are real but few.",
        "This lesson takes one simulated trial, shows you its beginning, and lets you forecast. Then it shows what "
        "happened, and how good such forecasts are over many trials.",
    ),
    words=("uncertain", "P50, P80", "target"),
    reading=("how-sure",),
    model=HalfWayParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"look": (0.3, 0.4, 0.5, 0.6), "patients_per_month": (2.0, 3.0, 4.0)},
    replications=300,
)
