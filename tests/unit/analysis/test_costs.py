"""What a trial cost, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.costs import costs, site_stretches
from sim.analysis.grouped import lengths_of_unions
from sim.analysis.index import EventIndex
from sim.core import events as e
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import Log

LOG = log_of(
    (-5.0, e.SITE_ACTIVATED, 0),
    (10.0, e.SITE_ACTIVATED, 1),
    (12.0, e.SCREENING_STARTED, 0, 0),
    (14.0, e.SCREENING_STARTED, 0, 1),
    (20.0, e.RANDOMISED, 0, 0, 1),
    (22.0, e.DOSE_STARTED, 0, 0, 1),
    *((day, e.LOT_STARTED, -1, -1, day) for day in (23.0, 24.0, 25.0)),
    (30.0, e.SITE_CLOSED, 1),
    (40.0, e.RECRUITMENT_CLOSED),
    (60.0, e.COMPLETED, 0, 0, 1),
    visits=((27.0, e.VISIT_DONE, 0, 0, 1), (34.0, e.VISIT_MISSED, 0, 0, 2), (60.0, e.VISIT_DONE, 0, 0, 3)),
)


@pytest.mark.parametrize(
    ("stretches", "days"),
    [
        ([], 0.0),
        ([(0, 5)], 5.0),
        ([(0, 5), (3, 8)], 8.0),
        ([(3, 8), (0, 5)], 8.0),
        ([(0, 9), (2, 4)], 9.0),
        ([(0, 2), (5, 6)], 3.0),
        ([(0, 2), (2, 4), (7, 7)], 4.0),
    ],
)
def test_days_that_are_in_any_stretch(stretches: list[tuple[float, float]], days: float) -> None:
    spans = np.array(stretches, dtype=float).reshape(-1, 2)
    assert lengths_of_unions(spans, np.zeros(len(spans), dtype=int), 1).tolist() == [days]


def site_days(log: Log, end: float) -> list[float]:
    index = EventIndex(log)
    found = lengths_of_unions(*site_stretches(index, np.array([end])), len(index.of(e.SITE_ACTIVATED)))
    return found.tolist()  # type: ignore[no-any-return]


def test_a_site_counts_while_it_recruits_or_follows_somebody() -> None:
    """Site 0 from its activation to its last participant's end; site 1 until it closed."""
    assert site_days(LOG, 100.0) == [65.0, 20.0]


def test_a_site_costs_nothing_between_the_target_and_a_reopening() -> None:
    log = log_of((0.0, e.SITE_ACTIVATED, 0), (10.0, e.RECRUITMENT_CLOSED), (30.0, e.RECRUITMENT_REOPENED))
    assert site_days(log, 50.0) == [30.0]


def test_who_has_not_ended_is_followed_to_the_end() -> None:
    log = log_of((0.0, e.SITE_ACTIVATED, 0), (5.0, e.RANDOMISED, 0, 0, 1), (10.0, e.RECRUITMENT_CLOSED))
    assert site_days(log, 50.0) == [50.0]


def priced(**unit: Any) -> Design:
    two = {"s": {"count": 2, "referrals_per_month": 3.0}}
    return Design(scenario_of(sites=two, costs={"currency": "EUR", **unit}))


ROW = {"day_end": np.array([100.0]), "n_sites_activated": np.array([2])}


@pytest.mark.parametrize(
    ("unit", "part", "cost"),
    [
        ({"site_activation": 7.0}, "sites", 14.0),
        ({"site_month": 30.4375}, "sites", 85.0),
        ({"screening": 3.0}, "screening", 6.0),
        ({"participant_visit": 5.0}, "visits", 10.0),
        ({"lot": 11.0}, "cells", 33.0),
        ({"dose": 2.0}, "cells", 2.0),
        ({"central_month": 30.4375}, "central", 100.0),
        ({"monitoring_visit": {"cost": 2.0, "every_days": 10.0}}, "monitoring", 2.0 * (6 + 2)),
        ({"monitoring_visit": {"cost": 2.0, "every_days": 33.0}}, "monitoring", 2.0),
    ],
)
def test_each_price_is_of_its_own_part(unit: dict[str, Any], part: str, cost: float) -> None:
    """Two sites of 65 and 20 days, two screenings, two visits that took place, three lots and a dose, 100 days."""
    found = costs(dict(ROW), priced(**unit), EventIndex(LOG))
    assert found[f"cost_{part}"] == pytest.approx(cost)
    assert found["cost"] == pytest.approx(cost)
    assert math.fsum(value[0] for name, value in found.items() if name != "cost") == pytest.approx(cost)


def test_an_uncertain_price_is_this_trial_s() -> None:
    uncertain = {"uncertain": "uniform", "low": 1.0, "high": 9.0}
    row = ROW | {"value_costs.screening": np.array([4.5])}
    assert costs(row, priced(screening=uncertain), EventIndex(LOG))["cost_screening"] == 9.0


def test_a_month_is_the_mean_month() -> None:
    found = costs({**ROW, "day_end": np.array([MONTH_DAYS])}, priced(central_month=100.0), EventIndex(log_of()))
    assert found["cost"] == pytest.approx(100.0)


def test_an_amendment_changes_prices_from_its_day_on() -> None:
    """Two screenings, on days 12 and 14; two sites from -5 to 60 and from 10 to 30, of which 13 come before day 13."""
    new = {"screening": 5.0, "site_month": 3 * MONTH_DAYS, "central_month": 2 * MONTH_DAYS}
    amendments = {
        "other": {"on": "2020-02-20", "costs": {"central_month": 0.0}},
        "dearer": {"on": "2020-01-14", "costs": new},
    }
    unit = {"screening": 3.0, "site_month": MONTH_DAYS, "central_month": MONTH_DAYS, "lot": 9.0}
    two = {"s": {"count": 2, "referrals_per_month": 3.0}}
    design = Design(scenario_of(sites=two, costs={"currency": "EUR", **unit}, amendments=amendments))
    in_force = ((13.0, "dearer"), (50.0, "other"))
    changes = [(day, e.AMENDMENT_IN_FORCE, -1, -1, 0, list(design.amendments).index(name)) for day, name in in_force]
    rows = [row for row in LOG.rows if row[1] != e.LOT_STARTED]
    log = log_of(*sorted([*rows, *changes], key=lambda row: row[0]))
    found = costs(dict(ROW), design, EventIndex(log))
    assert found["cost_screening"] == pytest.approx(3.0 + 5.0)
    assert found["cost_sites"] == pytest.approx((18 + 3) + 3 * (47 + 17))
    assert found["cost_central"] == pytest.approx(13 + 2 * 37 + 0.0)
    assert found["cost_cells"] == 0.0
