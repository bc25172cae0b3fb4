"""Lesson 1: why arrivals clump. At a steady rate, some months are full and others empty by chance alone.

The result that is taught is the Poisson distribution, with variance equal to the mean.

Attributes:
    MONTHS: length of the simulated year.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.core.clock import MONTH_DAYS
from sim.lessons.classroom import Classroom, Simulated
from sim.lessons.figures import picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, band_of, bands, of_100, scaled
from sim.report.exhibits import Exhibit, Table
from sim.report.style import rounded, series
from sim.report.words import mean_with_error, number

Array = npt.NDArray[np.float64]

MONTHS = 12
_BANDS = (10, 50, 90)  # of 100
_MOST_A_MONTH = 12.0  # patients a month from which on fewer years are simulated
_CALM = 1.5  # times the average: what the task asks for


class ArrivalParameters(Parameters):
    """What can be set."""

    patients_per_month: float = control(
        "Patients a month, on average", unit="per month", step=1, default=6.0, ge=1, le=60
    )


def changes(parameters: ArrivalParameters) -> dict[str, Any]:
    """One hospital at a steady rate for a year, with a target that is never reached.

    Args:
        parameters: as set in the lesson.

    Returns:
        What differs from the base scenario, as nested mappings.
    """
    return {
        "trial": {"target": 5000, "horizon_months": MONTHS},
        "sites": {"hospital": {"count": 1, "referrals_per_month": parameters.patients_per_month}},
    }


def monthly(run: Simulated) -> Array:
    """(trials, months) patients in each month.

    Args:
        run: the simulated trials, with days of the referrals.

    Returns:
        (trials, months) counts.
    """
    edges = MONTH_DAYS * np.arange(MONTHS + 1)
    return np.diff(run.counts(edges), axis=1)


def teach(parameters: ArrivalParameters, room: Classroom) -> Taught:
    """Years of one hospital, month by month."""
    rate = parameters.patients_per_month
    counts = monthly(room.run(LESSON.base, changes(parameters), share=min(1.0, _MOST_A_MONTH / rate)))
    busiest, quietest = intervals.mean(counts.max(axis=1)), intervals.mean(counts.min(axis=1))
    spread, average = intervals.mean(counts.var(axis=1, ddof=1)), intervals.mean(counts.mean(axis=1))
    half = float(np.floor(rate / 2))
    had_lull = counts.min(axis=1) <= half
    lull = intervals.probability(int(had_lull.sum()), len(counts))
    times = busiest.value / rate
    return Taught(
        Prediction(
            f"A hospital brings {rate:g} patients a month on average, all year round; nothing ever changes. How many "
            "come in the busiest of the 12 months?",
            "patients", busiest, around(busiest, max(1.0, 0.08 * rate)), 1, 200,
        ),
        (_one_year(counts, rate), _all_years(counts, rate)),
        (
            f"The rate never changed. Still, the busiest month of a year had {mean_with_error(busiest)} patients on "
            f"average, and the quietest {mean_with_error(quietest)}.",
            "Patients do not know of one another. Each comes on a day of their own, so some days fall close together "
            "and some far apart, as drops of rain do. Evenly spaced patients would need somebody who spaces them.",
            f"How far the months differ can be said in advance: for arrivals at random the variance is as large as "
            f"the mean. Here the mean is {mean_with_error(average)} and the variance {mean_with_error(spread)}.",
            "So a good month is no promise and a bad one no reason to be alarmed. Ask first what chance alone does.",
        ),
        Task(
            f"Raise the rate until the busiest month has less than {_CALM:g} times the average.",
            f"With {rate:g} a month, the busiest month has {number(times)} times the average "
            f"({mean_with_error(busiest)} patients).",
            times < _CALM,
        ),
        Check(
            f"A hospital has a month with {half:g} patients or fewer, at most half of its usual {rate:g}. Of 100 "
            "hospitals where nothing at all is wrong, how many see such a month within a year?",
            bands(_BANDS, "of 100"), band_of(100 * lull.value, _BANDS),
            f"It happens in {of_100(lull)} simulated years in which nothing changed.",
        ),
        (
            Fact("patients in the busiest month", busiest, "patients"),
            Fact("patients in the quietest month", quietest, "patients"),
            Fact("variance of the months of a year", spread, ""),
            Fact(f"years with a month of at most {half:g} patients", scaled(lull, 100), "of 100"),
        ),
    )  # fmt: skip


def _one_year(counts: Array, rate: float) -> Exhibit:
    """Patients of each month of the first simulated year, and the average."""
    import plotly.graph_objects as go

    year, month = counts[0], np.arange(1, MONTHS + 1)
    found = picture("month", "patients", bargap=0.15)
    found.add_trace(go.Bar(x=month.tolist(), y=year.tolist(), name="patients that came",
                           marker={"color": series(0).colour}))  # fmt: skip
    found.add_trace(
        go.Scatter(x=[0.5, MONTHS + 0.5], y=[rate, rate], mode="lines", name="the average",
                   line={"color": series(1).colour, "dash": series(1).dash, "width": 2.5})
    )  # fmt: skip
    found.update_xaxes(dtick=1)
    rows = tuple((str(m), f"{n:.0f}") for m, n in zip(month, year, strict=True))
    return Exhibit(
        "year",
        "One simulated year of one hospital",
        f"{year.sum():.0f} patients came, where {rate * MONTHS:g} were to be expected: {year.max():.0f} in the busiest "
        f"month, {year.min():.0f} in the quietest.",
        "Source: the first of the simulated years. Another one looks different.",
        found,
        Table("Patients in each month", ("month", "patients"), rows),
    )


def _all_years(counts: Array, rate: float) -> Exhibit:
    """How many months of all years had how many patients, beside the Poisson distribution with the same rate."""
    import plotly.graph_objects as go
    from scipy import stats

    n = np.arange(int(counts.max()) + 1)
    every = counts.ravel().astype(np.int64)
    share = 100.0 * np.bincount(every, minlength=len(n)) / len(every)
    law = 100.0 * stats.poisson.pmf(n, rate)
    found = picture("patients in a month", "months, of 100", bargap=0.15)
    found.add_trace(go.Bar(x=n.tolist(), y=rounded(share), name="simulated", marker={"color": series(0).colour}))
    found.add_trace(
        go.Scatter(x=n.tolist(), y=rounded(law), mode="markers", name="arrivals at random (Poisson)",
                   marker={"color": series(1).colour, "symbol": series(1).marker, "size": 8})
    )  # fmt: skip
    usual = intervals.probability(int(np.count_nonzero(np.abs(every - rate) <= 0.2 * rate)), len(every))
    rows = tuple((str(k), f"{a:.1f}", f"{b:.1f}") for k, a, b in zip(n, share, law, strict=True))
    return Exhibit(
        "months",
        f"How many come in a month, in {len(counts):,} simulated years",
        f"Within a fifth of the average lie the months of {of_100(usual)}. The squares are what the law of random "
        "arrivals says.",
        "Source: all months of all simulated years.",
        found,
        Table("Months by number of patients, of 100", ("patients", "simulated", "Poisson"), rows),
    )


LESSON = Lesson(
    number=1,
    name="clumps",
    title="Why arrivals clump",
    question="If patients come at a steady rate, why are some months full and others empty?",
    idea=(
        "A trial waits for patients. How many come in a month is never the same, even where the hospital, the season "
        "and the disease stay the same.",
        "This lesson shows one hospital at a steady rate, and nothing else. Whatever differs from month to month is "
        "chance.",
    ),
    words=("referral", "replication", "Monte Carlo error"),
    reading=("model",),
    model=ArrivalParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"patients_per_month": (3.0, 4.0, 5.0, 6.0, 8.0, 10.0)},
    replications=300,
)
