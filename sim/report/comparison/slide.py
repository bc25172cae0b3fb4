"""A comparison on one slide: inputs that differ, the resulting differences, and each change's share of them.

It is one figure, so that a browser saves it as one picture. On narrow screens the page's script swaps its texts for the
short ones in `meta.narrow` of each trace.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sim.analysis.intervals import Estimate
from sim.experiment.comparison.tables import BOTH
from sim.report.comparison import words
from sim.report.comparison.share_words import part_name
from sim.report.exhibits import Exhibit, Table
from sim.report.key_words import path_words, value_words
from sim.report.style import BETTER, GREY, TEMPLATE, WORSE, errors_of, plain, rounded, wrapped
from sim.report.words import MILESTONE_NAMES, estimate_of, percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.comparison.sides import Pair
    from sim.experiment.comparison.tables import Compared

_MILESTONES = ("last_randomised", "primary_completion", "database_lock")
_MOST_INPUTS = 6
_NOTHING = 0.005  # a share that rounds to 0 %
_VALUE_LENGTH, _NARROW_LENGTH = 30, 12  # letters of a value, on a wide and on a narrow screen
_LINE_PX, _BAR_PX, _TITLE_PX = 22, 34, 40


class _Bar(NamedTuple):
    """One difference: name, size, the size as a long and a short text, and whether larger is better."""

    label: str
    change: Estimate
    text: str
    brief: str
    more_is_better: bool = False


class _Block(NamedTuple):
    """Differences in one unit, under a heading."""

    title: str
    bars: list[_Bar]


def slide(compared: Compared, pair: Pair) -> Exhibit:
    """Inputs that differ, then outputs that differ, then each change's share of the difference, in one figure.

    Args:
        compared: the comparison.
        pair: the scenario and its reference.

    Returns:
        The figure with its table; `meta` of a trace holds its text for narrow screens.
    """
    inputs = _inputs(compared, pair, is_narrow=False)
    blocks = [block for block in (_days(compared, pair), _odds(compared, pair), _cost(compared, pair)) if block.bars]
    shares = _shares(compared, pair)
    blocks += [shares] if shares.bars else []
    number = compared.comparison.pairs.index(pair) + 1
    return Exhibit(
        f"slide-{number}",
        f"{pair.other.label} against {pair.reference.label}, on one slide",
        f"Inputs that differ, and the resulting difference, {pair.other.label} less {pair.reference.label}, with 95 % "
        f"intervals of the Monte Carlo error. Green is better, vermillion is worse. "
        f"{_about_shares(compared, pair)}",
        "Source: inputs.csv, quantiles.csv, odds.csv, measures.csv"
        + (", shares.csv." if shares.bars else ".")
        + " Wide screens have a camera above the figure, which saves it as a picture.",
        figure=_drawn(inputs, _inputs(compared, pair, is_narrow=True), blocks),
        table=_all_inputs(compared, pair),
    )


def _about_shares(compared: Compared, pair: Pair) -> str:
    n = len(compared.of("inputs", pair))
    if n == 1:
        return "There is one change, which accounts for the whole difference."
    if compared.shares is None and n:
        return "To see what each change is worth, use --shares, or its switch in the studio."
    return ""


def _clipped(text: object, length: int) -> str:
    text = str(text)
    return plain(text if len(text) <= length else f"{text[: length - 1]}…")


def _inputs(compared: Compared, pair: Pair, is_narrow: bool) -> list[str]:
    """Inputs that differ, one line per change."""
    length = _NARROW_LENGTH if is_narrow else _VALUE_LENGTH
    rows = compared.of("inputs", pair)
    shown = rows if len(rows) <= _MOST_INPUTS else rows.head(_MOST_INPUTS - 1)
    lines = [
        f"{plain(path_words(str(row['path'])))}: "
        f"{_clipped(value_words(row['reference']), length)} → <b>{_clipped(value_words(row['value']), length)}</b>"
        for _, row in shown.iterrows()
    ]
    if len(rows) > len(shown):
        lines.append(f"and {len(rows) - len(shown)} more")
    return lines or ["nothing that affects a simulated trial"]


def _all_inputs(compared: Compared, pair: Pair) -> Table | None:
    rows = compared.of("inputs", pair)
    if len(rows) <= _MOST_INPUTS:
        return None
    cells = tuple(
        (path_words(str(row["path"])), *(value_words(row[side]) for side in ("reference", "value")))
        for _, row in rows.iterrows()
    )
    return Table("All that differs", ("what differs", pair.reference.label, pair.other.label), cells)


def _days(compared: Compared, pair: Pair) -> _Block:
    bars = []
    for milestone in compared.having(_MILESTONES):
        row = compared.median(pair, milestone)
        if row["in"] == BOTH:
            change = estimate_of(row, "difference")
            bars.append(_Bar(MILESTONE_NAMES[milestone], change, words.later(change), _brief(change, "d")))
    return _Block("Median dates", bars)


def _odds(compared: Compared, pair: Pair) -> _Block:
    bars = []
    for _, row in compared.of("odds", pair).iterrows():
        change = estimate_of(row, "difference")
        scaled = change.in_percent
        told = (words.points(change), _brief(scaled, "pt"))
        bars.append(_Bar(words.event_name(row), scaled, *told, more_is_better=row["event"] != "never_reached"))
    return _Block("The odds", bars)


def _cost(compared: Compared, pair: Pair) -> _Block:
    rows = compared.of("measures", pair)
    rows = rows[(rows["measure"] == "cost") & (rows["in"] == BOTH)]
    bars = [
        _Bar("Mean cost", change, f"{row['unit']} {words.amount(change)}", f"{change.value / 1000:+,.0f} k")
        for _, row in rows.iterrows()
        for change in [estimate_of(row, "difference")]
    ]
    return _Block("The cost", bars)


def _shares(compared: Compared, pair: Pair) -> _Block:
    """What each change adds to the date of the last randomisation, the largest first."""
    if compared.shares is None:
        return _Block("", [])
    rows = compared.of("shares", pair)
    rows = rows[rows["outcome"] == words.HEADLINE]
    ordered = rows.reindex(rows["difference"].abs().sort_values(ascending=False, kind="stable").index)
    bars = [
        _Bar(part_name(row["part"]), change, f"{words.later(change)}{share}", f"{_brief(change, 'd')}{share}")
        for _, row in ordered.iterrows()
        for change, share in [(estimate_of(row, "difference"), _share(row))]
    ]
    return _Block("Shares of last randomisation", bars)


def _share(row: pd.Series) -> str:
    share = float(row["share"])
    if not math.isfinite(share):
        return ""
    return f": {percent(share)}" if abs(share) >= _NOTHING else ": 0 %"


def _brief(change: Estimate, unit: str) -> str:
    if not math.isfinite(change.value):
        return "never"
    return f"{words.signed(change.value)} {unit}" if abs(change.value) >= 0.05 else f"0 {unit}"


# --- drawing


def _drawn(inputs: list[str], narrow: list[str], blocks: list[_Block]) -> go.Figure:
    """The figure; texts for a narrow screen are in the `meta` of their traces, where the page's script finds them."""
    sizes = [_LINE_PX * len(inputs), *(_BAR_PX * len(block.bars) for block in blocks)]
    height = sum(sizes) + _TITLE_PX * len(sizes) + 16
    fig = make_subplots(
        len(sizes), 1, row_heights=sizes, vertical_spacing=_TITLE_PX / (height - _TITLE_PX), shared_xaxes=False
    )
    fig.update_layout(template=TEMPLATE, height=height, showlegend=False, margin_t=_TITLE_PX)
    fig.add_trace(
        go.Scatter(
            x=[0.0] * len(inputs),
            y=list(range(len(inputs))),
            text=inputs,
            meta={"narrow": narrow},
            mode="text",
            textposition="middle right",
            hoverinfo="skip",
            cliponaxis=False,
        ),
        1,
        1,
    )
    fig.update_xaxes(visible=False, range=[0, 1], row=1, col=1)
    fig.update_yaxes(visible=False, range=[len(inputs) - 0.5, -0.5], row=1, col=1)
    _heading(fig, 1, "What differs")
    for row, block in enumerate(blocks, start=2):
        _add_bars(fig, row, block)
        _heading(fig, row, block.title)
    return fig


