"""Why it takes so long, in words: days lost to each cause, as measured, and what the critical path was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.experiment.days_lost import FEWEST_TRIALS, end_of
from sim.report.words import OUTCOME_NOUNS, STEP_NAMES, Dates, estimate_of, number, with_error

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.results import Results

N_NAMED = 3
_SHORTEST_DAYS = 0.05  # of a step that is worth naming


class Why:
    """What a run says of why its end takes as long as it does.

    Args:
        results: what the run left.
        more_follow: whether more is being simulated.

    Attributes:
        milestone: whose causes and critical path these are: the end of the trial.
        noun: the same in words.
    """

    def __init__(self, results: Results, *, more_follow: bool = False) -> None:
        self._results = results
        self._more_follow = more_follow
        self.milestone = end_of(results.scenario)
        self.noun = OUTCOME_NOUNS[self.milestone]
        table = results.causes()
        self.is_measured = table is not None
        self.causes: pd.DataFrame | None = None if table is None else table[table["outcome"] == self.milestone]
        paths = results.paths()
        self.path: pd.DataFrame = paths[paths["milestone"] == self.milestone]

    @property
    def explain_command(self) -> str:
        """The command that measures the same with more pairs."""
        typed = self._results.identity.get("typed")
        return f"trialclock explain {typed}" if typed else "sim.explain(scenario)"

    # --- days lost

    def told(self) -> list[Any]:
        """Rows of the causes that surely cost something, the largest first."""
        return [row for row in self._rows() if row["lost_low"] > 0]

    def reversed(self) -> list[Any]:
        """Rows of the causes without which it would surely be later."""
        return [row for row in self._rows() if row["lost_high"] < 0]

    def untold(self) -> list[Any]:
        """Rows of the causes that cannot be told from 0, though they changed some trial."""
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
        return f"Most days are lost to {_listed(named)}."

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
        """What else the causes say: those that help, those that cannot be told from 0, those that cost nothing."""
        found = [
            f"Without {row['label']} it would be {with_error(estimate_of(row, 'lost')).removeprefix('-')} days later."
            for row in self.reversed()
        ]
        if untold := self.untold():
            names = _listed([f"{row['label']} ({with_error(estimate_of(row, 'lost'))})" for row in untold])
            found.append(f"Cannot be told from 0 with so few pairs: {names}.")
        if nothing := self.nothing():
            found.append(f"Changed no trial: {_listed([str(row['label']) for row in nothing])}.")
        return found

    def how(self) -> str:
        """How the causes were measured."""
        if self.causes is None or self.causes.empty:
            return ""
        fewest, most = int(self.causes["n"].min()), int(self.causes["n"].max())
        pairs = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        never = int(self.causes["n_never"].max())
        censored = (
            f" A trial in which {self.noun} never comes counts as the end of the simulated time, so where trials never "
            "get there the days are too few rather than too many."
            if never or self.causes["n_never_without"].max()
            else ""
        )
        return (
            f"Measured: the first {pairs} trials again, on the same random numbers, with one cause taken away; mean "
            f"difference in {self.noun} with its 95 % interval. Causes overlap, so their days do not add up.{censored} "
            f"`{self.explain_command}` measures them with more pairs."
        )

    # --- the critical path

    def steps(self) -> list[tuple[str, Any]]:
        """Names and rows of the steps of the critical path in order, those that took no time in any trial left out."""
        shown = self.path[self.path["days"] >= _SHORTEST_DAYS]
        return [(STEP_NAMES[str(row["step"])], row) for _, row in shown.iterrows()]

    def path_sentence(self) -> str:
        """What the participant on whom the end hung had waited for."""
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


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
