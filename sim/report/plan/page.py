"""`plan.html`: the cheapest plan, sentences first, as one file that opens offline.

It puts `words` and `figures` in their order; what a plan is, and which is the cheapest, is found by
`sim.experiment.plan`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.plan import figures
from sim.report.plan.words import PlanTold, command
from sim.report.reworded import reworded
from sim.report.words import chance, estimate_of, percent, with_error

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.plan.answer import PlanAnswer


def plan_page(answer: PlanAnswer, typed: str) -> str:
    """The whole page as HTML text; see `plan_content`."""
    return render(plan_content(answer, typed))


def plan_content(answer: PlanAnswer, typed: str) -> PlainPage:
    """What the page says.

    Args:
        answer: the search and its result.
        typed: the scenario and its overrides as typed; empty for one made in Python.

    Returns:
        The content of the page, for `plain_page.render`.
    """
    told = PlanTold(answer)
    sentences = told.sentences()
    scenario = answer.asked.choices.loaded.scenario
    found = PlainPage(
        title=f"{scenario.name}: the cheapest plan for {answer.asked.by}",
        eyebrow=f"{scenario.name}: {answer.asked.choices.options.name}",
        question=told.question(),
        headline=sentences[0],
        command=command(answer, typed),
        cards=tuple(_cards(told)),
        lines=tuple(sentences[1:]),
        first=(figures.by_probability(told),),
        reading="In brackets, and after ±: 95 % interval of the Monte Carlo error, which more simulated trials make "
        "smaller.",
        sections=_sections(told),
        footer="Simulated trials, no real patients.",
    )
    return reworded(found, scenario)


def _cards(told: PlanTold) -> list[Card]:
    choice, row = told.answer.choice, told.answer.leading
    name = "The choice" if choice is not None else "The likeliest plan"
    value, _, error = chance(estimate_of(row, "probability")).partition(" (")
    asked = told.asked
    cards = [
        Card(f"{name}, by {asked.by}", value, f"({error}" if error else "", (f"asked for: {told.wanted}",)),
        _cost_card(told, row, name),
        _date_card(told, row, name),
    ]
    if choice is not None:
        good = f"right or as good: {percent(told.answer.p_good)}"
        cards.append(Card("Right choice", percent(told.answer.p_right), "", (good,)))
    else:
        cards.append(Card("No simulated plan meets it", percent(told.answer.p_none), "probability"))
    return cards


def _cost_card(told: PlanTold, row: pd.Series, name: str) -> Card:
    value, _, error = with_error(estimate_of(row, "cost")).partition(" ±")
    now = with_error(estimate_of(told.answer.as_it_is, "cost"))
    return Card(
        f"{name}, mean cost in {told.answer.currency}", value, f"±{error}" if error else "", (f"as it is: {now}",)
    )


def _date_card(told: PlanTold, row: pd.Series, name: str) -> Card:
    day = estimate_of(row, "day")
    error = told.dates.error(day) if math.isfinite(day.value) else ""
    now = told.dates.text(float(told.answer.as_it_is["day"]))
    return Card(f"{name}, {told.wanted} sure by", told.dates.text(day.value), error, (f"as it is: {now}",))


def _sections(told: PlanTold) -> tuple[PageSection, ...]:
    return (
        PageSection(
            "plans", "Which plans come next?", "The cheapest plans, side by side.", exhibits=(figures.cheapest(told),)
        ),
        PageSection(
            "change",
            "What is each setting worth?",
            "One change at a time.",
            exhibits=(figures.one_change(told),),
        ),
        PageSection("date", "What would an earlier date cost?", exhibits=(figures.by_date(told),)),
        PageSection("levers", "What could be chosen?", exhibits=(figures.levers(told),)),
        PageSection("method", "How was this made?", lines=tuple(_method(told))),
    )


def _method(told: PlanTold) -> list[str]:
    answer, asked = told.answer, told.asked
    return [
        f"{answer.n_trials:,} simulated trials, seed {asked.seed}, at most {asked.trials:,}; simulation stops when "
        f"the choice is {percent(asked.confidence)} sure. Replication k of every plan has the same random numbers, "
        "and plans are compared on the same replications. Plans that are out of the question are dropped, the "
        "others get twice as many trials, and so on. The same command gives the same page, byte for byte.",
        "How sure the choice is: the share of joint posterior draws (Bayesian bootstrap over replications that all "
        "plans share, with Jeffreys' prior for the probabilities) in which the chosen plan is the cheapest that "
        "keeps to what is asked, less the share in which a dropped plan was. It is about the plans that were "
        "simulated, and says nothing about whether the assumptions are right.",
        "A plan's cost is the mean over its simulated trials of what the scenario's unit costs count, and the extra "
        "costs of its settings; a trial that never gets there costs until the end of the simulated time, and never "
        "makes the date.",
    ]
