"""Figures of a sweep over many paths: all points at once, and each outcome against each path.

Axes of `parallel` are drawn as rows with shapes and annotations, because plotly's own parallel coordinates can neither
dash their lines nor show words at the pointer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sim.experiment.sweep.table import has_numbers
from sim.report.exhibits import Exhibit
from sim.report.key_words import path_words
from sim.report.style import GREY, figure, plain, rounded, series
from sim.report.sweep import words
from sim.report.sweep.axes import (
    are_dates,
    axis_of,
    best_of,
    clipped,
    comparable_of,
    estimates_of,
    name_of,
    ordinates_of,
    places_of,
    table_of,
    unit_of,
)
from sim.report.sweep.words import Outcome

if TYPE_CHECKING:
    from sim.experiment.sweep.points import Factor
    from sim.experiment.sweep.table import Swept

Array = npt.NDArray[np.float64]

_MOST_TICKS = 6
_EDGE = 0.05  # nearer to an end, a tick's name stays inside the figure
_LOOKS = (series(1), series(4), series(0))
_SHORT = {
    "last_randomised_p50": "last randomised",
    "last_randomised_p80": "last, P80",
    "database_lock_p80": "lock, P80",
    "probability_recruitment": "recruitment, %",
    "probability_primary_completion": "primary, %",
    "probability_study_completion": "study, %",
    "probability_never_reached": "never, %",
    "mean_cost": "cost",
}


@dataclass(frozen=True)
class _Axis:
    """One axis, a row of the figure.

    Attributes:
        label: its name.
        places: where each point stands on it, 0 at its left and 1 at its right; NaN where it does not.
        ticks: places and their names.
    """

    label: str
    places: Array
    ticks: list[tuple[float, str]]


def parallel(swept: Swept) -> Exhibit:
    """One line per point, across the axes of all paths and outcomes.

    Args:
        swept: the sweep.

    Returns:
        Lines in three looks, by thirds of the first outcome. An outcome in days has no axis if points have different
        days 0.
    """
    shown = [outcome for outcome in words.outcomes(swept) if outcome.column in _SHORT]
    axes = [_axis_of_path(swept, factor) for factor in swept.factors]
    axes += [axis for outcome in shown if (axis := _axis_of_outcome(swept, outcome)) is not None]
    fig = figure(110 + 66 * len(axes))
    _add_lines(fig, swept, axes, _groups(swept, shown[0]))
    for row, axis in enumerate(axes):
        _add_axis(fig, row, axis)
    fig.update_xaxes(visible=False, range=[-0.03, 1.03])
    fig.update_yaxes(visible=False, range=[len(axes) - 0.5, -0.75])
    return Exhibit(
        "all",
        "All points at once",
        "Each line is a point, from its settings above to what comes of them below.",
        figure=fig,
    )


def _groups(swept: Swept, outcome: Outcome) -> list[tuple[str, list[int]]]:
    """Points from the latest third to the earliest third by an outcome."""
    values = comparable_of(swept, outcome)
    order = sorted(range(len(values)), key=lambda i: -values[i])
    cuts = [round(k * len(order) / 3) for k in range(4)]
    names = ("latest third", "middle third", "earliest third")
    return [(name, order[a:b]) for name, a, b in zip(names, cuts, cuts[1:], strict=False)]


def _add_lines(fig: go.Figure, swept: Swept, axes: list[_Axis], groups: list[tuple[str, list[int]]]) -> None:
    for (name, points), look in zip(groups, _LOOKS, strict=True):
        x: list[float | None] = []
        y: list[float | None] = []
        says: list[list[str]] = []
        for i in points:
            x += [*rounded([axis.places[i] for axis in axes], 4), None]
            y += [*range(len(axes)), None]
            says += [[plain(words.in_words(swept.points[i]))]] * (len(axes) + 1)
        fig.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines+markers",
                line={"color": look.colour, "width": 1.5, "dash": look.dash},
                marker={"size": 5},
                opacity=0.85,
                name=f"last randomised: {name}",
                customdata=says,
                hovertemplate="%{customdata[0]}<extra></extra>",
            )
        )


def _add_axis(fig: go.Figure, row: int, axis: _Axis) -> None:
    fig.add_shape(type="line", x0=0, x1=1, y0=row, y1=row, line={"color": GREY, "width": 1}, layer="below")
    quiet = {"y": row, "showarrow": False}
    fig.add_annotation(x=0, text=f"<b>{plain(axis.label)}</b>", xanchor="left", yshift=17, font={"size": 12}, **quiet)
    for place, text in axis.ticks:
        anchor = "left" if place < _EDGE else "right" if place > 1 - _EDGE else "center"
        look = {"xanchor": anchor, "yshift": -13, "font": {"size": 11, "color": GREY}}
        fig.add_annotation(x=place, text=plain(text), **quiet, **look)


def _axis_of_path(swept: Swept, factor: Factor) -> _Axis:
    if has_numbers(swept.table, factor.path):
        values = swept.table[factor.path].to_numpy(dtype=np.float64)
        return _Axis(path_words(factor.path), *_scaled(values, [f"{end:g}" for end in (values.min(), values.max())]))
    names = list(dict.fromkeys(str(value) for value in swept.table[factor.path]))
    if are_dates(swept, factor):
        names.sort()
    top = max(len(names) - 1, 1)
    places = np.array([names.index(str(value)) / top for value in swept.table[factor.path]])
    few = names if len(names) <= _MOST_TICKS else [names[0], names[-1]]
    return _Axis(path_words(factor.path), places, [(names.index(name) / top, clipped(name)) for name in few])


def _axis_of_outcome(swept: Swept, outcome: Outcome) -> _Axis | None:
    """An outcome; what is beyond the horizon stands with the latest."""
    values = np.array([e.value for e in estimates_of(swept, outcome)])
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    ends = [float(finite.min()), float(finite.max())]
    if outcome.kind == "day":
        if len(set(swept.table["opens"])) > 1:
            return None  # days from different days 0 share no axis
        texts = [words.dates_at(swept, 0).text(end)[:7] for end in ends]
    else:
        texts = [f"{end:.0f} %" if outcome.kind == "probability" else f"{end:,.0f}" for end in ends]
    return _Axis(_SHORT[outcome.column], *_scaled(np.where(np.isinf(values), finite.max(), values), texts))


def _scaled(values: Array, ends: list[str]) -> tuple[Array, list[tuple[float, str]]]:
    width = float(np.nanmax(values) - np.nanmin(values))
    if width == 0.0:
        return np.full(len(values), 0.5), [(0.5, ends[0])]
    return (values - np.nanmin(values)) / width, [(0.0, ends[0]), (1.0, ends[1])]


def marginal(swept: Swept, outcome: Outcome) -> Exhibit:
    """One outcome against every path, one plot below the other.

    Args:
        swept: the sweep.
        outcome: what is on the vertical axes.
    """
    n = len(swept.factors)
    values = ordinates_of(swept, outcome, [e.value for e in estimates_of(swept, outcome)])
    height = 100 + 230 * n
    base = figure(height, showlegend=False)
    fig = make_subplots(n, 1, vertical_spacing=75 / height)
    fig.update_layout(base.layout)
    for row, factor in enumerate(swept.factors, start=1):
        fig.add_trace(
            go.Scatter(
                x=places_of(swept, factor),
                y=values,
                mode="markers",
                marker={"color": series(0).colour, "size": 8, "opacity": 0.7},
                customdata=[
                    [plain(f"{words.in_words(p)}: {words.cell(swept, outcome, i)}")] for i, p in enumerate(swept.points)
                ],
                hovertemplate="%{customdata[0]}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        fig.update_xaxes(**axis_of(swept, factor), row=row, col=1)
    if outcome.kind == "day":
        fig.update_yaxes(type="date")
    else:
        fig.update_yaxes(title=unit_of(outcome), rangemode="tozero")
    summary = f"{best_of(swept, outcome)} Each mark is a point of the sweep, drawn once for each path."
    return Exhibit(name_of(outcome), outcome.title, summary, figure=fig, table=table_of(swept, outcome))
