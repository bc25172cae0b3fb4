"""A forecast: where the trial stands, when it will be complete, what changed since the plan, and what would help.

It puts together what the rooms beside it find: the state of the trial (`continued`), its rate (`rate`), simulated
futures, and what the plan had said. It stores nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.shown import Shown, dates_and_odds, heading
from sim.analysis.summary import milestone_table, odds_table, with_dates
from sim.core.clock import MONTH_DAYS, WEEK_DAYS
from sim.exchange.observed import ObservedTrial
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.forecast.backtest.cautions import cautions
from sim.forecast.backtest.held import Held, held_at
from sim.forecast.changes import CHANGED, FORECAST, PARTS, Change, change_cases, changes_since
from sim.forecast.continued.futures import (
    PLAN,
    Case,
    Futures,
    is_short,
    plan_case,
    plan_in_short,
    simulate_cases,
    simulators,
)
from sim.forecast.continued.state import Start, fitted_note, start_from
from sim.forecast.doubts import Doubt, doubts
from sim.forecast.fit.scenario import FITTED
from sim.forecast.soon import Soon, soon
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class WhatIf:
    """An alternative scenario with which the forecast continues.

    Attributes:
        name: its name in the answer.
        scenario: the scenario.
    """

    name: str
    scenario: Scenario


def named_apart(what_ifs: Sequence[WhatIf]) -> list[WhatIf]:
    """Make the names of what-ifs unique, also among the names of the forecast's own parts.

    Args:
        what_ifs: the what-ifs as named by the user.

    Returns:
        The same in order; a repeated name gets a number, as in `more sites (2)`.
    """
    found: list[WhatIf] = []
    taken = set(PARTS)
    for item in what_ifs:
        name, n = item.name, 2
        while name in taken:
            name, n = f"{item.name} ({n})", n + 1
        taken.add(name)
        found.append(WhatIf(name, item.scenario))
    return found


@dataclass(frozen=True)
class Difference:
    """The effect of a what-if, on the same random numbers.

    Attributes:
        name: name of the what-if.
        days: median of the paired differences by milestone, with its interval; below 0 is earlier.
        futures: simulated trials of the what-if.
        notes: remarks for the reader.
    """

    name: str
    days: dict[str, Estimate]
    futures: Futures
    notes: tuple[str, ...]


@dataclass(frozen=True)
class NeededRate:
    """The rate that a planned date requires from now on.

    Attributes:
        milestone: the planned milestone.
        planned: its date.
        randomised_by: last date on which the target may be reached for it.
        per_month: randomisations per month required until then; infinity where that date has passed.
        expected_per_month: median of the forecast over the same time, with its interval; NaN where that date has
            passed.
    """

    milestone: str
    planned: date
    randomised_by: date
    per_month: float
    expected_per_month: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Shown):
    """A forecast.

    Attributes:
        start: the state from which it continues.
        futures: simulated trials that continue from the data.
        plan: simulated trials of the plan from day 0; None where the scenario was fitted to data.
        changes: what changed since the plan.
        what_ifs: alternative scenarios.
        needed: rates that the planned dates require.
        cautions: reasons to trust it less.
        held: how often past forecasts at this stage, and of trials with such a pace, held; None where there are none.
        doubts: questions about what the data may not say.
        soon: answers to near questions.
        notes: remarks on the data and the scenario.
        seed: seed of the random numbers.
    """

    start: Start
    futures: Futures
    plan: Futures | None
    changes: tuple[Change, ...]
    what_ifs: tuple[Difference, ...]
    needed: tuple[NeededRate, ...]
    cautions: tuple[str, ...]
    notes: tuple[str, ...]
    seed: int
    held: tuple[Held, Held] | None = None
    doubts: tuple[Doubt, ...] = ()
    soon: tuple[Soon, ...] = ()

    def _lines(self) -> Iterator[str]:
        frame, design = self.futures.frame, self.futures.design
        yield heading(f"Forecast of {self.start.trial.name} as of {self.as_of}", len(frame), self.seed, None)
        yield from dates_and_odds(self.milestones(), odds_table(design, frame), design.clock)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The plan, as the only scenario that this answer is about."""
        return (self.start.scenario,)

    def milestones(self) -> pd.DataFrame:
        """Return days and dates of the milestones with their Monte Carlo errors, in the form that a run has.

        Returns:
            A row for each milestone that the scenario has, with columns as `sim.analysis.summary.with_dates` gives
            them.
        """
        return with_dates(milestone_table(self.futures.frame, self.futures.design.scenario), self.futures.design.clock)

    @property
    def as_of(self) -> date:
        """Last day of the data."""
        return self.start.trial.last


