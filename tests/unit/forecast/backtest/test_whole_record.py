"""Which trials are parts of one, and what it means to have known openings from the start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_trials import EVERY_TWO, trial_with

from sim.forecast.backtest.track_record import TrackRecord
from sim.forecast.backtest.whole_record import MAIN, WholeRecord, with_openings


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
