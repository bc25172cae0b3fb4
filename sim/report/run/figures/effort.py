"""What the trial costs: by part, and month by month.

Cost by part is of all simulated trials; cost by month needs events, and is of those that were kept whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis import intervals
from sim.analysis.summary import QUANTILES
from sim.report.exhibits import Exhibit, Table
from sim.report.run.words import amount, cost_sentences
from sim.report.style import bar_figure, figure, series, wrapped
from sim.report.words import estimate_of, mean_with_error, percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.report.run.answers import Answers


def cost_months(answers: Answers) -> Exhibit:
    """What has been spent by the end of each month, at P50 and P80.

    Args:
        answers: tables of the run; months are those of trials that were kept whole.

    Returns:
        A sentence alone without unit costs, or if no trial was kept whole.
    """
    title, costs, table = "When the money is spent", answers.scenario.costs, answers.results.cost_by_month()
    if costs is None or table.empty:
        return Exhibit("cost_months", title, "The scenario has no unit costs, or no trial was kept whole.")
    n, last = table.attrs["n"], table.iloc[-1]
    countries = {code: f"of it at sites in {answers.design.country_label(code)}" for code in answers.design.countries}
    found = figure(340, hovermode="x unified")
    for i, (column, name) in enumerate((("p50", "half of the trials"), ("p80", "80 % of the trials"))):
        texts = [f"{name}: at most {amount(estimate_of(row, column), costs.currency)}" for _, row in table.iterrows()]
        found.add_scatter(
            x=[str(day) for day in table["from"]],
            y=table[column].tolist(),
            mode="lines",
            name=f"at most this in {name}",
            line={"color": series(i).colour, "width": 2, "dash": series(i).dash},
            text=texts,
            hovertemplate="%{text}<extra></extra>",
        )
    found.update_yaxes(title=f"spent by the end of the month, {costs.currency}", rangemode="tozero")
    most = table.iloc[int(table["mean"].to_numpy().argmax())]
    return Exhibit(
        "cost_months",
        title,
        f"The dearest month of a mean trial begins on {most['from']}: "
        f"{mean_with_error(estimate_of(most, 'mean'))} {costs.currency}. By the end, half of the trials have spent at "
        f"most {amount(estimate_of(last, 'p50'), costs.currency)}, and 80 % at most "
        f"{amount(estimate_of(last, 'p80'), costs.currency)}.{_dearest(answers, table)}",
        f"Source: events.parquet, of {n} simulated trials that were kept whole.",
        found,
        Table(
            f"Cost by month, of {n} simulated trials",
            ("month from", "spent in it, mean", "spent so far, P50", "spent so far, P80", *countries.values()),
            tuple(
                (
                    str(row["from"]),
                    f"{mean_with_error(estimate_of(row, 'mean'))}",
                    amount(estimate_of(row, "p50"), costs.currency),
                    amount(estimate_of(row, "p80"), costs.currency),
                    *(mean_with_error(estimate_of(row, f"mean_{code}")) for code in countries),
                )
                for _, row in table.iterrows()
            ),
        ),
    )


def _dearest(answers: Answers, table: pd.DataFrame) -> str:
    """The country at whose sites most is spent; empty without countries."""
    totals = {code: float(table[f"mean_{code}"].sum()) for code in answers.design.countries}
    if not totals:
        return ""
    code = max(totals, key=totals.__getitem__)
    share = totals[code] / max(float(table["mean"].sum()), 1e-9)
    return f" Sites in {answers.design.country_label(code)} cost most: {percent(share)} of all that is spent."


def _quantiles(values: np.ndarray, currency: str) -> list[tuple[str, str]]:
    return [(f"P{round(100 * q)} of the whole", amount(intervals.quantile(values, q), currency)) for q in QUANTILES]


def cost(answers: Answers) -> Exhibit:
    """Mean cost of a trial by part, and quantiles of the whole, in the scenario's currency.

    Args:
        answers: tables of the run.

    Returns:
        A sentence alone without unit costs.
    """
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
        " ".join(cost_sentences(answers.results)),
        "Source: replications.parquet; the scenario's unit costs times what happened in each simulated trial.",
        found,
        Table(
            "Cost of a mean trial by part, and quantiles of the whole",
            ("part", "cost"),
            (("all", f"{whole} {costs.currency}"), *zip(names, texts, strict=True), *quantiles),
        ),
    )
