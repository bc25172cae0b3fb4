"""What a lesson is: a question with a guess, a picture, a task, and a check, all answered by the simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from sim.report.words import mean_with_error, number
from sim.scenario.schema.values import Section

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.lessons.classroom import Classroom
    from sim.report.exhibits import Exhibit


class Parameters(Section):
    """What a teacher may set in a lesson, and a student may move."""


def control(text: str, *, unit: str = "", step: float | None = None, **rest: Any) -> Any:
    """A parameter that is shown as a control.

    Args:
        text: what it is, as the control's label says.
        unit: of its values.
        step: between two values of a slider; None for a choice.
        rest: limits and default, as for a field of pydantic.
    """
    extra: dict[str, Any] = {"unit": unit} | ({} if step is None else {"step": step})
    return Field(description=text, json_schema_extra=extra, **rest)


class Verdict(NamedTuple):
    """What is said of a student's answer.

    Attributes:
        is_right: whether it holds against the simulation.
        text: in a sentence or two.
    """

    is_right: bool
    text: str


@dataclass(frozen=True)
class Prediction:
    """A number to guess before anything is shown.

    Attributes:
        text: the question.
        unit: of the number.
        answer: what the simulation says.
        accepts: from where to where a guess is counted as right.
        step: of the input.
        most: largest number that makes sense.
    """

    text: str
    unit: str
    answer: Estimate
    accepts: tuple[float, float]
    step: float = 1.0
    most: float = 1000.0

    @property
    def answer_text(self) -> str:
        """The answer with its error and unit."""
        return with_unit(mean_with_error(self.answer), self.unit)

    def judge(self, guess: float) -> Verdict:
        """What to say of a guess."""
        low, high = self.accepts
        is_right = low <= guess <= high
        said = f"You said {with_unit(f'{guess:g}', self.unit)}. The simulation says {self.answer_text}."
        if is_right:
            return Verdict(True, f"{said} That is close.")
        if not math.isfinite(self.answer.value):
            return Verdict(False, said)
        apart = abs(guess - self.answer.value)
        way = "high" if guess > self.answer.value else "low"
        return Verdict(False, f"{said} Your guess is too {way}, by {number(apart)}.")


@dataclass(frozen=True)
class Check:
    """A question with answers to choose from, of which the simulation says which one is right.

    Attributes:
        text: the question.
        options: the answers.
        right: number of the right one.
        explanation: why, with simulated numbers.
    """

    text: str
    options: tuple[str, ...]
    right: int
    explanation: str

    def judge(self, chosen: int) -> Verdict:
        """What to say of a choice."""
        is_right = chosen == self.right
        first = "Right." if is_right else f"Not so: {self.options[self.right]}."
        return Verdict(is_right, f"{first} {self.explanation}")


@dataclass(frozen=True)
class Task:
    """Something to reach by moving the controls.

    Attributes:
        text: what to reach.
        status: where it stands, with simulated numbers.
        is_met: whether it is reached.
    """

    text: str
    status: str
    is_met: bool


class Fact(NamedTuple):
    """One simulated number of a lesson, for the answer key.

    Attributes:
        name: what it is.
        estimate: value and interval.
        unit: of it.
    """

    name: str
    estimate: Estimate
    unit: str

    @property
    def text(self) -> str:
        """The value with its error and unit."""
        return with_unit(mean_with_error(self.estimate), self.unit)


@dataclass(frozen=True)
class Taught:
    """A lesson with its parameters, as the simulation answered it.

    Attributes:
        prediction: what to guess first.
        exhibits: pictures, each with its words and its table.
        findings: what is to be seen in them and why, with simulated numbers.
        task: what to reach with the controls.
        check: whether it was understood.
        facts: the simulated numbers, for the key.
    """

    prediction: Prediction
    exhibits: tuple[Exhibit, ...]
    findings: tuple[str, ...]
    task: Task
    check: Check
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        number: from 1.
        name: in files and addresses.
        title: in words.
        question: that it answers.
        idea: what to know before, without numbers.
        words: of the glossary that it uses.
        reading: pages of the documentation to read on, by their names in `sim.lessons.reading`.
        model: its parameters.
        base: the scenario that it starts from.
        changes: from parameters to what its scenario changes in `base`.
        teach: from parameters to answers, by simulation.
        varies: parameters in which students' scenarios differ, with the values among which they do.
        replications: simulated trials of its main scenario.
        choices: what a parameter that is a name may be.
    """

    number: int
    name: str
    title: str
    question: str
    idea: tuple[str, ...]
    words: tuple[str, ...]
    reading: tuple[str, ...]
    model: type[Parameters]
    base: str
    changes: Callable[[Any], dict[str, Any]]
    teach: Callable[[Any, Classroom], Taught]
    varies: Mapping[str, tuple[Any, ...]]
    replications: int
    choices: Mapping[str, Callable[[], tuple[str, ...]]] = field(default_factory=dict)


def with_unit(text: str, unit: str) -> str:
    """A number with its unit, if it has one."""
    return f"{text} {unit}" if unit else text
