"""What drives each milestone of a scenario: everything that `explain` computes, as frames.

Everything is simulated on the same random numbers: replications 0 to 2N - 1 of the unchanged scenario, and the same
replications with inputs exchanged (see `sim.analysis.variance_shares`), fixed (the tornado) or removed (see
`sim.experiment.explanation.causes`), and assumptions of grade D halved and doubled. In differences of days, a trial
that never reaches a milestone counts as the horizon; every table says how many never do. For shares of variance, such a
date ranks as the latest, or counts as the horizon.

Attributes:
    REPLICATIONS: rows of the design that answer a question; each is simulated several times.
    FEWEST: fewest rows that answer a question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.intervals import quantile
from sim.analysis.modelled import end_of
from sim.analysis.shown import HEADLINE, Shown, chance_line, date_line, estimate_in, heading
from sim.analysis.variance_shares import CHANCE
from sim.core.design import Design
from sim.core.streams import Streams
from sim.core.unknowns import PURPOSE, uncertain_values
from sim.errors import UsageError
from sim.experiment.execution import ALONE, Execution
from sim.experiment.explanation.assumed import assumption_table, n_trials_of
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.explanation.doubts import doubts_of
from sim.experiment.explanation.tables import (
    HIGH,
    LOW,
    RANKS,
    SITES,
    Rows,
    cause_table,
    critical_milestones,
    critical_sites,
    critical_steps,
    outcomes,
    share_tables,
    tornado_table,
    without_absent,
)
from sim.experiment.laboratory import COLUMNS, PART, Laboratory, Request, Variant
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

REPLICATIONS = 384
FEWEST = 2 * PART
_SHOWN = 3  # inputs shown when the answer is displayed


@dataclass(frozen=True)
class Study:
    """What is simulated to explain a scenario.

    Attributes:
        scenario: the scenario.
        replications: N, the rows of the design of the variance shares; the unchanged scenario has 2N replications.
        seed: seed of the random numbers.
        fewest: minimum number of rows.
        scale: what the variance is of: `ranks` of the dates, or `days` with the horizon for never.
    """

    scenario: Scenario
    replications: int
    seed: int
    scale: str = RANKS
    fewest: ClassVar[int] = FEWEST

    def __post_init__(self) -> None:
        if self.replications < self.fewest:
            raise UsageError(f"explaining needs at least {self.fewest} replications, not {self.replications}")

    @property
    def n_compared(self) -> int:
        """Number of replications of each comparison: half of N."""
        return self.replications // 2


@dataclass(frozen=True)
class Sketch(Study):
    """A study for an example, which may be smaller than one that answers a question."""

    fewest: ClassVar[int] = PART


@dataclass(repr=False)
class Explanation(Shown):
    """What drives each milestone, and the cost if the scenario has costs. Days are since day 0, or differences of days.

    Attributes:
        study: what was simulated.
        design: the scenario, made ready.
        base: measures of the 2N replications of the unchanged scenario.
        shares: one row per outcome and input: first-order and total share of the variance, with intervals.
        totals: one row per outcome: sums of the shares, the share due to chance, and trials that never got there.
        tornado: one row per outcome and uncertain value: differences at its 10 % and its 90 % point.
        sites: one row per milestone and site: in how many trials it was critical.
        milestones: one row per milestone and earlier milestone: in how many trials it was critical.
        steps: one row per milestone and step of the critical path: mean days, and in how many trials it took any.
        causes: one row per outcome and cause: what was lost to it.
        assumptions: one row per milestone and assumption of grade D: days later with it lower and higher.
        n_trials: total number of simulated trials.
        folder: the folder of its files, once they are written.
    """

    study: Study
    design: Design
    base: Rows
    shares: pd.DataFrame
    totals: pd.DataFrame
    tornado: pd.DataFrame
    sites: pd.DataFrame
    milestones: pd.DataFrame
    steps: pd.DataFrame
    causes: pd.DataFrame
    assumptions: pd.DataFrame
    n_trials: int = 0
    folder: Path | None = None

    def _lines(self) -> Iterator[str]:
        yield heading(f"What drives {self.study.scenario.name}", self.n_trials, self.study.seed, self.folder)
        end = end_of(self.study.scenario)
        days = self.base[f"day_{end}"]
        yield date_line(f"{HEADLINE[end]}, by then in half of them", quantile(days, 0.5), self.design.clock)
        shares = self.shares[self.shares["outcome"] == end]
        for _, row in shares.sort_values("total", ascending=False, kind="stable").head(_SHOWN).iterrows():
            yield chance_line(f"share of its variance by {row['input']}", estimate_in(row, "total"))

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario, as the only one that this answer is about."""
        return (self.study.scenario,)

    @property
    def uncertain(self) -> dict[str, Family]:
        """The uncertain values by path."""
        return self.design.uncertain

    @property
    def outcomes(self) -> list[str]:
        """The milestones that at least one trial reached, and the cost where there is one."""
        return outcomes(self.base)


