"""What looks as if something were not told is asked about, with the option that answers it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from made_trials import EVERY_TWO, WITH_GAP, trial_with

from sim.forecast.continued.told import as_told, told
from sim.forecast.doubts import Doubt, doubts
from sim.forecast.rate.settings import SETTINGS

FEW = replace(SETTINGS, draws=400)


def test_a_long_gap_is_asked_about_with_the_option_and_both_dates() -> None:
    found = doubts(trial_with(WITH_GAP), 120, FEW)
    assert [doubt.option for doubt in found] == ["--closed 2023-02-20..2023-04-21"]
    assert found[0].otherwise is not None
    assert found[0].as_is is not None
    assert found[0].otherwise < found[0].as_is
    told_of = as_told(trial_with(WITH_GAP), told(["2023-02-20..2023-04-21"], None, None))
    assert doubts(told_of, 120, FEW) == []
    assert doubts(trial_with(EVERY_TWO), 120, FEW) == []


def test_sites_that_keep_opening_are_asked_about() -> None:
    """Six sites that opened one after another, to the end; but not if somebody said what is to come."""
    trial = trial_with(EVERY_TWO, sites=6)
    found = doubts(trial, 200, FEW)
    assert [doubt.option for doubt in found] == ["--sites-a-month 1.8"]
    assert found[0].otherwise is not None
    assert found[0].as_is is not None
    assert found[0].otherwise < found[0].as_is
    assert doubts(trial, 200, FEW, sites_are_planned=True) == []
    assert doubts(replace(trial, sites_a_month=1.0), 200, FEW) == []


def test_a_date_that_cannot_be_said_is_no_date() -> None:
    late, soon = "later than can be said, or never", date(2027, 3, 1)
    said = [str(Doubt("Closed?", "--closed X", *ways, 4.0)) for ways in ((None, None), (soon, None), (None, soon))]
    assert said == [
        f"Closed? If so, say --closed X: by dates alone the target is met {late}, either way",
        f"Closed? If so, say --closed X: by dates alone the target is then met {late}, else by 2027-03-01 (±4 days)",
        f"Closed? If so, say --closed X: by dates alone the target is then met by 2027-03-01, else {late} (±4 days)",
    ]
