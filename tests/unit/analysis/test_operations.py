"""When sites were open for patients; waits and shares are counted by hand in `test_reduce.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from conftest import scenario_of
from small_world import log_of

from sim.analysis.index import EventIndex
from sim.analysis.logs import Logs
from sim.analysis.operations import looking, operations
from sim.core import events as e
from sim.core.design import Design

FIRST = log_of(
    (-5.0, e.SITE_ACTIVATED, 1),
    (4.0, e.SITE_ACTIVATED, 0),
    (6.0, e.SCREENING_STARTED, 0, 0),
    (9.0, e.RECRUITMENT_CLOSED),
    (12.0, e.RECRUITMENT_REOPENED),
    (15.0, e.SITE_CLOSED, 1),
    (16.0, e.SCREENING_FAILED, 0, 0),
)
SECOND = log_of((2.0, e.SITE_ACTIVATED, 1), (3.0, e.SCREENING_STARTED, 1, 0), (7.0, e.SCREENING_PASSED, 1, 0))
INDEX = EventIndex(Logs.joined([Logs.of(FIRST), Logs.of(SECOND)]))


def test_sites_look_from_activation_to_closing_while_recruitment_is_open() -> None:
    """Two stretches each in the first trial, from day 0 at the earliest; one in the second, which ends on day 30."""
    spans, activation = looking(INDEX, np.array([20.0, 30.0]), 0.0)
    assert spans.tolist() == [[0.0, 9.0], [12.0, 15.0], [4.0, 9.0], [12.0, 20.0], [2.0, 30.0]]
    assert activation.tolist() == [0, 0, 1, 1, 2]
    assert looking(INDEX, np.array([20.0, 30.0]), -np.inf)[0][0].tolist() == [-5.0, 9.0]


def test_coordinators_are_busy_while_they_screen_at_a_site_that_looks() -> None:
    """Of one coordinator each: 3 and 4 of 25 days in the first trial, 4 of 28 in the second."""
    sites = {"s": {"count": 2, "referrals_per_month": 1.0, "coordinators": 1, "infusion_bays": 1}}
    columns: dict[str, Any] = {"day_end": np.array([20.0, 30.0])}
    operations(columns, Design(scenario_of(sites=sites)), INDEX)
    assert columns["share_coordinators_busy"].tolist() == [7 / 25, 4 / 28]
    assert columns["share_bays_busy"].tolist() == columns["rate_per_month"].tolist() == [0.0, 0.0]


def test_a_site_that_closed_without_being_opened_is_no_other() -> None:
    log = log_of((0.0, e.SITE_ACTIVATED, 0), (3.0, e.SITE_CLOSED, 1), (4.0, e.SITE_CLOSED, 2))
    spans, _ = looking(EventIndex(log), np.array([9.0]), 0.0)
    assert spans.tolist() == [[0.0, 9.0]]
