"""A sweep in sentences: where the trial ends first, where last, and how far apart they are.

Points may open on other dates, so days are compared from the first point's day 0 and told as dates of each point's own.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sim.core.clock import MONTH_DAYS, Clock
from sim.experiment.sweep.points import Point
from sim.report.comparison.words import range_of
from sim.report.key_words import settings_words
from sim.report.words import Dates, estimate_of, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from sim.experiment.sweep.table import Swept


_MOST_TOLD = 2  # paths whose values are named in the first sentence


class Outcome(NamedTuple):
    """A headline of a sweep.

    Attributes:
        column: column of the sweep's table; its interval is in `<column>_low` and `<column>_high`.
        title: name in words.
        kind: 'day' (days since day 0 of the point), 'probability' (0 to 1) or 'amount' (money).
    """

    column: str
    title: str
    kind: str


def outcomes(swept: Swept) -> list[Outcome]:
    """The headlines that figures show, out of those that the table has.

    Args:
        swept: the sweep.

    Returns:
        Those that are known at some point. The 80 % date of the last randomisation gives way to that of the database
        lock; cost is left out if points count it in different currencies.
    """
    table = swept.table
    currencies = sorted({str(c) for c in table["currency"].dropna()}) if "currency" in table else []
    wanted = [
        Outcome("last_randomised_p50", "Median last randomisation", "day"),
        Outcome("last_randomised_p80", "Last randomisation, with 80 % probability by", "day"),
        Outcome("database_lock_p80", "Database lock, with 80 % probability by", "day"),
        Outcome("probability_recruitment", "Probability of the end of recruitment by the planned date", "probability"),
        Outcome(
            "probability_primary_completion", "Probability of primary completion by the planned date", "probability"
        ),
        Outcome("probability_study_completion", "Probability of study completion by the planned date", "probability"),
        Outcome("probability_never_reached", "Probability of never reaching the target", "probability"),
    ]
    if len(currencies) == 1:
        wanted.append(Outcome("mean_cost", f"Mean cost, {currencies[0]}", "amount"))
    there = [outcome for outcome in wanted if outcome.column in table and table[outcome.column].notna().any()]
    locked = any(outcome.column == "database_lock_p80" for outcome in there)
    return [outcome for outcome in there if outcome.column != "last_randomised_p80" or not locked]


def dates_at(swept: Swept, i: int) -> Dates:
    """The calendar of a point, whose day 0 is its own if `trial.enrolment_opens` is varied.

    Args:
        swept: the sweep.
        i: position of the point in the table, from 0.
    """
    clock = Clock(date.fromisoformat(str(swept.table["opens"].iloc[i])))
    return Dates(clock, swept.points[i].scenario.trial.horizon_months * MONTH_DAYS)


def _when(swept: Swept, i: int) -> str:
    return dates_at(swept, i).text(float(swept.table["last_randomised_p50"].iloc[i]))


def absolute(swept: Swept, column: str) -> list[float]:
    """A day of every point, counted from the first point's day 0, so that points that open on other dates compare.

    Args:
        swept: the sweep.
        column: column of the table, with days since day 0 of the point itself.
    """
    first = date.fromisoformat(str(swept.table["opens"].iloc[0]))
    offsets = [(date.fromisoformat(str(opens)) - first).days for opens in swept.table["opens"]]
    return [float(day) + offset for day, offset in zip(swept.table[column], offsets, strict=True)]


def _ends(swept: Swept) -> tuple[int, int]:
    """The points with the earliest and the latest median last randomisation."""
    days = absolute(swept, "last_randomised_p50")
    return min(range(len(days)), key=days.__getitem__), max(range(len(days)), key=days.__getitem__)


def in_words(point: Point) -> str:
    """The settings of a point, in words."""
    return settings_words(point.settings)


def headline(swept: Swept, said: Callable[[Point], str] = Point.described) -> str:
    """Where the median last randomisation is earliest and latest.

    Args:
        swept: the sweep.
        said: how a point is named; by default by its settings as typed.

    Returns:
        One sentence. With more than two paths it has the dates alone, and points are named by `change_sentence`.
    """
    days = absolute(swept, "last_randomised_p50")
    best, worst = _ends(swept)
    if math.isinf(days[best]):
        return "At no point is the trial fully recruited within the simulated time in half of the trials."
    if days[best] == days[worst]:
        return f"The median last randomisation is the same at every point, {_when(swept, best)}."
    if len(swept.factors) > _MOST_TOLD:
        return (
            f"Over {len(swept.points)} points, the median last randomisation lies between {_when(swept, best)} and "
            f"{_when(swept, worst)}."
        )
    return f"The median last randomisation is {extremes(swept, said)}"


def extremes(swept: Swept, said: Callable[[Point], str] = Point.described) -> str:
    """The points with the earliest and the latest median last randomisation, as the end of a sentence.

    Args:
        swept: the sweep.
        said: how a point is named; by default by its settings as typed.
    """
    best, worst = _ends(swept)
    return (
        f"earliest at {said(swept.points[best])} ({_when(swept, best)}) and latest at "
        f"{said(swept.points[worst])} ({_when(swept, worst)})."
    )


def change_sentence(swept: Swept, said: Callable[[Point], str] = Point.described) -> str | None:
    """With one path, how far the last point is from the first, paired; with three or more, where the extremes are.

    Args:
        swept: the sweep.
        said: how a point is named; by default by its settings as typed.

    Returns:
        None for two paths, a range, or a change that is 0 or unknown.
    """
    if len(swept.factors) > _MOST_TOLD:
        return f"It is {extremes(swept, said)}"
    if len(swept.factors) != 1 or swept.factors[0].is_range:
        return None
    row = swept.table.iloc[-1]
    change = estimate_of(row, "last_randomised_p50_later")
    if not math.isfinite(change.value) or change.value == 0.0:
        return None
    way, sign = ("later", 1) if change.value > 0 else ("earlier", -1)
    first, last = said(swept.points[0]), said(swept.points[-1])
    return f"From {first} to {last} it moves {abs(change.value):.0f} days {way} {range_of(change, sign)}."


def sentences(swept: Swept) -> list[str]:
    """The answer, most important first: where the last randomisation is earliest and latest, and how far it moves."""
    change = change_sentence(swept)
    return [headline(swept), *([change] if change else [])]


def caveats(swept: Swept) -> list[str]:
    """What a reader must know before the figures; sentences without full stops."""
    found = []
    if math.isnan(float(swept.table["last_randomised_p80_high"].iloc[0])):
        found.append(f"{swept.n_replications} replications a point are too few to say how far off a date may be")
    return found


def cell(swept: Swept, outcome: Outcome, i: int) -> str:
    """An outcome at a point, with its interval, for a table.

    Args:
        swept: the sweep.
        outcome: the outcome.
        i: position of the point in the table, from 0.

    Returns:
        A date with its error in days, a probability in per cent with its interval, or an amount; empty for unknown.
    """
    estimate = estimate_of(swept.table.iloc[i], outcome.column)
    if math.isnan(estimate.value):
        return ""
    if outcome.kind == "day":
        dates = dates_at(swept, i)
        return f"{dates.text(estimate.value)} {dates.error(estimate)}".strip()
    if outcome.kind == "probability":
        spread = (
            ""
            if estimate.low is None or estimate.high is None
            else (f" ({percent(estimate.low).removesuffix(' %')} to {percent(estimate.high)})")
        )
        return f"{percent(estimate.value)}{spread}"
    half = "" if estimate.low is None or estimate.high is None else f" ±{(estimate.high - estimate.low) / 2:,.0f}"
    return f"{estimate.value:,.0f}{half}"


def setting(table: pd.DataFrame, path: str, i: int) -> str:
    """A varied value at a point, as text."""
    value = table[path].iloc[i]
    return f"{value:g}" if isinstance(value, float) else str(value)
