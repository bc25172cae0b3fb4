"""The compiled engine for Python: the logs of a batch of replications."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled.blocks import Blocks, levels
from sim.compiled.drive import first_numbers, run_rows
from sim.compiled.events import by_kind, stays
from sim.compiled.layout import (
    BLOCK_DRAWN,
    CAP_SPAN,
    CHANGE,
    DRAWS,
    DRAWS_OF_WEEK,
    ENDED,
    ENTRY,
    EVENT,
    FACTOR,
    LINE,
    LIST,
    LOT,
    NEEDS_BLOCK,
    NEEDS_HOLDS,
    NEEDS_LOOKS,
    NEEDS_LOTS,
    NEEDS_ROOM,
    NEEDS_SIMPY,
    NUMBER,
    PART,
    PATIENT,
    PERSON,
    PLACE,
    REFERRAL_DRAWN,
    SPAN,
    TOLD_ROW,
    WORD,
    WORLD,
)
from sim.compiled.program import program_of
from sim.compiled.values.rules import RowsOfRules
from sim.compiled.values.tables import holds, lot_draws
from sim.core.batch import Batch
from sim.core.columns import dose_weeks
from sim.core.design import Design, is_in_table
from sim.core.events import WIDTH, EndedAtOnce
from sim.core.people import DRAWS_A_ROW
from sim.core.streams import BLOCK, word

__all__ = [
    "EVENT",
    "WORLD",
    "Written",
    "by_kind",
    "first_numbers",
    "replications_at_once",
    "run_rows",
    "simulated",
    "stays",
]

Array = npt.NDArray[Any]

_ROOM, _HOLDS = 256, 8  # people and holds, at first
_PORTION, _PORTIONS = 64, (16, 32, 64)  # referrals of a site that are drawn at once: at first, and otherwise
_ROOM_FOR_AN_EVENT = 64
_TIMES = 4  # as many replications in a batch as numpy draws together
_NOT_IN_WORLD = ("registers", "constants")  # tables whose addresses are in others


class Written(NamedTuple):
    """Events of consecutive replications; the fields are those of `sim.analysis.logs.Logs`.

    Attributes:
        happened: (events, WIDTH) events of all replications, one replication after another, in order of time.
        starts: (n + 1,) where those of each replication begin, and the end of the last.
        visits: (visits, WIDTH) visits, likewise.
        visit_starts: (n + 1,) where those of each replication begin.
        ended_at_once: referrals that ended on the day, likewise.
        ended_starts: (n + 1,) where those of each replication begin.
    """

    happened: Array
    starts: Array
    visits: Array
    visit_starts: Array
    ended_at_once: EndedAtOnce
    ended_starts: Array


def _words(batch: Batch) -> tuple[Array, int]:
    """Places of the draws of the lists of allocation, and the number of strata without the site."""
    design = batch.design
    rule = design.scenario.randomisation
    strata = list(product(*(range(n) for n in levels(batch)))) if rule.method == "permuted_blocks" else [()]
    sites = [""]
    if "site" in rule.stratify_by and rule.method == "permuted_blocks":
        sites = [f"{group.name}/{row}" for group in design.groups for row in range(group.count)]
    if rule.method == "simple":
        return np.array([(word(""),)], WORD), 1
    names = ["|".join([*map(str, stratum), site]) for site in sites for stratum in strata]
    return np.array([(word(name),) for name in names], WORD), len(strata)


def _factors(batch: Batch) -> tuple[Array, int]:
    """FACTOR of minimisation, and the number of counts; one count for each arm with other methods."""
    design, found, n = batch.design, [], 0
    is_by_factors = design.scenario.randomisation.method == "minimisation"
    n_levels = levels(batch) if is_by_factors else []
    divisor = math.prod(n_levels)
    for of_factor in n_levels:
        divisor //= of_factor
        found.append((divisor, of_factor, n * len(design.arms)))
        n += of_factor
    if is_by_factors and "site" in design.scenario.randomisation.stratify_by:
        found.append((1, 0, n * len(design.arms)))
        n += design.n_sites
    if not found:
        found, n = [(1, 1, 0)], 1
    return np.array(found, FACTOR), n * len(design.arms)


def _draws_of_week(batch: Batch) -> Array:
    """Where the uniform numbers of each week of a participant are."""
    scenario = batch.design.scenario
    visits, doses = scenario.follow_up.visit_weeks if scenario.follow_up else (), dose_weeks(scenario)
    found = np.zeros(len(batch.design.row_of_week), DRAWS_OF_WEEK)
    for place, week in zip(found, batch.design.row_of_week, strict=True):
        if is_in_table(week):
            place["key"], place["first_tick"] = word("participant"), int(week) * DRAWS_A_ROW // 4
        else:
            place["key"] = word(f"participant.{week!r}")
        place["has_visit"], place["has_dose"] = week in visits, week in doses
    return found


class _Known:
    """What has been learned of a scenario's replications: how much memory they take, and how many referrals.

    No result depends on it.

    Args:
        design: the scenario, made ready.

    Attributes:
        room: people, for whom there is room.
        n_lot_blocks: blocks of lots that are drawn.
        n_holds: holds that are drawn.
        n_times: how many times as many looks after cohorts are drawn as the target needs.
        n_rows: rows of the log of a replication; 0 before the first batch.
        portion: referrals of a site that are drawn at once; a divisor of `BLOCK`.
    """

    def __init__(self, design: Design) -> None:
        self.room = _ROOM
        while self.room < 2 * design.scenario.trial.target:
            self.room *= 2
        self.n_lot_blocks, self.n_holds, self.n_times = 1, _HOLDS, 1
        self.portion, self.n_rows = _PORTION, 0.0

    def learn(self, worlds: Array) -> None:
        """Choose how many referrals are drawn at once from how many were, so that few are drawn for nothing."""
        self.n_rows = float((worlds["n_rows"] + worlds["n_visits_written"] + worlds["n_ended_written"]).mean())
        if not worlds["draws_itself"].all():
            return
        each = float(worlds["n_seen"].mean()) / max(int(worlds["n_sites"][0]), 1)
        self.portion = next((portion for portion in _PORTIONS if portion >= each / 4), BLOCK)


def _most_an_event(design: Design) -> int:
    """What an event takes of any table at most, besides what depends on numbers of people."""
    cells = design.scenario.cells
    each_site = 2 + max(
        ((1 + len(group.network)) * (1 + len(design.risks)) for group in design.groups if group.waits), default=0
    )
    n = _ROOM_FOR_AN_EVENT + each_site * design.n_sites + 6 * len(design.caps) + 4 * len(design.interims)
    return n + (cells.suites if cells else 0)


@lru_cache(maxsize=16)
def _known_of(design: Design) -> _Known:
    return _Known(design)


def replications_at_once(design: Design, fewest: int, most_rows: int) -> int:
    """Number of replications of a scenario to run in a batch, whose preparation they share.

    Args:
        design: the scenario, made ready.
        fewest: as many as numpy draws together.
        most_rows: rows of their logs that may be in memory together, where that is more.

    Returns:
        At most four times `fewest`; `fewest` before any are known, and where numpy draws the referrals.
    """
    n_rows = _known_of(design).n_rows
    if n_rows == 0 or program_of(design) is None:
        return fewest
    return min(_TIMES * fewest, max(fewest, int(most_rows / n_rows)))


class _Run:
    """A batch that is being run.

    Args:
        batch: the batch.
    """

    def __init__(self, batch: Batch) -> None:
        design = batch.design
        rule = design.scenario.randomisation
        self._batch = batch
        self._program = program_of(design)
        self._known = _known_of(design)
        self._words, self._n_strata = _words(batch)
        self._rows = self._rows_of_rules()
        self._blocks = Blocks(batch, self._rows) if self._program is None else None
        self._drawing = {} if self._program is None else self._program.tables(batch.replications)
        self._lot_draws = lot_draws(batch, self._known.n_lot_blocks)
        self._holds = holds(batch, self._known.n_holds)
        self._factors, self._n_counts = _factors(batch)
        self._draws_of_week = _draws_of_week(batch)
        sizes = sorted(rule.block_sizes)
        self._longest = max(sizes, default=0)
        unit = [arm.index for arm in design.arms for _ in range(arm.allocation)]
        self._codes = np.array([*unit, *sizes], dtype=np.int64)

    def _rows_of_rules(self) -> RowsOfRules:
        rows = RowsOfRules(self._batch, self._program is None, self._known.n_times)
        rows.rules["n_strata"] = self._n_strata
        return rows

    def _tables(self) -> dict[str, Array]:
        """Tables by name. Those of `RowsOfRules`, lots and blocks have a row for each replication."""
        n, room, rows = self._batch.n, self._known.room, self._rows
        drawn = self._tables_of_drawing() if self._blocks is None else self._blocks.tables()
        n_lines = max(4 * room, 4 * self._batch.design.n_sites)
        return {
            "rules": rows.rules[:, None],
            "sites": rows.sites,
            "arms": rows.arms,
            "weeks": rows.weeks,
            "hazards": rows.hazards,
            "lot_draws": self._lot_draws,
            "holds": self._holds,
            "heap": np.empty(16 * room, ENTRY),
            "people": np.empty(4 * room, PERSON),
            "lots": np.empty(self._lot_draws.shape[1] + 1, LOT),
            "parts": np.empty(4 * room, PART),
            "log": np.empty(n * 8 * room, EVENT),
            "visits": np.empty(n * 4 * room, EVENT),
            "ended": np.empty((len(drawn["referrals"]) if self._blocks else n * 8 * room) + BLOCK, ENDED),
            "edges": rows.edges,
            "lines": np.empty(n_lines, LINE),
            "spans": np.empty(room, SPAN),
            "pieces": rows.pieces,
            "told": rows.told,
            "amendments": rows.amendments.in_force,
            "concerns": rows.amendments.concerns.reshape(-1),
            "changes": np.empty(rows.amendments.concerns.size, CHANGE),
            "groups_opened": rows.amendments.groups,
            "start_up_steps": rows.openings.steps,
            "steps_before": rows.openings.before,
            "step_days": rows.openings.days,
            "shared_known": rows.openings.shared,
            "shared_ends": np.empty(rows.openings.shared.shape[1]),
            "risks": rows.openings.risks,
            "risks_of_groups": rows.openings.risks_of_groups.reshape(-1),
            "interims": rows.interims.rules,
            "looks": rows.interims.looks,
            "counters": rows.caps.counters,
            "counters_of_site": rows.caps.of_sites,
            "cap_holds": rows.caps.holds,
            "cap_spans": np.empty(16 * room, CAP_SPAN),
            "totals": rows.amendments.totals,
            "factors": self._factors,
            "counts": np.empty(self._n_counts, PLACE),
            "shares": np.empty(len(self._batch.design.arms), NUMBER),
            "summands": np.empty(len(self._batch.design.arms) + 1, NUMBER),
            "words": self._words,
            "lists": np.empty(len(self._words), LIST),
            "blocks_of_arms": np.empty(len(self._words) * self._longest, PLACE),
            "keys_of_block": np.empty(self._longest, NUMBER),
            "codes": self._codes,
            "draws_of_week": self._draws_of_week,
            "draws": np.empty(room * len(self._draws_of_week), DRAWS),
            **drawn,
        }

    def _tables_of_drawing(self) -> dict[str, Array]:
        """Tables of drawing in the kernel, and of what one replication has drawn."""
        room, n_columns = self._known.room, len(self._batch.design.columns)
        n_blocks = 16 * room // self._known.portion + self._batch.design.n_sites
        return {
            **self._drawing,
            "blocks": np.empty(n_blocks, BLOCK_DRAWN),
            "referrals": np.empty(n_blocks * self._known.portion, REFERRAL_DRAWN),
            "patients": np.empty(4 * room, PATIENT),
            "values": np.empty(4 * room * n_columns, NUMBER),
            "chosen": np.empty(BLOCK, PLACE),
        }

    def _worlds(self, tables: dict[str, Array]) -> Array:
        """(rows,) WORLD with the addresses of tables."""
        batch, rows = self._batch, self._rows
        worlds = np.zeros(batch.n, WORLD)
        for name, table in tables.items():
            if name in _NOT_IN_WORLD:
                continue
            assert table.flags.c_contiguous, name
            worlds[name] = table.ctypes.data
            if table.ndim > 1:
                worlds[name] += np.arange(batch.n) * table.strides[0]
        first_told, n_told = rows.n_told.T
        worlds["told"] += first_told * TOLD_ROW.itemsize
        worlds["n_told"] = n_told
        worlds["seed"], worlds["key"] = batch.streams.seed, word("allocation")
        worlds["n_sites"], worlds["n_arms"] = batch.design.n_sites, len(batch.design.arms)
        worlds["n_groups"], worlds["n_risks"] = len(batch.design.groups), len(batch.design.risks)
        worlds["n_interims"], worlds["n_shared"] = len(batch.design.interims), len(tables["shared_ends"])
        worlds["most_an_event"] = _most_an_event(batch.design)
        worlds["n_amendments"], worlds["n_counters"] = len(batch.design.amendments), len(rows.caps.counters)
        worlds["n_caps"], worlds["n_levels"] = len(batch.design.caps), rows.caps.n_levels
        worlds["n_weeks"], worlds["n_columns"] = len(self._draws_of_week), len(batch.design.columns)
        worlds["n_factors"], worlds["n_counts"] = len(self._factors), self._n_counts
        worlds["n_lists"] = len(self._words)
        if self._blocks is not None:
            worlds["n_site_blocks"] = self._blocks.block_of.shape[2]
        if self._program is not None:
            worlds["draws_itself"], worlds["n_parameters"] = 1, tables["parameters"].shape[1]
            for name, end in zip(("same", "gaps", "chart", "people"), self._program.ends, strict=True):
                worlds[f"end_of_{name}"] = end
        worlds["longest_block"] = self._longest
        worlds["n_holds_drawn"] = self._known.n_holds
        worlds["room_lots"] = self._lot_draws.shape[1]
        worlds["room_draws"] = self._known.room
        worlds["portion"] = BLOCK if self._program is None else self._known.portion
        for name in (
            "heap",
            "people",
            "log",
            "visits",
            "ended",
            "lines",
            "spans",
            "blocks",
            "patients",
            "parts",
            "cap_spans",
        ):
            worlds[f"room_{name}"] = len(tables[name])
        return worlds

    def written(self, first: int) -> Iterator[Written]:
        """The events of replications in order, from a row on, up to one that needs SimPy or to the end."""
        n = self._batch.n
        while first < n:
            tables = self._tables()
            worlds = self._worlds(tables)
            reached = run_rows(worlds, first)
            if reached > first:
                self._known.learn(worlds[first:reached])
                yield _written(worlds[first:reached], tables)
            if reached < n and not self._has_more(worlds[reached], reached):
                return
            first = reached

    def _has_more(self, world: Any, row: int) -> bool:
        """Get more of what a replication needs; False if it needs SimPy."""
        status = world["status"]
        if status == NEEDS_BLOCK and self._blocks is not None:
            self._blocks.draw(row, int(world["needs_site"]), int(world["needs_block"]))
        elif status == NEEDS_LOTS:
            self._known.n_lot_blocks *= 2
            self._lot_draws = lot_draws(self._batch, self._known.n_lot_blocks)
        elif status == NEEDS_HOLDS:
            self._known.n_holds *= 2
            self._holds = holds(self._batch, self._known.n_holds)
        elif status == NEEDS_LOOKS:
            self._known.n_times *= 2
            self._rows = self._rows_of_rules()
        elif status == NEEDS_ROOM:
            self._known.room *= 2
        return bool(status != NEEDS_SIMPY)


def _written(worlds: Array, tables: dict[str, Array]) -> Written:
    """Take what the kernel has written out of its tables."""
    starts = [
        np.concatenate(([0], np.cumsum(worlds[name]))) for name in ("n_rows", "n_visits_written", "n_ended_written")
    ]
    log, visits, ended = (
        tables[name][: ends[-1]] for name, ends in zip(("log", "visits", "ended"), starts, strict=True)
    )
    at_once = EndedAtOnce(*(ended[field.name].copy() for field in fields(EndedAtOnce)))
    rows, more = (events.view(np.float64).reshape(-1, WIDTH).copy() for events in (log, visits))
    return Written(rows, starts[0], more, starts[1], at_once, starts[2])


def simulated(batch: Batch, first: int = 0) -> Iterator[Written]:
    """Run the replications of a batch.

    Args:
        batch: the batch, of a plan for which `reason_not_compiled` gives None.
        first: row of the first replication to run.

    Yields:
        The events of consecutive replications. It ends early, before a replication that needs SimPy because there is
        too much in it for this engine.
    """
    yield from _Run(batch).written(first)
