"""A commented parameters file to start from: everything that a teacher may set in a lesson, with meaning and range.

It is generated from the parameters of the lesson, with the ranges that the check allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.lessons.controls import controls
from sim.lessons.session import SEED
from sim.scenario.yaml_source import shown

if TYPE_CHECKING:
    from sim.lessons.lesson import Lesson


def template(lesson: Lesson) -> str:
    """The file as text. Unchanged, it gives the lesson's defaults.

    Args:
        lesson: the lesson.

    Returns:
        YAML with a comment above each parameter: its meaning, unit and allowed values.
    """
    lines = [
        f"# Lesson {lesson.number}: {lesson.title}. What is left out is as the lesson has it.",
        f"lesson: {lesson.name}",
        'heading: ""                  # above a sheet, such as the name of the class',
        f"seed: {SEED}",
        f"replications: {lesson.replications}",
        "parameters:",
    ]
    for control in controls(lesson):
        unit = f" ({control.unit})" if control.unit else ""
        lines += [f"  # {control.label}{unit}: {control.allowed}", f"  {control.name}: {shown(control.default)}"]
    lines += ["vary:                        # in what students' scenarios differ, and among which values"]
    lines += [f"  {name}: {shown(list(values))}" for name, values in lesson.varies.items()]
    return "\n".join(lines) + "\n"
