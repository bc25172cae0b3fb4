"""Simulated numbers in words, and the choices of a check, of which the simulation decides the right one.

Shares are told as natural frequencies ("61 of 100"), which people understand better than probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from sim.analysis.intervals import Estimate
from sim.report.words import mean_with_error, number


def of_100(share: Estimate) -> str:
    """A share as a natural frequency: '61 of 100 (57 to 65)'.

    Args:
        share: from 0 to 1, with its interval.
    """
    if share.low is None or share.high is None:
        return f"{_count(share.value)} of 100"
    return f"{_count(share.value)} of 100 ({_count(share.low)} to {_count(share.high)})"


def _count(share: float) -> str:
    """A share out of 100; close to 0 or 100, it is not rounded to either."""
    text = f"{100 * share:.0f}"
    return f"{100 * share:.1f}" if text in ("0", "100") and 0 < share < 1 else text


def months(value: Estimate) -> str:
    """'4.2 ±0.3 months'.

    Args:
        value: months, with an interval or without.
    """
    return f"{mean_with_error(value)} months"


def interval_text(value: Estimate, unit: str) -> str:
    """A quantile with its interval: '22.1 months (20.9 to 23.6)'.

    Args:
        value: the quantile; infinity is never.
        unit: its unit.

    Returns:
        The text: 'never' where the quantile itself is never, and '?' for an end that is not known.
    """
    if not math.isfinite(value.value):
        return "never"
    low = "?" if value.low is None else number(value.low, like=value.value)
    high = "?" if value.high is None else "never" if math.isinf(value.high) else number(value.high, like=value.value)
    return f"{number(value.value)} {unit} ({low} to {high})"


def scaled(value: Estimate, factor: float) -> Estimate:
    """An estimate in another unit: value and interval times a factor above 0.

    Args:
        value: in the old unit.
        factor: new units in one of the old.
    """
    low, high = (None if end is None else end * factor for end in (value.low, value.high))
    return Estimate(value.value * factor, low, high)


def half_width(value: Estimate) -> float:
    """Half the width of an interval; 0 where there is none.

    Args:
        value: in any unit, which is that of the result.
    """
    return 0.0 if value.low is None or value.high is None else (value.high - value.low) / 2


def around(value: Estimate, slack: float) -> tuple[float, float]:
    """Range in which a guess counts as right: the interval of the simulated value, widened by `slack`.

    Args:
        value: the simulated number; without an interval it stands for both ends.
        slack: widening on either side, in its unit, so that the chance of the simulation decides nothing.

    Returns:
        The lower and the upper end.
    """
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    return low - slack, high + slack


def bands(edges: Sequence[float], unit: str) -> tuple[str, ...]:
    """Choices that together cover all numbers: 'less than 10 days', '10 to 50 days', 'more than 50 days'.

    Args:
        edges: increasing limits.
        unit: unit of the numbers, in the plural; empty for none.

    Returns:
        One choice more than there are edges; `band_of` gives the index of the right one.
    """
    text = [f"{edge:g}" for edge in edges]
    tail = f" {unit}" if unit else ""
    first = tail.removesuffix("s") if edges[0] == 1 else tail
    between = [f"{a} to {b}{tail}" for a, b in pairwise(text)]
    return (f"less than {text[0]}{first}", *between, f"more than {text[-1]}{tail}")


def band_of(value: float, edges: Sequence[float]) -> int:
    """Index of the band that contains a number; one that equals an edge is in the band below it.

    Args:
        value: the number.
        edges: upper edges of the bands but the last, increasing.

    Returns:
        From 0 to the number of edges.
    """
    return sum(value > edge for edge in edges)
