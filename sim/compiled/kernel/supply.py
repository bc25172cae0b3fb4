"""The bank of cells: lots from culture to stock, and claims on them. See `sim.processes.cells` and `.stock`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import happens, plan, record
from sim.compiled.kernel.gate import admit_next, awaited, expects_more, free_cells, nearly
from sim.compiled.layout import (
    CELLS,
    CLAIM_GRANTED,
    CLAIM_THAWED,
    CLAIM_WAITS,
    LOT_EXPIRES,
    LOT_STEP,
    NEEDS_LOTS,
    NEEDS_ROOM,
    NO_CLAIM,
    NOBODY,
)
from sim.compiled.memory import lot_draws, lots, parts, people, rules_of
from sim.core import events
from sim.core.decisions import ROUNDING


@compiled
def _wanted(w: Any) -> float:
    """Cells, free or on the way, below which a lot is started."""
    rules = rules_of(w)
    by_rule = rules.reorder_below if expects_more(w) else 0.0
    return max(by_rule, rules.doses_needed * awaited(w)) if rules.doses_needed else by_rule


@compiled
def look(w: Any) -> None:
    """Start lots while free cells and those on the way are below the reorder level and a suite is free."""
    t, rules = w, rules_of(w)
    if not rules.has_cells:
        return
    while t.n_in_culture < rules.n_suites and not t.ended_dosing:
        position = free_cells(w) + (t.n_on_the_way + ROUNDING) * rules.expected_yield
        if position >= rules.most_wanted or position >= _wanted(w):
            return
        n = t.n_lots
        if n >= w.room_lots:
            t.status, t.is_finished = NEEDS_LOTS, 1
            return
        t.n_in_culture += 1
        t.n_on_the_way += 1
        t.n_lots += 1
        lots(w, n + 1).is_harvested = 0
        record(w, events.LOT_STARTED, -1, -1, float(n + 1), 0, 0.0)
        plan(w, t.now + lot_draws(w, n).culture_days, LOT_STEP, n + 1)


@compiled
def lot_goes_on(w: Any, lot: int) -> None:
    """A lot is harvested; or its release testing is over."""
    t, n, one = w, lot - 1, lots(w, lot)
    if not one.is_harvested:
        one.is_harvested = 1
        one.cells = lot_draws(w, n).cells
        record(w, events.LOT_HARVESTED, -1, -1, float(lot), 0, one.cells)
        t.n_in_culture -= 1
        look(w)
        plan(w, t.now + lot_draws(w, n).release_days, LOT_STEP, lot)
        return
    t.n_on_the_way -= 1
    if lot_draws(w, n).failure_u < rules_of(w).p_failure:
        record(w, events.LOT_FAILED, -1, -1, float(lot), 0, one.cells)
        look(w)
    else:
        record(w, events.LOT_RELEASED, -1, -1, float(lot), 0, one.cells)
        add_lot(w, lot, one.cells)


@compiled
def add_lot(w: Any, lot: int, cells: float) -> None:
    """Add a released lot to stock, and grant waiting claims."""
    one = lots(w, lot)
    one.cells, one.is_gone, one.is_on_shelf = cells, 0, 0
    one.expires = w.now + rules_of(w).shelf_life
    _shelve(w, lot, cells)
    plan(w, one.expires, LOT_EXPIRES, lot)
    _changed(w)


@compiled
def open_bank(w: Any) -> None:
    """The cells in the bank on day 0."""
    cells = rules_of(w).start_cells
    if cells > 0:
        record(w, events.STOCK_OPENED, -1, -1, 0.0, 0, cells)
        add_lot(w, 0, cells)
    look(w)


@compiled
def _shelve(w: Any, lot: int, cells: float) -> None:
    """Count cells of a lot as in stock."""
    t, one = w, lots(w, lot)
    t.stock_cells += cells
    if one.is_on_shelf:
        return
    one.is_on_shelf = 1
    before = t.last_lot
    while before != NOBODY and _is_later(w, before, lot):
        before = lots(w, before).lot_before
    after = t.first_lot if before == NOBODY else lots(w, before).next_lot
    one.lot_before, one.next_lot = before, after
    if before == NOBODY:
        t.first_lot = lot
    else:
        lots(w, before).next_lot = lot
    if after == NOBODY:
        t.last_lot = lot
    else:
        lots(w, after).lot_before = lot
    t.n_shelf += 1


@compiled
def _is_later(w: Any, one: int, other: int) -> bool:
    first, second = lots(w, one), lots(w, other)
    return first.expires > second.expires or (first.expires == second.expires and one > other)


@compiled
def _off_shelf(w: Any, lot: int) -> None:
    t, one = w, lots(w, lot)
    if one.lot_before == NOBODY:
        t.first_lot = one.next_lot
    else:
        lots(w, one.lot_before).next_lot = one.next_lot
    if one.next_lot == NOBODY:
        t.last_lot = one.lot_before
    else:
        lots(w, one.next_lot).lot_before = one.lot_before
    t.n_shelf -= 1
    one.is_on_shelf = 0


@compiled
def lot_expires(w: Any, lot: int) -> None:
    """Discard a lot's remaining cells."""
    t, one = w, lots(w, lot)
    one.is_gone = 1
    if one.is_on_shelf:
        _off_shelf(w, lot)
        t.stock_cells = t.stock_cells - one.cells if t.n_shelf > 0 else 0.0
        record(w, events.LOT_EXPIRED, -1, -1, float(lot), 0, one.cells)
        look(w)


