"""Lots and the bank of cells in one simulated trial: in culture, in testing and on the shelf after each event.

The log says how many cells move, and for a shared bank not from which lot; here that is worked out by the model's rule
that the first to be released is the first to be used.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE

Array = npt.NDArray[np.float64]

FIRST_STOCK = 0  # the number of the cells in the bank on day 0
_NEVER = -1


@dataclass
class LotStory:
    """One lot. Times are rows of the event log; -1 if it did not happen.

    Attributes:
        number: number of the lot; 0 for the first stock.
        started: when it went into culture.
        harvested: when its cells were harvested.
        released: when they were released.
        failed: when it failed.
        suite: its culture suite, from 0; -1 for the first stock.
        cells: cells released.
        left: (row, cells left) at each change since release. Shared lots are used in the order of release, because the
            first to expire is the first to be used.
    """

    number: int
    started: int = _NEVER
    harvested: int = _NEVER
    released: int = _NEVER
    failed: int = _NEVER
    suite: int = _NEVER
    cells: float = 0.0
    left: list[tuple[int, float]] = field(default_factory=list)

    @property
    def remaining(self) -> float:
        """Cells left, so far."""
        return self.left[-1][1] if self.left else 0.0


@dataclass(frozen=True)
class CellStory:
    """All lots, and the bank.

    Attributes:
        lots: in order of number.
        bank: (row, cells in the bank) at each change: released, and not yet thawed, expired or discarded.
    """

    lots: list[LotStory]
    bank: list[tuple[int, float]]


class _Ledger:
    """Follows a log and keeps account of lots and bank."""

    def __init__(self, rows: Array, is_shared: bool, drug_arms: Collection[int]) -> None:
        self._amount = _cells_of_started_doses(rows, drug_arms)
        self._is_shared = is_shared
        self._is_delivered = bool(np.any(rows[:, KIND] == events.COURIER_SENT))
        self.lots: dict[int, LotStory] = {}
        self.bank: list[tuple[int, float]] = []
        self._shelf: list[LotStory] = []
        self._in_suite: dict[int, int] = {}

    def step(self, i: int, row: Array) -> None:
        """One event."""
        kind, number = int(row[KIND]), int(row[NUMBER])
        if kind == events.LOT_STARTED:
            suite = next(k for k in range(len(self._in_suite) + 1) if k not in self._in_suite.values())
            self._in_suite[number] = suite
            self.lots[number] = LotStory(number, started=i, suite=suite)
        elif kind == events.LOT_HARVESTED:
            self._in_suite.pop(number, None)
            self.lots[number].harvested = i
        elif kind == events.LOT_FAILED:
            self.lots[number].failed = i
        elif kind in (events.LOT_RELEASED, events.STOCK_OPENED):
            self._shelve(i, number if kind == events.LOT_RELEASED else FIRST_STOCK, float(row[AMOUNT]))
        elif kind == events.COURIER_SENT:
            self._use(i, float(row[AMOUNT]))
        elif kind == events.DOSE_STARTED and not self._is_delivered:
            self._use(i, self._amount.get(i, 0.0))
        elif kind in (events.LOT_EXPIRED, events.CELLS_DISCARDED):
            self._throw_away(i, number, float(row[AMOUNT]))

    def _change(self, i: int, cells: float) -> None:
        level = self.bank[-1][1] if self.bank else 0.0
        self.bank.append((i, max(level + cells, 0.0)))

    def _shelve(self, i: int, number: int, cells: float) -> None:
        lot = self.lots.setdefault(number, LotStory(number))
        lot.released, lot.cells = i, cells
        lot.left.append((i, cells))
        self._shelf.append(lot)
        self._change(i, cells)

    def _use(self, i: int, cells: float) -> None:
        self._change(i, -cells)
        for lot in list(self._shelf) if self._is_shared else []:
            part = min(cells, lot.remaining)
            if part > 0:
                lot.left.append((i, lot.remaining - part))
                cells -= part
            if lot.remaining <= 0:
                self._shelf.remove(lot)
            if cells <= 0:
                return

    def _throw_away(self, i: int, number: int, cells: float) -> None:
        """Discard a lot; cells that were claimed but not yet thawed remain."""
        self._change(i, -cells)
        lot = self.lots.get(number)
        if lot is not None:
            left = lot.remaining - cells if self._is_shared else 0.0
            lot.left.append((i, max(left, 0.0)))


def _cells_of_started_doses(rows: Array, drug_arms: Collection[int]) -> dict[int, float]:
    """Cells thawed, by the row in which an infusion starts: what was finally given or lost; none for a drug."""
    found: dict[int, float] = {}
    in_arms = rows[(rows[:, KIND] == events.RANDOMISED) & np.isin(rows[:, CODE], list(drug_arms))]
    of_drug = set(zip(in_arms[:, SITE].tolist(), in_arms[:, PERSON].tolist(), strict=True))
    under_way: dict[tuple[float, float], int] = {}
    for i, row in enumerate(rows):
        who = (row[SITE], row[PERSON])
        if who in of_drug:
            continue
        if row[KIND] == events.DOSE_STARTED:
            under_way[who] = i
        elif row[KIND] in (events.DOSE_GIVEN, events.DOSE_LOST) and who in under_way:
            found[under_way.pop(who)] = float(row[AMOUNT])
    return found


def cell_story(rows: Array, is_shared: bool, drug_arms: Collection[int] = ()) -> CellStory:
    """The cells of one simulated trial.

    Args:
        rows: (n, WIDTH) all events in order.
        is_shared: whether all participants share one bank, so that doses can be assigned to lots. For lots made to
            order, the log gives only their sum.
        drug_arms: codes of arms whose doses are of a drug, and take no cells.

    Returns:
        Lots and bank, with times as rows of the log.
    """
    ledger = _Ledger(rows, is_shared, drug_arms)
    for i, row in enumerate(rows):
        ledger.step(i, row)
    return CellStory([ledger.lots[number] for number in sorted(ledger.lots)], ledger.bank)
