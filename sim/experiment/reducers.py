"""Scenarios made ready for simulation, kept by each process for its next piece of work.

Making a design takes longer than a small trial, and chunks of several scenarios may come to one worker in turn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from sim.analysis.critical_sites import CriticalReducer
from sim.analysis.reduce import MilestoneReducer, OutcomeReducer, Reducer
from sim.core.design import Design
from sim.scenario.schema import Scenario

_KEPT = 8  # scenarios that a process keeps

Kind = Literal["everything", "milestones", "outcomes", "critical"]

_KINDS: dict[Kind, type[Reducer]] = {
    "everything": Reducer,
    "milestones": MilestoneReducer,
    "outcomes": OutcomeReducer,
    "critical": CriticalReducer,
}


@lru_cache(maxsize=_KEPT)
def reducer_of(text: str, kind: Kind = "everything") -> Reducer:
    """Prepare a scenario for simulation, once per process.

    Args:
        text: the scenario as canonical JSON, which can be sent to a process.
        kind: what to measure of each replication: everything; milestones alone, or with the number of participants and
            the cost (faster); or the critical path as well (slower).

    Returns:
        What simulates and reduces its replications; its `design` is the scenario made ready.
    """
    return _KINDS[kind](Design(Scenario.model_validate_json(text)))
