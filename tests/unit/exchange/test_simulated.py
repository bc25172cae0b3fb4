"""Data that a simulated trial would have had on a day."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import numpy as np
from conftest import scenario_of

from sim.core import events as e
from sim.core.design import Design
from sim.core.events import Log
from sim.exchange.simulated import _log, _sites, simulated_data

DESIGN = Design(
    scenario_of(
        sites={"b": {"referrals_per_month": 1.0}, "a": {"count": 2, "referrals_per_month": 1.0}},
        arms={"X": {}, "Y": {}},
        follow_up={"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": {"lost": {4: 0.1}}},
    )
)
ROWS = (
    (0.0, e.SITE_ACTIVATED, 2, -1, 0, 0, 0.0),
    (1.5, e.REFERRED, 2, 0, 0, 0, 0.0),
    (2.0, e.SCREENING_STARTED, 2, 0, 1, 0, 0.0),
    (3.0, e.SCREENING_STARTED, 2, 1, 1, 0, 0.0),
    (4.0, e.SITE_ACTIVATED, 0, -1, 0, 0, 0.0),
    (5.0, e.SCREENING_STARTED, 0, 1, 1, 0, 0.0),
    (6.0, e.SCREENING_FAILED, 2, 1, 1, 0, 0.0),
    (6.5, e.TURNED_AWAY, 2, 9, 0, 0, 0.0),  # whose screening never began
    (7.0, e.RANDOMISED, 2, 0, 1, 1, 0.0),
    (8.0, e.SCREENING_STARTED, 2, 1, 2, 0, 0.0),  # again
    (9.0, e.RANDOMISED, 0, 1, 2, 0, 0.0),
    (9.5, e.SCREENING_STARTED, 0, 2, 1, 0, 0.0),
    (10.0, e.TURNED_AWAY, 0, 2, 1, 0, 0.0),
    (20.0, e.LEFT, 2, 0, 1, 0, 0.0),
    (37.0, e.COMPLETED, 0, 1, 2, 0, 0.0),
)


def people(rows: tuple[tuple[float, ...], ...]) -> list[tuple[str, ...]]:
    known = Log(list(rows)).table()
    return [tuple(row) for row in _log(DESIGN, known).to_numpy().tolist()]


def test_a_row_a_person_with_what_is_known_of_them() -> None:
    assert people(ROWS) == [
        ("S001", "b", "2020-01-03", "2020-01-08", "Y", "lost", "2020-01-21"),
        ("S002", "b", "2020-01-04", "", "", "in screening", ""),
        ("S003", "a 1", "2020-01-06", "2020-01-10", "X", "completed", "2020-02-07"),
        ("S004", "a 1", "2020-01-10", "", "", "screen failure", "2020-01-11"),
    ]
    assert [row[5] for row in people(ROWS[:7])] == ["in screening", "screen failure", "in screening"]
    assert [row[5] for row in people(ROWS[:9])] == ["randomised", "screen failure", "in screening"]


def test_a_row_a_site_that_has_opened() -> None:
    known = Log(list(ROWS)).table()
    assert _sites(DESIGN, known).to_numpy().tolist() == [["b", "b", "2020-01-01"], ["a 1", "a", "2020-01-05"]]
    assert _sites(DESIGN, known[:2]).to_numpy().tolist() == [["b", "b", "2020-01-01"]]


def test_only_what_happened_by_the_end_of_the_day_is_known() -> None:
    scenario: Any = scenario_of(trial={"target": 40})
    whole, some = (simulated_data(scenario, 3, 0, until)[0].content for until in (date(2030, 1, 1), date(2020, 3, 31)))
    last, early = (list(csv.DictReader(io.StringIO(content.decode()))) for content in (whole, some))
    assert len(last) == 40
    days = np.array([row["randomised"] for row in last])
    assert len(early) == np.count_nonzero(days <= "2020-03-31") > 0
