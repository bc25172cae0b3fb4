"""One table is one trial, in whatever order, under whatever usual names, and however it was saved."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from data_forms import COUNT_HEADERS, DAY_FORMS, LOG_HEADERS, MONTH_FORMS, SLASHED, Saved, saved
from hypothesis import HealthCheck, given, settings

from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.tables.read import table_of

SETTINGS = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
_FIRST = date(2024, 1, 3)
_SCREENED = [_FIRST + timedelta(days=9 * i) for i in range(12)]
LOG = {
    "participant": [f"S{i:03}" for i in range(12)],
    "site": ["Zürich", "Lyon", "Zürich", None, "Köln", "Lyon"] * 2,
    "screened": _SCREENED,
    "date": [None if i % 4 == 3 else day + timedelta(days=5) for i, day in enumerate(_SCREENED)],
    "status": ["Screen failure" if i % 4 == 3 else "Active" for i in range(12)],
}
COUNTS = {
    "date": [date(2024, 1 + i // 2, 1) for i in range(8)],
    "site": ["Zürich", "Lyon"] * 4,
    "screened": ["9", "4", "7", "5", "8", "3", "9", "2"],
    "randomised": ["4", "1", "3", "2", "5", "0", "1", "1"],
}


def _state(trial: ObservedTrial) -> object:
    """All that a forecast knows of it."""
    people, names = trial.people, [site.name for site in trial.sites]
    who = zip(
        people.ids.tolist(),
        [names[i] if i >= 0 else "" for i in people.site],
        np.nan_to_num(people.screened, nan=-1.0).tolist(),
        np.nan_to_num(people.randomised, nan=-1.0).tolist(),
        people.status.tolist(),
        strict=True,
    )
    funnel = trial.funnel
    counted = None if funnel is None else (funnel.start.tolist(), funnel.screened.tolist(), funnel.randomised.tolist())
    return trial.first, trial.last, sorted(who), sorted(names), counted, trial.resolution_days


def _read(file: Saved) -> object:
    return _state(observed_from([table_of(file.content, "data.csv")]))


@given(saved(LOG, LOG_HEADERS, (*DAY_FORMS, *SLASHED)))
@SETTINGS
def test_a_log_is_the_same_trial_in_any_form(file: Saved) -> None:
    assert _read(file) == _EXPECTED_LOG


@given(saved(COUNTS, COUNT_HEADERS, MONTH_FORMS))
@SETTINGS
def test_counts_are_the_same_trial_in_any_form(file: Saved) -> None:
    assert _read(file) == _EXPECTED_COUNTS


def _plain(
    table: dict[str, list[str | date | None]] | dict[str, list[str]], headers: dict[str, tuple[str, ...]]
) -> Saved:
    rows = zip(*table.values(), strict=True)
    lines = [",".join(headers[role][0] for role in table), *(",".join(str(c or "") for c in row) for row in rows)]
    return Saved("\n".join(lines).encode(), tuple(table))


_EXPECTED_LOG, _EXPECTED_COUNTS = _read(_plain(LOG, LOG_HEADERS)), _read(_plain(COUNTS, COUNT_HEADERS))
