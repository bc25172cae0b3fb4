"""Lesson 3: the screening funnel, and what one criterion costs.

Only patients who fail a criterion alone are gained by dropping it, and of those only the ones who then consent and pass
what is found later. Both are counted on the same patients, with and without the criterion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.pairing import mean_change
from sim.core import events
from sim.core.events import CODE, KIND, NUMBER
from sim.errors import nearest
from sim.lessons.classroom import Classroom, Simulated, base_scenario
from sim.lessons.lesson import Check, Fact, Lesson, Parameters, Prediction, Task, Taught, control
from sim.lessons.wording import around, half_width, months, scaled
from sim.report.exhibits import Exhibit, Table
from sim.report.style import bars, figure, series, wrapped
from sim.report.words import mean_with_error, number

Array = npt.NDArray[np.float64]

_SHOWN = 10  # criteria in the picture; the table has all
_STAGES = {
    "n_referred": "referred",
    "n_chart_passed": "not excluded by the chart",
    "n_consented": "consented",
    "n_eligible": "eligible after the tests",
    "n_randomised": "randomised",
}


def criteria() -> tuple[str, ...]:
    """Names of the criteria of the base scenario, in the record's order."""
    return tuple(base_scenario().screening.criteria)


def _known(name: str) -> str:
    """Refuse a name that is no criterion of the base scenario."""
    if name not in criteria():
        raise ValueError(f"there is no such criterion; {nearest(name, criteria())}")
    return name


class FunnelParameters(Parameters):
    """What can be set."""

    criterion: Annotated[str, AfterValidator(_known)] = control(
        "The criterion to look at", default="no_artificial_liver", max_length=60
    )
    consent: float = control(
        "Share who agree, of those whom the chart does not exclude", step=0.05, default=0.65, ge=0.1, le=1
    )
    referrals_per_month: float = control(
        "Patients referred a month", unit="per month", step=1, default=30.0, ge=5, le=100
    )


def changes(parameters: FunnelParameters) -> dict[str, Any]:
    """Patients and criteria of the base scenario at one hospital; without cells, follow-up and oversight."""
    return {
        "sites": {
            "national_liver_centre": {"referrals_per_month": parameters.referrals_per_month},
            "general_hospital": False,
        },
        "site_defaults": {
            "lead_days": 0, "activation_delay_days": 0, "between_site_cv": 0, "ramp_up": None, "never_enrols": 0
        },
        "screening": {"consent": parameters.consent},
        "cells": None,
        "follow_up": None,
        "oversight": {"sentinels": None, "board_review": None, "hold": None, "stop": None},
        "costs": None,
    }  # fmt: skip


def without(parameters: FunnelParameters) -> dict[str, Any]:
    """The same without the chosen criterion."""
    found = changes(parameters)
    return found | {"screening": found["screening"] | {"criteria": {parameters.criterion: False}}}


@dataclass(frozen=True, eq=False)
class Failures:
    """Failures of criteria, counted over all patients referred.

    Attributes:
        names: names of the criteria.
        at_all: (criteria,) patients who fail it, whether or not they fail others.
        alone: (criteria,) patients who fail it and nothing else known by then.
        n_referred: patients referred.
    """

    names: tuple[str, ...]
    at_all: Array
    alone: Array
    n_referred: int

    def share(self, counts: Array, name: str) -> Estimate:
        """A count as a number out of 100 referred, with its interval.

        Args:
            counts: (criteria,) `at_all` or `alone`.
            name: name of the criterion.
        """
        k = int(counts[self.names.index(name)])
        return scaled(intervals.probability(k, self.n_referred), 100)

    def is_costliest(self, name: str) -> bool:
        """Whether no other criterion is failed alone by more patients than chance explains."""
        best = self.share(self.alone, self.names[int(np.argmax(self.alone))])
        own = self.share(self.alone, name)
        return best.value - own.value <= math.hypot(half_width(best), half_width(own))


def failures(run: Simulated) -> Failures:
    """Count failures in the events that were kept.

    Args:
        run: simulated trials with all their events.

    Returns:
        The counts over all trials. A test is known only of those who were tested.
    """
    names = tuple(run.design.criteria)
    at_all, alone = np.zeros(len(names)), np.zeros(len(names))
    for rows in run.chunk.kept.values():
        by_test = (rows[:, KIND] == events.SCREENING_FAILED) & (rows[:, CODE] >= events.FAIL_CRITERION)
        failed = rows[by_test | (rows[:, KIND] == events.CHART_FAILED)][:, NUMBER].astype(np.int64)
        for i in range(len(names)):
            at_all[i] += np.count_nonzero(failed >> i & 1)
            alone[i] += np.count_nonzero(failed == 1 << i)
    return Failures(names, at_all, alone, int(run["n_referred"].sum()))


