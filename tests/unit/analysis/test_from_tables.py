"""From tables back to rows: what a kind does not have is 0 again, and nobody is nobody."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from conftest import scenario_of

from sim.analysis.from_tables import event_rows, replication_values
from sim.analysis.measures import Measure
from sim.core import events as e
from sim.core.design import Design


def test_nulls_of_an_event_are_what_they_were() -> None:
    table = pa.table(
        {
            "day": [1.5, 2.5],
            "event": ["enrolment.paused", "patient.lost"],
            "site": pa.array([None, "s/1"], pa.string()),
            "patient": pa.array([None, 3], pa.int64()),
            "number": pa.array([None, None], pa.float64()),
            "detail": pa.array(["cells", None], pa.string()),
            "amount": pa.array([None, None], pa.float64()),
        }
    )
    assert event_rows(Design(scenario_of()), table).tolist() == [
        [1.5, e.PAUSED, -1.0, -1.0, 0.0, e.PAUSE_CELLS, 0.0],
        [2.5, e.PATIENT_LOST, 0.0, 2.0, 0.0, 0.0, 0.0],
    ]


def test_a_replication_that_raised_has_no_values() -> None:
    """`reached` of it stands as false in the table, and is not known."""
    measures = [Measure("outcome", "code", ""), Measure("reached", "0 or 1", ""), Measure("n", "count", "")]
    table = pa.table({"outcome": ["error", "stopped"], "reached": [False, False], "n": pa.array([None, 2], pa.int64())})
    found = replication_values(measures, table)
    assert np.isnan(found[0]).all()
    assert found[1].tolist() == [e.ENDED_STOPPED, 0.0, 2.0]
    assert not math.isnan(found[1, 0])
