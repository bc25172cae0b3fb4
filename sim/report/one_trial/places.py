"""Where everyone is after each event of one simulated trial: the stations of a patient's way, and moves between
them.

A person stays at one station until one of their events moves them. Patients who leave before randomisation are counted
at the station that they left.

Attributes:
    STATIONS: the stations, from referral to the end; the constants from CHART to LEFT are their numbers.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.analysis.modelled import has_coordinators, has_doses, has_follow_up, has_screening, has_step
from sim.core import events
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, PERSON, SITE
from sim.report.reworded import reworded

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Station(NamedTuple):
    """One station of a patient's way.

    Attributes:
        name: key.
        label: short name, for the picture.
        meaning: what being there means.
        out: what became of people who left here before randomisation; empty if nobody does.
        is_shown: whether the trial has it; the others keep their number, and nobody is there.
    """

    name: str
    label: str
    meaning: str
    out: str = ""
    is_shown: bool = True


STATIONS: tuple[Station, ...] = (
    Station("chart", "Chart", "referred, and the chart is read", "excluded"),
    Station("consent", "Consent", "asked for consent", "not in"),
    Station("back", "Comes back", "to come back when the reason may have passed", "gone"),
    Station("queue", "Queue for coordinator", "consented, and waiting for a coordinator", "lost"),
    Station("screening", "Screening", "being screened by a coordinator", "failed"),
    Station("gate", "Waits to be randomised", "eligible, and waiting to be randomised", "too late"),
    Station("between", "Between doses", "randomised, and at home until the next dose"),
    Station("due", "Dose due", "due a dose, and waiting for fitness, cells or a place"),
    Station("bay", "Dose", "having a dose, in an infusion bay or chair"),
    Station("follow_up", "Follow-up", "in follow-up, at home between visits"),
    Station("completed", "Completed", "had the last visit"),
    Station("left", "Left early", "left before the last visit"),
)
CHART, CONSENT, BACK, QUEUE, SCREENING, GATE, BETWEEN, DUE, BAY, FOLLOW_UP, COMPLETED, LEFT = range(len(STATIONS))
NOWHERE = -100  # not referred yet
_NO_SLOT = -1


def stations_of(scenario: Scenario) -> tuple[Station, ...]:
    """The stations of a trial, in the order of `STATIONS`: no bay without doses, no last visit without follow-up.

    Args:
        scenario: the scenario.
    """
    of_doses, followed = has_doses(scenario), has_follow_up(scenario)
    shown = {
        BACK: has_step("coming_back", scenario), QUEUE: has_coordinators(scenario), SCREENING: has_screening(scenario),
        BETWEEN: of_doses, DUE: of_doses, BAY: of_doses, FOLLOW_UP: followed, LEFT: followed,
    }  # fmt: skip
    found = [station._replace(is_shown=shown.get(i, True)) for i, station in enumerate(STATIONS)]
    if not has_coordinators(scenario):
        found[SCREENING] = found[SCREENING]._replace(meaning="being screened")
    if not followed:
        found[COMPLETED] = found[COMPLETED]._replace(
            label="Randomised", meaning="randomised; this trial follows nobody"
        )
    return reworded(tuple(found), scenario)


def out_from(station: int) -> int:
    """The place of people who left a station before randomisation: a number below 0, from which `station_left` goes
    back.

    Args:
        station: number of the station in `STATIONS`.
    """
    return -1 - station


def station_left(place: int) -> int | None:
    """The station that the people at a place have left before randomisation; None if they have not left.

    Args:
        place: a station, a place of `out_from`, or `NOWHERE`.
    """
    return -1 - place if NOWHERE < place < 0 else None


@dataclass(frozen=True)
class Moves:
    """Every move of every person, in order.

    Attributes:
        people: (n, 2) site and referral number of each person, in order of their first event.
        event: (moves,) row of the log with which each move happens, increasing.
        person: (moves,) the person, as a row of `people`.
        place: (moves,) the destination: a station, or `out_from` a station.
        slot: (moves,) desk of a coordinator, or bay, from 0; -1 elsewhere.
    """

    people: Integers
    event: Integers
    person: Integers
    place: Integers
    slot: Integers

    def places_after(self, n_events: int) -> Integers:
        """(people,) place of each person after the first `n_events` events; `NOWHERE` before their referral."""
        places = np.full(len(self.people), NOWHERE)
        done = slice(0, int(np.searchsorted(self.event, n_events)))
        places[self.person[done]] = self.place[done]  # of several moves of a person, numpy keeps the last
        return places

    def queue_after(self, n_events: int, station: int, site: int | None = None) -> list[int]:
        """People at a station after the first `n_events` events, in order of arrival.

        Args:
            n_events: how many events have happened.
            station: number of the station in `STATIONS`.
            site: only people of this site; None for all.

        Returns:
            Rows of `people`.
        """
        done = slice(0, int(np.searchsorted(self.event, n_events)))
        last = {int(who): i for i, who in enumerate(self.person[done])}
        return [
            who
            for who, i in sorted(last.items(), key=lambda item: item[1])
            if self.place[i] == station and (site is None or self.people[who, 0] == site)
        ]


class _Slots:
    """Desks or bays of one site; the lowest free one is taken first."""

    def __init__(self) -> None:
        self._free: list[int] = []
        self._n = 0
        self._of: dict[int, int] = {}

    def take(self, person: int) -> int:
        """Give a person the lowest free slot, and return its number."""
        if not self._free:
            heapq.heappush(self._free, self._n)
            self._n += 1
        self._of[person] = heapq.heappop(self._free)
        return self._of[person]

    def leave(self, person: int) -> None:
        """Free the slot of a person."""
        if person in self._of:
            heapq.heappush(self._free, self._of.pop(person))


class _Walk:
    """Follows a log and records every move."""

    def __init__(self, design: Design) -> None:
        self._n_doses = [len(arm.doses.weeks) if arm.doses else 0 for arm in design.arms]
        self._slots: dict[tuple[int, int], _Slots] = defaultdict(_Slots)
        self.people: dict[tuple[int, int], int] = {}
        self._arm: dict[int, int] = {}
        self._at: dict[int, int] = {}
        self.moves: list[tuple[int, int, int, int]] = []

    def step(self, i: int, row: Array) -> None:
        """One event."""
        where = _WHERE.get(int(row[KIND]))
        if where is None or row[PERSON] < 0:
            return
        site = int(row[SITE])
        person = self.people.setdefault((site, int(row[PERSON])), len(self.people))
        before = self._at.get(person, NOWHERE)
        place = where(self, person, before, row)
        self._slots[site, before].leave(person)
        slot = self._slots[site, place].take(person) if place in (SCREENING, BAY) else _NO_SLOT
        self._at[person] = place
        self.moves.append((i, person, place, slot))

    def randomised(self, person: int, before: int, row: Array) -> int:
        """Move to the first dose, or to follow-up if the arm has none."""
        del before
        self._arm[person] = int(row[CODE])
        return BETWEEN if self._n_doses[self._arm[person]] else FOLLOW_UP

    def dose_over(self, person: int, before: int, row: Array) -> int:
        """Move to the next dose, or after the last one to follow-up."""
        del before
        return BETWEEN if row[NUMBER] < self._n_doses[self._arm[person]] else FOLLOW_UP


def _to(place: int) -> _Rule:
    return lambda _walk, _person, _before, _row: place


def _out(_walk: _Walk, _person: int, before: int, _row: Array) -> int:
    return out_from(before)


def _turned_away(_walk: _Walk, _person: int, before: int, row: Array) -> int:
    """Turned away before consent, or from any station once the trial takes nobody more."""
    is_asked = before == CHART or (before == BACK and (row[CODE] == events.AWAY_PAUSED or row[CODE] >= events.AWAY_CAP))
    return out_from(CONSENT if is_asked else before)


_Rule = Callable[[_Walk, int, int, Array], int]
_WHERE: dict[int, _Rule] = {
    events.REFERRED: _to(CHART),
    events.CHART_FAILED: _to(out_from(CHART)),
    events.TURNED_AWAY: _turned_away,
    events.CONSENT_REFUSED: _to(out_from(CONSENT)),
    events.CONSENT_GIVEN: _to(QUEUE),
    events.PATIENT_LOST: _out,
    events.SCREENING_STARTED: _to(SCREENING),
    events.SCREENING_FAILED: _out,
    events.RESCREEN_PLANNED: _to(BACK),
    events.SCREENING_PASSED: _to(GATE),
    events.RANDOMISED: _Walk.randomised,
    events.DOSE_DUE: _to(DUE),
    events.DOSE_STARTED: _to(BAY),
    events.DOSE_GIVEN: _Walk.dose_over,
    events.DOSE_LOST: _to(DUE),
    events.DOSE_MISSED: _Walk.dose_over,
    events.LEFT: _to(LEFT),
    events.COMPLETED: _to(COMPLETED),
}


def moves(design: Design, rows: Array) -> Moves:
    """Every move of one simulated trial.

    Args:
        design: the prepared scenario.
        rows: (n, WIDTH) all events in order.

    Returns:
        Moves in the order of the log.
    """
    walk = _Walk(design)
    for i, row in enumerate(rows):
        walk.step(i, row)
    found = np.array(walk.moves, dtype=np.int64).reshape(-1, 4)
    people = np.array(list(walk.people), dtype=np.int64).reshape(-1, 2)
    return Moves(people, found[:, 0], found[:, 1], found[:, 2], found[:, 3])
