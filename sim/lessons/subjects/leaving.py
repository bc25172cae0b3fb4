"""Lesson 6: leaving early. The last visit is not simply the last randomisation plus the length of follow-up.

The end of a trial is the maximum over all participants of when they are out of it: leaving can only lower it.

Attributes:
    HORIZON_MONTHS: long enough for the slowest trial that a teacher may ask for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.pairing import mean_change
from sim.core import events
from sim.core.clock import WEEK_DAYS
from sim.core.events import KIND, NUMBER, TIME
from sim.lessons.classroom import Classroom, Simulated, base_scenario
from sim.lessons.figures import add_marks, bar_width, binned, histogram, picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, of_100, scaled
from sim.report.exhibits import Exhibit, Table
from sim.report.style import rounded, series
from sim.report.words import mean_with_error, number

Array = npt.NDArray[np.float64]

HORIZON_MONTHS = 600
_SAME_DAYS = 1.0  # a mean end that differs by less is the same


class LeavingParameters(Parameters):
    """What can be set."""

    leaving: float = control(
        "Share of participants who leave before the last visit", step=0.05, default=0.6, ge=0, le=0.95
    )
    patients_per_month: float = control("Participants a month", unit="per month", step=0.5, default=3.0, ge=0.5, le=30)


def changes(parameters: LeavingParameters) -> dict[str, Any]:
    """Visits as in the base scenario; participants leave at a steady hazard."""
    rules = base_scenario().follow_up
    assert rules is not None
    weeks = list(rules.visit_weeks)
    left = {f"{weeks[-1]:g}": parameters.leaving}
    return {
        "trial": {"horizon_months": HORIZON_MONTHS},
        "sites": {"hospital": {"count": 1, "referrals_per_month": parameters.patients_per_month}},
        "follow_up": {
            "visit_weeks": weeks,
            "primary_endpoint_week": rules.primary_endpoint_week,
            "leaving": {"left_early": left} if parameters.leaving > 0 else {},
        },
    }


def teach(parameters: LeavingParameters, room: Classroom) -> Taught:
    """The end of follow-up, with and without participants who leave."""
    run = room.run(LESSON.base, changes(parameters), keep=True)
    stayed = room.run(LESSON.base, changes(parameters.model_copy(update={"leaving": 0.0})))
    weeks = run.design.scenario.follow_up.visit_weeks[-1]  # type: ignore[union-attr]
    full = weeks * WEEK_DAYS
    after = run["day_last_visit"] - run["day_last_randomised"]
    mean_after = intervals.mean(after)
    sooner = mean_change(run["day_last_visit"], stayed["day_last_visit"])
    completed = intervals.mean(run["n_completed"])
    not_last = intervals.probability(int(np.count_nonzero(after < full - 1)), run.n)
    target = run.design.scenario.trial.target
    return Taught(
        Prediction(
            f"Everyone is followed for {weeks:g} weeks, that is {full:g} days; {100 * parameters.leaving:g} of 100 "
            "leave "
            "before that. How many days after the last randomisation is the last visit of the trial, on average?",
            "days", mean_after, around(mean_after, max(7.0, 0.03 * full)), 1, 2 * full,
        ),
        (_lanes(run, full), _after(after, full)),
        (
            f"The plan says {full:g} days after the last randomisation. The simulation says "
            f"{mean_with_error(mean_after)}, "
            f"and in {of_100(not_last)} trials it is sooner than planned.",
            "The trial ends when nobody is left in it. The one who came last may leave early, and then the end is the "
            "last visit of somebody who came before. It can be sooner than planned, hardly ever later.",
            f"That is no gain. Of {target} participants {mean_with_error(completed)} have the last visit: the trial "
            "ends "
            f"{mean_with_error(sooner)} days sooner than if all had stayed, and knows less.",
            "Where those who leave are replaced, recruitment goes on instead, and the end comes later.",
        ),
        Task(
            "Find the largest share that may leave so that, on average, at least half of the participants have the "
            "last "
            "visit.",
            f"With {100 * parameters.leaving:g} of 100 leaving, {mean_with_error(completed)} of {target} have it.",
            completed.value >= target / 2 and completed.value < target / 2 + 0.06 * target,
        ),
        _check(sooner.value, mean_with_error(sooner)),
        (
            Fact("days from the last randomisation to the last visit", mean_after, "days"),
            Fact("trials that end sooner than planned", scaled(not_last, 100), "of 100"),
            Fact("participants who have the last visit", completed, f"of {target}"),
            Fact("days sooner than if all stayed", sooner, "days"),
        ),
    )  # fmt: skip


def _check(sooner: float, text: str) -> Check:
    """A check whose right answer is the sign of the simulated difference in days.

    Less than a day counts as the same.
    """
    right = 1 if abs(sooner) < _SAME_DAYS else 0 if sooner > 0 else 2
    return Check(
        "More participants leave early. When is the last visit of the trial, if nobody is replaced?",
        ("sooner, or on the same day", "always on the same day", "later"),
        right,
        f"With these settings it is {text} days sooner, on average, than if all had stayed. Participants who leave "
        "miss their later visits, and never add any.",
    )


def _lanes(run: Simulated, full: float) -> Exhibit:
    """The first simulated trial as a line per participant, from randomisation to the way out."""
    import plotly.graph_objects as go

    rows = run.chunk.kept[0]
    start = {int(row[NUMBER]): row[TIME] for row in rows[rows[:, KIND] == events.RANDOMISED]}
    ended = {
        kind: {int(row[NUMBER]): row[TIME] for row in rows[rows[:, KIND] == kind]}
        for kind in (events.LEFT, events.COMPLETED)
    }
    out = ended[events.LEFT] | ended[events.COMPLETED]
    found = picture("days since the trial opened", "participant", 420)
    x: list[float | None] = []
    y: list[int | None] = []
    for who, day in start.items():
        x += [day, out.get(who, day), None]
        y += [who, who, None]
    found.add_trace(
        go.Scatter(x=x, y=y, mode="lines", line={"color": series(0).colour, "width": 2}, name="in the trial")
    )
    for i, (kind, name) in enumerate(((events.LEFT, "left early"), (events.COMPLETED, "had the last visit")), start=1):
        found.add_trace(
            go.Scatter(
                x=rounded(list(ended[kind].values())), y=list(ended[kind]), mode="markers", name=name,
                marker={"color": series(i).colour, "symbol": series(i).marker, "size": 7},
            )
        )  # fmt: skip
    last = max(start.values(), default=0.0)
    end = max(out.values(), default=last)
    add_marks(found, ((last, "last randomised"), (end, "last visit"), (last + full, "as planned")))
    found.update_yaxes(autorange="reversed")
    cells = tuple(
        (str(who), number(day), number(out.get(who, np.nan)), "left" if who in ended[events.LEFT] else "last visit")
        for who, day in start.items()
    )
    return Exhibit(
        "lanes",
        "One simulated trial, participant by participant",
        f"The last is randomised on day {last:.0f}. Planned end: day {last + full:.0f}. The last visit is on day "
        f"{end:.0f}; {len(ended[events.LEFT])} of {len(start)} left early.",
        "Source: the first of the simulated trials. Another one looks different.",
        found,
        Table("Participants", ("participant", "randomised, day", "out, day", "how"), cells),
    )


def _after(after: Array, full: float) -> Exhibit:
    """Days from the last randomisation to the last visit, over all trials."""
    width = bar_width(after, 24)
    mean_after = intervals.mean(after)
    found = histogram(
        after, width, "days from the last randomisation to the last visit", "trials, of 100",
        ((mean_after.value, "mean"), (full, "as planned")),
    )  # fmt: skip
    rows = tuple(
        (f"{m - width / 2:g} to {m + width / 2:g}", f"{s:.1f}") for m, s in zip(*binned(after, width), strict=True)
    )
    low = intervals.quantile(after, 0.1)
    return Exhibit(
        "after",
        "From the last randomisation to the last visit",
        f"Mean {mean_with_error(mean_after)} days; in one trial of ten {number(low.value)} days or less. Planned: "
        f"{full:g}.",
        f"Source: {len(after):,} simulated trials.",
        found,
        Table("Trials by days, of 100", ("days", "trials"), rows),
    )


LESSON = Lesson(
    number=6,
    name="leaving",
    title="Leaving early",
    question="The last participant is in, and follow-up has a fixed length. Why is the end not on the day you think?",
    idea=(
        "After randomisation people are followed: visits at fixed weeks, the last after almost a year. In a severe "
        "disease many leave before: they die, get a transplant, withdraw or are lost.",
        "The end of a trial is planned as the last randomisation plus the length of follow-up. This lesson looks at "
        "what "
        "leaving does to that date.",
    ),
    words=("dropout", "way out", "completed", "primary completion", "replacement"),
    reading=("model",),
    model=LeavingParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"leaving": (0.4, 0.5, 0.6, 0.7), "patients_per_month": (2.0, 3.0, 4.0)},
    replications=160,
)
