"""The events of several replications by kind, and the joins that measures need.

Measures need a few kinds of event each; sorting once by kind makes each of them a slice, in which one replication comes
after the other. Shapes: n is the number of replications, k that of the events of a kind. A replication's part of k
values is found by `starts`, which `sim.analysis.grouped` sums over.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import group_of, starts_of
from sim.analysis.logs import Logs
from sim.analysis.sorted_events import by_kind, ends_of_stays, person_keys
from sim.core import events
from sim.core.events import CODE, KINDS, NUMBER, SITE, TIME, Log

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_PEOPLE_A_SITE = 1 << 32
_SITES = 1 << 16  # at most; a replication has fewer


class EventIndex:
    """The events of some logs, by kind.

    Args:
        logs: the logs, or one log.
        n_kinds: number of kinds of event, including those of extensions.

    Attributes:
        logs: the same.
        n: number of replications.
        visits: (visits, WIDTH) visits done and missed.
        visits_of: (visits,) replication of each visit, from 0.
        ended_of: (referrals,) replication of each referral that ended on the day, from 0.
    """

    def __init__(self, logs: Logs | Log, n_kinds: int = len(KINDS)) -> None:
        self.logs = logs = Logs.of(logs) if isinstance(logs, Log) else logs
        self.n = logs.n
        self.visits, self.visits_of = logs.visits, group_of(logs.visit_starts)
        self.ended_of = group_of(logs.ended_starts)
        self._rows, self._replication, self._counts = by_kind(logs.happened, logs.starts, n_kinds)
        self._ends = np.cumsum(self._counts.sum(axis=1)).tolist()

    def _slice(self, kind: int) -> slice:
        return slice(self._ends[kind - 1] if kind else 0, self._ends[kind])

    def of(self, kind: int) -> Array:
        """Events of a kind that are in the logs' `happened`; visits and referrals that ended at once are not.

        Args:
            kind: code of the kind, as in `sim.core.events`.

        Returns:
            (k, WIDTH) events, in order of replication and time.
        """
        return self._rows[self._slice(kind)]

    def replications(self, kind: int) -> Integers:
        """The replication of each event of a kind.

        Returns:
            (k,) replications, from 0.
        """
        return self._replication[self._slice(kind)]

    def starts(self, kind: int) -> Integers:
        """Where the events of each replication begin among those of a kind.

        Returns:
            (n + 1,) places.
        """
        return starts_of(self._counts[kind])

    def count(self, kind: int) -> Integers:
        """Number of events of a kind.

        Returns:
            (n,) counts.
        """
        counts: Integers = self._counts[kind]
        return counts

    def first(self, kind: int, column: int = TIME) -> Array:
        """Time, or another column, of the first event of a kind; NaN without one.

        Args:
            kind: code of the kind.
            column: position of the column in a row of the log.

        Returns:
            (n,) values.
        """
        return self.nth(kind, 1, column)

    def nth(self, kind: int, k: int, column: int = TIME) -> Array:
        """Time, or another column, of the k-th event of a kind; NaN where there are fewer.

        Args:
            kind: the kind.
            k: which of its events, from 1.
            column: which of the seven numbers of an event; see `sim.core.events`.

        Returns:
            (n,) values.
        """
        return self._at(kind, column, self.starts(kind)[:-1] + k - 1, self._counts[kind] >= k)

    def last(self, kind: int, column: int = TIME) -> Array:
        """Time, or another column, of the last event of a kind; NaN without one.

        Args:
            kind: code of the kind.
            column: position of the column in a row of the log.

        Returns:
            (n,) values.
        """
        return self._at(kind, column, self.starts(kind)[1:] - 1, self._counts[kind] > 0)

    def _at(self, kind: int, column: int, place: Integers, is_there: npt.NDArray[np.bool_]) -> Array:
        found = np.full(self.n, np.nan)
        found[is_there] = self.of(kind)[place[is_there], column]
        return found

    def codes(self, kind: int, n: int) -> Integers:
        """Number of events of a kind for each of its codes.

        Args:
            kind: the kind.
            n: number of codes.

        Returns:
            (n of replications, n) counts, 0 for codes that do not occur.
        """
        return self.counted(self.replications(kind), self.of(kind)[:, CODE].astype(np.int64), n)

    def counted(self, replication: Integers, code: Integers, n: int) -> Integers:
        """Count what has a code in a replication.

        Args:
            replication: (k,) replication of each.
            code: (k,) its code.
            n: number of codes.

        Returns:
            (n of replications, n) counts.
        """
        width = max(n, int(code.max(initial=-1)) + 1)
        counts = np.bincount(replication * width + code, minlength=self.n * width)
        return counts.reshape(self.n, width)[:, :n]

    def first_of_codes(self, kind: int, codes: Integers, n: int) -> Array:
        """Time of the first event of a kind for each of several codes.

        Args:
            kind: the kind.
            codes: (k,) code of each event of the kind; those outside 0 to n - 1 are left out.
            n: number of codes.

        Returns:
            (n of replications, n) times; NaN without one.
        """
        found = np.full((self.n, n), np.nan)
        known = np.flatnonzero((codes >= 0) & (codes < n))[::-1]  # backwards, so that the first is written last
        found[self.replications(kind)[known], codes[known]] = self.of(kind)[known, TIME]
        return found

    @staticmethod
    def keys(rows: Array, replication: Integers | int = 0) -> Integers:
        """One number for each person, from replication, site and referral.

        Args:
            rows: (k, WIDTH) events.
            replication: (k,) replication of each event.

        Returns:
            (k,) keys, in order of replication, site and referral.
        """
        return person_keys(rows, replication)

    def people(self, kind: int) -> Integers:
        """The person of each event of a kind.

        Returns:
            (k,) keys; see `keys`.
        """
        return self.keys(self.of(kind), self.replications(kind))

    def site_keys(self, kind: int) -> Integers:
        """The site of each event of a kind, told apart from the same site in other replications.

        Returns:
            (k,) keys, in order of replication and site.
        """
        return self.replications(kind) * _SITES + self.of(kind)[:, SITE].astype(np.int64)

    @staticmethod
    def place_of(keys: Integers) -> tuple[Integers, Integers]:
        """Replication and site of people.

        Args:
            keys: (k,) keys; see `keys`.

        Returns:
            (k,) replications, and (k,) keys of their sites as `site_keys` has them.
        """
        return keys // (_SITES * _PEOPLE_A_SITE), keys // _PEOPLE_A_SITE

    @staticmethod
    def site_of(keys: Integers) -> Integers:
        """Index of the site of people.

        Args:
            keys: (k,) keys; see `keys`.

        Returns:
            (k,) indices of sites, from 0, in the order of the design.
        """
        return keys // _PEOPLE_A_SITE % _SITES

    def n_people(self, kind: int) -> Integers:
        """Number of people with an event of a kind.

        Args:
            kind: code of the kind; somebody with two such events, as after rescreening, counts once.

        Returns:
            (n,) counts.
        """
        keys = np.unique(self.people(kind))
        return np.bincount(self.place_of(keys)[0], minlength=self.n)

    def first_referral(self) -> Array:
        """Day of the first referral; NaN without any.

        Returns:
            (n,) days.
        """
        ended, found = self.logs.ended_at_once.time, self.first(events.REFERRED)
        has_any = np.diff(self.logs.ended_starts) > 0
        if has_any.any():
            first = np.minimum.reduceat(ended, self.logs.ended_starts[:-1][has_any])
            found[has_any] = np.fmin(found[has_any], first)
        return found

    def ended_at_once(self, kind: int | None = None) -> Integers:
        """Number of referrals that ended on the day.

        Args:
            kind: count only those that ended in this way; None for all.

        Returns:
            (n,) counts.
        """
        if kind is None:
            return np.diff(self.logs.ended_starts)
        return np.bincount(self.ended_of[self.logs.ended_at_once.kind == kind], minlength=self.n)

    def turned_away(self, n: int) -> Integers:
        """Number of patients turned away, including those who would have been asked for consent on the day.

        Args:
            n: number of codes.

        Returns:
            (n of replications, n) counts for each code.
        """
        ended = self.logs.ended_at_once
        away = ended.kind == events.TURNED_AWAY
        on_the_day = self.counted(self.ended_of[away], ended.code[away].astype(np.int64), n)
        return self.codes(events.TURNED_AWAY, n) + on_the_day

    def chart_failures(self) -> tuple[Integers, Integers, Integers]:
        """Criteria that failed, for each patient whom the chart excluded for good.

        Most of them ended at once; those whose fate depended on an amendment are among the events.

        Returns:
            (k,) replication, (k,) position of the first failed criterion, and (k,) all failed criteria as bits.
        """
        ended = self.logs.ended_at_once
        excluded, live = ended.kind == events.CHART_FAILED, self.of(events.CHART_FAILED)
        return (
            np.concatenate((self.ended_of[excluded], self.replications(events.CHART_FAILED))),
            np.concatenate((ended.code[excluded], live[:, CODE])).astype(np.int64),
            np.concatenate((ended.failed[excluded], live[:, NUMBER])).astype(np.int64),
        )

    def stays(self, start: int, *ends: int, unended: Array | float | None = None) -> Array:
        """Stays: from an event of one kind to the next event of several other kinds of the same person.

        Args:
            start: kind that begins a stay.
            ends: kinds that end it.
            unended: end of stays that are open at the end of the log, one for all or (n,); None leaves these out.

        Returns:
            (k, 2) start and end of each stay.
        """
        return self.stays_of(start, *ends, unended=unended)[0]

    def stays_of(self, start: int, *ends: int, unended: Array | float | None = None) -> tuple[Array, Integers]:
        """Stays, as `stays` gives them, and where among the events of the first kind each begins.

        Args:
            start: kind that begins a stay.
            ends: kinds that end it.
            unended: as for `stays`.

        Returns:
            (k, 2) start and end of each stay, and (k,) places in `of(start)`.
        """
        found = ends_of_stays(self._rows, np.array([self.starts(k) + self._slice(k).start for k in (start, *ends)]))
        has_end = ~np.isnan(found)
        stays = np.column_stack((self.of(start)[:, TIME], found))
        if unended is not None:
            open_ = ~has_end
            stays[open_, 1] = np.broadcast_to(unended, self.n)[self.replications(start)[open_]]
            has_end[:] = True
        return stays[has_end], np.flatnonzero(has_end)

    def waits_for_coordinator(self) -> Array:
        """(k, 2) stays between consent and a coordinator, or the end of the wait for one."""
        e = events
        return self.stays(e.CONSENT_GIVEN, e.SCREENING_STARTED, e.PATIENT_LOST, e.SCREENING_FAILED, e.TURNED_AWAY)

    def waits_for_place(self) -> Array:
        """(k, 2) stays of eligible patients who could not be randomised at once."""
        e = events
        return self.stays(e.PLACE_AWAITED, e.RANDOMISED, e.SCREENING_FAILED, e.TURNED_AWAY)

    def infusions(self) -> Array:
        """(k, 2) stays in an infusion bay."""
        return self.stays(events.DOSE_STARTED, events.DOSE_GIVEN, events.DOSE_LOST)

    def screenings(self, unended: Array | float | None = None) -> Array:
        """(k, 2) screenings by a coordinator, in days; `unended` as for `stays`.

        Args:
            unended: end of a screening that nothing ends; None leaves it out.
        """
        e = events
        ends = (e.SCREENING_PASSED, e.SCREENING_FAILED, e.RESCREEN_PLANNED, e.TURNED_AWAY)
        return self.stays(e.SCREENING_STARTED, *ends, unended=unended)

    def recruiting(self, end: Array | float) -> tuple[Array, Integers]:
        """Intervals in which recruitment was open.

        Args:
            end: end of the current interval, if recruitment has not closed; one for all or (n,).

        Returns:
            (k, 2) intervals, the first of each replication from minus infinity; and (n + 1,) where each replication
            begins among them.
        """
        closed, reopened = events.RECRUITMENT_CLOSED, events.RECRUITMENT_REOPENED
        starts = starts_of(self.count(reopened) + 1)
        found, of = np.empty((starts[-1], 2)), group_of(starts)
        found[:, 1] = np.broadcast_to(end, self.n)[of]
        for column, kind, first in ((0, reopened, 1), (1, closed, 0)):
            nth = np.arange(len(self.of(kind))) - self.starts(kind)[self.replications(kind)]
            found[starts[self.replications(kind)] + nth + first, column] = self.of(kind)[:, TIME]
        found[starts[:-1], 0] = -np.inf
        return found, starts

    def pauses(self, reason: int) -> tuple[Array, Integers]:
        """Pauses of randomisation for a reason.

        Args:
            reason: code of the vocabulary `pause`.

        Returns:
            (k, 2) intervals; one that has not ended has an infinite end; and (k,) replication of each.
        """
        paused, resumed = (self.of(kind)[:, CODE] == reason for kind in (events.PAUSED, events.RESUMED))
        of, of_ends = self.replications(events.PAUSED)[paused], self.replications(events.RESUMED)[resumed]
        starts = starts_of(np.bincount(of, minlength=self.n))
        found = np.full((len(of), 2), np.inf)
        found[:, 0] = self.of(events.PAUSED)[paused, TIME]
        nth = np.arange(len(of_ends)) - starts_of(np.bincount(of_ends, minlength=self.n))[of_ends]
        found[starts[of_ends] + nth, 1] = self.of(events.RESUMED)[resumed, TIME]
        return found, of
