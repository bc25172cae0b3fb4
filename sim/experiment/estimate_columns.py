"""An estimate as columns of a table: `x`, `x_low` and `x_high`, the same in every table of answers.

It is a module of its own because comparison, sweep, explanation and plan all write such tables, and must not import one
another.
"""

from __future__ import annotations

from sim.analysis.intervals import Estimate


def estimate_columns(name: str, estimate: Estimate) -> dict[str, float | None]:
    """Turn an estimate into columns.

    Args:
        name: name of the column with the value.
        estimate: the estimate, with its 95 % interval.

    Returns:
        The value, and the ends of the interval under `<name>_low` and `<name>_high`; an unknown end is None.
    """
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
