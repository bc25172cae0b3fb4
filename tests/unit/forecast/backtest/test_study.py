"""Cuts are made on the days that are meant, with only what was known then, and scored by what came."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made_trials import EVERY_TWO, FIRST, trial_with

from sim.errors import UsageError
from sim.forecast.backtest.study import METHOD, backtest_cut, check_target, cuts_at, cuts_every
from sim.forecast.rate.settings import SETTINGS

QUICK = replace(SETTINGS, draws=300)
TRIAL = trial_with(np.concatenate([EVERY_TWO, EVERY_TWO + 100]))


def test_a_cut_is_the_end_of_the_day_on_which_a_share_was_reached() -> None:
    """Of 100: the 20th on day 38, the 50th on day 98; two shares on one day are one cut, and the whole is none."""
    found = cuts_at(TRIAL, (0.2, 0.201, 0.5, 1.0))
    assert [(cut.label, cut.when) for cut in found] == [
        ("20%", FIRST + timedelta(days=38)),
        ("20%", FIRST + timedelta(days=40)),
        ("50%", FIRST + timedelta(days=98)),
    ]
    one_day = trial_with(np.full(10, 0.5))
    assert cuts_at(one_day, (0.2, 0.5)) == []
    assert [cut.label for cut in cuts_at(TRIAL, (0.5,), target=20)] == ["50%"]
    assert cuts_at(TRIAL, (0.5,), target=20)[0].when == FIRST + timedelta(days=18)


def test_cuts_every_so_many_days_begin_with_the_first_randomisation() -> None:
    """Every 50 days of 199: three; none before anybody was randomised, none once the target is met."""
    assert [cut.when for cut in cuts_every(TRIAL, 50)] == [FIRST + timedelta(days=n) for n in (49, 99, 149)]
    late = trial_with(np.array([120.5, 130.5, 190.5]))
    assert [cut.when for cut in cuts_every(late, 50)] == [FIRST + timedelta(days=149)]
    assert [cut.when for cut in cuts_every(TRIAL, 50, target=30)] == [FIRST + timedelta(days=49)]


def test_what_never_happened_cannot_be_foretold() -> None:
    check_target(TRIAL, 100)
    check_target(TRIAL, None)
    with pytest.raises(UsageError, match="only 100"):
        check_target(TRIAL, 101)


def test_a_forecast_is_scored_by_what_came() -> None:
    """From the middle of a steady trial: a hundred days to go, 45 in the next ninety, and the method covers both."""
    (cut,) = cuts_at(TRIAL, (0.5,))
    found = backtest_cut(TRIAL, cut, settings=QUICK, with_baselines=False)
    assert (found.n, found.target, found.now) == (50, 100, 99.0)
    assert (found.true_days, found.true_count) == (pytest.approx(99.5), 45)
    assert set(found.scores) == set(found.most) == {METHOD}
    assert found.scores[METHOD].covers(0.95)
    assert found.scores[METHOD].covers_count(0.95)
    assert found.most[METHOD].median_days < found.scores[METHOD].median_days
    assert found.fan.shape == (7, len(found.fan_days))


def test_what_came_later_changes_no_forecast() -> None:
    """Another trial with the same first half, and a second half that is twice as fast: the same draws."""
    other = trial_with(np.concatenate([EVERY_TWO, 100 + EVERY_TWO / 2]))
    (cut,) = cuts_at(TRIAL, (0.5,))
    first, second = (backtest_cut(t, cut, settings=QUICK, with_baselines=False) for t in (TRIAL, other))
    assert first.scores[METHOD].median_days == second.scores[METHOD].median_days
    assert np.array_equal(first.fan, second.fan)
