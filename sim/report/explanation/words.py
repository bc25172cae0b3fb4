"""What drives a scenario, in sentences and as one JSON document.

"Drives" has three meanings, which are never mixed: what the spread comes from (shares of variance), what would move the
mean (paired runs without a cause, or with a value changed), and what it hung on (the critical path).

Attributes:
    TABLES: names of the tables of an explanation, in the order of its document.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.measures import MILESTONES
from sim.analysis.modelled import end_of, has_milestone
from sim.analysis.variance_shares import CHANCE
from sim.errors import Problem, UsageError, nearest
from sim.experiment.explanation.causes import TOGETHER
from sim.experiment.explanation.tables import COST, SITES, outcome
from sim.plurals import listed
from sim.report.input_names import fraction, input_name
from sim.report.json_values import records
from sim.report.reworded import reworded_document
from sim.report.run.why import doubts_sentence
from sim.report.words import OUTCOME_NOUNS, Dates, estimate_of, percent, with_error

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.explanation.study import Explanation
    from sim.scenario.schema import Scenario

_TELLING = 0.3  # a share from which one input is worth naming as the main one
_N_CAUSES = 3


def outcomes_of(scenario: Scenario, has_cost: bool = True) -> list[str]:
    """Outcomes that can be explained: the milestones of the scenario, and the cost if it has costs.

    Args:
        scenario: the scenario.
        has_cost: whether cost may be included.
    """
    known = [name for name in MILESTONES if has_milestone(name, scenario)]
    return [*known, COST] if has_cost and scenario.costs is not None else known


def outcome_asked(name: str | None, scenario: Scenario, has_cost: bool = True) -> str:
    """The outcome to explain; by default the end of the trial.

    Args:
        name: a milestone, `cost`, or None for the default.
        scenario: the scenario that is explained.
        has_cost: whether cost may be asked for.

    Returns:
        The name of the outcome.

    Raises:
        UsageError: the scenario has no such outcome; the message gives the nearest name.
    """
    known = outcomes_of(scenario, has_cost)
    if name == COST and has_cost and COST not in known:
        raise UsageError(Problem("the scenario has no costs (section 'costs')", "--milestone", value=name))
    if name is not None and name not in known:
        which = "the scenario has no such milestone" if name in MILESTONES else "there is no such milestone"
        raise UsageError(Problem(f"{which}; {nearest(name, known)}", "--milestone", value=name))
    return end_of(scenario) if name is None else name


def share_text(estimate: Estimate) -> str:
    """A share of variance with its interval: '43 % (38 to 49 %)'.

    Args:
        estimate: a share, limited here to 0 to 1, because an estimate can fall outside.
    """
    ends = (estimate.value, estimate.low, estimate.high)
    value, low, high = (None if end is None else min(max(end, 0.0), 1.0) for end in ends)
    if low is None or high is None:
        return percent(value or 0.0)
    return f"{100 * (value or 0.0):.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"


class Told:
    """One outcome of an explanation, in words.

    Args:
        explanation: what drives the scenario.
        name: a milestone, or `cost`; None for the end of the trial.

    Attributes:
        explanation: the same explanation.
        scenario: its scenario.
        name: the outcome.
        noun: the outcome in words, for the middle of a sentence.
        is_cost: whether it is the cost.
        unit: its unit: days, or the currency.
    """

    def __init__(self, explanation: Explanation, name: str | None = None) -> None:
        self.explanation = explanation
        self.scenario = explanation.study.scenario
        self.name = end_of(self.scenario) if name is None else name
        self.noun = OUTCOME_NOUNS[self.name]
        self.is_cost = self.name == COST
        self.unit = self.scenario.costs.currency if self.is_cost and self.scenario.costs else "days"

    def of(self, table: str) -> pd.DataFrame:
        """The rows of a table that are about this outcome.

        Args:
            table: name of a table of the explanation, as in `TABLES`.
        """
        frame: pd.DataFrame = getattr(self.explanation, table)
        return frame[frame["outcome"] == self.name]

    def lost(self, *, parts: bool = False) -> pd.DataFrame:
        """Causes that are sure to cost something, the largest first.

        Args:
            parts: whether to include parts of causes, such as a single cap.

        Returns:
            Rows of `causes.csv` that concern this outcome.
        """
        rows = self.of("causes")
        rows = rows[(rows["cause"] != TOGETHER) & (rows["lost_low"].astype(float) > 0)]
        return rows if parts else rows[rows["part_of"] == ""]

    def median(self) -> Estimate:
        """The median of the scenario as it is: days since day 0 (infinity for later than the horizon), or money."""
        values = outcome(self.explanation.base, self.name)
        return intervals.quantile(values[~np.isnan(values)], 0.5)

    def input(self, path: object) -> str:
        """An input in words."""
        return input_name(self.scenario, str(path))

    def sentences(self) -> list[str]:
        """What drives this outcome, most important first.

        Returns:
            When it comes, the main share, chance, the largest swing, causes, assumptions, the critical site, and trials
            that never get there; what does not apply is left out. Two sentences if no trial gets there at all.
        """
        if self.name not in self.explanation.outcomes:
            horizon = Dates(self.explanation.design.clock, self.explanation.design.horizon_days).horizon
            return [
                f"In none of the simulated trials does {self.noun} come by {horizon}.",
                f"What drives {self.noun} cannot be told from trials that never get there. Ask for a milestone before "
                "it.",
            ]
        parts = (self._when, self._main_share, self._chance, self._swing, self._causes, self._assumed, self._critical,
                 self._never)  # fmt: skip
        return [text for part in parts if (text := part())]

    def _when(self) -> str:
        median = self.median()
        if self.is_cost:
            return f"In half of the simulated trials the cost is at most {median.value:,.0f} {self.unit}."
        dates = Dates(self.explanation.design.clock, self.explanation.design.horizon_days)
        if not math.isfinite(median.value):
            return f"In more than half of the simulated trials, {self.noun} does not come by {dates.horizon}."
        return f"In half of the simulated trials, {self.noun} comes by {dates.text(median.value)}."

    @property
    def spread(self) -> str:
        """The spread of this outcome, as a phrase."""
        return "the spread in the cost" if self.is_cost else f"the spread in the date of {self.noun}"

    def _main_share(self) -> str:
        shares = self.of("shares")
        if shares.empty:
            return f"There is no spread to explain: {self.noun} is the same in all trials."
        top = shares.sort_values("first", ascending=False, kind="stable").iloc[0]
        first = estimate_of(top, "first")
        if first.value < _TELLING:
            return f"No single unknown explains much of {self.spread}; the largest is {self._share_of(top, first)}."
        start = fraction(first.value).capitalize()
        return f"{start} of {self.spread} is {self._kind(top)}: {self._share_of(top, first)}."

    def _kind(self, row: pd.Series) -> str:
        return {SITES: "the luck of the sites", CHANCE: "plain chance"}.get(str(row["input"]), "one unknown")

    def _share_of(self, row: pd.Series, first: Estimate) -> str:
        what = {
            SITES: "how fast each one refers patients, when it is activated, and whether it ever enrols",
            CHANCE: "which patients come, and what becomes of them",
        }.get(str(row["input"]), self.input(row["input"]))
        return f"{what}, {share_text(first)}"

    def _chance(self) -> str:
        totals = self.of("totals")
        if totals.empty:
            return ""
        if not self.explanation.uncertain:
            return "Nothing in this scenario is written as `uncertain`: all of the spread is chance."
        luck = estimate_of(totals.iloc[0], "chance")
        return f"If every uncertain value were known, {share_text(luck)} of the spread would stay, as chance."

    def _swing(self) -> str:
        rows = self.of("tornado")
        if rows.empty:
            return ""
        top = rows.iloc[0]
        swing = estimate_of(top, "swing")
        size = swing
        if swing.value < 0:
            size = Estimate(*(None if end is None else -end for end in (swing.value, swing.high, swing.low)))  # type: ignore[arg-type]
        return (
            f"Of the uncertain values, {self.input(top['input'])} moves it most: from {top['at_low']:.3g} to "
            f"{top['at_high']:.3g} (its 10 % and 90 % points) the mean changes by {with_error(size)} {self.unit}."
        )

    def _causes(self) -> str:
        rows = self.lost()
        if rows.empty:
            return "No single cause of delay is sure to cost anything."
        named = [
            f"{row['label']} ({with_error(estimate_of(row, 'lost'))})" for _, row in rows.head(_N_CAUSES).iterrows()
        ]
        together = listed(named)
        return f"Taken away one by one, the causes that cost most {self.unit} are {together}."

    def _assumed(self) -> str:
        return "" if self.is_cost else doubts_sentence(self.scenario, self.of("assumptions"), self.noun)

    def _critical(self) -> str:
        rows = self.of("sites")
        if rows.empty:
            return ""
        top = rows.sort_values("share", ascending=False, kind="stable").iloc[0]
        share = estimate_of(top, "share")
        return f"The site that {self.noun} hangs on is, in {share_text(share)} of the trials, {top['site']}."

    def _never(self) -> str:
        values = outcome(self.explanation.base, self.name)
        n_never, n = int(np.isinf(values).sum()), int((~np.isnan(values)).sum())
        if self.is_cost or not n_never:
            return ""
        share = intervals.probability(n_never, n)
        return (
            f"In {n_never} of {n} trials it never comes ({share_text(share)}); in differences those count as the "
            "end of the simulated time, which makes them too small rather than too large."
        )


# --- JSON


TABLES = ("shares", "totals", "tornado", "sites", "milestones", "steps", "causes", "assumptions")


def document(explanation: Explanation, focus: str, typed: str) -> dict[str, Any]:
    """The whole answer as plain data for JSON: sentences on one outcome, and every table for all outcomes.

    Args:
        explanation: the explanation with all outcomes.
        focus: the outcome that the sentences are about.
        typed: the scenario and its overrides as typed; empty for one made in Python.

    Returns:
        By key; `replications`, `compared` and `simulated_trials` say how many trials stand behind it.
    """
    study = explanation.study
    found = {
        "scenario": study.scenario.name,
        "question": f"What drives {OUTCOME_NOUNS[focus]}?",
        "outcome": focus,
        "answer": Told(explanation, focus).sentences(),
        "warnings": [],
        "outcomes": explanation.outcomes,
        "replications": study.replications,
        "compared": study.n_compared,
        "simulated_trials": explanation.n_trials,
        "seed": study.seed,
        "scale": study.scale,
        "tables": {name: records(getattr(explanation, name)) for name in TABLES},
        "command": command(explanation, typed),
    }
    return reworded_document(found, study.scenario)


def command(explanation: Explanation, typed: str) -> str:
    """The command that gives this answer again; empty if the scenario was made in Python."""
    if not typed:
        return ""
    study = explanation.study
    scale = "" if study.scale == "ranks" else f" --scale {study.scale}"
    return f"trialclock explain {typed} --replications {study.replications} --seed {study.seed}{scale}"
