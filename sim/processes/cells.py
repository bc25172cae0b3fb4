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
from sim.processes.stock import Lot, Stock, StockClaim
from sim.scenario.schema.treatment import CellSupply

_NEXT_LOT = 1 << 24  # the draws of a person's next lot are so many places on, where no referral is


def _nothing() -> None:
    pass


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


class Unlimited:
    """Doses that are never short of cells, and cells that nobody counts: a scenario without cell supply."""

    def __init__(self, world: World) -> None:
        self._stock = Stock(world, _nothing, _nothing)

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:
        """Nothing is ordered."""

    def claim(self, person: Person, cells: float) -> StockClaim:  # noqa: ARG002
        """Cells for one dose, at once."""
        claim = StockClaim(self._stock, cells)
        claim.grant()
        return claim

    def ready_for(self, person: Person) -> Event | None:  # noqa: ARG002
        """A first dose waits for nothing."""
        return None

    def no_more_for(self, person: Person, cells: float) -> None:
        """Nothing was kept."""

    def covers(self, cells_a_dose: float) -> bool:  # noqa: ARG002
        """Nobody is held up for cells."""
        return True


class Bank:
    """A central bank for all; lots are started when cells that nobody is due yet, with those on the way, run low.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
        is_recruiting: whether more participants are to come.
        on_stock: called when more cells may be there.
    """

    def __init__(
        self, world: World, rules: CellSupply, is_recruiting: Callable[[], bool], on_stock: Callable[[], None]
    ) -> None:
        self._world = world
        self._manufacture = Manufacture(world, rules)
        self._is_recruiting = is_recruiting
        self._on_stock = on_stock
        self._stock = Stock(world, self._more, self._reorder)
        self._n_suites = rules.suites
        self._doses_needed = rules.doses_in_stock_to_randomise
        self._reorder_below = world.number("cells.stock.reorder_below_cells", rules.stock.reorder_below_cells)
        self._expected_yield = world.unknowns.average("cells.lots.yield_cells", rules.lots.yield_cells)
        self._n_in_culture = self._n_on_the_way = self._n_started = 0
        self._promised = 0.0  # cells that participants under treatment are still due
        start = world.number("cells.stock.start_cells", rules.stock.start_cells)
        shelf_life = world.number("cells.stock.shelf_life_days", rules.stock.shelf_life_days)
        world.env.call_at(world.starts or 0.0, lambda: self._open(start, shelf_life))

    def _open(self, cells: float, shelf_life: float) -> None:
        if cells > 0:
            self._world.record(events.STOCK_OPENED, amount=cells)
            self._stock.add(Lot(0, cells, self._world.env.now + shelf_life))
        self._reorder()

    def _more(self) -> None:
        self._reorder()
        self._on_stock()

    def _reorder(self) -> None:
        """Start lots while too few cells are free or on the way, and a suite is free."""
        while self._n_in_culture < self._n_suites:
            position = self._stock.cells - self._promised + self._n_on_the_way * self._expected_yield
            if position >= (self._reorder_below if self._is_recruiting() else 0.0):
                return
            self._n_in_culture += 1
            self._n_on_the_way += 1
            self._world.env.start(self._make(self._n_started))
            self._n_started += 1

    def _make(self, n_started: int) -> Generator[Wait, None, None]:
        harvest = yield from self._manufacture.culture(CENTRAL, n_started)
        self._n_in_culture -= 1
        self._reorder()
        lot = yield from self._manufacture.release(harvest)
        self._n_on_the_way -= 1
        if lot is None:
            self._reorder()
        else:
            self._stock.add(lot)

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:  # noqa: ARG002
        """Remember what a new participant is due."""
        self._promised += cells_a_dose * n_doses
        self._reorder()

    def claim(self, person: Person, cells: float) -> StockClaim:  # noqa: ARG002
        """Ask for the cells of one dose."""
        return self._stock.claim(cells)

    def ready_for(self, person: Person) -> Event | None:  # noqa: ARG002
        """A first dose waits for nothing besides its delay."""
        return None

    def no_more_for(self, person: Person, cells: float) -> None:  # noqa: ARG002
        """Forget what a participant is no longer due: a dose given or missed, or all that remain."""
        self._promised -= cells

    def covers(self, cells_a_dose: float) -> bool:
        """Whether the cells that nobody is due yet cover what must be there before anyone is randomised."""
        needed = self._doses_needed * cells_a_dose
        return needed <= 0 or self._stock.cells - self._promised >= needed


class MadeToOrder:
    """A lot for each participant, started at randomisation, and another whenever one fails or does not suffice.

    Args:
        world: the replication's surroundings.
        rules: the scenario's cell supply.
    """

    def __init__(self, world: World, rules: CellSupply) -> None:
        self._world = world
        self._manufacture = Manufacture(world, rules)
        self._stocks: dict[Person, Stock] = {}
        self._released: dict[Person, Event] = {}
        self._due: dict[Person, float] = {}

    def randomised(self, person: Person, cells_a_dose: float, n_doses: int) -> None:
        """Order a participant's lot."""
        self._stocks[person] = Stock(self._world, _nothing, _nothing)
        self._released[person] = self._world.env.event()
        self._due[person] = cells_a_dose * n_doses
        if self._due[person] > 0:
            self._world.env.start(self._supply(person))
        else:
            self._released[person].succeed()

    def _supply(self, person: Person) -> Generator[Wait, None, None]:
        """Make lots until what the participant is still due is in stock."""
        stock, released = self._stocks[person], self._released[person]
        for n_started in count(person.referral, _NEXT_LOT):
            if stock.cells >= self._due[person] or person.has_left or not self._manufacture.n_suites:
                break
            harvest = yield from self._manufacture.culture(person.site, n_started)
            lot = yield from self._manufacture.release(harvest)
            if lot is not None:
                stock.add(lot)
                if not released.triggered:
                    released.succeed()
        if person.has_left or self._due[person] <= 0:
            stock.discard()

    def claim(self, person: Person, cells: float) -> StockClaim:
        """Ask for the cells of one dose, from the participant's own lots."""
        return self._stocks[person].claim(cells)

    def ready_for(self, person: Person) -> Event | None:
        """The first dose waits for the first lot's release."""
        return self._released[person]

    def no_more_for(self, person: Person, cells: float) -> None:
        """A dose given or missed, or all that remain; what is left at the end is of no use to anyone."""
        self._due[person] = max(self._due[person] - cells, 0.0)
        if self._due[person] <= 0 or person.has_left:
            self._stocks[person].discard()

    def covers(self, cells_a_dose: float) -> bool:  # noqa: ARG002
        """Nobody is held up for cells that are made after randomisation."""
        return True


CellSource = Unlimited | Bank | MadeToOrder


def cell_source(world: World, is_recruiting: Callable[[], bool], on_stock: Callable[[], None]) -> CellSource:
    """The source of cells that the scenario says."""
    rules = world.scenario.cells
    if rules is None:
        return Unlimited(world)
    if rules.source == "made_to_order":
        return MadeToOrder(world, rules)
    return Bank(world, rules, is_recruiting, on_stock)
