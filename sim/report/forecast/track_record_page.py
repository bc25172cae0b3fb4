"""The track record over many trials as a page of the documentation.

A benchmark writes it from real enrolment curves that are not part of the program. Its prose is fixed here and its
figures are filled in, so that text and tables cannot part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.forecast.backtest.baselines import REFERENCE
from sim.forecast.backtest.held import Held
from sim.forecast.backtest.rates_known import SPREADS
from sim.forecast.backtest.scores import Score
from sim.forecast.backtest.study import METHOD, CutResult
from sim.forecast.backtest.track_record import (
    LABELS,
    MOST,
    WHOLE,
    TrackRecord,
    by_method,
    by_trial,
    caution_table,
    resampled,
)
from sim.report.forecast.data_words import number_or_dash
from sim.report.words import percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.forecast.backtest.whole_record import WholeRecord
    from sim.forecast.event_record import EventForecast

_LEVELS = (50, 80, 95, 99)
_INTRO = """\
# Track record: how far to trust a forecast

<!-- Made by `python benchmarks/forecast_track_record.py DATA`; a test holds it to what the program does. -->

Forecasts of {trials} real enrolment curves, made on the way at {cuts} cuts (20, 30, ... 80 % of the final number), each
with only what was known on that day, and compared with what happened. The configuration was frozen; [how it works and
how it was chosen](method.md) is on a separate page. The data are not part of the program.
"""
_READING = """\
- **80 % covers**: how often the 80 % interval contained the day of the last randomisation.
- **log CRPS**: mean score of the forecast of log(days remaining), relative to a homogeneous Poisson process with a
  gamma posterior, that is, "the rate so far goes on". Less is better; 1 is no better than that.
- **90-day CRPS**: the same for the number randomised in the next 90 days.
- **mean log error**: above 0 is too late; +0.10 is 10 % too late.
- **of trials**: the mean over trials of each trial's own relative log CRPS. A trial with a constant rate, on which
  nothing can do better than 1, counts here as much as one that is ten times as hard; in the ratio of means it counts
  less.
- **miss**: distance of the median from the truth, divided by the time that was left.
- **scored**: on how many trials. A forecast that needs sites is scored only on trials with sites, and compared with the
  homogeneous Poisson process on those.
"""
_NEAR = """\
A count is covered if it is within a central interval of at least 80 %, ends included. Miss: participants, or for dates
the distance in the log of the days remaining. In brackets: standard error, with trials resampled. By country: the
twelve of IST, forecast together as one trial, so the error of this figure cannot be estimated.
"""
_CAUTIONS = """\
A caution is kept if intervals held less often where it was given. The forecasts of this table are made on evenly spaced
days, since those at shares of the target are always made on the day of a randomisation and never during a silence. Two
cautions were dropped. One said that a trial had lately gone much faster "and may not stay so" (in 47 forecasts at
shares of the target, intervals held as often as elsewhere, and medians were no later) or slower "and may go on slowing"
(intervals held in all 7). The other said that many sites were new (79 % against 82 %).
"""
_LIMITS = """\
## How uncertain are these figures?

Seven cuts of one trial share one future, and the twelve countries of IST are parts of one trial with one closing date,
so there are about {whole} independent trials here, not {trials}. {resampled} On eight independent trials a correct 80 %
interval would score anything from 66 to 93 % by chance. The kinds of trial were chosen with these trials in sight (see
[the choice](choice.md)), so the figures flatter them; other trials are the real test.

