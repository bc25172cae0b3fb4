"""When to trust a forecast less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import EVERY_TWO, trial_with

from sim.forecast.backtest.cautions import GROWING, SLOWING, STEADY, cautions, cautions_by_key, pace

RISING = np.sqrt((np.arange(60) + 0.5) / 60) * 120


FALLING = 120 - RISING[::-1]


def test_a_trial_grows_is_steady_or_slows() -> None:
    assert [pace(trial_with(days)) for days in (RISING, EVERY_TWO, FALLING)] == [GROWING, STEADY, SLOWING]


def test_no_caution_says_that_growth_may_not_last() -> None:
    """In the track record it pointed the wrong way."""
    assert cautions_by_key(trial_with(RISING), 120) == {}


def cautioned(days: np.ndarray, target: int, **more: object) -> list[str]:
    return sorted(cautions_by_key(trial_with(days, **more), target))  # type: ignore[arg-type]


@pytest.mark.parametrize(("n", "target", "said"), [(4, 10, True), (19, 30, True), (20, 80, False), (20, 81, True)])
def test_few_so_far_and_a_long_way_to_go(n: int, target: int, said: bool) -> None:
    """Fewer than twenty; or more than three times as many still to come."""
    keys = cautioned(np.arange(n) * 2.0 + 0.5, target)
    assert bool(keys) == said
    assert keys in ([], ["few so far"], ["a long way to go"])
    assert ("few so far" in keys) == (n < 20)


@pytest.mark.parametrize(("silent_days", "said"), [(14, False), (15, True)])
def test_silence_is_long_beside_what_was_usual(silent_days: int, said: bool) -> None:
    """One every two days: five gaps are ten days, but a fortnight is the least that is spoken of."""
    trial = trial_with(EVERY_TWO)
    later = replace(trial, last=trial.date_of(98.5 + silent_days - 1.5))
    assert ("silence" in cautions_by_key(later, 60)) == said
    slow = trial_with(np.arange(30) * 10.0 + 0.5)
    assert cautions_by_key(replace(slow, last=slow.date_of(290.5 + 40)), 40) == {}


def test_one_site_that_brought_most_is_named() -> None:
    """61 % and not 60."""
    for n, said in ((30, False), (31, True)):
        trial = trial_with(EVERY_TWO, sites=2)
        site = np.where(np.arange(50) < n, 0, 1)
        uneven = replace(trial, people=replace(trial.people, site=site))
        found = cautions_by_key(uneven, 60)
        assert ("one site" in found) == said
        assert cautions(uneven, 60) == list(found.values())
    assert "one site" not in cautions_by_key(trial_with(EVERY_TWO, sites=1), 60), "there is no other"
