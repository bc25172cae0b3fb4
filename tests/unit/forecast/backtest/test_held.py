"""How often intervals held, as it is quoted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import trial_with

from sim.forecast.backtest.cautions import GROWING
from sim.forecast.backtest.held import clustered_error, held_at, near_record, record, record_text
from sim.forecast.backtest.near import BY_SITE
from sim.forecast.backtest.scores import Score
from sim.report.forecast.data_words import days_between

RISING = np.sqrt((np.arange(60) + 0.5) / 60) * 120


def test_the_record_of_the_stage_and_the_pace_is_quoted() -> None:
    stage, growth = held_at(trial_with(RISING), 120) or (None, None)
    assert stage is not None
    assert growth is not None
    assert (stage.where, growth.where) == ("made at 35 % to 65 % of the target", GROWING)
    assert 0.6 < stage.covers_80 < 0.95
    assert stage.covers_80_se > 0


def test_an_interval_of_days_does_not_end_beyond_what_the_record_supports() -> None:
    """Longer after the median than any trial of the record outlasted its own."""
    furthest = record()["all"].furthest
    usual = Score(1000.0, 500.0, 1000.0 * furthest - 1, *[0.0] * 8)
    assert days_between(usual) == f"500 to {1000 * furthest - 1:,.0f}"
    assert days_between(replace(usual, high80=50_000.0)) == f"500 to over {1000 * furthest:,.0f}"
    assert days_between(replace(usual, high80=np.inf)) == "500 to never"


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
