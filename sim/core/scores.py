"""Arithmetic of the scores that the program knows; see `sim.scenario.derived` for their formulas and sources.

The arithmetic is apart from the formulas because it uses settled functions alone (`sim.core.quantiles.settle`), which
give the same bits on every machine, and because the compiled engine traces it.

Attributes:
    UMOL_PER_MG_DL_BILIRUBIN: micromoles a litre in one mg/dl of bilirubin.
    UMOL_PER_MG_DL_CREATININE: micromoles a litre in one mg/dl of creatinine.
    SCORES: the function of each score, and the attributes that it takes, in order.
"""

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


_LEAST = 1e-200  # an extreme distribution may draw 0, which has no logarithm and no power below 0


def _ln(x: Array) -> Array:
    return settle(special.xlogy(1.0, np.maximum(x, _LEAST)))


def _meld(bilirubin_mg_dl: Array, inr: Array, creatinine_mg_dl: Array) -> Array:
    raw = 0.957 * _ln(creatinine_mg_dl) + 0.378 * _ln(bilirubin_mg_dl) + 1.120 * _ln(inr) + 0.643
    return np.rint(10 * raw)


def meld(bilirubin_umol_l: Array, inr: Array, creatinine_umol_l: Array) -> Array:
    """MELD as the registry record prints it, times 10, rounded to a whole number as laboratories report it.

    Args:
        bilirubin_umol_l: serum bilirubin, any shape; so are the others.
        inr: international normalised ratio of the prothrombin time.
        creatinine_umol_l: serum creatinine.

    Returns:
        Scores of the same shape.
    """
    return _meld(bilirubin_umol_l / UMOL_PER_MG_DL_BILIRUBIN, inr, creatinine_umol_l / UMOL_PER_MG_DL_CREATININE)


def meld_with_floors(bilirubin_umol_l: Array, inr: Array, creatinine_umol_l: Array) -> Array:
    """MELD as UNOS computes it: values below 1 count as 1, and creatinine is at most 4 mg/dL.

    Args:
        bilirubin_umol_l: serum bilirubin, any shape; so are the others.
        inr: international normalised ratio of the prothrombin time.
        creatinine_umol_l: serum creatinine.

    Returns:
        Scores of the same shape.
    """
    bilirubin = np.maximum(bilirubin_umol_l / UMOL_PER_MG_DL_BILIRUBIN, 1.0)
    creatinine = np.clip(creatinine_umol_l / UMOL_PER_MG_DL_CREATININE, 1.0, 4.0)
    return _meld(bilirubin, np.maximum(inr, 1.0), creatinine)


def pta_percent(inr: Array) -> Array:
    """Prothrombin activity in percent from INR, by the power law 100 / INR^1.4.

    Args:
        inr: international normalised ratio, any shape, positive.

    Returns:
        Percent of normal activity, of the same shape; 100 at an INR of 1.
    """
    return settle(100.0 * special.expm1(-1.4 * _ln(inr)) + 100.0)


_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "meld": meld,
    "meld_with_floors": meld_with_floors,
    "pta_percent": pta_percent,
}
SCORES: dict[str, tuple[Callable[..., Array], tuple[str, ...]]] = {
    name: (_FUNCTIONS[name], score.needs) for name, score in DERIVED.items()
}
