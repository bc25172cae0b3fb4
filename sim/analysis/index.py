"""The events of one replication by kind, and the joins that measures need.

Measures need a few kinds of event each; sorting once by kind makes each of them a slice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.events import CODE, KIND, KINDS, NUMBER, PERSON, SITE, TIME, Log

Array = npt.NDArray[np.float64]

_PEOPLE_A_SITE = 1 << 32


class EventIndex:
    """The events of one log, by kind.

    Args:
        log: the log.
        n_kinds: number of kinds of event, including those of extensions.

    Attributes:
        log: the same.
    """

    def __init__(self, log: Log, n_kinds: int = len(KINDS)) -> None:
        self.log = log
        rows = log.happened()
        kinds = rows[:, KIND].astype(np.int64)
        self._counts = np.bincount(kinds, minlength=n_kinds)
        ends = np.cumsum(self._counts)
        self._ends = ends.tolist()
        self._rows = rows[np.argsort(kinds, kind="stable")]

    def of(self, kind: int) -> Array:
        """Events of a kind that are in the log's `rows`; visits and referrals that ended at once are in the log itself.

        Returns:
            (n, WIDTH) events, in order of time.
        """
        return self._rows[self._ends[kind - 1] if kind else 0 : self._ends[kind]]

    def count(self, kind: int) -> int:
        """Number of events of a kind."""
        return int(self._counts[kind])

    def first(self, kind: int) -> float:
        """Time of the first event of a kind; NaN without one."""
        rows = self.of(kind)
        return float(rows[0, TIME]) if len(rows) else float("nan")

    def codes(self, kind: int, n: int) -> list[int]:
        """Number of events of a kind for each of its codes.

        Args:
            kind: the kind.
            n: number of codes.

        Returns:
            n counts, 0 for codes that do not occur.
        """
        counts: list[int] = np.bincount(self.of(kind)[:, CODE].astype(np.int64), minlength=n).tolist()
        return counts

    @staticmethod
    def keys(rows: Array) -> npt.NDArray[np.int64]:
        """One number for each person, from site and referral.

        Args:
            rows: (n, WIDTH) events.

        Returns:
            (n,) keys.
        """
        return rows[:, SITE].astype(np.int64) * _PEOPLE_A_SITE + rows[:, PERSON].astype(np.int64)

    def first_referral(self) -> float:
        """Day of the first referral; NaN without any."""
        together = np.concatenate((self.of(events.REFERRED)[:1, TIME], self.log.ended_at_once.time))
        return float(together.min()) if len(together) else float("nan")

    def ended_at_once(self, kind: int | None = None) -> int:
        """Number of referrals that ended on the day.

        Args:
            kind: count only those that ended in this way; None for all.
        """
        if kind is None:
            return len(self.log.ended_at_once.time)
        return int(np.count_nonzero(self.log.ended_at_once.kind == kind))

    def turned_away(self, n: int) -> list[int]:
        """Number of patients turned away, including those who would have been asked for consent on the day.

        Args:
            n: number of codes.

        Returns:
            A count for each code, 0 for codes that do not occur.
        """
        ended = self.log.ended_at_once
        codes = np.concatenate((self.of(events.TURNED_AWAY)[:, CODE], ended.code[ended.kind == events.TURNED_AWAY]))
        counts: list[int] = np.bincount(codes.astype(np.int64), minlength=n).tolist()
        return counts

    def chart_failures(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Criteria that failed, for each patient whom the chart excluded for good.

        Most of them ended at once; those whose fate depended on an amendment are among the events.

        Returns:
            (n,) position of the first failed criterion, and (n,) all failed criteria as bits.
        """
        ended = self.log.ended_at_once
        excluded = ended.kind == events.CHART_FAILED
        live = self.of(events.CHART_FAILED)
        if not len(live):
            return ended.code[excluded], ended.failed[excluded]
        return (
            np.concatenate((ended.code[excluded], live[:, CODE].astype(np.int64))),
            np.concatenate((ended.failed[excluded], live[:, NUMBER].astype(np.int64))),
        )

    def participants_out(self) -> Array:
        """Times at which participants left or completed, unordered."""
        return np.concatenate((self.of(events.LEFT)[:, TIME], self.of(events.COMPLETED)[:, TIME]))

    def stays(self, start: int, *ends: int, unended: float | None = None) -> Array:
        """Stays: from an event of one kind to the next event of several other kinds of the same person.

        Args:
            start: kind that begins a stay.
            ends: kinds that end it.
            unended: end of stays that are open at the end of the log; None omits them.

        Returns:
            (n, 2) start and end of each stay.
        """
        begun = self.of(start)
        ended = np.concatenate([self.of(kind) for kind in ends])
        n = len(begun)
        rows = np.concatenate((begun, ended))
        keys, times = self.keys(rows), rows[:, TIME]
        order = np.lexsort((np.arange(len(rows)) >= n, times, keys))  # at one instant, what begins comes first
        is_end = order >= n
        of_ends = order[is_end]
        after = np.cumsum(is_end)[~is_end]  # of each that begins, in this order, the next end
        begins = order[~is_end]
        next_end = np.full(n, -1)
        has_next = after < len(of_ends)
        next_end[begins[has_next]] = of_ends[after[has_next]]
        has_end = (next_end >= 0) & (keys[next_end] == keys[:n])
        stays: Array = np.column_stack((times[:n], times[next_end])) if len(rows) else np.zeros((0, 2))
        if unended is not None:
            stays[~has_end, 1] = unended
            has_end[:] = True
        found: Array = stays[has_end]
        return found

    def waits_for_coordinator(self) -> Array:
        """(n, 2) stays between consent and a coordinator, or the end of the wait for one."""
        e = events
        return self.stays(e.CONSENT_GIVEN, e.SCREENING_STARTED, e.PATIENT_LOST, e.SCREENING_FAILED, e.TURNED_AWAY)

    def screenings(self, unended: float | None = None) -> Array:
        """(n, 2) screenings by a coordinator, in days; `unended` as for `stays`."""
        e = events
        ends = (e.SCREENING_PASSED, e.SCREENING_FAILED, e.RESCREEN_PLANNED, e.TURNED_AWAY)
        return self.stays(e.SCREENING_STARTED, *ends, unended=unended)

    def waits_for_place(self) -> Array:
        """(n, 2) stays of eligible patients who could not be randomised at once."""
        e = events
        return self.stays(e.PLACE_AWAITED, e.RANDOMISED, e.SCREENING_FAILED, e.TURNED_AWAY)

    def infusions(self) -> Array:
        """(n, 2) stays in an infusion bay."""
        return self.stays(events.DOSE_STARTED, events.DOSE_GIVEN, events.DOSE_LOST)

    def recruiting(self, end: float) -> Array:
        """Intervals in which recruitment was open.

        Args:
            end: end of the current interval, if recruitment has not closed.

        Returns:
            (n, 2) intervals; the first begins at minus infinity.
        """
        closed, reopened = self.of(events.RECRUITMENT_CLOSED)[:, TIME], self.of(events.RECRUITMENT_REOPENED)[:, TIME]
        starts = np.concatenate(([-np.inf], reopened))
        return np.column_stack((starts, np.append(closed, np.full(len(starts) - len(closed), end))))

    def pauses(self, reason: int) -> Array:
        """Pauses of randomisation for a reason.

        Returns:
            (n, 2) intervals; one that has not ended has an infinite end.
        """
        paused, resumed = self.of(events.PAUSED), self.of(events.RESUMED)
        starts = paused[paused[:, CODE] == reason, TIME]
        ends = resumed[resumed[:, CODE] == reason, TIME]
        return np.column_stack((starts, np.append(ends, np.full(len(starts) - len(ends), np.inf))))
