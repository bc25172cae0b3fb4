"""Where cells come from: lots from culture to release, for a bank that all share or for one participant each."""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import count
from typing import NamedTuple

from simpy.events import Event

from sim.core import events
from sim.core.environment import Wait
from sim.core.people import Person
from sim.core.places import Places
from sim.core.tables import CENTRAL, Place
from sim.core.world import World
from sim.processes.stock import ROUNDING, Lot, Stock, StockClaim, nearly
from sim.scenario.schema.treatment import CellSupply

_NEXT_LOT = 1 << 24  # the draws of a person's next lot are so many places on, where no referral is


def _nothing() -> None:
    pass


class Demand(NamedTuple):
    """What those who make cells ask of the trial.

    Attributes:
        expects_more: whether more participants are to come.
        awaited: cells of a dose for whoever is next to be randomised; 0 where nobody waits.
        is_over: whether dosing has ended for good.
        on_stock: called when more cells may be there for those who wait to be randomised.
    """

    expects_more: Callable[[], bool]
    awaited: Callable[[], float]
    is_over: Callable[[], bool]
    on_stock: Callable[[], None]


class Harvest(NamedTuple):
    """Cells of a lot that wait for release."""

    number: int
    cells: float
    place: Place
    n: int


class Manufacture:
    """Culture suites and the lots in them.

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
        """Lots that can be in culture at once."""
        return self._rules.suites

    def culture(self, place: Place, n: int) -> Generator[Wait, None, Harvest]:
        """A lot in a suite, from when one is free to the harvest; `place` and `n` are where its draws belong."""
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
        """Release testing; None when the lot fails."""
        world = self._world
        yield world.env.now + self._release_days.at(harvest.place, harvest.n)
        if self._failure_u.at(harvest.place, harvest.n) < self._p_failure:
            world.record(events.LOT_FAILED, number=harvest.number, amount=harvest.cells)
            return None
        world.record(events.LOT_RELEASED, number=harvest.number, amount=harvest.cells)
        return Lot(harvest.number, harvest.cells, world.env.now + self._shelf_life)


class AlwaysThere:
    """Cells of a dose that nobody counts; see `sim.core.roles.Claim`."""

    is_granted = True
    is_thawed = False

    def wait(self) -> Event:
        """Nobody waits."""
        raise NotImplementedError

    def thaw(self) -> None:
        """The cells are used."""
        self.is_thawed = True

    def cancel(self) -> None:
        """They go back to where there are always more."""


class Unlimited:
    """Doses that are never short of cells, and cells that nobody counts: a scenario without cell supply."""

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:
        """Nothing is ordered."""

    def claim(self, person: Person, cells: float) -> AlwaysThere:  # noqa: ARG002
        """Cells for one dose, at once."""
        return AlwaysThere()

    def ready_for(self, person: Person) -> Event | None:  # noqa: ARG002
        """A first dose waits for nothing."""
        return None

    def thawed(self, person: Person, cells: float) -> None:
        """Nothing was kept."""

    def less_due(self, person: Person, cells: float) -> None:
        """Nothing was kept."""

    def more_due(self, person: Person, cells: float) -> None:
        """Nothing is ordered."""

    def no_more_for(self, person: Person) -> None:
        """Nothing was kept."""

    def covers(self, cells_a_dose: float) -> bool:  # noqa: ARG002
        """Nobody is held up for cells."""
        return True

    def look(self) -> None:
        """Nothing is ordered."""


class Bank:
    """A central bank for all; lots are started when cells that nobody is due yet, with those on the way, run low.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
        demand: who needs them.
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
        self._promised = 0.0  # cells that participants under treatment are still due, those of claims among them
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
        """Released cells that no participant is due; a claim is among both, and so counts once."""
        return self._stock.cells + self._stock.claimed - self._promised

    def _wanted(self) -> float:
        """Cells, free or on the way, below which a lot is started."""
        by_rule = self._reorder_below if self._demand.expects_more() else 0.0
        return max(by_rule, self._doses_needed * self._demand.awaited()) if self._doses_needed else by_rule

    def look(self) -> None:
        """Start lots while too few cells are free or on the way, and a suite is free."""
        while self._n_in_culture < self._n_suites and not self._demand.is_over():
            position = self._free + (self._n_on_the_way + ROUNDING) * self._expected_yield
            if position >= self._most_wanted or position >= self._wanted():
                return
            self._n_in_culture += 1
            self._n_on_the_way += 1
            self._world.env.start(self._make(self._n_started))
            self._n_started += 1

    def _make(self, n_started: int) -> Generator[Wait, None, None]:
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
        """Remember what a new participant is due."""
        self._promised += cells_a_dose * n_doses
        self.look()

    def claim(self, person: Person, cells: float) -> StockClaim:  # noqa: ARG002
        """Ask for the cells of one dose."""
        return self._stock.claim(cells)

    def ready_for(self, person: Person) -> Event | None:  # noqa: ARG002
        """A first dose waits for nothing besides its delay."""
        return None

    def thawed(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """A dose is under way: neither claimed nor due, so that no more is free than before."""
        self._promised -= cells

    def less_due(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """Forget what a participant is no longer due: a dose missed, or all that remain."""
        self._promised -= cells
        self._more()

    def more_due(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """A dose that was lost is tried again."""
        self._promised += cells
        self.look()

    def no_more_for(self, person: Person) -> None:
        """Nothing was kept for one participant."""

    def covers(self, cells_a_dose: float) -> bool:
        """Whether the cells that nobody is due yet cover what must be there before anyone is randomised."""
        needed = self._doses_needed * cells_a_dose
        return needed <= 0 or self._free >= nearly(needed)


class Order:
    """What one participant's lots are for.

    Attributes:
        stock: their released cells.
        released: happens when the first lot is released.
        due: cells that the participant is still due.
        is_wanted: whether the participant will have more doses.
        is_supplied: whether lots are being made.
        lots: numbers for the draws of lots.
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
    """A lot for each participant, started at randomisation, and another whenever what there is does not suffice.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
        demand: who needs them.
    """

    def __init__(self, world: World, rules: CellSupply, demand: Demand) -> None:
        self._world = world
        self._manufacture = Manufacture(world, rules)
        self._demand = demand
        self._orders: dict[Person, Order] = {}

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:
        """Order a participant's lot."""
        stock = Stock(self._world, _nothing, lambda: self._order(order))
        order = Order(person, stock, self._world.env.event(), cells_a_dose * n_doses)
        self._orders[person] = order
        if order.due > 0:
            self._order(order)
        else:
            order.released.succeed()

    def _order(self, order: Order) -> None:
        """See that lots are made, where what the participant is still due is not there."""
        if not order.is_supplied and self._is_short(order):
            order.is_supplied = True
            self._world.env.start(self._supply(order))

    def _is_short(self, order: Order) -> bool:
        if not self._manufacture.n_suites or not order.is_wanted or self._demand.is_over():
            return False
        return order.stock.cells + order.stock.claimed < nearly(order.due)

    def _supply(self, order: Order) -> Generator[Wait, None, None]:
        """Make lots until what the participant is still due is in stock."""
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
        """Ask for the cells of one dose, from the participant's own lots."""
        return self._orders[person].stock.claim(cells)

    def ready_for(self, person: Person) -> Event | None:
        """The first dose waits for the first lot's release."""
        return self._orders[person].released

    def thawed(self, person: Person, cells: float) -> None:
        """A dose is under way."""
        self._orders[person].due -= cells

    def less_due(self, person: Person, cells: float) -> None:
        """A dose missed, or all that remain."""
        self._orders[person].due -= cells

    def more_due(self, person: Person, cells: float) -> None:
        """A dose that was lost is tried again."""
        order = self._orders[person]
        order.due += cells
        self._order(order)

    def no_more_for(self, person: Person) -> None:
        """What is left is of no use to anyone."""
        self._orders[person].is_wanted = False
        self._orders[person].stock.discard()

    def covers(self, cells_a_dose: float) -> bool:  # noqa: ARG002
        """Nobody is held up for cells that are made after randomisation."""
        return True

    def look(self) -> None:
        """Nobody waits to be randomised for cells."""


CellSource = Unlimited | Bank | MadeToOrder


def cell_source(world: World, demand: Demand) -> CellSource:
    """The source of cells that the scenario says."""
    rules = world.scenario.cells
    if rules is None:
        return Unlimited()
    return MadeToOrder(world, rules, demand) if rules.source == "made_to_order" else Bank(world, rules, demand)
