"""Tables and figures of a backtest: forecasts beside what happened, and scores beside those of simpler methods.

Scores are in `sim.forecast.backtest`; a relative score is a ratio to that of a homogeneous Poisson process, below 1 is
better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from sim.forecast.backtest.baselines import REFERENCE
from sim.forecast.backtest.study import METHOD, CutResult
from sim.forecast.backtest.track_record import LABELS, MOST, WHOLE, by_method, by_trial, of_method
from sim.report.exhibits import Exhibit, Table
from sim.report.forecast.data_words import days_between, days_or_never, method_names, number_or_dash
from sim.report.style import BAND_INNER, BLUE, GREY, INK, WORSE, figure, plain, rounded, series
from sim.report.words import percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.exchange.observed import ObservedTrial

_FANS = 3  # fans in one chart
_LEVELS = (50.0, 80.0, 95.0, 99.0)
_FUTURE_SHARE = 0.5  # of the trial's length, shown beyond its end
_MOST_TIMES = 50.0  # of a forecast that is far too long, in a chart


def _method_table(cuts: pd.DataFrame, goal: str) -> Table:
    rows, methods = [], by_method(cuts, goal)
    for name, (_, row) in zip(method_names(methods), methods.iterrows(), strict=True):
        covers = [percent(float(row[f"covers_{level:g}"])) for level in _LEVELS]
        count = (
            [number_or_dash(float(row["relative_count_crps"])), percent(float(row["count_covers_80"]))]
            if goal == WHOLE
            else []
        )
        errors = [f"{row['mean_log_error']:+.2f}", days_or_never(float(row["median_absolute_error_days"]))]
        rows.append((name, number_or_dash(float(row["relative_log_crps"])), *covers, *errors, *count))
    columns = (
        "forecast", "log CRPS, relative", "50 % covers", "80 % covers", "95 % covers", "99 % covers", "mean log error",
        "median miss, days", *(("90-day CRPS, relative", "90-day 80 % covers") if goal == WHOLE else ()),
    )  # fmt: skip
    return Table(f"Forecasts of the {goal}, all cuts", columns, tuple(rows))


def trial_table(cuts: pd.DataFrame) -> Table:
    """Scores of this program, one row per trial.

    Args:
        cuts: one row per cut, method and goal, as in `cuts.csv`.

    Returns:
        Relative scores, mean error of the log of the days remaining (above 0 is too late), and coverage in per cent.
    """
    rows = [
        (
            str(trial), f"{row['target']:,.0f}", f"{row['cuts']:.0f}",
            number_or_dash(float(row["relative_log_crps"])), number_or_dash(float(row["relative_count_crps"])),
            f"{row['mean_log_error']:+.2f}", percent(float(row["covers_80"])),
            percent(float(row["covers_99"])),
        )
        for trial, row in by_trial(cuts).iterrows()
    ]  # fmt: skip
    columns = (
        "trial", "randomised", "cuts", "log CRPS, relative", "90-day CRPS, relative", "mean log error", "80 % covers",
        "99 % covers",
    )  # fmt: skip
    return Table("This program on each trial", columns, tuple(rows))


def _cut_rows(results: Sequence[CutResult]) -> Table:
    rows = []
    for result in results:
        found = result.scores[METHOD]
        happened = result.cut.when + timedelta(days=round(result.true_days))
        interval = days_between(found)
        warned = "; ".join(result.cautions.values()) or "nothing"
        rows.append(
            (
                result.trial, result.cut.label, str(result.cut.when), f"{result.n} of {result.target}",
                f"{result.true_days:,.0f} ({happened})", days_or_never(found.median_days), interval,
                f"{found.error_days:+,.0f}" if math.isfinite(found.error_days) else "never",
                f"{found.count_median:.0f} for {result.true_count}", warned,
            )
        )  # fmt: skip
    columns = (
        "trial", "cut", "as of", "randomised", "days to the last (when)", "forecast, median", "80 % interval",
        "miss, days", "next 90 days", "warned of",
    )  # fmt: skip
    return Table("Every cut: what was forecast and what happened", columns, tuple(rows))


# --- figures


def fans(trial: ObservedTrial, results: Sequence[CutResult]) -> Exhibit:
    """The observed curve, with the forecasts made at up to three cuts: the first, the last and one between.

    Args:
        trial: the whole trial.
        results: its cuts, each with forecast and outcome.

    Returns:
        A figure up to half a trial's length after its end; its table has every cut.
    """
    chosen = [
        results[i] for i in np.unique(np.linspace(0, len(results) - 1, min(_FANS, len(results))).round().astype(int))
    ]
    found = figure(420, yaxis={"title": "participants randomised", "rangemode": "tozero"}, hovermode="closest")
    end = trial.now * (1 + _FUTURE_SHARE)
    for i, result in enumerate(chosen):
        look = series(i + 1)
        inside = result.fan_days <= end
        x = [str(trial.date_of(day)) for day in result.fan_days[inside]]
        low, middle, high = (result.fan[k, inside].tolist() for k in (1, 3, 5))
        colour = _faint(look.colour)
        found.add_trace(go.Scatter(x=x, y=low, mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip"))
        found.add_trace(
            go.Scatter(
                x=x, y=high, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=colour, hoverinfo="skip",
                showlegend=False,
            )
        )  # fmt: skip
        found.add_trace(
            go.Scatter(
                x=x, y=middle, mode="lines", line={"color": look.colour, "width": 2, "dash": look.dash},
                name=plain(f"forecast at {result.cut.label}: median and 80 %"),
                hovertemplate="%{x|%Y-%m-%d}: median %{y}<extra></extra>",
            )
        )  # fmt: skip
    days = trial.days
    found.add_trace(
        go.Scatter(
            x=[str(trial.first), *(str(trial.date_of(day)) for day in days)], y=[0, *range(1, len(days) + 1)],
            mode="lines", line={"color": INK, "width": 3, "shape": "hv"}, name="what happened",
            hovertemplate="%{x|%Y-%m-%d}: %{y} randomised<extra></extra>",
        )
    )  # fmt: skip
    found.add_hline(y=results[0].target, line={"color": GREY, "width": 1.5, "dash": "dot"})
    found.update_xaxes(range=[str(trial.first), str(trial.date_of(end))])
    inside80 = sum(result.scores[METHOD].covers(0.8) for result in results)
    return Exhibit(
        "fans",
        "What was forecast, and what happened",
        f"The day of the last randomisation was inside the 80 % interval at {inside80} of {len(results)} cuts.",
        "Bands: 80 % of the simulated futures, from what was known at the cut.",
        found,
        _cut_rows(results),
    )


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.15)"


def coverage(cuts: pd.DataFrame) -> Exhibit:
    """Nominal coverage of intervals against the share that contained the truth, for every method.

    Args:
        cuts: one row per cut, method and goal, as in `cuts.csv`.

    Returns:
        A line per method over intervals of 50, 80, 95 and 99 %; its table has all scores of the day of the last
        randomisation.
    """
    table = by_method(cuts)
    found = figure(420, hovermode="closest")
    found.add_trace(
        go.Scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            line={"color": GREY, "dash": "dot"},
            showlegend=False,
            hoverinfo="skip",
        )
    )
    for i, (method, row) in enumerate(table.iterrows()):
        look = series(i)
        kept = [100 * float(row[f"covers_{level:g}"]) for level in _LEVELS]
        found.add_trace(
            go.Scatter(
                x=list(_LEVELS), y=rounded(kept, 1), mode="lines+markers", name=plain(LABELS[str(method)]),
                line={"color": look.colour, "dash": look.dash, "width": 3 if method == METHOD else 1.5},
                marker={"symbol": look.marker, "size": 9},
                hovertemplate=f"{plain(LABELS[str(method)])}: %{{x}} % intervals covered %{{y:.0f}} %<extra></extra>",
            )
        )  # fmt: skip
    found.update_xaxes(title="what an interval promises, %", range=[45, 101], tickvals=list(_LEVELS))
    found.update_yaxes(title="how often it contained the truth, %", range=[0, 103])
    mine = of_method(cuts)
    return Exhibit(
        "coverage",
        "Do intervals keep what they promise?",
        f"80 % intervals of this program contained the truth in {percent(mine['covers_80'])} of {mine['cuts']:.0f} "
        f"cuts; those of the homogeneous Poisson process in "
        f"{percent(float(table['covers_80'][REFERENCE]))}.",
        "On the dotted line an interval keeps exactly what it promises; below it, it promises too much.",
        found,
        _method_table(cuts, WHOLE),
    )


def ratios(results: Sequence[CutResult]) -> Exhibit:
    """For every cut, the days forecast as a multiple of the days that remained, with the 80 % interval, on a log scale.

    Args:
        results: cuts of one or more trials; each trial has a row, with its early cuts at the top.
    """
    found = figure(max(320, 40 * len({r.trial for r in results}) + 120), hovermode="closest")
    names = list(dict.fromkeys(result.trial for result in results))
    for result in results:
        score = result.scores[METHOD]
        truth = max(result.true_days, 0.5)
        y = names.index(result.trial) + (result.n / result.target - 0.5) * 0.7
        low, high = score.low80 / truth, min(score.high80 / truth, _MOST_TIMES)
        is_in = score.covers(0.8)
        found.add_trace(
            go.Scatter(
                x=rounded([low, high]), y=[y, y], mode="lines", hoverinfo="skip", showlegend=False,
                line={"color": BAND_INNER if is_in else WORSE, "width": 3 if is_in else 2},
            )
        )  # fmt: skip
        found.add_trace(
            go.Scatter(
                x=rounded([score.median_days / truth]), y=[y], mode="markers", showlegend=False,
                marker={"color": BLUE if is_in else WORSE, "size": 6, "symbol": "circle" if is_in else "x"},
                hovertemplate=f"{plain(result.trial)} at {result.cut.label}: forecast %{{x:.2f}} times<extra></extra>",
            )
        )  # fmt: skip
    found.add_vline(x=1, line={"color": INK, "width": 1.5})
    found.update_xaxes(
        type="log", title="forecast days remaining ÷ days that remained", tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10]
    )
    found.update_yaxes(tickvals=list(range(len(names))), ticktext=[plain(name) for name in names], autorange="reversed")
    outside = [result for result in results if not result.scores[METHOD].covers(0.99)]
    silent = sum(not result.cautions for result in outside)
    return Exhibit(
        "ratios",
        "Every forecast beside what happened",
        f"Medians and 80 % intervals, early cuts at the top of each row; red where the truth is outside. "
        f"{len(outside)} of {len(results)} were outside the 99 % interval, {silent} of them without a warning.",
        "1: the forecast was right; 2: twice as long as it took.",
        found,
        _cut_rows(results),
    )


def scores(cuts: pd.DataFrame) -> Exhibit:
    """Mean CRPS of every method relative to the homogeneous Poisson process, as bars; below 1 is better.

    Args:
        cuts: one row per cut, method and goal, as in `cuts.csv`.

    Returns:
        A figure; its table is of the day on which 90 % are randomised, if that was forecast, and otherwise None.
    """
    table = by_method(cuts)
    names = [LABELS[str(method)] for method in table.index]
    found = figure(40 * len(names) + 90, barmode="group", bargap=0.3)
    for i, (column, name) in enumerate(
        (("relative_log_crps", "log of the days remaining"), ("relative_count_crps", "number in the next 90 days"))
    ):
        found.add_trace(
            go.Bar(
                orientation="h", y=names, x=rounded(table[column].to_numpy()), name=name,
                marker={"color": series(i).colour, "pattern": {"shape": "" if i == 0 else "/"}},
                hovertemplate="%{y}: %{x:.2f}<extra></extra>",
            )
        )  # fmt: skip
    found.add_vline(x=1, line={"color": GREY, "dash": "dot"})
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title="mean CRPS relative to homogeneous Poisson (less is better)")
    row = of_method(cuts)
    time, count = (number_or_dash(row[name]) for name in ("relative_log_crps", "relative_count_crps"))
    return Exhibit(
        "scores",
        "How close do forecasts come?",
        f"The mean CRPS of this program's forecasts is {time} of the homogeneous Poisson process's for the log of the "
        f"days remaining, and {count} for the number in the next 90 days.",
        "CRPS rewards forecasts that are near and sure; a narrow one that is wrong is punished.",
        found,
        _method_table(cuts, MOST) if (cuts["goal"] == MOST).any() else None,
    )
