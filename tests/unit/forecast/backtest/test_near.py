"""Near questions: how many soon, when the next so many, and site by site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.forecast.backtest.near import (
    BY_COUNTRY,
    BY_SITE,
    by_country,
    in_next,
    near_answers,
    next_counts,
    own_drift,
    site_answers,
    site_counts,
    when_next,
)
from sim.forecast.rate.recruitment import rest_of_recruitment
from sim.forecast.rate.settings import SETTINGS

FEW = replace(SETTINGS, draws=600)
RISING = np.sqrt((np.arange(60) + 0.5) / 60) * 120
FALLING = 120 - RISING[::-1]


def test_the_next_shares_are_those_still_to_come() -> None:
    assert next_counts(100, 40) == {0.1: 50, 0.25: 65, 0.5: 90}
    assert next_counts(100, 80) == {0.1: 90}


def test_near_forecasts_of_a_steady_trial_are_right() -> None:
    """One every two days: 15 in 30 days, the tenth in 20; the medians come near."""
    trial = trial_with(EVERY_TWO)
    kind = replace(SETTINGS.kinds[0], share=1.0)
    outlook = rest_of_recruitment(trial, 100, replace(FEW, kinds=(kind,)))
    to_come = np.concatenate([EVERY_TWO, EVERY_TWO + 100])
    found = {answer.question: answer for answer in near_answers(trial, outlook, to_come)}
    assert all(answer.n_covered == 1 for answer in found.values())
    assert found[in_next(30.0)].error <= 3
    assert found[when_next(0.1)].error < 0.2


def test_sites_divide_what_is_to_come_and_add_up_to_it() -> None:
    trial = trial_with(EVERY_TWO, sites=4)
    total = np.full(500, 20.0)
    counts = site_counts(trial, total, np.random.default_rng(1))
    assert counts is not None
    assert counts.shape == (500, 4)
    assert (counts.sum(axis=1) == total).all()
    assert site_counts(trial_with(EVERY_TWO), total, np.random.default_rng(1)) is None
    whole = trial_with(np.concatenate([EVERY_TWO, EVERY_TWO + 100]), sites=4)
    known = whole.as_of(whole.date_of(99.0))
    outlook = rest_of_recruitment(known, 100, FEW)
    (answer,) = site_answers(known, whole, outlook, np.random.default_rng(2))
    assert (answer.question, answer.n) == (BY_SITE, 2)
    assert site_answers(trial_with(EVERY_TWO), trial_with(EVERY_TWO), outlook, np.random.default_rng(2)) == []


def test_sites_of_known_countries_are_added_up_by_country() -> None:
    assert by_country(["A", "", "B", "A"]) == {"A": [0, 3], "B": [2]}
    assert by_country(["A", "A", ""]) == {}
    whole = trial_with(np.concatenate([EVERY_TWO, EVERY_TWO + 100]), sites=4)
    whole = replace(whole, sites=tuple(replace(site, country="AB"[k % 2]) for k, site in enumerate(whole.sites)))
    known = whole.as_of(whole.date_of(99.0))
    found = site_answers(known, whole, rest_of_recruitment(known, 100, FEW), np.random.default_rng(2))
    assert [(answer.question, answer.n) for answer in found] == [(BY_SITE, 2), (BY_COUNTRY, 2)]


def test_sites_drift_for_themselves_and_with_their_country() -> None:
    """Means of 1; sites of a country move together a little, those of two countries do not."""
    found = np.log(own_drift(["A", "A", "B", ""], 20_000, np.random.default_rng(3)))
    assert np.exp(found).mean(axis=0) == pytest.approx(1.0, abs=0.02)
    assert found.std(axis=0) == pytest.approx([np.hypot(0.4, 0.2)] * 3 + [0.4], rel=0.03)
    between = np.corrcoef(found.T)
    assert between[0, 1] == pytest.approx(0.2**2 / (0.2**2 + 0.4**2), abs=0.03)
    assert between[0, 2] == pytest.approx(0.0, abs=0.03)
