"""Lesson 4: start-up and ramp-up. Both losses come at the start, and nothing later makes up for them.

The losses are told apart by simulating three trials on the same patients: on paper, with late opening, with both.

Attributes:
    HORIZON_MONTHS: long enough for the slowest trial that a teacher may ask for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.pairing import mean_change
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.events import KIND, TIME
from sim.lessons.classroom import Classroom, Simulated, base_scenario
from sim.lessons.figures import line, picture
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, months
from sim.report.exhibits import Exhibit, Table
from sim.report.words import number

Array = npt.NDArray[np.float64]

HORIZON_MONTHS = 600
_SOONER_DAYS = 60.0  # what one of the plans to choose from saves at every site
_NEAR = 3.0  # months: what the task asks for
_POINTS = 60


class StartUpParameters(Parameters):
    """What can be set."""

    sites: int = control("Hospitals", unit="sites", step=1, default=6, ge=1, le=40)
    patients_per_month: float = control(
        "Participants a month at each, once it is in full swing", unit="per month", step=0.1, default=0.6, ge=0.2, le=10
    )
    start_up_days: float = control(
        "Start-up: days from the first letter to the first patient allowed, half of the sites sooner",
        unit="days", step=10, default=170.0, ge=0, le=500,
    )  # fmt: skip
    ramp_up_days: float = control(
        "Ramp-up: days until a new site reaches its full rate", unit="days", step=10, default=90.0, ge=0, le=500
    )


def changes(parameters: StartUpParameters) -> dict[str, Any]:
    """Hospitals that open one after the other and start slowly.

    The spread of start-up times and the share of the full rate on the first day are those of the base scenario.
    """
    shared = base_scenario().site_defaults
    sigma = getattr(shared.activation_delay_days, "sigma", 0.35)
    fraction = 1.0 if shared.ramp_up is None else shared.ramp_up.start_fraction
    delay: Any = {"dist": "lognormal", "median": parameters.start_up_days, "sigma": sigma}
    ramp = {"start_fraction": fraction, "days": parameters.ramp_up_days}
    return {
        "trial": {"horizon_months": HORIZON_MONTHS},
        "sites": {"hospital": {"count": parameters.sites, "referrals_per_month": parameters.patients_per_month}},
        "site_defaults": {
            "activation_delay_days": delay if parameters.start_up_days > 0 else 0,
            "ramp_up": ramp if parameters.ramp_up_days > 0 else None,
        },
    }


def teach(parameters: StartUpParameters, room: Classroom) -> Taught:
    """The same trial on paper, with start-up, and with ramp-up as well."""
    paper = room.run(LESSON.base, changes(_with(parameters, 0.0, 0.0)))
    opened = room.run(LESSON.base, changes(_with(parameters, parameters.start_up_days, 0.0)))
    real = room.run(LESSON.base, changes(parameters), keep=True)
    lost, lost_opening = _later(paper, real), _later(paper, opened)
    lost_ramp = _later(opened, real)
    planned = intervals.mean(paper.months_to_last)
    active = intervals.mean(_all_active(real) / MONTH_DAYS)
    per_month = parameters.sites * parameters.patients_per_month
    return Taught(
        Prediction(
            f"{parameters.sites} hospitals with {parameters.patients_per_month:g} participants a month each make "
            f"{per_month:g} a month. On paper {real.design.scenario.trial.target} participants take "
            f"{number(planned.value)} months. But start-up takes about {parameters.start_up_days:g} days at a site, "
            f"and a new site needs {parameters.ramp_up_days:g} days to get up to speed. How many months later is the "
            "last participant than on paper?",
            "months", lost, around(lost, max(0.5, 0.1 * lost.value)), 0.5, 100,
        ),
        (_curves(paper, opened, real), _sites(real)),
        (
            f"On paper the trial takes {months(planned)}, in the simulation {months(lost)} more: "
            f"{months(lost_opening)} because sites open late, and {months(lost_ramp)} because they start slowly.",
            f"Sites do not open together. The last of them is open after {months(active)}; until then the trial runs "
            "on "
            "those that are.",
            "Both losses come at the start, where the curve of participants is flat, and nothing later makes up for "
            "them: the curve runs parallel to the one on paper, only later.",
            "So a trial that is behind in its first months need not be a failing one, and a straight line from zero is "
            "the wrong plan to compare it with.",
            *real.never,
        ),
        Task(
            f"Find a plan with which the last participant comes less than {_NEAR:g} months later than on paper.",
            f"With these settings it is {months(lost)} later.",
            lost.value < _NEAR,
        ),
        _check(parameters, room, real),
        (
            Fact("months on paper", planned, "months"),
            Fact("months later than on paper", lost, "months"),
            Fact("of these, from late opening", lost_opening, "months"),
            Fact("of these, from ramp-up", lost_ramp, "months"),
            Fact("all sites open after", active, "months"),
        ),
    )  # fmt: skip


def _with(parameters: StartUpParameters, start_up_days: float, ramp_up_days: float) -> StartUpParameters:
    return parameters.model_copy(update={"start_up_days": start_up_days, "ramp_up_days": ramp_up_days})


def _later(first: Simulated, then: Simulated) -> Estimate:
    """Months by which the last participant comes later, trial by trial."""
    return mean_change(first.months_to_last, then.months_to_last)


def _check(parameters: StartUpParameters, room: Classroom, real: Simulated) -> Check:
    """A check between two remedies; the one that saves more months on the same patients is right."""
    quicker = _with(parameters, max(parameters.start_up_days - _SOONER_DAYS, 0.0), parameters.ramp_up_days)
    steady = _with(parameters, parameters.start_up_days, 0.0)
    by_quicker = _later(room.run(LESSON.base, changes(quicker)), real)
    by_steady = _later(room.run(LESSON.base, changes(steady)), real)
    best = int(np.argmax([by_quicker.value, by_steady.value]))
    return Check(
        "Which one brings the last participant forward by more?",
        (f"a start-up that is {_SOONER_DAYS:g} days shorter at every site", "sites that run at full rate at once"),
        best,
        f"The shorter start-up brings {months(by_quicker)}, the full rate at once {months(by_steady)}, on the same "
        "patients. Days of start-up are lost whole; during ramp-up a part of the patients comes all the same.",
    )


def _all_active(run: Simulated) -> Array:
    """Day on which the last site opened, in each trial; NaN where some never did."""
    found = []
    for rows in run.chunk.kept.values():
        opened = rows[rows[:, KIND] == events.SITE_ACTIVATED][:, TIME]
        found.append(opened.max() if len(opened) == run.design.n_sites else np.nan)
    return np.array(found)


def _curves(paper: Simulated, opened: Simulated, real: Simulated) -> Exhibit:
    """Mean number of participants over time, in the three trials."""
    target = real.design.scenario.trial.target
    last = float(np.nanquantile(real["day_last_randomised"], 0.9))
    days = np.linspace(0.0, last, _POINTS)
    found = picture("months since the trial opened", "participants, mean of all trials")
    curves = [run.counts(days).mean(axis=0) for run in (paper, opened, real)]
    names = ("on paper: all open, full rate", "sites open late", "sites open late and start slowly")
    for i, (curve, name) in enumerate(zip(curves, names, strict=True)):
        found.add_trace(line(days / MONTH_DAYS, curve, name, i))
    found.update_layout(margin={"b": 100})
    found.add_hline(y=target, line={"color": "#808080", "width": 1, "dash": "dot"})
    rows = tuple((number(days[k] / MONTH_DAYS), *(number(curve[k]) for curve in curves)) for k in range(0, _POINTS, 5))
    texts = [months(intervals.mean(run.months_to_last)) for run in (paper, opened, real)]
    return Exhibit(
        "curves",
        "Participants over time",
        f"The last participant comes after {texts[0]} on paper, {texts[1]} with late opening, {texts[2]} with both.",
        f"Source: {real.n:,} simulated trials of each kind, on the same patients.",
        found,
        Table("Mean number of participants", ("months", *names), rows),
    )


def _sites(real: Simulated) -> Exhibit:
    """Mean number of open sites over time."""
    n, opened = real.design.n_sites, [
        np.sort(rows[rows[:, KIND] == events.SITE_ACTIVATED][:, TIME]) for rows in real.chunk.kept.values()
    ]  # fmt: skip
    last = max((float(days[-1]) for days in opened if len(days)), default=1.0)
    days = np.linspace(0.0, max(last, MONTH_DAYS), _POINTS)
    active = np.array([np.searchsorted(when, days, side="right") for when in opened], dtype=np.float64).mean(axis=0)
    found = picture("months since the trial opened", "sites open, mean of all trials", 260)
    found.add_trace(line(days / MONTH_DAYS, active, "sites open", 0))
    found.update_yaxes(range=[0, n * 1.05])
    rows = tuple((number(days[k] / MONTH_DAYS), number(active[k])) for k in range(0, _POINTS, 5))
    half = days[int(np.argmax(active >= n / 2))] / MONTH_DAYS
    return Exhibit(
        "sites",
        "Sites open over time",
        f"Half of the {n} sites are open after {number(half)} months.",
        "Source: the same simulated trials, with the spread of start-up times of the base scenario.",
        found,
        Table("Mean number of open sites", ("months", "sites"), rows),
    )


LESSON = Lesson(
    number=4,
    name="start-up",
    title="Start-up and ramp-up",
    question="Why is a trial already late when its first patient comes?",
    idea=(
        "Before a hospital may take a patient it needs contracts, an ethics vote, training and drugs: start-up. Then "
        "its "
        "staff must learn to think of the trial: ramp-up.",
        "A plan on paper often counts sites times rate from the first day. This lesson puts start-up and ramp-up in, "
        "one "
        "after the other.",
    ),
    words=("activation", "ramp-up", "sites' group"),
    reading=("model",),
    model=StartUpParameters,
    base="classroom",
    changes=changes,
    teach=teach,
    varies={"sites": (4, 5, 6, 8), "start_up_days": (120.0, 170.0, 220.0)},
    replications=80,
)
