"""Processes and appointments: what SimPy does, with fewer events, and at the very instant that was asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import simpy
from simpy.events import Event

from sim.core.environment import TrialEnvironment, Wait


@pytest.fixture
def env() -> TrialEnvironment:
    return TrialEnvironment()


def test_a_process_starts_at_once(env: TrialEnvironment) -> None:
    """Its first steps are taken before `start` returns, and no event is scheduled for them."""
    seen = []

    def process() -> Generator[Event, None, None]:
        seen.append(env.now)
        yield env.timeout(3.0)
        seen.append(env.now)

    env.start(process())
    assert seen == [0]
    assert len(env._queue) == 1
    env.run_to_end()
    assert seen == [0, 3.0]


def test_the_end_of_a_process_is_an_event_only_where_somebody_waits(env: TrialEnvironment) -> None:
    """Whoever waits for a process is told when it ends; otherwise nothing is scheduled."""
    seen = []

    def short() -> Generator[Event, None, None]:
        yield env.timeout(2.0)

    def waits(other: Event) -> Generator[Event, None, None]:
        yield other
        seen.append(env.now)

    env.start(waits(env.start(short())))
    env.run_to_end()
    assert seen == [2.0]
    env.start(short())
    env.run_to_end()
    assert not env._queue


def test_waiting_for_what_has_happened_costs_no_event(env: TrialEnvironment) -> None:
    """A process goes straight on where what it waits for has happened already."""
    done = env.event()
    done.succeed()
    env.run_to_end()
    seen = []

    def process() -> Generator[Event, None, None]:
        yield done
        yield done
        seen.append(env.now)

    env.start(process())
    assert seen == [0]


def test_an_interrupt_reaches_the_process(env: TrialEnvironment) -> None:
    """With its cause, at the instant at which it was made, and the process can go on."""
    seen: list[Any] = []

    def process() -> Generator[Event, None, None]:
        try:
            yield env.timeout(10.0)
        except simpy.Interrupt as interrupt:
            seen.append((env.now, interrupt.cause))
        yield env.timeout(1.0)
        seen.append(env.now)

    running = env.start(process())
    env.at(4.0).callbacks.append(lambda _event: running.interrupt(7))
    env.run_to_end()
    assert seen == [(4.0, 7), 5.0]


def test_an_exception_is_raised_at_once(env: TrialEnvironment) -> None:
    """An error in a process is not kept for whoever might wait for it."""

    def process() -> Generator[Event, None, None]:
        yield env.timeout(1.0)
        raise ValueError("a defect")

    env.start(process())
    with pytest.raises(ValueError, match="a defect"):
        env.run_to_end()


def test_appointments_are_kept_to_the_last_bit(env: TrialEnvironment) -> None:
    """`at` comes at the very number that was asked for, where a delay would miss it in the last bit."""
    days = np.sort(np.random.default_rng(1).uniform(0, 3000, 500))
    now = -100 / 3  # a site is activated before day 0
    env.begin(now)
    seen: list[float] = []
    for day in days.tolist():
        env.at(day).callbacks.append(lambda _event: seen.append(env.now))
    env.run_to_end()
    assert seen == days.tolist()
    assert np.any(now + (days - now) != days)


def test_an_appointment_in_the_past_is_now(env: TrialEnvironment) -> None:
    """The clock never goes back."""
    env.begin(50.0)
    seen: list[float] = []
    env.at(20.0).callbacks.append(lambda _event: seen.append(env.now))
    env.run_to_end()
    assert seen == [50.0]


def test_first_come_at_one_instant(env: TrialEnvironment) -> None:
    """What was scheduled first for an instant happens first."""
    seen: list[str] = []
    for name in "abc":
        env.at(5.0).callbacks.append(lambda _event, name=name: seen.append(name))
    env.run_to_end()
    assert seen == ["a", "b", "c"]


@pytest.mark.parametrize(("happens", "comes"), [(3.0, 3.0), (30.0, 10.0), (None, 10.0)])
def test_the_first_of_an_event_and_a_day(env: TrialEnvironment, happens: float | None, comes: float) -> None:
    """`first` comes with the event, or on the day if the event has not happened by then."""
    event, seen = env.event(), []

    def process() -> Generator[Event, None, None]:
        yield env.first(event, 10.0)
        seen.append(env.now)

    env.start(process())
    if happens is not None:
        env.at(happens).callbacks.append(lambda _event: None if event.triggered else event.succeed())
    env.run_to_end()
    assert seen == [comes]


def test_nothing_happens_after_the_finish(env: TrialEnvironment) -> None:
    """Not even in the same instant."""
    seen: list[str] = []
    env.at(5.0).callbacks.append(lambda _event: env.finish())
    env.at(5.0).callbacks.append(lambda _event: seen.append("late"))
    env.run_to_end()
    assert seen == []


def test_a_process_may_wait_for_a_day(env: TrialEnvironment) -> None:
    """It goes on at the very instant that was asked for, or at once where that has passed."""
    env.begin(-100 / 3)
    seen: list[float] = []

    def process() -> Generator[Wait, None, None]:
        for day in (0.1 + 0.2, 7.0, 5.0):
            yield day
            seen.append(env.now)

    env.start(process())
    env.run_to_end()
    assert seen == [0.1 + 0.2, 7.0, 7.0]


def test_an_interrupt_calls_the_appointment_off(env: TrialEnvironment) -> None:
    """A process that is interrupted while it waits for a day does not go on when that day comes."""
    seen: list[Any] = []

    def process() -> Generator[Wait, None, None]:
        try:
            yield 10.0
        except simpy.Interrupt as interrupt:
            seen.append((env.now, interrupt.cause))
        yield 20.0
        seen.append(env.now)

    running = env.start(process())
    env.call_at(4.0, lambda: running.interrupt("why"))
    env.run_to_end()
    assert seen == [(4.0, "why"), 20.0]


def test_an_interrupt_in_the_instant_of_the_end_comes_too_late(env: TrialEnvironment) -> None:
    """Of two interrupts in one instant, the second finds no process any more where the first ended it."""

    def process() -> Generator[Wait, None, None]:
        with contextlib.suppress(simpy.Interrupt):
            yield 10.0

    running = env.start(process())
    env.call_at(4.0, running.interrupt)
    env.call_at(4.0, running.interrupt)
    env.run_to_end()
    assert not running.is_alive


def test_a_run_says_whether_it_came_to_its_end(env: TrialEnvironment) -> None:
    """It did where nothing is left or somebody finished it, even with the last event that is allowed."""
    assert env.now == 0.0
    assert env.run_to_end()
    for day in (1.0, 2.0, 3.0):
        env.at(day)
    assert not env.run_to_end(2)
    assert env.now == 2.0
    assert env.run_to_end(1)
    env.call_at(5.0, env.finish)
    env.at(6.0)
    assert env.run_to_end(1)
    assert env.run_to_end()
    assert env.now == 5.0, "nothing happens after the finish"


def test_waiting_for_a_day_gives_nothing(env: TrialEnvironment) -> None:
    found: list[object] = []

    def process() -> Generator[Event, None, None]:
        event = env.at(3.0)
        assert event.triggered
        found.append((yield event))
        found.append(event.value)

    env.start(process())
    env.run_to_end()
    assert found == [None, None]
