"""Released cells, and doses that wait for them.

Cells are counted wherever they change hands: released into stock, and from there infused, expired, lost at the bedside,
or discarded. The first to expire are used first, and claims are served in order of arrival.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable

from simpy.events import Event

from sim.core import events
from sim.core.decisions import nearly
from sim.core.world import World


class Lot:
    """Released cells of one lot.

    Args:
        number: number of the lot.
        cells: cells released.
        expires: day of expiry.

    Attributes:
        number: number of the lot, from 1; 0 for the cells in the bank on day 0.
        cells: cells not yet claimed.
        expires: day on which the rest is discarded.
        is_gone: whether that has happened.
        is_on_shelf: whether any of its cells are in stock.
    """

    __slots__ = ("cells", "expires", "is_gone", "is_on_shelf", "number")

    def __init__(self, number: int, cells: float, expires: float) -> None:
        self.number = number
        self.cells = cells
        self.expires = expires
        self.is_gone = self.is_on_shelf = False


def _first_to_expire(lot: Lot) -> tuple[float, int]:
    return lot.expires, lot.number


class StockClaim:
    """Cells claimed for one dose; see `sim.core.roles.Claim`.

    Args:
        stock: the stock of which the cells are taken.
        cells: cells of one dose.

    Attributes:
        cells: cells claimed.
        is_granted: whether the cells are reserved for it.
        is_thawed: whether they are used, and cannot go back.
        served: happens when the cells are granted; None unless someone waits for it.
        parts: lots, and cells taken from each.
    """

    __slots__ = ("_stock", "cells", "is_granted", "is_thawed", "parts", "served")

    def __init__(self, stock: Stock, cells: float) -> None:
        self._stock = stock
        self.cells = cells
        self.is_granted = False
        self.is_thawed = False
        self.served: Event | None = None  # only if someone waits for it
        self.parts: list[tuple[Lot, float]] = []

    def grant(self) -> None:
        """Grant the cells, and wake up whoever waits for them."""
        self.is_granted = True
        if self.served is not None and not self.served.triggered:
            self.served.succeed()

    def wait(self) -> Event:
        """The event of getting the cells."""
        self.served = self._stock.world.env.event()
        return self.served

    def thaw(self) -> None:
        """Use the cells now; they cannot go back."""
        self.is_thawed = True
        self._stock.claimed -= self.cells

    def cancel(self) -> None:
        """Give up the claim: granted cells go back unless they are thawed, and a waiting claim leaves the queue."""
        if self.is_thawed:
            return
        if self.is_granted:
            self._stock.put_back(self)
        else:
            self._stock.withdraw(self)


class Stock:
    """Released lots, and claims that wait for cells.

    Args:
        world: the replication's surroundings.
        on_more: called after cells were added.
        on_less: called after cells were removed.

    Attributes:
        cells: released and unclaimed cells.
        claimed: released cells that are claimed for a dose, but not thawed.
    """

    def __init__(self, world: World, on_more: Callable[[], None], on_less: Callable[[], None]) -> None:
        self.world = world
        self._on_more = on_more
        self._on_less = on_less
        self._lots: list[Lot] = []
        self._waiting: deque[StockClaim] = deque()
        self.cells = self.claimed = 0.0

    def add(self, lot: Lot) -> None:
        """Add a released lot, and grant waiting claims.

        Args:
            lot: a lot that passed its release tests; it is removed on the day on which it expires.
        """
        self._shelve(lot, lot.cells)
        self.world.env.call_at(lot.expires, lambda: self._remove(lot, events.LOT_EXPIRED))
        self._changed()

    def _shelve(self, lot: Lot, cells: float) -> None:
        """Count cells of a lot as in stock; an empty lot is not on the shelf."""
        self.cells += cells
        if not lot.is_on_shelf:
            lot.is_on_shelf = True
            insort(self._lots, lot, key=_first_to_expire)

    def _remove(self, lot: Lot, kind: int) -> None:
        """Discard a lot's remaining cells."""
        lot.is_gone = True
        if lot.is_on_shelf:
            lot.is_on_shelf = False
            self._lots.remove(lot)
            self.cells = self.cells - lot.cells if self._lots else 0.0
            self.world.record(kind, number=lot.number, amount=lot.cells)
            self._on_less()

    def _changed(self) -> None:
        """Grant waiting claims as far as the cells go, in order of arrival, and tell that there may be more cells."""
        while self._waiting and self._take(self._waiting[0]):
            self._waiting.popleft()
        self._on_more()

    def claim(self, cells: float) -> StockClaim:
        """Claim the cells of one dose, after all claims that wait already.

        Args:
            cells: number of cells; 0 for a drug, which is granted at once.

        Returns:
            The claim, which is granted at once if no other waits and there are enough cells, or if it is of none.
        """
        claim = StockClaim(self, cells)
        if (self._waiting and cells > 0) or not self._take(claim):
            self._waiting.append(claim)
        return claim

    def _take(self, claim: StockClaim) -> bool:
        """Reserve cells for a claim, first to expire first; returns whether there are enough."""
        missing = claim.cells
        if self.cells < nearly(missing):
            return False
        self.cells -= missing
        self.claimed += missing
        while missing > 0 and self._lots:
            lot = self._lots[0]
            part = missing
            if lot.cells <= missing:
                part = lot.cells
                lot.is_on_shelf = False
                del self._lots[0]
            lot.cells -= part
            missing -= part
            claim.parts.append((lot, part))
        if not self._lots:
            self.cells = 0.0  # rounding errors vanish with the last lot
        claim.grant()
        return True

    def withdraw(self, claim: StockClaim) -> None:
        """Remove a waiting claim; those behind it may be granted.

        Args:
            claim: a claim that was not granted.
        """
        self._waiting.remove(claim)
        self._changed()

    def put_back(self, claim: StockClaim) -> None:
        """Return claimed cells that were not thawed; those of a lot that has expired meanwhile expire too.

        Args:
            claim: a granted claim.
        """
        self.claimed -= claim.cells
        for lot, part in claim.parts:
            if lot.is_gone:
                self.world.record(events.LOT_EXPIRED, number=lot.number, amount=part)
            else:
                lot.cells += part
                self._shelve(lot, part)
        self._changed()

    def discard(self) -> None:
        """Discard all lots, because nobody will need them."""
        for lot in list(self._lots):
            self._remove(lot, events.CELLS_DISCARDED)
