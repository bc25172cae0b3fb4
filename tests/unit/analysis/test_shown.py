"""What an answer says of itself, with its error."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from sim.analysis.intervals import Estimate
from sim.analysis.shown import Shown, chance_line, date_line, dates_and_odds, estimate_in, heading
from sim.core.clock import Clock
from sim.errors import UsageError

CLOCK = Clock(date(2020, 1, 1))


class Answer(Shown):
    def __init__(self, *lines: str, fails: bool = False) -> None:
        self._said, self._fails = lines, fails

    def _lines(self) -> Iterator[str]:
        yield from self._said
        if self._fails:
            raise UsageError("cannot be read")


def test_lines_stand_below_the_heading() -> None:
    assert repr(Answer("a", "b<c")) == "a\nb<c"
    assert Answer("a", "b<c")._repr_html_() == "<b>a</b><br>b&lt;c"


def test_what_was_said_before_it_cannot_be_read_stays() -> None:
    assert repr(Answer("a", fails=True)).splitlines()[0] == "a"
    assert "cannot be read" in repr(Answer("a", fails=True))


def test_a_heading_has_the_number_the_seed_and_the_folder() -> None:
    assert heading("Run of x", 12000, 7, None) == "Run of x: 12,000 simulated trials, seed 7"
    assert heading("Run of x", 1, 7, Path("a/b")).endswith(", in a/b")


def test_dates_with_their_error() -> None:
    """Never, and not known, are said as such."""
    assert date_line("last", Estimate(10.9, 9.0, 31.0), CLOCK).startswith("last: 2020-01-11 (")
    assert date_line("last", Estimate(10.9, 9.0, 31.0), CLOCK).endswith("2020-01-10 to 2020-02-01)")
    assert date_line("last", Estimate(math.inf, 9.0, None), CLOCK).startswith("last: never (")
    assert date_line("last", Estimate(math.inf, 9.0, None), CLOCK).endswith("to ?)")
    assert date_line("last", Estimate(math.nan, None, None), CLOCK).startswith("last: ? (")


def test_chances_with_their_error() -> None:
    assert chance_line("met", Estimate(0.256, 0.2, 0.31)) == "met: 26 % (20 to 31 %)"
    assert chance_line("met", Estimate(math.nan, None, None)) == "met: ? % (? to ? %)"


def test_an_estimate_of_a_row() -> None:
    """What is missing is not known; the value then is NaN."""
    assert estimate_in({"p50": 1, "p50_low": None, "p50_high": math.nan}, "p50") == Estimate(1.0, None, None)
    assert estimate_in({"p50": 1, "p50_low": 0.5, "p50_high": math.inf}, "p50") == Estimate(1.0, 0.5, math.inf)
    assert math.isnan(estimate_in({"p50": None, "p50_low": None, "p50_high": None}, "p50").value)


def test_the_headline_dates_and_the_odds() -> None:
    milestones = pd.DataFrame(
        {"p50": [10.0, 20.0], "p50_low": [9.0, 19.0], "p50_high": [11.0, 21.0]},
        index=["last_randomised", "database_lock"],
    )
    columns = ["planned", "probability", "probability_low", "probability_high"]
    odds = pd.DataFrame([[date(2021, 1, 1), 0.5, 0.4, 0.6], [None, 0.0, 0.0, 0.1]], columns=columns)
    odds.index = pd.Index(["primary_completion", "never_reached"])
    lines = list(dates_and_odds(milestones, odds, CLOCK))
    assert len(lines) == 4
    assert "2020-01-11" in lines[0]
    assert "2020-01-21" in lines[1]
    assert lines[2].startswith("primary completion by 2021-01-01: 50 %")
    assert lines[3].startswith("target never reached: 0 %")
