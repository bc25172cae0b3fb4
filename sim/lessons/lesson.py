"""What a lesson consists of: a question with a guess, figures, a task, and a check, all answered by the simulation.

Students guess before they see anything, because a number that contradicts one's own guess is remembered. A lesson
declares what it asks (`Lesson`); what the simulation answers, with given parameters, is a `Taught`.
"""

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
    """Parameters of a lesson, which a teacher may set and a student may change."""


def control(text: str, *, unit: str = "", step: float | None = None, **rest: Any) -> Any:
    """A parameter that is shown as a control.

    Args:
        text: label of the control.
        unit: unit of its values.
        step: distance between values of a slider; None for a choice.
        rest: limits and default, as for a field of pydantic.

    Returns:
        The field, typed so that a class can give it as a default.
    """
    extra: dict[str, Any] = {"unit": unit} | ({} if step is None else {"step": step})
    return Field(description=text, json_schema_extra=extra, **rest)


class Verdict(NamedTuple):
    """The reply to a student's answer.

    Attributes:
        is_right: whether the answer agrees with the simulation.
        text: the reply, in a sentence or two.
    """

    is_right: bool
    text: str


@dataclass(frozen=True)
class Prediction:
    """A number to guess before anything is shown.

    Attributes:
        text: the question.
        unit: unit of the number.
        answer: the simulated number.
        accepts: range in which a guess counts as right.
        step: step of the input.
        most: largest sensible number.
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
        """The reply to a guess.

        Args:
            guess: a number in the unit of the prediction.

        Returns:
            Right if it is within `accepts`, both ends included; otherwise with the distance to the simulated number,
            where that is finite.
        """
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
    """A multiple-choice question; the simulation decides which answer is right.

    Attributes:
        text: the question.
        options: the answers.
        right: index of the right answer.
        explanation: the reason, with simulated numbers.
    """

    text: str
    options: tuple[str, ...]
    right: int
    explanation: str

    def judge(self, chosen: int) -> Verdict:
        """The reply to a choice.

        Args:
            chosen: index of the chosen answer.

        Returns:
            The verdict; its text names the right answer if another one was chosen.
        """
        is_right = chosen == self.right
        first = "Right." if is_right else f"Not so: {self.options[self.right]}."
        return Verdict(is_right, f"{first} {self.explanation}")


@dataclass(frozen=True)
class Task:
    """A goal to reach by moving the controls.

    Attributes:
        text: the goal.
        status: where it stands now, with simulated numbers.
        is_met: whether it is reached.
    """

    text: str
    status: str
    is_met: bool


class Fact(NamedTuple):
    """One simulated number of a lesson, for the answer key.

    Attributes:
        name: what the number is.
        estimate: value and interval.
        unit: its unit.
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
    """A lesson with its parameters, as answered by the simulation.

    Attributes:
        prediction: the number to guess first.
        exhibits: figures, each with its words and its table.
        findings: what the figures show and why, with simulated numbers.
        task: the goal to reach with the controls.
        check: the question that checks understanding.
        facts: simulated numbers for the key.
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
        name: name in files and addresses.
        title: title in words.
        question: the question that it answers.
        idea: background, without numbers, paragraph by paragraph.
        words: words of the glossary that it uses.
        reading: further pages of the documentation, by their names in `sim.lessons.reading`.
        model: type of its parameters.
        base: name of the scenario that it starts from.
        changes: gives, for parameters, the changes to `base`.
        teach: simulates in a classroom, and gives the answers for parameters.
        varies: parameters that differ between students, with the values to choose from.
        replications: simulated trials of its main scenario, as many as take a few seconds.
        choices: allowed values of a parameter that is a name.
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
    """A number with its unit, if it has one.

    Args:
        text: the number as text.
        unit: its unit; empty for none.
    """
    return f"{text} {unit}" if unit else text
