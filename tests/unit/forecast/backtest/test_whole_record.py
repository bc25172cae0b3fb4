"""Which trials are parts of one, and what it means to have known openings from the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.forecast.backtest.near import BY_COUNTRY
from sim.forecast.backtest.study import backtest_cut, cuts_at
from sim.forecast.backtest.track_record import TrackRecord
from sim.forecast.backtest.whole_record import MAIN, WholeRecord, joined, with_openings
from sim.forecast.rate.settings import SETTINGS

QUICK = replace(SETTINGS, draws=200)


def test_folders_say_which_trials_are_parts_of_one() -> None:
    trials = (
        replace(trial_with(EVERY_TWO), name="one", source="data/trials/one.csv"),
        replace(trial_with(EVERY_TWO), name="two", source="data/ist/two.csv, sites.csv"),
    )
    found = WholeRecord(TrackRecord(trials, ()), (), ())
    assert found.panel_of == {"one": MAIN, "two": "IST"}
    assert found.whole_of == {"two": "IST"}


def test_openings_that_were_planned_for_the_day_on_which_they_came() -> None:
    """A site of which nobody was ever seen stays as it is."""
    trial = trial_with(EVERY_TWO, sites=2)
    more = replace(trial, sites=(*trial.sites, replace(trial.sites[0], name="never")))
    found = with_openings(more)
    assert [(site.activated, site.planned) for site in found.sites] == [(0.5, 0.5), (50.5, 50.5), (None, None)]
    known = found.as_of(found.date_of(20.0))
    assert [site.planned for site in known.sites] == [0.5, 50.5]
    assert np.isnan(known.first_seen()[1])


def test_countries_of_a_trial_are_put_together_on_one_calendar() -> None:
    """The second begins ten days after the first: its fifty follow on their own days, at sites of their own."""
    one = replace(trial_with(EVERY_TWO, sites=2), name="one")
    two = replace(trial_with(EVERY_TWO, sites=1), name="two", first=FIRST + timedelta(days=10))
    found = joined([one, two], "both")
    assert (found.name, found.first, found.n_randomised) == ("both", FIRST, 100)
    assert found.days.tolist() == sorted([*EVERY_TWO, *(EVERY_TWO + 10)])
    assert [(site.name, site.country) for site in found.sites] == [
        ("one site 0", "one"), ("one site 1", "one"), ("two site 0", "two"),
    ]  # fmt: skip
    assert found.first_seen().tolist() == [0.5, 50.5, 10.5]
    cut = replace(backtest_cut(found, cuts_at(found, (0.5,))[0], settings=QUICK, with_baselines=False), trial="both")
    record = WholeRecord(TrackRecord((one, two), ()), (), (), (cut,))
    (row,) = [row for row in record.near() if row.question == BY_COUNTRY]
    assert (row.forecasts, row.covers_80_se) == (2, None)
