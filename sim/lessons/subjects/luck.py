"""Lesson 7: luck, or a better plan. Comparing plans on the same patients removes most of the chance.

Common random numbers are taught by their effect: the same difference, with an error as of many times as many trials.

Attributes:
    HORIZON_MONTHS: long enough for the slowest trial that a teacher may ask for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.pairing import mean_change, narrowing, never_as_infinity
from sim.lessons.classroom import Classroom
from sim.lessons.figures import picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, band_of, bands, months, of_100, scaled
from sim.report.exhibits import Exhibit, Table
from sim.report.style import rounded, series
from sim.report.words import mean_with_error, number

Array = npt.NDArray[np.float64]

HORIZON_MONTHS = 600
_BANDS = (1.5, 3, 6)  # times as many trials
_SURE = 0.05
_PAIRS = 25  # drawn


class LuckParameters(Parameters):
    """What can be set."""

    sites: int = control("Hospitals in plan A", unit="sites", step=1, default=6, ge=3, le=20)
    extra_sites: int = control("More hospitals in plan B", unit="sites", step=1, default=1, ge=1, le=20)
    patients_per_month: float = control(
        "Participants a month at each, on average", unit="per month", step=0.1, default=0.5, ge=0.2, le=10
    )
    between_site_cv: float = control(
        "How much hospitals differ (sd of their rates, over the mean)", step=0.1, default=0.5, ge=0, le=1
    )


def changes(parameters: LuckParameters) -> dict[str, Any]:
    """Plan A: hospitals that differ in their rates, by a gamma distribution with the given coefficient of variation."""
    return {
        "trial": {"horizon_months": HORIZON_MONTHS},
        "sites": {"hospital": {"count": parameters.sites, "referrals_per_month": parameters.patients_per_month}},
        "site_defaults": {"between_site_cv": parameters.between_site_cv},
    }


def plan_b(parameters: LuckParameters) -> dict[str, Any]:
    """Plan B: the same hospitals and some more.

    Args:
        parameters: as set in the lesson.

    Returns:
        What differs from the base scenario, as nested mappings.
    """
    return changes(parameters.model_copy(update={"sites": parameters.sites + parameters.extra_sites}))


def teach(parameters: LuckParameters, room: Classroom) -> Taught:
    """Two plans on the same patients, and on other patients."""
    a = room.run(LESSON.base, changes(parameters))
    b = room.run(LESSON.base, plan_b(parameters))
    stranger = room.run(LESSON.base, plan_b(parameters), other_luck=1)
    ours, same, other = (never_as_infinity(run.months_to_last) for run in (a, b, stranger))
    wrong = intervals.probability(int(np.count_nonzero(other > ours)), a.n)
    wrong_paired = intervals.probability(int(np.count_nonzero(same > ours + 1e-9)), a.n)
    gain = mean_change(b.months_to_last, a.months_to_last)
    apart = intervals.mean(a.months_to_last - stranger.months_to_last)
    worth = narrowing(a["day_last_randomised"], b["day_last_randomised"])
    extra = f"{parameters.extra_sites} more hospital{'s' * (parameters.extra_sites > 1)}"
    share = scaled(wrong, 100)
    return Taught(
        Prediction(
            f"Plan A has {parameters.sites} hospitals, plan B the same and {extra}; B is the better plan. Simulate one "
            "trial with A and one with B, on other patients, and compare. In how many of 100 such comparisons does B "
            "come in later than A?",
            "of 100", share, around(share, 5), 1, 100,
        ),
        (_comparison("luck", "Other patients in A and in B", ours, other),
         _comparison("pairs", "The same patients in A and in B", ours, same)),
        (
            f"On other patients the better plan looks worse in {of_100(wrong)} comparisons. One trial against another "
            "mostly shows which was lucky.",
            f"On the same patients it is later in {of_100(wrong_paired)}. Hospital by hospital the same patients come "
            "on "
            f"the same days; B only has {extra}. What is left is the difference between the plans.",
            f"Both ways agree on the difference itself: {months(gain)} on the same patients, {months(apart)} on "
            "others. "
            "But look at the errors.",
            f"For the same error, comparisons on other patients would need {_times(worth)} times as many simulated "
            "trials. Real trials cannot be run twice on the same patients; simulated ones can.",
            *a.never,
        ),
        Task(
            f"Find how many more hospitals plan B needs to be later in fewer than {100 * _SURE:g} of 100 comparisons, "
            "even on other patients.",
            f"With {extra} it is later in {of_100(wrong)}.",
            wrong.value < _SURE,
        ),
        Check(
            "You want to know how many months B saves. How many times as many simulated trials does it take on other "
            "patients as on the same, for an answer as sure?",
            bands(_BANDS, "times"), band_of(worth.value, _BANDS),
            f"{_times(worth)} times as many: the difference of two trials varies less where they share their chance.",
        ),
        (
            Fact("B later than A, other patients", scaled(wrong, 100), "of 100"),
            Fact("B later than A, same patients", scaled(wrong_paired, 100), "of 100"),
            Fact("months that B saves, same patients", gain, "months"),
            Fact("months that B saves, other patients", apart, "months"),
            Fact("times as many trials without pairing", worth, "times"),
        ),
    )  # fmt: skip


def _times(worth: intervals.Estimate) -> str:
    low, high = (number(end, like=worth.value) if end is not None else "?" for end in (worth.low, worth.high))
    return f"{number(worth.value)} ({low} to {high})"


def _comparison(name: str, title: str, ours: Array, theirs: Array) -> Exhibit:
    """Pairs of trials: a line from the months of A to the months of B for each.

    Args:
        name: name of the exhibit.
        title: its title.
        ours: (trials,) months of plan A; infinity for never.
        theirs: (trials,) months of plan B, compared trial by trial.
    """
    import plotly.graph_objects as go

    n = min(_PAIRS, len(ours))
    pair = np.arange(1, n + 1)
    found = picture("months to the last participant", "comparison", 380)
    for is_later, i, text in ((False, 0, "B is sooner"), (True, 1, "B is later")):
        chosen = np.flatnonzero((theirs[:n] > ours[:n] + 1e-9) == is_later)
        x = [v for k in chosen for v in (*rounded([ours[k], theirs[k]]), None)]
        y = [v for k in chosen for v in (int(pair[k]), int(pair[k]), None)]
        found.add_trace(
            go.Scatter(x=x, y=y, mode="lines", line={"color": series(i).colour, "width": 2, "dash": series(i).dash},
                       name=text)
        )  # fmt: skip
    for values, text, i in ((ours, "A", 2), (theirs, "B", 3)):
        marker = {"color": series(i).colour, "symbol": series(i).marker, "size": 8}
        found.add_trace(go.Scatter(x=rounded(values[:n]), y=pair.tolist(), mode="markers", name=text, marker=marker))
    found.update_yaxes(autorange="reversed")
    difference = np.where(np.isfinite(ours) & np.isfinite(theirs), ours - theirs, np.nan)
    mean, sd = intervals.mean(difference), float(np.nanstd(difference, ddof=1))
    later = intervals.probability(int(np.count_nonzero(theirs > ours + 1e-9)), len(ours))
    rows = tuple((str(k), number(float(ours[k - 1])), number(float(theirs[k - 1]))) for k in pair.tolist())
    return Exhibit(
        name,
        title,
        f"B is later in {of_100(later)}. It saves {mean_with_error(mean)} months on average; from one comparison to "
        "the "
        f"next that varies by {number(sd)} months (sd).",
        f"Source: {len(ours):,} comparisons of simulated trials, of which {n} are drawn.",
        found,
        Table("Months to the last participant", ("comparison", "A", "B"), rows),
    )


LESSON = Lesson(
    number=7,
    name="luck",
    title="Luck, or a better plan?",
    question="Plan B finished before plan A. Is it better, or was it lucky?",
    idea=(
        "Two plans are compared by simulating both. But each simulated trial has luck of its own, and the lucky one "
        "looks "
        "better.",
        "Here random numbers belong to patients and hospitals, not to the order in which things happen. So two plans "
        "can "
        "be tried on the very same patients.",
    ),
    words=("replication", "site effect", "Monte Carlo error"),
    reading=("random-numbers",),
    model=LuckParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"sites": (5, 6, 7, 8), "between_site_cv": (0.4, 0.5, 0.6)},
    replications=120,
)
