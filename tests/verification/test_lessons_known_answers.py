"""What the lessons say, against what is known: closed forms, and what the simulation says by another way."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats
from statistics_of_runs import counts_as

from sim.analysis import intervals
from sim.lessons.classroom import Classroom
from sim.lessons.lesson import Taught
from sim.lessons.subjects import arrivals, average_plan, funnel, half_way, leaving, luck, queues, start_up

_Z = 4.0


def within(estimate: Any, expected: float, z: float = _Z, slack: float = 0.0) -> None:
    """An estimate's 95 % interval, widened to so many standard errors, covers a value."""
    half = (estimate.high - estimate.low) / 2 / 1.96 * z + slack
    assert abs(estimate.value - expected) <= half, (estimate, expected)


def facts(taught: Taught) -> list[Any]:
    return [fact.estimate for fact in taught.facts]


def test_months_of_arrivals_are_poisson() -> None:
    """Lesson 1: counts of months are Poisson, and the busiest of twelve is what twelve Poisson counts give."""
    parameters = arrivals.ArrivalParameters(patients_per_month=6.0)
    room = Classroom(3, 300)
    counts = arrivals.monthly(room.run("classroom", arrivals.changes(parameters)))
    counts_as(counts.ravel().astype(int), stats.poisson(6.0))
    k = np.arange(60)
    expected = float(np.sum(1 - stats.poisson.cdf(k, 6.0) ** 12))
    busiest, _, variance, lull = facts(arrivals.teach(parameters, room))
    within(busiest, expected)
    within(variance, 6.0)
    within(lull, 100 * (1 - (1 - stats.poisson.cdf(3, 6.0)) ** 12), slack=0.5)


def test_the_average_plan_is_late_as_often_as_the_lognormal_says() -> None:
    """Lesson 2: the plan is the mean of an Erlang time, and so many lognormal rates are too low for it."""
    sigma, mean, target = 0.6, 3.0, 45
    taught = average_plan.teach(
        average_plan.AverageParameters(patients_per_month=mean, spread=sigma), Classroom(5, 400)
    )
    plan, late, p50, _ = facts(taught)
    within(plan, target / mean)

    def later_given(z: float) -> float:
        rate = mean * math.exp(sigma * z - sigma**2 / 2)
        return float(stats.gamma.sf(plan.value, target, scale=1 / rate) * stats.norm.pdf(z))

    within(late, 100 * integrate.quad(later_given, -8, 8)[0])
    within(p50, target / mean * math.exp(sigma**2 / 2), slack=0.3)  # median of 1 / rate, and little Erlang noise


def test_the_funnel_is_the_models_own() -> None:
    """Lesson 3: counts from events agree with the model's measures, and dropping a criterion gains only the alone."""
    parameters = funnel.FunnelParameters(criterion="no_artificial_liver", consent=1.0)
    room = Classroom(2, 30)
    run = room.run("base", funnel.changes(parameters), keep=True)
    found = funnel.failures(run)
    for i, name in enumerate(found.names):
        assert found.alone[i] == run[f"n_failed_only_{name}"].sum()
        assert found.at_all[i] >= run[f"n_failed_first_{name}"].sum() >= 0
    taught = funnel.teach(parameters, room)
    randomised, at_all, alone, then, _, saved = facts(taught)
    share, between = 100 * (0.21 + 0.32 + 0.60) / 3, 100 * 0.082 / math.sqrt(30)  # the base scenario's triangle
    within(at_all, share, slack=4 * between)
    assert 0 < then.value - randomised.value < alone.value < at_all.value
    assert saved.low > 0


def test_start_up_of_one_length_shifts_everything_by_it() -> None:
    """Lesson 4: on paper the time is Erlang; a ramp-up loses the area above it at every site, on the same patients."""
    parameters = start_up.StartUpParameters(sites=6, patients_per_month=0.6, start_up_days=170.0, ramp_up_days=90.0)
    paper, lost, opening, ramp, _ = facts(start_up.teach(parameters, Classroom(4, 100)))
    within(paper, 45 / (6 * 0.6))
    assert lost.value == pytest.approx(opening.value + ramp.value)
    within(ramp, 0.6 * 90 / 2 / 30.4375, slack=0.01)  # all are in full swing before the last participant comes
    mean_delay = 170 * math.exp(0.35**2 / 2) / 30.4375
    within(opening, mean_delay, slack=0.05)


