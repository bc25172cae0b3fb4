"""Measures how many days a run lost to each cause, on the first trials of the run itself.

Each cause is removed alone from those trials, on the same random numbers (see `sim.experiment.explanation.causes`). The
number of pairs depends on numbers alone, never on a clock: all pairs together take at most `SHARE` times as many trials
as the run, but each cause gets at least `FEWEST`. The causes that may cost most get most pairs: `MANY_PAIRS` in a long
run of a small trial, whose pairs take little time, and one for every trial of the run if asked for. `explain` measures
parts of causes too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from sim.analysis.measures import MILESTONES
from sim.analysis.modelled import end_of
from sim.core.design import Design
from sim.experiment.execution import Execution
from sim.experiment.explanation.assumed import moved
from sim.experiment.explanation.causes import Cause, causes_of_delay
from sim.experiment.explanation.doubts import doubts_of
from sim.experiment.explanation.tables import Runs, cause_table, doubt_table, outcome
from sim.experiment.files import opened, write_whole
from sim.experiment.laboratory import Laboratory, Request, Variant
from sim.experiment.run.assemble import REPLICATIONS
from sim.experiment.run.folder import ASSUMPTIONS, CAUSES, PAIRS
from sim.scenario.schema import Scenario

SHARE = 2.0  # trials of all pairs together, for each of the run's
FEWEST, MOST = 12, 384  # pairs of a cause
LEADERS = 6  # causes that get the remaining pairs
LONG_RUN, SMALL_TRIAL = 500, 60  # fewest trials of a long run, and most participants of a small trial
MANY_PAIRS = 1000  # of a leading cause in a long run of a small trial
FEWEST_TRIALS = 96  # minimum size of a run whose causes are measured
SHARE_OF_DOUBTS = 0.5  # maximum trials for assumptions, as a share of the run's
GLANCE, LOOK = 4, 12  # pairs of every assumption per side, and further pairs of those that may move the date most
DOUBTFUL = 5  # assumptions that get further pairs
Array = npt.NDArray[np.float64]
_COLUMNS = ("outcome", *(f"day_{name}" for name in MILESTONES))


def first_pairs(n_causes: int, n_trials: int) -> int:
    """Return the number of pairs that every cause gets.

    Args:
        n_causes: number of causes.
        n_trials: number of trials of the run.

    Returns:
        At least `FEWEST` and at most `MOST` pairs, and no more than the run has trials.
    """
    budget = int(SHARE * n_trials)
    each = budget // n_causes if n_causes <= LEADERS else budget // (2 * n_causes)
    return min(max(each, FEWEST), MOST, n_trials)


def more_pairs(n_causes: int, n_trials: int, target: int, *, all_pairs: bool = False) -> int:
    """Return the number of pairs that each leading cause gets in addition to `first_pairs`.

    Args:
        n_causes: number of causes.
        n_trials: number of trials of the run.
        target: participants wanted.
        all_pairs: whether every trial of the run has its pair.

    Returns:
        0 if all causes got their pairs in the first round, as they do where there are few causes.
    """
    each = first_pairs(n_causes, n_trials)
    if all_pairs:
        return n_trials - each
    if n_trials >= LONG_RUN and target <= SMALL_TRIAL:
        return min(n_trials, MANY_PAIRS) - each
    left = int(SHARE * n_trials) - n_causes * each
    return min(max(left // LEADERS, FEWEST), MOST - each, n_trials - each) if n_causes > LEADERS else 0


def measure(
    folder: Path, scenario: Scenario, seed: int, execution: Execution, *, all_pairs: bool = False
) -> str | None:
    """Measure the days lost to each cause, and write them into the folder of a run.

    Args:
        folder: the run's folder, with its replications. Finished parts are kept in it until the run is complete.
        scenario: the scenario.
        seed: seed of the random numbers.
        execution: how it is executed; never changes results.
        all_pairs: whether the causes that may cost most are measured on all trials of the run.

    Returns:
        The name of the file; None where the run is too small, or the scenario has no causes.

    Raises:
        RunInterrupted: the user stopped it; finished parts are kept.
        WorkersLost: workers were lost repeatedly; finished parts are kept.
    """
    causes = causes_of_delay(scenario, parts=False)
    base = _own_trials(folder)
    n = len(base["outcome"])
    if n < FEWEST_TRIALS or not causes:
        return None
    horizon = Design(scenario).horizon_days
    each, more = first_pairs(len(causes), n), more_pairs(len(causes), n, scenario.trial.target, all_pairs=all_pairs)
    total = len(causes) * each + more * min(LEADERS, len(causes))
    with Laboratory(seed, folder / PAIRS, execution, total) as laboratory:
        runs: Runs = {("base",): base}
        _simulate(laboratory, runs, causes, 0, each)
        if more > 0:
            table = cause_table(causes, runs, horizon)
            _simulate(laboratory, runs, _leading(causes, table, end_of(scenario)), each, more)
    _write(folder / CAUSES, cause_table(causes, runs, horizon))
    return CAUSES


def measure_doubts(folder: Path, scenario: Scenario, seed: int, execution: Execution) -> str | None:
    """Measure how far each assumption of grade D moves the end of the trial, and write it into the folder of a run.

    Each assumption gets a few pairs, lower and higher; those that may move the end most get more.

    Args:
        folder: the run's folder, as for `measure`.
        scenario: the scenario.
        seed: seed of the random numbers.
        execution: how it is executed; never changes results.

    Returns:
        The name of the file; None where the run is too small for its assumptions, or none has grade D.

    Raises:
        RunInterrupted: the user stopped it; finished parts are kept.
        WorkersLost: workers were lost repeatedly; finished parts are kept.
    """
    doubts = doubts_of(scenario)
    base = _own_trials(folder)
    if not doubts or len(base["outcome"]) < doubtful_trials(len(doubts)):
        return None
    horizon, milestone = Design(scenario).horizon_days, end_of(scenario)
    total = 2 * (len(doubts) * GLANCE + min(DOUBTFUL, len(doubts)) * LOOK)
    with Laboratory(seed, folder / PAIRS, execution, total) as laboratory:
        rows = moved(laboratory, doubts, 0, GLANCE, _COLUMNS)
        days = {key: outcome(values, milestone) for key, values in rows.items()}
        table = doubt_table(doubts, outcome(base, milestone), days, horizon)
        leading = [doubt for doubt in doubts if doubt.path in set(table["path"][:DOUBTFUL])]
        for key, values in moved(laboratory, leading, GLANCE, LOOK, _COLUMNS).items():
            days[key] = np.append(days[key], outcome(values, milestone))
    table = doubt_table(doubts, outcome(base, milestone), days, horizon)
    _write(folder / ASSUMPTIONS, table.sort_values("n", ascending=False, kind="stable"))
    return ASSUMPTIONS


def doubtful_trials(n_doubts: int) -> int:
    """Return the number of trials that a run needs before its assumptions are looked at.

    Args:
        n_doubts: number of assumptions of grade D.

    Returns:
        A number of trials of which the looks at assumptions take at most the share `SHARE_OF_DOUBTS`.
    """
    return max(FEWEST_TRIALS, math.ceil(2 * (n_doubts * GLANCE + min(DOUBTFUL, n_doubts) * LOOK) / SHARE_OF_DOUBTS))


def _write(path: Path, table: pd.DataFrame) -> None:
    write_whole(path, table.to_csv(index=False, lineterminator="\n", float_format="%.10g").encode())


def _own_trials(folder: Path) -> dict[str, Array]:
    """The first trials of the run itself, so that no pair simulates them again; a failed one is all NaN."""
    with opened(folder / REPLICATIONS) as source:
        frame = pq.read_table(source, columns=list(_COLUMNS)).to_pandas()
    raised = (frame["outcome"] == "error").to_numpy()
    found = {name: frame[name].to_numpy(dtype=np.float64) for name in _COLUMNS[1:]}
    return found | {"outcome": np.where(raised, np.nan, 0.0), "cost": np.full(len(frame), np.nan)}


def _simulate(laboratory: Laboratory, runs: Runs, causes: Sequence[Cause], first: int, n: int) -> None:
    variants = [Variant(cause.scenario, _COLUMNS) for cause in causes]
    found = laboratory.run([Request(variant, first, n) for variant in variants])
    for cause, variant, values in zip(causes, variants, found, strict=True):
        key = ("without", cause.name)
        rows = variant.by_name(values) | {"cost": np.full(n, np.nan)}
        earlier = runs.get(key)
        runs[key] = rows if earlier is None else {name: np.append(earlier[name], rows[name]) for name in rows}


def _leading(causes: Sequence[Cause], table: pd.DataFrame, milestone: str) -> list[Cause]:
    """The causes that may cost most, judged by the first pairs."""
    rows = table[table["outcome"] == milestone]
    may_be = np.nanmax(np.abs(rows[["lost_low", "lost_high"]].to_numpy(dtype=float)), axis=1, initial=0.0)
    names = rows["cause"].to_numpy()[np.argsort(-may_be, kind="stable")][:LEADERS]
    chosen = set(names.tolist())
    return [cause for cause in causes if cause.name in chosen]
