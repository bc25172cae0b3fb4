"""What each country brings, the steps of start-up that hold sites up, drift of rates, and the risks that strike.

Sentences on the same tables are in `sim.report.place_words`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.modelled import end_of
from sim.report.exhibits import Exhibit, Table
from sim.report.one_trial.story import plain as spaced
from sim.report.place_words import country_sentences, drift_sentence, risk_sentences, start_up_sentence, times_words
from sim.report.style import bar_figure, wrapped
from sim.report.words import chance, estimate_of, mean_with_error, percent, with_error

if TYPE_CHECKING:
    import pandas as pd

    from sim.analysis.intervals import Estimate
    from sim.report.run.answers import Answers


def countries(answers: Answers) -> Exhibit:
    """Participants by country, with the opening of its sites and the people screened there.

    Args:
        answers: tables of a run whose scenario has countries.
    """
    table, costs = answers.results.countries(), answers.scenario.costs
    labels = [str(row["label"]) for _, row in table.iterrows()]
    estimates = [estimate_of(row, "randomised") for _, row in table.iterrows()]
    texts = [f"{mean_with_error(e)} participants" for e in estimates]
    found = bar_figure([wrapped(label) for label in labels], estimates, texts, "participants in a mean trial")
    columns = ["country", "sites", "activated", "first active (P50)", "first participant (P50)"]
    columns += ["referred", "screened", "randomised", "of all", *([f"cost, {costs.currency}"] if costs else [])]
    return Exhibit(
        "countries",
        "Countries",
        " ".join(country_sentences(table, answers.dates, costs.currency if costs else "")),
        "Source: replications.parquet; means over all simulated trials with their 95 % intervals. The cost is that of "
        "a country's sites and of the people there.",
        found,
        Table(
            "Countries in a mean trial",
            tuple(columns),
            tuple(_country_row(row, answers, bool(costs)) for _, row in table.iterrows()),
            is_open=True,
        ),
    )


def _country_row(row: pd.Series, answers: Answers, has_costs: bool) -> tuple[str, ...]:
    days = [estimate_of(row, name) for name in ("first_site_active", "first_randomised")]
    dated = [f"{answers.dates.text(day.value)} {answers.dates.error(day)}".strip() for day in days]
    counts = [mean_with_error(estimate_of(row, name)) for name in ("referred", "screened", "randomised")]
    cost = [mean_with_error(estimate_of(row, "cost"))] if has_costs else []
    activated = mean_with_error(estimate_of(row, "sites"))
    share = percent(float(row["share"]))
    return (str(row["label"]), str(row["n_sites"]), activated, *dated, *counts, share, *cost)


def start_up(answers: Answers) -> Exhibit:
    """How long each step of start-up takes, and how often it is on the longest way, overall and by country.

    Args:
        answers: tables of a run whose sites have steps of start-up.

    Returns:
        Bars of the days on the longest way (they add up to the start-up of a mean site), without a figure if no such
        site was activated.
    """
    table, codes = answers.results.start_up(), answers.design.countries
    of = {(str(row["country"]), str(row["step"])): row for _, row in table.iterrows()}
    steps = answers.design.start_up
    estimates = [estimate_of(of["", step], "critical_days") for step in steps]
    known = [(step, e) for step, e in zip(steps, estimates, strict=True) if not math.isnan(e.value)]
    found = bar_figure(
        [spaced(step) for step, _ in known],
        [e for _, e in known],
        [f"{mean_with_error(e)} days" for _, e in known],
        "days on the longest way, of a mean site",
    )
    rows = []
    for step in steps:
        row = of["", step]
        shares = [_share(of[code, step]) for code in codes]
        days = [mean_with_error(estimate_of(row, name)) for name in ("days", "critical_days")]
        rows.append((spaced(step), days[0], _share(row), days[1], *shares))
    labels = [f"critical: {answers.design.country_label(code)}" for code in codes]
    return Exhibit(
        "start_up",
        "Steps of start-up",
        start_up_sentence(table) or "No site whose start-up has steps was activated in any simulated trial.",
        "Source: replications.parquet; sites activated. A step is critical where it is on the longest way to a site's "
        "activation; the days on that way add up to the start-up of a mean site.",
        found if known else None,
        Table(
            "Steps of start-up, with 95 % intervals",
            ("step", "days it takes", "share of sites where critical", "days on the longest way", *labels),
            tuple(rows),
            is_open=True,
        ),
    )


def risks(answers: Answers) -> Exhibit:
    """How often each risk strikes, what it adds, and what it costs the trial; a table without a figure.

    Args:
        answers: tables of a run whose scenario has risks. Days that a risk costs come from paired runs, if it measured
            them.
    """
    table = answers.results.risks(end_of(answers.scenario))
    rows = []
    for name, row in table.iterrows():
        days, lost = estimate_of(row, "days"), estimate_of(row, "lost")
        measured = f"{with_error(lost)} ({row['n_pairs']} pairs)" if row["n_pairs"] else "not measured"
        if row["n_pairs"] and not row["n_changed"]:
            measured = f"not seen: it changes none of {row['n_pairs']} pairs"
        added = "never struck" if math.isnan(days.value) else with_error(days)
        meaning = str(row["meaning"]).partition(": ")[2]
        rows.append((spaced(str(name)), meaning, chance(estimate_of(row, "share")), added, measured))
    return Exhibit(
        "risks",
        "Risks",
        " ".join(risk_sentences(table)),
        "Source: replications.parquet and causes.csv. What a risk costs is measured: the first trials again, on the "
        "same random numbers, without it.",
        None,
        Table(
            "Risks in the simulated trials",
            ("risk", "says", "strikes in", "adds days", "costs days of the end, in the mean of all trials"),
            tuple(rows),
            is_open=True,
        ),
    )


def drift(answers: Answers) -> Exhibit:
    """How far rates have drifted by the end of recruitment; a table without a figure.

    Args:
        answers: tables of a run whose rates drift.
    """
    table = answers.results.drift()
    rows = tuple(
        (
            str(row["label"]),
            *(_factor(estimate_of(row, f"p{q}")) for q in (10, 50, 90)),
            chance(estimate_of(row, "share")),
        )
        for _, row in table.iterrows()
    )
    return Exhibit(
        "drift",
        "Drift of rates",
        drift_sentence(table, answers.scenario.drift),
        "Source: replications.parquet; of the trials that recruit for half a year or longer.",
        None,
        Table(
            "Rates at the last half year of recruitment, times those of day 0",
            ("rates of", "P10", "P50", "P90", "trials that recruit for so long"),
            rows,
            is_open=True,
        ),
    )


def _factor(estimate: Estimate) -> str:
    return "unknown" if math.isnan(estimate.value) else times_words(estimate)


def _share(row: pd.Series) -> str:
    share = estimate_of(row, "share")
    return "unknown" if math.isnan(share.value) else chance(share)
