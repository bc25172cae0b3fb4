"""From consent to eligibility, to the day: coordinators, tests, windows, and coming back."""

from __future__ import annotations

from typing import Any

import pytest
from small_world import NEVER, happened, sites_of, someone, world_of

from sim.core import events
from sim.core.people import Person
from sim.core.world import World
from sim.processes.screening import ELIGIBLE, OUT, WILL_RETURN, Screening, lowest_bit

CRITERIA = {
    "lasting": {"stage": "tests", "none": ["a"], "item": "E1"},
    "passing": {"stage": "tests", "none": ["b"], "item": "E2", "passing": True},
}
LASTING, PASSING = 1, 2


def screened(*people: tuple[float, dict[str, Any]], coordinators: int | None = 1, **rules: Any) -> list[Any]:
    """What becomes of people who (begin on a day, are known to be so): results in order of time, and the log."""
    world = world_of(
        screening={"criteria": CRITERIA, "days": 4.0, **rules},
        patients={"conditions": {"a": 0.1, "b": 0.1}},
        sites={"s": {"coordinators": coordinators, "referrals_per_month": 1.0}},
    )
    screening, site, results = Screening(world), sites_of(world)[0], []

    def way(person: Person) -> Any:
        result = yield from screening.screen(person)
        results.append((world.env.now, person.referral, result))

    for i, (day, known) in enumerate(people):
        person = someone(world, site, referral=i, **known)
        world.env.call_at(day, lambda person=person: world.env.start(way(person)))
    world.env.run_to_end()
    return [results, world]


def codes(world: World, *kinds: int) -> list[tuple[float, str, int, int]]:
    return [(entry.day, entry.kind, entry.person, entry.code) for entry in happened(world, *kinds)]


def test_tests_take_their_days() -> None:
    """Consent and screening at once, the results after four days."""
    results, world = screened((2.0, {}))
    assert results == [(6.0, 0, ELIGIBLE)]
    assert [(e.day, e.kind, e.number) for e in happened(world)] == [
        (2.0, "consent.given", 1),
        (2.0, "screening.started", 1),
        (6.0, "screening.passed", 1),
    ]


def test_a_coordinator_screens_one_at_a_time() -> None:
    """The second is taken up when the first is through; with two coordinators at once."""
    assert screened((0.0, {}), (1.0, {}))[0] == [(4.0, 0, ELIGIBLE), (8.0, 1, ELIGIBLE)]
    assert screened((0.0, {}), (1.0, {}), coordinators=2)[0] == [(4.0, 0, ELIGIBLE), (5.0, 1, ELIGIBLE)]
    assert screened((0.0, {}), (1.0, {}), coordinators=None)[0] == [(4.0, 0, ELIGIBLE), (5.0, 1, ELIGIBLE)]


def test_patience_ends() -> None:
    """Who is not taken up in two days is lost, and holds up nobody."""
    results, world = screened((0.0, {}), (1.0, {}), (3.0, {}), patience_days=2.0)
    assert results == [(3.0, 1, OUT), (4.0, 0, ELIGIBLE), (8.0, 2, ELIGIBLE)]
    assert codes(world, events.PATIENT_LOST) == [(3.0, "patient.lost", 1, 0)]


def test_patience_that_ends_with_the_window_counts_as_lost_patience() -> None:
    results, world = screened((0.0, {}), (1.0, {"window_ends": 3.0}), patience_days=2.0)
    assert results[0] == (3.0, 1, OUT)
    assert codes(world, events.PATIENT_LOST, events.SCREENING_FAILED) == [(3.0, "patient.lost", 1, 0)]


@pytest.mark.parametrize(
    ("window_ends", "deteriorates", "day", "code"),
    [
        (3.0, NEVER, 3.0, events.FAIL_WINDOW),
        (4.0, NEVER, 4.0, events.FAIL_WINDOW),
        (NEVER, 3.0, 3.0, events.FAIL_DETERIORATED),
        (3.0, 3.0, 3.0, events.FAIL_DETERIORATED),
        (3.0, 3.5, 3.0, events.FAIL_WINDOW),
    ],
)
def test_time_runs_out_before_the_results(window_ends: float, deteriorates: float, day: float, code: int) -> None:
    """At the end of the window or when they worsen, whichever is first: also in the instant of the results."""
    results, world = screened((0.0, {"window_ends": window_ends, "deteriorates": deteriorates}))
    assert results == [(day, 0, OUT)]
    assert codes(world, events.SCREENING_FAILED) == [(day, "screening.failed", 0, code)]


