"""The critical path: what determined the day of each milestone in one simulated trial.

As in network planning, an event is critical for a milestone if the milestone would have come later had the event been
a moment later. Each milestone is completed by one event of one participant (the k-th randomisation, the last dose, the
last visit). The critical path is traced back from that event: the participant's wait while eligible, their screening,
their coordinator, their referral, and the activation of their site. Its steps sum to the day of the milestone. The path
describes what happened, not what would help: another patient may have come a day later.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.analysis.measures import PATH_MILESTONES, SHARES, STEPS, path_name
from sim.core import events
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, SITE, TIME, VOCABULARIES

Array = npt.NDArray[np.float64]
Row = dict[str, float]

_PAUSES = {
    events.PAUSE_BOARD: "board_review",
    events.PAUSE_HOLD: "hold",
    events.PAUSE_SENTINEL: "sentinel",
    events.PAUSE_INTERIM: "interim",
}
_WORDS = VOCABULARIES["pause"]
_WAY = (
    events.REFERRED,
    events.CONSENT_GIVEN,
    events.SCREENING_STARTED,
    events.RESCREEN_PLANNED,
    events.SCREENING_PASSED,
    events.PLACE_AWAITED,
    events.RANDOMISED,
)
_NEXT = {  # the step that follows each event on the path
    events.REFERRED: "coming_back",
    events.CONSENT_GIVEN: "coordinator",
    events.SCREENING_STARTED: "screening",
    events.RESCREEN_PLANNED: "coming_back",
    events.SCREENING_PASSED: "screening",
}
_NAN = float("nan")
_NAMES = {milestone: {step: path_name(milestone, step) for step in STEPS} for milestone in PATH_MILESTONES}
_NOTHING = {name: _NAN for names in _NAMES.values() for name in names.values()}


def critical_paths(row: Row, design: Design, index: EventIndex) -> Row:
    """Days of the steps of the critical path to each milestone.

    Args:
        row: measures so far, among them the days of the milestones.
        design: the scenario, made ready.
        index: the events.

    Returns:
        Measures by name; NaN for a milestone that was not reached.
    """
    found, ways = dict(_NOTHING), Ways(index)
    events_of = completing(row, design, index)
    for milestone in PATH_MILESTONES:
        day = row[f"day_{milestone}"]
        if math.isnan(day):
            continue
        names = _NAMES[milestone]
        found |= dict.fromkeys(names.values(), 0.0)
        event = events_of.get(milestone)
        if event is None:  # no participants
            found[names["referral"]] = day
            continue
        end = min(_end_of_follow_up(row, event), day) if milestone == "database_lock" else day
        found |= {names[step]: days for step, days in ways.of(event).items()}
        found[names["follow_up"]] = end - ways.randomised(event)
        found[names["database_lock"]] = day - end
    return found


def _end_of_follow_up(row: Row, event: Array) -> float:
    last_visit = row["day_last_visit"]
    return float(event[TIME]) if math.isnan(last_visit) else last_visit


def completing(row: Row, design: Design, index: EventIndex) -> dict[str, Array]:
    """Find the participant's event that completed each milestone.

    Args:
        row: measures so far, among them the days of the milestones.
        design: the scenario, made ready.
        index: the events.

    Returns:
        (WIDTH,) event by milestone, for milestones that were reached.
    """
    randomised = index.of(events.RANDOMISED)
    if not len(randomised):
        return {}
    found: dict[str, Array] = {"first_randomised": randomised[0]}
    for name, share in SHARES.items():
        if not math.isnan(row[f"day_{name}"]):
            found[name] = randomised[math.ceil(share * design.scenario.trial.target) - 1]
    if not math.isnan(row["day_last_randomised"]):
        found["last_randomised"] = randomised[-1]
    if not math.isnan(row["day_last_dose"]):
        found["last_dose"] = index.of(events.DOSE_GIVEN)[-1]
    out = np.concatenate((index.of(events.LEFT), index.of(events.COMPLETED)))
    if not math.isnan(row["day_last_visit"]):
        found["last_visit"] = found["database_lock"] = out[np.argmax(out[:, TIME])]
    ends = np.concatenate((index.log.visits, out, randomised))
    for milestone in ("primary_completion", "database_lock"):
        day = row[f"day_{milestone}"]
        if milestone not in found and not math.isnan(day):  # a planned date is not a participant's event
            before = ends[ends[:, TIME] <= day]
            found[milestone] = before[np.argmax(before[:, TIME])]
    return found


class Ways:
    """Participants' paths to randomisation.

    Args:
        index: the events.

    Attributes:
        numbers: order of randomisation of the participants looked up so far, by `EventIndex.keys`.
    """

    def __init__(self, index: EventIndex) -> None:
        self._index = index
        self._known: dict[int, Row] = {}
        self._randomised: dict[int, float] = {}
        self.numbers: dict[int, float] = {}

    @cached_property
    def _events(self) -> tuple[npt.NDArray[np.int64], Array]:
        rows = np.concatenate([self._index.of(kind) for kind in _WAY])
        rows = rows[np.argsort(rows[:, TIME], kind="stable")]
        return self._index.keys(rows), rows

    @cached_property
    def _opened(self) -> dict[float, float]:
        activated = self._index.of(events.SITE_ACTIVATED)
        return dict(zip(activated[:, SITE].tolist(), activated[:, TIME].tolist(), strict=True))

    @cached_property
    def _late_start(self) -> float:
        late = self._index.first(events.TRIAL_STARTED)
        return 0.0 if math.isnan(late) else late

    @cached_property
    def _pauses(self) -> dict[str, Array]:
        return {step: self._index.pauses(reason) for reason, step in _PAUSES.items()}

    def of(self, event: Array) -> Row:
        """Days of each step, from day 0 to randomisation, of the participant of an event.

        Args:
            event: (WIDTH,) event of a participant.

        Returns:
            Days by step; they sum to the day of randomisation.
        """
        person = int(self._index.keys(event[None])[0])
        if person not in self._known:
            keys, rows = self._events
            self._known[person] = self._walk(person, rows[keys == person], self._opened.get(float(event[SITE])))
        return self._known[person]

    def randomised(self, event: Array) -> float:
        """Day of randomisation of the participant of an event."""
        self.of(event)
        return self._randomised[int(self._index.keys(event[None])[0])]

    def number(self, event: Array) -> float:
        """Order of randomisation, from 1, of the participant of an event."""
        self.of(event)
        return self.numbers[int(self._index.keys(event[None])[0])]

    def _walk(self, person: int, way: Array, opened: float | None) -> Row:
        """Follow a participant's events, and give the time between two events to the step between them."""
        referred = float(way[0, TIME])
        begun = min(max(self._late_start, 0.0), referred)
        opened = referred if opened is None else min(max(opened, begun), referred)
        steps = dict.fromkeys(STEPS, 0.0)
        steps |= {"late_start": begun, "start_up": opened - begun, "referral": referred - opened}
        before, step, reason = referred, "coming_back", 0
        for event in way:
            now = float(event[TIME])
            if step in STEPS:
                steps[step] += now - before
            else:
                self._wait(steps, before, now, _WORDS[reason])
            before, step, reason = now, _NEXT.get(int(event[KIND]), "place"), int(event[CODE])
            if event[KIND] == events.RANDOMISED:
                self._randomised[person], self.numbers[person] = now, float(event[NUMBER])
                break
        return steps

    def _wait(self, steps: Row, start: float, end: float, reason: str) -> None:
        """Divide a wait for a place: each moment belongs to the first pause at that time, or else to `rest`.

        `rest` is the logged reason of the wait if that is not a pause, or else the wait for cells.
        """
        rest = reason if reason in STEPS and reason not in self._pauses else "cells"
        pauses = {step: np.clip(stays, start, end) for step, stays in self._pauses.items()}
        edges = np.unique(np.concatenate([[start, end], *(stays.ravel() for stays in pauses.values())]))
        for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            held = (step for step, stays in pauses.items() if np.any((stays[:, 0] <= low) & (high <= stays[:, 1])))
            steps[next(held, rest)] += high - low
