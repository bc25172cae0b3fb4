"""One replication with nothing going on in it, and people put into it: for tests of one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from conftest import scenario_of

from sim.core import events
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import Log
from sim.core.people import Person, Site
from sim.core.world import World
from sim.processes.sites import make_sites
from sim.trial import Trial

NEVER = float("inf")


class Happened(NamedTuple):
    """One event of a log, as tests look at it."""

    day: float
    kind: str
    person: int
    number: float
    code: int
    amount: float


def world_of(seed: int = 7, replication: int = 0, **changes: Any) -> World:
    """The surroundings of one replication of the simplest trial, with changes."""
    return World(Batch(Design(scenario_of(**changes)), seed, replication, 1), replication)


def trial_of(seed: int = 7, replication: int = 0, **changes: Any) -> Trial:
    """One replication of the simplest trial, with changes; it has not run."""
    return Trial(Batch(Design(scenario_of(**changes)), seed, replication, 1), replication)


def sites_of(world: World) -> list[Site]:
    return make_sites(world)


def someone(
    world: World, site: Site | None = None, referral: int = 0, drawn: Mapping[str, float] | None = None, **known: Any
) -> Person:
    """A patient of whom everything that matters is said.

    Args:
        world: the replication.
        site: where; the first site where it does not matter.
        referral: which of the site's.
        drawn: draws of their own by purpose; 0.5 where nothing is said.
        known: what else differs from someone referred on day 0 who passes everything, weighs 1 kg and has no window.
    """
    values = [0.5] * len(world.design.columns)
    for purpose, value in (drawn or {}).items():
        values[world.design.column_index[purpose]] = value
    strata = known.pop("strata", ())
    found = Person(sites_of(world)[0] if site is None else site, referral, 0.0, values, 0, 0, 1.0, NEVER, True, strata)
    for name, value in known.items():
        assert hasattr(found, name), name
        setattr(found, name, value)
    return found


def happened(world: World, *kinds: int) -> list[Happened]:
    """What is in the log so far, of some kinds or of all, in order."""
    return [
        Happened(row[0], events.KINDS[int(row[1])].name, int(row[3]), row[4], int(row[5]), row[6])
        for row in world.log.rows
        if not kinds or row[1] in kinds
    ]


def at(world: World, day: float, call: Callable[[], object]) -> None:
    """Do something on a day."""
    world.env.call_at(day, call)


def log_of(*rows: tuple[float, ...], visits: tuple[tuple[float, ...], ...] = ()) -> Log:
    """A log of events that a test says: (day, kind, site, person, number, code, amount), what is left out being 0."""

    def whole(row: tuple[float, ...]) -> tuple[float, ...]:
        return (*row, *((-1, -1, 0, 0, 0)[len(row) - 2 :]))

    log = Log([whole(row) for row in rows])
    if visits:
        log.visits = np.array([whole(row) for row in visits], dtype=float)
    return log
