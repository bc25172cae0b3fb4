"""Site by site: activation, recruitment in one simulated trial, and participants over the trials kept whole.

No measure of a run is of a single site, so sites are counted in the trials that were kept whole.

Attributes:
    MOST_SITES: most sites that are drawn; of more, those that randomise most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from sim.analysis import intervals
from sim.plurals import counted
from sim.report.exhibits import Exhibit, Table
from sim.report.style import BLUE, GREY, ORANGE, PURPLE, bar_figure, figure, stamps, wrapped
from sim.report.words import mean_with_error

if TYPE_CHECKING:
    import pandas as pd

    from sim.report.run.answers import Answers, Kept

Array = npt.NDArray[np.float64]

MOST_SITES = 40
_SITE_PX = 34
_ONE_TITLE = "Sites of one simulated trial"
_ALL_TITLE = "Sites over the simulated trials"


class SiteNumbers(NamedTuple):
    """What each site did in each replication kept whole; arrays of (sites, replications).

    Attributes:
        names: sites as in the tables.
        activated: day of activation; NaN if it never was.
        referred: patients referred.
        randomised: participants.
    """

    names: list[str]
    activated: Array
    referred: Array
    randomised: Array


def site_numbers(kept: Kept) -> SiteNumbers:
    """What each site did in each replication kept whole.

    Args:
        kept: the replications that are read.

    Returns:
        Counts are 0 where nothing happened.
    """
    names = list(kept.labels)

    def by_site(kind: str, how: str) -> Array:
        rows = kept.events[kept.events["event"] == kind]
        table = rows.groupby(["site", "replication"], observed=True)["day"].agg(how).unstack("replication")
        return np.asarray(table.reindex(index=names, columns=kept.numbers).to_numpy(dtype=np.float64))

    counts = [np.nan_to_num(by_site(kind, "size")) for kind in ("patient.referred", "participant.randomised")]
    return SiteNumbers(names, by_site("site.activated", "min"), *counts)


def _drawn(kept: Kept) -> list[str]:
    """Sites that a figure shows: all, or if there are too many, those that randomise most, in their order."""
    names = list(kept.labels)
    if len(names) <= MOST_SITES:
        return names
    counts = kept.events.loc[kept.events["event"] == "participant.randomised", "site"].value_counts()
    most = sorted(names, key=lambda name: -int(counts.get(name, 0)))[:MOST_SITES]
    return [name for name in names if name in set(most)]


def sites_of_one(answers: Answers) -> Exhibit:
    """When each site was open in the typical replication, and its participants.

    Args:
        answers: tables of the run.

    Returns:
        The forty sites that randomise most at most; a sentence alone if no trial was kept whole, or there are no sites.
    """
    kept = answers.kept
    if kept.one is None:
        return Exhibit("sites_one", _ONE_TITLE, kept.nothing)
    if not kept.labels:
        return Exhibit("sites_one", _ONE_TITLE, "The scenario has no sites.")
    log, clock, names = kept.one_events, answers.design.clock, _drawn(kept)
    lanes = {name: i for i, name in enumerate(names)}
    found = figure(_SITE_PX * len(names) + 120, hovermode="closest")
    opened = _days_of(log, "site.activated")
    closed = _days_of(log, "site.closed")
    ends = _days_of(log, "recruitment.closed", by=None)
    days: list[float] = []
    rows: list[int | None] = []
    for name in [name for name in names if name in opened]:
        days += [max(opened[name], 0.0), closed.get(name, ends.get("", kept.one_ends)), float("nan")]
        rows += [lanes[name], lanes[name], None]
    line = {"color": GREY, "width": 3}
    found.add_trace(go.Scatter(x=stamps(clock, days), y=rows, mode="lines", line=line, name="open", hoverinfo="skip"))
    marks = (
        ("site.activated", "activated", {"symbol": "triangle-right", "size": 11, "color": PURPLE}),
        ("participant.randomised", "participant randomised", {"symbol": "line-ns-open", "size": 13, "color": BLUE}),
        ("site.closed", "closed", {"symbol": "square", "size": 9, "color": ORANGE}),
    )
    for kind, name, marker in marks:
        some = log[(log["event"] == kind) & log["site"].isin(names)]
        if some.empty:
            continue
        found.add_trace(
            go.Scatter(
                x=stamps(clock, some["day"]),
                y=some["site"].map(lanes).tolist(),
                mode="markers",
                marker=marker,
                name=name,
                hovertemplate=f"{name} %{{x|%Y-%m-%d}}<extra></extra>",
            )
        )
    found.update_yaxes(
        tickvals=list(lanes.values()), ticktext=[wrapped(kept.labels[name], 18) for name in names],
        range=[len(names) - 0.4, -0.6], showgrid=False,
    )  # fmt: skip
    return Exhibit(
        "sites_one",
        _ONE_TITLE,
        _one_summary(answers, log, opened),
        "Source: events.parquet. Site work that begins before day 0 activates a site before it can refer anyone.",
        found,
    )


def _days_of(log: pd.DataFrame, kind: str, by: str | None = "site") -> dict[str, float]:
    rows = log[log["event"] == kind]
    if by is None:
        return {"": float(rows["day"].iloc[-1])} if len(rows) else {}
    return {str(name): float(day) for name, day in zip(rows[by], rows["day"], strict=True)}


def _one_summary(answers: Answers, log: pd.DataFrame, opened: dict[str, float]) -> str:
    kept = answers.kept
    counts = log[log["event"] == "participant.randomised"]["site"].value_counts()
    parts = [
        f"{kept.labels[name]}: {counts.get(name, 0)} (active {answers.dates.text(opened[name])})"
        if name in opened
        else f"{kept.labels[name]}: none (never active)"
        for name in list(kept.labels)[:6]
    ]
    n_more = len(kept.labels) - len(parts)
    more = f"; {n_more} more sites: {int(counts.sum()) - sum(int(counts.get(n, 0)) for n in list(kept.labels)[:6])}"
    return f"In {kept.described}, participants by site: {'; '.join(parts)}{more if n_more else ''}."


def sites_of_all(answers: Answers) -> Exhibit:
    """Participants by site, mean over the replications kept whole.

    Args:
        answers: tables of the run.

    Returns:
        The forty sites that randomise most at most; a sentence alone if no trial was kept whole, or there are no sites.
    """
    kept = answers.kept
    if kept.one is None:
        return Exhibit("sites_all", _ALL_TITLE, kept.nothing)
    if not kept.labels:
        return Exhibit("sites_all", _ALL_TITLE, "The scenario has no sites.")
    numbers = site_numbers(kept)
    drawn = [numbers.names.index(name) for name in _drawn(kept)]
    means = [intervals.mean(numbers.randomised[i]) for i in drawn]
    labels = [wrapped(kept.labels[numbers.names[i]], 18) for i in drawn]
    texts = [f"{mean_with_error(m)} participants" for m in means]
    found = bar_figure(_distinct(labels), means, texts, "participants in a mean trial", _SITE_PX)
    none = intervals.mean((numbers.randomised == 0).sum(axis=0).astype(np.float64))
    shown = f" The {MOST_SITES} that randomise most are drawn." if len(kept.labels) > MOST_SITES else ""
    activated = mean_with_error(answers.mean("n_sites_activated"))
    n = counted(len(kept.labels), "site")
    return Exhibit(
        "sites_all",
        _ALL_TITLE,
        f"Activated in a mean trial: {activated} of {n}; sites that randomise nobody: {mean_with_error(none)}.{shown}",
        f"Source: events.parquet, {kept.which}; activated sites: replications.parquet.",
        found,
        _all_table(answers, numbers, drawn),
    )


def _distinct(labels: list[str]) -> list[str]:
    """Labels made distinct with invisible blanks, because plotly draws bars with equal labels as one."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, -1) + 1
        found.append(label + "\u200b" * seen[label])
    return found


def _all_table(answers: Answers, numbers: SiteNumbers, drawn: list[int]) -> Table:
    rows = []
    for i in drawn:
        activated = intervals.quantile(numbers.activated[i], 0.5)
        rows.append(
            (
                answers.kept.labels[numbers.names[i]],
                f"{answers.dates.text(activated.value)} {answers.dates.error(activated)}".strip(),
                mean_with_error(intervals.mean(numbers.referred[i])),
                mean_with_error(intervals.mean(numbers.randomised[i])),
            )
        )
    columns = ("site", "median activation", "referred", "randomised")
    caption = f"Sites in {answers.kept.which}, with 95 % intervals"
    return Table(caption, columns, tuple(rows))
