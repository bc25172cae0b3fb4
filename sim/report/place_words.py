"""Countries, steps of start-up, drift and risks, in sentences.

They are what a planner of many places asks first. The console prints them with the dates, and countries as a table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.report.words import Dates, chance, estimate_of, mean_with_error, percent, with_error
from sim.scenario.schema.drift import drift_in_words

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.intervals import Estimate
    from sim.experiment.run.results import Results
    from sim.scenario.schema.drift import Drift


def country_sentences(table: pd.DataFrame, dates: Dates, currency: str = "") -> list[str]:
    """For each country: sites activated, when the first opens, participants, and cost.

    Args:
        table: `Results.countries()`: a row for each country with its label, number of sites, sites activated and
            participants (means), day of the first active site (median), and share of all participants.
        dates: the scenario's calendar, in which days since day 0 become dates.
        currency: currency of the cost, which the table then has; empty without unit costs.

    Returns:
        One sentence per country.
    """
    sentences = []
    for _, row in table.iterrows():
        n, opens = int(str(row["n_sites"])), estimate_of(row, "first_site_active")
        text = f"{row['label']}: sites activated {mean_with_error(estimate_of(row, 'sites'))} of {n}"
        if math.isfinite(opens.value):
            text += f", the first {dates.by(opens)} in half of the simulated trials"
        randomised = mean_with_error(estimate_of(row, "randomised"))
        text += f"; {randomised} participants in a mean trial ({percent(float(row['share']))} of all)"
        if currency:
            text += f"; cost of its sites and people there {mean_with_error(estimate_of(row, 'cost'))} {currency}"
        sentences.append(f"{text}.")
    return sentences


def start_up_sentence(table: pd.DataFrame) -> str:
    """The step of start-up that is critical most often, and the one that takes most of the days.

    Args:
        table: `Results.start_up()`: a row for each step and country; rows with an empty country are of all sites.
            `share` is the share of sites at which the step is critical, `critical_days` its days there, in the mean.

    Returns:
        Two sentences; empty without steps.
    """
    rows = table[(table["country"] == "") & table["share"].notna()]
    if rows.empty:
        return ""
    most = rows.iloc[int(rows["critical_days"].to_numpy().argmax())]
    often = [
        f"{str(row['step']).replace('_', ' ')} at {chance(estimate_of(row, 'share'))}"
        for _, row in rows.sort_values("share", ascending=False, kind="stable").iterrows()
    ]
    return (
        f"On the longest way to a site's activation: {', '.join(often)} of the sites. Most days of it are "
        f"{str(most['step']).replace('_', ' ')}: {mean_with_error(estimate_of(most, 'critical_days'))} days for a mean "
        "site."
    )


def drift_sentence(table: pd.DataFrame, rule: Drift | None) -> str:
    """How rates drift, and how far they have come by the end of recruitment.

    Args:
        table: `Results.drift()`: the row of all sites has quantiles of the factor on rates since day 0, at the last
            half year of recruitment; those of countries are not told.
        rule: the drift of the scenario.

    Returns:
        Two sentences; empty without drift.
    """
    if rule is None or table.empty:
        return ""
    row = table.loc[""]
    if math.isnan(estimate_of(row, "p50").value):
        return f"Drift: {drift_in_words(rule)}. No simulated trial recruits for the half year after which it is told."
    told = ", ".join(f"P{q} {times_words(estimate_of(row, f'p{q}'))}" for q in (10, 50, 90))
    return (
        f"Drift: {drift_in_words(rule)}. Rates of {row['label']} at the last half year of recruitment, times those of "
        f"day 0: {told}."
    )


def times_words(estimate: Estimate) -> str:
    """A factor with its interval; `?` for an end that too few trials leave open."""
    low, high = ("?" if end is None else f"{end:.2f}" for end in (estimate.low, estimate.high))
    return f"{estimate.value:.2f} ({low} to {high})"


def risk_sentences(table: pd.DataFrame) -> list[str]:
    """For each risk: what it is, how often it strikes, and the days that it adds and costs.

    Args:
        table: `Results.risks()`: a row for each risk with its meaning, the share of trials in which it strikes, the
            days that it then adds, and the days of the end lost to it in the mean of all trials, measured by paired
            runs.

    Returns:
        One sentence per risk, with the 95 % interval of each number. Days lost are left out where it changed no trial.
    """
    sentences = []
    for _, row in table.iterrows():
        text = f"Risk {row['meaning']}; strikes in {chance(estimate_of(row, 'share'))} of the simulated trials"
        days = estimate_of(row, "days")
        if not math.isnan(days.value):
            text += f", and then adds {with_error(days)} days"
        if int(str(row["n_changed"])):
            text += f"; costs {with_error(estimate_of(row, 'lost'))} days of the end, in the mean of all trials"
        sentences.append(f"{text}.")
    return sentences


def place_sentences(results: Results) -> list[str]:
    """Sentences on start-up, drift and risks; empty if the scenario has none.

    Args:
        results: a run.
    """
    alone = (start_up_sentence(results.start_up()), drift_sentence(results.drift(), results.scenario.drift))
    return [*filter(None, alone), *risk_sentences(results.risks())]
