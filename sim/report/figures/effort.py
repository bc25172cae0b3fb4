"""Where the time went, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import intervals
from sim.analysis.summary import QUANTILES
from sim.report.exhibits import Exhibit, Table
from sim.report.figures.style import bar_figure, wrapped
from sim.report.words import SPAN_NAMES, estimate_of, mean_with_error, number, percent

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.report.answers import Answers


def time(answers: Answers) -> Exhibit:
    """Mean days of a trial by what they were spent on."""
    table = answers.results.spans().sort_values("mean", ascending=False, kind="stable")
    names = [SPAN_NAMES[str(name)] for name in table.index]
    estimates = [estimate_of(row, "mean") for _, row in table.iterrows()]
    texts = [f"{mean_with_error(e)} days ({percent(s)})" for e, s in zip(estimates, table["share"], strict=True)]
    found = bar_figure([wrapped(name) for name in names], estimates, texts, "days of a mean trial")
    leading = [f"{name} {text}" for name, text, e in zip(names, texts, estimates, strict=True) if e.value > 0][:3]
    rows = zip(names, texts, (str(meaning) for meaning in table["meaning"]), strict=True)
    return Exhibit(
        "time",
        "Where the time went",
        f"A mean trial lasts {mean_with_error(answers.mean('day_end'))} days. Most of them went to: "
        f"{'; '.join(leading)}.",
        "Source: replications.parquet. Each moment of a trial is given to the first of these causes that holds, as its "
        "event log tells it; together they are the whole trial, those that never reached the target among them.",
        found,
        Table("Days of a mean trial by cause", ("cause", "days", "what it means"), tuple(rows)),
    )


def _quantiles(values: np.ndarray, currency: str) -> list[tuple[str, str]]:
    return [(f"P{round(100 * q)} of the whole", _interval(intervals.quantile(values, q), currency)) for q in QUANTILES]


def _interval(estimate: Estimate, currency: str) -> str:
    low, high = ("?" if end is None else number(end) for end in (estimate.low, estimate.high))
    return f"{number(estimate.value)} {currency} ({low} to {high})"


def cost(answers: Answers) -> Exhibit:
    """Mean cost of a trial by part."""
    title, costs = "Cost", answers.scenario.costs
    nothing = Exhibit("cost", title, "The scenario has no unit costs, so no cost is reported.")
    if costs is None:
        return nothing
    values = answers.measured("cost")
    if not len(values):
        return nothing
    table = answers.results.costs()
    parts = table.drop("all").sort_values("mean", ascending=False, kind="stable")
    names = [str(name) for name in parts.index]
    estimates = [estimate_of(row, "mean") for _, row in parts.iterrows()]
    texts = [f"{mean_with_error(e)} {costs.currency}" for e in estimates]
    found = bar_figure([wrapped(name) for name in names], estimates, texts, f"{costs.currency} in a mean trial")
    quantiles = _quantiles(values, costs.currency)
    whole = mean_with_error(estimate_of(table.loc["all"], "mean"))
    return Exhibit(
        "cost",
        title,
        f"A mean trial costs {whole} {costs.currency}; half of them cost at most {quantiles[1][1]}, and 80 % at most "
        f"{quantiles[2][1]}. Most of it is for {names[0]}: {texts[0]}.",
        "Source: replications.parquet; the scenario's unit costs times what happened in each simulated trial.",
        found,
        Table(
            "Cost of a mean trial by part, and quantiles of the whole",
            ("part", "cost"),
            (("all", f"{whole} {costs.currency}"), *zip(names, texts, strict=True), *quantiles),
        ),
    )
