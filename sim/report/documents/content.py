"""What the documents of a run say: the same sentences and figures as its report, in one place.

It holds texts and numbers only. A format that needs another sentence gets it here, so that no two documents differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sim.analysis.modelled import has_milestone
from sim.report.reworded import reworded
from sim.report.run.answers import Answers
from sim.report.run.headline import headline
from sim.report.run.why import Why
from sim.report.words import chance, estimate_of, milestone_name, with_error

if TYPE_CHECKING:
    from sim.experiment.run.results import Results
    from sim.report.documents.plan_b import PlanB

_SHOWN = (
    "first_site_active",
    "first_randomised",
    "randomised_50pct",
    "last_randomised",
    "primary_completion",
    "last_visit",
    "database_lock",
)
_MOST_DRIVERS = 6
_QUANTILES = (10, 50, 80, 90)


@dataclass(frozen=True)
class Milestone:
    """One milestone with its dates.

    Attributes:
        key: its name in tables.
        name: in words.
        dates: by percentile (10, 50, 80, 90); None for later than the horizon.
        texts: the same in words.
        errors: Monte Carlo error of the 50th and 80th percentile, in words; empty if later than the horizon.
        planned: the planned date; None without one.
        odds: the probability of keeping it, with its interval; empty without one.
    """

    key: str
    name: str
    dates: dict[int, date | None]
    texts: dict[int, str]
    errors: dict[int, str]
    planned: date | None
    odds: str


@dataclass(frozen=True)
class Driver:
    """A cause of delay.

    Attributes:
        label: the cause in words.
        instead: what was simulated in its place.
        days: mean days lost to it.
        days_text: the same with its 95 % interval, as in '231 ±43'.
    """

    label: str
    instead: str
    days: float
    days_text: str


@dataclass(frozen=True)
class Content:
    """What one page says.

    Attributes:
        title: the trial.
        question: what it was asked.
        sentence: the answer in one sentence.
        opens: day 0.
        milestones: those that the trial has, in order.
        drivers: causes that surely cost days, the largest first.
        drivers_note: how they were measured, or why there are none.
        doubts: the assumptions on which the date hangs.
        footer: how many simulated trials, seed and version.
        run: identifies the run, for calendar entries.
        plan_b: another plan beside it; None without one.
    """

    title: str
    question: str
    sentence: str
    opens: date
    milestones: list[Milestone]
    drivers: list[Driver]
    drivers_note: str
    doubts: str
    footer: str
    run: str
    plan_b: PlanB | None = None


def content(results: Results, plan_b: PlanB | None = None) -> Content:
    """Collect what the documents of a run say.

    Args:
        results: the run.
        plan_b: another plan to show beside it.

    Returns:
        Sentences, dates and figures, ready to be laid out.

    Raises:
        ReplicationFailed: simulated trials raised, so there is no answer to write down.
    """
    results.refuse_failed()
    answers, why = Answers(results), Why(results)
    drivers = [
        Driver(str(row["label"]), str(row["without"]), float(row["lost"]), with_error(estimate_of(row, "lost")))
        for row in why.told()[:_MOST_DRIVERS]
    ]
    scenario = results.scenario
    found = Content(
        scenario.name,
        scenario.question,
        headline(results, answers.dates, answers.milestones),
        scenario.trial.enrolment_opens,
        [_milestone(answers, name) for name in _SHOWN if has_milestone(name, scenario)],
        drivers,
        why.how() if drivers else why.sentence(),
        why.doubts_sentence(),
        f"{results.n_replications:,} simulated trials, seed {results.seed}, trialclock {results.identity['version']}. "
        "Simulated trials, no real patients.",
        str(results.identity["scenario_hash"])[:12],
        plan_b,
    )
    return reworded(found, scenario)


def _milestone(answers: Answers, name: str) -> Milestone:
    estimates = {q: answers.quantile(name, q) for q in _QUANTILES}
    dates = answers.dates
    odds = ""
    if name in answers.planned:
        row = answers.odds[answers.odds["milestone"] == name].iloc[0]
        odds = chance(estimate_of(row, "probability"))
    return Milestone(
        name,
        milestone_name(name, answers.scenario),
        {q: dates.of(one.value) if not math.isnan(one.value) else None for q, one in estimates.items()},
        {q: dates.text(one.value) for q, one in estimates.items()},
        {q: dates.error(estimates[q]) for q in (50, 80)},
        answers.planned.get(name),
        odds,
    )
