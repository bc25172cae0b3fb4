"""Figures of paired trials: differences trial by trial, how often a scenario is earlier, and the worth of each
change.

Attributes:
    DATED: milestones that are drawn, in the order of time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from sim.analysis.intervals import Estimate
from sim.analysis.pairing import paired_days
from sim.experiment.comparison.tables import BOTH, Compared
from sim.report.comparison import words
from sim.report.comparison.share_words import outcome_title, part_name, share_text, share_whole
from sim.report.exhibits import Exhibit, Table
from sim.report.key_words import path_words
from sim.report.style import EARLIER, GREY, LATER, SAME, figure, plain, rounded, series, wrapped
from sim.report.words import MILESTONE_NAMES, chance, estimate_of, percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.comparison.sides import Pair

Array = npt.NDArray[np.float64]

DATED = ("randomised_50pct", "last_randomised", "primary_completion", "last_visit", "database_lock")
_BINS = 40
_TAIL = 0.02  # of the pairs, drawn at the edge on each side, so that the rest can be seen
_ROW = 34  # pixels of a bar with its label


def distribution(compared: Compared, pair: Pair) -> Exhibit:
    """Days by which the last randomisation is earlier or later, over the pairs of trials.

    Args:
        compared: the comparison.
        pair: the scenario and its reference.

    Returns:
        A histogram in per cent of all pairs; if no pair has both dates, or all differences are equal, a sentence
        instead. Pairs in which one trial never gets there are counted in the summary. The table has all milestones.
    """
    ours, theirs = pair.days(words.HEADLINE)
    days = paired_days(ours, theirs)
    neither = np.isinf(ours) & np.isinf(theirs)
    finite = days[np.isfinite(days) & ~neither]
    odds = compared.milestone(pair, words.HEADLINE)
    name = f"differences-{compared.comparison.pairs.index(pair) + 1}"
    title = f"Trial by trial: {pair.other.label} against {pair.reference.label}"
    table = _distribution_table(compared, pair)
    if not len(finite) or np.ptp(finite) == 0.0:
        value = f"{finite[0]:.1f} days" if len(finite) else "no date to compare"
        return Exhibit(name, title, f"In every pair of trials the difference is the same: {value}.", table=table)
    look = series(compared.comparison.sides.index(pair.other)).colour
    typical = estimate_of(odds, "pair_p50").value
    alone = [int(np.count_nonzero(days == -math.inf)), int(np.count_nonzero(days == math.inf)), int(neither.sum())]
    return Exhibit(
        name,
        title,
        f"Last randomisation: {pair.other.label} is earlier in {chance(estimate_of(odds, 'earlier'))} of the "
        f"{pair.n:,} pairs of trials, later in {chance(estimate_of(odds, 'later'))}. The outermost two per cent on "
        f"each side are drawn at the edge. {_never_sentence(pair, alone)}".strip(),
        "Source: pairs.parquet. Replication k of one scenario has the random numbers of replication k of the other.",
        figure=_histogram(finite, len(days), typical, look, pair.other.label),
        table=table,
    )


def _histogram(finite: Array, n_pairs: int, typical: float, colour: str, label: str) -> go.Figure:
    """Shares of all pairs by days; pairs in which the scenario is earlier have its colour."""
    low, high = (float(end) for end in np.quantile(finite, [_TAIL, 1 - _TAIL]))
    edges = np.linspace(min(low, 0.0), max(high, 0.0), _BINS + 1)
    counts, _ = np.histogram(np.clip(finite, edges[0], edges[-1]), edges)
    middle = (edges[1:] + edges[:-1]) / 2
    fig = figure(340, bargap=0.04, showlegend=False, margin={"t": 40})
    fig.add_trace(
        go.Bar(
            x=rounded(middle, 1),
            y=rounded(100 * counts / n_pairs, 3),
            marker={"color": [colour if x < 0 else GREY for x in middle]},
            hovertemplate="about %{x:.0f} days: %{y:.1f} % of pairs<extra></extra>",
        )
    )
    fig.add_vline(x=0, line={"color": "#333", "width": 1})
    if math.isfinite(typical):
        position = "top right" if typical < (edges[0] + edges[-1]) / 2 else "top left"
        text = f"half of the pairs beyond {abs(typical):.0f} days {'earlier' if typical < 0 else 'later'}"
        line = {"color": "#333", "dash": "dash", "width": 1.5}
        fig.add_vline(x=round(typical, 1), line=line, annotation_text=text, annotation_position=position)
    fig.update_xaxes(title=wrapped(f"days by which {label} is later (left of 0: earlier)", 40))
    fig.update_yaxes(title="% of pairs of trials", rangemode="tozero")
    return fig


def _never_sentence(pair: Pair, alone: list[int]) -> str:
    parts = [
        f"{n} in which only {label} gets there"
        for n, label in zip(alone, (pair.other.label, pair.reference.label), strict=False)
        if n
    ]
    if alone[2]:
        parts.append(f"{alone[2]} in which neither does")
    return f"Not drawn: {', '.join(parts)}." if parts else ""


def _distribution_table(compared: Compared, pair: Pair) -> Table:
    rows = []
    for milestone in compared.having(MILESTONE_NAMES):
        title = MILESTONE_NAMES[milestone]
        row, median = compared.milestone(pair, milestone), compared.median(pair, milestone)
        if row["in"] != BOTH:
            rows.append((title, str(row["in"]), "", "", "", ""))
            continue
        rows.append(
            (
                title,
                words.days_change(estimate_of(median, "difference")),
                words.days_change(estimate_of(row, "mean_difference")),
                words.days_change(estimate_of(row, "pair_p50")),
                chance(estimate_of(row, "earlier")),
                _worth(float(median["narrowing"]), estimate_of(row, "narrowing")),
            )
        )
    columns = (
        "",
        "median, days later",
        "mean, days later",
        "half of the pairs, days later",
        "earlier in",
        "pairing is worth",
    )
    return Table(f"{pair.other.label} against {pair.reference.label}", columns, tuple(rows))


def _worth(median: float, mean: Estimate) -> str:
    if math.isinf(median) or math.isinf(mean.value):
        return "always the same"
    first = f"x {median:.1f} for the median; " if math.isfinite(median) else ""
    return f"{first}{words.times(mean)} for the mean" if not math.isnan(mean.value) else first.removesuffix("; ")


def how_often_earlier(compared: Compared) -> Exhibit:
    """Share of the pairs in which each milestone is earlier, the same, or later.

    Args:
        compared: the comparison; with more than one pair, rows name the scenario.

    Returns:
        Stacked bars that sum to 100 %. "The same" includes pairs in which neither gets there.
    """
    pairs = compared.comparison.pairs
    labels, shares = [], []
    for pair in pairs:
        for milestone in compared.having(DATED):
            row = compared.milestone(pair, milestone)
            suffix = f", {pair.other.label}" if len(pairs) > 1 else ""
            labels.append(f"{MILESTONE_NAMES[milestone]}{suffix}")
            shares.append([estimate_of(row, name) for name in ("earlier", "same", "later")])
    fig = figure(110 + (_ROW + 12 * (len(pairs) > 1)) * len(labels), barmode="stack")
    looks = (EARLIER, SAME, LATER)
    for i, name in enumerate(("earlier", "the same, or neither gets there", "later")):
        fig.add_trace(
            go.Bar(
                orientation="h",
                y=[wrapped(label, 32) for label in labels],
                x=rounded([100 * share[i].value for share in shares], 2),
                marker={"color": looks[i]},
                name=name,
                customdata=[[chance(share[i])] for share in shares],
                hovertemplate=f"{name}: %{{customdata[0]}}<extra></extra>",
            )
        )
    fig.update_yaxes(autorange="reversed")
    fig.update_xaxes(title="% of pairs of trials", range=[0, 100])
    rows = tuple((label, *(chance(part) for part in share)) for label, share in zip(labels, shares, strict=True))
    return Exhibit(
        "earlier",
        "How often it is earlier",
        "Share of the pairs of trials in which each milestone comes earlier than in "
        f"{compared.comparison.reference.label}. A trial that never gets there is later than one that does.",
        figure=fig,
        table=Table("Shares of pairs", ("", "earlier", "same or neither", "later"), rows),
    )


_SHARED = ((words.HEADLINE, ("median", "mean")), ("primary_completion", ("probability",)), ("cost", ("mean",)))


def worth_of_changes(compared: Compared) -> list[Exhibit]:
    """What each change adds to the date, the odds and the cost, as waterfalls.

    Args:
        compared: the comparison; `--shares` adds the effects of changes.

    Returns:
        One exhibit per scenario and outcome; empty without `--shares`. Changes are Shapley values where there are few
        enough of them, otherwise effects of each change alone with a remainder.
    """
    if compared.shares is None:
        return []
    found = []
    for number, pair in enumerate(compared.comparison.pairs, start=1):
        rows = compared.of("shares", pair)
        for outcome, kinds in _SHARED:
            part = rows[(rows["outcome"] == outcome) & rows["of"].isin(kinds)]
            if not part.empty:
                found.append(_worth_of(pair, part, f"shares-{number}-{outcome}"))
    return found


def _worth_of(pair: Pair, rows: pd.DataFrame, name: str) -> Exhibit:
    """What each change adds to one outcome, the largest first."""
    ordered = rows.reindex(rows["difference"].abs().sort_values(ascending=False, kind="stable").index)
    first = ordered.iloc[0]
    title = outcome_title(first["outcome"], first["of"])
    how = (
        "Each value is the effect of a change averaged over all orders in which the changes can be made (Shapley's "
        "value), so that they sum to the difference."
        if first["method"] == "all orders"
        else "Each change is made alone; what they do only together is the remainder."
    )
    cells = [
        (path_words(part_name(row["part"])), share_text(row), percent(float(row["share"])))
        for _, row in ordered.iterrows()
    ]
    return Exhibit(
        name,
        f"What each change is worth: {title[:1].lower()}{title[1:]}",
        f"{pair.other.label} less {pair.reference.label}: {share_whole(rows)}"
        f"{', negative being earlier' if first['unit'] == 'days' else ''}. {how} In brackets: 95 % intervals.",
        "Source: shares.csv; the scenarios between were simulated on the same random numbers.",
        figure=_waterfall(ordered, pair.reference.label),
        table=Table(title, ("change", "adds", "share of the difference"), tuple(cells)),
    )


def _waterfall(rows: pd.DataFrame, reference: str) -> go.Figure:
    """Steps from the reference to the other scenario."""
    first = rows.iloc[0]
    scale = 100.0 if first["of"] == "probability" else 1.0
    values = [scale * float(value) for value in [*rows["difference"], first["whole"]]]
    texts = [*(share_text(row) for _, row in rows.iterrows()), share_whole(rows)]
    fig = figure(110 + 44 * len(values), showlegend=False)
    fig.add_trace(
        go.Waterfall(
            orientation="h",
            y=[*(path_label(part_name(part)) for part in rows["part"]), "<b>all together</b>"],
            x=rounded(values, 3),
            measure=["relative"] * len(rows) + ["total"],
            customdata=[[plain(text)] for text in texts],
            text=[words.signed(value) for value in values],
            textposition="auto",
            connector={"line": {"color": GREY, "width": 1}},
            increasing={"marker": {"color": LATER}},
            decreasing={"marker": {"color": EARLIER}},
            totals={"marker": {"color": "#555555"}},
            hovertemplate="%{y}: %{customdata[0]}<extra></extra>",
        )
    )
    fig.update_yaxes(autorange="reversed")
    unit = "percentage points" if first["of"] == "probability" else str(first["unit"]).replace("days", "days later")
    fig.update_xaxes(title=wrapped(f"{unit}, against {reference}", 40))
    return fig


def path_label(path: str) -> str:
    """The value at a path in words, in lines that fit beside an axis.

    Args:
        path: dotted path in a scenario.

    Returns:
        Lines joined by `<br>`, with HTML escaped.
    """
    return wrapped(path_words(path), 24)
