"""What the pages of forecasts, fits and backtests say about the data, and about how uncertain a backtest's figures
are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.forecast.backtest.held import record
from sim.forecast.backtest.scores import Score
from sim.forecast.backtest.study import CutResult
from sim.forecast.backtest.track_record import LABELS, of_method, resampled
from sim.forecast.continued.told import said_notes
from sim.report.plain_page import PageSection
from sim.report.words import percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.exchange.observed import ObservedTrial


def account_sections(trials: Sequence[ObservedTrial]) -> list[PageSection]:
    """How the data were interpreted, as a section of a page; empty if nothing needed to be interpreted.

    Args:
        trials: the observed trials; lines name the trial if there are several.
    """
    lines = [f"{trial.name}: {line}" if len(trials) > 1 else line for trial in trials for line in trial.account.lines()]
    return [PageSection("data", "What was taken from the data, and how?", lines=tuple(lines))] if lines else []


def told_lines(trials: Sequence[ObservedTrial]) -> tuple[str, ...]:
    """What the user said of recruitment besides the data (options such as a closing date), a sentence each.

    Args:
        trials: the observed trials; sentences name the trial if there are several.
    """
    return tuple(
        f"{trial.name}: {note}." if len(trials) > 1 else f"{note[0].upper()}{note[1:]}."
        for trial in trials
        for note in said_notes(trial)
    )


def method_names(methods: pd.DataFrame) -> list[str]:
    """The names of the rows of `by_method`; one that was not scored on all trials says on how many.

    Args:
        methods: scores, a row for each method, with the number of `trials` on which it was scored.
    """
    of = int(methods["trials"].max())
    return [
        LABELS[str(method)] + (f" ({n} of {of} trials)" if n < of else "")
        for method, n in methods["trials"].astype(int).items()
    ]


def number_or_dash(value: float) -> str:
    """A ratio with two decimals, or a dash if it is not finite."""
    return f"{value:.2f}" if math.isfinite(value) else "–"


def days_or_never(value: float) -> str:
    """Whole days, or 'never' for infinity."""
    return f"{value:,.0f}" if math.isfinite(value) else "never"


def days_between(found: Score) -> str:
    """The 80 % interval of the days left; its end is not said beyond what the track record supports."""
    furthest = record()["all"].furthest * found.median_days
    high = f"over {furthest:,.0f}" if furthest < found.high80 < math.inf else days_or_never(found.high80)
    return f"{days_or_never(found.low80)} to {high}"


def backtest_headline(results: Sequence[CutResult], cuts: pd.DataFrame) -> str:
    """The track record in one sentence: coverage of the 80 % interval, and the median miss in days.

    Args:
        results: the cuts of all trials.
        cuts: the same, one row per cut, method and goal, as in `cuts.csv`.
    """
    row = of_method(cuts)
    trials = int(row["trials"])
    where = f"{trials} trials" if trials > 1 else results[0].trial
    miss = days_or_never(row["median_absolute_error_days"])
    if len(results) == 1:
        return (
            f"The 80 % interval of the one forecast made on the way through {where} "
            f"{'had' if row['covers_80'] else 'did not have'} the day of the last randomisation; its median missed by "
            f"{miss} days."
        )
    return (
        f"Of {len(results)} forecasts made on the way through {where}, 80 % intervals had the day of the last "
        f"randomisation in {percent(row['covers_80'])}; half of the medians missed by {miss} days or less."
    )


def uncertainty_lines(cuts: pd.DataFrame) -> tuple[str, ...]:
    """How uncertain the figures of a backtest are, given that cuts of one trial share one future.

    Args:
        cuts: one row per cut, method and goal, as in `cuts.csv`.

    Returns:
        One sentence with 90 % intervals from resampled trials; for too few trials, a sentence that says so.
    """
    ends = resampled(cuts)
    if not ends:
        return (
            "Cuts of one trial share one future, so a single trial says little of how far to trust the next forecast: "
            "see the track record over many.",
        )
    crps, count, cover = ends["relative_log_crps"], ends["relative_count_crps"], ends["covers_80"]
    return (
        f"With other trials like these the figures would differ: resampling trials gives a relative log CRPS of "
        f"{crps[0]:.2f} to {crps[1]:.2f}, a relative 90-day CRPS of {count[0]:.2f} to {count[1]:.2f} and a coverage of "
        f"the 80 % interval of {percent(cover[0])} to {percent(cover[1])} (90 % intervals).",
    )
