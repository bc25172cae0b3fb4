"""Figures of a sweep: a line for one path, a heat map for two, parallel coordinates for more.

Which picture fits depends on how many paths are varied, and whether their values are numbers, dates or names.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from sim.analysis.intervals import Estimate
from sim.core.clock import MONTH_DAYS
from sim.experiment.sweep.points import GRID, setting_text
from sim.experiment.sweep.table import has_numbers
from sim.report.comparison.pair_figures import path_label
from sim.report.exhibits import Exhibit
from sim.report.key_words import path_words
from sim.report.style import (
    BAND_OUTER,
    GREY,
    errors_of,
    figure,
    plain,
    rounded,
    series,
    stamps,
)
from sim.report.sweep import words
from sim.report.sweep.axes import (
    COLOURS,
    are_dates,
    axis_of,
    best_of,
    clipped,
    comparable_of,
    estimates_of,
    hovers,
    name_of,
    ordinates_of,
    places_of,
    table_of,
    unit_of,
)
from sim.report.sweep.parallel import marginal, parallel
from sim.report.sweep.words import Outcome

if TYPE_CHECKING:
    from sim.experiment.sweep.points import Factor
    from sim.experiment.sweep.table import Swept

Array = npt.NDArray[np.float64]

_BRIGHT = 0.45  # of the scale from dark to bright, from which black is read better than white


def exhibits(swept: Swept) -> list[Exhibit]:
    """The figures of a sweep, by the number of its paths.

    Args:
        swept: the sweep.

    Returns:
        For one path, a line per outcome; for two, a heat map (grid) or coloured points (Latin hypercube) per outcome;
        for more, all points on parallel axes, then each outcome against every path.
    """
    if len(swept.factors) == 1:
        return [_line(swept, outcome) for outcome in words.outcomes(swept)]
    if len(swept.factors) == 2 and swept.design == GRID:
        return [_heat(swept, outcome) for outcome in words.outcomes(swept)]
    if len(swept.factors) == 2:
        return [_spread(swept, outcome) for outcome in words.outcomes(swept)]
    return [parallel(swept), *(marginal(swept, outcome) for outcome in words.outcomes(swept))]


# --- one path


def _line(swept: Swept, outcome: Outcome) -> Exhibit:
    """An outcome along one path, with Monte Carlo errors; for dates, with the band of the middle 80 % of trials."""
    (factor,) = swept.factors
    order = _order(swept, factor)
    estimates = [estimates_of(swept, outcome)[i] for i in order]
    places = [places_of(swept, factor)[i] for i in order]
    fig = figure(360, showlegend=outcome.column == "last_randomised_p50")
    if outcome.column == "last_randomised_p50":
        _add_band(fig, swept, places, order)
    look = series(0)
    ordinates = [ordinates_of(swept, outcome, [e.value for e in estimates_of(swept, outcome)])[i] for i in order]
    if outcome.kind == "day":
        _add_errors(fig, swept, places, order, estimates)
    errors = None if outcome.kind == "day" else errors_of(estimates)
    fig.add_trace(
        go.Scatter(
            x=places,
            y=ordinates,
            mode="lines+markers",
            line={"color": look.colour, "width": 2.5},
            marker={"size": 8},
            error_y=errors,
            name=plain(outcome.title),
            customdata=[[plain(words.cell(swept, outcome, i))] for i in order],
            hovertemplate="%{x}: %{customdata[0]}<extra></extra>",
        )
    )
    fig.update_xaxes(**axis_of(swept, factor))
    fig.update_yaxes(title=unit_of(outcome), **({"type": "date"} if outcome.kind == "day" else {"rangemode": "tozero"}))
    return Exhibit(
        name_of(outcome),
        outcome.title,
        _line_sentence(swept, outcome, order),
        figure=fig,
        table=table_of(swept, outcome),
    )


def _order(swept: Swept, factor: Factor) -> list[int]:
    """Points in the order of a path's values; names keep the order in which they were given."""
    if has_numbers(swept.table, factor.path) or are_dates(swept, factor):
        values = swept.table[factor.path].tolist()
        return sorted(range(len(values)), key=values.__getitem__)
    return list(range(len(swept.points)))


def _add_errors(fig: go.Figure, swept: Swept, places: list[Any], order: list[int], estimates: list[Estimate]) -> None:
    """Monte Carlo errors as lines, because plotly draws no error bars along dates."""
    x: list[Any] = []
    y: list[Any] = []
    for place, i, estimate in zip(places, order, estimates, strict=True):
        if estimate.low is None or not math.isfinite(estimate.value):
            continue
        horizon = swept.points[i].scenario.trial.horizon_months * MONTH_DAYS
        high = horizon if estimate.high is None else min(estimate.high, horizon)
        x += [place, place, None]
        y += [*stamps(words.dates_at(swept, i).clock, [estimate.low, high]), None]
    line = {"color": series(0).colour, "width": 1.5}
    fig.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False))


