"""The cheapest plan, in sentences and as one JSON document.

How sure a choice is, is a posterior probability among the plans that were simulated; sentences say what it leaves out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.analysis.intervals import Estimate
from sim.core.clock import MONTH_DAYS, Clock
from sim.experiment.plan.choice import SLACK_COST, SLACK_PROBABILITY
from sim.report.json_values import records
from sim.report.reworded import reworded_document
from sim.report.words import OUTCOME_NOUNS, Dates, chance, estimate_of, percent, with_error

if TYPE_CHECKING:
    from sim.experiment.plan.answer import PlanAnswer

_WORTH_SAYING = 0.005
_ESTIMATES = ("probability", "cost", "day", "median_day")


class PlanTold:
    """The answer to a search for the cheapest plan, in words.

    A plan is a row of the tables of the answer: a setting per lever (columns named by the levers' labels), `n` trials,
    and `probability`, `cost`, `day` and `median_day` with their intervals.

    Args:
        answer: the search and its result.

    Attributes:
        answer: the same answer.
        asked: what was asked: milestone, date, probability, budget.
        noun: the milestone in words.
        dates: converts days to dates, by the scenario as it is.
        wanted: the requested probability, in per cent.
    """

    def __init__(self, answer: PlanAnswer) -> None:
        self.answer = answer
        self.asked = answer.asked
        scenario = self.asked.choices.loaded.scenario
        self.noun = OUTCOME_NOUNS[self.asked.milestone]
        horizon = scenario.trial.horizon_months * MONTH_DAYS
        self.dates = Dates(Clock(scenario.trial.enrolment_opens), horizon)
        self.wanted = percent(self.asked.probability)

    def money(self, estimate: Estimate) -> str:
        """A cost with half the width of its interval, in the currency of the scenario."""
        return f"{self.answer.currency} {with_error(estimate)}".strip()

    def settings(self, row: pd.Series, against: pd.Series | None = None) -> str:
        """The settings of a plan, in one line.

        Args:
            row: the plan.
            against: another plan; only settings that differ from it are named. None for all settings.

        Returns:
            `the same settings` if none differs.
        """
        parts = [
            f"{label}: {row[label]}"
            for label in self.answer.lever_labels
            if against is None or row[label] != against[label]
        ]
        return ", ".join(parts) or "the same settings"

    def changes(self, row: pd.Series) -> str:
        """The settings of a plan that change the scenario, by lever.

        Args:
            row: the plan, whose name holds the number of each setting from 1, as in `1-3-2`.

        Returns:
            `the scenario as it is` if none does.
        """
        space = self.answer.space
        found = space.changes(tuple(int(part) - 1 for part in str(row["plan"]).split("-")))
        if not found:
            return "the scenario as it is"
        rest = "" if len(found) == len(space.levers) else "; all else as it is"
        return ", ".join(f"{label}: {name}" for label, name in found.items()) + rest

    def makes_it(self, row: pd.Series) -> str:
        """The probability that a plan makes the date, and its mean cost, as the end of a clause: 'with 84 % ..., at
        ...'.
        """
        p, cost = chance(estimate_of(row, "probability")), self.money(estimate_of(row, "cost"))
        return f"with {p}, at a mean cost of {cost}"

    def question(self) -> str:
        """The question as a sentence."""
        budget = self.asked.budget
        most = "" if budget is None else f" and costs at most {self.answer.currency} {budget:,.0f} in the mean"
        by = f"by {self.asked.by} with {self.wanted} probability"
        return f"Which is the cheapest plan that makes {self.noun} {by}{most}?"

    def sentences(self) -> list[str]:
        """The answer, most important first.

        Returns:
            With a choice: the choice, how sure it is, the next best, the scenario as it is, and the effort. Without:
            which constraint no plan meets and by how much, and the nearest plans.
        """
        if self.answer.choice is None:
            return [*self._why_not(), self._now(), self._effort()]
        parts = [self._choice(), self._sure(), self._next(), self._now(), self._effort()]
        return [part for part in parts if part]

    def _choice(self) -> str:
        row = self.answer.choice
        assert row is not None
        return (
            f"The cheapest plan that makes {self.noun} by {self.asked.by} with {self.wanted} probability is "
            f"{self.changes(row)}. It makes it {self.makes_it(row)}."
        )

    def _sure(self) -> str:
        right, good = self.answer.p_right, self.answer.p_good
        text = f"The probability that this is the right choice is {percent(right)}"
        if good - right >= _WORTH_SAYING:
            text += (
                f"; that it is right or as good (within {percent(SLACK_COST)} of the cost and "
                f"{percent(SLACK_PROBABILITY)} of the probability), {percent(good)}"
            )
        if good < self.asked.confidence:
            text += (
                f". That is less than the {percent(self.asked.confidence)} asked for: the trials are used up; more of "
                "them (--replications) would tell"
            )
        return f"{text}."

    def _next(self) -> str:
        row, choice = self.answer.next_best, self.answer.choice
        if row is None or choice is None or self.answer.contrast is None:
            return "No other simulated plan makes it."
        more = self.money(self.answer.contrast[0])
        return (
            f"The next best differs in {self.settings(row, choice)}: it makes it with "
            f"{chance(estimate_of(row, 'probability'))}, and on the same random numbers costs {more} more."
        )

    def _now(self) -> str:
        return f"The scenario as it is makes it {self.makes_it(self.answer.as_it_is)}."

    def _effort(self) -> str:
        n, space = len(self.answer.plans), self.answer.space
        text = f"Of {space.n_plans:,} plans, {n:,} were simulated, in {self.answer.n_trials:,} trials"
        if n < space.n_plans - len(space.impossible):
            text += "; the others were ruled out by additive models of these"
        if space.impossible:
            text += (
                f"; {len(space.impossible):,} are not valid scenarios, such as: {next(iter(space.impossible.values()))}"
            )
        return f"{text}."

    # --- no plan keeps the rule

    def _why_not(self) -> list[str]:
        """Which constraint fails, and by how much."""
        table = self.answer.shown
        in_time = table[table["in_time"]]
        if in_time.empty:
            return self._too_late(table)
        cheapest = in_time.sort_values("cost", kind="stable").iloc[0]
        over = float(cheapest["cost"]) - float(self.asked.budget or 0.0)
        sentences = [
            f"No plan that makes {self.noun} by {self.asked.by} with {self.wanted} probability is within the budget of "
            f"{self.answer.currency} {self.asked.budget or 0.0:,.0f}: the cheapest is {self.changes(cheapest)}, "
            f"{self.makes_it(cheapest)}, {self.answer.currency} {over:,.0f} over it.",
            self._none_is_sure(),
        ]
        affordable = table[table["in_budget"]]
        if affordable.empty:
            least = table.sort_values("cost", kind="stable").iloc[0]
            return [*sentences, f"The cheapest plan of all costs {self.money(estimate_of(least, 'cost'))}."]
        best = affordable.sort_values("probability", ascending=False, kind="stable").iloc[0]
        return [
            *sentences,
            f"Within the budget, the likeliest is {self.changes(best)}: it makes it {self.makes_it(best)}.",
        ]

    def _too_late(self, table: pd.DataFrame) -> list[str]:
        best = table.sort_values(["probability", "cost"], ascending=[False, True], kind="stable").iloc[0]
        short = 100 * (self.asked.probability - float(best["probability"]))
        earliest = table.sort_values("day", kind="stable").iloc[0]
        return [
            f"No plan makes {self.noun} by {self.asked.by} with {self.wanted} probability. The likeliest is "
            f"{self.changes(best)}: it makes it {self.makes_it(best)}, {short:.0f} points short.",
            self._none_is_sure(),
            self._earliest(earliest),
        ]

    def _earliest(self, plan: pd.Series) -> str:
        when = estimate_of(plan, "day")
        if not math.isfinite(when.value):
            return f"No plan makes it by {self.dates.horizon}, the end of the simulated time, with that probability."
        late = when.value - self.answer.asked.question.by_day + 1
        by = f"by {self.dates.text(when.value)} ({self.dates.error(when)})"
        return (
            f"With {self.wanted} probability the earliest plan ({self.changes(plan)}) makes it {by}, "
            f"{math.ceil(late):,} days after the date asked for."
        )

    def _none_is_sure(self) -> str:
        return f"The probability that no simulated plan meets the request is {percent(self.answer.p_none)}."


def document(answer: PlanAnswer, typed: str) -> dict[str, Any]:
    """The whole answer as plain data for JSON.

    Args:
        answer: the search and its result.
        typed: the scenario and its overrides as typed; empty for one made in Python.

    Returns:
        By key. `choice` and `next_best` are null if no plan meets the request; `p_right` is the probability that the
        choice is right, `p_right_or_as_good` that it is within the stated slack, `p_none_feasible` that no plan meets
        it.
    """
    told, asked = PlanTold(answer), answer.asked
    found = {
        "scenario": asked.choices.loaded.scenario.name,
        "options": asked.choices.options.name,
        "question": told.question(),
        "answer": told.sentences(),
        "warnings": [],
        "milestone": asked.milestone,
        "by": str(asked.by),
        "probability": asked.probability,
        "budget": asked.budget,
        "currency": answer.currency,
        "feasible": answer.choice is not None,
        "choice": None if answer.choice is None else plan_document(told, answer.choice),
        "next_best": None if answer.next_best is None else plan_document(told, answer.next_best),
        "as_it_is": plan_document(told, answer.as_it_is, has_settings=False),
        "next_best_less_choice": None if answer.contrast is None else _contrast(answer.contrast),
        "p_right": answer.p_right,
        "p_right_or_as_good": answer.p_good,
        "p_none_feasible": answer.p_none,
        "frontier_by_probability": _names(answer.shown, "best_by_probability"),
        "frontier_by_date": _names(answer.shown, "best_by_date"),
        "shown": records(answer.shown),
        "neighbours": records(answer.neighbours),
        "plans": records(answer.plans),
        "n_plans": answer.space.n_plans,
        "simulated_trials": answer.n_trials,
        "seed": asked.seed,
        "command": command(answer, typed),
    }
    return reworded_document(found, asked.choices.loaded.scenario)


def plan_document(told: PlanTold, row: pd.Series, has_settings: bool = True) -> dict[str, Any]:
    """One plan as plain data: its settings, and each figure with its interval; days also as dates.

    Args:
        told: the answer.
        row: the plan.
        has_settings: whether to name its settings; the scenario as it is has none.

    Returns:
        A day later than the horizon is `never`, with null for its date; an unknown end is null.
    """
    found: dict[str, Any] = {"plan": row["plan"], "replications": int(row["n"])}
    if has_settings:
        found["settings"] = {label: row[label] for label in told.answer.lever_labels}
    for name in _ESTIMATES:
        estimate = estimate_of(row, name)
        found[name] = {
            key: None if value is None else "never" if math.isinf(value) else value
            for key, value in zip(("value", "low", "high"), estimate, strict=True)
        }
        if name.endswith("day"):
            when = told.dates.of(estimate.value)
            found[name]["date"] = None if when is None else str(when)
    return found


def _contrast(contrast: tuple[Estimate, Estimate]) -> dict[str, Any]:
    return {name: estimate._asdict() for name, estimate in zip(("cost", "probability"), contrast, strict=True)}


def _names(plans: pd.DataFrame, frontier: str) -> list[str]:
    """Plans on a frontier, the cheapest first."""
    return [str(name) for name in plans[plans[frontier]].sort_values("cost", kind="stable")["plan"]]


def command(answer: PlanAnswer, typed: str) -> str:
    """The command that gives this answer again; empty if the scenario or the options were made in Python."""
    if not typed:
        return ""
    asked = answer.asked
    budget = "" if asked.budget is None else f" --budget {asked.budget:g}"
    return (
        f"trialclock plan {typed} --options {asked.choices.file} --by {asked.by} --probability {asked.probability:g}"
        f"{budget} --milestone {asked.milestone} --confidence {asked.confidence:g} --replications {asked.trials} "
        f"--seed {asked.seed}"
    )
