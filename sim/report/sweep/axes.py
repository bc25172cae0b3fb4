"""Axes of a sweep's figures: the values of its paths and its outcomes in the form that plotly needs.

A varied value may be a number, a date or a name; each gets the axis of its kind.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.analysis.intervals import Estimate
from sim.experiment.sweep.table import has_numbers
from sim.report.exhibits import Table
from sim.report.key_words import path_words
from sim.report.style import plain, rounded, stamps
from sim.report.sweep import words
from sim.report.sweep.words import Outcome
from sim.report.words import estimate_of

if TYPE_CHECKING:
    from sim.experiment.sweep.points import Factor
    from sim.experiment.sweep.table import Swept

COLOURS = "Cividis"  # distinct for colour-blind readers, and in grey
_MOST_LETTERS = 18
_MOST_TICKS = 10


def name_of(outcome: Outcome) -> str:
    """The name of an outcome's figure."""
    return outcome.column.replace("_", "-")


def table_of(swept: Swept, outcome: Outcome) -> Table:
    """An outcome at every point, as text: the varied values, then the outcome with its error."""
    rows = [
        (*(words.setting(swept.table, factor.path, i) for factor in swept.factors), words.cell(swept, outcome, i))
        for i in range(len(swept.points))
    ]
    columns = (*(path_words(factor.path) for factor in swept.factors), outcome.title)
    return Table(f"{outcome.title}, with its Monte Carlo error", columns, tuple(rows))


def estimates_of(swept: Swept, outcome: Outcome) -> list[Estimate]:
    """An outcome at every point, in the order of the points.

    Returns:
        (n,) days since day 0 of the point itself, per cent for probabilities, or money.
    """
    found = [estimate_of(row, outcome.column) for _, row in swept.table.iterrows()]
    if outcome.kind != "probability":
        return found
    return [e.in_percent for e in found]


def comparable_of(swept: Swept, outcome: Outcome) -> list[float]:
    """An outcome at every point, in one scale: days count from day 0 of the first point.

    Args:
        swept: the sweep.
        outcome: the outcome.

    Returns:
        (n,) days, per cent or money; infinity for later than the horizon, NaN for unknown.
    """
    if outcome.kind == "day":
        return words.absolute(swept, outcome.column)
    return [e.value for e in estimates_of(swept, outcome)]


def unit_of(outcome: Outcome) -> str:
    """The unit of an outcome's axis; empty for dates. A mean cost has its currency at the end of its title."""
    return {"day": "", "probability": "% of simulated trials", "amount": outcome.title.rpartition(" ")[2]}[outcome.kind]


def places_of(swept: Swept, factor: Factor) -> list[Any]:
    """Position of every point on the axis of a path: numbers and dates as such, anything else by name.

    Args:
        swept: the sweep.
        factor: the path.

    Returns:
        (n,) numbers, or escaped texts.
    """
    if has_numbers(swept.table, factor.path):
        return [float(value) for value in swept.table[factor.path]]
    return [clipped(value) for value in swept.table[factor.path]]


def clipped(value: object) -> str:
    """A value as a label of 18 letters at most, with HTML escaped."""
    text = str(value)
    return plain(text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…")


def ordinates_of(swept: Swept, outcome: Outcome, values: list[float]) -> list[Any]:
    """Values on the vertical axis; days as dates, with None beyond the horizon.

    Args:
        swept: the sweep.
        outcome: what the values are of.
        values: (n,) one value per point, as from `estimates_of`.

    Returns:
        (n,) numbers for JSON, or texts of dates.
    """
    if outcome.kind != "day":
        return rounded(values)
    found = []
    for i, value in enumerate(values):
        day = value if math.isfinite(value) else float("nan")
        found.append(stamps(words.dates_at(swept, i).clock, [day])[0])
    return found


def axis_of(swept: Swept, factor: Factor) -> dict[str, Any]:
    """Plotly settings for the axis of a path; a few whole numbers get one tick each."""
    found: dict[str, Any] = {"title": plain(path_words(factor.path)), "type": _axis_type(swept, factor)}
    if found["type"] == "linear":
        places = sorted(set(places_of(swept, factor)))
        if len(places) <= _MOST_TICKS and all(place.is_integer() for place in places):
            found |= {"tickvals": places, "ticktext": [f"{place:,.0f}" for place in places]}
    return found


def _axis_type(swept: Swept, factor: Factor) -> str:
    """Whether a path has numbers, dates or names."""
    if has_numbers(swept.table, factor.path):
        return "linear"
    return "date" if are_dates(swept, factor) else "category"


def are_dates(swept: Swept, factor: Factor) -> bool:
    """Whether every value of a path is a date."""
    return all(isinstance(point.settings[factor.path], date) for point in swept.points)


def best_of(swept: Swept, outcome: Outcome) -> str:
    """The point at which an outcome is best, in a sentence.

    Best is the earliest date, the lowest cost, and the highest probability (lowest for never reaching the target).
    """
    values = comparable_of(swept, outcome)
    known = [i for i, value in enumerate(values) if not math.isnan(value)]
    is_gain = outcome.kind == "probability" and not outcome.column.endswith("never_reached")
    best = (max if is_gain else min)(known, key=values.__getitem__)
    return f"Best at {words.in_words(swept.points[best])}: {words.cell(swept, outcome, best)}."


def hovers(swept: Swept, outcome: Outcome) -> list[list[str]]:
    """Text shown when hovering over a point, per point."""
    return [
        [plain(f"{words.in_words(point)}: {words.cell(swept, outcome, i)}")] for i, point in enumerate(swept.points)
    ]
