"""Measures of one replication from its event log: one row of `replications.parquet`.

Plain numpy, once per replication, because a data frame per replication would cost more than the simulation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.by_country import countries, start_up
from sim.analysis.costs import costs
from sim.analysis.critical import critical_paths
from sim.analysis.declared import DECLARED
from sim.analysis.extended import measured_by_extensions
from sim.analysis.index import EventIndex
from sim.analysis.measures import MILESTONES, SHARES, measures
from sim.analysis.risks import risks
from sim.core import events
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, NUMBER, SITE, TIME, VOCABULARIES, Log

Array = npt.NDArray[np.float64]
Row = dict[str, float]

_NAN = float("nan")
_LATE_DAYS = 0.5


class Reduced(NamedTuple):
    """A replication, reduced to its measures.

    Attributes:
        measures: values in the order of `sim.analysis.measures.measures`; counts are whole numbers, NaN means never.
        randomised_days: (n,) day of each randomisation, increasing.
    """

    measures: list[float]
    randomised_days: Array


class Reducer:
    """Measures replications of one scenario.

    Args:
        design: the scenario, made ready.

    Attributes:
        names: names of the measures, in the order of `Reduced.measures`.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.names = [measure.name for measure in measures(design)]

    def __call__(self, log: Log, uncertain: Mapping[str, float]) -> Reduced:
        """Measure one replication.

        Args:
            log: its events.
            uncertain: the uncertain values of this replication, by path.

        Raises:
            InputError: an extension does not return the measures that it declares.
        """
        design, index = self.design, EventIndex(log, len(self.design.kinds))
        row: Row = {f"value_{path}": value for path, value in uncertain.items()}
        _ending(row, index)
        _milestones(row, design, index)
        _funnel(row, design, index)
        _participants(row, design, index)
        _doses(row, design, index)
        _cells(row, index)
        _operations(row, design, index)
        row |= {entry.name: entry.work_out(design, index) for entry in DECLARED}
        row |= critical_paths(row, design, index)
        countries(row, design, index)
        start_up(row, design, index)
        risks(row, design, index)
        if design.scenario.costs is not None:
            row |= costs(row, design, index)
        if design.extensions:
            row |= measured_by_extensions(design, index)
        return Reduced([float(row[name]) for name in self.names], index.of(events.RANDOMISED)[:, TIME].copy())


class MilestoneReducer(Reducer):
    """Measures only the milestones, in a third of the time; all other values are NaN."""

    def __call__(self, log: Log, uncertain: Mapping[str, float]) -> Reduced:
        """See `Reducer`."""
        del uncertain
        index, row = EventIndex(log, len(self.design.kinds)), Row()
        _ending(row, index)
        _milestones(row, self.design, index)
        return Reduced([row.get(name, _NAN) for name in self.names], index.of(events.RANDOMISED)[:, TIME].copy())


def _ending(row: Row, index: EventIndex) -> None:
    """How the trial ended, and whether it reached its target."""
    ended = index.of(events.TRIAL_ENDED)
    closed, reopened = index.of(events.RECRUITMENT_CLOSED), index.count(events.RECRUITMENT_REOPENED)
    row["outcome"] = ended[0, CODE]
    met = len(closed) > reopened and closed[-1, CODE] == events.RECRUITED
    row["reached"] = float(met)


def _milestones(row: Row, design: Design, index: EventIndex) -> None:
    """Days of the milestones; those that need the whole target are NaN if it was not met."""
    target, reached = design.scenario.trial.target, row["reached"] > 0
    randomised = index.of(events.RANDOMISED)[:, TIME]
    n = len(randomised)
    row |= {f"day_{name}": _NAN for name in MILESTONES}
    row["day_first_site_active"] = index.first(events.SITE_ACTIVATED)
    row["day_first_referral"] = index.first_referral()
    for name, share in SHARES.items():
        k = math.ceil(share * target)
        row[f"day_{name}"] = randomised[k - 1] if n >= k else _NAN
    if n:
        row["day_first_randomised"] = randomised[0]
    row["day_end"] = index.first(events.TRIAL_ENDED)
    completed = index.first(events.PRIMARY_COMPLETED)
    if reached:
        row["day_last_randomised"] = randomised[-1]
    elif np.isnan(completed):
        return
    out = index.participants_out()
    if len(out) == n:
        given = index.of(events.DOSE_GIVEN)[:, TIME]
        row["day_last_dose"] = given[-1] if len(given) else _NAN
        row["day_last_visit"] = out.max(initial=-np.inf) if n else _NAN
    row["day_primary_completion"] = completed if _is_event_driven(design) else _primary(design, index, n)
    row["day_database_lock"] = index.first(events.DATABASE_LOCKED)


