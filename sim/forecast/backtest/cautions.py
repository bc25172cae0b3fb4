"""Reasons to trust a forecast less that can be seen in its data.

A caution is given only if the track record supports it: intervals held less often where it applied. Two candidates
failed that test: a recent change of pace, and many new sites. See `docs/forecast/track-record.md`.

Attributes:
    GROWING, STEADY, SLOWING: the paces of a trial, as they are named in the track record.
"""

from __future__ import annotations

import numpy as np

from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.rate.settings import FEWEST

_FEW = 20
_SILENT = 5.0  # mean gaps without a randomisation
_LEAST_SILENT_DAYS = 14.0
_ONE_SITE = 0.6
_FAR = 3.0  # times as many still to come as so far
_PACE = 1.5  # times as fast in the last third of the time as before, from which on it is growth
GROWING, STEADY, SLOWING = "growing", "steady so far", "slowing"


def cautions(trial: ObservedTrial, target: int) -> list[str]:
    """Return the cautions for a trial.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted.

    Returns:
        Sentences without a full stop; none where nothing stands out.
    """
    return list(cautions_by_key(trial, target).values())


def cautions_by_key(trial: ObservedTrial, target: int) -> dict[str, str]:
    """Return the cautions by a short name of their subject.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted.

    Returns:
        Sentences without a full stop, by subject, as in `one site`; the subjects are those of the track record.
    """
    n = trial.n_randomised
    found = _size(n, target)
    if n >= FEWEST:
        found |= _silence(trial)
        if trial.has_sites:
            found |= _one_site(trial, n)
    return found


def pace(trial: ObservedTrial) -> str:
    """Say whether the last third of the time went much faster or slower than the first two thirds.

    Args:
        trial: the trial, as far as it is known.

    Returns:
        `GROWING`, `STEADY` or `SLOWING`.
    """
    early, late = np.histogram(trial.days, np.array([0.0, 2 / 3, 1.0]) * trial.now)[0].tolist()
    ratio = (late + 0.5) / (early / 2 + 0.5)
    return GROWING if ratio > _PACE else SLOWING if ratio < 1 / _PACE else STEADY


def _size(n: int, target: int) -> dict[str, str]:
    """Cautions on few participants so far, or on many still to come."""
    if n < FEWEST:
        return {"few so far": f"only {n} randomised so far: the data say next to nothing, and the prior answers"}
    if n < _FEW:
        return {"few so far": f"only {n} randomised so far: the rate is not well known"}
    if target - n > _FAR * n:
        left = f"{target - n:,} are still to come after {n:,}: a long way to extrapolate"
        return {"a long way to go": left}
    return {}


def _silence(trial: ObservedTrial) -> dict[str, str]:
    """A caution on a long time without a randomisation, up to now."""
    days, now = trial.days, trial.now
    silent = now - float(days[-1])
    usual = float(days[-1] - days[0]) / max(len(days) - 1, 1)
    if silent > max(_SILENT * usual, _LEAST_SILENT_DAYS):
        return {"silence": f"nobody randomised for {silent:.0f} days, where one came every {usual:.1f} days"}
    return {}


def _one_site(trial: ObservedTrial, n: int) -> dict[str, str]:
    """A caution where more than 60 % of participants are of one site."""
    people = trial.people
    at_site = people.site[(people.site != NO_SITE) & ~np.isnan(people.randomised)]
    counts = np.bincount(at_site, minlength=len(trial.sites))
    if len(counts) > 1 and counts.max() > _ONE_SITE * n:
        name = trial.sites[int(counts.argmax())].name
        return {"one site": f"{100 * counts.max() / n:.0f} % came from one site ({name}): the date hangs on it"}
    return {}
