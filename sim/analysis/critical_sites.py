"""The site and participant on which each milestone of one simulated trial depended; for `explain`.

Exactly one site is critical for each milestone that is reached. An earlier milestone is critical for a later one if the
same person completes both.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.analysis.critical import Row, Ways, completing
from sim.analysis.index import EventIndex
from sim.analysis.measures import MILESTONES, PATH_MILESTONES, STEPS, path_name
from sim.analysis.reduce import Reduced, Reducer
from sim.core import events
from sim.core.design import Design
from sim.core.events import SITE, TIME, Log

OF_SITES = ("first_site_active", "first_referral")  # completed before anyone is a participant
_NAN = float("nan")
_OWN = ("critical_most_site", *(f"critical_{name}_{of}" for name in MILESTONES for of in ("site", "participant")))


def critical_names() -> tuple[str, ...]:
    """Names of the measures of critical sites, participants and paths, in the order of the columns."""
    return (*_OWN, *(path_name(milestone, step) for milestone in PATH_MILESTONES for step in STEPS))


class CriticalReducer(Reducer):
    """Measures replications, including the site and participant on which each milestone depended.

    Args:
        design: the scenario, made ready.
    """

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        self._plain = Reducer(design)
        self.names = [*self._plain.names, *_OWN]

    def __call__(self, log: Log, uncertain: Mapping[str, float]) -> Reduced:
        """Measure one replication; see `Reducer`."""
        reduced = self._plain(log, uncertain)
        row = dict(zip(self._plain.names, reduced.measures, strict=True))
        found = _critical(row, self.design, EventIndex(log))
        return Reduced([*reduced.measures, *(found[name] for name in _OWN)], reduced.randomised_days)


def _critical(row: Row, design: Design, index: EventIndex) -> Row:
    """Sites and participants on which the milestones of one trial depended."""
    found = dict.fromkeys(_OWN, _NAN)
    randomised, activated = index.of(events.RANDOMISED), index.of(events.SITE_ACTIVATED)
    if len(activated):
        found["critical_first_site_active_site"] = activated[0, SITE]
    found["critical_first_referral_site"] = _site_of_first_referral(index)
    if len(randomised):
        found["critical_most_site"] = float(np.argmax(np.bincount(randomised[:, SITE].astype(np.int64))))
    ways = Ways(index)
    for milestone, event in completing(row, design, index).items():
        found[f"critical_{milestone}_site"] = float(event[SITE])
        found[f"critical_{milestone}_participant"] = ways.number(event)
    return found


def _site_of_first_referral(index: EventIndex) -> float:
    """Index of the site of the first patient referred, whatever their fate."""
    first = index.of(events.REFERRED)
    best = (float(first[0, TIME]), float(first[0, SITE])) if len(first) else (np.inf, _NAN)
    ended = index.log.ended_at_once
    if len(ended.time):
        at = int(np.argmin(ended.time))
        if ended.time[at] < best[0]:
            return float(ended.site[at])
    return best[1]