def _add_band(fig: go.Figure, swept: Swept, places: list[Any], order: list[int]) -> None:
    """From the earliest tenth of the trials to the latest, which stops at the horizon."""
    horizon = [point.scenario.trial.horizon_months * MONTH_DAYS for point in swept.points]
    ends: dict[str, list[Any]] = {}
    for q in ("p90", "p10"):
        days = np.minimum(swept.table[f"last_randomised_{q}"].to_numpy(dtype=np.float64), horizon)
        ends[q] = [stamps(words.dates_at(swept, i).clock, [days[i]])[0] for i in order]
    quiet: dict[str, Any] = {"x": places, "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}}
    fig.add_trace(go.Scatter(y=ends["p90"], showlegend=False, **quiet))
    fig.add_trace(go.Scatter(y=ends["p10"], fill="tonexty", fillcolor=BAND_OUTER, name="80 % of the trials", **quiet))


def _line_sentence(swept: Swept, outcome: Outcome, order: list[int]) -> str:
    (factor,) = swept.factors
    first, last = order[0], order[-1]
    ends = [f"{words.cell(swept, outcome, i)} at {words.setting(swept.table, factor.path, i)}" for i in (first, last)]
    tail = " Bars are 95 % intervals of the Monte Carlo error."
    if outcome.column == "last_randomised_p50":
        tail += " The band holds the middle 80 % of the trials."
    missing = sum(not math.isfinite(e.value) for e in estimates_of(swept, outcome))
    if missing:
        tail += f" {missing} of {len(order)} points lie beyond the horizon and are not drawn."
    return f"{path_words(factor.path)}: from {ends[0]} to {ends[1]}.{tail}"


# --- two paths


def _heat(swept: Swept, outcome: Outcome) -> Exhibit:
    """One cell per pair of values, with its value written in it."""
    across, down = sorted(swept.factors, key=lambda factor: -len(factor.values))
    columns, rows = ([clipped(setting_text(value)) for value in factor.values] for factor in (across, down))
    cells: list[list[float | None]] = [[None] * len(columns) for _ in rows]
    texts = [[""] * len(columns) for _ in rows]
    hovers = [[""] * len(columns) for _ in rows]
    values = comparable_of(swept, outcome)
    for i, point in enumerate(swept.points):
        c, r = across.values.index(point.settings[across.path]), down.values.index(point.settings[down.path])
        value = values[i]
        cells[r][c] = round(value, 3) if math.isfinite(value) else None
        texts[r][c] = _short(swept, outcome, i)
        hovers[r][c] = plain(f"{words.in_words(point)}: {words.cell(swept, outcome, i)}")
    fig = figure(150 + 52 * len(rows))
    is_low_best = outcome.kind != "probability" or outcome.column.endswith("never_reached")
    fig.add_trace(
        go.Heatmap(
            x=columns, y=rows, z=cells, customdata=hovers, hovertemplate="%{customdata}<extra></extra>",
            colorscale=COLOURS, xgap=2, ygap=2, reversescale=is_low_best, showscale=False,
        )
    )  # fmt: skip
    _write_in_cells(fig, columns, rows, cells, texts, is_low_best)
    fig.update_xaxes(title=plain(path_words(across.path)), type="category", showgrid=False)
    fig.update_yaxes(title=path_label(down.path), type="category", showgrid=False)
    return Exhibit(
        name_of(outcome),
        outcome.title,
        f"{best_of(swept, outcome)} The brighter a cell, the better.",
        figure=fig,
        table=table_of(swept, outcome),
    )


def _write_in_cells(
    fig: go.Figure,
    columns: list[str],
    rows: list[str],
    cells: list[list[float | None]],
    texts: list[list[str]],
    is_low_best: bool,
) -> None:
    """Write values in cells, black on bright and white on dark; plotly's own grey is unreadable on medium colours."""
    known = [value for row in cells for value in row if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    written: dict[str | None, list[tuple[str, str, str]]] = {}
    for row, values, told in zip(rows, cells, texts, strict=True):
        for column, value, text in zip(columns, values, told, strict=True):
            share = 0.5 if value is None or high == low else (value - low) / (high - low)
            is_bright = (1 - share if is_low_best else share) > _BRIGHT
            colour = None if value is None else "#000000" if is_bright else "#ffffff"
            written.setdefault(colour, []).append((column, row, text))
    for colour, labels in written.items():
        x, y, written_text = zip(*labels, strict=True)
        font = {} if colour is None else {"color": colour}
        fig.add_trace(
            go.Scatter(x=x, y=y, text=written_text, mode="text", textfont=font, hoverinfo="skip", showlegend=False)
        )


def _short(swept: Swept, outcome: Outcome, i: int) -> str:
    """A value short enough for a cell."""
    value = float(swept.table[outcome.column].iloc[i])
    if math.isnan(value):
        return ""
    if outcome.kind == "day":
        return "never" if math.isinf(value) else words.dates_at(swept, i).text(value)[:7]
    return (
        f"{100 * value:.0f} %"
        if outcome.kind == "probability"
        else f"{value:,.3g}"
        if value < 1e3
        else f"{value / 1e3:,.0f}k"
    )


def _spread(swept: Swept, outcome: Outcome) -> Exhibit:
    """Points of a Latin hypercube over two paths, coloured by an outcome."""
    across, down = swept.factors
    values = comparable_of(swept, outcome)
    fig = figure(420)
    fig.add_trace(
        go.Scatter(
            x=places_of(swept, across),
            y=places_of(swept, down),
            mode="markers+text",
            marker={"size": 16, "color": rounded(values), "colorscale": COLOURS, "line": {"color": GREY, "width": 1},
                    "reversescale": outcome.kind != "probability" or outcome.column.endswith("never_reached")},
            text=[_short(swept, outcome, i) for i in range(len(swept.points))],
            textposition="top center",
            customdata=hovers(swept, outcome),
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
    )  # fmt: skip
    fig.update_xaxes(**axis_of(swept, across))
    fig.update_yaxes(**(axis_of(swept, down) | {"title": path_label(down.path)}))
    summary = f"{best_of(swept, outcome)} The brighter a point, the better."
    return Exhibit(name_of(outcome), outcome.title, summary, figure=fig, table=table_of(swept, outcome))
