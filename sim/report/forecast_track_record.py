"""The track record over many trials as a page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.forecast.backtest import METHOD
from sim.forecast.track_record import LABELS, MOST, WHOLE, TrackRecord, of_method, resampled
from sim.report.forecast_words import number_or_dash
from sim.report.words import percent

if TYPE_CHECKING:
    import pandas as pd

_LEVELS = (50, 80, 95, 99)
_INTRO = """\
# Track record: how far to trust a forecast

<!-- Made by `python benchmarks/forecast_track_record.py DATA`; a test holds it to what the program does. -->

Forecasts of {trials} real enrolment curves, made on the way at {cuts} cuts (20, 30, ... 80 % of the final number), each
with only what was known on that day, and compared with what happened. One frozen configuration; [how it works and how
it was chosen](method.md) is a page of its own. The data are not part of the program.
"""
_READING = """\
- **80 % covers**: how often the interval that is called 80 % had the day of the last randomisation in it.
- **log CRPS**: mean score of the forecast of log(days remaining), relative to a homogeneous Poisson process with a
  gamma posterior, which is what "the rate so far goes on" amounts to. Less is better; 1 is no better than that.
- **90-day CRPS**: the same for the number randomised in the next 90 days.
- **mean log error**: above 0 is too late; +0.10 is 10 % too late.
"""
_LIMITS = """\
## How uncertain are these figures?

Seven cuts of one trial share one future, and the twelve countries are parts of one trial with one closing date, so
there are about four independent trials here, not {trials}. {resampled} On eight independent trials a correct 80 %
interval would score anything from 66 to 93 % by chance. The settings were chosen with these trials (see [the
method](method.md)), so the figures flatter them; other trials are the real test.

What these figures do not say: the final number was known to every forecast as the target, as it is in a running trial,
but a target that changes on the way is not forecast by anything.
"""


def track_record_page(record: TrackRecord) -> str:
    """The page, as Markdown.

    Args:
        record: backtests of many trials, at shares of their targets.
    """
    cuts = record.cuts
    ends = resampled(cuts)
    text = (
        f"Resampling trials gives 90 % intervals of {ends['relative_log_crps'][0]:.2f} to "
        f"{ends['relative_log_crps'][1]:.2f} for the relative log CRPS, {ends['relative_count_crps'][0]:.2f} to "
        f"{ends['relative_count_crps'][1]:.2f} for the 90-day CRPS, and {percent(ends['covers_80'][0])} to "
        f"{percent(ends['covers_80'][1])} for the coverage of the 80 % interval."
        if ends
        else "With so few trials nothing can be said of how far they would vary."
    )
    parts = [
        _INTRO.format(trials=len(record.trials), cuts=len(record.results)),
        _targets(record),
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
        "",
        _LIMITS.format(trials=len(record.trials), resampled=text),
    ]
    return "\n".join(parts)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|" + "---|" * len(cells)]


def _targets(record: TrackRecord) -> str:
    """What was asked of the forecasts, and what they gave."""
    mine, trials = of_method(record.cuts), record.by_trial()
    worst = trials["relative_log_crps"].idxmax()
    missed = int(trials["missed_99_without_warning"].sum())
    outside = sum(not result.scores[METHOD].covers(0.99) for result in record.results)
    count, most = number_or_dash(mine["relative_count_crps"]), of_method(record.cuts, goal=MOST)
    rows = [
        ("80 % intervals cover", "75 to 85 %", percent(mine["covers_80"])),
        ("50 % intervals cover", "42 to 58 %", percent(mine["covers_50"])),
        ("95 % intervals cover", "at least 90 %", percent(mine["covers_95"])),
        ("mean CRPS of log time, relative", "at most 0.65", number_or_dash(mine["relative_log_crps"])),
        ("the same for 90 % of the target", "", number_or_dash(most["relative_log_crps"])),
        ("mean CRPS of the 90-day count, relative", "at most 0.68", count),
        ("worst single trial", "at most 1.3", f"{trials['relative_log_crps'].max():.2f} ({worst})"),
        ("outside the 99 % interval", "", f"{outside} of {len(record.results)}"),
        ("of those, without a warning in the report", "0", str(missed)),
    ]
    return "\n".join([*_head("", "asked", "found"), *(_row(*row) for row in rows), ""])


def _methods(record: TrackRecord, goal: str) -> str:
    is_whole = goal == WHOLE
    names = [*(f"{level} % covers" for level in _LEVELS[:3]), "mean log error", *(["90-day CRPS"] if is_whole else [])]
    lines = _head("forecast of the day of the " + goal, "log CRPS", *names)
    for method, row in record.methods(goal).iterrows():
        covers = [percent(float(row[f"covers_{level}"])) for level in _LEVELS[:3]]
        count = [number_or_dash(float(row["relative_count_crps"]))] if is_whole else []
        score = number_or_dash(float(row["relative_log_crps"]))
        lines.append(_row(LABELS[str(method)], score, *covers, f"{row['mean_log_error']:+.2f}", *count))
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
