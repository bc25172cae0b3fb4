"""The critical path: what determined the day of each milestone in one simulated trial.

As in network planning, an event is critical for a milestone if the milestone would have come later had the event been a
moment later. Each milestone is completed by one event of one participant (the k-th randomisation, the last dose, the
last visit). The critical path is traced back from that event: the participant's wait while eligible, their screening,
their coordinator, their referral, and the activation of their site. Its steps sum to the day of the milestone. The path
describes what happened, not what would help: another patient may have come a day later.

Attributes:
    NOBODY: key of a milestone that nobody has, in place of a person or a site.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.grouped import largest, starts_of
from sim.analysis.index import EventIndex
from sim.analysis.measures import PATH_MILESTONES, SHARES, STEPS, path_name
from sim.core import events
from sim.core.design import Design
from sim.core.events import NUMBER, TIME

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Columns = Mapping[str, Array]

_PAUSES = {
    events.PAUSE_BOARD: "board_review",
    events.PAUSE_HOLD: "hold",
    events.PAUSE_SENTINEL: "sentinel",
    events.PAUSE_INTERIM: "interim",
}
_WAY = (
    events.REFERRED,
    events.CONSENT_GIVEN,
    events.SCREENING_STARTED,
    events.RESCREEN_PLANNED,
    events.SCREENING_PASSED,
    events.PLACE_AWAITED,
    events.RANDOMISED,
)
_PLACE = "place"  # a wait for a place, which is divided into pauses and the wait for cells
_NEXT = {  # the step that follows each event on the path
    events.REFERRED: "coming_back",
    events.CONSENT_GIVEN: "coordinator",
    events.SCREENING_STARTED: "screening",
    events.RESCREEN_PLANNED: "coming_back",
    events.SCREENING_PASSED: "screening",
    events.PLACE_AWAITED: _PLACE,
    events.RANDOMISED: _PLACE,
}
_STEPS = (*STEPS, _PLACE)
_CODE = {step: code for code, step in enumerate(_STEPS)}
_CODE_AFTER = np.array([_CODE[_NEXT[kind]] for kind in _WAY])
NOBODY = -1


class Completing(NamedTuple):
    """The participants' events that completed a milestone.

    Attributes:
        people: (n,) who each is of, as `EventIndex.keys` has it; `NOBODY` where the milestone has none.
        days: (n,) their days.
    """

    people: Integers
    days: Array


def critical_paths(columns: Columns, design: Design, index: EventIndex) -> dict[str, Array]:
    """Days of the steps of the critical path to each milestone.

    Args:
        columns: (n,) measures so far by name, among them the days of the milestones.
        design: the scenario, made ready.
        index: the events.

    Returns:
        (n,) measures by name; NaN for a milestone that was not reached.
    """
    completed = completing(columns, design, index)
    ways = Ways(index, np.concatenate([each.people for each in completed.values()]))
    last_visit, found = columns["day_last_visit"], dict[str, Array]()
    for milestone in PATH_MILESTONES:
        day, (people, days) = columns[f"day_{milestone}"], completed[milestone]
        place, is_somebody = ways.of(people)
        end = day
        if milestone == "database_lock":
            end = np.minimum(np.where(np.isnan(last_visit), days, last_visit), day)
        steps = np.zeros((len(STEPS), index.n))
        steps[_CODE["referral"]] = day  # where there are no participants
        steps[:, is_somebody] = ways.steps[place].T
        steps[_CODE["follow_up"], is_somebody] = end[is_somebody] - ways.randomised[place]
        steps[_CODE["database_lock"], is_somebody] = (day - end)[is_somebody]
        steps[:, np.isnan(day)] = np.nan
        found |= {path_name(milestone, step): steps[code] for code, step in enumerate(STEPS)}
    return found


def completing(columns: Columns, design: Design, index: EventIndex) -> dict[str, Completing]:
    """Find the participant's event that completed each milestone.

    Args:
        columns: (n,) measures so far by name, among them the days of the milestones.
        design: the scenario, made ready.
        index: the events.

    Returns:
        The events by milestone.
    """

    def reached(milestone: str) -> npt.NDArray[np.bool_]:
        return ~np.isnan(columns[f"day_{milestone}"])

    def at(kind: int, place: Integers, is_there: npt.NDArray[np.bool_]) -> Completing:
        found = Completing(np.full(index.n, NOBODY), np.full(index.n, np.nan))
        found.people[is_there] = index.people(kind)[place[is_there]]
        found.days[is_there] = index.of(kind)[place[is_there], TIME]
        return found

    starts, given = index.starts(events.RANDOMISED), index.starts(events.DOSE_GIVEN)
    anybody = np.diff(starts) > 0
    found = {"first_randomised": at(events.RANDOMISED, starts[:-1], anybody)}
    for name, share in SHARES.items():
        k = math.ceil(share * design.scenario.trial.target)
        found[name] = at(events.RANDOMISED, starts[:-1] + k - 1, anybody & reached(name))
    found["last_randomised"] = at(events.RANDOMISED, starts[1:] - 1, anybody & reached("last_randomised"))
    found["last_dose"] = at(events.DOSE_GIVEN, given[1:] - 1, anybody & reached("last_dose"))
    ends = _Ends.of(index)
    found["last_visit"] = ends.latest(columns["day_last_visit"], anybody, only_out=True)
    for milestone in ("primary_completion", "database_lock"):  # a planned date is not a participant's event
        found[milestone] = ends.latest(columns[f"day_{milestone}"], anybody)
    lock, visit = found["database_lock"], found["last_visit"]
    has_visit = visit.people != NOBODY
    found["database_lock"] = Completing(
        np.where(has_visit, visit.people, lock.people), np.where(has_visit, visit.days, lock.days)
    )
    return found


@dataclass(frozen=True)
class _Ends:
    """Events that may complete a milestone at the end: visits, ways out, the last visit, randomisations; in this order.

    Attributes:
        days: (k,) their days, by replication.
        people: (k,) who they are of.
        replication: (k,) the replication of each.
        is_out: (k,) whether each is the end of a participant's follow-up.
        n: number of replications.
    """

    days: Array
    people: Integers
    replication: Integers
    is_out: npt.NDArray[np.bool_]
    n: int

    @staticmethod
    def of(index: EventIndex) -> _Ends:
        """The events of some logs."""
        kinds = (events.LEFT, events.COMPLETED, events.RANDOMISED)
        replication = np.concatenate([index.visits_of, *(index.replications(kind) for kind in kinds)])
        order = np.argsort(replication, kind="stable")
        days = np.concatenate([index.visits[:, TIME], *(index.of(kind)[:, TIME] for kind in kinds)])
        people = [index.keys(index.visits, index.visits_of), *(index.people(kind) for kind in kinds)]
        n_visits, n_randomised = len(index.visits), len(index.of(events.RANDOMISED))
        is_out = np.zeros(len(days), dtype=bool)
        is_out[n_visits : len(days) - n_randomised] = True
        return _Ends(days[order], np.concatenate(people)[order], replication[order], is_out[order], index.n)

    def latest(self, until: Array, where: npt.NDArray[np.bool_], only_out: bool = False) -> Completing:
        """The latest event of each replication up to a day; of equals the first.

        Args:
            until: (n,) the days; NaN for no event.
            where: (n,) whether to look for one.
            only_out: whether only the end of follow-up counts; these are looked for whatever the day.
        """
        day = np.where(where, until, np.nan)[self.replication]
        counts = self.is_out & ~np.isnan(day) if only_out else self.days <= day
        days, of = self.days[counts], self.replication[counts]
        starts = starts_of(np.bincount(of, minlength=self.n))
        found = Completing(np.full(self.n, NOBODY), largest(days, starts, np.nan))
        are_latest = np.flatnonzero(days == found.days[of])[::-1]  # backwards, so that the first is written last
        found.people[of[are_latest]] = self.people[counts][are_latest]
        return found


class Ways:
    """Some participants' paths to randomisation.

    Args:
        index: the events.
        people: (k,) participants, as `EventIndex.keys` has them, in any order and any number of times; `NOBODY` is left
            out.

    Attributes:
        people: (k,) the participants, increasing.
        steps: (k, steps) days of each step from day 0 to randomisation, in the order of `STEPS`; they sum to the day of
            randomisation.
        randomised: (k,) day of randomisation.
        numbers: (k,) order of randomisation, from 1.
    """

    def __init__(self, index: EventIndex, people: Integers) -> None:
        self.people = np.unique(people[people != NOBODY])
        way = _Way.of(index, self.people)
        self.randomised, self.numbers = way.day[way.randomised], way.number[way.randomised]
        self.steps = _added(index, self.people, way)
        referred = way.day[way.first]
        replication, site = index.place_of(self.people)
        late = np.nan_to_num(index.first(events.TRIAL_STARTED))[replication]
        begun = np.minimum(np.maximum(late, 0.0), referred)
        opened = np.minimum(np.maximum(_activated(index, site, referred), begun), referred)
        before = {"late_start": begun, "start_up": opened - begun, "referral": referred - opened}
        for step, days in before.items():
            self.steps[:, _CODE[step]] = days

    def of(self, people: Integers) -> tuple[Integers, npt.NDArray[np.bool_]]:
        """Find some of the participants.

        Args:
            people: (n,) participants, or `NOBODY`.

        Returns:
            (somebody,) places in `people` of those who are somebody; and (n,) whether each is.
        """
        known = people != NOBODY
        return np.searchsorted(self.people, people[known]), known


def _activated(index: EventIndex, site: Integers, otherwise: Array) -> Array:
    """Day of activation of some sites, by their keys; another day where it is not known."""
    keys = index.site_keys(events.SITE_ACTIVATED)
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], site, side="right") - 1
    known = place >= 0
    known[known] = keys[order[place[known]]] == site[known]
    found = otherwise.copy()
    found[known] = index.of(events.SITE_ACTIVATED)[order[place[known]], TIME]
    return found


@dataclass(frozen=True)
class _Way:
    """Events of participants on their way to randomisation, by participant and time.

    Attributes:
        person: (k,) place of the participant.
        day: (k,) day.
        after: (k,) code of the step that follows.
        number: (k,) number of the event.
        first: (people,) place of the first event of each participant.
        randomised: (people,) place of their randomisation.
    """

    person: Integers
    day: Array
    after: Integers
    number: Array
    first: Integers
    randomised: Integers

    @staticmethod
    def of(index: EventIndex, people: Integers) -> _Way:
        """The events of participants, who are increasing."""
        persons, rows, counts = [], [], []
        for kind in _WAY:
            keys = index.people(kind)
            place = np.minimum(np.searchsorted(people, keys), max(len(people) - 1, 0))
            theirs = people[place] == keys if len(people) else np.zeros(len(keys), dtype=bool)
            persons.append(place[theirs])
            rows.append(index.of(kind)[theirs])
            counts.append(len(rows[-1]))
        person, row = np.concatenate(persons), np.concatenate(rows)
        after, kind_of = np.repeat(_CODE_AFTER, counts), np.repeat(_WAY, counts)
        order = np.lexsort((row[:, TIME], person))
        person, row = person[order], row[order]
        ends = np.flatnonzero(kind_of[order] == events.RANDOMISED)
        return _Way(
            person,
            row[:, TIME],
            after[order],
            row[:, NUMBER],
            np.flatnonzero(np.diff(person, prepend=-1)),
            ends[np.diff(person[ends], prepend=-1) != 0],
        )


def _added(index: EventIndex, people: Integers, way: _Way) -> Array:
    """(people, steps) days between the events of participants, added by the step that they belong to."""
    n = len(people)
    begins = np.flatnonzero(np.diff(way.person, append=-1) == 0)
    begins = begins[begins < way.randomised[way.person[begins]]]
    is_wait = way.after[begins] == _CODE[_PLACE]
    plain, waits = begins[~is_wait], begins[is_wait]
    replication, _ = index.place_of(people[way.person[waits]])
    pieces = list(_divided(index, replication, way.day[waits], way.day[waits + 1]))
    at, codes, lengths = (list(column) for column in zip(*pieces, strict=True)) if pieces else ([], [], [])
    place = np.concatenate((plain, waits[np.array(at, dtype=np.int64)]))
    code = np.concatenate((way.after[plain], np.array(codes, dtype=np.int64)))
    days = np.concatenate((way.day[plain + 1] - way.day[plain], np.array(lengths, dtype=np.float64)))
    order = np.argsort(place, kind="stable")
    bins = way.person[place[order]] * len(STEPS) + code[order]
    return np.bincount(bins, days[order], n * len(STEPS)).astype(np.float64).reshape(n, len(STEPS))


def _divided(index: EventIndex, replication: Integers, start: Array, end: Array) -> Iterator[tuple[int, int, float]]:
    """Divide waits for a place: each moment belongs to the first pause at that time, or else to the wait for cells.

    Yields:
        Which wait, the code of a step, and days that belong to it.
    """
    pauses = [(_CODE[step], *index.pauses(reason)) for reason, step in _PAUSES.items()]
    spans = np.concatenate([spans for _, spans, _ in pauses])
    codes = np.repeat([code for code, _, _ in pauses], [len(of) for _, _, of in pauses])
    of = np.concatenate([of for _, _, of in pauses])
    touches = (of == replication[:, None]) & (spans[:, 0] <= end[:, None]) & (spans[:, 1] >= start[:, None])
    held, cells = touches.any(axis=1).tolist(), _CODE["cells"]
    for i, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        if not held[i]:
            yield i, cells, last - first
            continue
        which = np.flatnonzero(touches[i])
        within = [(code, *span) for code, span in zip(codes[which].tolist(), spans[which].tolist(), strict=True)]
        edges = sorted({first, last, *(min(max(day, first), last) for _, *span in within for day in span)})
        for low, high in pairwise(edges):
            yield i, next((code for code, a, b in within if a <= low and high <= b), cells), high - low