def in_words(criterion: str) -> str:
    """A criterion's name as text."""
    return criterion.replace("_", " ")


def _of_100(run: Simulated, measure: str) -> Estimate:
    """How many of 100 referred reach a stage."""
    referred = run["n_referred"]
    counts = referred - run["n_chart_failed"] if measure == "n_chart_passed" else run[measure]
    return scaled(intervals.probability(int(counts.sum()), int(referred.sum())), 100)


def teach(parameters: FunnelParameters, room: Classroom) -> Taught:
    """The funnel with and without one criterion, on the same patients."""
    run = room.run(LESSON.base, changes(parameters), keep=True)
    dropped = room.run(LESSON.base, without(parameters))
    found = failures(run)
    name, words = parameters.criterion, in_words(parameters.criterion)
    randomised, then = _of_100(run, "n_randomised"), _of_100(dropped, "n_randomised")
    at_all, alone = found.share(found.at_all, name), found.share(found.alone, name)
    gained = then.value - randomised.value
    is_costliest = found.is_costliest(name)
    before, saved = run.months_to_last, mean_change(dropped.months_to_last, run.months_to_last)
    return Taught(
        Prediction(
            f"A hospital sees {parameters.referrals_per_month:g} patients a month with the disease of this trial, "
            "which "
            f"has {len(found.names)} criteria; {100 * parameters.consent:g} % of those asked agree. Of 100 patients "
            "referred, how many are randomised?",
            "of 100", randomised, around(randomised, 2), 1, 100,
        ),
        (_funnel(run, dropped, words), _criteria(found, name)),
        (
            f"Of 100 patients, {mean_with_error(randomised)} are randomised. Each step takes some away, and what is "
            "left is the product of all steps.",
            f"{words.capitalize()}: {mean_with_error(at_all)} of 100 fail it. Of these "
            f"{number(at_all.value - alone.value)} would be out anyway, because they fail something else too; "
            f"{mean_with_error(alone)} of 100 fail it alone.",
            f"Without this criterion {mean_with_error(then)} of 100 are randomised instead of "
            f"{mean_with_error(randomised)}. The trial then takes {months(intervals.mean(dropped.months_to_last))} "
            f"instead of {months(intervals.mean(before))}; on the same patients that is {months(saved)} less.",
            "So look at those who fail a criterion alone, not at all who fail it. And ask what it protects: a "
            "criterion "
            "that costs months may be there for safety.",
            *run.never,
        ),
        Task(
            "Find the criterion that most patients fail alone.",
            f"{words.capitalize()} is failed alone by {mean_with_error(alone)} of 100. "
            + ("No other is, by more than chance." if is_costliest else "There is one with more."),
            is_costliest,
        ),
        _check(words, at_all, alone, gained, parameters.consent),
        (
            Fact("randomised", randomised, "of 100 referred"),
            Fact(f"fail '{words}'", at_all, "of 100 referred"),
            Fact(f"fail '{words}' alone", alone, "of 100 referred"),
            Fact(f"randomised when '{words}' is dropped", then, "of 100 referred"),
            Fact("months to the last participant", intervals.mean(before), "months"),
            Fact(f"months saved when '{words}' is dropped", saved, "months"),
        ),
    )  # fmt: skip


def _check(words: str, at_all: Estimate, alone: Estimate, gained: float, consent: float) -> Check:
    """A check whose three answers stand for three numbers; the simulated gain decides which is right.

    Args:
        words: the criterion in words.
        at_all: of 100 referred, those who fail it.
        alone: those who fail nothing else.
        gained: those who are randomised without it and were not before.
        consent: share of those asked who agree.
    """
    likely = np.array([at_all.value, alone.value, alone.value * consent])
    return Check(
        f"The sponsor drops '{words}'. Which patients are randomised who were not before?",
        (
            "everyone who fails it",
            "everyone who fails it and nothing else",
            "some of those who fail it and nothing else",
        ),
        len(likely) - 1 - int(np.argmin(np.abs(likely - gained)[::-1])),  # of equal ones the narrowest claim
        f"{number(at_all.value)} of 100 fail it, {number(alone.value)} fail it alone, and {number(gained)} more are "
        "randomised without it. Those it kept out must still agree, and must pass whatever else is found in them "
        "later.",
    )


