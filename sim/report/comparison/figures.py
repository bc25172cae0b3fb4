"""Figures of a comparison: scenarios on one axis, their differences trial by trial, and what each change is worth.

Here are those of all scenarios together; `pair_figures` and `slide` have those of one scenario and the reference. All
dates are calendar dates, since scenarios may open on other days.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.measures import COST_PARTS, STEPS, path_name
from sim.experiment.comparison.tables import Compared
from sim.plurals import listed
from sim.report.comparison import words
from sim.report.comparison.by_country import countries
from sim.report.comparison.pair_figures import DATED, distribution, how_often_earlier, worth_of_changes
from sim.report.comparison.slide import slide
from sim.report.exhibits import Exhibit, Table
from sim.report.style import (
    GREY,
    Series,
    bars,
    figure,
    plain,
    series,
    stamps,
    wrapped,
)
from sim.report.words import (
    MILESTONE_NAMES,
    OUTCOME_NOUNS,
    STEP_NAMES,
    Dates,
    chance,
    estimate_of,
    mean_with_error,
    percent,
)

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.comparison.sides import Pair
    from sim.experiment.comparison.sources import Side

Array = npt.NDArray[np.float64]

_MOST_DAYS = 400  # points of a curve
_MOST_BANDS = 3  # on one axis; more of them hide one another
_APART, _TOGETHER = 0.22, 0.72  # of scenarios in a row of milestones: from one to the next, and all of them at most


def exhibits(compared: Compared) -> list[Exhibit]:
    """All figures of a comparison, the answer first.

    Args:
        compared: the comparison and its tables.

    Returns:
        Exhibits in the order of the page; one without data says so instead of drawing.
    """
    found = [
        *(slide(compared, pair) for pair in compared.comparison.pairs),
        fan(compared),
        _dates(compared),
        *(distribution(compared, pair) for pair in compared.comparison.pairs),
        how_often_earlier(compared),
        _odds(compared),
        *worth_of_changes(compared),
        _funnel(compared),
        _path(compared),
        countries(compared),
        _cost(compared),
    ]
    return [exhibit for exhibit in found if exhibit is not None]


def _rgba(look: Series, alpha: float) -> str:
    red, green, blue = (int(look.colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def _sides(compared: Compared) -> list[tuple[Side, Series]]:
    return [(side, series(i)) for i, side in enumerate(compared.comparison.sides)]


def _labels(compared: Compared) -> str:
    names = [side.label for side in compared.comparison.sides]
    return ", ".join(names[:-1]) + f" and {names[-1]}"


# --- all scenarios on one axis


def fan(compared: Compared) -> Exhibit:
    """Cumulative randomisations of all scenarios on one axis: medians, with bands where they can be told apart.

    Args:
        compared: the comparison. With more than three scenarios only the reference has its band.

    Returns:
        An exhibit whose table has a row for each half-year, up to the first in which nothing changes.
    """
    fig = figure(420, hovermode="x unified")
    ends = []
    sides = _sides(compared)
    for i, (side, look) in enumerate(sides):
        curves = side.results.curves
        last = _last_day(side)
        ends.append(stamps(side.clock, [last])[0])
        curves = curves[curves["day"] <= last]
        curves = curves.iloc[:: max(len(curves) // _MOST_DAYS, 1)]
        _band(fig, side, look, curves, has_band=i == 0 or len(sides) <= _MOST_BANDS)
    targets = sorted({side.results.scenario.trial.target for side in compared.comparison.sides})
    for target in targets:
        fig.add_hline(y=target, line={"color": GREY, "dash": "dot", "width": 1}, annotation_text=f"target {target}",
                      annotation_position="bottom right")  # fmt: skip
    _planned_lines(fig, compared)
    fig.update_xaxes(type="date", range=[_opens(compared), max(str(end) for end in ends)])
    fig.update_yaxes(title="participants randomised", rangemode="tozero")
    return Exhibit(
        "fan",
        "Enrolment, on one axis",
        f"Participants randomised by each date in {_labels(compared)}: the line is the median over the simulated "
        "trials, the band"
        f"{'' if len(sides) <= _MOST_BANDS else f', drawn for {sides[0][0].label} alone,'} reaches from the slowest "
        "tenth to the fastest tenth. A line that ends above the target counts participants who replace others.",
        figure=fig,
        table=_fan_table(compared),
    )


def _opens(compared: Compared) -> str:
    return min(str(side.clock.opens) for side in compared.comparison.sides)


def _last_day(side: Side) -> float:
    """Where a fan stops, in days: when four trials in five are recruited, or at the horizon."""
    days = side.results.replications["day_last_randomised"].to_numpy(dtype=np.float64)
    day = intervals.quantile(days, 0.8).value
    horizon = side.results.design.horizon_days
    return min(1.05 * day, horizon) if math.isfinite(day) else horizon


def _band(fig: go.Figure, side: Side, look: Series, curves: pd.DataFrame, has_band: bool) -> None:
    days = stamps(side.clock, curves["day"].to_numpy(dtype=np.float64))
    group: dict[str, Any] = {"legendgroup": side.label, "x": days, "hoverinfo": "skip", "mode": "lines"}
    if has_band:
        fig.add_trace(go.Scatter(y=curves["p90"].tolist(), line={"width": 0}, showlegend=False, **group))
        fill = {"fill": "tonexty", "fillcolor": _rgba(look, 0.15), "line": {"width": 0}, "showlegend": False}
        fig.add_trace(go.Scatter(y=curves["p10"].tolist(), **fill, **group))
    fig.add_trace(
        go.Scatter(
            x=days,
            y=curves["p50"].tolist(),
            customdata=list(zip(curves["p10"].tolist(), curves["p90"].tolist(), strict=True)),
            name=plain(side.label),
            legendgroup=side.label,
            mode="lines",
            line={"color": look.colour, "dash": look.dash, "width": 2.5},
            hovertemplate="%{y} (%{customdata[0]} to %{customdata[1]})",
        )
    )


def _planned_lines(fig: go.Figure, compared: Compared) -> None:
    dates = {side.results.scenario.trial.planned.primary_completion for side in compared.comparison.sides}
    for when in sorted(date for date in dates if date is not None):
        fig.add_vline(x=str(when), line={"color": GREY, "dash": "dash", "width": 1})
        fig.add_annotation(
            x=str(when), y=0, yref="paper", text="planned<br>primary completion", showarrow=False, xanchor="left",
            align="left", xshift=4, font={"size": 11, "color": "#555"}, yanchor="bottom",
        )  # fmt: skip


def _fan_table(compared: Compared) -> Table:
    rows = []
    for year in range(1, 11):
        for half in (0.5, 0.0):
            when = compared.comparison.reference.clock.date_of(round(365.25 * (year - half)))
            cells = []
            for side in compared.comparison.sides:
                curves = side.results.curves
                row = curves[curves["day"] == side.clock.day_of(when)]
                cells.append("" if row.empty else f"{row['p50'].item()} ({row['p10'].item()} to {row['p90'].item()})")
            if any(cells):
                rows.append((str(when), *cells))
    reached = next(
        (i for i, row in enumerate(rows) if len(set(row[1:])) == 1 and i > 0 and row[1:] == rows[i - 1][1:]), 0
    )
    shown = rows[: reached + 1] if reached else rows
    labels = tuple(side.label for side in compared.comparison.sides)
    return Table("Randomised by half-years: median (slowest to fastest tenth)", ("by", *labels), tuple(shown))


def _dates(compared: Compared) -> Exhibit:
    n, dated = len(compared.comparison.sides), compared.having(DATED)
    fig = figure(110 + (44 + 18 * n) * len(dated))
    names = [MILESTONE_NAMES[milestone] for milestone in dated]
    columns = []
    for i, (side, look) in enumerate(_sides(compared)):
        rows = [j + (i - (n - 1) / 2) * min(_APART, _TOGETHER / n) for j in range(len(dated))]
        columns.append(_add_dates(fig, side, look, dated, rows))
    fig.update_yaxes(
        tickvals=list(range(len(dated))), ticktext=[wrapped(name, 18) for name in names], range=[len(dated) - 0.5, -0.5]
    )
    fig.update_xaxes(type="date")
    labels = tuple(side.label for side in compared.comparison.sides)
    return Exhibit(
        "dates",
        "When each is done",
        "The mark is the median, the line reaches from the earliest tenth of the simulated trials to the latest. "
        + " ".join(_median_change(compared, pair, compared.end) for pair in compared.comparison.pairs),
        figure=fig,
        table=Table(
            "Median with its Monte Carlo error; P10 to P90", ("", *labels), tuple(zip(names, *columns, strict=True))
        ),
    )


def _add_dates(fig: go.Figure, side: Side, look: Series, dated: list[str], rows: list[float]) -> list[str]:
    """Draw medians of one scenario and lines from P10 to P90, up to the horizon.

    Returns:
        The same dates in words, one text per row.
    """
    table = side.results.milestones()
    texts = [_dated(side, table, milestone) if milestone in table.index else "not there" for milestone in dated]
    horizon = side.results.design.horizon_days
    mid, low, high = (np.minimum(table[f"p{q}"].reindex(dated).to_numpy(float), horizon) for q in (50, 10, 90))
    nothing = np.full(len(dated), np.nan)
    fig.add_trace(
        go.Scatter(
            x=stamps(side.clock, np.column_stack((low, high, nothing)).ravel()),
            y=np.repeat(rows, 3).tolist(),
            mode="lines",
            line={"color": look.colour, "width": 2.5},
            legendgroup=side.label,
            showlegend=False,
            hoverinfo="skip",
        )
    )
    fig.add_trace(
        go.Scatter(
            x=stamps(side.clock, mid),
            y=rows,
            mode="markers",
            marker={"color": look.colour, "symbol": look.marker, "size": 10, "line": {"color": "white", "width": 1}},
            name=plain(side.label),
            legendgroup=side.label,
            customdata=[[plain(text)] for text in texts],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
    )
    return texts


def _dated(side: Side, milestones: pd.DataFrame, milestone: str) -> str:
    row = milestones.loc[milestone]
    dates = Dates(side.clock, side.results.design.horizon_days)
    mid, early, late = (estimate_of(row, key) for key in ("p50", "p10", "p90"))
    return f"{dates.text(mid.value)} {dates.error(mid)}; {dates.text(early.value)} to {dates.text(late.value)}"


def _median_change(compared: Compared, pair: Pair, milestone: str) -> str:
    change = estimate_of(compared.median(pair, milestone), "difference")
    if not math.isfinite(change.value):
        return ""
    way, sign = ("later", 1) if change.value > 0 else ("earlier", -1)
    if change.value == 0.0:
        return f"The median {words.PHRASES[milestone]} of {pair.other.label} is that of {pair.reference.label}."
    return (
        f"The median {words.PHRASES[milestone]} of {pair.other.label} is {abs(change.value):.0f} days {way} "
        f"{words.range_of(change, sign)}."
    )


# --- what comes out


def _grouped(
    compared: Compared, labels: list[str], values: list[list[Estimate]], texts: list[list[str]], unit: str
) -> go.Figure:
    """Horizontal bars: in each row one bar per scenario."""
    sides = _sides(compared)
    fig = figure(90 + (20 * len(sides) + 14) * len(labels), barmode="group", bargap=0.25, bargroupgap=0.06)
    ticks = [wrapped(label, 26) for label in labels]
    for (side, look), estimates, text in zip(sides, values, texts, strict=True):
        fig.add_trace(bars(ticks, estimates, [f"{side.label}: {t}" for t in text], look, side.label))
    fig.update_yaxes(autorange="reversed")
    fig.update_xaxes(title=unit, rangemode="tozero")
    return fig


def _odds(compared: Compared) -> Exhibit:
    first = compared.of("odds", compared.comparison.pairs[0])
    labels = [words.event_name(row) for _, row in first.iterrows()]
    columns = [[estimate_of(row, "reference") for _, row in first.iterrows()]]
    keys = list(zip(first["event"], first["date"].map(str), strict=True))
    for pair in compared.comparison.pairs:
        rows = compared.of("odds", pair)
        found = dict(zip(zip(rows["event"], rows["date"].map(str), strict=True), rows.to_dict("records"), strict=True))
        columns.append(
            [estimate_of(found[key], "value") if key in found else Estimate(math.nan, None, None) for key in keys]
        )
    texts = [[chance(e) for e in column] for column in columns]
    shown = [[e.in_percent for e in column] for column in columns]
    pairs = compared.comparison.pairs
    told = f"{pairs[0].other.label}: {_gains(compared, pairs[0])}." if len(pairs) == 1 else "The gains are at the top."
    labels_of = tuple(side.label for side in compared.comparison.sides)
    return Exhibit(
        "odds",
        "The odds of the planned dates" if len(labels) > 1 else "How likely the target is never reached",
        f"Against {compared.comparison.reference.label}, in percentage points of all simulated trials. {told}"
        if len(pairs) == 1
        else f"Shares of all simulated trials. {told}",
        figure=_grouped(compared, labels, shown, texts, "% of simulated trials"),
        table=Table(
            "Probabilities with their 95 % intervals", ("", *labels_of), tuple(zip(labels, *texts, strict=True))
        ),
    )


def _gains(compared: Compared, pair: Pair) -> str:
    rows = compared.of("odds", pair)
    parts = [f"{words.event_name(row)} {words.points(estimate_of(row, 'difference'))}" for _, row in rows.iterrows()]
    return "; ".join(f"{part[:1].lower()}{part[1:]}" for part in parts)


def _means(compared: Compared, names: dict[str, str]) -> tuple[list[str], list[list[Estimate]]]:
    """Means of some measures in every scenario.

    Returns:
        Labels of the measures, and a list of estimates per scenario.
    """
    tables = [compared.of("measures", pair).set_index("measure") for pair in compared.comparison.pairs]
    there = [name for name in names if any(name in table.index for table in tables)]
    nothing = Estimate(math.nan, None, None)

    def column(rows: pd.DataFrame, side: str) -> list[Estimate]:
        return [estimate_of(rows.loc[name], side) if name in rows.index else nothing for name in there]

    columns = [column(tables[0], "reference"), *(column(table, "value") for table in tables)]
    return [names[name] for name in there], columns


def _of_means(
    compared: Compared, name: str, title: str, summary: str, unit: str, labels: list[str], columns: list[list[Estimate]]
) -> Exhibit:
    texts = [[mean_with_error(e) if not math.isnan(e.value) else "not there" for e in column] for column in columns]
    sides = tuple(side.label for side in compared.comparison.sides)
    table = Table(f"{title}: means of a trial with their errors", ("", *sides), tuple(zip(labels, *texts, strict=True)))
    return Exhibit(name, title, summary, figure=_grouped(compared, labels, columns, texts, unit), table=table)


def _funnel(compared: Compared) -> Exhibit:
    first = compared.of("funnel", compared.comparison.pairs[0])
    labels = first["stage"].tolist()
    columns = [[estimate_of(row, "reference") for _, row in first.iterrows()]]
    columns += [
        [estimate_of(row, "value") for _, row in compared.of("funnel", pair).iterrows()]
        for pair in compared.comparison.pairs
    ]
    randomised = labels.index("randomised")
    shares = [
        f"{side.label} randomises {percent(column[randomised].value / column[0].value)} of those referred"
        for side, column in zip(compared.comparison.sides, columns, strict=True)
        if column[0].value
    ]
    summary = "Mean numbers of people in a simulated trial, from referral on. " + "; ".join(shares) + "."
    return _of_means(compared, "funnel", "The funnels side by side", summary, "people", labels, columns)


def _path(compared: Compared) -> Exhibit:
    labels, columns = _means(compared, {path_name(compared.end, name): STEP_NAMES[name] for name in STEPS})
    summary = (
        f"What the participant on whom {OUTCOME_NOUNS[compared.end]} hung had waited for, in mean days of the trials "
        "that get there. It shows what happened, not what would help."
    )
    return _of_means(compared, "path", "The critical paths side by side", summary, "days", labels, columns)


def _cost(compared: Compared) -> Exhibit | None:
    units = {side.results.scenario.costs.currency for side in compared.comparison.sides if side.results.scenario.costs}
    if not units:
        return None
    names = {"cost": "all"} | {f"cost_{name}": meaning for name, meaning in COST_PARTS.items()}
    labels, columns = _means(compared, names)
    sentences = [text for pair in compared.comparison.pairs if (text := words.cost_sentence(compared, pair))]
    if len(units) > 1:
        return Exhibit(
            "cost",
            "What it costs",
            f"The scenarios count cost in {listed(sorted(units))}, which cannot share one axis.",
            table=_of_means(compared, "cost", "What it costs", "", "", labels, columns).table,
        )
    return _of_means(compared, "cost", "What it costs", " ".join(sentences), units.pop(), labels, columns)
