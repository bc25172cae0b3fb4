"""How often intervals held in the track record, by the stage at which they were made and by how the trial was going.

`held.json` has the figures; `benchmarks/forecast_track_record.py` writes it, and a test holds it to what the program
does.
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
    """A stage in words."""
    return f"made at {low:.0%} to {high:.0%} of the target".replace("%", " %")


@dataclass(frozen=True)
class Held:
    """How often 80 % intervals of the last randomisation held.

    Attributes:
        where: of which forecasts: a stage, a pace, or all.
        cuts: forecasts.
        trials: trials that they are of; parts of one trial are one.
        covers_80: share of the intervals that had the truth.
        covers_80_se: its standard error, trials resampled; those of one trial share one future.
        count_covers_80: the same of the number in the next 90 days.
        late: median of forecast over truth, days remaining, less 1: above 0 is too late.
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
        question: which.
        forecasts: how many; one a site, where it is by site.
        covers_80: share of the intervals that had the truth.
        covers_80_se: its standard error, trials resampled.
    """

    question: str
    forecasts: int
    covers_80: float
    covers_80_se: float


@lru_cache(maxsize=1)
def _document() -> dict[str, list[dict[str, Any]]]:
    text = (resources.files("sim.forecast.backtest") / FILE).read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


def record() -> dict[str, Held]:
    """The frozen record, by stage, pace and all."""
    return {row["where"]: Held(**row) for row in _document()["forecasts"]}


def near_record() -> dict[str, NearHeld]:
    """That of near questions."""
    return {row["question"]: NearHeld(**row) for row in _document()["near"]}


def record_text(rows: Sequence[Held], near: Sequence[NearHeld]) -> str:
    """The file of the record."""
    document = {"forecasts": [asdict(row) for row in rows], "near": [asdict(row) for row in near]}
    return json.dumps(document, indent=1) + "\n"


def clustered_error(hits: Array, cluster: npt.NDArray[np.object_]) -> float:
    """Standard error of a mean whose terms are alike within a cluster.

    Args:
        hits: (n,) terms.
        cluster: (n,) which cluster each is of.
    """
    names, place = np.unique(cluster.astype(str), return_inverse=True)
    if len(names) < 2:
        return float("nan")
    sums = np.bincount(place, weights=hits - hits.mean())
    return float(np.sqrt((sums**2).sum() * len(names) / (len(names) - 1)) / len(hits))


def held_at(trial: ObservedTrial, target: int) -> tuple[Held, Held] | None:
    """The record of forecasts made at this stage, and of trials that went like this one; None outside 20 to 80 %.

    Args:
        trial: the trial, as far as it is known.
        target: randomisations wanted.
    """
    share = trial.n_randomised / target
    found = [(low, high) for low, high in STAGES if low <= share < high]
    if not found:
        return None
    rows = record()
    return rows[stage_name(*found[0])], rows[pace(trial)]