def _funnel(run: Simulated, dropped: Simulated, words: str) -> Exhibit:
    """How many of 100 referred reach each stage, with and without the criterion."""
    labels = [wrapped(text) for text in _STAGES.values()]
    ours = [_of_100(run, name) for name in _STAGES]
    theirs = [_of_100(dropped, name) for name in _STAGES]
    found = figure(56 * len(labels) + 110, bargap=0.3, barmode="group")
    for i, (values, name) in enumerate(((ours, "all criteria"), (theirs, f"'{words}' dropped"))):
        found.add_trace(bars(labels, values, [mean_with_error(e) for e in values], series(i), name))
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title="of 100 referred")
    found.update_layout(margin={"b": 70})
    rows = tuple(
        (text, mean_with_error(a), mean_with_error(b))
        for text, a, b in zip(_STAGES.values(), ours, theirs, strict=True)
    )
    steps = ", ".join(f"{number(e.value)} {text}" for e, text in zip(ours[1:], list(_STAGES.values())[1:], strict=True))
    days = mean_with_error(intervals.mean(run["day_last_randomised"]))
    return Exhibit(
        "funnel",
        "From referral to randomisation",
        f"Of 100 referred: {steps}.",
        f"Source: {run.n:,} simulated trials of {run['n_referred'].mean():,.0f} patients on average, over {days} days; "
        "whiskers: 95 % interval of the Monte Carlo error.",
        found,
        Table("Patients, of 100 referred", ("step", "all criteria", f"'{words}' dropped"), rows),
    )


def _criteria(found: Failures, chosen: str) -> Exhibit:
    """How many fail each criterion, and how many fail it alone.

    The most frequent ten are drawn, the chosen one among them.
    """
    order = sorted(found.names, key=lambda name: -float(found.at_all[found.names.index(name)]))
    shown = order[:_SHOWN] if chosen in order[:_SHOWN] else [*order[: _SHOWN - 1], chosen]
    labels = [wrapped(in_words(name)) for name in shown]
    drawn = figure(46 * len(labels) + 110, bargap=0.25, barmode="group")
    for i, (counts, name) in enumerate(((found.at_all, "fail it"), (found.alone, "fail it and nothing else"))):
        values = [found.share(counts, criterion) for criterion in shown]
        drawn.add_trace(bars(labels, values, [mean_with_error(e) for e in values], series(i), name))
    drawn.update_yaxes(autorange="reversed", showgrid=False)
    drawn.update_xaxes(title="of 100 referred")
    drawn.update_layout(margin={"b": 70})
    rows = tuple(
        (in_words(name), *(mean_with_error(found.share(counts, name)) for counts in (found.at_all, found.alone)))
        for name in order
    )
    top = order[0]
    return Exhibit(
        "criteria",
        "Who fails what",
        f"Most fail '{in_words(top)}': {mean_with_error(found.share(found.at_all, top))} of 100, of whom "
        f"{mean_with_error(found.share(found.alone, top))} fail nothing else.",
        "Source: the same simulated trials. What only a test shows is known only of those who were tested.",
        drawn,
        Table("Patients who fail a criterion, of 100 referred", ("criterion", "fail it", "fail it alone"), rows),
    )


LESSON = Lesson(
    number=3,
    name="funnel",
    title="The screening funnel, and what one criterion costs",
    question="How many of those who are ill can take part, and which criterion costs the most?",
    idea=(
        "Between the patients whom a hospital sees and those in the trial stands a funnel: what the chart says, "
        "consent, "
        "tests. Each criterion has its reason, and each keeps somebody out.",
        "The patients here are those of the base scenario: acute-on-chronic liver failure, with the criteria of the "
        "trial's registry record. Nothing but screening is simulated.",
    ),
    words=("funnel", "criterion", "chart", "screen failure", "referral"),
    reading=("model", "inputs"),
    model=FunnelParameters,
    base="base",
    changes=changes,
    teach=teach,
    varies={
        "criterion": ("no_artificial_liver", "meld", "no_serious_complication", "ascites_or_encephalopathy"),
        "consent": (0.5, 0.6, 0.7, 0.8),
    },
    replications=60,
    choices={"criterion": criteria},
)
