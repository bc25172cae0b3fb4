"""Measures how far each assumption of grade D moves each milestone, on the random numbers of the unchanged scenario.

Grade D is a number without any source (see `docs/sources.md`); the one that moves a date most is the one to find out
next. Each is tried lower and higher.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.analysis.modelled import end_of
from sim.experiment.explanation.doubts import Doubt
from sim.experiment.explanation.tables import Rows, doubt_table, outcome, outcomes
from sim.experiment.laboratory import COLUMNS, Laboratory, Request, Variant
from sim.scenario.schema import Scenario

Moved = dict[tuple[str, int], Rows]

LEADING = 6  # assumptions that get further pairs
FEWEST = 12  # pairs of every assumption per side
_OF_A_COMPARISON = 8  # of the pairs of a cause, every assumption gets this part; the leading ones half of them


def moved(
    laboratory: Laboratory, doubts: Sequence[Doubt], first: int, n: int, columns: tuple[str, ...] = COLUMNS
) -> Moved:
    """Simulate a scenario with each assumption lower (0) and higher (1), where that is possible.

    Args:
        laboratory: what simulates.
        doubts: the assumptions.
        first: number of the first replication.
        n: number of replications per side.
        columns: measures to keep.

    Returns:
        Values by measure, by path of the assumption and side.
    """
    asked = {
        (doubt.path, side): Request(Variant(scenario, columns), first, n, doubt.quantiles[side])
        for doubt in doubts
        for side, scenario in enumerate(doubt.scenarios)
        if scenario is not None
    }
    found = laboratory.run(list(asked.values()))
    return {key: asked[key].variant.by_name(values) for key, values in zip(asked, found, strict=True)}


def pairs_of(n_compared: int) -> tuple[int, int]:
    """Return how many pairs every assumption gets, and how many more those that may move the end most.

    Args:
        n_compared: number of pairs of a cause.

    Returns:
        Pairs of every assumption, and further pairs of the leading ones.
    """
    every = min(max(n_compared // _OF_A_COMPARISON, FEWEST), n_compared)
    return every, max(n_compared // 2 - every, 0)


def n_trials_of(doubts: Sequence[Doubt], n_compared: int) -> int:
    """Return how many trials `assumption_table` simulates at most.

    Args:
        doubts: the assumptions.
        n_compared: number of pairs of a cause.
    """
    every, more = pairs_of(n_compared)
    return 2 * (len(doubts) * every + min(len(doubts), LEADING) * more)


def assumption_table(
    laboratory: Laboratory, scenario: Scenario, doubts: Sequence[Doubt], base: Rows, n_compared: int, horizon: float
) -> pd.DataFrame:
    """Measure how far each assumption moves each milestone.

    Args:
        laboratory: what simulates.
        scenario: the unchanged scenario.
        doubts: its assumptions of grade D.
        base: its values by measure.
        n_compared: number of pairs of a cause; see `pairs_of`.
        horizon: day that stands for never.

    Returns:
        One row per milestone that a trial reached, and assumption: days later with the value lower and higher.
    """
    every, more = pairs_of(n_compared)
    found = moved(laboratory, doubts, 0, every)
    if more and doubts:
        end = end_of(scenario)
        order = doubt_table(doubts, outcome(base, end), _days(found, end), horizon)["path"]
        leading = set(order[:LEADING])
        for key, rows in moved(laboratory, [d for d in doubts if d.path in leading], every, more).items():
            found[key] = {name: np.append(values, rows[name]) for name, values in found[key].items()}
    tables = [
        doubt_table(doubts, outcome(base, name), _days(found, name), horizon).assign(outcome=name)
        for name in outcomes(base)
        if name != "cost"
    ]
    table = pd.concat(tables) if tables else doubt_table([], np.zeros(0), {}, horizon).assign(outcome="")
    return table[["outcome", *(name for name in table.columns if name != "outcome")]].reset_index(drop=True)


def _days(found: Moved, milestone: str) -> dict[tuple[str, int], np.ndarray]:
    return {key: outcome(rows, milestone) for key, rows in found.items()}
