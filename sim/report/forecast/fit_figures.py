"""What the data say, as figures and tables: fit against data, site by site, step by step.

Posterior intervals here are 90 % intervals of what is not known from the data. They are no Monte Carlo errors, and more
computing does not narrow them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from scipy import special

from sim.core.clock import MONTH_DAYS
from sim.forecast.fit.shapes import LEARNERS
from sim.report.exhibits import Exhibit, Table
from sim.report.forecast.data_words import number_or_dash
from sim.report.style import BLUE, GREY, INK, PURPLE, figure, plain, rounded, series
from sim.report.words import number, percent

if TYPE_CHECKING:
    from sim.forecast.fit.study import Fit

_LEVEL = 0.9
_BAR_PX = 22


def _interval(shape: float, exposure: float) -> tuple[float, float]:
    ends = ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2)
    low, high = (float(special.gammaincinv(shape, end)) / exposure for end in ends)
    return low, high


# --- the shape over time


def over_time(found: Fit) -> Exhibit:
    """Randomisations in periods of four weeks, and the rate that each candidate shape predicts.

    Args:
        found: the fit.

    Returns:
        A figure in randomisations a month; a last period of less than two weeks is joined to the one before.
    """
    trial, past = found.trial, found.posterior.history
    edges = np.append(np.arange(0.0, past.now, 28.0), past.now)
    if len(edges) > 2 and edges[-1] - edges[-2] < 14:
        edges = np.delete(edges, -2)
    counts, widths = np.histogram(past.days, edges)[0], np.diff(edges)
    middle = [str(trial.date_of(day)) for day in (edges[1:] + edges[:-1]) / 2]
    picture = figure(400, yaxis={"title": "randomised a month", "rangemode": "tozero"}, bargap=0.15)
    rate = counts / widths * MONTH_DAYS
    picture.add_trace(
        go.Bar(
            x=middle,
            y=rounded(rate, 2),
            name="observed",
            marker={"color": GREY},
            hovertemplate="%{y:.1f}<extra></extra>",
        )
    )
    for i, (name, (label, _)) in enumerate(LEARNERS.items()):
        factor = found.shape.shapes[name].factor
        level = past.n / float((factor * past.open_days).sum()) * MONTH_DAYS
        look = series(i)
        is_chosen = name == found.shape.chosen
        picture.add_trace(
            go.Scatter(
                x=[str(trial.date_of(day)) for day in past.middles], y=rounded(level * factor, 3), mode="lines",
                name=plain(label + (" (chosen)" if is_chosen else "")),
                line={"color": look.colour, "dash": look.dash, "width": 3 if is_chosen else 1.2},
                hovertemplate=f"{plain(label)}: %{{y:.1f}}<extra></extra>",
            )
        )  # fmt: skip
    label = LEARNERS[found.shape.chosen][0]
    if found.shape.n_origins < 3:
        text = f"Too little has happened to compare shapes by their forecasts; the {label} is used."
    else:
        text = (
            f"Of {len(LEARNERS)} shapes, the {label} forecast the trial's own next four weeks best, from "
            f"{found.shape.n_origins} days on the way ({found.shape.shapes[found.shape.chosen].note})."
        )
    return Exhibit("shape", "Recruitment over time", text, "Bars: four weeks each.", picture, shape_table(found))


def shape_table(found: Fit) -> Table:
    """Candidate shapes with their scores on the trial's own next four weeks.

    Args:
        found: the fit.

    Returns:
        CRPS in participants (less is better), and how much worse than the chosen shape, with its standard error.
    """
    rows = []
    for name, (label, _) in LEARNERS.items():
        worse = f"{found.shape.worse_by[name]:+.2f} ±{found.shape.errors[name]:.2f}"
        is_chosen = name == found.shape.chosen
        rows.append(
            (
                label + (" (chosen)" if is_chosen else ""), number_or_dash(found.shape.scores[name]),
                "" if is_chosen or math.isnan(found.shape.scores[name]) else worse, found.shape.shapes[name].note,
            )
        )  # fmt: skip
    columns = ("shape", "CRPS of the next four weeks", "worse than the chosen by, ± standard error", "what it learnt")
    return Table("Shapes, by how well they forecast the trial's own next four weeks", columns, tuple(rows))


def cumulative(found: Fit) -> Exhibit:
    """The observed and the fitted curve of participants randomised, with the largest distance between them.

    Args:
        found: the fit.
    """
    trial, past = found.trial, found.posterior.history
    cumulative = np.concatenate(([0.0], np.cumsum(found.factor * past.open_days)))
    expected = cumulative / cumulative[-1] * past.n
    picture = figure(380, yaxis={"title": "participants randomised", "rangemode": "tozero"}, hovermode="x unified")
    picture.add_trace(
        go.Scatter(
            x=[str(trial.first), *(str(trial.date_of(day)) for day in past.days)], y=[0, *range(1, past.n + 1)],
            mode="lines", line={"color": INK, "width": 3, "shape": "hv"}, name="observed",
        )
    )  # fmt: skip
    picture.add_trace(
        go.Scatter(
            x=[str(trial.date_of(day)) for day in past.edges], y=rounded(expected, 1), mode="lines",
            line={"color": PURPLE, "width": 2, "dash": "dash"}, name="fitted",
        )
    )  # fmt: skip
    gap = float(np.max(np.abs(np.interp(past.days, past.edges, expected) - np.arange(1, past.n + 1))))
    return Exhibit(
        "curve",
        "Fit against data",
        f"The fitted curve is never further than {gap:.0f} participants from the observed one.",
        "Fitted: the chosen shape, scaled to the number randomised.",
        picture,
    )


# --- sites


def sites(found: Fit) -> Exhibit:
    """Posterior rate of each site, in randomisations (or referrals) a month, beside what was counted.

    Args:
        found: the fit; data that do not tell sites apart have one site.

    Returns:
        Sites from the fastest down, with 90 % intervals of their gamma posteriors.
    """
    order = np.argsort(-found.rates.mean, kind="stable")
    names = [found.names[i] for i in order]
    picture = figure(_BAR_PX * len(order) + 120, hovermode="closest")
    ends = [_interval(float(found.rates.shape[i]), float(found.rates.exposure[i])) for i in order]
    for y, (low, high) in enumerate(ends):
        picture.add_trace(
            go.Scatter(
                x=rounded([low, high]),
                y=[y, y],
                mode="lines",
                line={"color": BLUE, "width": 2},
                showlegend=False,
                hoverinfo="skip",
            )
        )
    picture.add_trace(
        go.Scatter(
            x=rounded(found.rates.mean[order]), y=list(range(len(order))), mode="markers", name="posterior",
            marker={"color": BLUE, "size": 8}, customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{x:.2f} a month<extra></extra>",
        )
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(found.months > 0, found.counts / found.months, np.nan)[order]
    picture.add_trace(
        go.Scatter(
            x=rounded(raw), y=list(range(len(order))), mode="markers", name="counted ÷ time",
            marker={"color": GREY, "symbol": "x", "size": 7}, hoverinfo="skip",
        )
    )  # fmt: skip
    picture.update_yaxes(
        tickvals=list(range(len(order))), ticktext=[plain(name) for name in names], autorange="reversed"
    )
    picture.update_xaxes(title="referrals a month, at the rate at the end of the data", rangemode="tozero")
    rows = []
    for i, (low, high) in zip(order.tolist(), ends, strict=True):
        opened = found.opened[i] if not math.isnan(found.opened[i]) else found.planned[i]
        when = "not planned" if math.isnan(opened) else str(found.trial.date_of(float(opened)))
        rows.append(
            (
                found.names[i], when, f"{found.counts[i]:.0f}", f"{found.months[i]:.1f}",
                number(float(found.rates.mean[i])), f"{number(low)} to {number(high)}",
            )
        )  # fmt: skip
    columns = ("site", "opened or planned", "people", "months at the rate now", "a month", "90 % interval")
    return Exhibit("sites", "How fast is each site?", site_sentence(found), _opening_note(found), picture,
                   Table("Sites", columns, tuple(rows)))  # fmt: skip


def site_sentence(found: Fit) -> str:
    """How much the rates of sites differ, in a sentence; for one site, its rate a month.

    Args:
        found: the fit.
    """
    if len(found.names) == 1:
        low, high = _interval(float(found.rates.shape[0]), float(found.rates.exposure[0]))
        return (
            f"The data do not tell sites apart; together they see {number(float(found.rates.mean[0]))} "
            f"({number(low)} to {number(high)}) a month."
        )
    prior = found.rates.prior
    return (
        f"Site rates are gamma with a mean of {number(prior.shape / prior.exposure)} a month and a coefficient of "
        f"variation of {found.rates.cv:.2f} (maximum likelihood); each site's own rate is drawn toward that mean, the "
        "more so the less is known of it."
    )


def _opening_note(found: Fit) -> str:
    if found.is_opening_known:
        return "Exposure counts from each site's own opening."
    return (
        "Openings are not in the data: exposure counts from each site's first person, which is no evidence of "
        "its rate. A table of sites (--sites) is better."
    )


# --- the funnel, screening, leaving


def funnel(found: Fit) -> Exhibit:
    """People who pass each step of the funnel, with the posterior of the share who pass.

    Args:
        found: the fit.

    Returns:
        A table with 90 % intervals (beta posterior under Jeffreys' prior); a sentence alone if the data begin at
        randomisation.
    """
    rows = []
    for step in found.funnel:
        a, b = step.passed + 0.5, step.total - step.passed + 0.5
        low, high = (float(special.betaincinv(a, b, end)) for end in (0.05, 0.95))
        rows.append(
            (
                step.name,
                f"{step.passed:,.0f}",
                f"{step.total:,.0f}",
                percent(step.mean),
                f"{percent(low)} to {percent(high)}",
            )
        )
    if not rows:
        return Exhibit("funnel", "Who gets through?", "The data begin at randomisation: nothing is known of screening.")
    text = "; ".join(f"{percent(step.mean)} pass {step.name}" for step in found.funnel) + "."
    columns = ("step", "passed", "of", "share", "90 % interval")
    return Exhibit("funnel", "Who gets through?", text, "", None, Table("Steps of the funnel", columns, tuple(rows)))


def screening(found: Fit) -> Exhibit | None:
    """Whole days from the start of screening to randomisation, as a histogram.

    Args:
        found: the fit.

    Returns:
        None if the data do not say when screening starts.
    """
    if not len(found.screening_days):
        return None
    days = found.trial.people.randomised - found.trial.people.screened
    days = days[~np.isnan(days)]
    picture = figure(300, bargap=0.05)
    values, counts = np.unique(np.round(days), return_counts=True)
    picture.add_trace(
        go.Bar(
            x=values.tolist(), y=counts.tolist(), marker={"color": BLUE}, hovertemplate="%{x} days: %{y}<extra></extra>"
        )
    )
    picture.update_xaxes(title="days from the start of screening to randomisation", rangemode="tozero")
    picture.update_yaxes(title="participants")
    spread = float(days.std(ddof=1)) if len(days) > 1 else 0.0
    text = (
        f"Screening takes {days.mean():.1f} days on average (sd {spread:.1f}, median "
        f"{np.median(days):.0f}, {len(days)} participants)."
    )
    return Exhibit("screening", "How long does screening take?", text, "", picture)


def leaving(found: Fit) -> Exhibit:
    """How many participants leave, in which way and when.

    Args:
        found: the fit.

    Returns:
        Cumulative incidences by week (Aalen and Johansen, those still in censored); a sentence alone if the data record
        nobody as having left, or not how long participants are followed.
    """
    if not found.leaving:
        return Exhibit("leaving", "Who leaves?", length_sentence(found) or "The data record nobody as having left.")
    rows = [
        (way.name.replace("_", " "), f"{way.n}", *(percent(float(share)) for share in way.incidence))
        for way in found.leaving
    ]
    weeks = found.leaving[0].weeks
    columns = ("way of leaving", "participants", *(f"by week {week:.0f}" for week in weeks))
    total = sum(float(way.incidence[-1]) for way in found.leaving)
    text = f"By week {weeks[-1]:.0f}, {percent(total)} have left before their last visit."
    table = Table("Cumulative incidence of leaving", columns, tuple(rows))
    source = "Competing risks, those still in censored (Aalen and Johansen)."
    return Exhibit("leaving", "Who leaves?", text, source, None, table)


def length_sentence(found: Fit) -> str:
    """What the scenario lacks if the data do not say how long participants are followed; otherwise empty."""
    if found.weeks:
        return ""
    return (
        "The data do not say how long participants are followed (--follow-up-weeks does), so the scenario ends with "
        "the last randomisation."
    )


def calendar_lines(found: Fit) -> tuple[str, ...]:
    """Weekdays and New Year, in sentences; what the data are too short to show is left out.

    Args:
        found: the fit.
    """
    lines = []
    if found.weekday is not None:
        counts = found.weekday.counts
        busiest, quietest = found.weekday.names[int(counts.argmax())], found.weekday.names[int(counts.argmin())]
        matter = "help" if found.weekday.gain > 0 else "do not help"
        score = (
            f"they {matter} to predict the day of a randomisation (mean log score {found.weekday.gain:+.3f} against "
            "all days alike)"
            if math.isfinite(found.weekday.gain)
            else "there are too few to tell whether they matter"
        )
        lines.append(
            f"Weekdays: most on {busiest} ({counts.max():.0f}), fewest on {quietest} ({counts.min():.0f}); {score}. "
            "They move a date by days only, and are not in the scenario."
        )
    if found.year_end is not None:
        low, middle, high = found.year_end
        lines.append(
            f"Around New Year (20 December to 2 January) the rate is {middle:.2f} times the usual (80 % interval "
            f"{low:.2f} to {high:.2f}; where the data have no New Year, this is the prior)."
        )
    return tuple(lines)
