"""The text that an answer shows when its name is entered in a notebook or at a Python prompt.

It is plain text with the two or three figures for which people run the program; the whole report is in `sim.report`,
which answers do not import.

Attributes:
    HEADLINE: milestones of the headline, with what is said of them.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.intervals import Estimate
from sim.core.clock import Clock
from sim.errors import TrialclockError
from sim.scenario.entry import wording

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

HEADLINE = {"last_randomised": "last participant randomised", "database_lock": "database locked"}


class Shown:
    """An answer that describes itself: a heading with what was simulated, and a few lines of results."""

    def _lines(self) -> Iterator[str]:
        """The lines, the first of them the heading."""
        raise NotImplementedError

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios that the answer is about, whose words it uses."""
        return ()

    def __repr__(self) -> str:
        """The lines; if the answer cannot be read, the reason."""
        return "\n".join(self._all_lines())

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        first, *others = (html.escape(line) for line in self._all_lines())
        return "<br>".join([f"<b>{first}</b>", *others])

    def _all_lines(self) -> list[str]:
        found: list[str] = []
        try:
            say = wording(*self.scenarios)
            found += map(say, self._lines())  # what was said before a table cannot be read stays
        except TrialclockError as error:
            found.append(str(error))
        return found


def heading(what: str, n: int, seed: int, folder: Path | None) -> str:
    """The first line of an answer.

    Args:
        what: the kind of answer.
        n: number of simulated trials.
        seed: seed of the random numbers.
        folder: folder of its files; None if they were not written.

    Returns:
        Such as "Run: 1,000 simulated trials, seed 1, in results/base-1a2b3c4d".
    """
    where = "" if folder is None else f", in {folder.as_posix()}"
    return f"{what}: {n:,} simulated trials, seed {seed}{where}"


def estimate_in(row: Any, name: str) -> Estimate:
    """Read an estimate from the columns `<name>`, `<name>_low` and `<name>_high` of a row.

    Args:
        row: a row of a table, or any mapping by column.
        name: the column of the value.

    Returns:
        The estimate; NaN for a value that is missing, None for an end that is missing.
    """
    value, low, high = (_number(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return Estimate(float("nan") if value is None else value, low, high)


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(float(value)) else float(value)


def date_line(name: str, estimate: Estimate, clock: Clock) -> str:
    """A line with a date and its Monte Carlo error.

    Args:
        name: what happens on the date.
        estimate: the day since day 0, with its interval.
        clock: days to dates.

    Returns:
        One line; words stand for days later than the horizon and ends that are not known.
    """
    value, low, high = (_date(day, clock) for day in estimate)
    return f"{name}: {value} (95 % interval of the Monte Carlo error: {low} to {high})"


def _date(day: float | None, clock: Clock) -> str:
    if day is None or math.isnan(day):
        return "?"
    return str(clock.date_of(day)) if math.isfinite(day) else "never"


def chance_line(name: str, estimate: Estimate) -> str:
    """A line with a probability in percent and its Monte Carlo error.

    Args:
        name: what may happen.
        estimate: a probability from 0 to 1 with its interval.
    """
    value, low, high = ("?" if p is None or math.isnan(p) else f"{100 * p:.0f}" for p in estimate)
    return f"{name}: {value} % ({low} to {high} %)"


def dates_and_odds(milestones: Any, odds: Any, clock: Clock) -> Iterator[str]:
    """Lines with the median of the headline dates, and with the probability of each planned date.

    Args:
        milestones: result of `summary.milestone_table`.
        odds: result of `summary.odds_table`.
        clock: days to dates.
    """
    for name, words in HEADLINE.items():
        if name not in milestones.index:  # it is not modelled
            continue
        yield date_line(f"{words}, by then in half of them", estimate_in(milestones.loc[name], "p50"), clock)
    for event, row in odds.iterrows():
        by = "target never reached" if event == "never_reached" else f"{event.replace('_', ' ')} by {row['planned']}"
        yield chance_line(by, estimate_in(row, "probability"))
