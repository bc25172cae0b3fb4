"""A sweep as a table: one row per point, all points on the same random numbers.

Replication k of every point has the same random numbers in the same places. Curves over the points are therefore
smooth, and the difference between two points is measured pair by pair.

Attributes:
    MEANS: measures whose means are columns, besides milestones and odds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import intervals, pairing
from sim.analysis.intervals import Estimate
from sim.analysis.measures import COST_PARTS
from sim.analysis.modelled import end_of, has_measure
from sim.analysis.shown import HEADLINE, Shown, date_line, estimate_in, heading
from sim.analysis.summary import QUANTILES, finished, milestone_table, odds_table
from sim.core.clock import Clock
from sim.experiment.comparison.sides import Pair, milestone_is_absent
from sim.experiment.comparison.sources import Side
from sim.experiment.estimate_columns import estimate_columns
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.experiment.identity import Identity
from sim.experiment.run.results import Results
from sim.experiment.run.several import run_several
from sim.experiment.run.start import default_folder
from sim.experiment.sweep.points import Factor, Point, setting_text
from sim.scenario.layers import Layered
from sim.scenario.load import Loaded
from sim.scenario.schema import Scenario

MEANS = (
    "n_sites_activated",
    "n_referred",
    "n_consented",
    "n_screening_failed",
    "n_randomised",
    "n_replaced",
    "n_doses_given",
    "n_lots_started",
    "n_completed",
    "rate_per_month",
    "cost",
    *(f"cost_{name}" for name in COST_PARTS),
)
COMPARED = ("last_randomised", "primary_completion", "database_lock")  # compared with the first point

_BY_THEN = "by then in half of them"
_SHOWN = 5  # points shown when the answer is displayed


@dataclass(frozen=True, repr=False)
class Swept(Shown):
    """A finished sweep.

    Attributes:
        loaded: the scenario that was varied.
        factors: what was varied.
        design: `grid` or `latin-hypercube`.
        points: the points in order.
        results: the results of each, in the same order.
        table: one row per point; see `sweep_table`.
        typed: the scenario and its overrides as they were typed.
        folder: the folder of its files, once they are written.
    """

    loaded: Loaded
    factors: tuple[Factor, ...]
    design: str
    points: tuple[Point, ...]
    results: tuple[Results, ...]
    table: pd.DataFrame
    typed: str
    folder: Path | None = None

    def _lines(self) -> Iterator[str]:
        n = sum(found.n_replications for found in self.results)
        what = f"Sweep of {self.loaded.scenario.name}, {len(self.points)} points"
        yield heading(what, n, self.seed, self.folder)
        for (_, row), point in zip(self.table.head(_SHOWN).iterrows(), self.points, strict=False):
            clock = Clock(point.scenario.trial.enrolment_opens)
            done = end_of(point.scenario)
            what = f"{point.described()}: {HEADLINE[done]}, {_BY_THEN}"
            yield date_line(what, estimate_in(row, f"{done}_p50"), clock)
        if len(self.points) > _SHOWN:
            yield "the other points are in .table"

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario at each point."""
        return tuple(point.scenario for point in self.points)

    @property
    def seed(self) -> int:
        """Seed of the random numbers at every point."""
        return self.results[0].seed

    @property
    def n_replications(self) -> int:
        """Number of simulated trials at each point."""
        return self.results[0].n_replications


def run_points(
    points: Sequence[Point],
    *,
    replications: int,
    seed: int,
    folder: Path,
    typed: str = "",
    execution: Execution = ON_ALL_CORES,
) -> list[Results]:
    """Run every point, all with one seed. Finished points are used again.

    Args:
        points: the points.
        replications: number of simulated trials at each.
        seed: seed of the random numbers.
        folder: the folder for the folders of the points.
        typed: the scenario and its overrides as they were typed.
        execution: how it is executed; never changes results.

    Returns:
        Results in the order of the points.

    Raises:
        ResultsError: a folder cannot be used.
        RunInterrupted: the user stopped it; finished chunks are kept.
    """
    identities = [Identity(point.scenario, seed, replications, point.typed(typed)) for point in points]
    places = [(identity, default_folder(identity, folder)) for identity in identities]
    return run_several(places, execution)


