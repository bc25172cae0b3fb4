"""Measures of doses, drugs and cells: doses by what became of them, and the balance of cells from lot to infusion.

The log is all they read, like `sim.analysis.reduce`, which calls them. An amount is in cells where an arm has cells,
and in the unit of the drug otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import sums
from sim.analysis.index import EventIndex
from sim.analysis.modelled import has_couriers
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, VOCABULARIES

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

_LATE_DAYS = 0.5  # from the day on which a dose is due


def doses(columns: Columns, design: Design, index: EventIndex) -> None:
    """Add numbers of doses by what became of them, and of reactions.

    Args:
        columns: (n,) measures so far, by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    is_late = index.of(events.DOSE_STARTED)[:, AMOUNT] > _LATE_DAYS
    columns["n_doses_due"] = index.count(events.DOSE_DUE)
    columns["n_doses_given"] = index.count(events.DOSE_GIVEN)
    columns["n_doses_late"] = np.bincount(index.replications(events.DOSE_STARTED)[is_late], minlength=index.n)
    columns["n_doses_lost"] = index.count(events.DOSE_LOST)
    reasons = VOCABULARIES["dose_missed"]
    missed = index.codes(events.DOSE_MISSED, len(reasons))
    columns |= {f"n_doses_missed_{reason}": n for reason, n in zip(reasons, missed.T, strict=True)}
    columns["n_reactions_mild"], columns["n_reactions_severe"] = index.codes(events.REACTION, 2).T
    columns["n_all_doses"] = _n_all_doses(design, index)


def _randomisations(index: EventIndex, people: Integers) -> Integers:
    """Places of people's randomisations among those of all replications."""
    participants = index.people(events.RANDOMISED)
    order = np.argsort(participants)
    found: Integers = order[np.searchsorted(participants[order], people)]
    return found


def _n_all_doses(design: Design, index: EventIndex) -> Integers:
    """Number of participants who got every dose of their arm."""
    most = np.array([len(arm.doses.weeks) if arm.doses else -1 for arm in design.arms])
    people, counts = np.unique(index.people(events.DOSE_GIVEN), return_counts=True)
    who = _randomisations(index, people)
    got_all = counts == most[index.of(events.RANDOMISED)[who, CODE].astype(np.int64)]
    return np.bincount(index.replications(events.RANDOMISED)[who[got_all]], minlength=index.n)


def cells(columns: Columns, design: Design, index: EventIndex) -> None:
    """Add the balance of cells: where they came from and where they went; deliveries; and amounts of drugs, by arm.

    Cells in stock at the end are 0 in a trial without a bank or a lot: doses then come from nowhere.

    Args:
        columns: (n,) measures so far, by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """

    def amount(kind: int) -> Array:
        return sums(index.of(kind)[:, AMOUNT], index.starts(kind))

    columns["n_lots_started"] = index.count(events.LOT_STARTED)
    columns["n_lots_released"] = index.count(events.LOT_RELEASED)
    columns["n_lots_failed"] = index.count(events.LOT_FAILED)
    made = index.count(events.STOCK_OPENED) + index.count(events.LOT_STARTED) > 0
    opening, harvested = amount(events.STOCK_OPENED), amount(events.LOT_HARVESTED)
    used = {
        "failed": amount(events.LOT_FAILED),
        "infused": amount(events.DOSE_GIVEN) - _drugs(columns, design, index, "given", events.DOSE_GIVEN),
        "lost": amount(events.DOSE_LOST) - _drugs(columns, design, index, "lost", events.DOSE_LOST),
        "expired": amount(events.LOT_EXPIRED),
        "discarded": amount(events.CELLS_DISCARDED),
    }
    if has_couriers(design.scenario):
        used["lost_with_couriers"] = amount(events.COURIER_LOST)
        _deliveries(columns, index)
    columns |= {"cells_opening": opening, "cells_made": harvested} | {f"cells_{way}": n for way, n in used.items()}
    columns["cells_in_stock"] = np.where(made, opening + harvested - sum(used.values()), 0.0)


def _drugs(columns: Columns, design: Design, index: EventIndex, word: str, kind: int) -> Array | float:
    """Amounts of drugs given or lost, by arm; returns their sum over all arms with a drug."""
    drugs = [arm for arm in design.arms if arm.doses and arm.doses.is_drug]
    if not drugs:
        return 0.0
    arms = index.of(events.RANDOMISED)[_randomisations(index, index.people(kind)), CODE]
    total = np.zeros(index.n)
    for arm in drugs:
        amounts = np.where(arms == arm.index, index.of(kind)[:, AMOUNT], 0.0)
        columns[f"amount_{word}_{arm.name}"] = found = sums(amounts, index.starts(kind))
        total += found
    return total


def _deliveries(columns: Columns, index: EventIndex) -> None:
    """Deliveries by what became of them."""
    reasons = VOCABULARIES["courier_lost"]
    lost = index.codes(events.COURIER_LOST, len(reasons))
    arrived = index.count(events.COURIER_ARRIVED)
    days = sums(index.of(events.COURIER_ARRIVED)[:, AMOUNT], index.starts(events.COURIER_ARRIVED))
    columns["n_deliveries"] = index.count(events.COURIER_SENT)
    columns |= {f"n_deliveries_{reason}": n for reason, n in zip(reasons, lost.T, strict=True)}
    columns["delivery_days"] = np.where(arrived > 0, days / np.maximum(arrived, 1), np.nan)