def test_waiting_for_a_coordinator_follows_erlang_c() -> None:
    """Lesson 5: the wait with one and with two coordinators is Erlang's, a little less since queues start empty."""
    parameters = queues.QueueParameters(patients_per_month=6.0, screening_days=3.0, coordinators=1)
    room = Classroom(6, 60)
    for servers in (1, 2):
        chosen = parameters.model_copy(update={"coordinators": servers})
        run = room.run("classroom", queues.changes(chosen))
        load = 6.0 / 30.4375 * 3.0
        top = load**servers / math.factorial(servers) * servers / (servers - load)
        p_wait = top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)
        within(intervals.mean(run["wait_coordinator_days"]), p_wait * 3.0 / (servers - load), slack=0.1)


def test_leaving_ends_a_trial_as_often_early_as_the_hazard_says() -> None:
    """Lesson 6: with one steady hazard so many complete; and the end is never after the planned one."""
    parameters = leaving.LeavingParameters(leaving=0.6)
    room = Classroom(7, 160)
    after, early, completed, sooner = facts(leaving.teach(parameters, room))
    within(completed, 45 * 0.4)
    assert after.value <= 336 + 1e-6
    assert sooner.low > 0
    # The trial ends as planned only if the last one stays: an earlier participant's end would be before it.
    within(early, 60.0, slack=1.0)
    everyone = leaving.teach(leaving.LeavingParameters(leaving=0.0), room)
    assert everyone.facts[0].estimate.value == pytest.approx(336, abs=0.5)
    assert everyone.check.right == 1


def test_pairing_makes_the_difference_surer_and_leaves_it_as_it_is() -> None:
    """Lesson 7: on the same patients more hospitals are never later, and the difference varies less."""
    parameters = luck.LuckParameters()
    wrong, wrong_paired, gain, apart, worth = facts(luck.teach(parameters, Classroom(8, 150)))
    assert wrong.value > 10
    assert wrong_paired.value == 0
    assert worth.low > 1.5
    error = math.hypot((gain.high - gain.low) / 3.92, (apart.high - apart.low) / 3.92)
    assert abs(gain.value - apart.value) < _Z * error


def test_with_no_difference_between_hospitals_the_gain_is_that_of_erlang_times() -> None:
    """Lesson 7: six hospitals against seven with one rate: the means are those of Erlang times."""
    parameters = luck.LuckParameters(sites=6, extra_sites=1, patients_per_month=0.5, between_site_cv=0.0)
    gain = facts(luck.teach(parameters, Classroom(9, 150)))[2]
    within(gain, 45 / 3.0 - 45 / 3.5)


def test_forecasts_cover_what_they_promise_and_narrow() -> None:
    """Lesson 8: intervals for 80 % hold in 80 of 100 where the prior is right, and follow the beta prime law."""
    parameters = half_way.HalfWayParameters(spread=0.5, plan_weight=0.1)
    run = Classroom(10, 300).run("classroom", half_way.changes(parameters))
    looks = [half_way.look_at(run, parameters, share) for share in half_way.LOOKS]
    for looked in looks:
        within(looked.covered, 0.8, slack=0.03)  # the trials' rates are lognormal, the forecast's gamma
    assert all(a.width.value > b.width.value for a, b in pairwise(looks))
    one = looks[2]
    shape, exposure = 4.5 + one.n, 1.5 + one.at[0]
    low, high = special.betaincinv(45 - one.n, shape, [0.1, 0.9])
    expected = one.at[0] + exposure * np.array([low / (1 - low), high / (1 - high)])
    assert [one.low[0], one.high[0]] == pytest.approx(expected.tolist())