def _is_event_driven(design: Design) -> bool:
    follow_up = design.scenario.follow_up
    return follow_up is not None and follow_up.primary_completion is not None


def _primary(design: Design, index: EventIndex, n: int) -> float:
    """Day on which the last of `n` participants had the primary visit, or left before it."""
    follow_up = design.scenario.follow_up
    if follow_up is None:
        return float(index.of(events.RANDOMISED)[-1, TIME])
    visits = index.log.visits
    primary = visits[visits[:, NUMBER] == follow_up.primary_endpoint_week]
    left = index.of(events.LEFT)
    before = left[~np.isin(index.keys(left), index.keys(primary))]
    if len(primary) + len(before) < n:
        return _NAN
    return float(max(primary[:, TIME].max(initial=-np.inf), before[:, TIME].max(initial=-np.inf)))


def _funnel(row: Row, design: Design, index: EventIndex) -> None:
    """Numbers of patients from referral to eligibility, and of losses by reason."""
    row["n_sites_activated"] = index.count(events.SITE_ACTIVATED)
    row["n_sites_closed"] = index.count(events.SITE_CLOSED)
    row["n_referred"] = index.count(events.REFERRED) + index.ended_at_once()
    row["n_chart_failed"] = index.count(events.CHART_FAILED) + index.ended_at_once(events.CHART_FAILED)
    words = VOCABULARIES["turned_away"]
    away = index.turned_away(len(words) + len(design.caps))
    for reason, n in zip(words, away, strict=False):
        row[f"n_away_{reason}"] = n
    _caps(row, design, index, away[len(words) :])
    _amendments(row, design, index)
    _interims(row, design, index)
    given = index.of(events.CONSENT_GIVEN)
    failed = index.of(events.SCREENING_FAILED)
    row["n_consent_refused"] = index.count(events.CONSENT_REFUSED) + index.ended_at_once(events.CONSENT_REFUSED)
    row["n_consented"] = len(np.unique(index.keys(given)))
    row["n_lost"] = index.count(events.PATIENT_LOST)
    row["n_screened"] = len(np.unique(index.keys(index.of(events.SCREENING_STARTED))))
    row["n_screening_failed"] = len(failed)
    row["n_deteriorated"] = int(np.count_nonzero(failed[:, CODE] == events.FAIL_DETERIORATED))
    row["n_out_of_window"] = int(np.count_nonzero(failed[:, CODE] == events.FAIL_WINDOW))
    row["n_rescreens_planned"] = index.count(events.RESCREEN_PLANNED)
    row["n_eligible"] = index.count(events.SCREENING_PASSED)
    gone = row["n_chart_failed"] + sum(away) + row["n_consent_refused"] + row["n_lost"] + len(failed)
    row["n_inside"] = row["n_referred"] - gone - index.count(events.RANDOMISED)
    _criteria(row, design, index, failed)


def _caps(row: Row, design: Design, index: EventIndex, away: list[int]) -> None:
    """Patients turned away by each cap, and when it was first reached."""
    row["n_away_cap"] = sum(away)
    reached = index.of(events.CAP_REACHED)
    for code, (name, n) in enumerate(zip(design.caps, away, strict=True)):
        row[f"n_turned_away_by_{name}"] = n
        times = reached[reached[:, CODE] == code, TIME]
        row[f"first_day_{name}_reached"] = times[0] if len(times) else _NAN


def _amendments(row: Row, design: Design, index: EventIndex) -> None:
    """When each amendment was decided and came into force."""
    for word, kind in (("decided", events.AMENDMENT_DECIDED), ("in_force", events.AMENDMENT_IN_FORCE)):
        came = index.of(kind)
        for code, name in enumerate(design.amendments):
            times = came[came[:, CODE] == code, TIME]
            row[f"day_{name}_{word}"] = times[0] if len(times) else _NAN


