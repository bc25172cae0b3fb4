"""`explain.html`: what drives a scenario, sentences first, as one file that opens offline.

Figures are of one outcome, which is asked for; a table has the main driver of every other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.report.explanation import figures
from sim.report.explanation.by_country import critical_countries
from sim.report.explanation.words import Told, command, share_text
from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.reworded import reworded
from sim.report.words import Dates, estimate_of, with_error

if TYPE_CHECKING:
    from sim.experiment.explanation.study import Explanation


def explanation_page(explanation: Explanation, focus: str, typed: str) -> str:
    """The whole page as HTML text; see `explanation_content`."""
    return render(explanation_content(explanation, focus, typed))


def explanation_content(explanation: Explanation, focus: str, typed: str) -> PlainPage:
    """What the page says.

    Args:
        explanation: the explanation with all outcomes.
        focus: the outcome that headline and figures are about: a milestone, or `cost`.
        typed: the scenario and its overrides as typed; empty for one made in Python.

    Returns:
        The content of the page, for `plain_page.render`.
    """
    told = Told(explanation, focus)
    sentences = told.sentences()
    scenario = explanation.study.scenario
    found = PlainPage(
        title=f"{scenario.name}: what drives {told.noun}?",
        eyebrow=scenario.name,
        question=f"What drives {told.noun}?",
        headline=sentences[1],
        command=command(explanation, typed),
        cards=tuple(_cards(told)),
        lines=(sentences[0], *sentences[2:]),
        first=(figures.shares(told),),
        reading="In brackets, and after ±: 95 % interval of the Monte Carlo error, which more simulated trials make "
        "smaller.",
        sections=_sections(told),
        footer="Simulated trials, no real patients.",
    )
    return reworded(found, scenario)


def _cards(told: Told) -> list[Card]:
    found = [_median_card(told)]
    totals, swings = told.of("totals"), told.of("tornado")
    if not totals.empty:
        luck = share_text(estimate_of(totals.iloc[0], "chance"))
        value, _, error = luck.partition(" (")
        found.append(Card("Chance, were all values known", value, f"({error}" if error else ""))
    if not swings.empty:
        top = swings.iloc[0]
        text = with_error(estimate_of(top, "swing")).removeprefix("-")
        value, _, error = text.partition(" ±")
        ends = f"from {top['at_low']:.3g} to {top['at_high']:.3g}"
        card = Card("Largest swing", f"{value} {told.unit}", f"±{error}", (told.input(top["input"]), ends))
        found.append(card)
    causes = told.lost()
    if not causes.empty:
        most = causes.iloc[0]
        value, _, error = with_error(estimate_of(most, "lost")).partition(" ±")
        found.append(Card("Most is lost to", f"{value} {told.unit}", f"±{error}", (str(most["label"]),)))
    return found


def _median_card(told: Told) -> Card:
    median = told.median()
    name = f"{told.noun[0].upper()}{told.noun[1:]}, median"
    if told.is_cost:
        return Card(name, f"{median.value:,.0f}", told.unit)
    dates = Dates(told.explanation.design.clock, told.explanation.design.horizon_days)
    error = dates.error(median) if math.isfinite(median.value) else ""
    return Card(name, dates.text(median.value), error)


def _sections(told: Told) -> tuple[PageSection, ...]:
    hangs = [figures.critical_sites(told), figures.critical_milestones(told), figures.critical_steps(told)]
    if (countries := critical_countries(told)) is not None:
        hangs.insert(1, countries)
    found = [
        PageSection(
            "unknowns",
            "Which unknown moves it most?",
            "Values that nobody knows, drawn once a simulated trial.",
            exhibits=(figures.tornado(told),),
        ),
        PageSection(
            "lost",
            "What does each cause cost?",
            "Each cause of delay taken away alone.",
            exhibits=(figures.causes(told),),
        ),
    ]
    if not told.is_cost:
        found.append(
            PageSection(
                "assumed",
                "Which assumptions does it hang on?",
                "Values that the scenario assumes without a source, each lower and higher.",
                exhibits=(figures.assumptions(told),),
            )
        )
        found.append(
            PageSection("critical", "What does it hang on?", "The critical path of each trial.", exhibits=tuple(hangs))
        )
    found += [
        PageSection("outcomes", "And the other milestones?", exhibits=(figures.every_outcome(told),)),
        PageSection("method", "How was this made?", lines=tuple(_method(told))),
    ]
    return tuple(found)


def _method(told: Told) -> list[str]:
    explanation = told.explanation
    study = explanation.study
    n, scale = study.replications, "ranks of the dates" if study.scale == "ranks" else "days"
    return [
        f"{explanation.n_trials:,} simulated trials on one set of random numbers, seed {study.seed}: {2 * n:,} of the "
        f"scenario as it is, {n:,} for each input of the shares, and {study.n_compared:,} for each end of the tornado "
        "and for each cause; assumptions of grade D have the pairs that their table says. The same command gives the "
        "same page, byte for byte.",
        f"Shares are of the variance of {scale}"
        + (
            ", so that a trial that never gets there counts as the latest, and no single late trial decides."
            if study.scale == "ranks"
            else "; a trial that never gets there counts as the end of the simulated time."
        )
        + " Chance is an input like the uncertain values: the number of the simulated trial, which decides everything "
        "that is drawn from event to event. What is drawn once for each site (its own rate, its start-up, whether it "
        "ever enrols) is an input of its own.",
        "Differences are of the same trials with and without a change, as means over all of them; one that never "
        "gets there counts as the end of the simulated time.",
    ]
