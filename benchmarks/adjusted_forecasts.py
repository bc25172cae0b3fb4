"""What the program's forecasts would gain by simple adjustments: pooled with simpler forecasts, moved, stretched.

Each adjustment has a grid of values. One line gives the value that is best on all trials, which flatters, and what
comes out if the value is chosen without the trial that is scored.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

N_QUANTILES = 200
SIMPLE = ("homogeneous_poisson", "site_poisson_gamma", "eventpred_piecewise", "eventpred_pool", "recent_rate")
_WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
_SHIFTS = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)
_SPREADS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
_STAGES = (0.35, 0.65)
_WANTED, _LEEWAY = 0.80, 0.05  # coverage that a choice must keep


@dataclass(frozen=True, eq=False)
class Answered:
    """One cut's forecasts as quantiles of the log of the days left.

    Attributes:
        whole: the trial, or that of which it is a part.
        trial: its name.
        share: share of the target that was reached.
        truth: what happened.
        base: CRPS of the homogeneous Poisson process.
        kinds: (kinds, quantiles) forecasts of the program's kinds.
        simple: by name, (quantiles,) simpler forecasts; where that by site needs sites, homogeneous Poisson.
    """

    whole: str
    trial: str
    share: float
    truth: float
    base: float
    kinds: Array
    simple: dict[str, Array]

    @property
    def pooled(self) -> Array:
        """(quantiles,) the program's forecast."""
        return quantiles(self.kinds.ravel())


def quantiles(draws: Array, weights: Array | None = None) -> Array:
    """Return quantiles at equal distances, of draws with weights."""
    order = np.argsort(draws, kind="stable")
    weights = np.ones(len(draws)) if weights is None else weights
    below = np.cumsum(weights[order]) / weights.sum()
    at = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    found: Array = draws[order][np.minimum(np.searchsorted(below, at), len(draws) - 1)]
    return found


def _moved(draws: Array, shift: float, spread: float) -> Array:
    middle = float(np.median(draws))
    found: Array = middle + shift + spread * (draws - middle)
    return found


def _linear(name: str, weight: float) -> Callable[[Answered], Array]:
    def adjusted(cut: Answered) -> Array:
        both = np.concatenate((cut.pooled, cut.simple[name]))
        return quantiles(both, np.repeat([1 - weight, weight], N_QUANTILES))

    return adjusted


def _averaged(name: str, weight: float) -> Callable[[Answered], Array]:
    return lambda cut: (1 - weight) * cut.pooled + weight * cut.simple[name]


def _by_stage(spreads: Sequence[float]) -> Callable[[Answered], Array]:
    return lambda cut: _moved(cut.pooled, 0.0, spreads[int(np.searchsorted(_STAGES, cut.share, side="right"))])


def _kinds_averaged(spread: float) -> Callable[[Answered], Array]:
    return lambda cut: _moved(np.sort(cut.kinds, axis=1).mean(axis=0), 0.0, spread)


def adjustments() -> dict[str, dict[str, Callable[[Answered], Array]]]:
    """Return each adjustment with its grid."""
    found: dict[str, dict[str, Callable[[Answered], Array]]] = {}
    for name in SIMPLE:
        label = name.replace("_", " ").replace("eventpred", "eventPred")
        found[f"pooled with {label}, its share"] = {f"{w:g}": _linear(name, w) for w in _WEIGHTS}
        found[f"quantiles averaged with {label}, its weight"] = {f"{w:g}": _averaged(name, w) for w in _WEIGHTS}
    found["moved (log days)"] = {f"{b:+g}": lambda cut, b=b: _moved(cut.pooled, b, 1.0) for b in _SHIFTS}  # type: ignore[misc]
    found["spread, times"] = {f"{c:g}": lambda cut, c=c: _moved(cut.pooled, 0.0, c) for c in _SPREADS}  # type: ignore[misc]
    found["moved, and spread"] = {
        f"{b:+g}, {c:g}": lambda cut, b=b, c=c: _moved(cut.pooled, b, c)  # type: ignore[misc]
        for b in _SHIFTS for c in _SPREADS
    }  # fmt: skip
    stages = itertools.product((0.7, 0.85, 1.0, 1.15), repeat=3)
    found["spread early, midway, late"] = {", ".join(f"{c:g}" for c in cs): _by_stage(cs) for cs in stages}
    found["kinds' quantiles averaged, spread"] = {f"{c:g}": _kinds_averaged(c) for c in (0.9, 1.0, 1.1, 1.2, 1.3)}
    return found


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of one value of an adjustment: by trial, relative log CRPS and coverage of the 80 % interval."""

    ratio: Array
    covers: Array


def _score(cuts: Sequence[Answered], adjusted: Callable[[Answered], Array], trials: Sequence[str]) -> Scored:
    loss, base, inside, n = (np.zeros(len(trials)) for _ in range(4))
    weight = 2 * np.arange(1, N_QUANTILES + 1) - N_QUANTILES - 1
    for cut in cuts:
        k, draws = trials.index(cut.trial), np.sort(adjusted(cut))
        loss[k] += np.abs(draws - cut.truth).mean() - float(weight @ draws) / N_QUANTILES**2
        base[k] += cut.base
        inside[k] += abs(float(np.mean(draws < cut.truth)) - 0.5) <= 0.4
        n[k] += 1
    return Scored(loss / base, inside / n)


def rows(cuts: Sequence[Answered]) -> list[list[str]]:
    """Score every adjustment.

    Args:
        cuts: all cuts of all trials.

    Returns:
        Rows of a table: adjustment, best value in sample with its scores on the main panel and the other, and scores
        with values that were chosen without the trial scored.
    """
    trials = list(dict.fromkeys(cut.trial for cut in cuts))
    whole = np.array([next(cut.whole for cut in cuts if cut.trial == trial) for trial in trials])
    parts = np.array([np.count_nonzero(whole == one) for one in whole])
    main = parts == 1
    found = []
    for name, grid in adjustments().items():
        scored = [_score(cuts, adjusted, trials) for adjusted in grid.values()]
        ratio, covers = np.array([one.ratio for one in scored]), np.array([one.covers for one in scored])

        def best(some: npt.NDArray[np.bool_], is_kept: bool, ratio: Array = ratio, covers: Array = covers) -> int:
            weights = some / parts
            off = np.abs(covers @ weights / weights.sum() - _WANTED)
            return int(np.argmin(ratio @ weights / weights.sum() + is_kept * 10 * np.maximum(off - _LEEWAY, 0.0)))

        sample = best(np.ones(len(trials), dtype=bool), is_kept=False)
        chosen = np.array([best(whole != one, is_kept=True) for one in whole])
        places = np.arange(len(trials))
        cells = [name, list(grid)[sample]]
        for its_ratio, its_covers in ((ratio[sample], covers[sample]), (ratio[chosen, places], covers[chosen, places])):
            cells += [f"{its_ratio[main].mean():.2f}", f"{its_ratio[~main].mean():.2f}"]
            cells += [f"{100 * its_covers[main].mean():.0f} %", f"{100 * its_covers[~main].mean():.0f} %"]
        found.append(cells)
    return found
