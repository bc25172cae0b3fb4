"""Where cells come from: lots from culture to release, when they are started, and what is free."""

from __future__ import annotations

from typing import Any

import pytest
from small_world import happened, someone, world_of

from sim.core import events
from sim.core.tables import CENTRAL
from sim.processes.cells import Bank, Demand, MadeToOrder, Manufacture, Unlimited, cell_source

LOTS = {"culture_days": 10.0, "yield_cells": 100.0}


class Plant:
    """A source of cells, and what is asked of the trial around it."""

    def __init__(self, source: str = "bank", seed: int = 7, replication: int = 0, **rules: Any) -> None:
        cells = {"source": source, "lots": LOTS, "release_days": 5.0, **rules}
        patients = {"attributes": {"weight_kg": 1.0}}
        arms = {"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}}
        self.world = world_of(seed, replication, cells=cells, patients=patients, arms=arms)
        self.more, self.awaited, self.over = True, 0.0, False
        self.told: list[float] = []
        demand = Demand(
            lambda: self.more, lambda: self.awaited, lambda: self.over, lambda: self.told.append(self.world.env.now)
        )
        self.source: Any = cell_source(self.world, demand)

    def at(self, day: float, call: Any) -> None:
        self.world.env.call_at(day, call)

    def run(self, until: float = 1000.0) -> list[tuple[float, str, float, float]]:
        self.at(until, self.world.env.finish)
        self.world.env.run_to_end()
        return [(e.day, e.kind, e.number, e.amount) for e in happened(self.world)]

    def days(self, kind: int) -> list[float]:
        return [entry.day for entry in happened(self.world, kind)]


def test_without_a_supply_doses_are_never_short() -> None:
    world = world_of()
    source = cell_source(world, Demand(lambda: True, lambda: 0.0, lambda: False, lambda: None))
    assert isinstance(source, Unlimited)
    claim = source.claim(someone(world), 1e9)
    assert claim.is_granted
    claim.thaw()
    assert claim.is_thawed
    assert source.covers(1e9)
    assert source.ready_for(someone(world)) is None


def test_the_source_is_the_one_that_is_written() -> None:
    assert isinstance(Plant().source, Bank)
    assert isinstance(Plant("made_to_order").source, MadeToOrder)


def test_a_lot_goes_from_culture_to_release() -> None:
    """Ten days of culture, five of tests; started on day 0, as the bank is empty, and again when it has expired."""
    plant = Plant(stock={"reorder_below_cells": 1.0, "shelf_life_days": 30.0})
    assert plant.run(until=46.0) == [
        (0.0, "lot.started", 1, 0.0),
        (10.0, "lot.harvested", 1, 100.0),
        (15.0, "lot.released", 1, 100.0),
        (45.0, "lot.expired", 1, 100.0),
        (45.0, "lot.started", 2, 0.0),
    ]
    assert plant.told == [15.0]


@pytest.mark.parametrize(
    ("below", "start", "started"),
    [
        (0.0, 0.0, 0),
        (1.0, 0.0, 1),
        (100.0, 0.0, 1),
        (101.0, 0.0, 2),
        (101.0, 50.0, 1),
        (50.0, 50.0, 0),
        (301.0, 0.0, 3),
    ],
)
def test_lots_are_started_while_too_few_cells_are_free_or_on_the_way(below: float, start: float, started: int) -> None:
    """Each lot on the way counts with its mean; three suites at most at once."""
    plant = Plant(suites=3, stock={"reorder_below_cells": below, "start_cells": start})
    plant.run(until=1.0)
    assert plant.days(events.LOT_STARTED) == [0.0] * started
    assert plant.days(events.STOCK_OPENED) == ([0.0] if start else [])


def test_a_suite_is_free_when_its_lot_is_harvested() -> None:
    """One suite, three lots wanted: one after the other, ten days each."""
    plant = Plant(stock={"reorder_below_cells": 300.0})
    plant.run(until=100.0)
    assert plant.days(events.LOT_STARTED) == [0.0, 10.0, 20.0]
    assert plant.days(events.LOT_RELEASED) == [15.0, 25.0, 35.0]


def test_a_lot_that_fails_is_made_again() -> None:
    """All fail: a new one each time that the tests are over."""
    plant = Plant(failure=1.0, stock={"reorder_below_cells": 1.0})
    plant.run(until=31.0)
    assert plant.days(events.LOT_FAILED) == [15.0, 30.0]
    assert plant.days(events.LOT_STARTED) == [0.0, 15.0, 30.0]
    assert plant.days(events.LOT_RELEASED) == plant.told == []


def test_a_trial_that_is_late_has_its_bank_late() -> None:
    world = world_of(
        trial={"start": {"late": 1.0, "late_days": 20.0}},
        patients={"attributes": {"weight_kg": 1.0}},
        cells={"source": "bank", "lots": LOTS, "stock": {"start_cells": 5.0}},
    )
    cell_source(world, Demand(lambda: True, lambda: 0.0, lambda: False, lambda: None))
    world.env.call_at(25.0, world.env.finish)
    world.env.run_to_end()
    assert [(e.day, e.amount) for e in happened(world, events.STOCK_OPENED)] == [(20.0, 5.0)]


@pytest.mark.parametrize("name", ["more", "over"])
def test_where_nobody_more_comes_or_dosing_has_ended_no_lot_is_started(name: str) -> None:
    plant = Plant(stock={"reorder_below_cells": 1.0})
    setattr(plant, name, name == "over")
    plant.run(until=50.0)
    assert plant.days(events.LOT_STARTED) == []


def test_what_participants_are_due_is_not_free() -> None:
    """100 in the bank, 60 due: 40 are free; a claim is among both and counts once; a dose given is in neither."""
    plant = Plant(suites=0, stock={"start_cells": 100.0}, doses_in_stock_to_randomise=1)
    plant.run(until=1.0)
    source, person = plant.source, someone(plant.world)
    assert source.covers(100.0)
    assert not source.covers(100.1)
    source.randomised(person, 20.0, 3)
    assert (source._free, source.covers(40.0), source.covers(41.0)) == (40.0, True, False)
    claim = source.claim(person, 20.0)
    assert claim.is_granted
    assert source._free == 40.0
    claim.thaw()
    source.thawed(person, 20.0)
    assert source._free == 40.0
    source.more_due(person, 20.0)
    assert source._free == 20.0
    source.less_due(person, 60.0)
    assert source._free == 80.0
    assert source.ready_for(person) is None


def test_two_doses_in_stock_are_two() -> None:
    plant = Plant(suites=0, stock={"start_cells": 100.0}, doses_in_stock_to_randomise=2)
    plant.run(until=1.0)
    assert (plant.source.covers(50.0), plant.source.covers(51.0)) == (True, False)
    plant = Plant(suites=0)
    plant.run(until=1.0)
    assert plant.source.covers(1e9), "where none need be in stock"


def test_a_dose_missed_lets_others_in() -> None:
    """What is due no more is free: those who wait are told."""
    plant = Plant(suites=0, stock={"start_cells": 100.0})
    plant.run(until=1.0)
    plant.told.clear()
    plant.source.randomised(someone(plant.world), 20.0, 1)
    assert plant.told == []
    plant.source.less_due(someone(plant.world), 20.0)
    assert plant.told == [1.0]


def test_for_whoever_waits_a_lot_is_started_also_below_the_rule() -> None:
    """Nothing is to be reordered, but a participant of 30 cells a dose waits, and two must be in stock."""
    plant = Plant(doses_in_stock_to_randomise=2)
    plant.more = False
    plant.run(until=1.0)
    assert plant.days(events.LOT_STARTED) == []
    plant.awaited = 30.0
    plant.source.look()
    assert plant.days(events.LOT_STARTED) == [1.0]


def ordered(n_doses: int = 2, dose: float = 60.0, **rules: Any) -> tuple[Plant, Any]:
    """A participant for whom cells are made to order from day 0 on."""
    plant = Plant("made_to_order", **rules)
    person = someone(plant.world, referral=4)
    plant.at(0.0, lambda: plant.source.randomised(person, dose, n_doses))
    return plant, person


def test_a_lot_is_made_to_order_until_all_that_is_due_is_there() -> None:
    """120 cells of lots of 100: a second lot when the first is released, and the first dose waits for the first."""
    plant, person = ordered()
    released: list[float] = []
    plant.at(
        1.0, lambda: plant.source.ready_for(person).callbacks.append(lambda _: released.append(plant.world.env.now))
    )
    plant.run(until=100.0)
    assert plant.days(events.LOT_STARTED) == [0.0, 15.0]
    assert plant.days(events.LOT_RELEASED) == [15.0, 30.0]
    assert released == [15.0]


def test_one_lot_is_enough_where_it_covers_what_is_due() -> None:
    plant, _ = ordered(dose=50.0)
    plant.run(until=100.0)
    assert plant.days(events.LOT_STARTED) == [0.0]


def test_a_lost_dose_is_made_again() -> None:
    """50 of 100 are used, and due again: another lot."""
    plant, person = ordered(dose=50.0)

    def lose() -> None:
        claim = plant.source.claim(person, 50.0)
        claim.thaw()
        plant.source.thawed(person, 50.0)
        plant.source.more_due(person, 50.0)

    plant.at(20.0, lose)
    plant.run(until=100.0)
    assert plant.days(events.LOT_STARTED) == [0.0, 20.0]


def test_a_failed_lot_is_made_again() -> None:
    plant, _ = ordered(dose=50.0, failure=1.0)
    plant.run(until=31.0)
    assert plant.days(events.LOT_STARTED) == [0.0, 15.0, 30.0]


def test_an_expired_lot_is_made_again_while_it_is_wanted() -> None:
    plant, _ = ordered(dose=50.0, stock={"shelf_life_days": 7.0})
    plant.run(until=23.0)
    assert plant.days(events.LOT_EXPIRED) == [22.0]
    assert plant.days(events.LOT_STARTED) == [0.0, 22.0]


def test_what_is_left_of_one_participant_s_cells_is_discarded() -> None:
    """What is in stock at once, what is still made when it comes."""
    plant, person = ordered(dose=30.0)
    plant.at(20.0, lambda: plant.source.no_more_for(person))
    plant.run(until=100.0)
    assert [(e.day, e.amount) for e in happened(plant.world, events.CELLS_DISCARDED)] == [(20.0, 100.0)]
    assert plant.days(events.LOT_STARTED) == [0.0]
    plant, person = ordered(dose=30.0)
    plant.at(3.0, lambda: plant.source.no_more_for(person))
    plant.run(until=100.0)
    assert [(e.day, e.amount) for e in happened(plant.world, events.CELLS_DISCARDED)] == [(15.0, 100.0)]
    assert plant.days(events.LOT_STARTED) == [0.0]


def test_after_the_end_of_dosing_nothing_more_is_made() -> None:
    plant, _ = ordered()
    plant.at(3.0, lambda: setattr(plant, "over", True))
    plant.run(until=100.0)
    assert plant.days(events.LOT_STARTED) == [0.0]


def test_doses_of_no_cells_wait_for_nothing() -> None:
    plant, person = ordered(dose=0.0)
    plant.run(until=50.0)
    assert plant.days(events.LOT_STARTED) == []
    assert plant.source.ready_for(person).triggered
    assert plant.source.covers(1e9)


def test_without_suites_nothing_is_made() -> None:
    plant, _ = ordered(suites=0)
    plant.run(until=50.0)
    assert plant.days(events.LOT_STARTED) == []


def test_suites_are_shared_by_all() -> None:
    """One suite and two participants: the second lot starts at the first one's harvest."""
    plant, _ = ordered(dose=10.0)
    plant.at(1.0, lambda: plant.source.randomised(someone(plant.world, referral=5), 10.0, 1))
    plant.run(until=50.0)
    assert plant.days(events.LOT_STARTED) == [0.0, 10.0]
    assert [entry.number for entry in happened(plant.world, events.LOT_RELEASED)] == [1, 2]


def test_draws_of_a_lot_belong_to_its_number_and_of_one_made_to_order_to_its_participant() -> None:
    """The n-th lot of a bank has the n-th values; a participant's first lot those of their referral."""
    lots = {"culture_days": {"dist": "uniform", "low": 5.0, "high": 15.0}, "yield_cells": 100.0}
    plant = Plant(lots=lots, stock={"reorder_below_cells": 1.0})
    table = Manufacture(plant.world, plant.world.scenario.cells)._culture_days  # type: ignore[arg-type]
    plant.run(until=50.0)
    assert plant.days(events.LOT_HARVESTED)[0] == table.at(CENTRAL, 0)
    plant, person = ordered(lots=lots, dose=10.0)
    table = Manufacture(plant.world, plant.world.scenario.cells)._culture_days  # type: ignore[arg-type]
    plant.run(until=50.0)
    assert plant.days(events.LOT_HARVESTED)[0] == table.at(person.site, person.referral)


def test_a_lot_that_yields_less_than_expected_is_followed_by_another_at_its_release() -> None:
    """100 are wanted, and a lot has 100 on average: which of them fall short is known when they are in stock."""
    lots = {"culture_days": 10.0, "yield_cells": {"dist": "uniform", "low": 50.0, "high": 150.0}}
    short = set()
    for replication in range(6):
        plant = Plant(replication=replication, lots=lots, stock={"reorder_below_cells": 100.0})
        plant.run(until=16.0)
        (released,) = happened(plant.world, events.LOT_RELEASED)
        assert plant.days(events.LOT_STARTED) == ([0.0, 15.0] if released.amount < 100.0 else [0.0])
        short.add(released.amount < 100.0)
    assert short == {True, False}
