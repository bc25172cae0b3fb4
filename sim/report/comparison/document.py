"""The whole comparison as one JSON document, for `compare --json` and `comparison.json`.

Keys are an interface for scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.report.comparison import words
from sim.report.json_values import folded_records
from sim.report.reworded import reworded_document

if TYPE_CHECKING:
    from sim.experiment.comparison.sides import Pair
    from sim.experiment.comparison.sources import Side
    from sim.experiment.comparison.tables import Compared


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
    return found | {name: folded_records(compared.of(name, pair)) for name in compared.tables}


def answer(compared: Compared) -> dict[str, Any]:
    """Everything that the comparison found, each figure with its interval.

    Args:
        compared: the comparison and its tables.

    Returns:
        Plain data for JSON. Days count from day 0 of the reference. 'never' is later than the horizon; null is unknown
        or absent.
    """
    comparison = compared.comparison
    found = {
        "scenarios": [_side(side) for side in comparison.sides],
        "seed": comparison.seed,
        "replications": comparison.n_replications,
        "warnings": words.caveats(compared),
        "comparisons": [_pair(compared, pair) for pair in comparison.pairs],
    }
    return reworded_document(found, *compared.scenarios)
