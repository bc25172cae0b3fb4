"""Which engine simulates: SimPy, or the compiled engine, which gives the same events where it knows the scenario.

The choice never changes a result. It is asked for around a call (`engine_asked`), because it concerns everything that
is simulated inside, or by an environment variable, which processes inherit. Commands ask before they import anything
else, so that what is slow to import is imported where it is used.

Attributes:
    ENGINES: what may be asked for: `auto` takes the compiled engine where it knows the scenario and is there.
    VARIABLE: variable of the environment that asks for an engine.
    WORTH_IT: replications from which on loading compiled code, half a second, is soon made good.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim.compiled import ready
from sim.errors import Problem, UsageError, nearest

if TYPE_CHECKING:
    from sim.core.design import Design
    from sim.scenario.schema import Scenario

AUTO, SIMPY, COMPILED = ENGINES = ("auto", "simpy", "compiled")
VARIABLE = "TRIALCLOCK_ENGINE"
_OPTION = "--engine"
# Replications for which loading compiled code, half a second, is soon made good; where it is loaded, any number is.
WORTH_IT = 48

_asked: ContextVar[str | None] = ContextVar("engine", default=None)


def asked() -> str:
    """The engine that is asked for here: by `engine_asked`, or else by the environment; `auto` where nobody asks.

    Raises:
        UsageError: the environment names an engine that does not exist.
    """
    found = _asked.get()
    return checked(os.environ.get(VARIABLE) or AUTO, VARIABLE) if found is None else found


def checked(name: str, where: str = "engine") -> str:
    """Check the name of an engine.

    Args:
        name: the name.
        where: where it was written, for the message.

    Returns:
        The name.

    Raises:
        UsageError: there is no such engine.
    """
    if name not in ENGINES:
        raise UsageError(Problem(f"is not an engine: {nearest(name, ENGINES)}", where, value=name))
    return name


@contextmanager
def engine_asked(name: str) -> Iterator[None]:
    """Ask for an engine inside a with statement.

    Args:
        name: one of `ENGINES`.

    Yields:
        Once; afterwards what was asked for before holds again.

    Raises:
        UsageError: there is no such engine.
    """
    token = _asked.set(checked(name))
    try:
        yield
    finally:
        _asked.reset(token)


def on_engine(name: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do a job on an engine; the job may be sent to another process.

    Args:
        name: one of `ENGINES`.
        work: the job.
        arguments: its arguments.

    Returns:
        What the job returns.

    Raises:
        UsageError: there is no such engine.
    """
    with engine_asked(name):
        return work(*arguments)


def refuse_unknown(name: str, scenario: Scenario) -> None:
    """Check that an engine can simulate a scenario.

    Args:
        name: one of `ENGINES`.
        scenario: the scenario.

    Raises:
        UsageError: the compiled engine is asked for, and does not know the scenario or is not installed.
    """
    if name != COMPILED:
        return
    reason = _unknown_in(scenario)
    if reason is not None:
        message = f"the compiled engine does not know {reason}; --engine auto runs such a scenario on SimPy"
        raise UsageError(Problem(message, _OPTION, value=COMPILED))
    if not ready.has_numba():
        message = "the compiled engine needs Numba: pip install 'trialclock[fast]'"
        raise UsageError(Problem(message, _OPTION, value=COMPILED))


def prepare(name: str) -> None:
    """See that the compiled engine can run before work is given out, if it is asked for.

    Args:
        name: one of `ENGINES`.
    """
    if name == COMPILED:
        ready.make_ready_apart()


def is_compiled(design: Design, n: int) -> bool:
    """Whether the compiled engine is to simulate replications of a plan.

    With `auto`, it is for 48 replications or more (for any number where its code is loaded), if it knows the scenario.
    Where it could and its code is not there, a process beside this one compiles, for later replications.

    Args:
        design: the scenario, made ready.
        n: number of replications.

    Raises:
        UsageError: the compiled engine is asked for, and does not know the scenario or is not installed.
    """
    name = asked()
    if name == COMPILED:
        refuse_unknown(name, design.scenario)
        return True
    if name == SIMPY or (n < WORTH_IT and not ready.is_loaded()) or not _knows(design):
        return False
    ready.make_ready_beside()
    return ready.is_ready()


@lru_cache(maxsize=16)
def _knows(design: Design) -> bool:
    return _unknown_in(design.scenario) is None


def _unknown_in(scenario: Scenario) -> str | None:
    from sim.compiled.known import reason_not_compiled

    return reason_not_compiled(scenario)


def is_likely() -> bool:
    """Whether plans that the compiled engine knows would run on it here: it is not refused, and its code is kept.

    Returns:
        True does not promise it: a single plan may have a key that the engine does not know.
    """
    return asked() != SIMPY and ready.is_ready()


def why_simpy(scenario: Scenario) -> str | None:
    """Why a plan that is asked for with `auto` runs on SimPy.

    Args:
        scenario: the scenario.

    Returns:
        A sentence without full stop, which names the first key that the compiled engine does not know; None if it knows
        all, or another engine is asked for.
    """
    reason = _unknown_in(scenario)
    if asked() != AUTO or reason is None:
        return None
    return f"simulated on SimPy: the compiled engine does not know {reason}"
