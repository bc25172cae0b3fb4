"""Ways of leaving, as competing risks from randomisation. Those still in are censored (Aalen and Johansen 1978).

The incidences go into a scenario as they are: `sim.core.hazards` solves for hazards that give them back.

Attributes:
    OTHER: name of a way of leaving for which the data have no word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import COMPLETED, LEFT, ObservedTrial

Array = npt.NDArray[np.float64]

_MOST_WAYS = 5
OTHER = "other_reasons"


@dataclass(frozen=True, eq=False)
class WayOfLeaving:
    """One way of leaving.

    Attributes:
        name: a name that a scenario accepts.
        n: number of participants who left this way.
        weeks: (k,) weeks after randomisation.
        incidence: (k,) share that has left this way by then, with the other ways as competing risks.
        at_risk: (k,) effective number of participants behind the share.
    """

    name: str
    n: int
    weeks: Array
    incidence: Array
    at_risk: Array


def name_of(text: str) -> str:
    """Turn a text for a way of leaving into a name: lower-case letters, digits and underscores.

    Args:
        text: the reason as the data have it.

    Returns:
        At most 50 letters, beginning with a letter; `OTHER` if nothing is left.
    """
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:50]
    return found if found and found[0].isalpha() else f"reason_{found}" if found else OTHER


def follow_up_weeks(trial: ObservedTrial) -> float:
    """Return the weeks from randomisation to the last visit.

    Args:
        trial: the trial.

    Returns:
        The last planned visit; without a visit plan, the median over participants who completed; 0 if unknown.
    """
    if trial.visits is not None and len(trial.visits.planned_day):
        return float(trial.visits.planned_day.max()) / 7
    people = trial.people
    done = (people.status == COMPLETED) & ~np.isnan(people.randomised)
    if not done.any():
        return 0.0
    return float(np.median(people.ended[done] - people.randomised[done])) / 7


def ways_of_leaving(trial: ObservedTrial, weeks: Array) -> list[WayOfLeaving]:
    """Estimate the cumulative incidence of each way of leaving (Aalen-Johansen).

    Args:
        trial: the trial, as far as it is known.
        weeks: (k,) increasing times at which to read the incidence, in weeks.

    Returns:
        The most frequent ways; the others are pooled as `OTHER`.
    """
    people = trial.people.taken(np.flatnonzero(~np.isnan(trial.people.randomised)))
    if not len(people) or not len(weeks):
        return []
    left, completed = people.status == LEFT, people.status == COMPLETED
    over = ~np.isnan(people.ended)
    time = np.where(over, people.ended, trial.now) - people.randomised
    raw = np.array([name_of(text) if text else OTHER for text in people.way_out], dtype=object)
    names, counts = np.unique(raw[left].astype(str), return_counts=True)
    common = [str(name) for name in names[np.argsort(-counts, kind="stable")][:_MOST_WAYS]]
    ways = np.where(np.isin(raw, common), raw, OTHER)
    found = []
    for name in [*common, *([OTHER] if len(names) > _MOST_WAYS and OTHER not in common else [])]:
        mine = left & (ways == name)
        incidence = _incidence(time, left, mine, weeks * 7)
        still = np.array([np.count_nonzero((time >= day) | left | completed) for day in weeks * 7], dtype=np.float64)
        found.append(WayOfLeaving(name, int(mine.sum()), weeks, incidence, np.maximum(still, 1.0)))
    return found


def _incidence(time: Array, left: npt.NDArray[np.bool_], mine: npt.NDArray[np.bool_], at: Array) -> Array:
    """Aalen-Johansen estimate of the cumulative incidence of one way, at the given days."""
    order = np.argsort(time, kind="stable")
    time, left, mine = time[order], left[order], mine[order]
    at_risk = len(time) - np.arange(len(time))
    staying = np.cumprod(1 - left / at_risk)
    before = np.concatenate(([1.0], staying[:-1]))
    total = np.concatenate(([0.0], np.cumsum(before * mine / at_risk)))
    found: Array = total[np.searchsorted(time, at, side="right")]
    return found
