"""Claims on cells are served in order, and whoever withdraws one stands in nobody's way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sim.core import events
from sim.core.environment import TrialEnvironment
from sim.processes.stock import Lot, Stock


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


def test_what_is_left_when_a_lot_expires_is_what_the_others_have(world: Recorder) -> None:
    stock = stock_of(world, (1, 10.0, 300.0), (2, 5.0, 900.0), (3, 0.1, 500.0))
    found: list[float] = []
    for day in (299.0, 301.0, 501.0, 901.0):
        world.env.call_at(day, lambda: found.append(stock.cells))
    world.env.run_to_end()
    assert found == pytest.approx([15.1, 5.1, 5.0, 0.0])
    assert found[-1] == 0.0


def test_a_lot_that_was_discarded_does_not_expire_too(world: Recorder) -> None:
    stock = stock_of(world, (1, 10.0, 300.0))
    stock.discard()
    world.env.run_to_end()
    assert world.log == [(0, "cells.discarded", 1, 10.0)]
    assert stock.cells == 0.0
