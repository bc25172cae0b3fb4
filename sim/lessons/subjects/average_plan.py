"""Lesson 2: why the average plan is late.

Completion time is convex in the rate, so an average rate gives an early date (Jensen's inequality): half the rate
doubles the time, twice the rate only halves it.

Attributes:
    HORIZON_MONTHS: long enough for the slowest trial that a teacher may ask for.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.pairing import never_as_infinity
from sim.lessons.classroom import Classroom, Simulated
from sim.lessons.figures import add_marks, bar_width, binned, histogram, picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, band_of, bands, interval_text, months, of_100, scaled
from sim.report.exhibits import Exhibit, Table
from sim.report.style import rounded, series
from sim.report.words import mean_with_error, number

Array = npt.NDArray[np.float64]

HORIZON_MONTHS = 600  # long enough for the slowest trial that a teacher may ask for
_RATE = "value_sites.hospital.referrals_per_month"
_PLAN_SHARE = 0.5  # of the replications, for a mean that varies little
_BANDS = (1, 3, 6, 12)  # months
_NEAR = 3.0  # months: what the task asks for


class AverageParameters(Parameters):
    """What can be set."""

    patients_per_month: float = control(
        "Participants a month, on average over what we think possible", unit="per month", step=0.5, default=3.0,
        ge=0.5, le=30,
    )  # fmt: skip
    spread: float = control(
        "How unsure we are of that rate (sigma of its logarithm)", step=0.05, default=0.6, ge=0, le=0.8
    )


def changes(parameters: AverageParameters) -> dict[str, Any]:
    """One hospital with an unknown rate: lognormal with the stated mean.

    Args:
        parameters: as set in the lesson.

    Returns:
        What differs from the base scenario, as nested mappings.
    """
    mean, sigma = parameters.patients_per_month, parameters.spread
    rate: Any = mean
    if sigma > 0:
        rate = {"uncertain": "lognormal", "median": mean * math.exp(-(sigma**2) / 2), "sigma": sigma}
    return {
        "trial": {"horizon_months": HORIZON_MONTHS},
        "sites": {"hospital": {"count": 1, "referrals_per_month": rate}},
    }


def teach(parameters: AverageParameters, room: Classroom) -> Taught:
    """Trials whose rate is not known, against the plan that takes its average."""
    run = room.run(LESSON.base, changes(parameters))
    certain = room.run(LESSON.base, changes(parameters.model_copy(update={"spread": 0.0})), share=_PLAN_SHARE)
    plan = intervals.mean(certain.months_to_last)
    ended = never_as_infinity(run.months_to_last)
    late = intervals.probability(int(np.count_nonzero(ended > plan.value)), run.n)
    p50, p80 = (intervals.quantile(ended, q) for q in (0.5, 0.8))
    behind = Estimate(*(None if x is None else x - plan.value for x in p80))  # type: ignore[arg-type]
    share = scaled(late, 100)
    return Taught(
        Prediction(
            f"Our best guess is {parameters.patients_per_month:g} participants a month; it may turn out to be more or "
            f"less. With that average, {run.design.scenario.trial.target} participants take {number(plan.value)} "
            "months. Of 100 such trials, how many take longer than that?",
            "of 100", share, around(share, 4), 1, 100,
        ),
        (_when(ended, plan, p50, p80), _why(run, plan)),
        (
            f"{of_100(late)} trials take longer than the plan, and on average they all take "
            f"{months(intervals.mean(run.months_to_last))}, against {number(plan.value)} planned.",
            *_quarters(run, plan),
            "Half the rate doubles the time. Twice the rate only halves it. So what goes wrong costs more months than "
            "what goes well brings back, and a plan made of averages is early by design.",
            f"Plan with a date that holds in most cases. Here {interval_text(p80, 'months')} hold in 80 of 100 trials.",
            *run.never,
        ),
        Task(
            f"Find out how well the rate must be known for the date that holds in 80 of 100 trials to be within "
            f"{_NEAR:g} months of the average plan.",
            f"With an uncertainty of {parameters.spread:g}, it is {number(behind.value)} months after the plan.",
            behind.value < _NEAR,
        ),
        Check(
            "You are asked for a date that holds in 80 of 100 trials. How far after the average plan is it?",
            bands(_BANDS, "months"), band_of(behind.value, _BANDS),
            f"80 of 100 simulated trials are done after {interval_text(p80, 'months')}: "
            f"{interval_text(behind, 'months')} after the plan of {number(plan.value)} months.",
        ),
        (
            Fact("the average plan", plan, "months"),
            Fact("trials later than the plan", scaled(late, 100), "of 100"),
            Fact("half are done after", p50, "months"),
            Fact("80 of 100 are done after", p80, "months"),
        ),
    )  # fmt: skip


def _quarters(run: Simulated, plan: Estimate) -> tuple[str, ...]:
    """What the slowest and the fastest quarter of the rates lead to."""
    if _RATE not in run.names:
        return ("The rate is known here, so that being late or early is chance in who comes when, and as often one as "
                "the other.",)  # fmt: skip
    rate, months_to_last = run[_RATE], run.months_to_last
    low, high = np.quantile(rate, (0.25, 0.75))
    slow, fast = rate <= low, rate >= high
    later = intervals.mean(months_to_last[slow] - plan.value)
    sooner = intervals.mean(plan.value - months_to_last[fast])
    return (
        f"In the slowest quarter of the trials the rate is {number(float(rate[slow].mean()))} a month, and they end "
        f"{months(later)} after the plan. In the fastest quarter it is {number(float(rate[fast].mean()))} a month, and "
        f"they end only {months(sooner)} before it.",
    )


def _when(ended: Array, plan: Estimate, p50: Estimate, p80: Estimate) -> Exhibit:
    """When the trials end, with the plan, the median and the date that holds in 80 of 100."""
    width = bar_width(ended)
    marks = ((plan.value, "average plan"), (p50.value, "half are done"), (p80.value, "80 of 100 are done"))
    found = histogram(ended, width, "months to the last participant", "trials, of 100", marks)
    rows = [(f"{m - width / 2:g} to {m + width / 2:g}", f"{s:.1f}") for m, s in zip(*binned(ended, width), strict=True)]
    return Exhibit(
        "when",
        "When the last participant comes",
        f"Average plan: {number(plan.value)} months. Half of the trials are done after {interval_text(p50, 'months')}, "
        f"80 of 100 after {interval_text(p80, 'months')}.",
        f"Source: {len(ended):,} simulated trials, each with a rate of its own; plan: the same trials with the average "
        f"rate, mean {mean_with_error(plan)} months. In brackets: 95 % interval of the Monte Carlo error.",
        found,
        Table("Trials by months to the last participant, of 100", ("months", "trials"), tuple(rows)),
    )


def _why(run: Simulated, plan: Estimate) -> Exhibit:
    """Rate and duration of each trial as dots; no figure where the rate is the same in all."""
    import plotly.graph_objects as go

    rate = run[_RATE] if _RATE in run.names else np.full(run.n, np.nan)
    found = picture("participants a month in this trial", "months")
    found.add_trace(
        go.Scatter(
            x=rounded(rate), y=rounded(run.months_to_last), mode="markers", name="a simulated trial",
            marker={"color": series(0).colour, "size": 6, "opacity": 0.6},
        )
    )  # fmt: skip
    found.add_hline(y=plan.value, line={"color": series(1).colour, "dash": "dash"}, annotation_text="average plan")
    if np.isfinite(rate).any():
        add_marks(found, ((float(rate.mean()), "average rate"),))
    order = np.argsort(rate)[:: max(run.n // 20, 1)]
    rows = tuple((number(float(rate[i])), number(float(run.months_to_last[i]))) for i in order)
    return Exhibit(
        "why",
        "The rate of a trial, and how long it takes",
        "To the left of the average rate the dots climb steeply; to the right of it they fall only a little."
        if np.isfinite(rate).any()
        else "The rate is the same in every trial, so there is nothing to draw.",
        "Source: the same simulated trials.",
        found if np.isfinite(rate).any() else None,
        Table("Some of the trials, by rate", ("participants a month", "months"), rows),
    )


LESSON = Lesson(
    number=2,
    name="average",
    title="Why the average plan is late",
    question="If every number in a plan is a fair average, why does the trial so often end later?",
    idea=(
        "A plan is often made of averages: so many patients a month, so many months. Nobody cheats, every number is as "
        "likely to be too low as too high.",
        "This lesson takes one hospital whose rate is not known before the start. Each simulated trial has a rate of "
        "its own, and their average is the one in the plan.",
    ),
    words=("uncertain", "P50, P80", "replication"),
    reading=("how-sure",),
    model=AverageParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"patients_per_month": (2.0, 2.5, 3.0, 4.0), "spread": (0.5, 0.6, 0.7)},
    replications=320,
)
