"""The track record over many trials as a page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.forecast.backtest.baselines import REFERENCE
from sim.forecast.backtest.held import Held
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
    near_table,
    resampled,
)
from sim.report.forecast.data_words import number_or_dash
from sim.report.words import percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.forecast.backtest.whole_record import WholeRecord

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
- **of trials**: the mean over trials of each one's own relative log CRPS. A trial whose rate was constant, on which
  nothing can do better than 1, counts as much there as one that was ten times as hard; in the ratio of means less.
- **miss**: distance of the median from the truth, over the time that was left.
- **scored**: of how many trials. A forecast that needs sites is scored only where there are sites, and compared with
  the homogeneous Poisson process on those.
"""
_NEAR = """\
Counts that are covered are within a central interval of at least 80 %, ends included. Miss: participants, or for dates
the distance of the log of the days remaining. In brackets: standard error, trials resampled.
"""
_CAUTIONS = """\
A caution is kept if intervals held less often where it was given. Forecasts of this table are made on even days, since
those at shares of the target are made on the day of a randomisation and never in a silence. Two were dropped: that a
trial had lately gone much faster "and may not stay so" (in 47 forecasts at shares of the target intervals held as often
as elsewhere, and medians were no later than elsewhere) or slower "and may go on slowing" (intervals held in all 7), and
that many sites were new (79 % against 82 %).
"""
_LIMITS = """\
## How uncertain are these figures?

Seven cuts of one trial share one future, and the twelve countries of IST are parts of one trial with one closing date,
so there are about {whole} independent trials here, not {trials}. {resampled} On eight independent trials a correct 80 %
interval would score anything from 66 to 93 % by chance. The kinds of trial were chosen with these trials in sight (see
[the choice](choice.md)), so the figures flatter them; other trials are the real test.

What these figures do not say: the final number was known to every forecast as the target, as it is in a running trial,
but a target that changes on the way is not forecast by anything.
"""


def track_record_page(whole: WholeRecord) -> str:
    """The page, as Markdown.

    Args:
        whole: backtests of many trials, at shares of their targets and on even days.
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
        _near(near_table(record.results, whole.whole_of)),
        "",
        _NEAR,
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
        return "With so few trials nothing can be said of how far they would vary."
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
Trials with four sites or more, forecast again as if it had been planned from the start on which day each site would
open (here: have its first person), and it had. Log CRPS is the mean over trials, relative to the homogeneous Poisson
process.
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
    return "\n".join([*lines, "", _OPENINGS])


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
        covers = f"{percent(float(row['covers_80']))} ({percent(float(row['covers_80_se']))})"
        lines.append(_row(str(question), f"{row['forecasts']:.0f}", covers, f"{row['mean_miss']:.2f}"))
    return "\n".join(lines)


def _cautions(table: pd.DataFrame) -> str:
    lines = _head("caution", "given", "of trials", "80 % covers with it", "without it", "mean log error with it")
    for caution, row in table.iterrows():
        covers = [percent(float(value)) if np.isfinite(value) else "-" for value in row.iloc[2:4]]
        lines.append(_row(str(caution), f"{row.iloc[0]:.0f}", f"{row.iloc[1]:.0f}", *covers, f"{row.iloc[4]:+.2f}"))
    return "\n".join(lines)
