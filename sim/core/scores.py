"""Arithmetic of the scores that the program knows; `sim.scenario.derived` has their formulas in words and sources."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.core.quantiles import settle
from sim.scenario.derived import DERIVED

Array = npt.NDArray[np.float64]

UMOL_PER_MG_DL_BILIRUBIN = 17.1
UMOL_PER_MG_DL_CREATININE = 88.4


def _ln(x: Array) -> Array:
    return settle(special.xlogy(1.0, x))


def _meld(bilirubin_mg_dl: Array, inr: Array, creatinine_mg_dl: Array) -> Array:
    raw = 0.957 * _ln(creatinine_mg_dl) + 0.378 * _ln(bilirubin_mg_dl) + 1.120 * _ln(inr) + 0.643
    return np.rint(10 * raw)


def meld(bilirubin_umol_l: Array, inr: Array, creatinine_umol_l: Array) -> Array:
    """MELD as the record prints it, times 10, to the nearest whole number as laboratories report it."""
    return _meld(bilirubin_umol_l / UMOL_PER_MG_DL_BILIRUBIN, inr, creatinine_umol_l / UMOL_PER_MG_DL_CREATININE)


def meld_with_floors(bilirubin_umol_l: Array, inr: Array, creatinine_umol_l: Array) -> Array:
    """MELD with values below 1 taken as 1 and creatinine at most 4 mg/dL, as UNOS computes it."""
    bilirubin = np.maximum(bilirubin_umol_l / UMOL_PER_MG_DL_BILIRUBIN, 1.0)
    creatinine = np.clip(creatinine_umol_l / UMOL_PER_MG_DL_CREATININE, 1.0, 4.0)
    return _meld(bilirubin, np.maximum(inr, 1.0), creatinine)


def pta_percent(inr: Array) -> Array:
    """Prothrombin activity from INR, by a power law."""
    return settle(100.0 * special.expm1(-1.4 * _ln(inr)) + 100.0)


_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "meld": meld,
    "meld_with_floors": meld_with_floors,
    "pta_percent": pta_percent,
}
SCORES: dict[str, tuple[Callable[..., Array], tuple[str, ...]]] = {
    name: (_FUNCTIONS[name], score.needs) for name, score in DERIVED.items()
}
