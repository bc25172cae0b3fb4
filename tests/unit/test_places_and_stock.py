"""Queues: places and cells go to whoever came first, and whoever gives up stands in nobody's way."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest
from simpy.events import Event

from sim.core import events
from sim.core.environment import TrialEnvironment
from sim.core.places import Places
from sim.processes.stock import Lot, Stock


def in_queue(places: Places, arrivals: list[tuple[str, float, float, float]]) -> list[tuple[float, str, str]]:
    """What happens to people who (name, arrive, stay, have patience) for a place."""
    env, log = places._env, []

    def person(name: str, stay: float, patience: float) -> Generator[Event, Any, None]:
        place = places.take()
        if place is not None:
            yield place | env.timeout(patience)
        if place is None or place.triggered:
            log.append((env.now, name, "in"))
            yield env.timeout(stay)
            log.append((env.now, name, "out"))
        else:
            log.append((env.now, name, "gives up"))
        places.leave(place)

    for name, arrive, stay, patience in arrivals:
        env.at(arrive).callbacks.append(lambda _e, who=(name, stay, patience): env.start(person(*who)))
    env.run_to_end()
    return log


def test_first_come_first_served() -> None:
    """Two places, four people: the third and fourth get in when the first and second leave, in their order."""
    log = in_queue(
        Places(TrialEnvironment(), 2),
        [("a", 0.0, 5.0, 99.0), ("b", 1.0, 7.0, 99.0), ("c", 2.0, 1.0, 99.0), ("d", 3.0, 1.0, 99.0)],
    )
    assert [entry for entry in log if entry[2] == "in"] == [
        (0.0, "a", "in"),
        (1.0, "b", "in"),
        (5.0, "c", "in"),
        (6.0, "d", "in"),
    ]


def test_patience_ends_and_the_next_moves_up() -> None:
    """Whoever gives up leaves the queue, and the one behind gets the place."""
    log = in_queue(Places(TrialEnvironment(), 1), [("a", 0.0, 10.0, 99.0), ("b", 1.0, 1.0, 2.0), ("c", 2.0, 1.0, 99.0)])
    assert (3.0, "b", "gives up") in log
    assert (10.0, "c", "in") in log


def test_a_free_place_costs_no_event() -> None:
    """Taking and leaving a place that nobody waits for schedules nothing."""
    env = TrialEnvironment()
    places = Places(env, 1)
    place = places.take()
    assert place is None
    assert places.n_free == 0
    places.leave(place)
    assert places.n_free == 1
    assert not env._queue


def test_nobody_overtakes() -> None:
    """A place that is free but promised to one who waits is not taken by one who comes."""
    env = TrialEnvironment()
    places = Places(env, 1)
    first, second = places.take(), places.take()
    assert first is None
    assert second is not None
    assert not second.triggered
    places.leave(first)
    third = places.take()
    assert second.triggered
    assert third is not None
    assert not third.triggered


def test_places_without_a_limit_are_never_waited_for() -> None:
    """However many are taken, there is one at once."""
    places = Places(TrialEnvironment(), None)
    turns = [places.take() for _ in range(1000)]
    assert not any(turns)
    places.leave(turns[0])
    assert places.take() is None


class Recorder(SimpleNamespace):
    """A world with a clock and a log, and nothing else."""

    def record(self, kind: int, **numbers: Any) -> None:
        self.log.append((self.env.now, events.KINDS[kind].name, numbers.get("number"), numbers.get("amount")))


@pytest.fixture
def world() -> Recorder:
    return Recorder(env=TrialEnvironment(), log=[])


def stock_of(world: Recorder, *lots: tuple[int, float, float]) -> Stock:
    stock = Stock(world, lambda: None, lambda: None)  # type: ignore[arg-type]
    for number, cells, expires in lots:
        stock.add(Lot(number, cells, expires))
    return stock


def test_what_expires_first_is_used_first(world: Recorder) -> None:
    """A claim takes the lot that expires first, then the next, whatever the order in which they came."""
    stock = stock_of(world, (1, 10.0, 900.0), (2, 10.0, 300.0))
    claim = stock.claim(14.0)
    assert claim.is_granted
    assert [(lot.number, part) for lot, part in claim.parts] == [(2, 10.0), (1, 4.0)]
    assert stock.cells == 6.0


def test_claims_are_served_in_order(world: Recorder) -> None:
    """A small claim that came later does not overtake a large one that waits."""
    stock = stock_of(world, (1, 5.0, 900.0))
    large, small = stock.claim(8.0), stock.claim(1.0)
    assert not large.is_granted
    assert not small.is_granted
    stock.add(Lot(2, 3.5, 900.0))
    assert large.is_granted
    assert not small.is_granted  # half a cell is left
    stock.add(Lot(3, 1.0, 900.0))
    assert small.is_granted


def test_a_claim_that_is_withdrawn_lets_the_next_move_up(world: Recorder) -> None:
    """Giving up a claim that waits serves the one behind it."""
    stock = stock_of(world, (1, 5.0, 900.0))
    large, small = stock.claim(8.0), stock.claim(1.0)
    large.cancel()
    assert small.is_granted
    assert stock.cells == 4.0


def test_cells_that_are_not_thawed_go_back(world: Recorder) -> None:
    """A granted claim that is cancelled returns its cells to their lots."""
    stock = stock_of(world, (1, 10.0, 900.0), (2, 10.0, 300.0))
    claim = stock.claim(14.0)
    claim.cancel()
    assert stock.cells == 20.0
    assert [(lot.number, part) for lot, part in stock.claim(20.0).parts] == [(2, 10.0), (1, 10.0)]


def test_cells_that_are_thawed_do_not_go_back(world: Recorder) -> None:
    """Cancelling a claim whose cells are thawed returns nothing."""
    stock = stock_of(world, (1, 10.0, 900.0))
    claim = stock.claim(4.0)
    claim.is_thawed = True
    claim.cancel()
    assert stock.cells == 6.0


def test_cells_that_go_back_to_an_expired_lot_expire_with_it(world: Recorder) -> None:
    """Nothing is lost from the count when a lot expires while a dose waits for its bay."""
    stock = stock_of(world, (1, 10.0, 300.0))
    claim = stock.claim(4.0)
    world.env.at(400.0).callbacks.append(lambda _event: claim.cancel())
    world.env.run_to_end()
    assert world.log == [(300.0, "lot.expired", 1, 6.0), (400.0, "lot.expired", 1, 4.0)]
    assert stock.cells == 0.0


def test_expired_cells_are_not_given(world: Recorder) -> None:
    """After its day a lot is gone, and a claim waits for the next."""
    stock = stock_of(world, (1, 10.0, 300.0))
    claims: list[Any] = []
    world.env.at(301.0).callbacks.append(lambda _event: claims.append(stock.claim(1.0)))
    world.env.run_to_end()
    assert world.log == [(300.0, "lot.expired", 1, 10.0)]
    assert not claims[0].is_granted


def test_an_exact_claim_is_not_short_by_rounding(world: Recorder) -> None:
    """A stock of ten tenths covers a claim of one."""
    stock = stock_of(world, *((i, 0.1, 900.0) for i in range(10)))
    assert stock.claim(1.0).is_granted
    assert stock.cells == 0.0


def test_what_is_discarded_is_counted(world: Recorder) -> None:
    """Cells made to order that nobody needs any more are written down, lot by lot."""
    stock = stock_of(world, (1, 10.0, 900.0), (2, 5.0, 900.0))
    stock.claim(12.0)
    stock.discard()
    assert world.log == [(0, "cells.discarded", 2, 3.0)]
