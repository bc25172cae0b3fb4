"""The controls of a lesson, read off its parameters, so that they cannot drift from what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.lessons.lesson import Lesson


@dataclass(frozen=True)
class Control:
    """One parameter as a control.

    Attributes:
        name: of the parameter.
        label: what it is.
        unit: of its values.
        default: before anybody moves it.
        low: smallest value; None for a choice.
        high: largest value; None for a choice.
        step: from one value to the next; None for a choice.
        is_whole: whether values are whole numbers.
        choices: for a choice, what it may be.
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
        """What is allowed, in words."""
        if self.choices:
            return ", ".join(self.choices)
        return f"{self.low:g} to {self.high:g}" if self.low is not None and self.high is not None else ""


def controls(lesson: Lesson) -> tuple[Control, ...]:
    """The controls of a lesson, in the order of its parameters."""
    properties = lesson.model.model_json_schema()["properties"]
    return tuple(_control(lesson, name, field) for name, field in properties.items())


def _control(lesson: Lesson, name: str, field: dict[str, Any]) -> Control:
    head = {"name": name, "label": field["description"], "unit": field.get("unit", ""), "default": field["default"]}
    if name in lesson.choices:
        return Control(**head, choices=lesson.choices[name]())
    return Control(
        **head, low=field["minimum"], high=field["maximum"], step=field["step"], is_whole=field["type"] == "integer"
    )