def run_sweep(
    loaded: Loaded, factors: Sequence[Factor], design: str, points: Sequence[Point], *, typed: str = "", **how: Any
) -> Swept:
    """Run every point and put the answers side by side.

    Args:
        loaded: the scenario that is varied.
        factors: what is varied.
        design: `grid` or `latin-hypercube`.
        points: the points, from `make_points`.
        typed: the scenario and its overrides as they were typed.
        how: further arguments of `run_points`, which also says what is raised.

    Returns:
        The sweep.
    """
    results = run_points(points, typed=typed, **how)
    table = sweep_table(factors, points, results)
    return Swept(loaded, tuple(factors), design, tuple(points), tuple(results), table, typed)


def sweep_table(factors: Sequence[Factor], points: Sequence[Point], results: Sequence[Results]) -> pd.DataFrame:
    """Tabulate a sweep.

    Args:
        factors: what was varied.
        points: the points.
        results: their results, in the same order.

    Returns:
        One row per point: the value of each path, and every headline. Columns `x_low` and `x_high` are the 95 %
            interval of
        `x`. Days are since the point's own day 0 (column `opens`); infinity is later than the horizon. `x_later` is how
        many days later the median is than at the first point, by calendar date, paired.

    Raises:
        ReplicationFailed: a replication of a point failed.
    """
    for found in results:
        found.refuse_failed()
    first = _side(points[0], results[0])
    rows = [
        dict(_row(factors, point, _side(point, found), first)) for point, found in zip(points, results, strict=True)
    ]
    table = pd.DataFrame(rows)
    for factor in factors:
        if not has_numbers(table, factor.path):
            table[factor.path] = table[factor.path].map(str)
    return table


def _side(point: Point, results: Results) -> Side:
    """A point with its own copy of the results, so that the data of one point are freed before the next."""
    fresh = Results(results.path)
    return Side(point.described(), Loaded(point.scenario, Layered({}, []), results.path.as_posix()), fresh)


def _row(factors: Sequence[Factor], point: Point, side: Side, first: Side) -> Iterator[tuple[str, object]]:
    """The row of one point: column and value, in the order of the table.

    Args:
        factors: what is varied.
        point: the point.
        side: its scenario and results.
        first: those of the first point, which the others are compared with trial by trial.
    """
    frame = side.results.replications
    yield "point", point.number
    for factor in factors:
        yield factor.path, _cell(point.settings[factor.path])
    yield "opens", str(side.clock.opens)
    yield "replications", len(frame)
    milestones = milestone_table(frame, side.results.scenario)
    for name in milestones.index:
        for column in (f"p{round(100 * q)}{end}" for q in QUANTILES for end in ("", "_low", "_high")):
            yield f"{name}_{column}", _number(milestones.at[name, column])
        for end in ("", "_low", "_high"):
            yield f"{name}_reached{end}", _number(milestones.at[name, f"share{end}"])
    for name, change in _later(side, first):
        yield from _columns(f"{name}_p50_later", change)
    odds = odds_table(side.results.design, frame)
    for event in odds.index:
        for end in ("", "_low", "_high"):
            yield f"probability_{event}{end}", _number(odds.at[event, f"probability{end}"])
    done = finished(frame)
    for name in MEANS:
        if name in done and has_measure(name, side.results.scenario):
            yield from _columns(f"mean_{name}", intervals.mean(done[name].to_numpy(dtype=np.float64)))
    if side.results.scenario.costs is not None:
        yield "currency", side.results.scenario.costs.currency
    yield "results", side.results.path.name


def _later(side: Side, first: Side) -> Iterator[tuple[str, Estimate]]:
    pair = Pair(first, side, min(first.results.n_replications, side.results.n_replications))
    for name in COMPARED:
        if milestone_is_absent(side, name) or milestone_is_absent(first, name):
            continue
        yield name, pairing.quantile_changes(*pair.days(name), (0.5,))[0].difference


def _columns(name: str, estimate: Estimate) -> Iterator[tuple[str, object]]:
    for key, value in estimate_columns(name, estimate).items():
        yield key, _number(value)


def _number(value: Any) -> float:
    """A number; NaN for an end of an interval that is not known."""
    return float("nan") if value is None else float(value)


def _cell(value: Any) -> object:
    """A setting as a table shows it: numbers stay numbers."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return str(value) if isinstance(value, (str, date)) else setting_text(value)


def has_numbers(table: pd.DataFrame, path: str) -> bool:
    """Return whether every value of a path is a number; booleans are not.

    Args:
        table: a row for each point, with a column for each path.
        path: one of these columns.
    """
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in table[path])
