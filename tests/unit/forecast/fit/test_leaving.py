"""Cumulative incidence by hand, and names of ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_trials import trial_with

from sim.exchange.observed import COMPLETED, LEFT, RANDOMISED, ObservedTrial, Visits
from sim.forecast.fit.leaving import OTHER, follow_up_weeks, name_of, ways_of_leaving

NAN = np.nan


def followed(*people: tuple[float, str, str]) -> ObservedTrial:
    """Participants randomised on day 0 who (end on a day, are what, by which way); NaN for those still in on day 99."""
    ended, status, way = (np.array(column, dtype=object) for column in zip(*people, strict=True))
    trial = trial_with(np.zeros(len(people)))
    columns = {"ended": ended.astype(float), "status": status, "way_out": way}
    return replace(trial, people=replace(trial.people, **columns), last=trial.date_of(98.0))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Lost to follow-up", "lost_to_follow_up"),
        ("  ADVERSE event! ", "adverse_event"),
        ("2nd line", "reason_2nd_line"),
        ("", OTHER),
        ("--", OTHER),
        ("x" * 80, "x" * 50),
    ],
)
def test_a_way_has_a_name_that_a_scenario_may_use(text: str, name: str) -> None:
    assert name_of(text) == name


def test_incidence_among_those_at_risk() -> None:
    """Four people: a death at 10, a censoring at 15, a loss at 20, a death at 30: 1/4; then 1/4 + 3/4 (1/2) is lost."""
    trial = followed((10.0, LEFT, "death"), (15.0, COMPLETED, ""), (20.0, LEFT, "lost"), (30.0, LEFT, "death"))
    death, lost = ways_of_leaving(trial, np.array([1.0, 2.0, 3.0, 5.0]))
    assert (death.name, death.n, lost.name, lost.n) == ("death", 2, "lost", 1)
    assert death.incidence.tolist() == pytest.approx([0.0, 0.25, 0.25, 0.25 + 0.75 * 0.5])
    assert lost.incidence.tolist() == pytest.approx([0.0, 0.0, 0.75 * 0.5, 0.75 * 0.5])
    assert death.incidence[-1] + lost.incidence[-1] == pytest.approx(1.0)


def test_those_still_in_are_at_risk_until_now() -> None:
    """One of two leaves after a week; the other is in for 99 days: a half, whenever it is read off after."""
    trial = followed((7.0, LEFT, "lost"), (NAN, RANDOMISED, ""))
    (lost,) = ways_of_leaving(trial, np.array([0.5, 1.0, 50.0]))
    assert lost.incidence.tolist() == [0.0, 0.5, 0.5]
    assert lost.at_risk.tolist() == [2.0, 2.0, 1.0]


def test_rare_ways_are_put_together_and_one_without_a_word_is_another() -> None:
    """Six ways: the five most frequent have their names."""
    people = [(10.0, LEFT, name) for name in "aabbccddee"] + [(10.0, LEFT, "f"), (11.0, LEFT, "")]
    found = {way.name: way.n for way in ways_of_leaving(followed(*people), np.array([4.0]))}
    assert found == {"a": 2, "b": 2, "c": 2, "d": 2, "e": 2, OTHER: 2}


def test_nobody_and_no_weeks() -> None:
    assert ways_of_leaving(followed((7.0, LEFT, "lost")), np.zeros(0)) == []
    assert ways_of_leaving(followed((NAN, RANDOMISED, "")), np.array([1.0])) == []


def test_the_length_of_follow_up() -> None:
    """The last planned visit; else the median of those who completed; else not known."""
    trial = followed((14.0, COMPLETED, ""), (28.0, COMPLETED, ""), (35.0, COMPLETED, ""), (90.0, LEFT, "lost"))
    assert follow_up_weeks(trial) == 4.0
    visits = Visits(np.array([0, 1]), np.array([7.0, 84.0]), np.array([8.0, 80.0]))
    assert follow_up_weeks(replace(trial, visits=visits)) == 12.0
    assert follow_up_weeks(followed((90.0, LEFT, "lost"))) == 0.0