def _interims(row: Row, design: Design, index: EventIndex) -> None:
    """Day of the first of each interim look, number of looks, and decisions."""
    looks, n = index.of(events.INTERIM_LOOK), len(design.interims)
    stops, enlarged = (index.codes(kind, n) for kind in (events.INTERIM_STOPS, events.INTERIM_ENLARGES))
    for code, name in enumerate(design.interims):
        times = looks[looks[:, CODE] == code, TIME]
        row[f"first_day_{name}_look"] = times[0] if len(times) else _NAN
        row[f"n_looks_{name}"], row[f"n_stops_{name}"], row[f"n_enlargements_{name}"] = (
            len(times),
            stops[code],
            enlarged[code],
        )


def _criteria(row: Row, design: Design, index: EventIndex, failed: Array) -> None:
    """Screen failures by criterion: as the first in the order of the protocol, and as the only one known."""
    first, bits = index.chart_failures()
    tested = failed[failed[:, CODE] >= events.FAIL_CRITERION]
    first = np.concatenate((first, tested[:, CODE] - events.FAIL_CRITERION)).astype(np.int64)
    bits = np.concatenate((bits, tested[:, NUMBER])).astype(np.int64)
    n = len(design.criteria)
    by_first = np.bincount(first, minlength=n)
    by_only = np.bincount(first[bits & (bits - 1) == 0], minlength=n)
    for i, name in enumerate(design.criteria):
        row[f"n_failed_first_{name}"] = by_first[i]
    for i, name in enumerate(design.criteria):
        row[f"n_failed_only_{name}"] = by_only[i]


def _participants(row: Row, design: Design, index: EventIndex) -> None:
    """Numbers of participants by arm and way of leaving, and of visits."""
    row["n_randomised"] = index.count(events.RANDOMISED)
    row["n_replaced"] = index.count(events.REPLACED)
    arms = index.codes(events.RANDOMISED, len(design.arms))
    for arm, n in zip(design.arms, arms, strict=True):
        row[f"n_randomised_{arm.name}"] = n
    left = index.codes(events.LEFT, len(design.ways_out))
    for way, n in zip(design.ways_out, left, strict=True):
        row[f"n_left_{way}"] = n
    row["n_events"] = _events(design, index)
    row["n_completed"] = index.count(events.COMPLETED)
    row["n_following"] = row["n_randomised"] - sum(left) - row["n_completed"]
    done = int(np.count_nonzero(index.log.visits[:, events.KIND] == events.VISIT_DONE))
    row["n_visits_done"], row["n_visits_missed"] = done, len(index.log.visits) - done
    row["max_imbalance"] = _imbalance(design, index)


def _events(design: Design, index: EventIndex) -> int:
    """Number of events that count for primary completion, up to it."""
    rule = design.scenario.follow_up.primary_completion if design.scenario.follow_up else None
    if rule is None:
        return 0
    completed = index.of(events.PRIMARY_COMPLETED)
    if len(completed):
        return int(completed[0, NUMBER])
    left = index.codes(events.LEFT, len(design.ways_out))
    return sum(n for way, n in zip(design.ways_out, left, strict=True) if rule.of is None or way in rule.of)


def _imbalance(design: Design, index: EventIndex) -> float:
    """Largest distance of any arm from its share of those randomised so far."""
    arms = index.of(events.RANDOMISED)[:, CODE]
    total = sum(arm.allocation for arm in design.arms)
    so_far = np.arange(1, len(arms) + 1)
    worst = 0.0
    for arm in design.arms:
        distance = np.abs(np.cumsum(arms == arm.index) - so_far * (arm.allocation / total))
        worst = max(worst, float(distance.max(initial=0.0)))
    return worst


def _doses(row: Row, design: Design, index: EventIndex) -> None:
    """Numbers of doses by what became of them, and of reactions."""
    started, given = index.of(events.DOSE_STARTED), index.of(events.DOSE_GIVEN)
    row["n_doses_due"] = index.count(events.DOSE_DUE)
    row["n_doses_given"] = len(given)
    row["n_doses_late"] = int(np.count_nonzero(started[:, AMOUNT] > _LATE_DAYS))
    row["n_doses_lost"] = index.count(events.DOSE_LOST)
    reasons = VOCABULARIES["dose_missed"]
    for reason, n in zip(reasons, index.codes(events.DOSE_MISSED, len(reasons)), strict=True):
        row[f"n_doses_missed_{reason}"] = n
    mild, severe = index.codes(events.REACTION, 2)
    row["n_reactions_mild"], row["n_reactions_severe"] = mild, severe
    doses_of = {arm.index: len(arm.doses.weeks) for arm in design.arms if arm.doses}
    people, counts = np.unique(index.keys(given), return_counts=True)
    randomised = index.of(events.RANDOMISED)
    arm_of = dict(zip(index.keys(randomised).tolist(), randomised[:, CODE].tolist(), strict=True))
    row["n_all_doses"] = sum(
        n == doses_of[int(arm_of[key])] for key, n in zip(people.tolist(), counts.tolist(), strict=True)
    )