def _heading(fig: go.Figure, row: int, text: str) -> None:
    axis = fig.layout["yaxis" if row == 1 else f"yaxis{row}"]
    fig.add_annotation(
        text=f"<b>{plain(text)}</b>", x=0, xref="paper", xanchor="left", y=axis.domain[1], yref="paper",
        yanchor="bottom", yshift=4, showarrow=False,
    )  # fmt: skip


def _add_bars(fig: go.Figure, row: int, block: _Block) -> None:
    """Bars from 0, each with its words on the other side of 0, where there is room."""
    known = [bar.change if math.isfinite(bar.change.value) else Estimate(0.0, None, None) for bar in block.bars]
    finite = [Estimate(e.value, *(end if end and math.isfinite(end) else None for end in e[1:])) for e in known]
    labels = [wrapped(path_words(bar.label), 22) for bar in block.bars]
    fig.add_trace(
        go.Bar(
            orientation="h",
            y=labels,
            x=rounded([e.value for e in finite], 3),
            error_x=errors_of(finite),
            marker={
                "color": [
                    BETTER if (e.value > 0) == bar.more_is_better else WORSE
                    for e, bar in zip(finite, block.bars, strict=True)
                ]
            },
            hoverinfo="skip",
            width=0.55,
        ),
        row,
        1,
    )
    fig.add_trace(
        go.Scatter(
            x=rounded([max(e.high or 0.0, 0.0) if e.value <= 0 else min(e.low or 0.0, 0.0) for e in finite], 3),
            y=labels,
            text=[f"\u2002{plain(bar.text)}\u2002" for bar in block.bars],
            meta={"narrow": [f"\u2002{plain(bar.brief)}\u2002" for bar in block.bars]},
            mode="text",
            textposition=["middle right" if e.value <= 0 else "middle left" for e in finite],
            hoverinfo="skip",
            cliponaxis=False,
        ),
        row,
        1,
    )
    ends = [abs(end) for e in finite for end in e if end is not None]
    far = 1.05 * max([*ends, 1e-9])
    fig.update_xaxes(
        range=[-far, far], showticklabels=False, ticks="", showgrid=False, zeroline=True, zerolinecolor=GREY, row=row,
        col=1,
    )  # fmt: skip
    fig.update_yaxes(autorange="reversed", showgrid=False, row=row, col=1)
