"""Primary completion of an event-driven trial: at the n-th event, not before a date, at the latest on one."""

from __future__ import annotations

from typing import Any

import pytest
from small_world import happened, someone, world_of

from sim.core import events
from sim.core.world import World
from sim.processes.completion import Completion

DEATH, LOST = 0, 1


def completion_of(**rule: Any) -> tuple[World, Completion, list[float]]:
    """A rule alone, the days on which it called, and ways out death (0) and lost (1)."""
    world = world_of(
        follow_up={
            "visit_weeks": [10],
            "primary_completion": {"events": 2, **rule},
            "leaving": {"lost": {10: 0.9}, "death": {10: 0.05}},
        }
    )
    rules, called = world.scenario.follow_up, []
    assert rules is not None
    assert rules.primary_completion is not None
    return world, Completion(world, rules.primary_completion, lambda: called.append(world.env.now)), called


def leave(world: World, completion: Completion, *ways: tuple[float, int | None]) -> None:
    for day, way in ways:
        world.env.call_at(day, lambda way=way: completion.left(someone(world, way_out=way)))
    world.env.run_to_end()


def completed(world: World) -> list[tuple[float, float, int]]:
    return [(entry.day, entry.number, entry.code) for entry in happened(world, events.PRIMARY_COMPLETED)]


@pytest.mark.parametrize(
    ("of", "ways", "day"),
    [
        (None, [(1.0, DEATH), (2.0, LOST), (3.0, DEATH)], 2.0),
        (["death"], [(1.0, DEATH), (2.0, LOST), (3.0, DEATH)], 3.0),
        (["lost"], [(1.0, LOST), (2.0, None), (4.0, LOST)], 4.0),
    ],
)
def test_the_n_th_event_completes(of: list[str] | None, ways: list[tuple[float, int | None]], day: float) -> None:
    """Of the ways that count; who had the last visit had none."""
    world, completion, called = completion_of(of=of)
    leave(world, completion, *ways, (9.0, DEATH), (9.0, LOST))
    assert called == [day]
    assert completed(world) == [(day, 2, events.COMPLETED_EVENTS)]
    assert completion.is_done


def test_not_before_a_date() -> None:
    """The events are there on day 2, and the date is day 5; later events still count."""
    world, completion, called = completion_of(not_before="2020-01-06")
    leave(world, completion, (1.0, LOST), (2.0, LOST), (4.0, LOST))
    assert called == [5.0]
    assert completed(world) == [(5.0, 3, events.COMPLETED_NOT_BEFORE)]


def test_events_on_the_very_date_are_not_early() -> None:
    world, completion, called = completion_of(not_before="2020-01-06")
    leave(world, completion, (1.0, LOST), (5.0, LOST))
    assert called == [5.0]
    assert completed(world) == [(5.0, 2, events.COMPLETED_EVENTS)]


def test_at_the_latest_on_a_date() -> None:
    """With the events there are; what comes later changes nothing."""
    world, completion, called = completion_of(at_the_latest="2020-01-06")
    leave(world, completion, (1.0, LOST), (7.0, LOST), (8.0, LOST))
    assert called == [5.0]
    assert completed(world) == [(5.0, 1, events.COMPLETED_LATEST)]


def test_a_date_that_comes_after_the_events_changes_nothing() -> None:
    world, completion, called = completion_of(at_the_latest="2020-01-06")
    leave(world, completion, (1.0, LOST), (2.0, LOST))
    assert called == [2.0]
    assert completed(world) == [(2.0, 2, events.COMPLETED_EVENTS)]


@pytest.mark.parametrize(
    ("n_events", "at_the_latest", "waits", "code"),
    [
        (1, None, False, None),
        (1, "2020-06-01", True, events.COMPLETED_NOBODY_LEFT),
        (2, None, True, None),
    ],
)
def test_where_nobody_is_left(n_events: int, at_the_latest: str | None, waits: bool, code: int | None) -> None:
    """Too few events never come; a date that would be waited for need not be; a date before which is still to come."""
    rule: dict[str, Any] = {"not_before": "2020-03-01"} if n_events == 2 else {}
    world, completion, called = completion_of(at_the_latest=at_the_latest, **rule)
    for _ in range(n_events):
        completion.left(someone(world, way_out=LOST))
    assert completion.nobody_is_left() == waits
    assert completion.is_done == (code is not None)
    assert completed(world) == ([] if code is None else [(0.0, 1, code)])
    assert called == ([] if code is None else [0.0])


def test_what_is_done_is_not_still_to_come() -> None:
    world, completion, _ = completion_of()
    leave(world, completion, (1.0, LOST), (2.0, LOST))
    assert not completion.nobody_is_left()


def test_last_visits_are_within_their_days_and_each_has_a_draw_of_their_own() -> None:
    """Uniform from 0 to 10 days after now, by site and referral."""
    world, completion, _ = completion_of(last_visits_days={"dist": "uniform", "low": 0.0, "high": 10.0})
    world.env.begin(100.0)
    days = [completion.last_visit(someone(world, referral=i)) for i in range(50)]
    assert all(100.0 <= day <= 110.0 for day in days)
    assert len(set(days)) == 50
    assert completion.last_visit(someone(world, referral=3)) == days[3]