def explain(
    study: Study,
    kept: Path | None = None,
    execution: Execution = ALONE,
) -> Explanation:
    """Simulate a scenario and its variants, and compute what drives each milestone.

    Args:
        study: the scenario and how much to simulate.
        kept: the folder for finished parts; None to keep none.
        execution: how it is executed; never changes results.

    Returns:
        The explanation.

    Raises:
        UsageError: the cluster cannot be used.
        RunInterrupted: the user stopped it; finished parts are kept.
    """
    plan, doubts = _Plan(study), doubts_of(study.scenario)
    design, n = Design(study.scenario), study.n_compared
    total = sum(request.n for request, _ in plan.requests) + n_trials_of(doubts, n)
    with Laboratory(study.seed, kept, execution, total) as laboratory:
        found = laboratory.run([request for request, _ in plan.requests])
        by_purpose = {
            purpose: without_absent(request.variant.by_name(rows), study.scenario)
            for (request, purpose), rows in zip(plan.requests, found, strict=True)
        }
        base = by_purpose["base",]
        assumptions = assumption_table(laboratory, study.scenario, doubts, base, n, design.horizon_days)
        n_trials = laboratory.n_simulated
    shares, totals = share_tables(design, study.replications, study.scale, plan.inputs, by_purpose)
    return Explanation(
        study,
        design,
        base,
        shares,
        totals,
        tornado_table(plan.uncertain, n, by_purpose, design.horizon_days),
        critical_sites(design, base),
        critical_milestones(base),
        critical_steps(design, base),
        cause_table(plan.causes, by_purpose, design.horizon_days),
        assumptions,
        n_trials,
    )


class _Plan:
    """The requests of a study, each with its purpose.

    Purposes are `("base",)`; `("mixed", input)` for one input of the variance shares taken from the other half of the
    replications (`""` for sites and chance at once); `("fixed", path, point)` for the tornado; and
    `("without", cause)`.

    Args:
        study: what is simulated.

    Attributes:
        uncertain: the uncertain values by path.
        causes: the causes of delay, each with the scenario without it.
        has_sites: whether sites differ by chance, so that they are an input of their own.
        requests: each request and its purpose.
    """

    def __init__(self, study: Study) -> None:
        scenario, n = study.scenario, study.replications
        self.uncertain = uncertain_values(scenario)
        self.causes = causes_of_delay(scenario)
        self.has_sites = _sites_differ(Design(scenario))
        streams = Streams(study.seed)
        u = {path: streams.trial(PURPOSE, path, 0, 2 * n) for path in self.uncertain}
        plain, whole = Variant(scenario), Variant(scenario, COLUMNS, critical=True)
        of_a = {path: both[:n] for path, both in u.items()}
        self.requests: list[tuple[Request, tuple[str, ...]]] = [(Request(whole, 0, 2 * n), ("base",))]

        def add(request: Request, *purpose: str) -> None:
            self.requests.append((request, purpose))

        for path, both in u.items():
            add(Request(plain, 0, n, {path: both[n:]}), "mixed", path)
        if self.has_sites:
            add(Request(plain, 0, n, sites_of=n), "mixed", SITES)
            add(Request(plain, n, n, of_a, sites_of=0), "mixed", CHANCE)
        if self.uncertain or not self.has_sites:
            add(Request(plain, n, n, of_a), "mixed", "" if self.has_sites else CHANCE)
        for path in self.uncertain:
            for point in (LOW, HIGH):
                add(Request(plain, 0, study.n_compared, {path: point}), "fixed", path, str(point))
        for cause in self.causes:
            add(Request(Variant(cause.scenario), 0, study.n_compared), "without", cause.name)

    @property
    def inputs(self) -> list[str]:
        """Inputs of the variance shares, chance last."""
        return [*self.uncertain, *([SITES] if self.has_sites else []), CHANCE]


def _sites_differ(design: Design) -> bool:
    """Whether anything is drawn once per site: its own rate, its start-up, or that it never enrols."""
    for group in design.groups:
        settings = group.settings
        steps = [step.days for step in group.network]
        drawn = (settings.referrals_per_month, settings.lead_days, settings.activation_delay_days, *steps)
        if any(isinstance(value, Family) and not value.is_uncertain for value in drawn):
            return True
        if settings.between_site_cv != 0 or settings.never_enrols != 0:
            return True
    return False
