"""Measures of replications from their event logs: rows of `replications.parquet`.

Plain numpy on the columns of many replications at once, because a call of numpy costs more than what it computes for
one of them. Each function adds columns, (n,) values by the name of the measure.

The log is the only source: a number of a report that cannot be computed from events does not exist. Names, units and
meanings are in `sim.analysis.measures`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.by_country import countries, start_up
from sim.analysis.costs import costs
from sim.analysis.critical import critical_paths
from sim.analysis.declared import DECLARED
from sim.analysis.doses import cells, doses
from sim.analysis.drift import drift
from sim.analysis.extended import measured_by_extensions
from sim.analysis.grouped import largest, starts_of
from sim.analysis.index import EventIndex
from sim.analysis.logs import Logs
from sim.analysis.measures import SHARES, measures
from sim.analysis.operations import operations
from sim.analysis.risks import risks
from sim.core import events
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, TIME, VOCABULARIES
from sim.scenario.amendment_checks import waiting_arms

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]


class Reduced(NamedTuple):
    """Replications, reduced to their measures.

    Attributes:
        measures: (n, measures) values in the order of `sim.analysis.measures.measures`; counts are whole numbers, NaN
            means never.
        randomised_days: for each replication, (participants,) day of each randomisation, increasing.
    """

    measures: Array
    randomised_days: list[Array]


class Reducer:
    """Measures replications of one scenario.

    Args:
        design: the scenario, made ready.

    Attributes:
        design: the scenario, made ready.
        names: names of the measures, in the order of `Reduced.measures`.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.names = [measure.name for measure in measures(design)]

    def __call__(self, logs: Logs, uncertain: Sequence[Mapping[str, float]]) -> Reduced:
        """Measure replications. The values of one do not depend on the others.

        Args:
            logs: their events.
            uncertain: the uncertain values of each replication, by path.

        Returns:
            The measures, and the days of randomisation.

        Raises:
            InputError: an extension does not return the measures that it declares.
        """
        index = EventIndex(logs, len(self.design.kinds))
        return Reduced(_side_by_side(self._columns(index, uncertain), self.names, index.n), _randomised(index))

    def _columns(self, index: EventIndex, uncertain: Sequence[Mapping[str, float]]) -> Columns:
        """Every measure by its name."""
        design = self.design
        columns = _uncertain(design, uncertain)
        _ending(columns, index)
        _milestones(columns, design, index)
        _funnel(columns, design, index)
        _participants(columns, design, index)
        doses(columns, design, index)
        cells(columns, design, index)
        operations(columns, design, index)
        columns |= {entry.name: np.asarray(entry.work_out(design, index)) for entry in DECLARED}
        columns |= critical_paths(columns, design, index)
        countries(columns, design, index)
        start_up(columns, design, index)
        risks(columns, design, index)
        drift(columns, design, index)
        if design.scenario.costs is not None:
            columns |= costs(columns, design, index)
        if design.extensions:
            columns |= measured_by_extensions(design, index)
        return columns


class MilestoneReducer(Reducer):
    """Measures only the milestones; all other values are NaN.

    For forecasts, which simulate many trials for a few dates.
    """

    def __call__(self, logs: Logs, uncertain: Sequence[Mapping[str, float]]) -> Reduced:
        """See `Reducer`."""
        index = EventIndex(logs, len(self.design.kinds))
        columns = dict.fromkeys(self.names, np.array(np.nan)) | self._columns(index, uncertain)
        return Reduced(_side_by_side(columns, self.names, index.n), _randomised(index))

    def _columns(self, index: EventIndex, uncertain: Sequence[Mapping[str, float]]) -> Columns:
        """The measures that are wanted, by name."""
        del uncertain
        columns = Columns()
        _ending(columns, index)
        _milestones(columns, self.design, index)
        return columns


class OutcomeReducer(MilestoneReducer):
    """Measures what answers are about: the milestones, the number of participants, and the cost."""

    def _columns(self, index: EventIndex, uncertain: Sequence[Mapping[str, float]]) -> Columns:
        """The measures that are wanted, by name."""
        columns = super()._columns(index, uncertain) | _uncertain(self.design, uncertain)
        columns["n_randomised"] = index.count(events.RANDOMISED)
        return columns if self.design.scenario.costs is None else columns | costs(columns, self.design, index)


