"""Which counts are added up from the start, and what their steps are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.exchange.counts.running_totals import differences, is_running
from sim.exchange.findings import DataCheck
from sim.exchange.said import NEW, RUNNING

NAN = np.nan


def frame(*values: float, sites: str = "") -> pd.DataFrame:
    site = list(sites or "A" * len(values))
    start = [site[:i].count(name) for i, name in enumerate(site)]
    return pd.DataFrame({"site": site, "start": start, "row": range(2, 2 + len(values)), "n": values})


@pytest.mark.parametrize(
    ("header", "values", "found"),
    [
        ("Enrolled", (1, 2, 3, 4), False),
        ("Enrolled", (1, 2, 3, 4, 5), None),
        ("Enrolled", (1, 2, 3, 2, 5), False),
        ("Enrolled", (2, 2, 2, 2, 2), False),
        ("Enrolled", (2, 2, 2, 2, 3), None),
        ("Total", (1, 2, 3), None),
        ("Total", (1, 2, 3, 4), True),
        ("Total", (1, 2, NAN, 4), None),
        ("Total", (4, 3), False),
        ("Total", (4,), False),
        ("Cumulative", (4, 3), True),
        ("Enrolled to date", (4,), True),
        ("Date", (1, 2, 3), False),
    ],
)
def test_what_never_falls_may_be_a_running_total(header: str, values: tuple[float, ...], found: bool | None) -> None:
    """By its name, or after so many periods; None: the user is asked."""
    check = DataCheck("t.csv")
    assert is_running(header, frame(*values).rename(columns={"n": "randomised"}), "randomised", "", check) is (
        found or False
    )
    assert bool(check.questions) is (found is None)


def test_only_those_randomised_are_asked_about_and_what_the_user_says_holds() -> None:
    check = DataCheck("t.csv")
    assert not is_running("Screened", frame(1, 2, 3, 4, 5), "n", "", check)
    assert not is_running("Cumulative", frame(1, 2), "n", NEW, check)
    assert is_running("Enrolled", frame(2, 1), "n", RUNNING, check)
    assert not is_running("Enrolled", frame(1, 9, 2, 8, 3, 7, sites="ABABAB"), "n", "", check)
    assert not check.questions


def test_steps_are_by_site_and_an_empty_period_has_none() -> None:
    check = DataCheck("t.csv")
    steps = differences(frame(1, NAN, 4, NAN, 2, 2, sites="AAABBB"), "n", "Cum", "", check)
    np.testing.assert_array_equal(steps, [1, 0, 3, NAN, 2, 0])
    assert not check.findings
    assert not check.questions
    falling = DataCheck("t.csv")
    differences(frame(1, 3, 2), "n", "Cum", "", falling)
    assert [(item.message, item.rows) for item in falling.findings] == [("'Cum' is added up, but goes down", (4,))]


@pytest.mark.parametrize(("first", "asked"), [(10, False), (11, True)])
def test_a_total_that_begins_high_is_asked_about(first: int, asked: bool) -> None:
    """Above ten, and above five times the mean step."""
    check = DataCheck("t.csv")
    differences(frame(first, first + 2, first + 4), "n", "Cum", "", check)
    assert bool(check.questions) is asked
    said = DataCheck("t.csv")
    differences(frame(first, first + 2, first + 4), "n", "Cum", RUNNING, said)
    assert not said.questions


@pytest.mark.parametrize(("step", "asked"), [(4, False), (3, True)])
def test_five_usual_steps_are_no_odd_beginning(step: int, asked: bool) -> None:
    check = DataCheck("t.csv")
    differences(frame(20, 20 + step, 20 + 2 * step), "n", "Cum", "", check)
    assert bool(check.questions) is asked
