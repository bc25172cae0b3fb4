"""The source of cells: lots from culture to release, for a bank that all share or for one participant each.

Infusions claim doses and do not know which source they have (`sim.core.roles.Supply`). Cells are ordered by what
participants are due, so that nothing is made for people who have left.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import count
from typing import NamedTuple

from simpy.events import Event

from sim.core import events
from sim.core.decisions import ROUNDING, nearly
from sim.core.environment import Wait
from sim.core.people import Person
from sim.core.places import Places
from sim.core.tables import CENTRAL, Place
from sim.core.world import World
from sim.processes.stock import Lot, Stock, StockClaim
from sim.scenario.schema.treatment import CellSupply

_NEXT_LOT = 1 << 24  # the draws of a person's next lot are this many places further on, beyond any referral


def _nothing() -> None:
    pass


class Demand(NamedTuple):
    """What manufacturing needs to know of the trial.

    Attributes:
        expects_more: whether more participants are to come.
        awaited: cells of a dose for the next to be randomised; 0 if nobody waits.
        is_over: whether dosing has ended for good.
        on_stock: called when there may be more cells for those who wait for randomisation.
    """

    expects_more: Callable[[], bool]
    awaited: Callable[[], float]
    is_over: Callable[[], bool]
    on_stock: Callable[[], None]


class Harvest(NamedTuple):
    """A lot in release testing.

    Attributes:
        number: number of the lot, from 1.
        cells: cells harvested.
        place: place of its draws.
        n: count of its draws at that place.
    """

    number: int
    cells: float
    place: Place
    n: int


class Manufacture:
    """Culture suites, and the lots in culture and release testing.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
    """

    def __init__(self, world: World, rules: CellSupply) -> None:
        self._world = world
        self._rules = rules
        self._suites = Places(world.env, rules.suites) if rules.suites else None
        self._culture_days = world.table("cells.lots.culture_days", rules.lots.culture_days)
        self._yield = world.table("cells.lots.yield_cells", rules.lots.yield_cells)
        self._release_days = world.table("cells.release_days", rules.release_days)
        self._p_failure = world.probability("cells.failure", rules.failure)
        self._failure_u = world.uniform_table("cells.failure")
        self._shelf_life = world.number("cells.stock.shelf_life_days", rules.stock.shelf_life_days)
        self._n_lots = 0

    @property
    def n_suites(self) -> int:
        """Number of lots that can be in culture at the same time."""
        return self._rules.suites

    def culture(self, place: Place, n: int) -> Generator[Wait, None, Harvest]:
        """Process of a lot from the wait for a suite to the harvest.

        Args:
            place: what the lot's draws belong to: the trial, or the participant's site.
            n: count of the lot at that place.

        Returns:
            The harvest, for `release`.
        """
        world = self._world
        assert self._suites is not None
        suite = self._suites.take()
        if suite is not None:
            yield suite
        self._n_lots += 1
        number = self._n_lots
        world.record(events.LOT_STARTED, number=number)
        yield world.env.now + self._culture_days.at(place, n)
        self._suites.leave(suite)
        cells = self._yield.at(place, n)
        world.record(events.LOT_HARVESTED, number=number, amount=cells)
        return Harvest(number, cells, place, n)

    def release(self, harvest: Harvest) -> Generator[Wait, None, Lot | None]:
        """Process of release testing.

        Args:
            harvest: the lot that was harvested; its draws are at its place and count.

        Returns:
            The released lot, or None if it fails.
        """
        world = self._world
        yield world.env.now + self._release_days.at(harvest.place, harvest.n)
        if self._failure_u.at(harvest.place, harvest.n) < self._p_failure:
            world.record(events.LOT_FAILED, number=harvest.number, amount=harvest.cells)
            return None
        world.record(events.LOT_RELEASED, number=harvest.number, amount=harvest.cells)
        return Lot(harvest.number, harvest.cells, world.env.now + self._shelf_life)


class AlwaysThere:
    """A claim that is always granted; see `sim.core.roles.Claim`."""

    is_granted = True
    is_thawed = False

    def wait(self) -> Event:
        """Never called, because the claim is granted at once."""
        raise NotImplementedError

    def thaw(self) -> None:
        """Use the cells."""
        self.is_thawed = True

    def cancel(self) -> None:
        """Do nothing: cells are not counted."""


class Unlimited:
    """Supply for a scenario without cells, in which doses are never short; see `sim.core.roles.Supply`."""

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:
        """Order nothing."""

    def claim(self, person: Person, cells: float) -> AlwaysThere:  # noqa: ARG002
        """Cells for one dose, granted at once."""
        return AlwaysThere()

    def ready_for(self, person: Person) -> Event | None:  # noqa: ARG002
        """None: a first dose waits for nothing."""
        return None

    def thawed(self, person: Person, cells: float) -> None:
        """Count nothing."""

    def less_due(self, person: Person, cells: float) -> None:
        """Count nothing."""

    def more_due(self, person: Person, cells: float) -> None:
        """Order nothing."""

    def no_more_for(self, person: Person) -> None:
        """Count nothing."""

    def covers(self, cells_a_dose: float) -> bool:  # noqa: ARG002
        """True: nobody waits for cells."""
        return True

    def look(self) -> None:
        """Order nothing."""


class Bank:
    """A central bank for all participants; see `sim.core.roles.Supply`.

    Lots are started when free cells (those not yet due to a participant), with those on the way, run low.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
        demand: what the bank needs to know of the trial.
    """

    def __init__(self, world: World, rules: CellSupply, demand: Demand) -> None:
        self._world = world
        self._manufacture = Manufacture(world, rules)
        self._demand = demand
        self._stock = Stock(world, self._more, self.look)
        self._n_suites = rules.suites
        self._doses_needed = rules.doses_in_stock_to_randomise
        self._reorder_below = world.number("cells.stock.reorder_below_cells", rules.stock.reorder_below_cells)
        self._expected_yield = world.unknowns.average("cells.lots.yield_cells", rules.lots.yield_cells)
        # Without a need for doses in stock, no more is ever wanted than this.
        self._most_wanted = float("inf") if self._doses_needed else self._reorder_below
        self._n_in_culture = self._n_on_the_way = self._n_started = 0
        self._promised = 0.0  # cells that participants are still due, including claimed ones
        start = world.number("cells.stock.start_cells", rules.stock.start_cells)
        shelf_life = world.number("cells.stock.shelf_life_days", rules.stock.shelf_life_days)
        world.env.call_at(world.starts or 0.0, lambda: self._open(start, shelf_life))

    def _open(self, cells: float, shelf_life: float) -> None:
        if cells > 0:
            self._world.record(events.STOCK_OPENED, amount=cells)
            self._stock.add(Lot(0, cells, self._world.env.now + shelf_life))
        self.look()

    def _more(self) -> None:
        self.look()
        self._demand.on_stock()

    @property
    def _free(self) -> float:
        """Released cells that no participant is due; claimed cells are in both terms, and so cancel out."""
        return self._stock.cells + self._stock.claimed - self._promised

    def _wanted(self) -> float:
        """Cells, free or on the way, below which a lot is started."""
        by_rule = self._reorder_below if self._demand.expects_more() else 0.0
        return max(by_rule, self._doses_needed * self._demand.awaited()) if self._doses_needed else by_rule

    def look(self) -> None:
        """Start lots while free cells and those on the way are below the reorder level and a suite is free."""
        while self._n_in_culture < self._n_suites and not self._demand.is_over():
            position = self._free + (self._n_on_the_way + ROUNDING) * self._expected_yield
            if position >= self._most_wanted or position >= self._wanted():
                return
            self._n_in_culture += 1
            self._n_on_the_way += 1
            self._world.env.start(self._make(self._n_started))
            self._n_started += 1

    def _make(self, n_started: int) -> Generator[Wait, None, None]:
        """Process of one lot for the bank."""
        harvest = yield from self._manufacture.culture(CENTRAL, n_started)
        self._n_in_culture -= 1
        self.look()
        lot = yield from self._manufacture.release(harvest)
        self._n_on_the_way -= 1
        if lot is None:
            self.look()
        else:
            self._stock.add(lot)

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:  # noqa: ARG002
        """Add the doses of a new participant to the cells that are due."""
        self._promised += cells_a_dose * n_doses
        self.look()

    def claim(self, person: Person, cells: float) -> StockClaim:  # noqa: ARG002
        """Claim the cells of one dose from the bank."""
        return self._stock.claim(cells)

    def ready_for(self, person: Person) -> Event | None:  # noqa: ARG002
        """None: a first dose waits for nothing besides its delay."""
        return None

    def thawed(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """Subtract a dose that started from the cells due; the number of free cells stays the same."""
        self._promised -= cells

    def less_due(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """Subtract cells that a participant is no longer due: a missed dose, or all that remain."""
        self._promised -= cells
        self._more()

    def more_due(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """Add the cells of a lost dose that will be repeated."""
        self._promised += cells
        self.look()

    def no_more_for(self, person: Person) -> None:
        """Do nothing: the bank keeps no cells for single participants."""

    def covers(self, cells_a_dose: float) -> bool:
        """Whether free cells cover the doses that must be in stock before anyone is randomised.

        Args:
            cells_a_dose: cells of a dose for the person to be randomised.
        """
        needed = self._doses_needed * cells_a_dose
        return needed <= 0 or self._free >= nearly(needed)


class Order:
    """The lots made for one participant.

    Args:
        person: the participant.
        stock: the participant's released cells, of which no other participant gets any.
        released: happens when the first lot is released.
        due: cells of all doses of the arm.

    Attributes:
        person: the participant.
        stock: the participant's released cells.
        released: happens when the first lot is released.
        due: cells that the participant is still due.
        is_wanted: whether the participant will have more doses.
        is_supplied: whether lots are being made.
        lots: counts for the draws of lots.
    """

    def __init__(self, person: Person, stock: Stock, released: Event, due: float) -> None:
        self.person = person
        self.stock = stock
        self.released = released
        self.due = due
        self.is_wanted = True
        self.is_supplied = False
        self.lots = count(person.referral, _NEXT_LOT)


class MadeToOrder:
    """A lot for each participant, started at randomisation, and more lots if needed; see `sim.core.roles.Supply`.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
        demand: what manufacturing needs to know of the trial.
    """

    def __init__(self, world: World, rules: CellSupply, demand: Demand) -> None:
        self._world = world
        self._manufacture = Manufacture(world, rules)
        self._demand = demand
        self._orders: dict[Person, Order] = {}

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:
        """Order the first lot of a new participant, for `n_doses` doses of `cells_a_dose` cells."""
        stock = Stock(self._world, _nothing, lambda: self._order(order))
        order = Order(person, stock, self._world.env.event(), cells_a_dose * n_doses)
        self._orders[person] = order
        if order.due > 0:
            self._order(order)
        else:
            order.released.succeed()

    def _order(self, order: Order) -> None:
        """Start making lots, if the participant's cells are short and none are being made."""
        if not order.is_supplied and self._is_short(order):
            order.is_supplied = True
            self._world.env.start(self._supply(order))

    def _is_short(self, order: Order) -> bool:
        if not self._manufacture.n_suites or not order.is_wanted or self._demand.is_over():
            return False
        return order.stock.cells + order.stock.claimed < nearly(order.due)

    def _supply(self, order: Order) -> Generator[Wait, None, None]:
        """Make lots until stock covers everything that the participant is still due."""
        while self._is_short(order):
            harvest = yield from self._manufacture.culture(order.person.site, next(order.lots))
            lot = yield from self._manufacture.release(harvest)
            if lot is not None:
                order.stock.add(lot)
                if not order.released.triggered:
                    order.released.succeed()
        order.is_supplied = False
        if not order.is_wanted:
            order.stock.discard()

    def claim(self, person: Person, cells: float) -> StockClaim:
        """Claim the cells of one dose from the participant's own lots."""
        return self._orders[person].stock.claim(cells)

    def ready_for(self, person: Person) -> Event | None:
        """The release of the participant's first lot, for which the first dose waits."""
        return self._orders[person].released

    def thawed(self, person: Person, cells: float) -> None:
        """Subtract a dose that started from the cells due."""
        self._orders[person].due -= cells

    def less_due(self, person: Person, cells: float) -> None:
        """Subtract cells that the participant is no longer due: a missed dose, or all that remain."""
        self._orders[person].due -= cells

    def more_due(self, person: Person, cells: float) -> None:
        """Add the cells of a lost dose that will be repeated, and make another lot if needed."""
        order = self._orders[person]
        order.due += cells
        self._order(order)

    def no_more_for(self, person: Person) -> None:
        """Discard the participant's remaining cells."""
        self._orders[person].is_wanted = False
        self._orders[person].stock.discard()

    def covers(self, cells_a_dose: float) -> bool:  # noqa: ARG002
        """True: nobody waits for cells that are made after randomisation."""
        return True

    def look(self) -> None:
        """Do nothing: nobody waits for cells before randomisation."""


CellSource = Unlimited | Bank | MadeToOrder


def cell_source(world: World, demand: Demand) -> CellSource:
    """The source of cells of the scenario: none needed, a bank, or lots made to order.

    Args:
        world: the replication's surroundings.
        demand: what manufacturing needs to know of the trial.

    Returns:
        `Unlimited` without a section `cells`, otherwise what `cells.source` names.
    """
    rules = world.scenario.cells
    if rules is None:
        return Unlimited()
    return MadeToOrder(world, rules, demand) if rules.source == "made_to_order" else Bank(world, rules, demand)