@compiled
def _changed(w: Any) -> None:
    """There may be more cells: for claims, for those who wait for randomisation, or for fewer lots."""
    t = w
    while t.first_claim != NOBODY:
        p = t.first_claim
        if not _reserve(w, p):
            break
        _leave_claims(w, p)
    more_cells(w)


@compiled
def more_cells(w: Any) -> None:
    """Start lots if needed, and admit the next person if there are cells for them."""
    look(w)
    admit_next(w)


@compiled
def _leave_claims(w: Any, p: int) -> None:
    """Take a claim out of the queue."""
    t, before, at = w, NOBODY, w.first_claim
    while at != p:
        before, at = at, people(w, at).next_claim
    after = people(w, p).next_claim
    if before == NOBODY:
        t.first_claim = after
    else:
        people(w, before).next_claim = after
    if t.last_claim == p:
        t.last_claim = before


@compiled
def claim(w: Any, p: int) -> bool:
    """Claim the cells of one dose; whether they are granted at once."""
    t, person = w, people(w, p)
    if not rules_of(w).has_cells:
        person.claim = CLAIM_GRANTED
        return True
    person.first_part = NOBODY
    person.claim = CLAIM_WAITS
    if t.first_claim == NOBODY and _reserve(w, p):
        return True
    person.next_claim = NOBODY
    if t.first_claim == NOBODY:
        t.first_claim = p
    else:
        people(w, t.last_claim).next_claim = p
    t.last_claim = p
    return False


@compiled
def _reserve(w: Any, p: int) -> bool:
    """Reserve cells for a claim, first to expire first; whether there are enough."""
    t, person = w, people(w, p)
    missing = person.cells
    if t.stock_cells < nearly(missing):
        return False
    t.stock_cells -= missing
    t.stock_claimed += missing
    while missing > 0 and t.n_shelf > 0:
        lot = t.first_lot
        part = missing
        if lots(w, lot).cells <= missing:
            part = lots(w, lot).cells
            _off_shelf(w, lot)
        lots(w, lot).cells -= part
        missing -= part
        if not _add_part(w, p, lot, part):
            return True
    if t.n_shelf == 0:
        t.stock_cells = 0.0
    person.claim = CLAIM_GRANTED
    if person.state == CELLS:
        happens(w, p)
    return True


@compiled
def _add_part(w: Any, p: int, lot: int, cells: float) -> bool:
    """Note that a claim takes cells from a lot; whether there is room for that."""
    person, k = people(w, p), w.free_part
    if k != NOBODY:
        w.free_part = parts(w, k).next
    elif w.n_parts < w.room_parts:
        k = w.n_parts
        w.n_parts += 1
    else:
        w.status, w.is_finished = NEEDS_ROOM, 1
        return False
    parts(w, k).lot, parts(w, k).cells, parts(w, k).next = lot, cells, NOBODY
    if person.first_part == NOBODY:
        person.first_part = k
    else:
        parts(w, person.last_part).next = k
    person.last_part = k
    return True


@compiled
def _forget_parts(w: Any, p: int) -> None:
    """Make the room of a claim's parts free for others."""
    person = people(w, p)
    if person.first_part != NOBODY:
        parts(w, person.last_part).next = w.free_part
        w.free_part = person.first_part
        person.first_part = NOBODY


@compiled
def cancel(w: Any, p: int) -> None:
    """Give up a claim: granted cells go back unless they are thawed, and a waiting claim leaves the queue."""
    t, person = w, people(w, p)
    state = person.claim
    person.claim = NO_CLAIM
    if state in (NO_CLAIM, CLAIM_THAWED) or not rules_of(w).has_cells:
        return
    if state == CLAIM_WAITS:
        _leave_claims(w, p)
    else:
        t.stock_claimed -= person.cells
        k = person.first_part
        while k != NOBODY:
            lot, part = parts(w, k).lot, parts(w, k).cells
            k = parts(w, k).next
            if lots(w, lot).is_gone:
                record(w, events.LOT_EXPIRED, -1, -1, float(lot), 0, part)
            else:
                lots(w, lot).cells += part
                _shelve(w, lot, part)
        _forget_parts(w, p)
    _changed(w)


@compiled
def thaw(w: Any, p: int) -> None:
    """Use the claimed cells now."""
    t, person = w, people(w, p)
    person.claim = CLAIM_THAWED
    _forget_parts(w, p)
    if rules_of(w).has_cells:
        t.stock_claimed -= person.cells
        t.promised -= person.cells


@compiled
def less_due(w: Any, cells: float) -> None:
    """Subtract cells that a participant is no longer due."""
    if rules_of(w).has_cells:
        w.promised -= cells
        more_cells(w)


@compiled
def more_due(w: Any, cells: float) -> None:
    """Add cells that a participant is due."""
    if rules_of(w).has_cells:
        w.promised += cells
        look(w)
