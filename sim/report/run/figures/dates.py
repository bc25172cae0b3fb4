"""When things happen: randomisations over time against the registry's plan, and the distributions of the milestones.

These two are the figures that a sponsor looks at first.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from sim.analysis.modelled import end_of, has_milestone
from sim.core.clock import MONTH_DAYS
from sim.report.exhibits import Exhibit, Table
from sim.report.pace import last_randomisation
from sim.report.style import (
    BAND_INNER,
    BAND_OUTER,
    BLUE,
    GREY,
    INK,
    PLANNED,
    WORSE,
    date_intervals,
    figure,
    rounded,
    series,
    stamps,
)
from sim.report.words import chance, estimate_of, milestone_name, not_reached, percent

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.report.run.answers import Answers

_PLANNED_NAMES = {
    "last_randomised": "planned recruitment",
    "primary_completion": "planned primary",
    "last_visit": "planned study",
}
_SHARES = {"randomised_25pct": 0.25, "randomised_50pct": 0.5, "randomised_75pct": 0.75, "randomised_100pct": 1.0}
_CURVES = ("last_randomised", "primary_completion", "last_visit", "database_lock")
_PERCENTILES = (10, 50, 80, 90)
_MOST_POINTS = 240  # one for every three pixels, at most
_MOST_ROWS = 24
_LABEL_PX = 15  # height of a label above the picture
_ABOVE_MARKS_PX = 7  # half of a diamond: a label at the target stands above the last of them


def _planned_lines(figure_: go.Figure, answers: Answers, end: float) -> None:
    """Dates of the registry record as upright lines, each labelled in a row of its own above the picture, so that no
    label covers a curve, or another label on a phone.

    Args:
        figure_: the figure, which gets room for the labels.
        answers: tables of the run.
        end: last day of the picture.
    """
    for row, (milestone, when) in enumerate(answers.planned.items()):
        figure_.add_vline(x=str(when), line={"color": PLANNED, "width": 2, "dash": "dash"})
        figure_.add_annotation(
            x=str(when),
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="left" if answers.design.clock.day_of(when) < end / 2 else "right",
            yshift=_LABEL_PX * (len(answers.planned) - 1 - row),
            text=f"{_PLANNED_NAMES[milestone]} {when}",
            showarrow=False,
            font={"size": 11, "color": PLANNED},
        )
    figure_.update_layout(margin_t=figure_.layout.template.layout.margin.t + _LABEL_PX * len(answers.planned))


# --- cumulative randomisations


def last_day(answers: Answers) -> float:
    """Last day of the fan chart: when four fifths of the trials are recruited, and after the planned dates.

    The slowest trials may take years more, and would leave a quarter of the picture to all that is asked about.

    Args:
        answers: tables of the run.

    Returns:
        Days since day 0, at most the horizon.
    """
    p80 = answers.quantile("randomised_100pct", 80).value
    end = p80 if math.isfinite(p80) else answers.design.horizon_days
    planned = [answers.design.clock.day_of(when) for when in answers.planned.values()]
    return min(max([end, *planned, 30.0]) * 1.04, answers.design.horizon_days)


def even_pace(answers: Answers) -> tuple[date, date] | None:
    """Day 0, and the last date on which the target can be met without missing the planned primary completion.

    Args:
        answers: tables of the run.

    Returns:
        None without a planned date, or where events decide; see `sim.report.pace`.
    """
    if "primary_completion" not in answers.planned:
        return None
    last = last_randomisation(answers.scenario)
    return None if last is None else (answers.design.clock.opens, last)


def fan(answers: Answers) -> Exhibit:
    """Cumulative randomisations: median and bands over replications, with the registry's plan.

    Bands are pointwise: 80 % and half of the trials at each day, and no path of a single trial.

    Args:
        answers: tables of the run.
    """
    curves = answers.results.curves
    end = last_day(answers)
    rows = curves[curves["day"] <= math.ceil(end)]
    step = max(1, math.ceil(len(rows) / _MOST_POINTS))
    rows = rows.iloc[np.unique(np.append(np.arange(0, len(rows), step), len(rows) - 1))]
    when = [str(answers.design.clock.date_of(day)) for day in rows["day"]]
    found = figure(400, yaxis={"title": "participants randomised", "rangemode": "tozero"}, hovermode="x unified")

    def line(column: str, **look: object) -> None:
        found.add_trace(go.Scatter(x=when, y=rows[column].tolist(), mode="lines", **look))

    edge = {"line": {"width": 0}, "hoverinfo": "skip"}
    line("p10", showlegend=False, **edge)
    line("p90", fill="tonexty", fillcolor=BAND_OUTER, name="80 % of trials", **edge)
    line("p25", showlegend=False, **edge)
    line("p75", fill="tonexty", fillcolor=BAND_INNER, name="half of the trials", **edge)
    hover = {"customdata": rows[["p10", "p90"]].to_numpy().tolist()}
    template = "median %{y}; P10 %{customdata[0]}, P90 %{customdata[1]}<extra></extra>"
    line("p50", line={"color": BLUE, "width": 3}, name="median", hovertemplate=template, **hover)
    _add_medians(found, answers)
    found.add_hline(y=answers.target, line={"color": GREY, "width": 1.5, "dash": "dot"})
    found.add_annotation(
        x=0, xref="paper", xanchor="left", y=answers.target, yanchor="bottom", yshift=_ABOVE_MARKS_PX, showarrow=False,
        text=f"target {answers.target}", font={"size": 12},
    )  # fmt: skip
    pace = even_pace(answers)
    if pace is not None:
        found.add_trace(
            go.Scatter(
                x=[str(day) for day in pace],
                y=[0, answers.target],
                mode="lines",
                line={"color": PLANNED, "width": 2, "dash": "longdash"},
                name="even pace that the plan needs",
                hoverinfo="skip",
            )
        )
    _planned_lines(found, answers, end)
    first, last = answers.design.clock.date_of(0), answers.design.clock.date_of(end)
    top = max(answers.target, int(rows["p90"].max())) * 1.12
    found.update_xaxes(range=[str(first), str(last)])
    found.update_yaxes(range=[0, top])
    return Exhibit(
        "fan",
        "Participants randomised over time",
        _fan_summary(answers, pace),
        "Source: curves.parquet (quantiles of the number randomised by each day, over all simulated trials); diamonds: "
        "median day of each quarter of the target, with the 95 % interval of its Monte Carlo error.",
        found,
        _fan_table(answers),
    )


def _add_medians(found: go.Figure, answers: Answers) -> None:
    """The median day of each quarter of the target, with its Monte Carlo error."""
    known = [(answers.quantile(name, 50), share) for name, share in _SHARES.items()]
    known = [(estimate, share) for estimate, share in known if math.isfinite(estimate.value)]
    if not known:
        return
    estimates = [estimate for estimate, _ in known]
    participants = [math.ceil(share * answers.target) for _, share in known]
    found.add_trace(date_intervals(answers.design.clock, estimates, participants, answers.design.horizon_days, INK))
    found.add_trace(
        go.Scatter(
            x=stamps(answers.design.clock, [e.value for e in estimates]),
            y=participants,
            mode="markers",
            marker={"symbol": "diamond", "size": 8, "color": INK, "line": {"color": "white", "width": 1}},
            customdata=[[f"{answers.dates.text(e.value)} {answers.dates.error(e)}"] for e in estimates],
            hovertemplate="median day of participant %{y}: %{customdata[0]}<extra></extra>",
            name="its Monte Carlo error",
        )
    )


def _by(answers: Answers, milestone: str, q: int) -> str:
    return answers.dates.by(answers.quantile(milestone, q))


def _fan_summary(answers: Answers, pace: tuple[date, date] | None) -> str:
    target = f"{answers.target:,}"
    text = (
        f"Half of the simulated trials have randomised {target} participants {_by(answers, 'randomised_100pct', 50)}, "
        f"and 80 % of them {_by(answers, 'randomised_100pct', 80)}."
    )
    if answers.scenario.trial.replace != "never":
        text += f" With those who replace early leavers, half are through {_by(answers, 'last_randomised', 50)}."
    if pace is not None:
        odds = estimate_of(answers.odds.loc["primary_completion"], "probability")
        text += (
            f" To keep the planned primary completion of {answers.planned['primary_completion']}, the last "
            f"participant is needed by about {pace[1]}; the chance of keeping it is {chance(odds)}."
        )
    return text


def _fan_table(answers: Answers) -> Table:
    every = answers.results.curves
    shown = every[(every["p10"] < answers.target).cumprod().astype(bool)]
    step = round(MONTH_DAYS * 3) * max(1, math.ceil(len(shown) / (MONTH_DAYS * 3) / _MOST_ROWS))
    names = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
    rows = []
    for day in every.iloc[: len(shown) + step : step].to_dict("records"):
        when = str(answers.design.clock.date_of(day["day"]))
        rows.append((when, f"{day['mean']:.1f}", *(str(day[name]) for name in names)))
    columns = ("by the beginning of", "mean", "P5", "P10", "P25", "P50", "P75", "P90", "P95")
    return Table("Participants randomised by date", columns, tuple(rows))


# --- milestones


def milestones(answers: Answers) -> Exhibit:
    """S-curves of the milestones that end the trial, with the share that never gets there.

    Args:
        answers: tables of the run.

    Returns:
        Shares of all simulated trials by date; a curve with trials that never get there stays below 100 %. The table
        has every milestone.
    """
    found = figure(470, hovermode="closest")
    end = _last_shown(answers)
    for i, name in enumerate(_curves(answers)):
        _add_s_curve(found, answers, name, i, end)
    found.add_hline(y=100, line={"color": GREY, "width": 1})
    _planned_lines(found, answers, end)
    never = estimate_of(answers.odds.loc["never_reached"], "probability")
    if never.value > 0:
        found.add_annotation(
            x=1, xref="paper", xanchor="right", y=100, yanchor="bottom", showarrow=False,
            text=f"{percent(never.value)}: target {not_reached(answers.scenario, answers.dates.horizon)}",
            font={"size": 12},
        )  # fmt: skip
        found.add_shape(
            type="line", xref="paper", x0=1, x1=1, y0=100 * (1 - never.value), y1=100,
            line={"color": WORSE, "width": 6}, layer="below",
        )  # fmt: skip
    found.update_yaxes(title="share of simulated trials, %", range=[0, 108], tickvals=[0, 10, 25, 50, 80, 90, 100])
    found.update_xaxes(range=[str(answers.design.clock.date_of(day)) for day in (0.0, end)])
    return Exhibit(
        "milestones",
        "When each milestone comes",
        _milestones_summary(answers, never),
        "Source: replications.parquet, every simulated trial that ran. Markers: P10, P50, P80 and P90 with the 95 % "
        "interval of their Monte Carlo error (order statistics). A curve that stays below 100 % has trials that never "
        "get there by the end of the simulated time; they count as later than everything, and the bar at the right is "
        "their share.",
        found,
        _milestones_table(answers),
    )


def _last_shown(answers: Answers) -> float:
    """Last day of the S-curves: when nearly all trials that get there have got there."""
    every = np.concatenate([answers.days(name) for name in _curves(answers)])
    known = every[~np.isnan(every)]
    planned = [answers.design.clock.day_of(when) for when in answers.planned.values()]
    late = float(np.quantile(known, 0.98)) if len(known) else answers.design.horizon_days
    return min(max([late, *planned, 30.0]) * 1.06, answers.design.horizon_days)


def _add_s_curve(found: go.Figure, answers: Answers, name: str, i: int, end: float) -> None:
    look, clock, horizon = series(i), answers.design.clock, answers.design.horizon_days
    days = answers.days(name)
    known = np.sort(days[~np.isnan(days)])
    label = milestone_name(name, answers.scenario)
    if len(known):
        share = np.arange(1, len(known) + 1) / len(days) * 100
        chosen = np.unique(np.linspace(0, len(known) - 1, min(len(known), _MOST_POINTS)).round().astype(int))
        x = np.concatenate(([known[0]], known[chosen], [horizon]))
        y = np.concatenate(([0.0], share[chosen], [share[-1]]))
        found.add_trace(
            go.Scatter(
                x=stamps(clock, x),
                y=rounded(y, 2),
                mode="lines",
                line={"color": look.colour, "width": 2.5, "dash": look.dash, "shape": "hv"},
                name=label,
                legendgroup=name,
                hovertemplate=f"{label}: %{{y:.0f}} % by %{{x|%Y-%m-%d}}<extra></extra>",
            )
        )
    estimates = {q: answers.quantile(name, q) for q in _PERCENTILES}
    inside = {q: e for q, e in estimates.items() if math.isfinite(e.value)}
    intervals = date_intervals(clock, list(inside.values()), list(inside), horizon, look.colour)
    found.add_trace(intervals.update(legendgroup=name))
    found.add_trace(
        go.Scatter(
            x=stamps(clock, [e.value for e in inside.values()]),
            y=list(inside),
            mode="markers",
            marker={"symbol": look.marker, "size": 8, "color": look.colour, "line": {"color": "white", "width": 1}},
            customdata=[[f"{answers.dates.text(e.value)} {answers.dates.error(e)}"] for e in inside.values()],
            hovertemplate=f"{label}, P%{{y}}: %{{customdata[0]}}<extra></extra>",
            showlegend=False,
            legendgroup=name,
        )
    )
    later = [q for q, e in estimates.items() if math.isinf(e.value)]
    if later:
        found.add_trace(
            go.Scatter(
                x=stamps(clock, [math.floor(end)] * len(later)),
                y=later,
                mode="markers",
                marker={"symbol": "triangle-right-open", "size": 13 - 2 * i, "color": look.colour},
                hovertemplate=f"{label}, P%{{y}}: after {answers.dates.horizon}<extra></extra>",
                showlegend=False,
                legendgroup=name,
                cliponaxis=False,
            )
        )


def _curves(answers: Answers) -> list[str]:
    """Names of the milestones that are drawn, out of those that this trial has."""
    return [name for name in _CURVES if has_milestone(name, answers.scenario)]


def _milestones_summary(answers: Answers, never: Estimate) -> str:
    parts = [
        f"{milestone_name(name, answers.scenario)}: in half of the simulated trials {_by(answers, name, 50)}, "
        f"in 80 % of them {_by(answers, name, 80)}"
        for name in _curves(answers)
        if name in ("primary_completion", end_of(answers.scenario))
    ]
    return f"{'; '.join(parts)}. Target {not_reached(answers.scenario, answers.dates.horizon)}: {chance(never)}."


def _cell(answers: Answers, estimate: Estimate) -> str:
    return f"{answers.dates.text(estimate.value)} {answers.dates.error(estimate)}".strip()


def _milestones_table(answers: Answers) -> Table:
    rows = []
    for name, row in answers.milestones.iterrows():
        cells = [_cell(answers, answers.quantile(str(name), q)) for q in _PERCENTILES]
        rows.append((milestone_name(str(name), answers.scenario), *cells, chance(estimate_of(row, "share"))))
    columns = ("milestone", *(f"P{q}" for q in _PERCENTILES), "reached by the horizon")
    return Table("Every milestone, with the 95 % interval of the Monte Carlo error in days", columns, tuple(rows))
