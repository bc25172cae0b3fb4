"""When to trust a forecast less: what can be seen in the data, before it is known what will happen."""

from __future__ import annotations

import numpy as np

from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.settings import FEWEST

_FEW = 20
_CHANGE = 2.0  # times
_MOST_TIMES = 10.0
_LEAST_COUNT = 5  # in a stretch, to speak of a change
_SILENT = 5.0  # mean gaps without a randomisation
_ONE_SITE = 0.6
_NEW_SITES = 1 / 3
_FAR = 3.0  # times as many still to come as there are


def cautions(trial: ObservedTrial, target: int) -> list[str]:
    """Sentences that warn, without a full stop; none where nothing stands out.

    Args:
        trial: the trial, as far as it is known.
        target: randomisations wanted.
    """
    n, now = trial.n_randomised, trial.now
    found = [*_size(n, target)]
    if n >= FEWEST:
        found += [*_change(trial), *_silence(trial)]
        if trial.has_sites:
            found += _sites(trial, n, now)
    return found


def _size(n: int, target: int) -> list[str]:
    if n < FEWEST:
        return [f"only {n} randomised so far: the data say next to nothing, and the prior answers"]
    if n < _FEW:
        return [f"only {n} randomised so far: the rate is not well known"]
    if target - n > _FAR * n:
        return [f"{target - n:,} are still to come after {n:,}: a long way to draw on from what was seen"]
    return []


def _change(trial: ObservedTrial) -> list[str]:
    """Whether the last third of the time went much faster or slower than the first two."""
    edges = np.array([0.0, 2 / 3, 1.0]) * trial.now
    early, late = np.histogram(trial.days, edges)[0].tolist()
    if max(early, late) < _LEAST_COUNT:
        return []
    ratio = (late + 0.5) / (early / 2 + 0.5)
    if ratio >= _CHANGE:
        faster = f"{ratio:.1f}" if ratio < _MOST_TIMES else f"more than {_MOST_TIMES:.0f}"
        return [f"the last third of the time went {faster} times as fast as before; it may not stay so"]
    if ratio <= 1 / _CHANGE:
        slower = (
            f"{1 / ratio:.1f} times as slowly as before" if 1 / ratio < _MOST_TIMES else "far more slowly than before"
        )
        return [f"the last third of the time went {slower}; it may go on slowing"]
    return []


def _silence(trial: ObservedTrial) -> list[str]:
    days, now = trial.days, trial.now
    silent = now - float(days[-1])
    usual = float(days[-1] - days[0]) / max(len(days) - 1, 1)
    if silent > max(_SILENT * usual, 14.0):
        return [f"nobody randomised for {silent:.0f} days, where one came every {usual:.1f} days"]
    return []


def _sites(trial: ObservedTrial, n: int, now: float) -> list[str]:
    found = []
    people = trial.people
    at_site = people.site[(people.site != NO_SITE) & ~np.isnan(people.randomised)]
    counts = np.bincount(at_site, minlength=len(trial.sites))
    if len(counts) > 1 and counts.max() > _ONE_SITE * n:
        name = trial.sites[int(counts.argmax())].name
        found.append(f"{100 * counts.max() / n:.0f} % came from one site ({name}): the date hangs on it")
    opened = trial.first_seen()
    seen = opened[~np.isnan(opened)]
    new = int(np.count_nonzero(seen > now * 2 / 3))
    if len(seen) > 1 and new / len(seen) >= _NEW_SITES:
        found.append(f"{new} of {len(seen)} sites opened in the last third of the time: their rates are not known yet")
    return found
