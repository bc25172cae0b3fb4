"""Tables of what a run leaves, and back to what they were made from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.from_tables import event_rows, replication_values
from sim.analysis.measures import Measure
from sim.analysis.tables import (
    PARTICIPANT_COLUMNS,
    EnrolmentCurves,
    event_table,
    participant_table,
    replication_table,
    site_names,
    vocabulary,
)
from sim.core import events as e
from sim.core.design import Design

NAN = math.nan
DESIGN = Design(
    scenario_of(
        trial={"target": 3},
        sites={"b": {"referrals_per_month": 1.0}, "a": {"count": 2, "referrals_per_month": 1.0}},
        arms={"X": {}, "Y": {}},
        follow_up={"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": {"lost": {4: 0.1}}},
        patients={"conditions": {"sick": 0.1}},
        screening={"criteria": {"well": {"stage": "tests", "none": ["sick"]}}},
        caps={"full": {"randomised": 3}},
    )
)
MEASURES = [
    Measure("outcome", "code", ""),
    Measure("reached", "0 or 1", ""),
    Measure("day_end", "days", ""),
    Measure("n_referred", "count", ""),
]
VALUES = np.array([[0.0, 1.0, 5.5, 7.0], [1.0, 0.0, NAN, 0.0], [NAN] * 4])


def test_a_row_a_replication() -> None:
    """Outcomes are words; what never came, and all of a replication that raised, is null."""
    table = replication_table(MEASURES, 10, VALUES)
    assert table.to_pylist() == [
        {"replication": 10, "outcome": "complete", "reached": True, "day_end": 5.5, "n_referred": 7},
        {"replication": 11, "outcome": "horizon", "reached": False, "day_end": None, "n_referred": 0},
        {"replication": 12, "outcome": "error", "reached": False, "day_end": None, "n_referred": None},
    ]


def test_a_table_is_read_back_as_it_was_written() -> None:
    assert np.array_equal(replication_values(MEASURES, replication_table(MEASURES, 10, VALUES)), VALUES, equal_nan=True)


def test_words_for_codes_are_those_of_the_scenario() -> None:
    assert vocabulary(DESIGN, e.RANDOMISED) == ("X", "Y")
    assert vocabulary(DESIGN, e.LEFT) == ("lost",)
    assert vocabulary(DESIGN, e.CHART_FAILED) == ("well",)
    assert vocabulary(DESIGN, e.SCREENING_FAILED) == ("deteriorated", "window", "well")
    assert vocabulary(DESIGN, e.TURNED_AWAY)[e.AWAY_CAP] == "full"
    assert vocabulary(DESIGN, e.CAP_REACHED) == ("full",)
    assert vocabulary(DESIGN, e.PAUSED) == e.VOCABULARIES["pause"]
    assert vocabulary(DESIGN, e.REFERRED) == ()


def test_sites_are_named_by_group_and_number() -> None:
    assert site_names(DESIGN) == ["a/1", "a/2", "b/1"]


LOG = log_of(
    (1.0, e.SITE_ACTIVATED, 2, -1, 0, 0, 3.5),
    (2.0, e.REFERRED, 2, 0),
    (2.0, e.CONSENT_GIVEN, 2, 0, 1),
    (3.0, e.SCREENING_STARTED, 2, 0, 1),
    (4.0, e.SCREENING_STARTED, 2, 0, 2),
    (5.0, e.RANDOMISED, 2, 0, 1, 1),
    (5.0, e.PAUSED, -1, -1, 0, e.PAUSE_HOLD),
    (6.0, e.RANDOMISED, 0, 4, 2, 0),
    (7.0, e.DOSE_STARTED, 2, 0, 1, 0, 0.5),
    (7.5, e.DOSE_GIVEN, 2, 0, 1, 0, 9.0),
    (8.0, e.DOSE_STARTED, 2, 0, 2, 0, 0.0),
    (9.0, e.DOSE_MISSED, 2, 0, 3, e.MISSED_BAY),
    (10.0, e.VISIT_DONE, 2, 0, 4),
    (10.0, e.VISIT_MISSED, 0, 4, 4),
    (11.0, e.LEFT, 2, 0, 1, 0),
    (11.0, e.REPLACED, 2, 0, 1),
    (12.0, e.COMPLETED, 0, 4, 2),
)


def test_events_have_words_and_only_what_their_kind_has() -> None:
    """A number, a detail and an amount are null where the kind has none, and so are sites and patients."""
    rows = event_table(DESIGN, 4, LOG.table()).to_pylist()
    assert rows[0] == {
        "replication": 4,
        "day": 1.0,
        "event": "site.activated",
        "site": "b/1",
        "patient": None,
        "number": None,
        "detail": None,
        "amount": 3.5,
    }
    by_event = {row["event"]: row for row in reversed(rows)}
    assert (by_event["participant.randomised"]["detail"], by_event["participant.randomised"]["number"]) == ("Y", 1.0)
    assert by_event["participant.randomised"]["patient"] == 1
    assert (by_event["enrolment.paused"]["site"], by_event["enrolment.paused"]["detail"]) == (None, "hold")
    assert (by_event["dose.missed"]["detail"], by_event["dose.missed"]["amount"]) == ("no_bay", None)


def test_events_are_read_back_as_they_happened() -> None:
    rows = LOG.table()
    assert np.array_equal(event_rows(DESIGN, event_table(DESIGN, 4, rows)), rows)


def test_a_row_a_participant() -> None:
    """First times, counts, and how they left."""
    first, second = participant_table(DESIGN, 4, LOG.table()).to_pylist()
    assert first == {
        "replication": 4,
        "participant": 1,
        "site": "b/1",
        "patient": 1,
        "arm": "Y",
        "referred_day": 2.0,
        "consented_day": 2.0,
        "screening_day": 3.0,
        "randomised_day": 5.0,
        "first_dose_day": 7.0,
        "n_doses_given": 1,
        "n_doses_missed": 1,
        "n_visits_done": 1,
        "n_visits_missed": 0,
        "way_out": "lost",
        "out_day": 11.0,
        "replaced": True,
    }
    assert (second["site"], second["patient"], second["arm"]) == ("a/1", 5, "X")
    assert (second["way_out"], second["out_day"], second["replaced"]) == ("completed", 12.0, False)
    assert (second["first_dose_day"], second["n_visits_missed"]) == (None, 1)
    empty = participant_table(DESIGN, 4, LOG.table()[:2])
    assert (empty.num_rows, empty.column_names) == (0, list(PARTICIPANT_COLUMNS))


def test_enrolment_curves_are_quantiles_of_the_number_by_each_day() -> None:
    """Four trials with 0, 1, 2 and 3 randomised before day 2; a randomisation counts from the next morning on."""
    curves = EnrolmentCurves(3.0)
    for n in range(4):
        curves.add(np.array([0.5, 1.2, 1.9][:n]))
    rows = curves.table().to_pylist()
    assert [row["day"] for row in rows] == [0, 1, 2, 3]
    assert [row["mean"] for row in rows] == [0.0, 0.75, 1.5, 1.5]
    assert [rows[2][name] for name in ("p05", "p25", "p50", "p75", "p90", "p95")] == [0, 0, 1, 2, 3, 3]


@pytest.mark.parametrize("n", [1, 7, 40])
def test_a_curve_s_quantile_is_the_smallest_that_the_share_does_not_exceed(n: int) -> None:
    """As of any sample, whatever its size; more participants than were thought of at first make room."""
    numbers = np.random.default_rng(n).integers(0, 200, n)
    curves = EnrolmentCurves(5.0)
    for number in numbers:
        curves.add(np.linspace(0.1, 0.9, number))
    last = curves.table().to_pylist()[-1]
    for q in EnrolmentCurves.QUANTILES:
        expected = np.quantile(numbers, q, method="inverted_cdf")
        assert last[f"p{round(100 * q):02d}"] == expected
    assert last["mean"] == pytest.approx(numbers.mean())
    assert EnrolmentCurves(5.0).table().to_pylist()[-1]["mean"] == 0.0


def test_what_comes_after_the_horizon_counts_on_the_last_day() -> None:
    curves = EnrolmentCurves(2.5)
    curves.add(np.array([2.9, 3.5, 9.0]))
    assert [row["mean"] for row in curves.table().to_pylist()] == [0.0, 0.0, 0.0, 3.0]