def _cells(row: Row, index: EventIndex) -> None:
    """Balance of cells: where they came from and where they went."""

    def amount(kind: int) -> float:
        return float(index.of(kind)[:, AMOUNT].sum())

    row["n_lots_started"] = index.count(events.LOT_STARTED)
    row["n_lots_released"] = index.count(events.LOT_RELEASED)
    row["n_lots_failed"] = index.count(events.LOT_FAILED)
    made = index.count(events.STOCK_OPENED) + index.count(events.LOT_STARTED) > 0
    row["cells_opening"] = amount(events.STOCK_OPENED)
    row["cells_made"] = amount(events.LOT_HARVESTED)
    row["cells_failed"] = amount(events.LOT_FAILED)
    row["cells_infused"] = amount(events.DOSE_GIVEN)
    row["cells_lost"] = amount(events.DOSE_LOST)
    row["cells_expired"] = amount(events.LOT_EXPIRED)
    row["cells_discarded"] = amount(events.CELLS_DISCARDED)
    used = sum(row[f"cells_{way}"] for way in ("failed", "infused", "lost", "expired", "discarded"))
    row["cells_in_stock"] = row["cells_opening"] + row["cells_made"] - used if made else 0.0


def _operations(row: Row, design: Design, index: EventIndex) -> None:
    """Waits, the use of coordinators and bays, and the rate of randomisation."""
    screened = index.stays(events.CONSENT_GIVEN, events.SCREENING_STARTED)
    placed = index.stays(events.SCREENING_PASSED, events.RANDOMISED)
    row["wait_coordinator_days"] = _mean_length(screened)
    row["wait_place_days"] = _mean_length(placed)
    groups = [group.settings for group in design.groups for _ in range(group.count)]
    row["share_coordinators_busy"] = _coordinators_busy([g.coordinators for g in groups], index, row["day_end"])
    infusions = index.infusions()
    last = infusions[-1, 1] if len(infusions) else 0.0
    row["share_bays_busy"] = _bays_busy(infusions, [g.infusion_bays for g in groups], index, last)
    randomised = index.of(events.RANDOMISED)[:, TIME]
    months = (randomised[-1] - row["day_first_site_active"]) / MONTH_DAYS if len(randomised) else 0.0
    row["rate_per_month"] = len(randomised) / months if months > 0 else 0.0


def _mean_length(stays: Array) -> float:
    """Mean length of (n, 2) stays in days; 0 without any."""
    return float((stays[:, 1] - stays[:, 0]).mean()) if len(stays) else 0.0


def _coordinators_busy(places: list[int | None], index: EventIndex, end: float) -> float:
    """Time of screening over time of coordinators, at sites that look at referrals; 0 without limits."""
    if None in places:
        return 0.0
    screenings = index.screenings(end)
    sites = index.of(events.SCREENING_STARTED)[:, SITE]
    closed = {int(event[SITE]): float(event[TIME]) for event in index.of(events.SITE_CLOSED)}
    recruiting = index.recruiting(end)
    available = busy = 0.0
    for event in index.of(events.SITE_ACTIVATED):
        site, opens = int(event[SITE]), max(float(event[TIME]), 0.0)
        looking = np.clip(recruiting, opens, max(closed.get(site, end), opens))
        available += (places[site] or 0) * float((looking[:, 1] - looking[:, 0]).sum())
        for start, stop in looking.tolist():
            here = np.clip(screenings[sites == site], start, stop)
            busy += float((here[:, 1] - here[:, 0]).sum())
    return busy / available if available > 0 else 0.0


def _bays_busy(stays: Array, places: list[int | None], index: EventIndex, until: float) -> float:
    """Time of stays over time of bays, from each site's activation to `until`; 0 without limits."""
    if None in places:
        return 0.0
    available = math.fsum(
        (places[int(event[SITE])] or 0) * max(until - max(event[TIME], 0.0), 0.0)
        for event in index.of(events.SITE_ACTIVATED)
    )
    return float((stays[:, 1] - stays[:, 0]).sum() / available) if available > 0 else 0.0
