"""Finds the weeks in a record's text: "Week 52", "up to 12 months", "Day 28".

Registries have no field for visits; the time frames of outcomes are the only trace of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 365.25 / 12 / 7, "year": 365.25 / 7}
_UNIT = r"(day|week|month|year)s?"
_NUMBER = r"(\d{1,4}(?:\.\d{1,2})?)"
_UNIT_FIRST = re.compile(rf"\b{_UNIT}\s*{_NUMBER}\b", re.IGNORECASE)
_NUMBER_FIRST = re.compile(rf"\b{_NUMBER}[\s-]*{_UNIT}\b", re.IGNORECASE)
_LIST_OF_UNITS = re.compile(rf"\b{_UNIT}\s+((?:\d{{1,4}}\s*(?:,|and|&|/|-|to)\s*)+\d{{1,4}})\b", re.IGNORECASE)
_LONGEST_WEEKS = 520.0


def weeks_in(text: str) -> list[float]:
    """Return the weeks that a text names, without week 0 and without weeks beyond ten years.

    Args:
        text: such as "Baseline, Week 12 and Week 24". Days, months and years are converted.

    Returns:
        Increasing weeks; see `tidy`.
    """
    found: set[float] = set()
    for match in _LIST_OF_UNITS.finditer(text):
        found.update(float(number) * _WEEKS[match.group(1).lower()] for number in re.findall(r"\d+", match.group(2)))
    found.update(float(match.group(2)) * _WEEKS[match.group(1).lower()] for match in _UNIT_FIRST.finditer(text))
    found.update(float(match.group(1)) * _WEEKS[match.group(2).lower()] for match in _NUMBER_FIRST.finditer(text))
    return tidy(found)


def tidy(weeks: Iterable[float]) -> list[float]:
    """Round weeks to whole numbers (below one week to 0.01), without duplicates, increasing, up to ten years.

    Args:
        weeks: weeks after the beginning of treatment, in any order.
    """
    rounded = {float(round(week)) if week >= 1 else round(week, 2) for week in weeks if 0 < week <= _LONGEST_WEEKS}
    return sorted(rounded - {0.0})
