"""Lesson 5: queues at a coordinator, and cells that come too late. Waits grow steeply as spare capacity vanishes.

The curve over the workload is simulated, and not a formula of queueing theory, because a trial begins with nobody
waiting and ends after some months.

Attributes:
    LOADS: shares of the time that coordinators are busy, at which the curve is simulated.
    LONGEST: longest simulated trial, in months.
    SHORTEST: shortest one, in months.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.core.clock import MONTH_DAYS
from sim.lessons.classroom import Classroom, Simulated
from sim.lessons.figures import error_bars, picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, half_width
from sim.report.exhibits import Exhibit, Table
from sim.report.style import bar_figure, rounded, series
from sim.report.words import mean_with_error, number, percent

Array = npt.NDArray[np.float64]

LOADS = (0.3, 0.5, 0.7, 0.8, 0.85)  # shares of the time that coordinators are busy, of the curve
LONGEST, SHORTEST = 48, 6  # months of a simulated trial
_PATIENTS = 400.0  # from which on a trial is shorter
_CURVE_SHARE = 0.5  # of the replications, for each point of the curve
_CELLS_SHARE = 1.5
_SUITES = (1, 2, 3)
_SHORT_DAYS = 1.0  # what the task asks for


class QueueParameters(Parameters):
    """What can be set."""

    patients_per_month: float = control(
        "Patients a month who agree to be screened", unit="per month", step=0.5, default=8.0, ge=1, le=40
    )
    screening_days: float = control(
        "Days that a coordinator is busy with one patient, on average",
        unit="days",
        step=0.5,
        default=3.0,
        ge=0.5,
        le=20,
    )
    coordinators: int = control("Coordinators", unit="people", step=1, default=1, ge=1, le=6)
    suites: int = control("Culture suites that grow the cells", unit="suites", step=1, default=1, ge=1, le=3)

    @property
    def load(self) -> float:
        """Share of the coordinators' time that the patients need; above 1, there is not enough."""
        return self.patients_per_month / MONTH_DAYS * self.screening_days / self.coordinators


def changes(parameters: QueueParameters) -> dict[str, Any]:
    """One hospital where every patient waits for a free coordinator, for some months or years."""
    return {
        "trial": {"target": 20_000, "horizon_months": _months(parameters.patients_per_month)},
        "sites": {
            "hospital": {
                "count": 1,
                "referrals_per_month": parameters.patients_per_month,
                "coordinators": parameters.coordinators,
            }
        },
        "screening": {"days": {"dist": "exponential", "mean": parameters.screening_days}},
    }


def _months(per_month: float) -> int:
    """Length of a trial in months: shorter with more patients, so that every figure is quick."""
    return int(min(max(_PATIENTS / per_month, SHORTEST), LONGEST))


def cell_changes(suites: int) -> dict[str, Any]:
    """The base scenario without its other delays, so that only the cells can be late.

    Args:
        suites: number of culture suites.

    Returns:
        What differs from the base scenario, as nested mappings.
    """
    return {
        "site_defaults": {"lead_days": 0, "activation_delay_days": 0, "ramp_up": None, "never_enrols": 0},
        "cells": {"suites": suites},
        "follow_up": None,
        "oversight": {"sentinels": None, "board_review": None, "hold": None, "stop": None},
        "costs": None,
    }


