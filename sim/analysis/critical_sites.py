"""The site and participant on which each milestone of one simulated trial depended; for `explain`.

Exactly one site is critical for each milestone that is reached. An earlier milestone is critical for a later one if the
same person completes both.

Attributes:
    OF_SITES: milestones that are completed before anyone is a participant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sim.analysis.critical import Ways, completing
from sim.analysis.index import EventIndex
from sim.analysis.measures import MILESTONES, PATH_MILESTONES, STEPS, path_name
from sim.analysis.reduce import Columns, Reducer
from sim.core import events
from sim.core.design import Design
from sim.core.events import SITE

OF_SITES = ("first_site_active", "first_referral")  # completed before anyone is a participant
Array = npt.NDArray[np.float64]

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
        self.names += _OWN

    def _columns(self, index: EventIndex, uncertain: Sequence[Mapping[str, float]]) -> Columns:
        """Every measure by its name."""
        columns = super()._columns(index, uncertain)
        return columns | _critical(columns, self.design, index)


def _critical(columns: Columns, design: Design, index: EventIndex) -> dict[str, Array]:
    """Sites and participants on which the milestones of trials depended."""
    found = {name: np.full(index.n, np.nan) for name in _OWN}
    found["critical_first_site_active_site"] = index.first(events.SITE_ACTIVATED, SITE)
    found["critical_first_referral_site"] = _site_of_first_referral(index)
    sites = index.of(events.RANDOMISED)[:, SITE].astype(np.int64)
    most = index.counted(index.replications(events.RANDOMISED), sites, design.n_sites).argmax(axis=1)
    found["critical_most_site"] = np.where(index.count(events.RANDOMISED) > 0, most, np.nan)
    completed = completing(columns, design, index)
    ways = Ways(index, np.concatenate([each.people for each in completed.values()]))
    for milestone, (people, _) in completed.items():
        place, is_somebody = ways.of(people)
        found[f"critical_{milestone}_site"][is_somebody] = index.site_of(people[is_somebody])
        found[f"critical_{milestone}_participant"][is_somebody] = ways.numbers[place]
    return found


def _site_of_first_referral(index: EventIndex) -> Array:
    """Index of the site of the first patient referred, whatever their fate."""
    days, sites = index.first(events.REFERRED), index.first(events.REFERRED, SITE)
    ended, starts = index.logs.ended_at_once, index.logs.ended_starts
    for i in np.flatnonzero(np.diff(starts)).tolist():
        at = starts[i] + int(np.argmin(ended.time[starts[i] : starts[i + 1]]))
        if np.isnan(days[i]) or ended.time[at] < days[i]:
            sites[i] = ended.site[at]
    return sites
