"""Names for uncertain values and for the other inputs on which a result depends."""

from __future__ import annotations

from sim.analysis.variance_shares import CHANCE
from sim.experiment.explanation.tables import SITES
from sim.scenario.schema import Scenario

_SITES = "which sites they are"
_CHANCE = "chance from patient to patient"
_SHORT = {
    "screening.consent": "consent",
    "cells.failure": "failure of lots",
    "referrals_per_month": "referrals per month",
    "between_site_cv": "difference between sites",
    "never_enrols": "sites that never enrol",
}


def _plain(name: str) -> str:
    return name.replace("_", " ")


def input_name(scenario: Scenario, path: str) -> str:
    """An input of the shares of variance, in words: what the uncertain value is, and where it holds.

    Args:
        scenario: the scenario.
        path: dotted path of the value, or the name of an input such as chance.
    """
    if path == SITES:
        return _SITES
    if path == CHANCE:
        return _CHANCE
    if path in _SHORT:
        return _SHORT[path]
    section, *rest = path.split(".")
    what = _SHORT.get(rest[-1], _plain(rest[-1])) if rest else _plain(section)
    if section == "sites" and len(rest) >= 2:
        group = scenario.sites.get(rest[0])
        where = (group.label if group else None) or _plain(rest[0])
        what = _SHORT.get(rest[1], _plain(rest[1])) if len(rest) == 2 else " ".join(_plain(part) for part in rest[1:])
        return f"{what}, {where}"
    if path.startswith("follow_up.leaving.") and "hazard_ratio" in rest:
        return f"hazard ratio of {_plain(rest[1])}, {rest[-1]}"
    if section == "calendar" and rest[0] == "periods":
        return f"factor of {_plain(rest[1])}"
    if section == "site_defaults":
        return f"{' '.join(_plain(part) for part in rest[:-1])} {what}".strip() + ", all sites"
    return f"{what} ({' '.join(_plain(part) for part in [section, *rest[:-1]])})"


_FRACTIONS = {
    "all": 1.0,
    "nine tenths": 0.9,
    "four fifths": 0.8,
    "three quarters": 0.75,
    "two thirds": 2 / 3,
    "three fifths": 0.6,
    "half": 0.5,
    "two fifths": 0.4,
    "a third": 1 / 3,
    "a quarter": 0.25,
    "a fifth": 0.2,
    "a tenth": 0.1,
}


def fraction(share: float) -> str:
    """A share as a common fraction: 'two thirds'; 'little' for less than a tenth."""
    if share < 0.075:
        return "little"
    return min(_FRACTIONS, key=lambda name: abs(_FRACTIONS[name] - share))
