"""Figures of an explanation: shares of the spread, the tornado, days lost, and what a milestone hangs on.

Shares say which unknown the spread comes from; the tornado and the causes say, by paired runs, how far a change moves
the mean. The critical site, milestone and step describe what happened in each trial and promise no gain.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from sim.analysis.intervals import Estimate
from sim.experiment.explanation.causes import TOGETHER, TOO_FEW_SITES
from sim.report.exhibits import Exhibit, Table
from sim.report.explanation.words import Told, share_text
from sim.report.run.why import DOUBT_COLUMNS, DOUBT_METHOD, cause_cells, doubt_cells, doubts_sentence
from sim.report.style import SERIES, bars, errors_of, figure, plain, rounded, wrapped
from sim.report.words import MILESTONE_NAMES, OUTCOME_NOUNS, STEP_NAMES, chance, estimate_of, percent, with_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_BAR_PX, _PAIR_PX = 38, 46
_N_BARS = 20
_NONE_THERE = "There is nothing to draw."


def _shown(row: pd.Series, name: str) -> Estimate:
    """A share of variance in per cent, limited to 0 to 100; an estimate can fall outside."""
    estimate = estimate_of(row, name).in_percent
    value, low, high = (None if x is None else min(max(x, 0.0), 100.0) for x in estimate)
    return Estimate(value or 0.0, low, high)


def _bars(labels: Sequence[str], estimates: Sequence[Estimate], texts: Sequence[str], title: str) -> go.Figure:
    """Horizontal bars from the top down, each with its value in words at its end."""
    found = figure(_BAR_PX * len(labels) + 70, bargap=0.35)
    names = [wrapped(label, 25) for label in labels]
    found.add_trace(bars(names, estimates, texts, SERIES[0]))
    ends = [max(e.value, e.high or 0.0, 0.0) for e in estimates]
    found.add_trace(
        go.Scatter(
            x=rounded(ends), y=names, mode="text", text=[f"\u2002{plain(text)}" for text in texts], hoverinfo="skip",
            textposition="middle right", showlegend=False, cliponaxis=False,
        )
    )  # fmt: skip
    lowest = min([0.0, *(e.value if e.low is None else e.low for e in estimates)])
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title=title, range=[1.05 * lowest, 1.45 * max(ends) or 1.0])
    return found


def shares(told: Told) -> Exhibit:
    """First-order and total shares of the spread, with their intervals.

    A first-order share is what would go from the variance if the input were known; a total share is what would stay if
    all others were (Sobol; estimators of Saltelli et al. 2010).

    Args:
        told: the outcome to explain.

    Returns:
        A figure with shares limited to 0 to 100 %; a sentence alone if the outcome is the same in all trials.
    """
    title = f"What {told.spread} is made of"
    rows = told.of("shares").sort_values("total", ascending=False, kind="stable")
    if rows.empty:
        return Exhibit("shares", title, f"There is no spread: {told.noun} is the same in all trials.")
    labels = [told.input(path) for path in rows["input"]]
    names = [wrapped(label, 22) for label in labels]
    found = figure(_PAIR_PX * len(rows) + 110, barmode="group", bargap=0.3)
    for i, (column, name) in enumerate((("first", "known, it would take away"), ("total", "unknown, it keeps up"))):
        texts = [f"{name} {share_text(estimate_of(row, column))}" for _, row in rows.iterrows()]
        found.add_trace(bars(names, [_shown(row, column) for _, row in rows.iterrows()], texts, SERIES[i], name))
    found.data[1].marker.pattern = {"shape": "/", "solidity": 0.45, "size": 5}
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title="% of the variance", rangemode="tozero")
    totals = told.of("totals").iloc[0]
    summary = (
        f"If an input were known, its first share would go from the spread; if all but that input were known, its "
        f"second share would stay. The first ones sum to {share_text(estimate_of(totals, 'first_sum'))}; what is "
        "missing to 100 % is what inputs do together."
    )
    cells = tuple(
        (label, *(share_text(estimate_of(row, column)) for column in ("first", "total")))
        for label, (_, row) in zip(labels, rows.iterrows(), strict=True)
    )
    return Exhibit(
        "shares",
        title,
        summary,
        f"Source: shares.csv. Sobol's shares by the estimators of Saltelli et al. (2010), of the variance of "
        f"{'ranks' if totals['scale'] == 'ranks' else 'days'}, with 95 % bootstrap intervals.",
        found,
        Table("Shares of the spread", ("input", "first-order share", "total share"), cells),
    )


def tornado(told: Told) -> Exhibit:
    """Each uncertain value at its 10 % and 90 % points, the largest on top.

    Args:
        told: the outcome to explain.

    Returns:
        Mean paired differences from the scenario as it is, in days or money; a sentence alone without uncertain values.
    """
    title = "Each uncertain value at its 10 % and 90 % point"
    rows = told.of("tornado")
    if rows.empty:
        return Exhibit("tornado", title, "Nothing in this scenario is written as `uncertain`.")
    labels = [told.input(path) for path in rows["input"]]
    found = figure(_PAIR_PX * len(rows) + 110, barmode="overlay", bargap=0.35)
    for i, (end, point) in enumerate((("low", "10 % point"), ("high", "90 % point"))):
        estimates = [estimate_of(row, end) for _, row in rows.iterrows()]
        texts = [
            f"at {row[f'at_{end}']:.3g}: {with_error(e)} {told.unit}"
            for e, (_, row) in zip(estimates, rows.iterrows(), strict=True)
        ]
        trace = bars([wrapped(label, 22) for label in labels], estimates, texts, SERIES[i], f"at its {point}")
        trace.error_x = errors_of(estimates)
        found.add_trace(trace)
    found.data[1].marker.pattern = {"shape": "/", "solidity": 0.45, "size": 5}
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title=_difference_axis(told), zeroline=True, zerolinewidth=1.5, zerolinecolor="#808080")
    cells = tuple(
        (
            label,
            *(f"{row[f'at_{end}']:.3g}: {with_error(estimate_of(row, end))}" for end in ("low", "high")),
            with_error(estimate_of(row, "swing")),
            f"{row['n_never_low']}, {row['n_never_high']}",
        )
        for label, (_, row) in zip(labels, rows.iterrows(), strict=True)
    )
    columns = ("uncertain value", "at its 10 % point", "at its 90 % point", "from one to the other", "never, each")
    n, never = int(rows["n"].iloc[0]), int(rows["n_never"].iloc[0])
    return Exhibit(
        "tornado",
        title,
        f"The same {n} trials three times: as they are, and with one value fixed at either point. Mean difference; one "
        f"that never gets there counts as the end of the simulated time (as they are, {never} never do).",
        "Source: tornado.csv; paired differences with their 95 % intervals.",
        found,
        Table(f"Difference in {told.unit}", columns, cells),
    )


def _difference_axis(told: Told) -> str:
    return f"{told.unit} more than as it is" if told.is_cost else "days later than as it is"


def causes(told: Told) -> Exhibit:
    """What is lost to each cause: the gain where it alone is taken away.

    Args:
        told: the outcome to explain.

    Returns:
        The twenty largest as bars, all of them in the table, in days or money, with the sum against all together.
    """
    title = f"What is lost to each cause, in {told.unit}"
    rows = told.of("causes")
    if rows.empty:
        return Exhibit("causes", title, "This scenario has no cause of delay that can be taken away.")
    single = rows[rows["cause"] != TOGETHER]
    shown = single.head(_N_BARS)
    estimates = [estimate_of(row, "lost") for _, row in shown.iterrows()]
    found = _bars(list(shown["label"]), estimates, [with_error(e) for e in estimates], f"{told.unit} lost")
    cells = cause_cells(rows)
    return Exhibit(
        "causes",
        title,
        _together(told, rows, single, len(shown)),
        "Source: causes.csv. Each cause is taken away alone, on the same random numbers; mean paired difference with "
        "its 95 % interval; a trial that never gets there counts as the end of the simulated time.",
        found,
        Table(
            f"Lost to each cause, in {told.unit}",
            ("cause", "in its place", "lost", "trials changed", "never, with and without"),
            cells,
        ),
    )


def _together(told: Told, rows: pd.DataFrame, single: pd.DataFrame, n_shown: int) -> str:
    text = f"The {n_shown} largest of {len(single)} causes. " if n_shown < len(single) else ""
    together = rows[rows["cause"] == TOGETHER]
    if together.empty:
        return f"{text}What would be gained without it, all else being equal."
    all_of_them = estimate_of(together.iloc[0], "lost")
    alone = single[(single["part_of"] == "") & (single["cause"] != TOO_FEW_SITES)]["lost"].sum()
    return (
        f"{text}Causes overlap, so that they need not add up: taken away one by one they come to "
        f"{alone:,.0f} {told.unit}, all together (but for the number of sites) to {with_error(all_of_them)}."
    )


def assumptions(told: Told) -> Exhibit:
    """Days by which each assumption without a source moves this milestone, lower and higher.

    Args:
        told: the milestone to explain.

    Returns:
        A table without a figure; a sentence alone if no value has grade D.
    """
    title = f"Assumptions of grade D that {told.noun} hangs on"
    table = told.of("assumptions")
    said = doubts_sentence(told.scenario, table, told.noun)
    if table.empty:
        return Exhibit("assumptions", title, said)
    return Exhibit(
        "assumptions",
        title,
        f"{said} Positive: {told.noun} comes later.",
        f"Source: assumptions.csv. The same trials {DOUBT_METHOD}",
        table=Table(
            f"Days by which {told.noun} comes later", DOUBT_COLUMNS, doubt_cells(told.scenario, table), is_open=True
        ),
    )


def critical_sites(told: Told) -> Exhibit:
    """Share of trials in which each site is critical: the event that completes this milestone happens there.

    Args:
        told: the milestone to explain.

    Returns:
        The twenty sites that are critical most often; all of them in the table.
    """
    title = "The critical site"
    rows = told.of("sites").sort_values("share", ascending=False, kind="stable")
    if rows.empty:
        return Exhibit("critical-sites", title, _NONE_THERE)
    shown = rows.head(_N_BARS)
    estimates = [estimate_of(row, "share").in_percent for _, row in shown.iterrows()]
    texts = [percent(estimate_of(row, "share").value) for _, row in shown.iterrows()]
    cells = tuple(
        (str(row["site"]), *(chance(estimate_of(row, name)) for name in ("share", "most")))
        for _, row in rows.iterrows()
    )
    return Exhibit(
        "critical-sites",
        title,
        f"In each trial exactly one site is critical for {told.noun}: the one where the event happened that completed "
        "it. Had that site been a moment later, it would have been.",
        "Source: sites.csv; shares with Wilson's 95 % intervals.",
        _bars(list(shown["site"]), estimates, texts, "% of the trials"),
        Table("Critical sites", ("site", "critical", "randomised the most"), cells),
    )


def critical_steps(told: Told) -> Exhibit:
    """Mean days of the critical path by step, which sum to the day of the milestone.

    Args:
        told: the milestone to explain.

    Returns:
        A sentence alone if no participant is on the path.
    """
    title = "The days of the critical path"
    rows = told.of("steps")
    rows = rows[rows["share"] > 0]
    if rows.empty:
        return Exhibit("critical-steps", title, f"The critical path to {told.noun} has no participant on it.")
    estimates = [estimate_of(row, "days") for _, row in rows.iterrows()]
    names = [STEP_NAMES[str(step)] for step in rows["step"]]
    cells = tuple(
        (name, with_error(e), chance(estimate_of(row, "share")))
        for name, e, (_, row) in zip(names, estimates, rows.iterrows(), strict=True)
    )
    return Exhibit(
        "critical-steps",
        title,
        f"From day 0 to {told.noun} along the participant who completes it, in a mean trial. The days of all steps sum "
        "to its day.",
        "Source: steps.csv.",
        _bars(names, estimates, [with_error(e) for e in estimates], "days of a mean trial"),
        Table("The critical path", ("step", "days", "of the trials"), cells),
    )


def critical_milestones(told: Told) -> Exhibit:
    """Share of trials in which each earlier milestone is critical for this one.

    Args:
        told: the milestone to explain; a milestone is critical for it if the same participant, or site, completes both.
    """
    title = "The critical milestones before it"
    rows = told.of("milestones")
    if rows.empty:
        return Exhibit("critical-milestones", title, f"No milestone comes before {told.noun}.")
    estimates = [estimate_of(row, "share").in_percent for _, row in rows.iterrows()]
    texts = [chance(estimate_of(row, "share")) for _, row in rows.iterrows()]
    names = [MILESTONE_NAMES[str(name)] for name in rows["milestone"]]
    return Exhibit(
        "critical-milestones",
        title,
        f"An earlier milestone is critical for {told.noun} where the same participant (or, before anyone is one, the "
        "same site) completes both.",
        "Source: milestones.csv; shares with Wilson's 95 % intervals.",
        _bars(names, estimates, [text.partition(" (")[0] for text in texts], "% of the trials"),
        Table("Critical milestones", ("milestone", "critical"), tuple(zip(names, texts, strict=True))),
    )


def exhibits(told: Told) -> list[Exhibit]:
    """All figures of an explanation, the answer first.

    Args:
        told: the outcome to explain.

    Returns:
        Exhibits in the order of the page; a cost has no critical site, milestone or step, and no assumptions.
    """
    if told.is_cost:
        return [shares(told), tornado(told), causes(told), every_outcome(told)]
    hangs = (assumptions(told), critical_sites(told), critical_milestones(told), critical_steps(told))
    return [shares(told), tornado(told), causes(told), *hangs, every_outcome(told)]


def every_outcome(told: Told) -> Exhibit:
    """One row per outcome: what its spread consists of, and what moves it most.

    Args:
        told: any outcome of the explanation; the table has all of them.
    """
    explanation = told.explanation
    others = [Told(explanation, name) for name in explanation.outcomes]
    return Exhibit(
        "outcomes",
        "Every milestone, and the cost",
        "What would go from the spread if the input named were known; what would stay as chance if every uncertain "
        "value were; and what moves it most.",
        "Source: shares.csv, totals.csv, tornado.csv and causes.csv.",
        table=Table(
            "What drives each milestone",
            ("of", "largest share", "stays as chance", "largest swing", "most is lost to"),
            tuple(_outcome_row(each) for each in others),
            is_open=True,
        ),
    )


def _outcome_row(told: Told) -> tuple[str, ...]:
    shares, totals, swings = (told.of(name) for name in ("shares", "totals", "tornado"))
    causes = told.lost()
    cells = ["no spread", "", "", "nothing for sure"]
    if not shares.empty:
        top = shares.sort_values("first", ascending=False, kind="stable").iloc[0]
        cells[0] = f"{told.input(top['input'])}: {share_text(estimate_of(top, 'first'))}"
        cells[1] = share_text(estimate_of(totals.iloc[0], "chance"))
    if not swings.empty:
        swing = estimate_of(swings.iloc[0], "swing")
        if not math.isnan(swing.value):
            cells[2] = f"{told.input(swings.iloc[0]['input'])}: {with_error(swing)} {told.unit}"
    if not causes.empty:
        most = causes.iloc[0]
        cells[3] = f"{most['label']}: {with_error(estimate_of(most, 'lost'))} {told.unit}"
    name = OUTCOME_NOUNS[told.name]
    return (name[0].upper() + name[1:], *cells)
