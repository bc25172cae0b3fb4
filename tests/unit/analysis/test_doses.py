"""Doses and cells of a trial that is written down event by event, counted by hand."""

from __future__ import annotations

from typing import Any

from conftest import scenario_of
from small_world import log_of

from sim.analysis.doses import cells, doses
from sim.analysis.index import EventIndex
from sim.analysis.logs import Logs
from sim.core import events as e
from sim.core.design import Design

ARMS = {"A": {"allocation": 2, "doses": {"weeks": [0, 1], "cells_per_kg": 1.0}}, "B": {}}
DESIGN = Design(scenario_of(trial={"target": 2}, arms=ARMS))


def measured(*rows: tuple[float, ...]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    index = EventIndex(Logs.of(log_of(*rows)))
    doses(columns, DESIGN, index)
    cells(columns, DESIGN, index)
    return {name: values.tolist()[0] for name, values in columns.items()}


def test_doses_that_were_missed_or_lost() -> None:
    rows = [
        (1.0, e.DOSE_MISSED, 0, 0, 1, e.MISSED_CELLS),
        (2.0, e.DOSE_MISSED, 0, 0, 2, e.MISSED_CELLS),
        (3.0, e.DOSE_LOST, 0, 0, 3, e.LOST_BEDSIDE, 7.0),
        (9.0, e.TRIAL_ENDED),
    ]
    found = measured(*rows)
    assert (found["n_doses_missed_no_cells"], found["n_doses_missed_unfit"], found["n_doses_lost"]) == (2, 0, 1)


def test_cells_are_conserved() -> None:
    """50 on day 0 and 100 made; 20 infused, 5 lost, 10 expired, 3 discarded, and a lot of 30 that failed."""
    rows = [
        (0.0, e.STOCK_OPENED, -1, -1, 0, 0, 50.0),
        (1.0, e.LOT_STARTED, -1, -1, 1),
        (2.0, e.LOT_HARVESTED, -1, -1, 1, 0, 70.0),
        (2.0, e.LOT_HARVESTED, -1, -1, 2, 0, 30.0),
        (3.0, e.LOT_RELEASED, -1, -1, 1, 0, 70.0),
        (3.0, e.LOT_FAILED, -1, -1, 2, 0, 30.0),
        (4.0, e.RANDOMISED, 0, 0, 1, 0),
        (4.0, e.DOSE_GIVEN, 0, 0, 1, 0, 20.0),
        (5.0, e.DOSE_LOST, 0, 0, 1, 0, 5.0),
        (6.0, e.LOT_EXPIRED, -1, -1, 1, 0, 10.0),
        (7.0, e.CELLS_DISCARDED, -1, -1, 1, 0, 3.0),
        (9.0, e.TRIAL_ENDED),
    ]
    found = measured(*rows)
    assert (found["n_lots_started"], found["n_lots_released"], found["n_lots_failed"]) == (1, 1, 1)
    amounts = ("opening", "made", "failed", "infused", "lost", "expired", "discarded", "in_stock")
    assert [found[f"cells_{name}"] for name in amounts] == [50.0, 100.0, 30.0, 20.0, 5.0, 10.0, 3.0, 82.0]
    nothing_made = [(4.0, e.RANDOMISED, 0, 0, 1, 0), (4.0, e.DOSE_GIVEN, 0, 0, 1, 0, 20.0), (9.0, e.TRIAL_ENDED)]
    assert measured(*nothing_made)["cells_in_stock"] == 0.0


def test_a_participant_is_complete_with_all_doses_of_the_arm() -> None:
    """Of two in the arm with two doses, the second gets one; the referrals are not in the order of randomisation."""
    rows = [
        (1.0, e.RANDOMISED, 0, 5, 1, 0),
        (2.0, e.RANDOMISED, 0, 3, 2, 0),
        *[(day, e.DOSE_GIVEN, 0, 5, week, 0, 9.0) for day, week in ((3.0, 0), (10.0, 1))],
        (4.0, e.DOSE_GIVEN, 0, 3, 0, 0, 9.0),
        (11.0, e.TRIAL_ENDED),
    ]
    assert measured(*rows)["n_all_doses"] == 1
