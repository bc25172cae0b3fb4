"""Parts of SimPy and Dash that are not public, and that the program leans on: a change is found here, by its name.

`sim/core/environment.py` schedules in SimPy's own calendar (decision 0005), and `sim/web/work` overrides the managers
of Dash's background callbacks. Both libraries are held below their next major version in pyproject.toml.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import dash
import pytest
import simpy
from dash.background_callback.managers import BaseBackgroundCallbackManager
from simpy.events import NORMAL, PENDING, URGENT, Event

METHODS = {  # overridden, or called, with these parameters
    "build_cache_key": ("self", "fn", "args", "cache_args_to_ignore", "triggered"),
    "call_job_fn": ("self", "key", "job_fn", "args", "context"),
    "get_progress": ("self", "key"),
    "get_result": ("self", "key", "job"),
    "get_updated_props": ("self", "key"),
    "job_running": ("self", "job"),
    "result_ready": ("self", "key"),
    "terminate_job": ("self", "job"),
    "_make_progress_key": ("key",),
    "_make_set_props_key": ("key",),
}


def other_than(owner: type, methods: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Methods that a class does not have, or has with other parameters."""
    return [
        name
        for name, parameters in methods.items()
        if not hasattr(owner, name) or tuple(inspect.signature(getattr(owner, name)).parameters) != parameters
    ]


def calendar_differs(environment: type[Any]) -> Iterator[str]:
    """What differs from the calendar that `TrialEnvironment` writes to and reads from."""
    env = environment(5.0)
    if not (NORMAL == 1 and URGENT == 0):
        yield "priorities"
    for name, kind in (("_queue", list), ("_eid", count), ("_now", float)):
        if not isinstance(getattr(env, name, None), kind):
            yield name
            return
    event = env.timeout(2.0, "value")
    if env._queue != [(7.0, NORMAL, 0, event)] or next(env._eid) != 1:
        yield "entries of the calendar"
    if (event.callbacks, event._ok, event._value, event.env) != ([], True, "value", env):
        yield "an event that has been scheduled"
    heard: list[tuple[float, Any]] = []
    event.callbacks.append(lambda happened: heard.append((env.now, happened.callbacks)))
    env.step()
    if heard != [(7.0, None)] or env._now != 7.0:
        yield "what a step does"


def test_simpys_calendar_is_the_one_we_write_to() -> None:
    assert list(calendar_differs(simpy.Environment)) == []


def test_simpys_events_have_the_fields_that_we_set() -> None:
    event = simpy.Environment().event()
    assert set(vars(event)) == {"env", "callbacks"}, "TrialEnvironment.at makes events without their constructor"
    assert Event._value is PENDING
    assert not event.triggered
    event._ok, event._value = True, None
    assert event.triggered
    assert event.ok


def test_simpys_process_has_the_fields_that_we_set() -> None:
    def nothing() -> Any:
        yield env.timeout(1.0)

    env = simpy.Environment()
    process = env.process(nothing())
    assert {"env", "callbacks", "_generator", "_target"} <= set(vars(process))
    assert callable(process._resume)


@pytest.mark.parametrize("manager", [BaseBackgroundCallbackManager, dash.DiskcacheManager, dash.CeleryManager])
def test_dashs_managers_have_the_methods_that_we_override(manager: type) -> None:
    assert other_than(manager, METHODS) == []


def test_dash_registers_functions_where_we_look_for_them() -> None:
    assert isinstance(BaseBackgroundCallbackManager.functions, list)
    assert BaseBackgroundCallbackManager.UNDEFINED is not None
    assert "self.func_registry[key]" in inspect.getsource(BaseBackgroundCallbackManager.register)


class Renamed(simpy.Environment):
    """As SimPy would be if its calendar had another name."""

    def __init__(self, initial_time: float) -> None:
        super().__init__(initial_time)
        self.calendar = self.__dict__.pop("_queue")


class LastComesFirst(simpy.Environment):
    """As SimPy would be if entries of one instant had another order."""

    def __init__(self, initial_time: float) -> None:
        super().__init__(initial_time)
        self._eid = count(0, -1)


@pytest.mark.parametrize("changed", [Renamed, LastComesFirst])
def test_a_change_of_simpys_calendar_is_found(changed: type) -> None:
    assert list(calendar_differs(changed)) != []


class AsksForASignal(dash.DiskcacheManager):
    """As Dash would be if one of its methods had one more parameter."""

    def terminate_job(self, job: Any, signal: int) -> None:
        super().terminate_job((job, signal))


def test_a_change_of_a_method_is_found() -> None:
    assert other_than(AsksForASignal, METHODS) == ["terminate_job"]
    assert other_than(AsksForASignal, {**METHODS, "no_such_method": ("self",)}) == ["terminate_job", "no_such_method"]
