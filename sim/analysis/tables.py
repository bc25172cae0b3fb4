"""Tables of the results of a run: replications, events, participants, and enrolment curves.

They are Arrow tables, written as Parquet; `sim.analysis.dictionary` defines their columns. Codes become words here, so
that no reader of a file needs this program.

Attributes:
    ERROR: outcome of a replication that raised.
    PARTICIPANT_COLUMNS: columns of the table of participants, with their meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sim.analysis.measures import Measure
from sim.core import events
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE, TIME, VOCABULARIES

if TYPE_CHECKING:
    from sim.core.design import Design

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ERROR = "error"  # outcome of a replication that raised


def _plain(data: object, kind: pa.DataType, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(data, type=kind, mask=missing)


def replication_table(measures: list[Measure], first: int, values: Array) -> pa.Table:
    """The table of replications: number, `outcome` as a word, `reached`, and every other measure.

    Args:
        measures: the columns of `values`.
        first: number of the first replication.
        values: (n, measures).

    Returns:
        A row for each replication. Null stands for a milestone that never came, and for all measures of a replication
        that raised.
    """
    outcomes = VOCABULARIES["trial_ended"]
    columns: dict[str, pa.Array] = {"replication": _plain(np.arange(first, first + len(values)), pa.int64())}
    for i, measure in enumerate(measures):
        column = values[:, i]
        missing = np.isnan(column)
        if measure.name == "outcome":
            words = [ERROR if lost else outcomes[int(code)] for code, lost in zip(column, missing, strict=True)]
            columns["outcome"] = pa.array(words, type=pa.string())
        elif measure.name == "reached":
            columns["reached"] = _plain(np.nan_to_num(column) > 0, pa.bool_())
        elif measure.unit == "count":
            columns[measure.name] = _plain(np.nan_to_num(column).astype(np.int64), pa.int64(), missing)
        else:
            columns[measure.name] = _plain(column, pa.float64(), missing)
    return pa.table(columns)


def vocabulary(design: Design, kind: int) -> tuple[str, ...]:
    """Words for the codes of a kind of event.

    Args:
        design: the scenario, made ready, whose names (arms, criteria, caps) are words too.
        kind: number of the kind.

    Returns:
        The words in the order of their codes; empty if the kind has no codes.
    """
    name = design.kinds[kind].code
    if name == "criterion":
        return tuple(design.criteria)
    if name == "screening_failed":
        return (*VOCABULARIES[name], *design.criteria)
    if name == "turned_away":
        return (*VOCABULARIES[name], *design.caps)
    if name == "cap":
        return tuple(design.caps)
    if name == "risk":
        return tuple(risk.name for risk in design.risks)
    if name == "start_up_step":
        return tuple(design.start_up)
    if name == "interim":
        return tuple(design.interims)
    if name == "amendment":
        return tuple(design.amendments)
    if name == "arm":
        return tuple(arm.name for arm in design.arms)
    if name == "way_out":
        return tuple(design.ways_out)
    return VOCABULARIES.get(name, ())


def _details(design: Design, rows: Array) -> list[str | None]:
    words = [vocabulary(design, kind) for kind in range(len(design.kinds))]
    kinds, codes = rows[:, KIND].astype(int).tolist(), rows[:, CODE].astype(int).tolist()
    return [words[kind][code] if words[kind] else None for kind, code in zip(kinds, codes, strict=True)]


def site_names(design: Design) -> list[str]:
    """`group/number` of each site, in order of their indices; numbers count from 1.

    Args:
        design: the scenario, made ready.
    """
    return [f"{group.name}/{i + 1}" for group in design.groups for i in range(group.count)]


def event_table(design: Design, replication: int, rows: Array) -> pa.Table:
    """The table of events of one replication, with words for codes.

    Args:
        design: the scenario, made ready.
        replication: number of the replication.
        rows: (n, WIDTH) events, in order of time.

    Returns:
        A row for each event; null where the kind of event does not use a column.
    """
    kinds = rows[:, KIND].astype(np.int64)
    has_number = np.array([bool(kind.number) for kind in design.kinds])[kinds]
    has_amount = np.array([bool(kind.amount) for kind in design.kinds])[kinds]
    site, person = rows[:, SITE].astype(np.int64), rows[:, PERSON].astype(np.int64)
    names = site_names(design)
    return pa.table(
        {
            "replication": _plain(np.full(len(rows), replication), pa.int64()),
            "day": _plain(rows[:, TIME], pa.float64()),
            "event": pa.array([design.kinds[kind].name for kind in kinds], type=pa.string()),
            "site": pa.array([names[i] if i >= 0 else None for i in site], type=pa.string()),
            "patient": _plain(person + 1, pa.int64(), person < 0),
            "number": _plain(rows[:, NUMBER], pa.float64(), ~has_number),
            "detail": pa.array(_details(design, rows), type=pa.string()),
            "amount": _plain(rows[:, AMOUNT], pa.float64(), ~has_amount),
        }
    )


PARTICIPANT_COLUMNS: dict[str, str] = {
    "replication": "Number of the replication",
    "participant": "Order of randomisation, from 1",
    "site": "Group and number of the site",
    "patient": "Which referral of the site they were, from 1",
    "arm": "Arm",
    "referred_day": "Day of referral",
    "consented_day": "Day of (first) consent",
    "screening_day": "Day on which a coordinator (first) started screening",
    "randomised_day": "Day of randomisation",
    "first_dose_day": "Start of the first infusion; null without one",
    "n_doses_given": "Doses given",
    "n_doses_missed": "Doses missed",
    "n_visits_done": "Visits done",
    "n_visits_missed": "Visits missed",
    "way_out": "How they left; 'completed' at the last visit; null while still in",
    "out_day": "Day on which they left or completed; null while still in",
    "replaced": "Whether they were to be replaced",
}


def participant_table(design: Design, replication: int, rows: Array) -> pa.Table:
    """The table of participants of one replication; see `PARTICIPANT_COLUMNS`.

    Args:
        design: the scenario, made ready.
        replication: number of the replication.
        rows: (n, WIDTH) events, in order of time.

    Returns:
        A row for each participant, in order of randomisation.
    """
    people: dict[tuple[float, float], dict[str, Any]] = {}
    names = site_names(design)
    for row in rows[rows[:, KIND] == events.RANDOMISED].tolist():
        people[row[SITE], row[PERSON]] = dict.fromkeys(PARTICIPANT_COLUMNS) | {
            "replication": replication,
            "participant": int(row[NUMBER]),
            "site": names[int(row[SITE])],
            "patient": int(row[PERSON]) + 1,
            "arm": design.arms[int(row[CODE])].name,
            "n_doses_given": 0,
            "n_doses_missed": 0,
            "n_visits_done": 0,
            "n_visits_missed": 0,
            "replaced": False,
        }
    for row in rows[np.isin(rows[:, KIND], _NOTED)].tolist():
        person = people.get((row[SITE], row[PERSON]))
        if person is not None:
            _note(design, person, row)
    return pa.Table.from_pylist(list(people.values()), schema=_PARTICIPANT_SCHEMA)


_DAY_OF = {
    events.REFERRED: "referred_day",
    events.CONSENT_GIVEN: "consented_day",
    events.SCREENING_STARTED: "screening_day",
    events.RANDOMISED: "randomised_day",
    events.DOSE_STARTED: "first_dose_day",
}
_COUNT_OF = {
    events.DOSE_GIVEN: "n_doses_given",
    events.DOSE_MISSED: "n_doses_missed",
    events.VISIT_DONE: "n_visits_done",
    events.VISIT_MISSED: "n_visits_missed",
}
_TYPES = {"replication": pa.int64(), "participant": pa.int64(), "patient": pa.int64(), "replaced": pa.bool_()}
_PARTICIPANT_SCHEMA = pa.schema(
    [
        (
            name,
            _TYPES.get(name)
            or (pa.float64() if name.endswith("_day") else pa.int64() if name.startswith("n_") else pa.string()),
        )
        for name in PARTICIPANT_COLUMNS
    ]
)


_NOTED = (*_DAY_OF, *_COUNT_OF, events.REPLACED, events.LEFT, events.COMPLETED)


def _note(design: Design, person: dict[str, Any], row: Sequence[float]) -> None:
    """Add what an event says of a participant to their row."""
    kind = int(row[KIND])
    if kind in _DAY_OF:
        if person[_DAY_OF[kind]] is None:
            person[_DAY_OF[kind]] = float(row[TIME])
    elif kind in _COUNT_OF:
        person[_COUNT_OF[kind]] += 1
    elif kind == events.REPLACED:
        person["replaced"] = True
    elif kind in (events.LEFT, events.COMPLETED):
        person["way_out"] = "completed" if kind == events.COMPLETED else design.ways_out[int(row[CODE])]
        person["out_day"] = float(row[TIME])


class EnrolmentCurves:
    """Quantiles over replications of the number randomised by each day, in memory that does not grow with replications.

    It counts how many replications had their k-th randomisation by each day; all quantiles follow exactly.

    Args:
        horizon_days: the last day.

    Attributes:
        n_days: number of days, from day 0 to the horizon.
    """

    QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)

    def __init__(self, horizon_days: float) -> None:
        self.n_days = int(np.ceil(horizon_days)) + 1
        self._by_day: Integers = np.zeros((self.n_days, 64), dtype=np.int64)
        self._n = 0

    def add(self, randomised_days: Array) -> None:
        """Add one replication.

        Args:
            randomised_days: (k,) day of each randomisation, increasing.
        """
        k = len(randomised_days)
        while k > self._by_day.shape[1]:
            self._by_day = np.concatenate((self._by_day, np.zeros_like(self._by_day)), axis=1)
        day = np.minimum(np.ceil(randomised_days).astype(np.int64), self.n_days - 1)
        self._by_day[day, np.arange(k)] += 1
        self._n += 1

    def table(self) -> pa.Table:
        """Mean and quantiles of the number randomised by the beginning of each day.

        Returns:
            A row for each day: `day`, `mean`, and `p05` to `p95`.
        """
        reached = np.cumsum(self._by_day, axis=0)  # [day, k]: replications with more than k randomised
        columns: dict[str, pa.Array] = {"day": _plain(np.arange(self.n_days), pa.int64())}
        columns["mean"] = _plain(reached.sum(axis=1) / max(self._n, 1), pa.float64())
        for q in self.QUANTILES:
            needed = self._n - np.ceil(q * self._n - 1e-9)  # N(day) > c in more than this: c is too small
            columns[f"p{round(100 * q):02d}"] = _plain((reached > needed).sum(axis=1), pa.int64())
        return pa.table(columns)
