"""Pictures that several lessons draw, in the house's style.

Figures of reports come from `sim.report`; these are smaller and have fewer marks, because a student sees them with one
question in mind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.report.style import GREY, figure, plain, rounded, series

if TYPE_CHECKING:
    import plotly.graph_objects as go

Array = npt.NDArray[np.float64]

_HEIGHT = 340
_DASHES = ("solid", "dash", "dot", "dashdot")


def picture(x: str, y: str, height: int = _HEIGHT, **layout: Any) -> go.Figure:
    """An empty figure with axis titles and room for a legend below.

    Args:
        x: title of the horizontal axis.
        y: title of the vertical axis, which begins at 0.
        height: height in pixels.
        layout: further settings of the plotly layout.

    Returns:
        The figure.
    """
    found = figure(height, **layout)
    found.update_layout(margin={"l": 8, "r": 12, "t": 40, "b": 70})
    found.update_xaxes(title=x)
    found.update_yaxes(title=y, rangemode="tozero")
    return found


def add_marks(found: go.Figure, marks: Sequence[tuple[float, str]]) -> None:
    """Upright lines with labels at alternating heights, so that the labels stay readable.

    Args:
        found: the figure, which is changed.
        marks: position and label of each line; a position that is not finite is left out.
    """
    for i, (x, text) in enumerate(marks):
        if not np.isfinite(x):
            continue
        found.add_shape(
            type="line", x0=x, x1=x, y0=0, y1=1, yref="paper",
            line={"color": series(i + 1).colour, "width": 2, "dash": _DASHES[i % len(_DASHES)]},
        )  # fmt: skip
        found.add_annotation(
            x=x, y=1.0 + 0.07 * (len(marks) - 1 - i), yref="paper", yanchor="bottom", xanchor="left", showarrow=False,
            text=plain(text), font={"size": 12, "color": series(i + 1).colour},
        )  # fmt: skip
    found.update_layout(margin={"t": 34 + 18 * len(marks)})


def histogram(values: Array, width: float, x: str, y: str, marks: Sequence[tuple[float, str]]) -> go.Figure:
    """A histogram of simulated trials, as a number out of 100.

    Args:
        values: (n,) one value per trial; values that are not finite have no bar, but count among the 100.
        width: width of a bar.
        x: title of the axis of values.
        y: title of the axis of shares.
        marks: upright lines, as (position, label).

    Returns:
        The figure.
    """
    import plotly.graph_objects as go

    middles, shares = binned(values, width)
    found = picture(x, y, bargap=0.06)
    found.add_trace(
        go.Bar(
            x=rounded(middles), y=rounded(shares), marker={"color": series(0).colour}, showlegend=False,
            hovertemplate="%{x}: %{y:.1f} of 100<extra></extra>",
        )
    )  # fmt: skip
    add_marks(found, marks)
    return found


def binned(values: Array, width: float) -> tuple[Array, Array]:
    """Middle of each bar, and the share of all values in it, in per cent.

    Args:
        values: (n,) values; those that are not finite are in no bar, but in the denominator.
        width: width of a bar; bars begin at multiples of it.

    Returns:
        (bars,) middles and (bars,) shares, empty bars between others included; both empty without a finite value.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.zeros(0), np.zeros(0)
    first = np.floor(finite.min() / width)
    places = np.floor(finite / width - first).astype(np.int64)
    counts = np.bincount(places)
    return (first + np.arange(len(counts)) + 0.5) * width, 100.0 * counts / len(values)


def bar_width(values: Array, most_bars: int = 30) -> float:
    """A round bar width with which finite values fill about `most_bars` bars at most.

    Args:
        values: (n,) values, of which infinite ones and NaN do not count.
        most_bars: number of bars.

    Returns:
        1, 2 or 5 times a power of ten, in the unit of the values.
    """
    finite = values[np.isfinite(values)]
    span = float(np.ptp(finite)) if len(finite) > 1 else 1.0
    raw = max(span / most_bars, 1e-6)
    size = 10.0 ** np.floor(np.log10(raw))
    return float(next(size * step for step in (1, 2, 5, 10) if size * step >= raw))


def line(x: Array, y: npt.ArrayLike, name: str, i: int, **look: Any) -> Any:
    """One of several lines; colour and dash tell them apart.

    Args:
        x: (n,) positions.
        y: (n,) heights.
        name: its name in the legend.
        i: its number among the lines, which decides on its look.
        look: settings of plotly that replace the usual ones.

    Returns:
        A trace of plotly.
    """
    import plotly.graph_objects as go

    style = series(i)
    look = {"line": {"color": style.colour, "dash": style.dash, "width": 2.5}} | look
    heights = np.asarray(y, dtype=np.float64)
    return go.Scatter(x=rounded(x), y=rounded(heights), mode="lines", name=plain(name), **look)


def error_bars(low: Array, high: Array, values: Array) -> dict[str, Any]:
    """Plotly error bars from `low` to `high`.

    Args:
        low: (n,) lower ends.
        high: (n,) upper ends.
        values: (n,) heights at which the bars stand.

    Returns:
        The setting `error_y` of a trace.
    """
    return {
        "type": "data", "symmetric": False, "array": rounded(high - values), "arrayminus": rounded(values - low),
        "thickness": 1.5, "width": 4, "color": GREY,
    }  # fmt: skip
