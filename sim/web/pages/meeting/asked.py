"""What a meeting page shows: the runs of a plan and of plan B, which are those of the pages Plan and Compare.

Seed and number of trials are those of the plan, so that figures in a meeting are those that the planner has seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sim.errors import Problem, ResultsError, UsageError
from sim.experiment.comparison.sides import Comparison
from sim.experiment.comparison.sources import read_sources, run_sources
from sim.experiment.comparison.tables import Compared
from sim.experiment.execution import Execution
from sim.experiment.identity import Identity
from sim.experiment.run.execute import Outputs
from sim.experiment.run.folder import MANIFEST
from sim.experiment.run.growing import grow
from sim.experiment.run.results import Results
from sim.experiment.run.start import default_folder
from sim.report.assumptions import assumption_rows
from sim.web.parts.scenario_choice import RUN, label_of, state_value
from sim.web.parts.words.plans import plan_words
from sim.web.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from sim.experiment.execution import Progress
    from sim.scenario.load import Loaded
    from sim.web.studio import Studio


@dataclass(frozen=True)
class Asked:
    """A plan, and a plan B.

    Attributes:
        studio: the studio.
        plan: the plan; a rule of precision (`until`) is left out of it, so that both have equally many trials.
        other: plan B, with the seed and size of the plan; None without one.
    """

    studio: Studio
    plan: State
    other: State | None

    def simulate(self, tell: Progress) -> None:
        """Simulate what is not simulated yet. The causes of delay are measured for the plan.

        Args:
            tell: shows how far it is.

        Raises:
            InputError: a scenario cannot be read, or a run cannot be written.
        """
        for state in (self.plan, self.other):
            if state is not None:
                identity, folder = self._place(state)
                execution = Execution(self.studio.settings.workers, progress=tell)
                outputs = Outputs(causes=state is self.plan)
                for _ in grow(folder, identity, (identity.replications or 1,), execution, outputs):
                    pass

    def results(self) -> Results:
        """The run of the plan.

        Raises:
            ResultsError: it is not simulated yet.
        """
        return Results(self._finished(self.plan))

    def compared(self) -> Compared | None:
        """The plans trial by trial; None without a plan B.

        Raises:
            ResultsError: one of them is not simulated yet.
        """
        if self.other is None:
            return None
        paths = [self._finished(state) for state in (self.plan, self.other)]
        sources = read_sources(paths, [(), ()], [self.name(state) for state in (self.plan, self.other)])
        return Compared(Comparison(run_sources(sources, runs=self.studio.visitor.runs)))

    def name(self, state: State) -> str:
        """What a plan is called."""
        return label_of(state, self._loaded(state).scenario.name)

    def what(self) -> str:
        """What makes plan B another plan, in words; empty without one."""
        if self.other is None:
            return ""
        said = plan_words(self._loaded(self.plan), self.other, self._loaded(self.other))
        return f"{self.other.name} ({said})" if self.other.name else f"{said[:1].upper()}{said[1:]}"

    def query(self) -> str:
        """The query of the page, with its question mark."""
        other = [] if self.other is None else [("b", state_value(self.other))]
        query = self.plan.query().removeprefix("?")
        return f"?{'&'.join(text for text in (query, urlencode(other)) if text)}"

    def _loaded(self, state: State) -> Loaded:
        return self.studio.loaded(state)

    def _place(self, state: State) -> tuple[Identity, Path]:
        loaded = self._loaded(state)
        experiment = loaded.scenario.experiment
        seed = experiment.seed if state.seed is None else state.seed
        n = experiment.replications if state.replications is None else state.replications
        identity = Identity(loaded.scenario, seed, n, state.typed(), assumption_rows(loaded))
        return identity, default_folder(identity, self.studio.visitor.runs)

    def _finished(self, state: State) -> Path:
        folder = self._place(state)[1]
        if not (folder / MANIFEST).is_file():
            raise ResultsError(Problem("this plan is not simulated yet; open its page first"))
        return folder


def asked_of(studio: Studio, plan: State, other: str) -> Asked:
    """What a query asks.

    Args:
        studio: the studio.
        plan: the plan.
        other: value of the choice of plan B; empty for none.

    Raises:
        InputError: one of the plans cannot be read, or both are the same.
    """
    plan = replace(plan, until="")
    if not other:
        return Asked(studio, plan, None)
    if other.startswith(RUN):
        raise UsageError(Problem("plan B must be a plan, not a run of the past"))
    experiment = studio.loaded(plan).scenario.experiment
    seed = experiment.seed if plan.seed is None else plan.seed
    n = experiment.replications if plan.replications is None else plan.replications
    found = replace(State.of(other), seed=seed, replications=n, until="")
    if studio.loaded(found).scenario == studio.loaded(plan).scenario:
        raise UsageError(Problem("plan B is this plan; choose another"))
    return Asked(studio, plan, found)
