"""Why it takes so long: days lost to each cause, assumptions that matter, and the critical path.

The sentences are those of `sim.report.run.why`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from sim.report.exhibits import Exhibit, Table
from sim.report.run.why import DOUBT_COLUMNS, DOUBT_METHOD, cause_cells, doubt_cells
from sim.report.style import bar_figure, figure, plain, rounded, series, wrapped
from sim.report.words import STEP_NAMES, chance, estimate_of, number, with_error

if TYPE_CHECKING:
    from sim.report.run.answers import Answers

_N_BARS = 8
_STRIP_PX = 190
_ROOM = 0.06  # a segment of at least this share of the strip has its days written in it


def causes(answers: Answers) -> Exhibit:
    """Days lost to each cause, the largest on top.

    Args:
        answers: tables of the run.

    Returns:
        Bars of the eight largest that are sure to cost something, and a table of all; a sentence alone if the run
        measured none.
    """
    why = answers.why
    title = f"Days lost to each cause, until {why.noun}"
    told = why.told()[:_N_BARS]
    if why.causes is None or why.causes.empty:
        return Exhibit("causes", title, why.sentence())
    estimates = [estimate_of(row, "lost") for row in told]
    texts = [f"{with_error(e)} days; instead: {row['without']}" for e, row in zip(estimates, told, strict=True)]
    labels = [wrapped(str(row["label"])) for row in told]
    cells = cause_cells(why.causes)
    return Exhibit(
        "causes",
        title,
        " ".join([why.how(), *why.others()]),
        f"Source: causes.csv. {why.more()}",
        bar_figure(labels, estimates, texts, f"days that {why.noun} would come earlier") if told else None,
        Table(
            "Days lost to each cause",
            ("cause", "in its place", "days lost", "trials changed", "never, with and without"),
            cells,
        ),
    )


def doubts(answers: Answers) -> Exhibit:
    """Assumptions without a source on which the date depends; a table without a figure.

    Args:
        answers: tables of the run.

    Returns:
        A sentence alone if the run did not look at them.
    """
    why = answers.why
    title = "Assumptions of grade D that the date hangs on"
    table = answers.results.assumptions()
    if table is None:
        return Exhibit("doubts", title, why.doubts_sentence() or why.sentence())
    return Exhibit(
        "doubts",
        title,
        f"{why.doubts_sentence()} Positive: {why.noun} comes later.",
        f"Source: assumptions.csv. The first trials again, {DOUBT_METHOD}",
        table=Table(f"Days by which {why.noun} comes later", DOUBT_COLUMNS, doubt_cells(answers.scenario, table)),
    )


def path(answers: Answers) -> Exhibit:
    """The critical path as one strip, from day 0 to the end.

    Args:
        answers: tables of the run.

    Returns:
        Mean days of each step, over the trials that get there; a sentence alone if none does.
    """
    why = answers.why
    title = f"The critical path to {why.noun}"
    if why.path.empty:
        return Exhibit("path", title, why.path_sentence())
    found = figure(_STRIP_PX, barmode="stack")
    whole = float(why.path["days"].sum())
    for i, (name, row) in enumerate(why.steps()):
        days = float(row["days"])
        text = f"{name}: {with_error(estimate_of(row, 'days'))} days"
        look = series(i)
        found.add_trace(
            go.Bar(
                orientation="h", y=[""], x=rounded([days]), name=plain(name), text=[number(days)],
                textposition="inside" if days >= _ROOM * whole else "none", insidetextanchor="middle",
                textfont={"color": "white", "size": 13}, textangle=0, customdata=[[plain(text)]],
                hovertemplate="%{customdata[0]}<extra></extra>",
                marker={"color": look.colour, "pattern": {"shape": _PATTERNS[i // len(_PATTERNS)]},
                        "line": {"color": "white", "width": 1}},
            )
        )  # fmt: skip
    found.update_xaxes(title="days since day 0, mean of a trial", range=[0, whole * 1.01])
    found.update_yaxes(showticklabels=False, showgrid=False)
    cells = tuple(
        (
            STEP_NAMES[str(row["step"])],
            with_error(estimate_of(row, "days")),
            chance(estimate_of(row, "share")),
            str(row["meaning"]),
        )
        for _, row in why.path.iterrows()
    )
    return Exhibit(
        "path",
        title,
        why.path_sentence(),
        "Source: replications.parquet, from the event log of each trial; the steps sum to the day in every one. The "
        "path says what was waited for, and not what would help: that is the figure above.",
        found,
        Table("Steps of the critical path", ("step", "days", "of the trials", "what it means"), cells),
    )


_PATTERNS = ("", "/", "x", ".", "+", "|")