def test_time_runs_out_in_the_queue() -> None:
    """Somebody who waits for a coordinator worsens, and the coordinator is free for the next."""
    results, world = screened((0.0, {}), (1.0, {"deteriorates": 2.5}), (2.0, {}))
    assert results == [(2.5, 1, OUT), (4.0, 0, ELIGIBLE), (8.0, 2, ELIGIBLE)]
    assert codes(world, events.SCREENING_FAILED) == [(2.5, "screening.failed", 1, events.FAIL_DETERIORATED)]


def test_who_fails_the_tests_is_told_the_first_criterion() -> None:
    results, world = screened((0.0, {"tests_failed": LASTING | PASSING}))
    assert results == [(4.0, 0, OUT)]
    (failed,) = happened(world, events.SCREENING_FAILED)
    assert (failed.code, failed.number) == (events.FAIL_CRITERION, LASTING | PASSING)
    (failed,) = happened(screened((0.0, {"tests_failed": PASSING}))[1], events.SCREENING_FAILED)
    assert (failed.code, failed.number) == (events.FAIL_CRITERION + 1, PASSING)


RESCREEN = {"probability": 1.0, "after_days": 10.0}


@pytest.mark.parametrize(
    ("failed", "attempt", "result"), [(PASSING, 1, WILL_RETURN), (PASSING, 2, OUT), (PASSING | LASTING, 1, OUT)]
)
def test_who_may_come_back(failed: int, attempt: int, result: int) -> None:
    """Once, and where all that failed may pass."""
    results, world = screened((0.0, {"tests_failed": failed, "attempt": attempt}), rescreen=RESCREEN)
    assert results == [(4.0, 0, result)]
    planned = happened(world, events.RESCREEN_PLANNED)
    assert [(entry.code, entry.number) for entry in planned] == ([(1, PASSING)] if result == WILL_RETURN else [])


def test_nobody_comes_back_with_a_probability_of_0() -> None:
    results, _ = screened((0.0, {"tests_failed": PASSING}), rescreen=RESCREEN | {"probability": 0.0})
    assert results == [(4.0, 0, OUT)]


@pytest.mark.parametrize(
    ("chart", "tests", "window_ends", "comes", "attempt", "left_over"),
    [
        (0, PASSING, NEVER, True, 2, 0),
        (PASSING, LASTING, NEVER, True, 2, LASTING),
        (0, PASSING, 10.0, False, 1, PASSING),
        (0, PASSING, 10.5, True, 2, 0),
    ],
)
def test_coming_back(chart: int, tests: int, window_ends: float, comes: bool, attempt: int, left_over: int) -> None:
    """What failed in the tests has passed; what failed on the chart has, and tests are then still to come."""
    world = world_of(
        screening={"rescreen": RESCREEN, "criteria": CRITERIA}, patients={"conditions": {"a": 0.1, "b": 0.1}}
    )
    screening, found = Screening(world), []
    person = someone(world, chart_failed=chart, tests_failed=tests, window_ends=window_ends)

    def way() -> Any:
        back = yield from screening.come_back(person)
        found.append((world.env.now, back))

    world.env.start(way())
    assert person.is_returning
    world.env.run_to_end()
    assert found == [(10.0, comes)]
    assert (person.attempt, person.tests_failed, person.is_returning) == (attempt, left_over, False)
    assert len(happened(world, events.SCREENING_FAILED)) == (not comes)


def test_a_second_attempt_has_days_of_its_own() -> None:
    world = world_of(screening={"days": {"dist": "uniform", "low": 1.0, "high": 9.0}})
    person = someone(world, drawn={"screening.days": 3.0, "screening.days.again": 5.0}, attempt=2)
    assert Screening(world).first_days(person) == (3.0, 5.0)
    world.env.start(Screening(world).screen(person))
    world.env.run_to_end()
    assert [entry.day for entry in happened(world, events.SCREENING_PASSED)] == [5.0]


def test_the_first_criterion_is_the_lowest_bit() -> None:
    assert [lowest_bit(bits) for bits in (1, 2, 3, 4, 12, 1 << 40)] == [0, 1, 0, 2, 2, 40]


@pytest.mark.parametrize(
    ("deteriorates", "window_ends", "code"),
    [(3.0, 9.0, events.FAIL_DETERIORATED), (3.0, 3.0, events.FAIL_DETERIORATED), (9.0, 3.0, events.FAIL_WINDOW)],
)
def test_who_waits_for_a_place_until_their_time_is_over_has_failed(
    deteriorates: float, window_ends: float, code: int
) -> None:
    """The log says why: they worsened, or their window ended."""
    world = world_of()
    Screening(world).ran_out_while_waiting(someone(world, deteriorates=deteriorates, window_ends=window_ends))
    assert [(e.kind, e.code, e.number) for e in happened(world)] == [("screening.failed", code, 0)]
