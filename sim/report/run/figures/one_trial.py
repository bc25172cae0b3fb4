"""One whole simulated trial: each participant's screening, infusions, visits and way out.

It is a picture of how the model works. The page that plays a trial is in `sim.report.one_trial`.

Attributes:
    MOST_LANES: most participants that are drawn, each in a lane.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from sim.analysis.modelled import has_doses, has_follow_up, has_measure
from sim.plurals import are, counted
from sim.report.exhibits import Exhibit, Table
from sim.report.one_trial.story import plain as spaced
from sim.report.style import BLUE, GREY, OLIVE, ORANGE, PURPLE, SLATE, WORSE, figure, plain, series, stamps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from sim.core.clock import Clock
    from sim.report.run.answers import Answers

MOST_LANES = 150
_LANE_PX = 15
_TITLE = "One simulated trial, participant by participant"
_SYMBOLS = ("x", "diamond", "triangle-right", "square", "star", "hexagon", "pentagon", "bowtie")
_COLOURS = (WORSE, PURPLE, ORANGE, OLIVE, SLATE)
_COUNTS = {
    "doses": "n_doses_given",
    "missed doses": "n_doses_missed",
    "visits": "n_visits_done",
    "missed visits": "n_visits_missed",
}
_DRAWN = {
    "dose.given": ("dose given", {"symbol": "circle", "size": 6, "color": ORANGE}),
    "dose.missed": ("dose missed or lost", {"symbol": "circle-open", "size": 7, "color": ORANGE}),
    "dose.lost": ("dose missed or lost", {"symbol": "circle-open", "size": 7, "color": ORANGE}),
    "visit.done": ("visit", {"symbol": "line-ns-open", "size": 7, "color": GREY}),
    "visit.missed": ("visit missed", {"symbol": "x-thin-open", "size": 5, "color": WORSE}),
}


def swimlane(answers: Answers) -> Exhibit:
    """One lane per participant, in the typical replication: screening, stay by arm, doses, visits and way out.

    Args:
        answers: tables of the run.

    Returns:
        The first 150 participants at most; a sentence alone if no trial was kept whole, or nobody was randomised.
    """
    kept = answers.kept
    if kept.one is None:
        return Exhibit("swimlane", _TITLE, kept.nothing)
    everyone = kept.one_participants
    if everyone.empty:
        return Exhibit("swimlane", _TITLE, f"Nobody was randomised in {kept.described}.")
    people = everyone.head(MOST_LANES)
    clock, n = answers.design.clock, len(people)
    found = figure(_LANE_PX * n + 150, hovermode="closest")
    _add_screening(found, people, clock)
    arms = [arm.name for arm in answers.design.arms]
    for i, arm in enumerate(arms):
        _add_stays(found, people[people["arm"] == arm], arm, i, clock, kept.one_ends)
    _add_happenings(found, people, kept.one_events, clock)
    _add_ways_out(found, people, clock, answers.design.ways_out)
    found.update_yaxes(
        title="participant, in order of randomisation",
        range=[n + 0.8, 0.2],
        showgrid=False,
        dtick=5 if n <= 100 else 10,
    )
    found.update_layout(legend={"itemsizing": "constant"})
    return Exhibit(
        "swimlane",
        _TITLE,
        _summary(answers, everyone, len(people)),
        "Source: participants.parquet and events.parquet. One trial is a story, not an estimate: another one looks "
        "different.",
        found,
        _table(answers, people),
    )


def _segments(
    starts: Iterable[float], ends: Iterable[float], lanes: Iterable[int]
) -> Iterator[tuple[float, int | None]]:
    for start, end, lane in zip(starts, ends, lanes, strict=True):
        yield from ((start, lane), (end, lane), (float("nan"), None))


def _add_segments(found: go.Figure, segments: Iterable[tuple[float, int | None]], clock: Clock, **look: object) -> None:
    days, lanes = zip(*segments, strict=True)
    found.add_trace(go.Scatter(x=stamps(clock, days), y=list(lanes), mode="lines", hoverinfo="skip", **look))


def _add_screening(found: go.Figure, people: pd.DataFrame, clock: Clock) -> None:
    segments = _segments(people["referred_day"], people["randomised_day"], people["participant"].tolist())
    _add_segments(found, segments, clock, line={"color": GREY, "width": 3}, name="screening")


def _add_stays(found: go.Figure, people: pd.DataFrame, arm: str, i: int, clock: Clock, ends: float) -> None:
    """Lines from randomisation to the way out; participants who never leave stay until the log ends."""
    if people.empty:
        return
    out = people["out_day"].fillna(ends)
    segments = _segments(people["randomised_day"], out, people["participant"].tolist())
    look = series(i)
    line = {"color": look.colour, "width": 2.5, "dash": "solid" if i == 0 else "dot" if i == 1 else look.dash}
    _add_segments(found, segments, clock, line=line, name=f"in arm {plain(arm)}")


def _add_happenings(found: go.Figure, people: pd.DataFrame, log: pd.DataFrame, clock: Clock) -> None:
    """Doses and visits as marks on the lanes."""
    lanes = people[["site", "patient", "participant", "arm"]]
    happened = log[log["event"].isin(list(_DRAWN))].merge(lanes, on=["site", "patient"])
    names = happened["event"].map(lambda kind: _DRAWN[kind][0])
    for name, marker in dict(_DRAWN.values()).items():
        rows = happened[names == name]
        if rows.empty:
            continue
        of = "dose" if name.startswith("dose") else "week"
        found.add_trace(
            go.Scatter(
                x=stamps(clock, rows["day"]),
                y=rows["participant"].tolist(),
                mode="markers",
                marker=marker,
                customdata=rows[["number"]].to_numpy().tolist(),
                hovertemplate=f"participant %{{y}}: {name}, {of} %{{customdata[0]}}, %{{x|%Y-%m-%d}}<extra></extra>",
                name=name,
            )
        )


def _add_ways_out(found: go.Figure, people: pd.DataFrame, clock: Clock, ways: list[str]) -> None:
    for i, way in enumerate([*ways, "completed"]):
        rows = people[people["way_out"] == way]
        if rows.empty:
            continue
        marker = {"symbol": _SYMBOLS[i % len(_SYMBOLS)], "size": 9, "color": _COLOURS[i % len(_COLOURS)]}
        if way == "completed":
            marker = {"symbol": "line-ns-open", "size": 11, "color": BLUE, "line": {"width": 3}}
        found.add_trace(
            go.Scatter(
                x=stamps(clock, rows["out_day"]),
                y=rows["participant"].tolist(),
                mode="markers",
                marker=marker,
                hovertemplate=f"participant %{{y}}: {spaced(way)}, %{{x|%Y-%m-%d}}<extra></extra>",
                name=spaced(way),
            )
        )


def _summary(answers: Answers, people: pd.DataFrame, shown: int) -> str:
    dates = answers.dates
    first, last = people["randomised_day"].min(), people["randomised_day"].max()
    ways = people["way_out"].value_counts()
    out = [f"{spaced(way)} {ways.get(way, 0)}" for way in [*answers.design.ways_out, "completed"]]
    inside = int(people["way_out"].isna().sum())
    text = (
        f"In {answers.kept.described}, {counted(len(people), 'participant')} {are(len(people))} randomised from "
        f"{dates.text(first)} to {dates.text(last)}"
    )
    if has_doses(answers.scenario):
        text += f", and {counted(int(people['n_doses_given'].sum()), 'dose')} given"
    if has_follow_up(answers.scenario):
        text += f". How they left: {', '.join(out)}"
        text += f"; {inside} {are(inside)} still in when it ends" if inside else ""
    text += "."
    return text + (f" The first {shown} of them are drawn." if shown < len(people) else "")


def _table(answers: Answers, people: pd.DataFrame) -> Table:
    dates, labels = answers.dates, answers.kept.labels

    def when(day: float) -> str:
        return "-" if np.isnan(day) else str(dates.of(day))

    counts = {name: column for name, column in _COUNTS.items() if has_measure(column, answers.scenario)}
    is_followed = has_follow_up(answers.scenario)

    def out(person: dict[Hashable, Any]) -> tuple[str, ...]:
        way = spaced(person["way_out"]) if isinstance(person["way_out"], str) else "still in"
        return (way, when(person["out_day"])) if is_followed else ()

    rows = [
        (
            str(person["participant"]),
            labels[person["site"]],
            str(person["arm"]),
            when(person["referred_day"]),
            when(person["randomised_day"]),
            *(str(person[name]) for name in counts.values()),
            *out(person),
        )
        for person in people.to_dict("records")
    ]
    columns = (
        "participant",
        "site",
        "arm",
        "referred",
        "randomised",
        *counts,
        *(("way out", "out") if is_followed else ()),
    )
    return Table(f"Participants of simulated trial {answers.kept.one}", columns, tuple(rows))
