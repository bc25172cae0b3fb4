"""The answer of `plan`: the cheapest plan that meets a date with a given probability, as frames.

`search` decides which plans are simulated, and how often; here its findings become tables that `sim.report.plan` and
the API show.

Attributes:
    TRIALS: most simulated trials of a search, over all plans together, where nothing else is said.
    CONFIDENCE: how sure a choice is to be, from 0 to 1, where nothing else is said.
    AS_IT_IS: name of the plan that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.shown import Shown, chance_line, estimate_in, heading
from sim.core.clock import Clock
from sim.core.design import Design
from sim.errors import Problem, UsageError
from sim.experiment.estimate_columns import estimate_columns
from sim.experiment.execution import ALONE, Execution
from sim.experiment.laboratory import PART, Laboratory
from sim.experiment.plan.choice import Rule
from sim.experiment.plan.search import LISTED, Question, Search, Seen, Settled, undominated
from sim.experiment.plan.space import Plan, PlanSpace
from sim.scenario.options import Choices
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

TRIALS = 9600
CONFIDENCE = 0.95
AS_IT_IS = "as it is"
_N_REFERENCE = 480  # trials of the scenario as it is


def fewest_trials(choices: Choices) -> int:
    """Return the minimum number of simulated trials for a search.

    Args:
        choices: what may be chosen.

    Returns:
        One part (`laboratory.PART` trials) for the scenario itself and for each plan of a short list.
    """
    return PART * (1 + min(choices.n_plans, LISTED))


@dataclass(frozen=True)
class Asked:
    """A planner's question.

    Attributes:
        choices: what may be chosen.
        milestone: the milestone that must be reached by the date.
        by: the date; reaching the milestone on that date is in time.
        probability: the probability with which the date must be met.
        budget: highest mean cost of a plan, in the scenario's currency; None for no limit.
        confidence: how sure the choice must be, as a probability.
        trials: maximum number of simulated trials.
        seed: seed of the random numbers.
    """

    choices: Choices
    milestone: str
    by: date
    probability: float
    budget: float | None
    confidence: float
    trials: int
    seed: int

    def __post_init__(self) -> None:
        scenario = self.choices.loaded.scenario
        design = Design(scenario)
        last = design.clock.date_of(design.horizon_days)
        if self.by < scenario.trial.enrolment_opens:
            message = f"is before day 0 of the scenario, {scenario.trial.enrolment_opens}"
            raise UsageError(Problem(message, "--by", value=str(self.by)))
        if self.by >= last:
            message = f"is not before {last}, the end of the simulated time; raise trial.horizon_months"
            raise UsageError(Problem(message, "--by", value=str(self.by)))
        levers = self.choices.levers
        priced = any(setting.cost or setting.cost_per_month for lever in levers for setting in lever.settings)
        if scenario.costs is None and not priced:
            message = "neither the scenario (section 'costs') nor these options say what anything costs"
            raise UsageError(Problem(message, self.choices.file))
        fewest = fewest_trials(self.choices)
        if self.trials < fewest:
            raise UsageError(f"these options need at least {fewest:,} simulated trials, not {self.trials:,}")

    @property
    def question(self) -> Question:
        """The question with the date as a day since day 0."""
        clock = Clock(self.choices.loaded.scenario.trial.enrolment_opens)
        rule = Rule(self.probability, float("inf") if self.budget is None else self.budget)
        return Question(self.milestone, clock.day_of(self.by) + 1, rule, self.confidence, self.trials)


@dataclass(repr=False)
class PlanAnswer(Shown):
    """The answer to a planner's question.

    Attributes:
        asked: the question.
        space: all plans.
        plans: one row per simulated plan; see `plan_table`.
        shown: the plans worth showing, all on the same replications, with the frontiers; see `shown_table`.
        neighbours: one row per plan one setting from the choice, or from the plan nearest to the rule: the paired
            differences in cost and probability; see `neighbour_table`.
        choice: the chosen plan, as a row of `plans`; None where no plan keeps the rule.
        next_best: the cheapest other plan of `shown` that keeps the rule; None where there is none.
        as_it_is: the unchanged scenario, as a row of `plans`.
        contrast: next best minus choice: cost and probability, with paired intervals; None without both.
        p_right: probability that the choice is right.
        p_good: probability that it is right or as good.
        p_none: probability that no simulated plan keeps the rule.
        n_trials: total number of simulated trials.
        folder: the folder of its files, once they are written.
    """

    asked: Asked
    space: PlanSpace
    plans: pd.DataFrame
    shown: pd.DataFrame
    neighbours: pd.DataFrame
    choice: pd.Series | None
    next_best: pd.Series | None
    as_it_is: pd.Series
    contrast: tuple[Estimate, Estimate] | None
    p_right: float
    p_good: float
    p_none: float
    n_trials: int = 0
    folder: Path | None = None

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario, as the only one that this answer is about."""
        return (self.asked.choices.loaded.scenario,)

    def _lines(self) -> Iterator[str]:
        asked, row = self.asked, self.leading
        yield heading(f"Plan for {asked.choices.loaded.scenario.name}", self.n_trials, asked.seed, self.folder)
        rule = f"{asked.milestone.replace('_', ' ')} by {asked.by} with {100 * asked.probability:g} %"
        yield f"{rule}: {'kept at the least cost by' if self.choice is not None else 'no plan keeps it; likeliest is'}"
        yield ", ".join(f"{label}: {row[label]}" for label in self.lever_labels)
        yield chance_line("in time", estimate_in(row, "probability"))
        cost = estimate_in(row, "cost")
        ends = ["?" if end is None else f"{end:,.0f}" for end in (cost.low, cost.high)]
        yield f"costs {self.currency} {cost.value:,.0f} ({ends[0]} to {ends[1]})"

    @property
    def lever_labels(self) -> list[str]:
        """The levers' labels, which are columns of `plans`."""
        return [lever.label for lever in self.space.levers]

    @property
    def leading(self) -> pd.Series:
        """The choice; where there is none, the likeliest plan, as a row of `shown`."""
        if self.choice is not None:
            return self.choice
        return self.shown.sort_values(["probability", "cost"], ascending=[False, True], kind="stable").iloc[0]

    def changes(self, row: pd.Series) -> dict[str, Any]:
        """Return what a plan changes in the scenario. Extra costs are not included, because no scenario holds them.

        Args:
            row: a row of `plans`.

        Returns:
            New values by dotted path.
        """
        settings = self.space.changing(_plan(str(row["plan"])))
        return {path: value for setting in settings for path, value in setting.changes.items()}

    def extra_costs(self, row: pd.Series) -> tuple[float, float]:
        """Return the costs of a plan that the simulation does not count.

        Args:
            row: a row of `plans`.

        Returns:
            The cost once, and the cost per month.
        """
        return self.space.extra(_plan(str(row["plan"])))

    @property
    def currency(self) -> str:
        """Currency of all costs."""
        costs = self.asked.choices.loaded.scenario.costs
        return (costs.currency if costs else self.asked.choices.options.currency) or ""


