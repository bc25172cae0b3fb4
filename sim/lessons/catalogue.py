"""All lessons, in their order.

Attributes:
    LESSONS: the lessons; the first has number 1.
"""

from __future__ import annotations

from sim.errors import Problem, UsageError, nearest
from sim.lessons.lesson import Lesson
from sim.lessons.subjects import arrivals, average_plan, funnel, half_way, leaving, luck, queues, start_up

LESSONS: tuple[Lesson, ...] = tuple(
    module.LESSON for module in (arrivals, average_plan, funnel, start_up, queues, leaving, luck, half_way)
)


def find_lesson(name: str, where: str = "LESSON") -> Lesson:
    """A lesson by its number or name.

    Args:
        name: number or name, as a person typed it.
        where: the option or argument, for messages.

    Returns:
        The lesson.

    Raises:
        UsageError: there is no such lesson.
    """
    for lesson in LESSONS:
        if name in (str(lesson.number), lesson.name):
            return lesson
    if name.lstrip("-").isdigit():
        message = f"there are lessons 1 to {len(LESSONS)}"
    else:
        message = f"there is no such lesson; {nearest(name, [lesson.name for lesson in LESSONS])}"
    raise UsageError(Problem(message, where, value=name))
