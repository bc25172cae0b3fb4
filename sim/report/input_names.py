"""Names for uncertain values and for the other inputs on which a result depends.

Shares of variance and assumptions are tables by dotted path; here a path becomes a phrase that fits into a sentence.
`sim.report.key_words` is for labels of any value, such as rows of what differs between two scenarios.
"""

from __future__ import annotations

import re

from sim.analysis.variance_shares import CHANCE
from sim.experiment.explanation.tables import SITES
from sim.report.key_words import key_words, lowered, path_words, words
from sim.scenario.schema import Scenario

_SITES = "which sites they are"
_CHANCE = "chance from patient to patient"
_UNITS = re.compile(r"_(kg|g_l|mg_l|umol_l|mmol_l|years)$")
_SHORT = {
    "screening.consent": "consent",
    "cells.failure": "failure of lots",
    "site_defaults.between_site_cv": "difference between sites",
    "site_defaults.never_enrols": "sites that never enrol",
}


def input_name(scenario: Scenario, path: str) -> str:
    """An input on which a result depends, in words inside a sentence: what the value is, and where it holds.

    Args:
        scenario: the scenario; a group of sites is called by its `label`.
        path: dotted path of the value, or the name of an input that no value has: `SITES` or `CHANCE` of
            `sim.experiment.explanation.tables` and `sim.analysis.variance_shares`.

    Returns:
        A phrase with a small first letter, such as `consent, General hospital` or `failure of lots`.
    """
    if path in (SITES, CHANCE):
        return _SITES if path == SITES else _CHANCE
    if path in _SHORT:
        return _SHORT[path]
    section, *rest = path.split(".")
    named = {"sites": _of_sites, "countries": _of_countries, "follow_up": _of_leaving, "patients": _of_patients}
    if section in named and (said := named[section](scenario, rest)):
        return said
    if section == "calendar" and rest[0] == "periods":
        return f"factor of {words(rest[1])}"
    return lowered(path_words(path))


def _of_sites(scenario: Scenario, rest: list[str]) -> str:
    if len(rest) < 2:
        return ""
    group = scenario.sites.get(rest[0])
    return f"{key_words('.'.join(['sites', *rest]))}, {(group.label if group else None) or words(rest[0])}"


def _of_countries(scenario: Scenario, rest: list[str]) -> str:
    settings = scenario.countries.get(rest[0])
    said = path_words(".".join(["site_defaults", *rest[1:]]))
    return f"{lowered(said)}, {(settings.label if settings else None) or rest[0]}"


def _of_leaving(_: Scenario, rest: list[str]) -> str:
    """A share that has left by a week, in one arm or in all, or a hazard ratio."""
    if rest[0] != "leaving" or len(rest) < 3:
        return ""
    *arm, week = rest[2:]
    if arm[:1] == ["hazard_ratio"]:
        return f"hazard ratio of {words(rest[1])}, {week}"
    return ", ".join([f"{words(rest[1])} by week {week}", *arm])


def _of_patients(_: Scenario, rest: list[str]) -> str:
    kind, *names = rest
    if kind == "correlation":
        both = [words(_UNITS.sub("", name)) for name in ".".join(names).split("~")]
        return f"correlation of {' and '.join(both)}"
    if kind not in ("conditions", "attributes") or not names:
        return ""
    bare = words(_UNITS.sub("", names[0]))
    said = f"how frequent is “{bare}”" if kind == "conditions" else f"patients' {bare}"
    return ", ".join([said, *(words(name) for name in names[1:] if name != "probability")])


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
    """A share as a common fraction: 'two thirds'; 'little' below 7.5 %.

    Args:
        share: from 0 to 1.

    Returns:
        The name of the nearest of twelve fractions from a tenth to all.
    """
    if share < 0.075:
        return "little"
    return min(_FRACTIONS, key=lambda name: abs(_FRACTIONS[name] - share))