def teach(parameters: QueueParameters, room: Classroom) -> Taught:
    """The wait for a coordinator by workload, and the wait for cells by the number of suites."""
    run = room.run(LESSON.base, changes(parameters))
    wait, busy = intervals.mean(run["wait_coordinator_days"]), intervals.mean(run["share_coordinators_busy"])
    curve = [_at_load(parameters, load, room) for load in LOADS]
    cells = {suites: room.run("base", cell_changes(suites), share=_CELLS_SHARE) for suites in _SUITES}
    own = cells[min(parameters.suites, max(_SUITES))]
    waited, spared = (intervals.mean(found["wait_place_days"]) for found in (own, cells[max(_SUITES)]))
    missed = _missed(own)
    one_more = room.run(
        LESSON.base,
        changes(parameters.model_copy(update={"coordinators": parameters.coordinators + 1})),
        share=_CURVE_SHARE,
    )
    wait_more = intervals.mean(one_more["wait_coordinator_days"])
    who = (
        "One coordinator screens" if parameters.coordinators == 1 else f"{parameters.coordinators} coordinators screen"
    )
    return Taught(
        Prediction(
            f"{who} {parameters.patients_per_month:g} patients a month, {parameters.screening_days:g} days each: "
            f"{percent(min(parameters.load, 1.0))} of the working time. How many days does a patient wait before it "
            "begins, on average?",
            "days", wait, around(wait, max(0.5, 0.15 * wait.value)), 0.5, 1000,
        ),
        (_waiting(curve, parameters, wait, busy), _cells(cells)),
        (
            f"The coordinators are busy {percent(busy.value)} of the time (±{number(100 * half_width(busy))} %), and "
            f"still a patient waits {mean_with_error(wait)} days on average.",
            _why(parameters),
            f"One more coordinator shortens the wait to {mean_with_error(wait_more)} days. Patients who are ill do not "
            "wait for long: in the base scenario they are lost, or get too ill for the trial.",
            f"Cells are a queue too. With {parameters.suites} culture suite{'s' * (parameters.suites > 1)} an "
            f"eligible patient waits {mean_with_error(waited)} days for cells, and {mean_with_error(missed)} "
            "of 100 "
            f"doses are missed because there are none; with {max(_SUITES)} suites the wait is "
            f"{mean_with_error(spared)} "
            "days. Cells take weeks to grow, so an order that is late cannot be hurried.",
        ),
        Task(
            f"Find the fewest coordinators with whom a patient waits less than {_SHORT_DAYS:g} day on average.",
            f"With {parameters.coordinators} the wait is {mean_with_error(wait)} days.",
            wait.value < _SHORT_DAYS and _is_fewest(parameters, room),
        ),
        _check(parameters, room, wait),
        (
            Fact("days that a patient waits for a coordinator", wait, "days"),
            Fact("share of the time that coordinators are busy", busy, ""),
            Fact("days of waiting with one coordinator more", wait_more, "days"),
            Fact("days that an eligible patient waits for cells", waited, "days"),
            Fact("doses missed for want of cells, of 100", missed, "of 100"),
        ),
    )  # fmt: skip


def _why(parameters: QueueParameters) -> str:
    """Why patients wait, in words: too little time for all of them, or clumps."""
    if parameters.load >= 1:
        return (
            "More patients come than can be screened, so the queue grows for as long as the trial lasts, and the mean "
            "above would be longer still in a longer trial."
        )
    return (
        "Patients come in clumps, and some take longer than others. While nobody is there the coordinator's time is "
        "lost, and when three come at once it is not given back. The nearer to full, the longer the queue, and the "
        "more "
        "steeply it grows."
    )


def _at_load(parameters: QueueParameters, load: float, room: Classroom) -> tuple[float, Estimate]:
    """The wait at a given workload.

    Args:
        parameters: parameters of the lesson, of which only the number of patients is changed.
        load: share of the coordinators' time that patients need.
        room: the classroom.

    Returns:
        The load, and the mean wait in days.
    """
    rate = load * parameters.coordinators / parameters.screening_days * MONTH_DAYS
    found = room.run(
        LESSON.base, changes(parameters.model_copy(update={"patients_per_month": rate})), share=_CURVE_SHARE
    )
    return load, intervals.mean(found["wait_coordinator_days"])


def _is_fewest(parameters: QueueParameters, room: Classroom) -> bool:
    """Whether one coordinator fewer would be too few."""
    if parameters.coordinators == 1:
        return True
    fewer = room.run(LESSON.base, changes(parameters.model_copy(update={"coordinators": parameters.coordinators - 1})))
    return bool(fewer["wait_coordinator_days"].mean() >= _SHORT_DAYS)


def _missed(run: Simulated) -> Estimate:
    """Doses missed for lack of cells, per 100 due: the mean over trials of each trial's share, 0 where none was due."""
    due = run["n_doses_due"]
    share = np.divide(100.0 * run["n_doses_missed_no_cells"], due, out=np.zeros_like(due), where=due > 0)
    return intervals.mean(share)


