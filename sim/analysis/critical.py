"""The critical path: which site, which milestone and which step a milestone hung on, in one simulated trial.

As in network planning, something is critical for a milestone where, had it been a moment later, the milestone would
have been. Each milestone is completed by one event: of a site (its activation), of a patient (the first referral) or of
a participant (the k-th randomisation, the last dose, the last visit). The critical path is walked back from that event:
the participant who completes it, their screening and what it waited for, their referral, and the activation of their
site. So exactly one site is critical for each milestone that is reached, and an earlier milestone is critical for a
later one where the same person completes both.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.analysis.measures import MILESTONES, SHARES
from sim.analysis.reduce import Reduced, Reducer
from sim.core import events
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, PERSON, SITE, TIME, Log

Array = npt.NDArray[np.float64]
Row = dict[str, float]
Key = tuple[float, float]  # site, referral

OF_SITES = ("first_site_active", "first_referral")  # completed before anyone is a participant
STEPS: dict[str, str] = {
    "start_up": "until the site was activated",
    "patient": "from then until the patient was referred",
    "coming_back": "until the patient came back after a reason that passed",
    "coordinator": "waiting for a coordinator",
    "screening": "screening",
    "board_review": "eligible, and waiting for the safety board's review",
    "hold": "eligible, and waiting for the end of a hold",
    "sentinel": "eligible, and waiting for the spacing of the first participants",
    "cells": "eligible, and waiting for cells",
    "participant": "from randomisation to the milestone",
    "database_lock": "cleaning and locking the database",
}
_PAUSES = {
    events.PAUSE_BOARD: "board_review",
    events.PAUSE_HOLD: "hold",
    events.PAUSE_SENTINEL: "sentinel",
    events.PAUSE_CELLS: "cells",
}
_PATH_KINDS = (
    events.CONSENT_GIVEN,
    events.SCREENING_STARTED,
    events.RESCREEN_PLANNED,
    events.SCREENING_PASSED,
    events.PLACE_AWAITED,
    events.RANDOMISED,
)
_NAN = float("nan")


def critical_names() -> tuple[str, ...]:
    """Names of the measures of the critical paths, in order."""
    names = ["critical_most_site"]
    for milestone in MILESTONES:
        names += [f"critical_{milestone}_site", f"critical_{milestone}_participant"]
        names += [f"critical_{milestone}_{step}_days" for step in STEPS]
    return tuple(names)


class CriticalReducer(Reducer):
    """Measures replications and their critical paths.

    Args:
        design: the scenario, made ready.
    """

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        self._plain = Reducer(design)
        self.names = [*self._plain.names, *critical_names()]

    def __call__(self, log: Log, uncertain: Mapping[str, float]) -> Reduced:
        """Measure one replication; see `Reducer`."""
        reduced = self._plain(log, uncertain)
        row = dict(zip(self._plain.names, reduced.measures, strict=True))
        found = critical_paths(row, self.design, EventIndex(log))
        return Reduced([*reduced.measures, *(found[name] for name in critical_names())], reduced.randomised_days)


def critical_paths(row: Row, design: Design, index: EventIndex) -> Row:
    """Site, participant and steps of the critical path to each milestone; NaN where it was not reached.

    Args:
        row: the milestones.
        design: the scenario, made ready.
        index: the events.
    """
    found = dict.fromkeys(critical_names(), _NAN)
    randomised = index.of(events.RANDOMISED)
    activated = index.of(events.SITE_ACTIVATED)
    if len(activated):
        found["critical_first_site_active_site"] = activated[0, SITE]
    found["critical_first_referral_site"] = _site_of_first_referral(index)
    if not len(randomised):
        return found
    found["critical_most_site"] = float(np.argmax(np.bincount(randomised[:, SITE].astype(np.int64))))
    opened = dict(zip(activated[:, SITE].tolist(), activated[:, TIME].tolist(), strict=True))
    known: dict[Key, Row] = {}
    for milestone, event in _completing(row, design, index, randomised).items():
        person = (float(event[SITE]), float(event[PERSON]))
        if person not in known:
            known[person] = _steps(person, opened[person[0]], index)
        steps = known[person]
        found[f"critical_{milestone}_site"] = person[0]
        found[f"critical_{milestone}_participant"] = steps["number"]
        for step in STEPS:
            found[f"critical_{milestone}_{step}_days"] = steps.get(step, 0.0)
        found[f"critical_{milestone}_participant_days"] = float(event[TIME]) - steps["randomised"]
        if milestone == "database_lock":
            found["critical_database_lock_database_lock_days"] = row["day_database_lock"] - float(event[TIME])
    return found


def _site_of_first_referral(index: EventIndex) -> float:
    """The site of the first patient referred, whatever became of them."""
    first = index.of(events.REFERRED)
    best = (float(first[0, TIME]), float(first[0, SITE])) if len(first) else (np.inf, _NAN)
    ended = index.log.ended_at_once
    if len(ended.time):
        at = int(np.argmin(ended.time))
        if ended.time[at] < best[0]:
            return float(ended.site[at])
    return best[1]


def _completing(row: Row, design: Design, index: EventIndex, randomised: Array) -> dict[str, Array]:
    """The event of a participant that completed each milestone that was reached."""
    found: dict[str, Array] = {"first_randomised": randomised[0]}
    for name, share in SHARES.items():
        k = int(np.ceil(share * design.scenario.trial.target))
        if not np.isnan(row[f"day_{name}"]):
            found[name] = randomised[k - 1]
    if np.isnan(row["day_last_randomised"]):
        return found
    found["last_randomised"] = randomised[-1]
    if not np.isnan(row["day_last_dose"]):
        found["last_dose"] = index.of(events.DOSE_GIVEN)[-1]
    out = np.concatenate((index.of(events.LEFT), index.of(events.COMPLETED)))
    if not np.isnan(row["day_last_visit"]):
        found["last_visit"] = out[np.argmax(out[:, TIME])]
        if not np.isnan(row["day_database_lock"]):
            found["database_lock"] = found["last_visit"]
    if not np.isnan(row["day_primary_completion"]):
        ways = np.concatenate((index.log.visits, out, randomised))
        completing = ways[ways[:, TIME] == row["day_primary_completion"]]
        if len(completing):  # a date that an event-driven trial waits for is nobody's event
            found["primary_completion"] = completing[0]
    return found


def _steps(person: Key, opened: float, index: EventIndex) -> Row:
    """Days of each step of one participant's way to randomisation, from day 0."""
    mine = [rows[(rows[:, SITE] == person[0]) & (rows[:, PERSON] == person[1])] for rows in map(index.of, _PATH_KINDS)]
    way = np.concatenate(mine)
    way = way[np.argsort(way[:, TIME], kind="stable")]
    referred = index.of(events.REFERRED)
    came = referred[(referred[:, SITE] == person[0]) & (referred[:, PERSON] == person[1])][0, TIME]
    late = index.first(events.TRIAL_STARTED)
    start = max(opened, 0.0 if np.isnan(late) else late)
    steps = dict.fromkeys(STEPS, 0.0) | {"start_up": start, "patient": float(came) - start}
    before, step = float(came), "coming_back"
    for event in way:
        steps[step] += float(event[TIME]) - before
        before, step = float(event[TIME]), _next_step(event, step)
        if event[KIND] == events.RANDOMISED:
            steps["number"], steps["randomised"] = float(event[NUMBER]), float(event[TIME])
    return steps


def _next_step(event: Array, step: str) -> str:
    """What a person does after an event of their way to randomisation."""
    kind = int(event[KIND])
    if kind == events.PLACE_AWAITED:
        return _PAUSES[int(event[CODE])]
    return {
        events.CONSENT_GIVEN: "coordinator",
        events.SCREENING_STARTED: "screening",
        events.RESCREEN_PLANNED: "coming_back",
        events.SCREENING_PASSED: "screening",
    }.get(kind, step)
