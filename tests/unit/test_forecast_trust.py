"""What is said of how far to trust a forecast, and near questions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.forecast.cautions import GROWING, SLOWING, STEADY, cautions_by_key, pace
from sim.forecast.held import clustered_error, held_at, near_record, record, record_text
from sim.forecast.near import BY_SITE, in_next, near_answers, next_counts, site_answer, site_counts, when_next
from sim.forecast.recruitment import rest_of_recruitment
from sim.forecast.settings import SETTINGS

FEW = replace(SETTINGS, draws=600)
RISING = np.sqrt((np.arange(60) + 0.5) / 60) * 120
FALLING = 120 - RISING[::-1]


def test_a_trial_grows_is_steady_or_slows() -> None:
    assert [pace(trial_with(days)) for days in (RISING, EVERY_TWO, FALLING)] == [GROWING, STEADY, SLOWING]


def test_no_caution_says_that_growth_may_not_last() -> None:
    """In the track record it pointed the wrong way."""
    assert cautions_by_key(trial_with(RISING), 120) == {}


def test_the_record_of_the_stage_and_the_pace_is_quoted() -> None:
    stage, growth = held_at(trial_with(RISING), 120) or (None, None)
    assert stage is not None
    assert growth is not None
    assert (stage.where, growth.where) == ("made at 35 % to 65 % of the target", GROWING)
    assert 0.6 < stage.covers_80 < 0.95
    assert stage.covers_80_se > 0


@pytest.mark.parametrize("target", [61, 1000])
def test_nothing_is_quoted_where_nothing_was_tried(target: int) -> None:
    assert held_at(trial_with(RISING), target) is None


def test_the_record_is_written_as_it_is_read() -> None:
    text = record_text(list(record().values()), list(near_record().values()))
    assert '"near"' in text
    assert near_record()[BY_SITE].forecasts > 100


def test_forecasts_of_one_trial_say_less_than_as_many_of_several() -> None:
    """Ten alike in each of four trials: the error is that of four, not of forty."""
    hits = np.repeat([1.0, 1.0, 1.0, 0.0], 10)
    trial = np.repeat(np.array(["a", "b", "c", "d"], dtype=object), 10)
    assert clustered_error(hits, trial) == pytest.approx(np.std([1, 1, 1, 0], ddof=1) / 2)
    assert np.isnan(clustered_error(hits, np.full(40, "a", dtype=object)))


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
    answer = site_answer(known, whole, rest_of_recruitment(known, 100, FEW), np.random.default_rng(2))
    assert answer is not None
    assert answer.question == BY_SITE
    assert answer.n == 2
