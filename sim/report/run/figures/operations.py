"""Queues and bays, and the balance of the arms.

Levels over time come from the trials that were kept whole, shares of busy time and waits from all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from sim.analysis import intervals
from sim.analysis.intervals import Z
from sim.analysis.modelled import has_bays, has_coordinators, place_of_doses
from sim.analysis.occupancy import PLACES, Place, mean_level, peak_level, stays
from sim.core.clock import WEEK_DAYS
from sim.report.exhibits import Exhibit, Table
from sim.report.style import (
    BAND_INNER,
    BLUE,
    GREY,
    WORSE,
    figure,
    plain,
    rounded,
    series,
    stamps,
)
from sim.report.words import mean_with_error

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.report.run.answers import Answers

Array = npt.NDArray[np.float64]

_PANEL_PX = 150
_MOST_PERIODS = 400


# --- queues and bays


def queues(answers: Answers) -> Exhibit:
    """People waiting, in screening and in a bay over time: one replication, and the mean over those kept.

    Args:
        answers: tables of the run.

    Returns:
        One panel per place that the trial has. Time is cut into weeks, or longer periods for long trials: steps are the
        most at once in each, the line is the mean level. A sentence alone if no trial was kept whole.
    """
    from plotly.subplots import make_subplots

    title, kept = "Queues over time", answers.kept
    if kept.one is None:
        return Exhibit("queues", title, kept.nothing)
    places = _places(answers)
    every = {name: stays(kept.events, place) for name, place in places.items()}
    edges = _edges(every)
    found = make_subplots(
        rows=len(places), cols=1, shared_xaxes=True, vertical_spacing=0.07,
        subplot_titles=[place.meaning for place in places.values()], figure=figure(_PANEL_PX * len(places) + 80),
    )  # fmt: skip
    rows = []
    for i, (name, place) in enumerate(places.items(), start=1):
        by_number = dict(iter(every[name].groupby("replication")))
        by_trial = [by_number.get(k, every[name].iloc[:0]) for k in kept.numbers]
        one = by_number.get(kept.one, every[name].iloc[:0])
        levels = np.array([mean_level(some, edges) for some in by_trial])
        _add_panel(found, answers, i, edges, peak_level(one, edges), levels)
        most = np.array([_most_at_once(some) for some in by_trial])
        lengths = np.array([(some["end"] - some["start"]).mean() for some in by_trial])
        rows.append(
            (
                place.meaning,
                f"{_most_at_once(one):.0f}",
                mean_with_error(intervals.mean(most)),
                mean_with_error(intervals.mean(lengths)),
            )
        )
    found.update_yaxes(rangemode="tozero", nticks=4)
    found.update_annotations(font_size=13, x=0, xanchor="left")
    columns = ("where", f"most at once in trial {kept.one}", "most at once, mean of trials kept", "mean stay, days")
    caption = f"Queues in {kept.which}"
    days = _period_days(edges)
    return Exhibit(
        "queues",
        title,
        _queue_summary(answers, rows),
        f"Source: events.parquet. Steps: the most at once in each {days} of {kept.described}; line and band: mean "
        f"at any time over {kept.which}, with its 95 % interval; until four fifths of them have no queue any more.",
        found,
        Table(caption, columns, tuple(rows)),
    )


def _places(answers: Answers) -> dict[str, Place]:
    """Places where people can wait or be, out of those that this trial has."""
    scenario = answers.scenario
    has = {"waiting_for_coordinator": has_coordinators(scenario), "in_bay": has_bays(scenario)}
    found = {name: place for name, place in PLACES.items() if has.get(name, True)}
    if "in_bay" in found:
        found["in_bay"] = found["in_bay"]._replace(meaning=f"in an {place_of_doses(scenario)}")
    return found


def _edges(found: dict[str, pd.DataFrame]) -> Array:
    """Weeks, or longer periods for long trials, until the queues of four fifths of the trials are over."""
    every = pd.concat(found.values())
    last = float(every.groupby("replication")["end"].max().quantile(0.8)) if len(every) else WEEK_DAYS
    width = WEEK_DAYS * max(1, int(np.ceil(last / WEEK_DAYS / _MOST_PERIODS)))
    return np.arange(0.0, max(last, width) + width, width)


def _period_days(edges: Array) -> str:
    weeks = round((edges[1] - edges[0]) / WEEK_DAYS)
    return "week" if weeks == 1 else f"{weeks} weeks"


def _add_panel(found: go.Figure, answers: Answers, row: int, edges: Array, peaks: Array, by_trial: Array) -> None:
    when = stamps(answers.design.clock, edges[:-1])
    mean = by_trial.mean(axis=0)
    spread = by_trial.std(axis=0, ddof=1) if len(by_trial) > 1 else np.zeros_like(mean)
    half = Z * spread / np.sqrt(len(by_trial))
    first = row == 1
    line = {"shape": "hv", "width": 1, "color": GREY}

    def add(y: Array, **look: object) -> None:
        found.add_trace(go.Scatter(x=when, y=rounded(y), mode="lines", **look), row=row, col=1)

    add(peaks, line=line, name=f"trial {answers.kept.one}, most at once", showlegend=first, legendgroup="one",
        hovertemplate="most at once from %{x|%Y-%m-%d}: %{y}<extra></extra>")  # fmt: skip
    add(np.maximum(mean - half, 0.0), line={"width": 0}, showlegend=False, hoverinfo="skip")
    add(mean + half, line={"width": 0}, fill="tonexty", fillcolor=BAND_INNER, showlegend=False, hoverinfo="skip")
    add(mean, line={"color": BLUE, "width": 2.5}, name=f"mean of {len(by_trial)} trials", showlegend=first,
        legendgroup="mean", hovertemplate="mean from %{x|%Y-%m-%d}: %{y:.2f}<extra></extra>")  # fmt: skip


def _most_at_once(found: pd.DataFrame) -> float:
    return float(peak_level(found, np.array([-np.inf, np.inf]))[0])


def _queue_summary(answers: Answers, rows: list[tuple[str, str, str, str]]) -> str:
    """How busy coordinators and bays are, if the trial has them, and how long people wait."""
    scenario, parts = answers.scenario, []
    if has_coordinators(scenario):
        parts.append(f"coordinators are busy {_share(answers.mean('share_coordinators_busy'))} of the time")
    if has_bays(scenario):
        parts.append(f"{place_of_doses(scenario)}s are busy {_share(answers.mean('share_bays_busy'))} of the time")
    waits = f"randomisation, once eligible, {mean_with_error(answers.mean('wait_place_days'))} days"
    if not has_coordinators(scenario):
        parts.append(f"those randomised wait for {waits}")
        return f"In a mean trial {'; '.join(parts)}."
    return (
        f"In a mean trial {' and '.join(parts)}; a coordinator is waited for "
        f"{mean_with_error(answers.mean('wait_coordinator_days'))} days, and {waits}. At most {rows[0][2]} people wait "
        "for a coordinator at once."
    )


def _share(estimate: Estimate) -> str:
    return f"{mean_with_error(estimate.in_percent)} %"


# --- arms


def arms(answers: Answers) -> Exhibit:
    """How far each arm is from its share as participants are randomised.

    Args:
        answers: tables of the run.

    Returns:
        Distances in participants, of one arm with a band over the trials kept whole if there are two, otherwise of all
        arms; a sentence alone for one arm.
    """
    title, kept, names = "Balance of the arms", answers.kept, answers.design.arms
    counts = [f"{arm.name} {mean_with_error(answers.mean(f'n_randomised_{arm.name}'))}" for arm in names]
    if len(names) == 1:
        return Exhibit(
            "arms", title, f"The trial has one arm, so there is nothing to balance: {counts[0]} participants."
        )
    table = Table("Participants by arm in a mean trial", ("arm", "participants"), _arm_rows(answers))
    summary = (
        f"In a mean trial, participants by arm: {', '.join(counts)}. The largest distance of an arm from its share of "
        f"those randomised so far is {mean_with_error(answers.mean('max_imbalance'))} participants."
    )
    source = "Source: replications.parquet"
    if kept.one is None or kept.participants.empty:
        return Exhibit(
            "arms", title, f"{summary} {kept.nothing if kept.one is None else ''}".strip(), source, None, table
        )
    found = figure(360, hovermode="x unified")
    if len(names) == 2:
        people = kept.participants[kept.participants["replication"].isin(kept.numbers)]
        _add_band(found, _distances(people, names[0].name, _share_of(answers, 0)))
    drawn = names[:1] if len(names) == 2 else names
    for arm in drawn:
        days = _distances(kept.one_participants, arm.name, _share_of(answers, arm.index))
        look = series(arm.index)
        for distance in days.values():
            found.add_trace(
                go.Scatter(
                    x=list(range(len(distance) + 1)),
                    y=[0.0, *rounded(distance)],
                    mode="lines",
                    line={"shape": "hv", "color": look.colour, "width": 2, "dash": look.dash},
                    name=f"{plain(arm.name)} in trial {kept.one}",
                )
            )
    found.add_hline(y=0, line={"color": WORSE, "width": 1, "dash": "dot"})
    found.update_xaxes(title="participants randomised")
    found.update_yaxes(title=f"participants {plain(drawn[0].name) if len(drawn) == 1 else 'in the arm'}<br>above share")
    source += f"; the line: {kept.described}; the band: nine tenths of {kept.which}."
    return Exhibit("arms", title, summary, source, found, table)


def _share_of(answers: Answers, index: int) -> float:
    every = answers.design.arms
    return every[index].allocation / sum(arm.allocation for arm in every)


def _distances(people: pd.DataFrame, arm: str, share: float) -> dict[int, Array]:
    """By replication: participants of an arm above its share, after each randomisation."""
    found = {}
    for replication, rows in people.groupby("replication"):
        is_arm = (rows["arm"] == arm).to_numpy()
        found[int(str(replication))] = np.cumsum(is_arm) - share * np.arange(1, len(is_arm) + 1)
    return found


def _add_band(found: go.Figure, by_replication: dict[int, Array]) -> None:
    """The band that holds nine tenths of the trials, among those that randomised at least this many."""
    longest = max(len(distance) for distance in by_replication.values())
    padded = np.full((len(by_replication), longest), np.nan)
    for row, distance in zip(padded, by_replication.values(), strict=True):
        row[: len(distance)] = distance
    low, high = np.nanquantile(padded, [0.05, 0.95], axis=0)
    x = list(range(1, longest + 1))
    edge = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
    found.add_trace(go.Scatter(x=x, y=rounded(low), showlegend=False, **edge))
    found.add_trace(
        go.Scatter(x=x, y=rounded(high), fill="tonexty", fillcolor=BAND_INNER, name="nine tenths of the trials", **edge)
    )


def _arm_rows(answers: Answers) -> tuple[tuple[str, str], ...]:
    return tuple((arm.name, mean_with_error(answers.mean(f"n_randomised_{arm.name}"))) for arm in answers.design.arms)