def _uncertain(design: Design, values: Sequence[Mapping[str, float]]) -> Columns:
    """The uncertain values of each replication."""
    return {f"value_{path}": np.array([each[path] for each in values]) for path in design.uncertain}


def _side_by_side(columns: Columns, names: Sequence[str], n: int) -> Array:
    """(n, names) columns in order of their names."""
    found = np.empty((n, len(names)))
    for j, name in enumerate(names):
        found[:, j] = columns[name]
    return found


def _randomised(index: EventIndex) -> list[Array]:
    """Days of randomisation of each replication, apart from the logs so that those can be forgotten."""
    days = index.of(events.RANDOMISED)[:, TIME].copy()
    return np.split(days, index.starts(events.RANDOMISED)[1:-1])


def _ending(columns: Columns, index: EventIndex) -> None:
    """How the trials ended, and whether they reached their target."""
    closed, reopened = index.count(events.RECRUITMENT_CLOSED), index.count(events.RECRUITMENT_REOPENED)
    columns["outcome"] = index.first(events.TRIAL_ENDED, CODE)
    met = (closed > reopened) & (index.last(events.RECRUITMENT_CLOSED, CODE) == events.RECRUITED)
    columns["reached"] = met.astype(np.float64)


def _milestones(columns: Columns, design: Design, index: EventIndex) -> None:
    """Days of the milestones; those that need the whole target are NaN if it was not met."""
    target, reached, n = design.scenario.trial.target, columns["reached"] == 1.0, index.count(events.RANDOMISED)
    columns["day_first_site_active"] = index.first(events.SITE_ACTIVATED)
    columns["day_first_referral"] = index.first_referral()
    columns["day_first_randomised"] = index.first(events.RANDOMISED)
    for name, share in SHARES.items():
        columns[f"day_{name}"] = index.nth(events.RANDOMISED, math.ceil(share * target))
    columns["day_end"] = index.first(events.TRIAL_ENDED)
    completed = index.first(events.PRIMARY_COMPLETED)
    complete = reached | ~np.isnan(completed)
    columns["day_last_randomised"] = np.where(reached, index.last(events.RANDOMISED), np.nan)
    out = index.count(events.LEFT) + index.count(events.COMPLETED)
    all_out = complete & (out == n)
    columns["day_last_dose"] = np.where(all_out, index.last(events.DOSE_GIVEN), np.nan)
    last_out = np.fmax(_latest(index, events.LEFT), _latest(index, events.COMPLETED))
    columns["day_last_visit"] = np.where(all_out, last_out, np.nan)
    primary = completed if _is_event_driven(design) else _primary(design, index, n)
    columns["day_primary_completion"] = np.where(complete, primary, np.nan)
    columns["day_database_lock"] = np.where(complete, index.first(events.DATABASE_LOCKED), np.nan)


def _is_event_driven(design: Design) -> bool:
    """Whether primary completion comes by events, instead of by a visit."""
    follow_up = design.scenario.follow_up
    return follow_up is not None and follow_up.primary_completion is not None


def _latest(index: EventIndex, kind: int) -> Array:
    """Day of the latest event of a kind; NaN without one."""
    return largest(index.of(kind)[:, TIME], index.starts(kind), np.nan)


def _primary(design: Design, index: EventIndex, n: Integers) -> Array:
    """Day on which the last of `n` participants had the primary visit, or left before it."""
    follow_up = design.scenario.follow_up
    if follow_up is None:
        return index.last(events.RANDOMISED)
    is_primary = index.visits[:, NUMBER] == follow_up.primary_endpoint_week
    visits, of_visits = index.visits[is_primary], index.visits_of[is_primary]
    left, of_left = index.of(events.LEFT), index.replications(events.LEFT)
    is_before = ~np.isin(index.people(events.LEFT), index.keys(visits, of_visits))
    counts = [np.bincount(of, minlength=index.n) for of in (of_visits, of_left[is_before])]
    visited = largest(visits[:, TIME], starts_of(counts[0]), -np.inf)
    gone = largest(left[is_before, TIME], starts_of(counts[1]), -np.inf)
    return np.where(counts[0] + counts[1] < n, np.nan, np.maximum(visited, gone))


