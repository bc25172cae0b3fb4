"""One call from data to futures is the same as its steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_trials import EVERY_TWO, trial_with

from sim.forecast.rate.drifting import fit_rate
from sim.forecast.rate.history import history
from sim.forecast.rate.outlook import look_ahead
from sim.forecast.rate.recruitment import learn, rest_of_recruitment
from sim.forecast.rate.settings import SETTINGS
from sim.forecast.rate.terms import terms

FEW = replace(SETTINGS, draws=100)


def test_from_data_to_futures() -> None:
    trial = trial_with(EVERY_TWO, sites=2)
    posterior = fit_rate(history(trial), 80, terms(trial, FEW), FEW)
    assert np.array_equal(learn(trial, 80, FEW).mean, posterior.mean)
    assert np.array_equal(rest_of_recruitment(trial, 80, FEW).total, look_ahead(posterior).total)
