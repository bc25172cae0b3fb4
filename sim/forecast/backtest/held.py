"""How often intervals held in the track record, by stage and by the pace of the trial.

`held.json` has the figures. `benchmarks/forecast_track_record.py` writes it, and a test compares it with the program.

Attributes:
    FILE: the stored track record, beside this module.
    PACES: paces for which it has rows of their own.
    ALL: name of the row of all forecasts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import ObservedTrial
from sim.forecast.backtest.cautions import GROWING, SLOWING, STEADY, pace

Array = npt.NDArray[np.float64]

FILE = "held.json"
STAGES = ((0.2, 0.35), (0.35, 0.65), (0.65, 0.8))  # shares of the target, as cuts were made from 20 to 80 %
PACES = (GROWING, STEADY, SLOWING)
ALL = "all"


def stage_name(low: float, high: float) -> str:
    """Return a stage in words.

    Args:
        low: lower end, as a share of the target.
        high: upper end.

    Returns:
        Such as "made at 25 % to 50 % of the target", as in the stored record.
    """
    return f"made at {low:.0%} to {high:.0%} of the target".replace("%", " %")


@dataclass(frozen=True)
class Held:
    """How often 80 % intervals of the last randomisation held.

    Attributes:
        where: the forecasts: a stage, a pace, or all.
        cuts: number of forecasts.
        trials: number of trials; parts of one trial count as one.
        covers_80: share of the intervals that contained the truth.
        covers_80_se: its standard error, resampling trials, because forecasts of a trial share one future.
        count_covers_80: the same share for the number in the next 90 days.
        late: median of forecast over truth, in days remaining, minus 1; above 0 is too late.
        furthest: the longest time that was left in truth, over the median of its forecast.
    """

    where: str
    cuts: int
    trials: int
    covers_80: float
    covers_80_se: float
    count_covers_80: float
    late: float
    furthest: float


@dataclass(frozen=True)
class NearHeld:
    """How often 80 % intervals of a near question held.

    Attributes:
        question: the question.
        forecasts: number of forecasts; one per site for questions by site.
        covers_80: share of the intervals that contained the truth.
        covers_80_se: its standard error, resampling trials; None where it is of a single trial.
    """

    question: str
    forecasts: int
    covers_80: float
    covers_80_se: float | None


@lru_cache(maxsize=1)
def _document() -> dict[str, list[dict[str, Any]]]:
    text = (resources.files("sim.forecast.backtest") / FILE).read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


def record() -> dict[str, Held]:
    """Return the stored track record by stage, pace and `all`.

    Returns:
        How often intervals held, by the words of `where`.
    """
    return {row["where"]: Held(**row) for row in _document()["forecasts"]}


def near_record() -> dict[str, NearHeld]:
    """Return the stored track record of near questions, by question."""
    return {row["question"]: NearHeld(**row) for row in _document()["near"]}


def record_text(rows: Sequence[Held], near: Sequence[NearHeld]) -> str:
    """Compose the file of the track record.

    Args:
        rows: the record by stage and pace.
        near: the record of near questions.

    Returns:
        JSON.
    """
    document = {"forecasts": [asdict(row) for row in rows], "near": [asdict(row) for row in near]}
    return json.dumps(document, indent=1) + "\n"


def clustered_error(hits: Array, cluster: npt.NDArray[np.object_]) -> float:
    """Compute the standard error of a mean whose terms are correlated within clusters.

    Args:
        hits: (n,) terms.
        cluster: (n,) cluster of each term.

    Returns:
        The standard error; NaN for fewer than two clusters.
    """
    names, place = np.unique(cluster.astype(str), return_inverse=True)
    if len(names) < 2:
        return float("nan")
    sums = np.bincount(place, weights=hits - hits.mean())
    return float(np.sqrt((sums**2).sum() * len(names) / (len(names) - 1)) / len(hits))


def held_at(trial: ObservedTrial, target: int) -> tuple[Held, Held] | None:
    """Look up the track record for a forecast.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted.

    Returns:
        The record at this stage, and that of trials with this pace; None outside 20 to 80 % of the target.
    """
    share = trial.n_randomised / target
    found = [(low, high) for low, high in STAGES if low <= share < high]
    if not found:
        return None
    rows = record()
    return rows[stage_name(*found[0])], rows[pace(trial)]
