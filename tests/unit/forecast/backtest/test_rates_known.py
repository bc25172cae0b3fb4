"""What a forecast would score that knew openings and true mean rates of sites."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import trial_with
from scipy import stats

from sim.forecast.backtest.rates_known import SPREADS, with_rates_known
from sim.forecast.backtest.study import cuts_at


def test_a_poisson_process_of_known_rates_has_a_gamma_time_left() -> None:
    """Two sites in turn, 100 in all on consecutive days: the intensity that is left is theirs, in closed form."""
    trial = trial_with(np.arange(100) + 0.5, sites=2)
    trial = replace(trial, people=replace(trial.people, site=np.arange(100) % 2))
    (cut,) = cuts_at(trial, (0.75,))
    found = with_rates_known(trial, cut)
    assert [one.spread for one in found] == list(SPREADS)
    last = 99.5
    exact = stats.gamma(25).cdf((last - 75.0) * (50 / (last - 0.5) + 50 / (last - 1.5)))
    assert found[0].position == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 4000))
    assert found[0].log_crps < found[-1].log_crps, "a spread only hurts where the rates are right"
