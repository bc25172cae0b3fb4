"""The rule of `--until`: how it is written, what it looks at, and when it looks again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import scenario_of

from sim.analysis.intervals import Estimate
from sim.analysis.precision import FIRST_LOOK, GROWTH, next_look, precision, width_of
from sim.errors import UsageError

PLANNED = scenario_of(trial={"planned": {"primary_completion": "2021-01-01"}})


@pytest.mark.parametrize(
    ("text", "measure", "q", "width"),
    [
        ("last_randomised.p50<7d", "day_last_randomised", 0.5, 7.0),
        (" database_lock.p80 < 1.5 w ", "day_database_lock", 0.8, 10.5),
        ("first_randomised.p5<0.5d", "day_first_randomised", 0.05, 0.5),
        ("by_primary_completion<2%", "day_primary_completion", None, 0.02),
        ("never_reached<0.5%", "reached", None, 0.005),
    ],
)
def test_a_rule_names_an_answer_and_a_width(text: str, measure: str, q: float | None, width: float) -> None:
    rule = precision(text, PLANNED)
    assert (rule.measure, rule.q) == (measure, q)
    assert rule.width == pytest.approx(width)
    assert rule.text == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("soon", "write ANSWER<WIDTH"),
        ("last_randomised.p50<7", "write ANSWER<WIDTH"),
        ("last_randomised.p50>7d", "write ANSWER<WIDTH"),
        ("last_randomised.p50<-7d", "write ANSWER<WIDTH"),
        ("last_randomised.p50<0d", "the width must be more than 0"),
        ("last_randomised.p0<7d", "a percentile is from p1 to p99"),
        ("last_randomised.p100<7d", "a percentile is from p1 to p99"),
        ("last_randomized.p50<7d", "there is no such milestone; did you mean 'last_randomised'?"),
        ("last_randomised.p50<7%", "the width of a date is in days (7d) or weeks (1w)"),
        ("last_randomised<7d", "a date a percentile"),
        ("last_randomised<7%", "a date needs a percentile, as in last_randomised.p50<7d"),
        ("by_primary_completion<7d", "a probability has a width in %"),
        ("by_primary_complete<2%", "there is no such probability; did you mean 'by_primary_completion'?"),
        ("by_study_completion<2%", "there is no such probability"),  # this scenario plans none
    ],
)
def test_what_is_no_rule_is_refused_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        precision(text, PLANNED)
    assert refused.value.problems[0].message.startswith(message) or message in refused.value.problems[0].message
    assert refused.value.problems[0].file == "--until"


def test_never_counts_and_what_raised_does_not() -> None:
    """Four replications: on day 1, on day 500, never, and one that raised."""
    outcome = np.array([0.0, 0.0, 1.0, np.nan])
    day = np.array([1.0, 500.0, np.nan, np.nan])
    reached = np.array([1.0, 1.0, 0.0, np.nan])
    assert precision("last_randomised.p50<7d", PLANNED).estimate(outcome, day).value == 500.0
    assert precision("last_randomised.p90<7d", PLANNED).estimate(outcome, day).value == math.inf
    assert precision("by_primary_completion<2%", PLANNED).estimate(outcome, day).value == pytest.approx(1 / 3)
    assert precision("never_reached<2%", PLANNED).estimate(outcome, reached).value == pytest.approx(1 / 3)


def test_a_planned_date_is_met_until_its_last_instant() -> None:
    rule = precision("by_primary_completion<2%", PLANNED)  # 2021-01-01 is day 366 of 2020-01-01
    assert rule.before == 367.0
    assert rule.estimate(np.zeros(2), np.array([366.999, 367.0])).value == 0.5


@pytest.mark.parametrize(
    ("estimate", "width"),
    [
        (Estimate(5.0, 4.0, 7.5), 3.5),
        (Estimate(5.0, None, 7.5), math.inf),
        (Estimate(5.0, 4.0, None), math.inf),
        (Estimate(5.0, 4.0, math.inf), math.inf),
        (Estimate(math.inf, 4.0, math.inf), math.inf),
        (Estimate(math.inf, math.inf, math.inf), 0.0),  # certain to be later than the horizon
        (Estimate(math.nan, None, None), math.inf),
    ],
)
def test_an_open_end_is_never_narrow(estimate: Estimate, width: float) -> None:
    assert width_of(estimate) == width


def test_the_next_look_is_where_the_width_is_expected_with_some_to_spare() -> None:
    assert next_look(1000, 10.0, 8.0, 1) == math.ceil(1000 * (10 / 8) ** 2 * 1.05)
    assert next_look(960, 8.01, 8.0, 96) == 1056  # at least a tenth more, in whole chunks
    assert next_look(384, math.inf, 8.0, 96) == 384 * GROWTH
    assert next_look(384, 1e6, 8.0, 96) == 384 * GROWTH
    assert FIRST_LOOK % 96 == 0


@pytest.mark.parametrize("q", [0.5, 0.9])
@pytest.mark.parametrize("lowest_n", [1.0, 2.0, 6.0])
def test_looking_at_the_width_leaves_the_coverage_what_it_is(q: float, lowest_n: float) -> None:
    """1,500 experiments, each stopped by the rule, with widths around those of the first looks: 93 to 97 %."""
    rng = np.random.default_rng(round(100 * q + lowest_n))
    rule = precision(f"last_randomised.p{round(100 * q)}<1d", PLANNED)
    truth = -math.log(1 - q)
    wanted = 2 * 1.96 * math.sqrt(q / (1 - q) / (FIRST_LOOK * lowest_n))
    covered = n_looks = 0
    for _ in range(1500):
        values = rng.exponential(size=FIRST_LOOK)
        while True:
            n_looks += 1
            estimate = rule.estimate(np.zeros(len(values)), values)
            if width_of(estimate) < wanted:
                break
            more = next_look(len(values), width_of(estimate), wanted, 96) - len(values)
            values = np.concatenate((values, rng.exponential(size=more)))
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= truth <= estimate.high
    assert n_looks > 1500 * 1.2  # the rule did have to look again
    assert 0.93 <= covered / 1500 <= 0.97
