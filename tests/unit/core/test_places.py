"""Places go to whoever came first, and whoever gives up stands in nobody's way."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simpy.events import Event

from sim.core.environment import TrialEnvironment
from sim.core.places import HoldablePlaces, Places


def in_queue(places: Places, arrivals: list[tuple[str, float, float, float]]) -> list[tuple[float, str, str]]:
    """What happens to people who (name, arrive, stay, have patience) for a place."""
    env, log = places._env, []

    def person(name: str, stay: float, patience: float) -> Generator[Event, Any, None]:
        place = places.take()
        if place is not None:
            yield place | env.timeout(patience)
        if place is None or place.triggered:
            log.append((env.now, name, "in"))
            yield env.timeout(stay)
            log.append((env.now, name, "out"))
        else:
            log.append((env.now, name, "gives up"))
        places.leave(place)

    for name, arrive, stay, patience in arrivals:
        env.at(arrive).callbacks.append(lambda _e, who=(name, stay, patience): env.start(person(*who)))
    env.run_to_end()
    return log


def test_first_come_first_served() -> None:
    """Two places, four people: the third and fourth get in when the first and second leave, in their order."""
    log = in_queue(
        Places(TrialEnvironment(), 2),
        [("a", 0.0, 5.0, 99.0), ("b", 1.0, 7.0, 99.0), ("c", 2.0, 1.0, 99.0), ("d", 3.0, 1.0, 99.0)],
    )
    assert [entry for entry in log if entry[2] == "in"] == [
        (0.0, "a", "in"),
        (1.0, "b", "in"),
        (5.0, "c", "in"),
        (6.0, "d", "in"),
    ]


def test_patience_ends_and_the_next_moves_up() -> None:
    """Whoever gives up leaves the queue, and the one behind gets the place."""
    log = in_queue(Places(TrialEnvironment(), 1), [("a", 0.0, 10.0, 99.0), ("b", 1.0, 1.0, 2.0), ("c", 2.0, 1.0, 99.0)])
    assert (3.0, "b", "gives up") in log
    assert (10.0, "c", "in") in log


def test_a_free_place_costs_no_event() -> None:
    """Taking and leaving a place that nobody waits for schedules nothing."""
    env = TrialEnvironment()
    places = Places(env, 1)
    place = places.take()
    assert place is None
    assert places.n_free == 0
    places.leave(place)
    assert places.n_free == 1
    assert not env._queue


def test_nobody_overtakes() -> None:
    """A place that is free but promised to one who waits is not taken by one who comes."""
    env = TrialEnvironment()
    places = Places(env, 1)
    first, second = places.take(), places.take()
    assert first is None
    assert second is not None
    assert not second.triggered
    places.leave(first)
    third = places.take()
    assert second.triggered
    assert third is not None
    assert not third.triggered


def test_places_without_a_limit_are_never_waited_for() -> None:
    """However many are taken, there is one at once."""
    places = Places(TrialEnvironment(), None)
    turns = [places.take() for _ in range(1000)]
    assert not any(turns)
    places.leave(turns[0])
    assert places.take() is None


def test_places_that_are_held() -> None:
    """Nobody takes a place while they are held, those inside stay, and those who wait get in at the last release."""
    env = TrialEnvironment()
    places = HoldablePlaces(env, 2)
    env.call_at(1.0, places.hold)
    env.call_at(2.0, places.hold)
    env.call_at(6.0, places.release)
    env.call_at(8.0, places.release)
    arrivals = [("a", 0.0, 5.0, 99.0), ("b", 3.0, 1.0, 99.0), ("c", 4.0, 1.0, 2.0), ("d", 4.5, 1.0, 99.0)]
    arrivals += [("e", 4.6, 1.0, 99.0)]
    assert in_queue(places, arrivals) == [
        (0.0, "a", "in"),
        (5.0, "a", "out"),
        (6.0, "c", "gives up"),
        (8.0, "b", "in"),
        (8.0, "d", "in"),
        (9.0, "b", "out"),
        (9.0, "d", "out"),
        (9.0, "e", "in"),
        (10.0, "e", "out"),
    ]
    assert places.n_free == 2
