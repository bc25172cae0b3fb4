"""When to trust a forecast less."""

from __future__ import annotations

import numpy as np
from made_trials import EVERY_TWO, trial_with

from sim.forecast.backtest.cautions import GROWING, SLOWING, STEADY, cautions_by_key, pace

RISING = np.sqrt((np.arange(60) + 0.5) / 60) * 120


FALLING = 120 - RISING[::-1]


def test_a_trial_grows_is_steady_or_slows() -> None:
    assert [pace(trial_with(days)) for days in (RISING, EVERY_TWO, FALLING)] == [GROWING, STEADY, SLOWING]


def test_no_caution_says_that_growth_may_not_last() -> None:
    """In the track record it pointed the wrong way."""
    assert cautions_by_key(trial_with(RISING), 120) == {}
