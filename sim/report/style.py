"""How figures look. Each colour has one meaning, in figures and in the studio (`sim/web/assets/studio.css` has the same
for both schemes). Colours can be told apart by colour-blind readers (Okabe and Ito 2008; the purple is of Tol's muted
scheme), and never carry meaning alone.

Every figure begins with `figure` or uses `TEMPLATE`; days become dates with `stamps`.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from sim.report.words import mean_with_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.analysis.intervals import Estimate
    from sim.core.clock import Clock

Array = npt.NDArray[np.float64]

BLUE, PURPLE, ORANGE, SKY, OLIVE, SLATE = "#0072B2", "#AA4499", "#E69F00", "#56B4E9", "#7F7A36", "#5F6B7A"
GREY, INK = "#808080", "#004B75"

# what a colour means, in every figure
BASE, PLAN_B = BLUE, PURPLE  # the plan under work, and the one that it is compared with
EARLIER = BETTER = "#009E73"
LATER = WORSE = "#D55E00"
PLANNED = "#3B3F45"  # what was planned: its dates, and the pace that they need
SAME = "#C8C8C8"
BAND_OUTER, BAND_INNER = "rgba(0,114,178,0.16)", "rgba(0,114,178,0.30)"
_MINUTES_A_DAY = 1440
_AXIS = {
    "gridcolor": "#DADADA",
    "linecolor": GREY,
    "zeroline": False,
    "automargin": True,
    "title": {"font": {"size": 13}, "standoff": 8},
}


class Series(NamedTuple):
    """How one of several lines looks.

    Attributes:
        colour: `#RRGGBB`.
        dash: plotly's name of the dash of a line.
        marker: plotly's name of the symbol of a point.
    """

    colour: str
    dash: str
    marker: str


SERIES = (
    Series(BASE, "solid", "circle"),
    Series(PLAN_B, "dash", "square"),
    Series(ORANGE, "dashdot", "diamond"),
    Series(SKY, "dot", "triangle-up"),
    Series(OLIVE, "longdash", "cross"),
    Series(SLATE, "longdashdot", "x"),
)


def series(i: int) -> Series:
    """The look of the i-th line; beyond six they repeat.

    Args:
        i: number of the line, from 0.

    Returns:
        Colour, dash and marker. Lines are told apart without colour, too.
    """
    return SERIES[i % len(SERIES)]


TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif", "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": [look.colour for look in SERIES],
        "xaxis": _AXIS | {"ticks": "outside"},
        "yaxis": _AXIS,
        "legend": {
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "xanchor": "left",
            "traceorder": "normal",
        },
        "margin": {"l": 8, "r": 12, "t": 24, "b": 8},
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": BLUE},
        "barcornerradius": 2,
    }
)


def figure(height: int, **layout: Any) -> go.Figure:
    """An empty figure in the style of all reports.

    Args:
        height: height in pixels; the width is that of the page.
        layout: further settings of the plotly layout.
    """
    found = go.Figure(layout={"template": TEMPLATE})
    found.update_layout(height=height, **layout)
    return found


def plain(text: str) -> str:
    """Text for a label, without the HTML that plotly would interpret.

    Args:
        text: any text, such as a name from a scenario.
    """
    return html.escape(text, quote=False)


def wrapped(text: str, width: int = 24) -> str:
    """A label broken into lines of about `width` letters.

    Args:
        text: the label.
        width: letters in a line; a longer word stays whole.

    Returns:
        Lines joined by `<br>`, with HTML escaped.
    """
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(plain(line) for line in lines)


def stamps(clock: Clock, days: Iterable[float] | Array) -> list[str | None]:
    """Days as dates with the minute, as plotly reads them; None for NaN.

    Args:
        clock: the scenario's clock, which knows the date of day 0.
        days: (n,) days since day 0; NaN for never.

    Returns:
        (n,) texts such as `2021-08-28 13:05`.
    """
    values = np.atleast_1d(np.asarray(days, dtype=np.float64))
    minutes = np.round(np.nan_to_num(values) * _MINUTES_A_DAY).astype("timedelta64[m]")
    text = np.datetime_as_string(np.datetime64(clock.opens, "m") + minutes, unit="m")
    return [None if np.isnan(day) else str(when).replace("T", " ") for day, when in zip(values, text, strict=True)]


def rounded(values: Iterable[float] | Array, digits: int = 3) -> list[float | None]:
    """Numbers rounded to keep pages small; None for what is not finite.

    Args:
        values: (n,) numbers in any unit.
        digits: digits after the decimal point.

    Returns:
        (n,) numbers for JSON, which has neither NaN nor infinity.
    """
    return [round(float(x), digits) if np.isfinite(x) else None for x in values]


def date_intervals(
    clock: Clock, estimates: Sequence[Estimate], y: Sequence[float], horizon_days: float, colour: str
) -> go.Scatter:
    """Intervals of days as lines with end marks, because plotly draws no error bars along dates.

    An unknown end is drawn at the estimate; an infinite end stops at the horizon.

    Args:
        clock: converts days to dates.
        estimates: (n,) finite days since day 0 with their intervals.
        y: (n,) vertical position of each.
        horizon_days: the last simulated day.
        colour: colour of the lines.

    Returns:
        One trace without a legend entry and without text at the pointer.
    """
    days: list[float] = []
    heights: list[float | None] = []
    for estimate, height in zip(estimates, y, strict=True):
        low = estimate.value if estimate.low is None else estimate.low
        high = estimate.value if estimate.high is None else min(estimate.high, horizon_days)
        days += [low, high, float("nan")]
        heights += [height, height, None]
    return go.Scatter(
        x=stamps(clock, days),
        y=heights,
        mode="lines+markers",
        line={"color": colour, "width": 1.5},
        marker={"symbol": "line-ns-open", "size": 9, "color": colour},
        hoverinfo="skip",
        showlegend=False,
    )


def errors_of(estimates: Sequence[Estimate]) -> dict[str, Any]:
    """Plotly error bars for means.

    Args:
        estimates: (n,) means with intervals; an end that is unknown is drawn without a bar.

    Returns:
        The value of `error_x` or `error_y` of a plotly trace.
    """
    return {
        "type": "data",
        "symmetric": False,
        "array": rounded([0.0 if e.high is None else e.high - e.value for e in estimates]),
        "arrayminus": rounded([0.0 if e.low is None else e.value - e.low for e in estimates]),
        "thickness": 1.5,
        "width": 4,
        "color": GREY,
    }


def bars(
    labels: Sequence[str], estimates: Sequence[Estimate], texts: Sequence[str], look: Series, name: str = ""
) -> go.Bar:
    """Horizontal bars with error bars; the values in words are shown at the pointer.

    Args:
        labels: (n,) names, from the bottom up.
        estimates: (n,) values with intervals; their unit is that of the axis.
        texts: (n,) values in words.
        look: colour of the bars.
        name: name in the legend; empty for none.
    """
    return go.Bar(
        orientation="h",
        y=list(labels),
        x=rounded([e.value for e in estimates]),
        error_x=errors_of(estimates),
        marker={"color": look.colour},
        customdata=[[plain(text)] for text in texts],
        hovertemplate="%{y}: %{customdata[0]}<extra></extra>",
        name=plain(name),
        showlegend=bool(name),
    )


def bar_figure(
    labels: Sequence[str], estimates: Sequence[Estimate], texts: Sequence[str], title: str, bar_px: int = 36
) -> go.Figure:
    """Horizontal bars from the top down, each with its value written at its end.

    Args:
        labels: (n,) names of the bars; they must differ, since plotly stacks bars of equal names.
        estimates: (n,) values with intervals, in the unit of the axis.
        texts: (n,) values in words, shown at the pointer.
        title: title of the axis, with its unit.
        bar_px: height of a bar and the space around it, in pixels.
    """
    found = figure(bar_px * len(labels) + 60, bargap=0.4)
    found.add_trace(bars(labels, estimates, texts, SERIES[0]))
    ends = [max(e.value, e.high if e.high is not None else e.value) for e in estimates]
    values = [f"\u2002{mean_with_error(e)}" for e in estimates]
    found.add_trace(
        go.Scatter(
            x=rounded(ends), y=list(labels), mode="text", text=values, textposition="middle right", hoverinfo="skip",
            showlegend=False, cliponaxis=False,
        )
    )  # fmt: skip
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title=title, range=[0, max([*ends, 0.0]) * 1.35 or 1.0])
    found.update_layout(meta={"values_at_bars": True})
    return found
