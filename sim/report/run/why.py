"""Why it takes so long, in words: days lost to each cause, as measured, and what the critical path was made of.

Days lost come from paired trials (the same random numbers, one cause taken away), so they say what would help. The
critical path says only what happened: what the participant who came last had waited for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.analysis.modelled import end_of
from sim.experiment.explanation.doubts import doubts_of, sides_in_words
from sim.experiment.run.days_lost import FEWEST_TRIALS, doubtful_trials
from sim.plurals import listed
from sim.report.input_names import input_name
from sim.report.words import OUTCOME_NOUNS, STEP_NAMES, Dates, estimate_of, number, with_error
from sim.scenario.entry import wording

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.intervals import Estimate
    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario

NO_DOUBTS = "No value of this scenario has grade D in `sources`, so none is named here as one the date hangs on."
DOUBT_COLUMNS = ("assumption", "value", "with it lower", "with it higher", "pairs")
DOUBT_METHOD = (
    "on the same random numbers, with one value half and twice as large (a share: half and twice its odds; an "
    "uncertain value: at its 10 % and 90 % point; measurements of patients, and limits for them: a fifth less and a "
    "quarter more); mean difference with its 95 % interval. Those that may move the date most have more pairs than "
    "the others."
)
N_NAMED, N_DOUBTFUL = 3, 5
SIDES = ("lower", "higher")
_SHORTEST_DAYS = 0.05  # of a step that is worth naming


class Why:
    """What a run says about why its end takes so long.

    Args:
        results: the run.
        more_follow: whether more trials are still being simulated.

    Attributes:
        milestone: the milestone explained: the end of the trial.
        noun: the same in words.
        is_measured: whether the run measured its causes; small runs do not.
        causes: rows of the causes of this milestone, with days `lost` and their interval; None if not measured.
        path: rows of the steps of its critical path, with mean `days` and the `share` of trials that have the step.
    """

    def __init__(self, results: Results, *, more_follow: bool = False) -> None:
        self._results = results
        self._more_follow = more_follow
        self.milestone = end_of(results.scenario)
        self.noun = wording(results.scenario)(OUTCOME_NOUNS[self.milestone])
        table = results.causes()
        self.is_measured = table is not None
        self.causes: pd.DataFrame | None = None if table is None else table[table["outcome"] == self.milestone]
        paths = results.paths()
        self.path: pd.DataFrame = paths[paths["milestone"] == self.milestone]

    @property
    def explain_command(self) -> str:
        """The command that measures more of the same; for a scenario made in Python, the call."""
        typed = self._results.identity.get("typed")
        return f"trialclock explain {typed}" if typed else "sim.explain(scenario)"

    # --- days lost

    def told(self) -> list[Any]:
        """Rows of causes that are sure to cost something (interval above 0), in the order of the table: the largest
        first.
        """
        return [row for row in self._rows() if row["lost_low"] > 0]

    def reversed(self) -> list[Any]:
        """Rows of causes without which the milestone would surely be later (interval below 0)."""
        return [row for row in self._rows() if row["lost_high"] < 0]

    def untold(self) -> list[Any]:
        """Rows of causes that changed some trial but cannot be told from 0."""
        rows = (row for row in self._rows() if not (row["lost_low"] > 0 or row["lost_high"] < 0))
        return [row for row in rows if row["n_changed"] > 0]

    def nothing(self) -> list[Any]:
        """Rows of the causes that changed no trial."""
        return [row for row in self._rows() if row["n_changed"] == 0]

    def _rows(self) -> list[Any]:
        return [] if self.causes is None else [row for _, row in self.causes.iterrows()]

    def sentence(self) -> str:
        """What costs most, in one sentence; or why that is not known."""
        if not self.is_measured:
            return self._not_measured()
        if self.causes is None or self.causes.empty:
            horizon = Dates(self._results.design.clock, self._results.design.horizon_days).horizon
            return (
                f"Taking away any one cause of delay does not help: {self.noun} then comes by {horizon} in none of the "
                "trials either."
            )
        named = [self._named(row) for row in self.told()[:N_NAMED]]
        if not named:
            return f"No single cause is sure to cost {self.noun} any days; `{self.explain_command}` looks closer."
        return f"Most days are lost to {listed(named)}."

    def _named(self, row: Any) -> str:
        return f"{row['label']} ({with_error(estimate_of(row, 'lost'))} days; instead: {row['without']})"

    def _not_measured(self) -> str:
        if self._more_follow:
            return "What costs most days is measured once all trials are simulated."
        if self._results.n_replications < FEWEST_TRIALS:
            return (
                f"What costs most days is measured in runs of {FEWEST_TRIALS} simulated trials or more; "
                f"`{self.explain_command}` measures it too."
            )
        return f"What costs most days was not measured in this run; `{self.explain_command}` measures it."

    def others(self) -> list[str]:
        """What else was found about causes, beyond the largest.

        Returns:
            A sentence for each cause without which the milestone is later, one for those that cannot be told from 0,
            and one for those that changed no trial; kinds without a cause are left out.
        """
        found = [
            f"Without {row['label']} it would be {with_error(estimate_of(row, 'lost')).removeprefix('-')} days later."
            for row in self.reversed()
        ]
        if untold := self.untold():
            names = listed([f"{row['label']} ({with_error(estimate_of(row, 'lost'))})" for row in untold])
            found.append(f"Cannot be told from 0 with so few pairs: {names}.")
        if nothing := self.nothing():
            found.append(f"Changed no trial: {listed([str(row['label']) for row in nothing])}.")
        return found

    def how(self) -> str:
        """How the causes were measured, with the number of pairs; empty if they were not."""
        if self.causes is None or self.causes.empty:
            return ""
        fewest, most = int(self.causes["n"].min()), int(self.causes["n"].max())
        pairs = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
        never = int(self.causes["n_never"].max())
        censored = (
            f" A trial in which {self.noun} never comes counts as the end of the simulated time, so where trials never "
            "get there the days are too few rather than too many."
            if never or self.causes["n_never_without"].max()
            else ""
        )
        return (
            f"Measured: the first {pairs} trials again, on the same random numbers, with one cause taken away; mean "
            f"difference in {self.noun} with its 95 % interval. Causes overlap, so their days do not add up.{censored}"
        )

    def more(self) -> str:
        """The command that measures parts of causes, in a sentence; empty if none were measured."""
        return f"`{self.explain_command}` measures parts of them too." if self.how() else ""

    # --- assumptions

    def doubts_sentence(self) -> str:
        """Assumptions of grade D that move the date most, in days; or why they are not known.

        Returns:
            Empty if neither causes nor assumptions were measured: `sentence` then says why.
        """
        table = self._results.assumptions()
        if table is None:
            return "" if not self.is_measured else self._not_looked_at()
        return doubts_sentence(self._results.scenario, table, self.noun)

    def _not_looked_at(self) -> str:
        n = len(doubts_of(self._results.scenario))
        if not n:
            return NO_DOUBTS
        return (
            f"Which of its {n} assumptions of grade D the date hangs on is looked at in runs of "
            f"{doubtful_trials(n):,} simulated trials or more."
        )

    # --- the critical path

    def steps(self) -> list[tuple[str, Any]]:
        """Names and rows of the steps of the critical path, in order; steps that took no time in any trial are left
        out.
        """
        shown = self.path[self.path["days"] >= _SHORTEST_DAYS]
        return [(STEP_NAMES[str(row["step"])], row) for _, row in shown.iterrows()]

    def path_sentence(self) -> str:
        """What the participant who completed the last milestone had waited for."""
        if self.path.empty:
            return f"No trial gets to {self.noun}, so there is no critical path to it."
        n, never = int(self.path["n"].iloc[0]), int(self.path["n_never"].iloc[0])
        parts = [f"{name} {number(row['days'])}" for name, row in self.steps()]
        whole = float(self.path["days"].sum())
        which = "all trials" if not never else f"the {n:,} trials that get there ({never:,} never do)"
        return (
            f"What the participant who completes {self.noun} waited for, in days, mean of {which}: {', '.join(parts)}; "
            f"together {number(whole)}."
        )


def doubtful(table: pd.DataFrame) -> list[Any]:
    """Rows of assumptions of grade D that surely move a milestone, in the order of the table, five at most.

    Args:
        table: assumptions, a row each, about one milestone, with the moves `lower` and `higher` in days.
    """
    rows = [row for _, row in table.iterrows()]
    return [row for row in rows if any(estimate_of(row, side).is_clear for side in SIDES)][:N_DOUBTFUL]


def doubts_sentence(scenario: Scenario, table: pd.DataFrame, noun: str) -> str:
    """Assumptions of grade D that move a milestone most, in days.

    Args:
        scenario: the scenario, for the names of its inputs.
        table: its assumptions, a row each, about one milestone; see `sim.report.run.why.doubtful`.
        noun: the milestone in words.

    Returns:
        One sentence, also if there is no such assumption or none is sure to move the milestone.
    """
    if table.empty:
        return NO_DOUBTS
    named = [f"{input_name(scenario, str(row['path']))} ({', '.join(sides(row))})" for row in doubtful(table)]
    n = f"{len(table)} assumptions of grade D" if len(table) > 1 else "one assumption of grade D"
    if not named:
        return f"None of {n} is sure to move {noun}, tried on {int(table['n'].max())} pairs at most."
    return f"Of {n}, {noun} hangs most on {listed(named)}."


def sides(row: Any) -> list[str]:
    """What a lower and a higher value of an assumption do, in words.

    Args:
        row: an assumption: its path, value, and moves `lower` and `higher` in days.

    Returns:
        One or two texts such as `half of it: +31 ±9 days`; a side that was not tried is left out.
    """
    names = sides_in_words(str(row["path"]), str(row["value"]))
    moves = ((name, estimate_of(row, side)) for name, side in zip(names, SIDES, strict=True))
    return [f"{name}: {signed(move)} days" for name, move in moves if not math.isnan(move.value)]


def doubt_cells(scenario: Scenario, table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Cells of a table of assumptions, under `DOUBT_COLUMNS`.

    Args:
        scenario: the scenario, for the names of its inputs.
        table: a row for each assumption; moves are in days, over `n` paired trials.

    Returns:
        For each row: name, value, days later with it lower and higher (empty if not tried), number of pairs.
    """
    return tuple(
        (
            input_name(scenario, str(row["path"])),
            str(row["value"]),
            *(signed(e) if not math.isnan((e := estimate_of(row, side)).value) else "" for side in SIDES),
            str(row["n"]),
        )
        for _, row in table.iterrows()
    )


def signed(move: Estimate) -> str:
    """A difference with its sign and error: '+327 ±110'.

    Args:
        move: a difference in days, later above 0, with the interval of its Monte Carlo error.
    """
    text = with_error(move)
    return text if text.startswith("-") or move.value == 0 else f"+{text}"


def cause_cells(rows: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Cells of a table of causes: cause, what replaces it, days lost, trials changed, trials that never get there.

    Args:
        rows: a row for each cause; days lost are means over paired trials.
    """
    return tuple(
        (
            str(row["label"]),
            str(row["without"]),
            with_error(estimate_of(row, "lost")),
            f"{row['n_changed']:,} of {row['n']:,}",
            f"{row['n_never']:,}, {row['n_never_without']:,}",
        )
        for _, row in rows.iterrows()
    )
