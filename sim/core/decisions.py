"""Small decisions that both engines take: plain functions of numbers, which the compiled engine compiles.

Each is written once, so that the engines cannot differ in it by a bit.

Attributes:
    ROUNDING: relative tolerance of sums of cells.
    SETTLE: multiplier with which a number is rounded to 26 significant bits.
    SMALLEST: stands for a uniform number of 0, whose quantile may be infinite.
"""

from __future__ import annotations

import math

from sim.core.clock import WEEK_DAYS

ROUNDING = 1e-9  # relative: sums of cells are not exact, which must leave no dose short
SETTLE = float(2**27 + 1)
SMALLEST = 2.0**-54  # stands for a uniform number of 0, whose quantile may be infinite


def nearly(cells: float) -> float:
    """Slightly less than an amount of cells, to compare sums despite rounding."""
    return cells - ROUNDING * abs(cells)


def next_dose_from(now: float, started: float, weeks: float, window: float) -> float:
    """Earliest time at which the next dose may be due, after one that was given.

    Weeks count from the due day of the first dose. Only if the window is as long as the distance to the next dose does
    the next one keep that distance from when this one was given.

    Args:
        now: when this one is over, in days since day 0.
        started: when it started.
        weeks: from this dose to the next, as planned.
        window: days by which a dose may be late.

    Returns:
        Days since day 0.
    """
    distance = weeks * WEEK_DAYS
    return now if distance > window else max(now, started + distance)


def settled(exact: float) -> float:
    """One number rounded to 26 significant bits; see `sim.core.quantiles.settle`."""
    shifted = exact * SETTLE
    return shifted - (shifted - exact)


def uniform(u: float, low: float, high: float) -> float:
    """A quantile of the uniform distribution between two numbers."""
    return low + u * (high - low)


def triangular(u: float, low: float, mode: float, high: float) -> float:
    """A quantile of a triangular distribution.

    Args:
        u: probability in [0, 1).
        low: smallest value.
        mode: most likely value.
        high: largest value; equal to `low` for a constant.

    Returns:
        The value below which the share `u` lies.
    """
    width = high - low
    if width <= 0:
        return low
    if u * width < mode - low:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1 - u) * width * (high - mode))
