"""The door of the compiled engine: all replications of a batch in one call."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled_door
from sim.compiled.kernel.in_bulk import write_ended_at_once, write_visits
from sim.compiled.kernel.loop import simulate
from sim.compiled.kernel.philox import four_numbers
from sim.compiled.layout import ENDED, EVENT, NEEDS_ROOM, READY

EVENT_BYTES, ENDED_BYTES = EVENT.itemsize, ENDED.itemsize


@compiled_door
def run_rows(worlds: Any, first: int) -> int:
    """Run the replications of a batch, from one on, until all are there or one needs more of something.

    What each writes comes after what the one before has written.

    Args:
        worlds: (rows,) WORLD, a replication each.
        first: row of the first one to run.

    Returns:
        The row of the replication that is not there; the number of rows if all are.
    """
    for row in range(first, len(worlds)):
        w = worlds[row]
        w.n_visits_written = w.n_ended_written = 0
        if row > first:
            before = worlds[row - 1]
            w.log = before.log + before.n_rows * EVENT_BYTES
            w.room_log = before.room_log - before.n_rows
            w.visits = before.visits + before.n_visits_written * EVENT_BYTES
            w.room_visits = before.room_visits - before.n_visits_written
            w.ended = before.ended + before.n_ended_written * ENDED_BYTES
            w.room_ended = before.room_ended - before.n_ended_written
        simulate(w)
        if w.status != READY:
            return row
        if not (write_visits(w) and write_ended_at_once(w)):
            w.status = NEEDS_ROOM
            return row
    return len(worlds)


@compiled_door
def first_numbers(found: Any, seed: Any, key: Any, place: Any, first: int) -> None:
    """Write the first uniform number of each of several things in replications; see `Streams.person`.

    Args:
        found: (rows, things) is written to.
        seed: the experiment's seed.
        key: hash of the purpose.
        place: hash of the place.
        first: number of the first replication.
    """
    for row in range(found.shape[0]):
        for n in range(found.shape[1]):
            found[row, n] = four_numbers(seed, key, place, 0, n, first + row, 0)[0]