def _funnel(columns: Columns, design: Design, index: EventIndex) -> None:
    """Numbers of patients from referral to eligibility, and of losses by reason."""
    count = index.count
    columns["n_sites_activated"] = count(events.SITE_ACTIVATED)
    columns["n_sites_closed"] = count(events.SITE_CLOSED)
    columns["n_referred"] = referred = count(events.REFERRED) + index.ended_at_once()
    columns["n_chart_failed"] = charts = count(events.CHART_FAILED) + index.ended_at_once(events.CHART_FAILED)
    words = VOCABULARIES["turned_away"]
    away = index.turned_away(len(words) + len(design.caps))
    columns |= {f"n_away_{reason}": n for reason, n in zip(words, away.T, strict=False)}
    _caps(columns, design, index, away[:, len(words) :])
    _amendments(columns, design, index)
    _interims(columns, design, index)
    codes = index.of(events.SCREENING_FAILED)[:, CODE]
    columns["n_consent_refused"] = refused = count(events.CONSENT_REFUSED) + index.ended_at_once(events.CONSENT_REFUSED)
    columns["n_consented"] = index.n_people(events.CONSENT_GIVEN)
    columns["n_lost"] = count(events.PATIENT_LOST)
    columns["n_screened"] = index.n_people(events.SCREENING_STARTED)
    columns["n_screening_failed"] = count(events.SCREENING_FAILED)
    for name, code in (("deteriorated", events.FAIL_DETERIORATED), ("out_of_window", events.FAIL_WINDOW)):
        of = index.replications(events.SCREENING_FAILED)[codes == code]
        columns[f"n_{name}"] = np.bincount(of, minlength=index.n)
    columns["n_rescreens_planned"] = count(events.RESCREEN_PLANNED)
    columns["n_eligible"] = count(events.SCREENING_PASSED)
    gone = charts + away.sum(axis=1) + refused + count(events.PATIENT_LOST) + count(events.SCREENING_FAILED)
    columns["n_inside"] = referred - gone - count(events.RANDOMISED)
    _criteria(columns, design, index)


def _caps(columns: Columns, design: Design, index: EventIndex, away: Integers) -> None:
    """Patients turned away by each cap, and when it was first reached."""
    columns["n_away_cap"] = away.sum(axis=1)
    reached = _first_by_code(index, events.CAP_REACHED, len(design.caps))
    for code, name in enumerate(design.caps):
        columns[f"n_turned_away_by_{name}"] = away[:, code]
        columns[f"first_day_{name}_reached"] = reached[:, code]


def _first_by_code(index: EventIndex, kind: int, n: int) -> Array:
    """(replications, n) day of the first event of a kind for each of its codes."""
    return index.first_of_codes(kind, index.of(kind)[:, CODE].astype(np.int64), n)


def _amendments(columns: Columns, design: Design, index: EventIndex) -> None:
    """When each amendment was decided and came into force."""
    for word, kind in (("decided", events.AMENDMENT_DECIDED), ("in_force", events.AMENDMENT_IN_FORCE)):
        days = _first_by_code(index, kind, len(design.amendments))
        columns |= {f"day_{name}_{word}": days[:, code] for code, name in enumerate(design.amendments)}


def _interims(columns: Columns, design: Design, index: EventIndex) -> None:
    """Day of the first of each interim look, number of looks, and decisions."""
    n, kinds = len(design.interims), (events.INTERIM_LOOK, events.INTERIM_STOPS, events.INTERIM_ENLARGES)
    days = _first_by_code(index, events.INTERIM_LOOK, n)
    looks, stops, enlarged = (index.codes(kind, n) for kind in kinds)
    for code, name in enumerate(design.interims):
        columns[f"first_day_{name}_look"] = days[:, code]
        columns[f"n_looks_{name}"] = looks[:, code]
        columns[f"n_stops_{name}"] = stops[:, code]
        columns[f"n_enlargements_{name}"] = enlarged[:, code]


def _criteria(columns: Columns, design: Design, index: EventIndex) -> None:
    """Screen failures by criterion: as the first in the order of the protocol, and as the only one known."""
    of, first, bits = index.chart_failures()
    failed = index.of(events.SCREENING_FAILED)
    tested = failed[:, CODE] >= events.FAIL_CRITERION
    of = np.concatenate((of, index.replications(events.SCREENING_FAILED)[tested]))
    first = np.concatenate((first, failed[tested, CODE].astype(np.int64) - events.FAIL_CRITERION))
    bits = np.concatenate((bits, failed[tested, NUMBER].astype(np.int64)))
    n, is_only = len(design.criteria), bits & (bits - 1) == 0
    by_first, by_only = index.counted(of, first, n), index.counted(of[is_only], first[is_only], n)
    columns |= {f"n_failed_first_{name}": by_first[:, i] for i, name in enumerate(design.criteria)}
    columns |= {f"n_failed_only_{name}": by_only[:, i] for i, name in enumerate(design.criteria)}