def _check(parameters: QueueParameters, room: Classroom, wait: Estimate) -> Check:
    """Ten per cent more patients come: how much longer is the wait? The simulated ratio of both decides."""
    more = parameters.model_copy(update={"patients_per_month": 1.1 * parameters.patients_per_month})
    then = intervals.mean(room.run(LESSON.base, changes(more))["wait_coordinator_days"])
    growth = then.value / max(wait.value, 1e-9)
    right = 0 if growth < 1.05 else 1 if growth <= 1.15 else 2
    return Check(
        "Ten per cent more patients come. How much longer is the wait?",
        ("hardly at all", "about ten per cent longer", "much more than ten per cent longer"),
        right,
        f"It goes from {mean_with_error(wait)} to {mean_with_error(then)} days: {number(growth)} times as long. A "
        "queue "
        "does not grow in step with those who come, but with how little time is left over.",
    )


def _waiting(
    curve: list[tuple[float, Estimate]], parameters: QueueParameters, wait: Estimate, busy: Estimate
) -> Exhibit:
    """The mean wait by workload, and with the student's settings."""
    import plotly.graph_objects as go

    x = 100 * np.array([load for load, _ in curve])
    y = np.array([e.value for _, e in curve])
    low, high = (np.array([getattr(e, end) for _, e in curve], dtype=np.float64) for end in ("low", "high"))
    found = picture("time that coordinators are busy, %", "days that a patient waits")
    look = series(0)
    found.add_trace(
        go.Scatter(x=rounded(x), y=rounded(y), error_y=error_bars(low, high, y), mode="lines+markers",
                   line={"color": look.colour, "width": 2.5}, marker={"size": 7}, name="simulated")
    )  # fmt: skip
    found.add_trace(
        go.Scatter(x=rounded([100 * busy.value]), y=rounded([wait.value]), mode="markers", name="with your settings",
                   marker={"color": series(1).colour, "symbol": "diamond", "size": 14})
    )  # fmt: skip
    rows = (
        *((f"{100 * load:g} %", mean_with_error(e)) for load, e in curve),
        (f"your settings: {percent(busy.value)}", mean_with_error(wait)),
    )
    return Exhibit(
        "waiting",
        "How busy, and how long the wait",
        f"At {100 * LOADS[1]:g} % the wait is {mean_with_error(curve[1][1])} days, at {100 * LOADS[-1]:g} % "
        f"{mean_with_error(curve[-1][1])} days, with {parameters.coordinators} coordinator"
        f"{'s' * (parameters.coordinators > 1)} and {parameters.screening_days:g} days of screening.",
        f"Source: simulated trials of {SHORTEST} to {LONGEST} months, which begin with nobody waiting; whiskers: 95 % "
        "interval of the Monte Carlo error.",
        found,
        Table("Days that a patient waits", ("coordinators busy", "days"), rows),
    )


def _cells(cells: dict[int, Simulated]) -> Exhibit:
    """The mean wait for cells, and the doses missed, by the number of suites."""
    waited = [intervals.mean(run["wait_place_days"]) for run in cells.values()]
    missed = [_missed(run) for run in cells.values()]
    labels = [f"{n} suite{'s' * (n > 1)}" for n in cells]
    found = bar_figure(labels, waited, [mean_with_error(e) for e in waited], "days that an eligible patient waits", 44)
    rows = tuple(
        (name, mean_with_error(a), mean_with_error(b)) for name, a, b in zip(labels, waited, missed, strict=True)
    )
    return Exhibit(
        "cells",
        "Cells that come too late",
        f"With {labels[0]} an eligible patient waits {mean_with_error(waited[0])} days for cells, with {labels[-1]} "
        f"{mean_with_error(waited[-1])}.",
        f"Source: {next(iter(cells.values())).n} simulated trials each of the base scenario without start-up, "
        "follow-up "
        "and board; whiskers: 95 % interval of the Monte Carlo error.",
        found,
        Table("Cells by the number of culture suites", ("suites", "days of waiting", "doses missed, of 100"), rows),
    )


LESSON = Lesson(
    number=5,
    name="queues",
    title="Queues at a coordinator, and cells that come too late",
    question="The staff are not even busy all the time. Why do patients wait?",
    idea=(
        "A patient who agrees must be screened by a coordinator, one at a time. Cells for the infusions are grown in "
        "culture suites, one lot at a time. Where somebody must wait for something, there is a queue.",
        "One would think that there is no queue while there is time enough for everybody. This lesson tries it.",
    ),
    words=("coordinator", "screening", "suite", "lot", "bank"),
    reading=("model",),
    model=QueueParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"patients_per_month": (6.0, 7.0, 8.0, 9.0), "suites": (1, 2)},
    replications=12,
)
