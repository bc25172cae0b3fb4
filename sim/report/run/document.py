"""The whole answer of a run as one JSON document, for `run --json` and scripts.

The names of its keys are an interface: scripts read them, so they are added to and not renamed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.analysis.intervals import Estimate
from sim.analysis.modelled import end_of
from sim.report.json_values import NEVER
from sim.report.reworded import reworded_document
from sim.report.run.headline import run_command, warnings
from sim.report.run.why import Why
from sim.report.words import Dates, estimate_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.run.results import Results


def _json(value: float | None) -> float | str | None:
    if value is None or math.isnan(value):
        return None
    return NEVER if math.isinf(value) else value


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {"value": _json(estimate.value), "low": _json(estimate.low), "high": _json(estimate.high)}


def _dated(estimate: Estimate, dates: Dates) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, day in estimate._asdict().items():
        when = dates.of(day) if day is not None and not math.isnan(day) else None
        found[name] = {"day": _json(day), "date": None if when is None else str(when)}
    return found


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python, with null for one that is not known (a share of nothing)."""
    plain = value.item() if hasattr(value, "item") else value
    return _json(plain) if isinstance(plain, float) else plain


def _rows(table: pd.DataFrame, *estimates: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        str(name): {key: _estimate(estimate_of(row, key)) for key in estimates}
        | {key: _plain(row[key]) for key in also}
        for name, row in table.iterrows()
    }


def _caps(results: Results, dates: Dates) -> dict[str, Any]:
    return {
        str(name): {
            "share_reached": _estimate(estimate_of(row, "share")),
            "first_reached_p50": _dated(estimate_of(row, "p50"), dates),
            "turned_away": _estimate(estimate_of(row, "away")),
            "meaning": row["meaning"],
        }
        for name, row in results.caps().iterrows()
    }


def _countries(results: Results, dates: Dates) -> dict[str, Any]:
    means = ("sites", "referred", "screened", "randomised", "cost")
    days = ("first_site_active", "first_randomised")
    return {
        str(code): {"label": row["label"], "n_sites": _plain(row["n_sites"]), "share": _plain(row["share"])}
        | {name: _estimate(estimate_of(row, name)) for name in means if name != "cost" or results.scenario.costs}
        | {f"{name}_p50": _dated(estimate_of(row, name), dates) for name in days}
        for code, row in results.countries().iterrows()
    }


def _amendments(results: Results, dates: Dates) -> dict[str, Any]:
    return {
        str(name): {
            "share_decided": _estimate(estimate_of(row, "share")),
            "share_in_force": _estimate(estimate_of(row, "in_force")),
            "in_force_p50": _dated(estimate_of(row, "p50"), dates),
            "meaning": row["meaning"],
        }
        for name, row in results.amendments().iterrows()
    }


def _interims(results: Results, dates: Dates) -> dict[str, Any]:
    return {
        str(name): {
            "share_with_a_look": _estimate(estimate_of(row, "share")),
            "looks": _estimate(estimate_of(row, "looks")),
            "first_look_p50": _dated(estimate_of(row, "p50"), dates),
            "share_stopped": _estimate(estimate_of(row, "stopped")),
            "share_enlarged": _estimate(estimate_of(row, "enlarged")),
            "meaning": row["meaning"],
        }
        for name, row in results.interims().iterrows()
    }


def _why(results: Results) -> dict[str, Any]:
    """Days lost to each cause and the critical path, of every milestone; the sentences are of the end of the trial."""
    why, causes, doubts = Why(results), results.causes(), results.assumptions()
    return {
        "milestone": why.milestone,
        "sentences": [why.sentence(), *why.others(), why.path_sentence(), why.doubts_sentence()],
        "days_lost": [] if causes is None else _records(causes, "lost"),
        "critical_path": _records(results.paths(), "days", "share"),
        "assumptions": [] if doubts is None else _records(doubts, "lower", "higher"),
    }


def _records(table: pd.DataFrame, *estimates: str) -> list[dict[str, Any]]:
    """Rows of a table, each estimate with its interval."""
    ends = {f"{name}{end}" for name in estimates for end in ("", "_low", "_high")}
    plain = [str(name) for name in table.columns if name not in ends]
    return [
        {key: _plain(row[key]) for key in plain} | {name: _estimate(estimate_of(row, name)) for name in estimates}
        for _, row in table.iterrows()
    ]


def answer(results: Results) -> dict[str, Any]:
    """Milestones, odds, funnel, days lost to causes, the critical path and the files, each figure with its interval.

    Args:
        results: the run.

    Returns:
        Plain data for JSON. An estimate is `{value, low, high}`; a day is `{day, date}`, counted from day 0 of the
        scenario. A day later than the horizon is "never", with null for its date; what too few replications leave open
        is null. Probabilities are from 0 to 1.
    """
    dates = Dates(results.design.clock, results.design.horizon_days)
    milestones, odds = results.milestones(), results.odds()
    found = {
        "scenario": results.scenario.name,
        "question": results.scenario.question,
        "target": results.scenario.trial.target,
        "replications": results.n_replications,
        "seed": results.seed,
        **({"until": results.manifest["until"]} if "until" in results.manifest else {}),
        "horizon": str(dates.horizon),
        "warnings": warnings(results, results.too_few()),
        "milestones": {
            str(name): {f"p{q}": _dated(estimate_of(row, f"p{q}"), dates) for q in (10, 50, 80, 90)}
            | {"share_reached": _estimate(estimate_of(row, "share")), "meaning": row["meaning"]}
            for name, row in milestones.iterrows()
        },
        "probabilities": {
            str(event): {"probability": _estimate(estimate_of(row, "probability"))}
            | ({"by": str(row["planned"])} if event != "never_reached" else {})
            for event, row in odds.iterrows()
        },
        "outcomes": _rows(results.outcomes(), "share", also=("n",)),
        "funnel": _rows(results.funnel(), "mean", also=("share",)),
        "losses": _rows(results.losses(), "mean"),
        "caps": _caps(results, dates),
        "interims": _interims(results, dates),
        "amendments": _amendments(results, dates),
        "countries": _countries(results, dates),
        "risks": _rows(
            results.risks(end_of(results.scenario)), "share", "days", "lost", also=("meaning", "n_pairs", "n_changed")
        ),
        "drift": _records(results.drift().reset_index(), "share", "p10", "p50", "p90"),
        "start_up": _records(results.start_up(), "share", "days", "critical_days"),
        "why": _why(results),
        "cost": _rows(results.costs(), "mean"),
        "files": {"folder": results.path.as_posix(), "names": sorted([*results.manifest["files"], "manifest.json"])},
        "command": run_command(results),
    }
    return reworded_document(found, results.scenario)
