"""The controls of a lesson, derived from its parameters, so that controls and allowed values always agree.

The studio draws them; a lesson in a terminal has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.lessons.lesson import Lesson


@dataclass(frozen=True)
class Control:
    """One parameter as a control.

    Attributes:
        name: name of the parameter.
        label: its meaning.
        unit: unit of its values; empty for a share or a name.
        default: initial value.
        low: smallest value; None for a choice.
        high: largest value; None for a choice.
        step: distance between values; None for a choice.
        is_whole: whether values are whole numbers.
        choices: allowed values of a choice; empty for a number.
    """

    name: str
    label: str
    unit: str
    default: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    is_whole: bool = False
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.choices:
            return ", ".join(self.choices)
        return f"{self.low:g} to {self.high:g}" if self.low is not None and self.high is not None else ""


def controls(lesson: Lesson) -> tuple[Control, ...]:
    """The controls of a lesson, in the order of its parameters.

    Args:
        lesson: the lesson; each of its parameters has one control.
    """
    properties = lesson.model.model_json_schema()["properties"]
    return tuple(_control(lesson, name, field) for name, field in properties.items())


def _control(lesson: Lesson, name: str, field: dict[str, Any]) -> Control:
    """One parameter as a control, from its JSON Schema."""
    head = {"name": name, "label": field["description"], "unit": field.get("unit", ""), "default": field["default"]}
    if name in lesson.choices:
        return Control(**head, choices=lesson.choices[name]())
    return Control(
        **head, low=field["minimum"], high=field["maximum"], step=field["step"], is_whole=field["type"] == "integer"
    )
