"""What each month of a trial cost, worked by hand: months of 30.4375 days, from day 0 on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.cost_months import spending, union, visits_in
from sim.core import events as e
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design

M = MONTH_DAYS
ROWS = (
    (-5.0, e.SITE_ACTIVATED, 0),
    (10.0, e.SITE_ACTIVATED, 1),
    (12.0, e.SCREENING_STARTED, 0, 0),
    (40.0, e.RANDOMISED, 0, 0, 1),
    (41.0, e.LOT_STARTED, -1, -1, 1),
    (M * 2, e.SITE_CLOSED, 1),
    (M * 2, e.DOSE_STARTED, 0, 0, 1),
    (M * 2 + 1, e.VISIT_DONE, 0, 0, 1),
    (M * 2 + 2, e.VISIT_MISSED, 0, 0, 2),
    (M * 2 + 10, e.RECRUITMENT_CLOSED),
    (M * 2 + 10, e.COMPLETED, 0, 0, 1),
)
SITES = {"s": {"referrals_per_month": 3.0, "country": "DE"}, "t": {"referrals_per_month": 3.0}}


def by_month(end: float, rows: tuple[tuple[float, ...], ...] = ROWS, **unit: Any) -> list[list[float]]:
    """Cost by month: of the whole with the site that has no country, and of Germany."""
    design = Design(scenario_of(sites=SITES, costs={"currency": "EUR", **unit}, countries={"DE": {}}))
    found: list[list[float]] = spending(log_of(*rows).table(), design, {"day_end": end}).tolist()
    return found


@pytest.mark.parametrize(
    ("unit", "whole", "germany"),
    [
        ({"site_activation": 7.0}, [7.0, 0.0, 0.0], [7.0, 0.0, 0.0]),
        ({"screening": 3.0}, [0.0, 0.0, 0.0], [3.0, 0.0, 0.0]),
        ({"participant_visit": 5.0}, [0.0, 0.0, 0.0], [0.0, 0.0, 5.0]),
        ({"lot": 11.0}, [0.0, 11.0, 0.0], [0.0, 0.0, 0.0]),
        ({"dose": 2.0}, [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]),
        ({"central_month": M}, [M, M, 10.0], [0.0, 0.0, 0.0]),
        ({"site_month": M}, [M - 10, M, 0.0], [M + 5, M, 10.0]),
        ({"monitoring_visit": {"cost": 1.0, "every_days": 20.0}}, [1.0, 1.0, 0.0], [1.0, 2.0, 0.0]),
    ],
)
def test_what_is_paid_is_of_the_month_and_the_country_in_which_it_is(
    unit: dict[str, Any], whole: list[float], germany: list[float]
) -> None:
    """All that came before day 0 is of the first month; the last month is of ten days."""
    assert by_month(M * 2 + 10, **unit) == [pytest.approx(whole), pytest.approx(germany)]


def test_a_trial_has_a_month_for_each_that_it_began_and_one_at_least() -> None:
    for end, n in ((0.0, 1), (1.0, 1), (M, 1), (M + 1, 2)):
        rows = ((-5.0, e.SITE_ACTIVATED, 1),)
        (whole, germany) = by_month(end, rows, site_activation=7.0, central_month=M)
        assert (len(whole), len(germany)) == (n, n)
        assert sum(whole) == pytest.approx(7.0 + end)


def test_intervals_that_touch_or_overlap_are_one() -> None:
    spans = np.array([[5.0, 6.0], [0.0, 2.0], [1.0, 3.0], [3.0, 4.0], [1.0, 1.5]])
    assert union(spans).tolist() == [[0.0, 4.0], [5.0, 6.0]]


def test_a_monitor_comes_each_so_many_days_of_work() -> None:
    """Every 3 days of [0, 4] and [10, 15]: on day 3, and after one and two more days on 12 and 15."""
    assert visits_in(np.array([[0.0, 4.0], [10.0, 15.0]]), 3.0).tolist() == [3.0, 12.0, 15.0]