def _participants(columns: Columns, design: Design, index: EventIndex) -> None:
    """Numbers of participants by arm and way of leaving, and of visits."""
    columns["n_randomised"] = randomised = index.count(events.RANDOMISED)
    columns["n_replaced"] = index.count(events.REPLACED)
    arms = index.codes(events.RANDOMISED, len(design.arms))
    columns |= {f"n_randomised_{arm.name}": n for arm, n in zip(design.arms, arms.T, strict=True)}
    left = index.codes(events.LEFT, len(design.ways_out))
    columns |= {f"n_left_{way}": n for way, n in zip(design.ways_out, left.T, strict=True)}
    columns["n_events"] = _events(design, index, left)
    columns["n_completed"] = index.count(events.COMPLETED)
    columns["n_following"] = randomised - left.sum(axis=1) - index.count(events.COMPLETED)
    is_done = index.visits[:, events.KIND] == events.VISIT_DONE
    columns["n_visits_done"] = done = np.bincount(index.visits_of[is_done], minlength=index.n)
    columns["n_visits_missed"] = np.diff(index.logs.visit_starts) - done
    columns["max_imbalance"] = _imbalance(design, index)


def _events(design: Design, index: EventIndex, left: Integers) -> Array | Integers:
    """Number of events that count for primary completion, up to it."""
    rule = design.scenario.follow_up.primary_completion if design.scenario.follow_up else None
    if rule is None:
        return np.zeros(index.n)
    counts = [i for i, way in enumerate(design.ways_out) if rule.of is None or way in rule.of]
    then = index.first(events.PRIMARY_COMPLETED, NUMBER)
    return np.where(np.isnan(then), left[:, counts].sum(axis=1), then)


def _imbalance(design: Design, index: EventIndex) -> Array:
    """Largest distance of any arm from its share of those randomised so far; arms count while they are open."""
    arms, starts = index.of(events.RANDOMISED)[:, CODE], index.starts(events.RANDOMISED)
    begins = starts[index.replications(events.RANDOMISED)]
    expected = _expected_in_arms(design, index, begins)
    worst = np.zeros(index.n)
    for arm in design.arms:
        of_arm = np.concatenate(([0], np.cumsum(arms == arm.index)))
        distance = np.abs(of_arm[1:] - of_arm[begins] - expected[:, arm.index])
        worst = np.maximum(worst, largest(distance, starts, 0.0))
    return worst


def _expected_in_arms(design: Design, index: EventIndex, begins: Integers) -> Array:
    """(randomisations, arms) how many are to be in each arm by then, by the ratio of the arms open on each day."""
    ratio = np.array([float(arm.allocation) for arm in design.arms])
    so_far = np.arange(len(begins)) - begins + 1
    waiting = waiting_arms(design.scenario)
    if not (waiting or index.count(events.ARM_CLOSED).any()):
        expected: Array = so_far[:, None] * (ratio / ratio.sum())
        return expected
    weights = np.tile(np.where([arm.name in waiting for arm in design.arms], 0.0, ratio), (len(begins), 1))
    kinds = (events.ARM_OPENED, events.ARM_CLOSED)
    changed = np.concatenate([index.of(kind) for kind in kinds])
    of = np.concatenate([index.replications(kind) for kind in kinds])
    days, of_days = index.of(events.RANDOMISED)[:, TIME], index.replications(events.RANDOMISED)
    for place in np.argsort(changed[:, TIME], kind="stable").tolist():
        row, arm = changed[place], int(changed[place, CODE])
        later = (of_days == of[place]) & (days > row[TIME])
        weights[later, arm] = ratio[arm] if row[KIND] == events.ARM_OPENED else 0.0
    each = weights / weights.sum(axis=1, keepdims=True)
    parts = np.split(each, index.starts(events.RANDOMISED)[1:-1])
    return np.concatenate([np.cumsum(part, axis=0) for part in parts])
