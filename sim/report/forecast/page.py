"""The page of a forecast: the observed curve, the original plan and the fan; what changed, and what would help.

Parts appear as far as they were asked for: what-ifs, the changes since the plan, and near questions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from sim.core.clock import MONTH_DAYS
from sim.forecast.answer import Answer
from sim.forecast.continued.futures import Futures
from sim.report.exhibits import Exhibit, Table
from sim.report.forecast.by_country import countries
from sim.report.forecast.trust import (
    doubt_sentences,
    events_sentence,
    place_soon_tables,
    soon_table,
    trust_sentence,
)
from sim.report.forecast.words import (
    between,
    change_sentence,
    change_table,
    dates_of,
    difference_sentence,
    headline,
    milestone_table,
    needed_sentence,
    odds_sentences,
    quantile,
    signed_days,
    site_table,
    standing,
    told,
    what_if_table,
)
from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.reworded import reworded
from sim.report.style import (
    BAND_INNER,
    BAND_OUTER,
    BLUE,
    GREY,
    INK,
    PLANNED,
    errors_of,
    figure,
    plain,
    rounded,
    series,
)
from sim.report.words import MILESTONE_NAMES

_CARDS = ("last_randomised", "primary_completion", "last_visit", "database_lock")
_TARGET = "randomised_100pct"  # shown where recruitment may end without it
_BARS = ("last_randomised", "database_lock")
_ON_PAPER = 310  # pixels, so that it is on the page of the dates
_FAN = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def _end(answer: Answer) -> float:
    """Last day of the chart: the end of recruitment, or the latest day that can be said of the target.

    Without an end of recruitment it is the day when 90 % of the trials have the target, or else the largest share that
    ever does; in any case the chart has half of the planned trials.
    """
    quantiles = [quantile(answer, "randomised_100pct", share).value for share in (0.9, 0.75, 0.5, 0.25, 0.1)]
    ends = answer.start.recruits_until
    days = [next((day for day in quantiles if math.isfinite(day)), math.inf) if ends is None else ends]
    if answer.plan is not None:
        days.append(planned_median(answer.plan))
    known = [day for day in days if math.isfinite(day)]
    start, horizon = answer.start.state.now, answer.futures.design.horizon_days
    return min(max([*known, start + 60.0]) * 1.05, horizon) if known else horizon


def _plan_curves(found: go.Figure, plan: Futures, end: float) -> None:
    """The original plan, dashed, with its 80 % of trials."""
    clock = plan.design.clock
    days, fan = plan.fan(0.0, end, (0.1, 0.5, 0.9))
    x = [str(clock.date_of(day)) for day in days.tolist()]
    plan_line = {"color": PLANNED, "width": 1, "dash": "dot"}
    for row, name in ((0, ""), (2, "plan: 80 % of trials")):
        found.add_trace(
            go.Scatter(
                x=x, y=fan[row].tolist(), mode="lines", line=plan_line, hoverinfo="skip",
                name=name, showlegend=bool(name),
            )
        )  # fmt: skip
    found.add_trace(
        go.Scatter(
            x=x, y=fan[1].tolist(), mode="lines", name="plan: median",
            line={"color": PLANNED, "width": 2, "dash": "dash"}, hovertemplate="plan %{y}<extra></extra>",
        )
    )  # fmt: skip


def planned_median(plan: Futures) -> float:
    """Day by which half of the plan's simulated trials have the target; infinite if fewer than half reach it.

    Args:
        plan: simulated trials of the original plan.

    Returns:
        Days since day 0 of the plan.
    """
    days = plan.days("randomised_100pct")
    return float(np.quantile(np.where(np.isnan(days), math.inf, days), 0.5, method="inverted_cdf"))


def _fan(answer: Answer) -> Exhibit:
    clock, trial, start = answer.futures.design.clock, answer.start.trial, answer.start.state.now
    target = answer.start.scenario.trial.target
    end = _end(answer)
    axis = {"title": "participants randomised", "rangemode": "tozero"}
    found = figure(440, yaxis=axis, hovermode="x unified", meta={"height_on_paper": _ON_PAPER})

    def dates(days: Sequence[float]) -> list[str]:
        return [str(clock.date_of(day)) for day in days]

    plan = answer.plan
    if plan is not None:
        _plan_curves(found, plan, end)
    if trial.n_randomised < target:
        days, fan = answer.futures.fan(start, end, _FAN)
        x = dates(days.tolist())
        edge = {"line": {"width": 0}, "mode": "lines", "hoverinfo": "skip"}
        for low, high, colour, name in (
            (1, 5, BAND_OUTER, "forecast: 80 % of trials"),
            (2, 4, BAND_INNER, "half of them"),
        ):
            found.add_trace(go.Scatter(x=x, y=fan[low].tolist(), showlegend=False, **edge))
            found.add_trace(go.Scatter(x=x, y=fan[high].tolist(), fill="tonexty", fillcolor=colour, name=name, **edge))
        found.add_trace(
            go.Scatter(
                x=x, y=fan[3].tolist(), mode="lines", line={"color": BLUE, "width": 3}, name="forecast: median",
                customdata=np.column_stack((fan[1], fan[5])).tolist(),
                hovertemplate="forecast %{y} (%{customdata[0]} to %{customdata[1]})<extra></extra>",
            )
        )  # fmt: skip
    found.add_trace(
        go.Scatter(
            x=[str(trial.first), *(str(trial.date_of(day)) for day in trial.days), str(answer.as_of)],
            y=[0, *range(1, trial.n_randomised + 1), trial.n_randomised],
            mode="lines", line={"color": INK, "width": 3, "shape": "hv"}, name="observed",
            hovertemplate="observed %{y}<extra></extra>",
        )
    )  # fmt: skip
    found.add_hline(y=target, line={"color": GREY, "width": 1.5, "dash": "dot"})
    found.add_vline(x=str(answer.as_of), line={"color": GREY, "width": 1})
    found.update_xaxes(range=[str(min(clock.opens, trial.first)), str(clock.date_of(end))])
    median, planned = dates_of(answer).text(quantile(answer, "randomised_100pct", 0.5).value), "as planned it was"
    had = f"Half of the simulated trials have the target by {median}"
    if median == "never":
        had = "Fewer than half of the simulated trials have the target when recruitment ends"
        planned = "of the planned trials, half have it by"
    note = f"The forecast goes on from {answer.as_of} ({answer.futures.case.replications:,})."
    if plan is not None:
        had += f"; {planned} {dates_of(answer).text(planned_median(plan))}"
        note = f"The plan is the scenario from its day 0 ({plan.case.replications} simulated trials). {note}"
    return Exhibit(
        "fan",
        f"Participants randomised: observed, {'' if plan is None else 'planned, '}forecast",
        f"{had}.",
        note,
        found,
        _fan_table(answer, end),
    )


def _fan_table(answer: Answer, end: float) -> Table:
    clock = answer.futures.design.clock
    days = np.arange(answer.start.state.now, end + 1, MONTH_DAYS)
    counts = answer.futures.counts(days)
    fan = np.quantile(counts, _FAN, axis=0, method="inverted_cdf")
    rows = [(str(clock.date_of(day)), *(f"{value:.0f}" for value in fan[:, i])) for i, day in enumerate(days.tolist())]
    return Table("Participants randomised, a month at a time", ("by", *(f"P{100 * q:g}" for q in _FAN)), tuple(rows))


def _changes(answer: Answer) -> Exhibit:
    names = [change.cause for change in answer.changes]
    found = figure(60 * len(names) + 120, barmode="group", bargap=0.3)
    for i, milestone in enumerate(told(answer, _BARS)):
        estimates = [change.days[milestone] for change in answer.changes]
        found.add_trace(
            go.Bar(
                orientation="h", y=names, x=rounded([estimate.value for estimate in estimates], 1),
                error_x=errors_of(estimates), name=MILESTONE_NAMES[milestone],
                marker={"color": series(i).colour, "pattern": {"shape": "" if i == 0 else "/"}},
                customdata=[signed_days(estimate) for estimate in estimates],
                hovertemplate="%{y}: %{customdata}<extra></extra>",
            )
        )  # fmt: skip
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title="days moved (right: later)", zeroline=True, zerolinecolor=INK)
    return Exhibit(
        "changes",
        "Days by which each part moved the date",
        change_sentence(answer),
        "Each bar: one more part of the plan replaced by what was observed, on the same random numbers; a trial that "
        "never gets there counts with the end of the simulated time.",
        found,
        change_table(answer),
    )


def _what_ifs(answer: Answer) -> Exhibit:
    found = figure(60 * len(answer.what_ifs) + 110, barmode="group", bargap=0.35)
    names = [plain(item.name) for item in answer.what_ifs]
    for i, milestone in enumerate(told(answer, _BARS)):
        estimates = [item.days[milestone] for item in answer.what_ifs]
        found.add_trace(
            go.Bar(
                orientation="h", y=names, x=rounded([estimate.value for estimate in estimates], 1),
                error_x=errors_of(estimates), name=MILESTONE_NAMES[milestone],
                marker={"color": series(i).colour, "pattern": {"shape": "" if i == 0 else "/"}},
                customdata=[signed_days(estimate) for estimate in estimates],
                hovertemplate="%{y}: %{customdata}<extra></extra>",
            )
        )  # fmt: skip
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(
        title="median difference from the forecast in days (left: sooner)", zeroline=True, zerolinecolor=INK
    )
    sentences = " ".join(difference_sentence(answer, item) for item in answer.what_ifs)
    return Exhibit("what-ifs", "What if?", sentences, "Paired: the same simulated trials, with and without the change.",
                   found, what_if_table(answer))  # fmt: skip


def _card_names(answer: Answer) -> tuple[str, ...]:
    """Milestones for the cards. Where recruitment ends on a day, it is the target that may never come."""
    return _CARDS if answer.start.recruits_until is None else (_TARGET, *_CARDS[1:])


def _card(answer: Answer, name: str) -> Card:
    dates, half = dates_of(answer), quantile(answer, name, 0.5)
    return Card(
        MILESTONE_NAMES[name],
        dates.text(half.value),
        dates.error(half),
        (f"80 %: {between(answer, name, 0.1, 0.9)}",),
    )


def forecast_page(answer: Answer, command: str) -> str:
    """The page of a forecast as text; see `forecast_content`."""
    return render(forecast_content(answer, command))


def forecast_content(answer: Answer, command: str) -> PlainPage:
    """What the page of a forecast says.

    Args:
        answer: the forecast.
        command: the command that makes the page.

    Returns:
        The content of the page, for `plain_page.render`.
    """
    scenario = answer.start.scenario
    sections = []
    if answer.what_ifs:
        sections.append(PageSection("what-ifs", "What would help?", exhibits=(_what_ifs(answer),)))
    if answer.changes:
        sections.append(PageSection("changes", "What changed since the plan?", exhibits=(_changes(answer),)))
    table = milestone_table(answer)
    sections.append(
        PageSection(
            "milestones", "How sure are the dates?", "",
            exhibits=(Exhibit("milestones", "Milestones", " ".join(odds_sentences(answer)), "", None, table),),
        )
    )  # fmt: skip
    sections += _soon(answer)
    if answer.start.open_sites:
        exhibit = Exhibit("sites", "Open sites", standing(answer), "", None, site_table(answer))
        sections.append(PageSection("sites", "Which sites recruit?", exhibits=(exhibit,)))
    of_countries = countries(answer)
    if of_countries is not None:
        sections.append(PageSection("countries", "What does each country bring?", exhibits=(of_countries,)))
    known = answer.start.trial.account.lines()
    known += [f"{text[:1].upper()}{text[1:]}." for text in answer.notes]
    known += [f"Data check: {finding}." for finding in answer.start.trial.findings]
    if known:
        sections.append(PageSection("data", "What was taken from the data, and how?", lines=tuple(known)))
    sections.append(PageSection("method", "How was this made?", lines=_METHOD))
    found = PlainPage(
        title=f"{scenario.name}: forecast from {answer.as_of}",
        eyebrow=f"{scenario.name}, forecast from {answer.as_of}",
        headline=headline(answer),
        command=command,
        question="Given what has happened, when will this trial be complete?",
        warnings=answer.cautions,
        cards=tuple(_card(answer, name) for name in told(answer, _card_names(answer))),
        lines=(
            *filter(None, [trust_sentence(answer), events_sentence(answer)]),
            standing(answer),
            *odds_sentences(answer),
            *_needed(answer),
            *doubt_sentences(answer.doubts),
        ),
        first=(_fan(answer),),
        reading="Large dates: half of the simulated trials are there by then. -12/+15 d: 95 % interval of the "
        "Monte Carlo error.",
        sections=tuple(sections),
        footer="Simulated trials that go on from observed data.",
    )
    return reworded(found, scenario)


def _soon(answer: Answer) -> list[PageSection]:
    """Near questions: of the trial, and site by site."""
    dates = dates_of(answer)
    first = soon_table(answer, dates)
    tables = [*([] if first is None else [first]), *place_soon_tables(answer, dates)]
    exhibits = tuple(Exhibit(f"soon-{k}", table.caption, "", "", None, table) for k, table in enumerate(tables))
    return [PageSection("soon", "What comes soon?", exhibits=exhibits)] if tables else []


def _needed(answer: Answer) -> list[str]:
    return [needed_sentence(item) for item in answer.needed]


_METHOD = (
    "Every simulated trial lives through what was observed, at the time at which it was, and goes on from the as-of "
    "day: those randomised keep their place, those in screening wait for their results, "
    "open sites recruit at the rate that the data show, sites still to open as planned.",
    "The rate of all open sites together is learnt from the data. A quarter of the futures each are of trials that are "
    "steady, that drift, that drift and end slowly, and that grow and end slowly: data say little of what a trial will "
    "yet do. The Poisson-gamma model divides the rate among the sites.",
    "The formulas and the track record are in the documentation, under forecasting.",
)