def find_plan(
    asked: Asked,
    kept: Path | None = None,
    execution: Execution = ALONE,
) -> PlanAnswer:
    """Find the cheapest plan that meets the date.

    Args:
        asked: the question.
        kept: the folder for finished parts; None to keep none.
        execution: how it is executed; never changes results.

    Returns:
        The choice with the evidence for it.

    Raises:
        UsageError: the cluster cannot be used.
        RunInterrupted: the user stopped it; finished parts are kept.
    """
    space = PlanSpace(asked.choices)
    with Laboratory(asked.seed, kept, execution, asked.trials) as laboratory:
        search = Search(space, asked.question, laboratory)
        search.see_as_it_is(asked.choices.loaded.scenario, min(_N_REFERENCE, asked.trials // 20 // PART * PART + PART))
        settled = search.settle()
        shown = search.show(settled)
        execution.progress(laboratory.n_simulated, laboratory.n_simulated)
    return _answer(asked, search, settled, shown)


def _answer(asked: Asked, search: Search, settled: Settled, shown: tuple[list[Plan], int]) -> PlanAnswer:
    plans = plan_table(search, settled)
    frontier = shown_table(search, settled, *shown)
    choice = next_best = contrast = None
    if settled.choice is not None:
        choice = _named(plans, settled.choice)
        surely = set(plans[plans["keeps"]]["plan"]) - {choice["plan"]}  # on all their replications
        others = frontier[frontier["keeps"] & frontier["plan"].isin(surely)]
        if len(others):
            next_best = others.iloc[0]
            contrast = _contrast(search, _plan(str(next_best["plan"])), settled.choice)
    as_it_is = pd.Series(_row(search, _as_it_is(search), AS_IT_IS, {}))
    found = (settled.p_right, settled.p_good, settled.verdict.p_none)
    return PlanAnswer(
        asked,
        search.space,
        plans,
        frontier,
        neighbour_table(search, settled),
        choice,
        next_best,
        as_it_is,
        contrast,
        *found,
        search.n_trials,
    )


def _as_it_is(search: Search) -> Seen:
    """The unchanged scenario; if it is also a plan, the one of the two with more replications."""
    space = search.space
    same = [seen for plan, seen in search.seen.items() if not space.changes(plan) and not any(space.extra(plan))]
    return max([search.as_it_is, *same], key=lambda seen: seen.n)


def _id(plan: Plan) -> str:
    """A plan's name: the positions of its settings, from 1."""
    return "-".join(str(i + 1) for i in plan)


def _plan(name: str) -> Plan:
    return tuple(int(part) - 1 for part in name.split("-"))


def _named(plans: pd.DataFrame, plan: Plan) -> pd.Series:
    return plans[plans["plan"] == _id(plan)].iloc[0]


def _contrast(search: Search, plan: Plan, against: Plan) -> tuple[Estimate, Estimate]:
    """Paired differences of cost and of probability from another plan."""
    n = min(search.seen[plan].n, search.seen[against].n)
    ours, theirs = search.prefix(plan, n), search.prefix(against, n)
    met = search.met(ours).astype(np.float64) - search.met(theirs)
    return intervals.mean(ours.cost - theirs.cost), intervals.mean(met)


# --- tables


def _row(search: Search, seen: Seen, name: str, words: dict[str, str]) -> dict[str, object]:
    """One row of a table of plans.

    Args:
        search: the search, with its question.
        seen: what was simulated of the plan.
        name: name of the plan.
        words: what it sets, by column.

    Returns:
        Probability of being in time, cost, days by which the date holds with the probability asked for and in half of
        the trials, each with its interval, and whether the plan is in time, in budget, and both.
    """
    rule = search.question.rule
    met = search.met(seen)
    row: dict[str, object] = {"plan": name, **words, "n": seen.n}
    for key, estimate in (
        ("probability", intervals.probability(int(met.sum()), seen.n)),
        ("cost", intervals.mean(seen.cost)),
        ("day", intervals.quantile(seen.days, rule.probability)),
        ("median_day", intervals.quantile(seen.days, 0.5)),
    ):
        row |= estimate_columns(key, estimate)
    row["in_time"] = bool(met.mean() >= rule.probability)
    row["in_budget"] = bool(seen.cost.mean() <= rule.budget)
    return row | {"keeps": row["in_time"] and row["in_budget"]}


def _ordered(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Plans that keep the rule first, cheapest first; then the others, likeliest first."""
    table = pd.DataFrame(rows)
    order = np.where(table["keeps"], table["cost"], -table["probability"])
    table = table.assign(_order=order).sort_values(["keeps", "_order", "plan"], ascending=[False, True, True])
    return table.drop(columns="_order").reset_index(drop=True)


def plan_table(search: Search, settled: Settled) -> pd.DataFrame:
    """Tabulate all simulated plans, each on all its replications.

    Plans may have different `n`, so their figures are not all on the same replications; see `shown_table`.

    Args:
        search: the search.
        settled: the choice.

    Returns:
        One row per plan: its settings, probability of meeting the date, mean cost and dates. `day` is the day that it
        meets with the asked probability. `p_best` is the probability, when last judged, that it is the cheapest plan
        that keeps the rule.
    """
    rows = []
    for plan in search.plans:
        row = _row(search, search.seen[plan], _id(plan), search.space.words(plan))
        rows.append(row | {"p_best": settled.p_best.get(plan, 0.0)})
    return _ordered(rows)


def shown_table(search: Search, settled: Settled, plans: list[Plan], n: int) -> pd.DataFrame:
    """Tabulate the plans worth showing, all on the same replications, and mark the frontiers.

    Args:
        search: the search.
        settled: the choice.
        plans: the plans.
        n: number of replications of each.

    Returns:
        The columns of `plan_table`, with `best_by_probability` and `best_by_date`: whether no other plan here is at
            most
        as expensive and at least as likely, or as early.
    """
    rows = []
    for plan in plans:
        row = _row(search, search.prefix(plan, n), _id(plan), search.space.words(plan))
        rows.append(row | {"p_best": settled.p_best.get(plan, 0.0)})
    table = _ordered(rows)
    cost = table["cost"].to_numpy(dtype=np.float64)
    table["best_by_probability"] = undominated(cost, -table["probability"].to_numpy(dtype=np.float64))
    table["best_by_date"] = undominated(cost, table["day"].to_numpy(dtype=np.float64))
    return table


def neighbour_table(search: Search, settled: Settled) -> pd.DataFrame:
    """Compare the choice with simulated plans that differ from it in one setting.

    Where no plan keeps the rule, the plan nearest to it takes the place of the choice.

    Args:
        search: the search.
        settled: the choice.

    Returns:
        One row per plan, in the order of the levers, with paired differences in cost and probability.
    """
    rows: list[dict[str, object]] = []
    for plan in search.space.neighbours(settled.around):
        if plan not in search.seen:
            continue
        lever = next(k for k, (a, b) in enumerate(zip(plan, settled.around, strict=True)) if a != b)
        cost, probability = _contrast(search, plan, settled.around)
        row: dict[str, object] = {
            "lever": search.space.levers[lever].label,
            "setting": search.space.levers[lever].settings[plan[lever]].name,
            "instead_of": search.space.levers[lever].settings[settled.around[lever]].name,
            "n": min(search.seen[plan].n, search.seen[settled.around].n),
        }
        for name, estimate in (("cost_more", cost), ("probability_more", probability)):
            row |= estimate_columns(name, estimate)
        rows.append(row)
    columns = ["lever", "setting", "instead_of", "n", "cost_more", "probability_more"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
