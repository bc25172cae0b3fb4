"""Scores that the program can calculate: their inputs, their formulas in words, and sources.

A scenario names a score; what it needs is checked here, and the reference shows the formula. The arithmetic is in
`sim.core.scores`, under the same names.

Attributes:
    DERIVED: the scores by name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DerivedScore:
    """A score calculated from attributes; `sim.core.scores` has the arithmetic.

    Attributes:
        needs: names of the attributes that it is calculated from.
        formula: the formula as people write it.
        source: source of the formula.
    """

    needs: tuple[str, ...]
    formula: str
    source: str


_BLOOD = ("bilirubin_umol_l", "inr", "creatinine_umol_l")

DERIVED: dict[str, DerivedScore] = {
    "meld": DerivedScore(
        _BLOOD,
        "10 x (0.957 ln creatinine + 0.378 ln bilirubin + 1.120 ln INR + 0.643), mg/dL, to the nearest whole number",
        "NCT03863002 as registered (which prints it without the factor 10 that its range 17 to 30 needs)",
    ),
    "meld_with_floors": DerivedScore(
        _BLOOD,
        "as meld, with values below 1 taken as 1 and creatinine at most 4 mg/dL",
        "UNOS practice since 2002",
    ),
    "pta_percent": DerivedScore(
        ("inr",),
        "100 / INR^1.4",
        "assumption: a power law near published tables; prothrombin activity below 40 % then means INR above 1.92, so "
        "that it admits nobody whom INR of at least 1.5 does not",
    ),
}
