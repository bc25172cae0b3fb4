"""Simulates plans until the choice is sure: every plan of a short list, or the promising ones of a long list.

A list of at most `LISTED` plans is simulated completely, one part each. For a longer list, a spread of plans is
simulated first. Additive models of log cost, duration and date (one effect per setting, least squares) then name other
plans that may be the cheapest to meet the date. Those are simulated in turn, until the models name no new ones.

From then on the search drops plans that cannot be the choice and doubles the trials of the others, until the choice is
as sure as asked or the trials are used up. All comparisons are on the same replications. Before the choice is settled,
every plan that differs from it in one setting has been simulated too. Remaining trials go to the plans on the frontiers
of cost against probability and of cost against date.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.core.clock import MONTH_DAYS
from sim.experiment.laboratory import PART, Laboratory, Request, Variant
from sim.experiment.plan.choice import Evidence, Rule, Verdict, judge, posterior, weed
from sim.experiment.plan.space import Plan, PlanSpace
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

LISTED = 96  # longest list of plans that is simulated completely
_START = 40  # minimum number of plans of a longer list that are simulated first
_PROPOSED = 16  # plans that the models name at a time
_SHOWING_SHARE = 0.2  # share of all trials reserved for the plans on the frontiers
_NARROWING_SHARE = 0.5  # maximum share of all trials for narrowing a long list
_FEWEST = 4 * PART  # minimum number of trials of the choice before it is settled
_DROPPED = 0.005  # maximum share of draws in which one of the plans dropped at once is best
_SHOWN = 384  # trials of each plan on a frontier, if enough are left
_N_SHOWN = 6  # cheapest plans that are shown beside the frontiers
_SEED = 20200101  # of draws and of the spread, always the same
_RIDGE = 1e-3


@dataclass(frozen=True)
class Question:
    """What is asked of plans.

    Attributes:
        milestone: the milestone that must be reached.
        by_day: the day before which it must be reached, since day 0.
        rule: the probability and the budget.
        confidence: how sure the choice must be, as a probability.
        trials: maximum number of simulated trials.
    """

    milestone: str
    by_day: float
    rule: Rule
    confidence: float
    trials: int


@dataclass
class Seen:
    """What was simulated of one plan, from replication 0 on.

    Attributes:
        days: (n,) day of the milestone; infinity for never.
        cost: (n,) simulated cost plus extra cost; 0 where neither the scenario nor the plan has costs.
        end_days: (n,) day on which each trial ended.
    """

    days: Array = field(default_factory=lambda: np.zeros(0))
    cost: Array = field(default_factory=lambda: np.zeros(0))
    end_days: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def n(self) -> int:
        """Number of replications."""
        return len(self.days)


@dataclass(frozen=True)
class Settled:
    """The choice when simulation stopped.

    Attributes:
        alive: plans still in question.
        n: replications of each of them.
        verdict: the choice among them.
        p_best: for each simulated plan, the probability that it is the cheapest that keeps the rule, when last judged.
        kept: probability that the best plan was not dropped.
    """

    alive: list[Plan]
    n: int
    verdict: Verdict
    p_best: dict[Plan, float]
    kept: float

    @property
    def choice(self) -> Plan | None:
        """The chosen plan; None where no plan keeps the rule."""
        return None if self.verdict.choice is None else self.alive[self.verdict.choice]

    @property
    def around(self) -> Plan:
        """The choice, or where there is none the plan that most likely misses the rule least."""
        return self.alive[self.verdict.around]

    @property
    def p_right(self) -> float:
        """Probability that the choice is right."""
        return self.verdict.p_right * self.kept

    @property
    def p_good(self) -> float:
        """Probability that the choice is right or as good."""
        return self.verdict.p_good * self.kept


def undominated(cost: Array, other: Array) -> Booleans:
    """Find the points on a frontier: no other point is at least as low in both coordinates and lower in one.

    Args:
        cost: (n,) first coordinate.
        other: (n,) second coordinate; infinite points are on no frontier.

    Returns:
        (n,) whether each point is on the frontier; of equal points only the first.
    """
    found = np.zeros(len(cost), dtype=bool)
    best = math.inf
    for i in np.lexsort((other, cost)):
        if other[i] < best:
            found[i] = True
            best = float(other[i])
    return found


class Search:
    """A search under way: the plans simulated so far, and how to go on.

    Args:
        space: all plans.
        question: what is asked.
        laboratory: simulates and keeps finished parts.
    """

    def __init__(self, space: PlanSpace, question: Question, laboratory: Laboratory) -> None:
        self.space = space
        self.question = question
        self._laboratory = laboratory
        self._columns = ("outcome", f"day_{question.milestone}", "day_end", "cost")
        self._variants: dict[Plan, Variant] = {}
        self.seen: dict[Plan, Seen] = {}
        self.as_it_is = Seen()  # the scenario itself, without any extra cost
        self.n_trials = 0

    # --- simulating

    def _variant(self, plan: Plan) -> Variant | None:
        if plan not in self._variants:
            scenario = self.space.scenario(plan)
            if scenario is None:
                return None
            self._variants[plan] = Variant(scenario, self._columns)
        return self._variants[plan]

    def more(self, parts: dict[Plan, int]) -> None:
        """Simulate further parts of plans. Plans that are not valid scenarios are skipped.

        Args:
            parts: number of further parts (`laboratory.PART` replications each) by plan.
        """
        wanted = [(plan, n, variant) for plan, n in sorted(parts.items()) if n and (variant := self._variant(plan))]
        requests = [Request(v, self.seen[plan].n if plan in self.seen else 0, n * PART) for plan, n, v in wanted]
        for (plan, _, variant), values in zip(wanted, self._laboratory.run(requests), strict=True):
            self._add(self.seen.setdefault(plan, Seen()), variant.by_name(values), *self.space.extra(plan))
            self.n_trials += len(values)

    def see_as_it_is(self, scenario: Scenario, n: int) -> None:
        """Simulate the unchanged scenario for comparison.

        Args:
            scenario: the scenario.
            n: number of replications.
        """
        variant = Variant(scenario, self._columns)
        (values,) = self._laboratory.run([Request(variant, 0, n)])
        self._add(self.as_it_is, variant.by_name(values), 0.0, 0.0)
        self.n_trials += n

    def _add(self, seen: Seen, rows: dict[str, Array], once: float, per_month: float) -> None:
        failed = np.isnan(rows["outcome"])  # counts as not meeting the date; it is reported, and the exit code is not 0
        days = rows[f"day_{self.question.milestone}"]
        end = np.where(failed, 0.0, rows["day_end"])
        cost = np.nan_to_num(rows["cost"]) + once + per_month * np.maximum(end, 0.0) / MONTH_DAYS
        seen.days = np.concatenate((seen.days, np.where(np.isnan(days), np.inf, days)))
        seen.cost = np.concatenate((seen.cost, cost))
        seen.end_days = np.concatenate((seen.end_days, end))

    def met(self, seen: Seen) -> Booleans:
        """Return for each replication whether it met the date, (n,).

        Args:
            seen: replications of a plan; a day that never came is not met.
        """
        return np.asarray(seen.days < self.question.by_day)

    # --- choosing

    def prefix(self, plan: Plan, n: int) -> Seen:
        """Return the first n replications of a plan.

        Args:
            plan: a plan that has been simulated.
            n: number of replications, at most those it has.
        """
        seen = self.seen[plan]
        return Seen(seen.days[:n], seen.cost[:n], seen.end_days[:n])

    def judged(self, plans: list[Plan], n: int) -> Verdict:
        """Judge some plans on the same replications.

        Args:
            plans: the plans.
            n: number of replications of each, from 0 on.

        Returns:
            The choice among them. The draws depend on n alone, so that a judgement can be repeated.
        """
        seen = [self.prefix(plan, n) for plan in plans]
        evidence = Evidence([self.met(s) for s in seen], [s.cost for s in seen])
        return judge(posterior(evidence, np.random.default_rng([_SEED, n])), self.question.rule)

    @property
    def plans(self) -> list[Plan]:
        """Plans simulated so far, sorted."""
        return sorted(self.seen)

    def _left(self, kept: float = 0.0) -> int:
        """Number of parts that may still be simulated if a share of all trials is reserved."""
        return max(int((1 - kept) * self.question.trials) - self.n_trials, 0) // PART

    def settle(self) -> Settled:
        """Simulate until the choice is as sure as asked, or all trials are used.

        Returns:
            The choice among the plans still in question.
        """
        self._begin()
        n, alive, lost = PART, self.plans, 0.0
        p_best: dict[Plan, float] = {}
        while True:
            verdict = self.judged(alive, n)
            p_best |= dict(zip(alive, verdict.p_best.tolist(), strict=True))
            settled = Settled(alive, n, verdict, p_best, 1 - lost)
            if settled.p_good >= self.question.confidence and n >= min(_FEWEST, self.question.trials):
                joined = self._neighbours(settled)
                if joined is None:
                    return settled
                alive = joined
                continue
            dropped, mass = weed(verdict, _DROPPED)
            in_question = [plan for plan, out in zip(alive, dropped, strict=True) if not out]
            extra = min(n // PART, self._left(_SHOWING_SHARE) // len(in_question))
            if extra == 0:
                return settled
            alive, lost, n = in_question, min(lost + mass, 1.0), n + extra * PART
            self._bring(alive, n)

    def _bring(self, plans: list[Plan], n: int) -> None:
        """Simulate each plan until it has n replications."""
        self.more({plan: (n - (self.seen[plan].n if plan in self.seen else 0)) // PART for plan in plans})

    def _neighbours(self, settled: Settled) -> list[Plan] | None:
        """Simulate the plans one setting from the choice that are missing, and admit those that may be better.

        Returns:
            The plans in question; None where all neighbours were simulated already, or no trials are left.
        """
        alive, n = settled.alive, settled.n
        neighbours = self.space.neighbours(settled.around)
        new = [plan for plan in neighbours if plan not in self.seen and self._variant(plan)][: self._left()]
        if not new:
            return None
        self._bring(new, PART)
        together = sorted([*alive, *new])
        p_top = self.judged(together, PART).p_top
        joining = [plan for plan, p in zip(together, p_top, strict=True) if plan in new and p > _DROPPED]
        joining = joining[: self._left() // max(n // PART - 1, 1)]
        self._bring(joining, n)
        return sorted([*alive, *joining])

    def show(self, settled: Settled) -> tuple[list[Plan], int]:
        """Choose the plans worth showing: the frontiers and the cheapest.

        They are chosen on the replications that all plans have, then simulated further as far as trials are left.

        Args:
            settled: the choice.

        Returns:
            The plans, sorted, and the number of replications that each of them has.
        """
        rule = self.question.rule
        first = {plan: self.prefix(plan, PART) for plan in self.plans}
        cost = np.array([s.cost.mean() for s in first.values()])
        met = np.array([self.met(s).mean() for s in first.values()])
        day = np.array([intervals.quantile(s.days, rule.probability).value for s in first.values()])
        keeps = np.where((met >= rule.probability) & (cost <= rule.budget), cost, np.inf)
        chosen = undominated(cost, -met) | undominated(cost, day)
        chosen[[i for i in np.argsort(keeps, kind="stable")[:_N_SHOWN] if np.isfinite(keeps[i])]] = True
        plans = sorted({settled.around, *settled.alive, *(plan for plan, c in zip(first, chosen, strict=True) if c)})
        n = PART
        while n < _SHOWN:
            needed = sum(max(n + PART - self.seen[plan].n, 0) for plan in plans) // PART
            if needed > self._left():
                break
            n += PART
            self._bring([plan for plan in plans if self.seen[plan].n < n], n)
        return plans, n

    # --- narrowing a long list

    def _begin(self) -> None:
        """Simulate the first stage: all plans of a short list, else some of a long one that the models then narrow.

        Narrowing ends when no plan is proposed, none of them is new, or half of the trials are spent.
        """
        if self.space.n_plans <= LISTED:
            self.more(dict.fromkeys(self.space.all_plans(), 1))
            return
        self.more(dict.fromkeys(self._spread(), 1))
        while self.n_trials < _NARROWING_SHARE * self.question.trials:
            proposed = self._proposed()
            if not proposed:
                return
            before = len(self.seen)
            self.more(dict.fromkeys(proposed, 1))
            if len(self.seen) == before:
                return

    def _spread(self) -> list[Plan]:
        """The first settings, every plan one setting away from them, the last settings, and random others."""
        sizes = self.space.sizes
        first = tuple(0 for _ in sizes)
        found = [first, *self.space.neighbours(first), tuple(size - 1 for size in sizes)]
        n = max(_START, 2 * (1 + sum(size - 1 for size in sizes)))
        rng = np.random.default_rng(_SEED)
        while len(set(found)) < min(n, self.space.n_plans):
            found.append(tuple(int(rng.integers(size)) for size in sizes))
        return list(dict.fromkeys(found))

    def _proposed(self) -> list[Plan]:
        """Plans not yet simulated that the models name as possibly the cheapest that meet the date, likeliest first."""
        codes = self.space.codes()
        known = self.space.one_hot(np.array(self.plans, dtype=np.int16))
        every = self.space.one_hot(codes)
        seen = [self.seen[plan] for plan in self.plans]
        horizon = max(float(s.end_days.max()) for s in seen)
        date, date_error = _predict(known, every, [self._date(s, horizon) for s in seen])
        extras = [self.space.extra(plan) for plan in self.plans]
        months, _ = _predict(known, every, [float(s.end_days.mean()) / MONTH_DAYS for s in seen])
        pairs = zip(seen, extras, strict=True)
        counted = [
            float(s.cost.mean()) - once - monthly * float(s.end_days.mean()) / MONTH_DAYS
            for s, (once, monthly) in pairs
        ]
        cost, cost_error = _predict(known, every, counted)
        once_all, monthly_all = self.space.extras(codes)
        cost = cost + once_all + monthly_all * months
        late = date > self.question.by_day * math.exp(date_error)
        late |= cost > self.question.rule.budget * math.exp(cost_error)
        order = np.lexsort((cost, late)) if not late.all() else np.argsort(date, kind="stable")
        top = [tuple(int(i) for i in codes[row]) for row in order[:_PROPOSED]]
        return [plan for plan in top if plan not in self.seen and self._variant(plan)]

    def _date(self, seen: Seen, horizon: float) -> float:
        """The day by which the milestone is reached with the asked probability; beyond the horizon where it is not."""
        day = intervals.quantile(seen.days, self.question.rule.probability).value
        return max(day, 1.0) if math.isfinite(day) else 1.5 * horizon


def _predict(known: Array, every: Array, values: list[float]) -> tuple[Array, float]:
    """Predictions of a positive number for every plan, additive in its logarithm, and the fit's own error there."""
    logs = np.log(np.maximum(np.array(values), 1e-9))
    if np.ptp(logs) == 0:
        return np.full(len(every), values[0]), 0.0
    ridge = _RIDGE * np.eye(known.shape[1])
    ridge[0, 0] = 0.0
    effects = np.linalg.solve(known.T @ known + ridge, known.T @ logs)
    error = float(np.sqrt(np.mean((known @ effects - logs) ** 2)))
    return np.exp(every @ effects), error
