"""What each change of a comparison is worth, in words: its name, what it adds to a difference, and the outcome.

A row of the table `shares` is one change, or the remainder; see `sim.experiment.comparison.attribution`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.comparison.words import EVENTS, PHRASES, amount, days_change, points
from sim.report.words import estimate_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from sim.analysis.intervals import Estimate


def part_name(part: str) -> str:
    """A change, or the remainder, in words.

    Args:
        part: dotted path of the change, or `together` for what changes do only together.
    """
    return "only together" if part == "together" else part


def _share_change(row: pd.Series, change: Estimate) -> str:
    if row["of"] == "probability":
        return points(change)
    return f"{days_change(change)} days" if row["unit"] == "days" else f"{row['unit']} {amount(change)}"


def share_text(row: pd.Series) -> str:
    """What one change adds to a difference, with its interval.

    Args:
        row: a change, with the outcome in whose unit its `difference` is.
    """
    return _share_change(row, estimate_of(row, "difference"))


def share_whole(rows: pd.DataFrame) -> str:
    """The whole difference that is divided among the changes, with its interval.

    Args:
        rows: the changes of one outcome; each has the `whole` difference, in the outcome's unit.
    """
    return _share_change(rows.iloc[0], estimate_of(rows.iloc[0], "whole"))


def outcome_title(key: Hashable, of: str) -> str:
    """The outcome that is divided among the changes, in words.

    Args:
        key: an event of `EVENTS` for a probability; otherwise a milestone, or `cost`.
        of: what of it is divided: `median`, `mean` or `probability`.
    """
    name = str(key)
    if of == "probability":
        return f"{EVENTS[name]} as planned, percentage points"
    if name == "cost":
        return "Mean cost"
    return f"{of.capitalize()} {PHRASES[name]}, days"