def forecast(
    scenario: Scenario,
    trial: ObservedTrial,
    what_ifs: Sequence[WhatIf] = (),
    *,
    replications: int,
    seed: int,
    is_constant: bool = False,
    execution: Execution = ON_ALL_CORES,
) -> Answer:
    """Forecast a running trial from its data.

    Args:
        scenario: the plan.
        trial: the data, as known on the as-of day.
        what_ifs: alternative scenarios, simulated on the same random numbers.
        replications: number of simulated trials of the forecast, and of each what-if.
        seed: seed of the random numbers.
        is_constant: whether rates stay constant instead of drifting.
        execution: processes and progress; never changes results. A cluster is not used.

    Returns:
        The forecast.

    Raises:
        UsageError: a participant was randomised before the scenario's day 0.
        ReplicationFailed: a replication raised an exception, which is a defect.
        WorkersLost: worker processes were killed repeatedly.
    """
    with simulators(execution.processes) as crew:
        start = start_from(scenario, trial, seed, is_constant=is_constant)
        others = [(item.name, start_from(item.scenario, trial, seed, is_constant=is_constant)) for item in what_ifs]
        fitted = FITTED in scenario.bibliography  # not a plan
        plan = None if fitted else plan_in_short(scenario, seed)
        cases = [Case(FORECAST, start.scenario, start.state, replications)]
        if plan is not None:
            cases += [] if is_short(scenario) else [plan_case(scenario)]
            cases += change_cases(start, plan, replications, seed)
        cases += [Case(name, other.scenario, other.state, replications) for name, other in others]
        found = {result.case.name: result for result in simulate_cases(cases, seed, crew, execution.progress)}
        plan = found.get(PLAN, plan)
    notes = [*start.notes]
    if scenario.follow_up is None:
        notes.append(
            "the scenario has no follow-up, so no dates are given for primary completion, last visit and lock; "
            "fit with --follow-up-weeks, or --set follow_up"
        )
    said = fitted_note(scenario, trial)
    if said:
        notes.append(said)
    return Answer(
        start=start,
        futures=found[FORECAST],
        plan=plan,
        changes=() if plan is None else changes_since(plan, found),
        what_ifs=tuple(
            Difference(name, _differences(found[FORECAST], found[name]), found[name], other.notes)
            for name, other in others
        ),
        needed=_needed(start, found[FORECAST]),
        cautions=tuple(cautions(trial, scenario.trial.target)),
        notes=tuple(notes),
        seed=seed,
        held=None if is_constant else held_at(trial, scenario.trial.target),
        doubts=tuple(doubts(trial, scenario.trial.target, sites_are_planned=start.has_sites_to_come)),
        soon=soon(start, found[FORECAST]),
    )


# --- what-ifs, and what is needed


def _differences(base: Futures, other: Futures) -> dict[str, Estimate]:
    """Median paired differences in days; a milestone that only one of them reaches counts as infinitely far."""
    found = {}
    for name in CHANGED:
        ours, theirs = (np.nan_to_num(futures.days(name), nan=np.inf) for futures in (base, other))
        with np.errstate(invalid="ignore"):
            difference = theirs - ours
        found[name] = intervals.quantile(np.where(np.isnan(difference), 0.0, difference), 0.5)
    return found


def _needed(start: Start, futures: Futures) -> tuple[NeededRate, ...]:
    """The rate that each planned date requires from now on."""
    trial, scenario = start.trial, start.scenario
    left = scenario.trial.target - trial.n_randomised
    if left <= 0:
        return ()
    follow_up = scenario.follow_up
    weeks = {
        "recruitment": 0.0,
        "primary_completion": follow_up.primary_endpoint_week if follow_up else 0.0,
        "study_completion": follow_up.visit_weeks[-1] if follow_up else 0.0,
    }
    found = []
    if follow_up and follow_up.primary_completion:
        weeks = {"recruitment": 0.0}  # the others depend on events, not on the last participant
    for name, length in weeks.items():
        planned: date | None = getattr(scenario.trial.planned, name)
        if planned is None:
            continue
        by = planned - timedelta(days=int(np.ceil(length * WEEK_DAYS)))
        months = (by - trial.last).days / MONTH_DAYS
        if months <= 0:
            found.append(NeededRate(name, planned, by, float("inf"), Estimate(float("nan"), None, None)))
            continue
        clock = futures.design.clock
        more = futures.counts(np.array([clock.day_of(by) + 1]))[:, 0] - trial.n_randomised
        expected = intervals.quantile(more / months, 0.5)
        found.append(NeededRate(name, planned, by, left / months, expected))
    return tuple(found)
