"""What else is said of a run, besides its headline: planned dates, endings, caps, amendments, looks, cost, and more.

Each function gives sentences on one table of `Results`, and none where the scenario does not have the subject.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis import intervals, summary
from sim.analysis.precision import precision
from sim.report.words import ENDINGS, Dates, capitalised, chance, estimate_of, mean_with_error, not_reached, number

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.intervals import Estimate
    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario


def odds_sentences(odds: pd.DataFrame, scenario: Scenario) -> list[str]:
    """The chances of the planned dates, and of never reaching the target.

    Args:
        odds: `Results.odds()`: a row for each planned date and for `never_reached`; see `sim.analysis.summary`.
        scenario: the scenario, which may close recruitment at an event.

    Returns:
        One sentence per row, with the 95 % interval of its probability, without a full stop.
    """
    sentences = []
    names = {
        "recruitment": "End of recruitment",
        "primary_completion": "Primary completion",
        "study_completion": "Study completion",
    }
    for event, row in odds.iterrows():
        estimate = estimate_of(row, "probability")
        if event == "never_reached":
            sentences.append(f"Target {not_reached(scenario, 'the horizon')}: {chance(estimate)}")
        else:
            sentences.append(f"{names[str(event)]} by {row['planned']}, as planned: {chance(estimate)}")
    return sentences


_NOT_COUNTED = ("complete", "too_much", "error")  # said elsewhere


def ending_sentences(outcomes: pd.DataFrame) -> list[str]:
    """How the trials that were not completed ended, one sentence per way.

    Args:
        outcomes: `Results.outcomes()`: a row for each outcome, with its number `n` and `share` of the replications.

    Returns:
        Sentences without full stops on the outcomes that occurred. Completion is no such ending; trials with too many
        events and failures of the program are warned of elsewhere.
    """
    return [
        f"{capitalised(ending.of_many)}: {chance(estimate_of(outcomes.loc[name], 'share'))}"
        for name, ending in ENDINGS.items()
        if name not in _NOT_COUNTED and int(str(outcomes.loc[name, "n"])) > 0
    ]


def _how_often(row: pd.Series, dates: Dates, what: str, comes: str, when: str) -> str:
    """What a rule is, in how many simulated trials it comes, and by when in half of all of them."""
    day = estimate_of(row, "p50")
    text = f"{what} {row['meaning']}; {comes} in {chance(estimate_of(row, 'share'))} of the simulated trials"
    return f"{text}, {when}{dates.by(day)} in half of all" if math.isfinite(day.value) else text


def cap_sentences(table: pd.DataFrame, dates: Dates) -> list[str]:
    """For each cap: what it limits, how often and when it is reached, and how many people it turns away.

    Args:
        table: `Results.caps()`: a row for each cap: its meaning, `share` of trials that reach it, day on which they do
            (`p50`), and people turned away (`away`, a mean over all trials).
        dates: the scenario's calendar, in which days since day 0 become dates.

    Returns:
        One sentence per cap.
    """
    sentences = []
    for _, row in table.iterrows():
        text = _how_often(row, dates, "Cap", "reached", "")
        sentences.append(f"{text}; {mean_with_error(estimate_of(row, 'away'))} people turned away in a mean trial.")
    return sentences


def amendment_sentences(table: pd.DataFrame, dates: Dates) -> list[str]:
    """For each amendment: what it changes, how often it is decided, and when it is in force.

    Args:
        table: `Results.amendments()`: a row for each amendment: its meaning, `share` of trials that decide it, and the
            day from which it is in force (`p50`).
        dates: the scenario's calendar, in which days since day 0 become dates.

    Returns:
        One sentence per amendment.
    """
    return [f"{_how_often(row, dates, 'Amendment', 'decided', 'in force ')}." for _, row in table.iterrows()]


def interim_sentences(table: pd.DataFrame, dates: Dates) -> list[str]:
    """For each interim look: what it is, how often and when it comes, and what it decides.

    Args:
        table: `Results.interims()`: a row for each look: its meaning, `share` of trials in which it comes, day of the
            first (`p50`), shares `stopped` and `enlarged`, and whether it may do either.
        dates: the scenario's calendar, in which days since day 0 become dates.

    Returns:
        One sentence per look; a decision that it cannot take is not mentioned.
    """
    sentences = []
    for _, row in table.iterrows():
        text = _how_often(row, dates, "Interim look", "comes", "the first ")
        for column, what in (("stopped", "stops the trial"), ("enlarged", "enlarges the target")):
            if row[f"may_be_{column}"]:
                text += f"; {what} in {chance(estimate_of(row, column))}"
        sentences.append(f"{text}.")
    return sentences


def cost_sentences(results: Results) -> list[str]:
    """What a trial costs: the mean, P50 and P80, the largest part, and what the time is worth.

    Args:
        results: the run.

    Returns:
        Nothing without unit costs, or if every replication failed; otherwise a sentence on the whole, and one on the
        largest part; a third if a day until the database lock has a worth.
    """
    costs, table = results.scenario.costs, results.costs()
    frame = summary.finished(results.columns("cost", "worth_of_time"))
    if costs is None or frame.empty:
        return []
    values = frame["cost"].to_numpy(dtype=float)
    half, safe = (amount(intervals.quantile(values, q), costs.currency) for q in (0.5, 0.8))
    whole = mean_with_error(estimate_of(table.loc["all"], "mean"))
    parts = table.drop("all").sort_values("mean", ascending=False, kind="stable")
    said = [
        f"A mean trial costs {whole} {costs.currency}; half of them cost at most {half}, and 80 % at most {safe}.",
        f"Most of it is for {parts.index[0]}: {mean_with_error(estimate_of(parts.iloc[0], 'mean'))} {costs.currency}.",
    ]
    if "worth_of_time" in frame:
        worth = mean_with_error(intervals.mean(frame["worth_of_time"].to_numpy(dtype=float)))
        said.append(f"The days until the database lock, at what a day is worth, come to {worth} {costs.currency} more.")
    return said


def amount(estimate: Estimate, currency: str) -> str:
    """An amount of money with its interval: `1,234 EUR (1,200 to 1,270)`; `?` for an end that is not known."""
    low, high = ("?" if end is None else number(end) for end in (estimate.low, estimate.high))
    return f"{number(estimate.value)} {currency} ({low} to {high})"


def precision_sentence(results: Results) -> str | None:
    """Whether the rule of `--until` was met; None without a rule.

    Args:
        results: a run, made with or without `--until`.

    Returns:
        The rule, the width of the interval in the rule's unit, and after how many replications it was checked.
    """
    record = results.until
    if record is None:
        return None

    last = record["looks"][-1]
    width = precision(record["rule"], results.scenario).shown(math.inf if last["width"] is None else last["width"])
    looks = ", ".join(f"{look['replications']:,}" for look in record["looks"])
    if record["met"]:
        return f"{record['rule']} is met: the interval is {width} (looked at after {looks} simulated trials)."
    n = f"{last['replications']:,}"
    return (
        f"{record['rule']} is not met after {n} simulated trials: the interval is {width}; --replications allows more."
    )
