"""The whole comparison as one JSON document, for `compare --json` and `comparison.json`.

`plain` and `records` turn tables into JSON for sweeps too. Keys are an interface for scripts.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.comparison import words

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from sim.experiment.comparison.sides import Pair, Side
    from sim.experiment.comparison.tables import Compared

_DIGITS = 10  # significant: what a processor rounds otherwise is beyond them
_KEYS = ("value", "low", "high")


def plain(value: object) -> Any:
    """A table cell as a JSON value.

    Args:
        value: a cell of any table of a comparison or a sweep.

    Returns:
        Null for NaN; 'never' for infinity; 'from never' for minus infinity, the difference from what never comes to
        some day. Numbers have ten significant digits, so that processors that round differently give the same bytes.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, date):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return None
    if math.isinf(number):
        return "never" if number > 0 else "from never"
    return float(f"{number:.{_DIGITS}g}")


def records(rows: pd.DataFrame, without: tuple[str, ...] = ("scenario",)) -> list[dict[str, Any]]:
    """Rows of a table, with `x`, `x_low` and `x_high` folded into one estimate.

    Args:
        rows: the table.
        without: columns to leave out.

    Returns:
        One dict per row, by column; a folded column holds `{value, low, high}`.
    """
    columns = [str(name) for name in rows.columns if name not in without]
    folded = {name for name in columns if f"{name}_low" in columns and f"{name}_high" in columns}
    ends = {f"{name}{end}" for name in folded for end in ("_low", "_high")}

    def folded_row(row: dict[Hashable, Any]) -> dict[str, Any]:
        return {
            name: {key: plain(row[name + end]) for key, end in zip(_KEYS, ("", "_low", "_high"), strict=True)}
            if name in folded
            else plain(row[name])
            for name in columns
            if name not in ends
        }

    return [folded_row(row) for row in rows.to_dict("records")]


def _side(side: Side) -> dict[str, Any]:
    scenario = side.results.scenario
    return {
        "label": side.label,
        "name": scenario.name,
        "question": scenario.question,
        "target": scenario.trial.target,
        "opens": str(side.clock.opens),
        "horizon": str(side.clock.date_of(side.results.design.horizon_days)),
        "replications": side.results.n_replications,
        "results": side.results.path.as_posix(),
    }


def _pair(compared: Compared, pair: Pair) -> dict[str, Any]:
    found: dict[str, Any] = {
        "scenario": pair.other.label,
        "reference": pair.reference.label,
        "pairs": pair.n,
        "identical": pair.is_identical(),
        "sentences": words.sentences(compared, pair),
    }
    return found | {name: records(compared.of(name, pair)) for name in compared.tables}


def answer(compared: Compared) -> dict[str, Any]:
    """Everything that the comparison found, each figure with its interval.

    Args:
        compared: the comparison and its tables.

    Returns:
        Plain data for JSON. Days count from day 0 of the reference. 'never' is later than the horizon; null is unknown
        or absent.
    """
    comparison = compared.comparison
    return {
        "scenarios": [_side(side) for side in comparison.sides],
        "seed": comparison.seed,
        "replications": comparison.n_replications,
        "warnings": words.caveats(compared),
        "comparisons": [_pair(compared, pair) for pair in comparison.pairs],
    }
