"""An estimate as the columns of a table: `x`, `x_low` and `x_high`, as every table of answers has it."""

from __future__ import annotations

from sim.analysis.intervals import Estimate


def estimate_columns(name: str, estimate: Estimate) -> dict[str, float | None]:
    """The columns of an estimate with its 95 % interval; an end that is not known is None.

    Args:
        name: of the column with the value.
        estimate: the estimate.
    """
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
