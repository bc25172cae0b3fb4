"""Logs of several replications as columns."""

from __future__ import annotations

import numpy as np
from small_world import log_of

from sim.analysis.logs import Logs
from sim.core import events as e
from sim.core.events import EndedAtOnce, Log


def one(day: float) -> Log:
    """A referral that ended on the day, two events and a visit."""
    log = log_of((day, e.REFERRED, 0, 1), (day + 3, e.TRIAL_ENDED), visits=((day + 2, e.VISIT_DONE, 0, 1, 4),))
    none = np.zeros(1, dtype=np.int64)
    log.ended_at_once = EndedAtOnce(none, np.array([day + 1]), none, none + e.CONSENT_REFUSED, none, none)
    return log


def test_what_is_joined_can_be_taken_apart() -> None:
    """A log that is empty stays in its place, and each table is that of the log alone."""
    parts = [one(0.0), Log(), one(10.0)]
    logs = Logs.joined([Logs.joined([Logs.of(log) for log in parts[:2]]), Logs.of(parts[2])])
    assert (logs.n, logs.n_rows) == (3, 8)
    assert logs.starts.tolist() == [0, 2, 2, 4]
    assert logs.visit_starts.tolist() == logs.ended_starts.tolist() == [0, 1, 1, 2]
    for i, log in enumerate(parts):
        assert np.array_equal(logs.table(i), log.table())
    assert [each.happened[:, e.TIME].tolist() for each in logs.each()] == [[0.0, 3.0], [], [10.0, 13.0]]


def test_no_replication_is_no_logs() -> None:
    nothing = Logs.joined([])
    assert (nothing.n, nothing.n_rows) == (0, 0)