These figures have a limit: every forecast knew the final number as its target, as in a running trial, but no forecast
predicts that a target will change.
"""


def track_record_page(whole: WholeRecord, events: Sequence[EventForecast]) -> str:
    """The page, as Markdown.

    Args:
        whole: backtests of many trials, at shares of their targets and on even days.
        events: forecasts of dates of events on the way through trials whose data say who left.

    Returns:
        The text of `docs`' page on the track record, with its tables.
    """
    record = whole.record
    cuts = record.cuts
    parts = [
        _INTRO.format(trials=len(record.trials), cuts=len(record.results)),
        _panels(cuts, whole.panel_of),
        "## Beside simpler forecasts\n",
        _methods(record, WHOLE),
        "\nThe day on which 90 % of the target is reached, since the last few are a tail:\n",
        _methods(record, MOST),
        "",
        _READING,
        "## Trial by trial\n",
        _trials(record),
        "\n## Early and late\n",
        _by_cut(cuts),
        "\nThis is what a forecast says of its own stage, and of trials that went like it. The error is a standard\n"
        "error, with trials resampled, IST being one:\n",
        _held(whole.held()),
        "\n## Had it been known when sites would open\n",
        _openings(whole),
        "## Near questions\n",
        _near(whole.near_table()),
        "",
        _NEAR,
        "## Dates of events\n",
        _events(events),
        "## Cautions\n",
        _cautions(caution_table(whole.evenly)),
        "",
        _CAUTIONS,
        _LIMITS.format(
            trials=len(record.trials),
            whole=len({whole.whole_of.get(trial.name, trial.name) for trial in record.trials}),
            resampled=_resampled(cuts),
        ),
    ]
    return "\n".join(parts)


def _resampled(cuts: pd.DataFrame) -> str:
    ends = resampled(cuts)
    if not ends:
        return "With so few trials, nothing is known about how far they would vary."
    return (
        f"Resampling trials gives 90 % intervals of {ends['relative_log_crps'][0]:.2f} to "
        f"{ends['relative_log_crps'][1]:.2f} for the relative log CRPS, {ends['relative_count_crps'][0]:.2f} to "
        f"{ends['relative_count_crps'][1]:.2f} for the 90-day CRPS, and {percent(ends['covers_80'][0])} to "
        f"{percent(ends['covers_80'][1])} for the coverage of the 80 % interval."
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|" + "---|" * len(cells)]


_SHORT = "eventpred_piecewise", "eventpred_pool"


def _panels(cuts: pd.DataFrame, panel_of: dict[str, str]) -> str:
    """What was asked of the forecasts, and what they gave, panel by panel; two published ones beside them."""
    names = [
        "trials",
        "80 % covers",
        "least at a cut",
        "log CRPS",
        "of trials",
        "miss",
        "90 days, 80 % covers",
        "worst",
    ]
    asked = ["", "75 to 85 %", "70 %", "", "0.62, IST 0.55", "0.38", "75 %", "1.6"]
    lines = [*_head("panel", "forecast", *names), _row("*asked*", "", *asked)]
    for panel in dict.fromkeys(panel_of.values()):
        part = cuts[cuts["trial"].map(panel_of) == panel]
        table = by_method(part)
        for method in (METHOD, *_SHORT):
            row = table.to_dict("index")[method]
            whole = part[(part["goal"] == WHOLE) & (part["method"] == method)]
            least = whole.groupby("cut")["covers_80"].mean().min()
            worst = by_trial(part, method)["relative_log_crps"]
            figures = [
                f"{row['trials']:.0f}", percent(float(row["covers_80"])), percent(float(least)),
                number_or_dash(float(row["relative_log_crps"])), f"{row['relative_log_crps_of_trials']:.2f}",
                f"{row['mean_relative_miss']:.2f}", percent(float(row["count_covers_80"])),
                f"{worst.max():.2f} ({worst.idxmax()})",
            ]  # fmt: skip
            lines.append(_row(panel, LABELS[method], *figures))
    mine = cuts[(cuts["goal"] == WHOLE) & (cuts["method"] == METHOD)]
    outside = int((~mine["covers_99"]).sum())
    return "\n".join([*lines, "", f"Outside the 99 % interval: {outside} of {len(mine)}.", ""])


def _methods(record: TrackRecord, goal: str) -> str:
    is_whole = goal == WHOLE
    names = [*(f"{level} % covers" for level in _LEVELS[:3]), "mean log error", *(["90-day CRPS"] if is_whole else [])]
    lines = _head("forecast of the day of the " + goal, "scored", "log CRPS", "of trials", *names)
    for method, row in record.methods(goal).iterrows():
        covers = [percent(float(row[f"covers_{level}"])) for level in _LEVELS[:3]]
        count = [number_or_dash(float(row["relative_count_crps"]))] if is_whole else []
        score = [number_or_dash(float(row[name])) for name in ("relative_log_crps", "relative_log_crps_of_trials")]
        scored = f"{row['trials']:.0f}"
        lines.append(_row(LABELS[str(method)], scored, *score, *covers, f"{row['mean_log_error']:+.2f}", *count))
    return "\n".join(lines)


def _trials(record: TrackRecord) -> str:
    lines = _head("trial", "randomised", "cuts", "log CRPS", "90-day CRPS", "mean log error", "80 % covers")
    for trial, row in record.by_trial().iterrows():
        scores = [number_or_dash(float(row[name])) for name in ("relative_log_crps", "relative_count_crps")]
        rest = f"{row['mean_log_error']:+.2f}", percent(float(row["covers_80"]))
        lines.append(_row(str(trial), f"{row['target']:.0f}", f"{row['cuts']:.0f}", *scores, *rest))
    return "\n".join(lines)


def _by_cut(cuts: pd.DataFrame) -> str:
    """Cut by cut: early ones are harder."""
    mine = cuts[(cuts["goal"] == WHOLE) & (cuts["method"] == METHOD)]
    lines = _head("made at", "cuts", "80 % covers", "mean log error", "rms log error")
    for label, part in mine.groupby("cut"):
        error = part["log_error"]
        found = f"{error.mean():+.2f}", f"{float((error**2).mean() ** 0.5):.2f}"
        lines.append(_row(str(label), str(len(part)), percent(float(part["covers_80"].mean())), *found))
    return "\n".join(lines)


def _held(rows: list[Held]) -> str:
    lines = _head("forecasts", "number", "of trials", "80 % covers", "error", "90 days, 80 % covers", "median too late")
    for row in rows:
        covers = percent(row.covers_80), percent(row.covers_80_se), percent(row.count_covers_80)
        lines.append(_row(row.where, str(row.cuts), str(row.trials), *covers, f"{100 * row.late:+.0f} %"))
    return "\n".join(lines)


_OPENINGS = """\
Trials with four or more sites were forecast again as if the day on which each site opens (here: has its first person)
had been planned from the start, and had come true. Log CRPS is the mean over trials, relative to the homogeneous
Poisson process.
"""


def _openings(whole: WholeRecord) -> str:
    """The same cuts with and without the days on which sites will open."""
    lines = _head("panel", "trials", "log CRPS without", "with", "80 % covers without", "with", "miss without", "with")
    planned = {(result.trial, result.cut.label): result.scores[METHOD] for result in whole.planned}
    kept = [result for result in whole.record.results if (result.trial, result.cut.label) in planned]
    for panel in dict.fromkeys(whole.panel_of.values()):
        mine = [result for result in kept if whole.panel_of[result.trial] == panel]
        names = list(dict.fromkeys(result.trial for result in mine))
        pairs = [
            [(result, result.scores[METHOD]) for result in mine],
            [(result, planned[(result.trial, result.cut.label)]) for result in mine],
        ]
        cells = [f"{_mean_ratio(some, names):.2f}" for some in pairs]
        cells += [percent(float(np.mean([score.covers(0.8) for _, score in some]))) for some in pairs]
        misses = [[abs(score.error_days) / max(result.true_days, 1.0) for result, score in some] for some in pairs]
        cells += [f"{np.mean(miss):.2f}" for miss in misses]
        lines.append(_row(panel, str(len(names)), *cells))
    return "\n".join([*lines, "", _OPENINGS, _rates_known(whole)])


_RATES_KNOWN = """\
What is left to gain: the same cuts, forecast from the true openings and each site's true mean rate over the whole
trial, its future included, which nobody knows; as a Poisson process, and with the spread of a factor common to all
sites that scores best in hindsight. The 0.45 that was asked for with sites and openings known is about what this
scores. So openings alone cannot give it: the rest is how fast sites will be from now on, which the data do not say.
"""


def _rates_known(whole: WholeRecord) -> str:
    """What a forecast would have scored that knew how fast each site would be."""
    lines = _head("panel", "log CRPS, Poisson", "80 % covers", "best spread", "log CRPS with it", "80 % covers")
    reference = {(r.trial, r.cut.label): r.scores[REFERENCE].log_crps for r in whole.record.results}
    for panel in dict.fromkeys(whole.panel_of[one.trial] for one in whole.rates_known):
        found = {}
        for spread in SPREADS:
            mine = [one for one in whole.rates_known if one.spread == spread and whole.panel_of[one.trial] == panel]
            ratios = [
                sum(one.log_crps for one in mine if one.trial == name)
                / sum(reference[(one.trial, one.cut)] for one in mine if one.trial == name)
                for name in dict.fromkeys(one.trial for one in mine)
            ]
            found[spread] = (
                float(np.mean(ratios)),
                percent(float(np.mean([0.1 <= one.position <= 0.9 for one in mine]))),
            )
        best = min(found, key=lambda spread: found[spread][0])
        cells = [f"{found[0.0][0]:.2f}", found[0.0][1], f"{best:g}", f"{found[best][0]:.2f}", found[best][1]]
        lines.append(_row(panel, *cells))
    return "\n".join([*lines, "", _RATES_KNOWN])


def _mean_ratio(some: list[tuple[CutResult, Score]], names: list[str]) -> float:
    """Mean over trials of the relative log CRPS of some scores."""
    ratios = [
        sum(score.log_crps for result, score in some if result.trial == name)
        / sum(result.scores[REFERENCE].log_crps for result, _ in some if result.trial == name)
        for name in names
    ]
    return float(np.mean(ratios))


def _near(table: pd.DataFrame) -> str:
    lines = _head("question", "forecasts", "80 % covers", "mean miss")
    for question, row in table.iterrows():
        error = percent(float(row["covers_80_se"])) if np.isfinite(row["covers_80_se"]) else "–"
        covers = f"{percent(float(row['covers_80']))} ({error})"
        lines.append(_row(str(question), f"{row['forecasts']:.0f}", covers, f"{row['mean_miss']:.2f}"))
    return "\n".join(lines)


_EVENTS = """\
Events are participants who left, in the only trial here whose data record this. During the trial, `fit` and `forecast`
were asked for the day of an event that was 10, 25 or 50 % of all events ahead. One trial proves little.
"""


def _events(forecasts: Sequence[EventForecast]) -> str:
    lines = _head("trial", "made at", "events so far", "event", "happened after", "forecast (80 %)", "held")
    for one in forecasts:
        high = f"{one.high:,.0f}" if np.isfinite(one.high) else "never"
        days = f"{one.true_days:,.0f} days", f"{one.median:,.0f} ({one.low:,.0f} to {high})"
        lines.append(
            _row(one.trial, one.cut, str(one.so_far), str(one.event), *days, "yes" if one.is_covered else "no")
        )
    n = sum(one.is_covered for one in forecasts)
    return "\n".join([*lines, "", f"80 % intervals held in {n} of {len(forecasts)}.", "", _EVENTS])


def _cautions(table: pd.DataFrame) -> str:
    lines = _head("caution", "given", "of trials", "80 % covers with it", "without it", "mean log error with it")
    for caution, row in table.iterrows():
        covers = [percent(float(value)) if np.isfinite(value) else "-" for value in row.iloc[2:4]]
        lines.append(_row(str(caution), f"{row.iloc[0]:.0f}", f"{row.iloc[1]:.0f}", *covers, f"{row.iloc[4]:+.2f}"))
    return "\n".join(lines)
