"""Suggests values worth trying at a path: the present value, and two near it that the scenario allows.

For a user who names a path and no values. Steps are a third of the value, in one digit, because a sweep is to show
whether a value matters at all; each suggestion is tried on the scenario before it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sim.errors import ScenarioError
from sim.experiment.sweep.points import AS_IS, GRID, Factor
from sim.scenario.described import Description
from sim.scenario.load import Loaded, with_changes

_BESIDE = 2  # values besides the present one
_STEPS = (-1, 1, 2, -2, 3, -0.1, 0.1)  # in order of preference
_PARTS = 3  # a step is a third of the value, in one digit
_SHARE_STEP = 0.1  # step of a probability of zero
_DAYS = (91, 182, 30, 14, 7, -7, -14)  # shifts of a date: quarters, or less where those do not fit
_NAME = "--vary"


def suggested(loaded: Loaded, path: str, value: Any, description: Description, design: str) -> Factor:
    """Suggest what to try at a path; for a Latin hypercube a range, where one is possible.

    Args:
        loaded: the scenario.
        path: dotted path.
        value: the scenario's value there, as plain data; None where it has none.
        description: what the schema says of the path.
        design: one of `sim.experiment.sweep.points.DESIGNS`.

    Returns:
        Values with which the scenario is valid, including the present one; only that one where no other is known.
    """
    value = _plain(value, description)
    known = value if value is None or not isinstance(value, Mapping) else AS_IS
    own: list[Any] = [AS_IS if known is None else known]
    for other in _others(loaded, value, description):
        if len(own) > _BESIDE and not description.choices:
            break
        if other not in own and _fits(loaded, path, other):
            own.append(other)
    if not _ordered(own):
        return Factor(path, tuple(own))
    own.sort()
    if design == GRID or len(own) == 1:
        return Factor(path, tuple(own))
    return Factor(path, (), own[0], own[-1])


def _plain(value: Any, description: Description) -> Any:
    """Plain data as a value of its type: a date, or a float where the schema allows fractions."""
    if description.is_date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    is_whole = description.types <= {"integer", "null"} or isinstance(value, bool)
    return float(value) if isinstance(value, int) and not is_whole else value


def _others(loaded: Loaded, value: Any, description: Description) -> Iterator[Any]:
    """Possible alternatives, the most plausible first."""
    if isinstance(value, bool):
        yield not value
    elif description.choices:
        yield from description.choices
    elif isinstance(value, Mapping):
        yield False
    elif isinstance(value, date) or (value is None and description.is_date):
        begin = loaded.scenario.trial.enrolment_opens if value is None else value
        yield from (begin + timedelta(days=days) for days in _DAYS)
    elif isinstance(value, (int, float)):
        yield from _numbers(value, description)


def _numbers(value: float, description: Description) -> Iterator[float]:
    """Numbers around one, in round steps; zero only where it is zero already."""
    is_whole = isinstance(value, int)
    size = abs(value) / _PARTS or (_SHARE_STEP if description.high == 1 else 1.0)
    step = float(f"{max(size, 1.0) if is_whole else size:.1g}")
    for n in _STEPS:
        other = value + n * step
        if other > 0 or value <= 0 <= other:
            yield int(other) if is_whole else float(f"{other:.4g}")


def _fits(loaded: Loaded, path: str, value: Any) -> bool:
    try:
        with_changes(loaded, {path: value}, _NAME)
    except ScenarioError:
        return False
    return True


def _ordered(values: list[Any]) -> bool:
    """Whether all values are numbers, or all are dates, so that they can be sorted."""
    return all(isinstance(value, date) for value in values) or all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
    )
