"""Measures without a figure of their own, as tables: those defined by a function, and those of extensions.

A measure that is added with `@declared` appears here without any other code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import intervals
from sim.analysis.declared import DECLARED
from sim.analysis.measures import Measure, extension_measures
from sim.analysis.summary import QUANTILES
from sim.report.exhibits import Exhibit, Table
from sim.report.words import mean_with_error, number, percent

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.report.run.answers import Answers

OWN = "own"  # the section of what extensions measure


def measured_exhibits(answers: Answers) -> dict[str, Exhibit]:
    """One table per section of the report that has such measures, named `measured-<section>`.

    Args:
        answers: tables of the run.

    Returns:
        By name. The mean is over the trials in which a measure is known; in quantiles the others count as never.
    """
    by_section: dict[str, list[Measure]] = {}
    for entry in DECLARED:
        by_section.setdefault(entry.section, []).append(Measure(entry.name, entry.unit, entry.meaning))
    own = extension_measures(answers.design)
    if own:
        by_section[OWN] = own
    return {name(section): _table(answers, section, measures) for section, measures in by_section.items()}


def name(section: str) -> str:
    """The name of a section's table of measures."""
    return f"measured-{section}"


def _table(answers: Answers, section: str, measures: list[Measure]) -> Exhibit:
    rows, told = [], []
    for measure in measures:
        values = answers.measured(measure.name)
        came = values[~np.isnan(values)]
        mean = intervals.mean(came) if len(came) else None
        unit = "" if measure.unit == "count" else f" {measure.unit}"
        shown = "never" if mean is None else f"{mean_with_error(mean)}{unit}"
        told.append(f"{measure.meaning.partition(';')[0].rstrip('.')}: {shown} in a mean trial.")
        never = percent(1 - len(came) / len(values)) if len(values) else ""
        rows.append((measure.name, shown, *(_quantile(intervals.quantile(values, q)) for q in QUANTILES), never))
    heads = ("measure", "mean", *(f"P{round(100 * q)}" for q in QUANTILES), "never")
    title = "Measures of extensions" if section == OWN else "Also measured"
    return Exhibit(
        name(section),
        title,
        " ".join(told),
        "Source: replications.parquet; in brackets, and after ±, the 95 % interval of the Monte Carlo error.",
        None,
        Table(f"{title}: the mean of the trials that have it, and quantiles of all", heads, tuple(rows), is_open=True),
    )


def _quantile(estimate: Estimate) -> str:
    def shown(value: float | None) -> str:
        return "?" if value is None else "never" if np.isinf(value) else number(value)

    return f"{shown(estimate.value)} ({shown(estimate.low)} to {shown(estimate.high)})"
