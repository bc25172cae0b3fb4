"""People: the funnel from referral to the last visit, limits that turn people away, and criteria that exclude them.

Most of them are tables without a figure, because a share and a day of each rule say more than bars.

Attributes:
    LAST_STAGES: stages at which a funnel may end, with what is said of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.exhibits import Exhibit, Table
from sim.report.one_trial.story import plain as spaced
from sim.report.run.words import amendment_sentences, cap_sentences, interim_sentences
from sim.report.style import SERIES, bar_figure, bars, figure, wrapped
from sim.report.words import (
    chance,
    estimate_of,
    mean_with_error,
    percent,
)

if TYPE_CHECKING:
    import pandas as pd

    from sim.report.run.answers import Answers

_BAR_PX = 44
_PAIR_PX = 34
LAST_STAGES = {"randomised": "randomisation", "had the last visit": "the last visit"}


def funnel(answers: Answers) -> Exhibit:
    """Mean numbers of people from referral to the last stage of this trial.

    Args:
        answers: tables of the run.

    Returns:
        Bars with the share of those referred; the table also has the losses by reason.
    """
    table = answers.results.funnel()
    stages = [str(stage) for stage in table.index]
    estimates = [estimate_of(row, "mean") for _, row in table.iterrows()]
    texts = [f"{mean_with_error(e)} ({percent(share)})" for e, share in zip(estimates, table["share"], strict=True)]
    found = bar_figure([wrapped(stage) for stage in stages], estimates, texts, "people in a mean trial", _BAR_PX)
    steps = [f"{mean_with_error(e)} {stage}" for stage, e in zip(stages[1:], estimates[1:], strict=True)]
    summary = (
        f"Of {texts[0].partition(' (')[0]} {stages[0]} in a mean trial: {', '.join(steps)}."
        if estimates[0].value > 0
        else "Nobody was referred in any simulated trial."
    )
    return Exhibit(
        "funnel",
        f"From referral to {LAST_STAGES[stages[-1]]}",
        summary,
        "Source: replications.parquet; means over all simulated trials with their 95 % intervals.",
        found,
        _funnel_table(answers, stages, texts),
    )


def _funnel_table(answers: Answers, stages: list[str], texts: list[str]) -> Table:
    rows = [(stage, text) for stage, text in zip(stages, texts, strict=True)]
    for reason, row in answers.results.losses().iterrows():
        rows.append((f"lost: {reason}", mean_with_error(estimate_of(row, "mean"))))
    return Table(
        "People in a mean trial, and those referred and not randomised by reason", ("stage", "people"), (*rows,)
    )


def caps(answers: Answers) -> Exhibit:
    """How often each cap was reached, when, and how many people it turned away; a table without a figure.

    Args:
        answers: tables of a run whose scenario has caps.
    """
    table = answers.results.caps()
    return Exhibit(
        "caps",
        "What the caps do",
        " ".join(cap_sentences(table, answers.dates)),
        "Source: replications.parquet; a cap that is never reached changes nothing.",
        None,
        Table(
            "Caps in the simulated trials",
            ("cap", "says", "reached in", "in half by", "turned away"),
            tuple(
                (
                    spaced(str(name)),
                    str(row["meaning"]).partition(": ")[2],
                    chance(estimate_of(row, "share")),
                    answers.dates.text(float(row["p50"])),
                    mean_with_error(estimate_of(row, "away")),
                )
                for name, row in table.iterrows()
            ),
            is_open=True,
        ),
    )


def interims(answers: Answers) -> Exhibit:
    """How often each interim look came, when, and what was decided; a table without a figure.

    Args:
        answers: tables of a run whose scenario has interim looks.
    """
    table = answers.results.interims()
    return Exhibit(
        "interims",
        "Interim looks",
        " ".join(interim_sentences(table, answers.dates)),
        "Source: replications.parquet; a trial that is stopped counts as never complete.",
        None,
        Table(
            "Interim looks in the simulated trials",
            ("look", "says", "comes in", "looks in a mean trial", "first in half by", "stops in", "enlarges in"),
            tuple(
                (
                    spaced(str(name)),
                    str(row["meaning"]).partition(": ")[2],
                    chance(estimate_of(row, "share")),
                    mean_with_error(estimate_of(row, "looks")),
                    answers.dates.text(float(row["p50"])),
                    chance(estimate_of(row, "stopped")),
                    chance(estimate_of(row, "enlarged")),
                )
                for name, row in table.iterrows()
            ),
            is_open=True,
        ),
    )


def amendments(answers: Answers) -> Exhibit:
    """How often each amendment was decided, and from when it was in force; a table without a figure.

    Args:
        answers: tables of a run whose scenario has amendments.
    """
    table = answers.results.amendments()
    return Exhibit(
        "amendments",
        "What changes on the way",
        " ".join(amendment_sentences(table, answers.dates)),
        "Source: replications.parquet; `trialclock explain` says how many days each costs or gains.",
        None,
        Table(
            "Amendments in the simulated trials",
            ("amendment", "says", "decided in", "in force in", "in force in half by"),
            tuple(
                (
                    spaced(str(name)),
                    str(row["meaning"]).partition(": ")[2],
                    chance(estimate_of(row, "share")),
                    chance(estimate_of(row, "in_force")),
                    answers.dates.text(float(row["p50"])),
                )
                for name, row in table.iterrows()
            ),
            is_open=True,
        ),
    )


def _label(row: pd.Series) -> str:
    item = f" ({row['item']})" if row["item"] else ""
    return f"{spaced(str(row['criterion']))}{item}"


def criteria(answers: Answers) -> Exhibit:
    """Screen failures by criterion: as the first reason in the scenario's order, and as the only one.

    The first count sums to all failures; the second is what relaxing a criterion alone could gain, before consent and
    later tests.

    Args:
        answers: tables of the run.

    Returns:
        A sentence alone without criteria.
    """
    title = "Screen failures by criterion"
    table = answers.results.criteria()
    if table.empty:
        return Exhibit("criteria", title, "The scenario has no eligibility criteria: nobody fails screening on one.")
    if not answers.scenario.screening.criteria:  # failures are one number, and nothing can be relaxed
        failed = (
            f"{_mean(table.iloc[0], 'first')} people fail screening in a mean trial; the scenario names no reasons."
        )
        return Exhibit("criteria", title, failed)
    ordered = table.sort_values("first", ascending=False, kind="stable")
    labels = [_label(row) for _, row in ordered.iterrows()]
    found = figure(_PAIR_PX * len(labels) + 90, barmode="group", bargap=0.3)
    for i, (column, name) in enumerate((("first", "first reason"), ("only", "only reason"))):
        estimates = [estimate_of(row, column) for _, row in ordered.iterrows()]
        texts = [f"{name}, {mean_with_error(e)}" for e in estimates]
        found.add_trace(bars([wrapped(label) for label in labels], estimates, texts, SERIES[i], name))
    found.data[1].marker.pattern = {"shape": "/", "solidity": 0.45, "size": 5}
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title="people in a mean trial", rangemode="tozero")
    return Exhibit(
        "criteria",
        title,
        _criteria_summary(table),
        "Source: replications.parquet. First reason: the first criterion that failed, in the scenario's order. Only "
        "reason: those who would not have failed without it, of the criteria known at that stage; relaxing a "
        "criterion gains at most these, before consent and later tests.",
        found,
        Table(
            "Screen failures in a mean trial",
            ("criterion", "known from", "first reason", "only reason"),
            tuple(
                (_label(row), str(row["stage"]), _mean(row, "first"), _mean(row, "only")) for _, row in table.iterrows()
            ),
        ),
    )


def _mean(row: pd.Series, column: str) -> str:
    return mean_with_error(estimate_of(row, column))


def _criteria_summary(table: pd.DataFrame) -> str:
    if not table["first"].max() > 0:
        return "Nobody failed a criterion in any simulated trial."
    first, only = (table.iloc[int(table[column].to_numpy().argmax())] for column in ("first", "only"))
    return (
        f"Most often the first reason: {_label(first)}, {_mean(first, 'first')} people in a mean trial. Most often the "
        f"only reason, so that relaxing it gains most: {_label(only)}, {_mean(only, 'only')} people."
    )
