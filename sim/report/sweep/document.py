"""A whole sweep as one JSON document, for `sweep --json` and `sweep.json`.

It is for programs that read a sweep instead of a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.json_values import folded_records, plain
from sim.report.reworded import reworded_document
from sim.report.sweep import words
from sim.scenario.yaml_source import shown

if TYPE_CHECKING:
    from sim.experiment.sweep.points import Factor
    from sim.experiment.sweep.table import Swept


def _factor(factor: Factor) -> dict[str, Any]:
    if factor.is_range:
        return {"path": factor.path, "low": plain(factor.low), "high": plain(factor.high)}
    return {"path": factor.path, "values": [_setting(value) for value in factor.values]}


def _setting(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else shown(value)


def answer(swept: Swept) -> dict[str, Any]:
    """Every point with its settings and outcomes, each with its interval.

    Args:
        swept: the sweep.

    Returns:
        Plain data for JSON. Days count from day 0 of the point; 'never' is later than the horizon, null is unknown.
    """
    paths = tuple(factor.path for factor in swept.factors)
    rows = folded_records(swept.table, without=(*paths, "point"))
    found = {
        "scenario": swept.loaded.scenario.name,
        "design": swept.design,
        "varied": [_factor(factor) for factor in swept.factors],
        "seed": swept.seed,
        "replications": swept.n_replications,
        "warnings": words.caveats(swept),
        "sentences": words.sentences(swept),
        "points": [
            {"point": point.number, "settings": {path: _setting(point.settings[path]) for path in paths}} | row
            for point, row in zip(swept.points, rows, strict=True)
        ],
    }
    return reworded_document(found, *swept.scenarios)
