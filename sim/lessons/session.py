"""A lesson as a teacher sets it up: from a parameters file, or from the query of an address.

Both say the same, so that a lesson prepared in a file can be opened by a link. Every value is checked against the
lesson's limits, with file and line, before anything is simulated.

Attributes:
    SEED_KEY: name of the seed in the query of an address, where other pages have keys too.
    TRIALS_KEY: likewise, of the number of simulated trials.
    SEED: the seed of lessons that do not say one; that of the base scenario.
    LEAST: fewest replications that a teacher may ask for.
    TIMES: how many times those of the lesson a teacher may ask for at most.
    Values: values for students to differ in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, ValidationError, create_model

from sim.errors import Problem, ScenarioError, nearest
from sim.lessons.catalogue import find_lesson
from sim.lessons.classroom import Classroom
from sim.lessons.lesson import Lesson, Parameters, Taught
from sim.scenario.layers import merge
from sim.scenario.messages import problems
from sim.scenario.schema.values import Section, described
from sim.scenario.yaml_source import Document, jsonable, parse, read_file, shown

SEED_KEY, TRIALS_KEY = "lesson_seed", "lesson_trials"  # in an address, where other pages have keys too
SEED = 20191001  # of the base scenario
LEAST, TIMES = 10, 10  # replications that a teacher may ask for: at least 10, at most 10 times those of the lesson

Values = Annotated[tuple[Any, ...], Field(min_length=1, max_length=50)]


class SessionFile(Section):
    """What a teacher may write in a parameters file."""

    lesson: int | str | None = described("Number or name of the lesson.", default=None)
    heading: str = described("What stands above a sheet, such as the name of the class.", default="", max_length=120)
    seed: int = described("Seed of the random numbers.", default=SEED, ge=0, le=2**63 - 1)
    replications: int | None = described(
        "Simulated trials; left out: as many as the lesson takes.", unit="trials", default=None, ge=LEAST
    )
    vary: dict[str, Values] = described(
        "Parameters in which students' scenarios differ, with the values among which they do; left out: those of the "
        "lesson; none: {}.",
        default_factory=dict,
    )


@dataclass(frozen=True)
class Session:
    """A lesson with its settings.

    Attributes:
        lesson: the lesson.
        parameters: its parameters, of the type `lesson.model`.
        seed: seed of the random numbers.
        replications: number of simulated trials.
        heading: heading of a sheet; empty for none.
        varies: parameters that differ between students, with the values to choose from; empty if all have the same.
    """

    lesson: Lesson
    parameters: Parameters
    seed: int
    replications: int
    heading: str
    varies: Mapping[str, tuple[Any, ...]]

    def values(self) -> dict[str, Any]:
        """The parameters by name, as plain values."""
        found: dict[str, Any] = self.parameters.model_dump(mode="json")
        return found

    def teach(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Taught:
        """Simulate the lesson. Equal sessions give equal answers.

        Args:
            progress: called with the number of replications done and in all, as far as it is known.

        Returns:
            The answers.

        Raises:
            ReplicationFailed: a replication raised, which is a defect.
        """
        return self.lesson.teach(self.parameters, Classroom(self.seed, self.replications, progress))

    @property
    def query(self) -> str:
        """The query that opens this lesson with these parameters in the studio."""
        pairs = [("lesson", self.lesson.name), (SEED_KEY, str(self.seed)), (TRIALS_KEY, str(self.replications))]
        return urlencode([*pairs, *((name, shown(value)) for name, value in self.values().items())])


def plain_session(lesson: Lesson) -> Session:
    """A lesson with its default settings.

    Args:
        lesson: the lesson, which has a number of trials of its own.
    """
    return Session(lesson, lesson.model(), SEED, lesson.replications, "", lesson.varies)


@lru_cache(maxsize=16)
def _file_model(model: type[Parameters]) -> type[SessionFile]:
    """What a file may say for one lesson, its parameters among it."""
    return create_model(f"{model.__name__}File", __base__=SessionFile, parameters=(model, Field(default_factory=model)))


def read_session(path: Path, lesson: Lesson | None = None) -> Session:
    """A lesson as a teacher's file sets it up.

    Args:
        path: the file.
        lesson: the requested lesson; None for the one that the file names.

    Returns:
        The settings. What the file leaves out is as in the lesson, and a parameter that it sets no longer differs
        between students, unless the file says what does.

    Raises:
        ScenarioError: names every problem found: file, line, path, value and what is allowed.
        UsageError: there is no lesson of that name.
    """
    return _session(read_file(path, path.as_posix()), lesson)


def session_from_text(text: str, file: str, lesson: Lesson | None = None) -> Session:
    """As `read_session`, from the text of a file.

    Args:
        text: the text.
        file: name of the file in messages.
        lesson: the requested lesson; None for the one that the text names.

    Returns:
        The settings.

    Raises:
        ScenarioError: as for a file.
        UsageError: there is no lesson of that name.
    """
    return _session(parse(text, file), lesson)


def _session(document: Document, lesson: Lesson | None) -> Session:
    """The settings of a document.

    Raises:
        ScenarioError: it is no file of parameters, or a value is not allowed; with every problem found.
    """
    if not isinstance(document.data, dict):
        raise ScenarioError(
            Problem("is not a file of parameters: expected 'lesson' and 'parameters'", document.file, 1)
        )
    lesson = _lesson_of(document, lesson)
    layered = merge([document])
    model = _file_model(lesson.model)
    try:
        found = model.model_validate_json(json.dumps(jsonable(layered.data)))
    except ValidationError as error:
        raise ScenarioError(problems(error, layered, model)) from None
    parameters: Parameters = found.parameters  # type: ignore[attr-defined]
    varies: Mapping[str, tuple[Any, ...]] = found.vary
    if "vary" not in found.model_fields_set:
        varies = {name: values for name, values in lesson.varies.items() if name not in parameters.model_fields_set}
    wrong = [*_too_many(lesson, found.replications, document), *_what_varies(lesson, parameters, found.vary, document)]
    if wrong:
        raise ScenarioError(wrong)
    return Session(lesson, parameters, found.seed, found.replications or lesson.replications, found.heading, varies)


def _lesson_of(document: Document, asked: Lesson | None) -> Lesson:
    """The lesson that a file is for.

    Raises:
        ScenarioError: the file names none and none was asked for, or it names another than was asked for.
        UsageError: there is no lesson of that name.
    """
    named = document.data.get("lesson")
    line = document.line(("lesson",))
    if named is None:
        if asked is None:
            raise ScenarioError(Problem("is required and not there", document.file, None, "lesson"))
        return asked
    place = f"{document.file}:{line}: lesson"
    found = find_lesson(shown(named), place)
    if asked is not None and found is not asked:
        message = f"the file is for lesson {found.number}, and lesson {asked.number} was asked for"
        raise ScenarioError(Problem(message, document.file, line, "lesson", shown(named)))
    return found


def _too_many(lesson: Lesson, replications: int | None, document: Document) -> list[Problem]:
    """A problem if a file asks for more replications than a class would wait for."""
    most = TIMES * lesson.replications
    if replications is None or replications <= most:
        return []
    line = document.line(("replications",))
    return [Problem(f"must be at most {most} in this lesson", document.file, line, "replications", str(replications))]


def _what_varies(
    lesson: Lesson, parameters: Parameters, vary: Mapping[str, tuple[Any, ...]], document: Document
) -> list[Problem]:
    """Problems with values for students that the lesson does not allow.

    Args:
        lesson: the lesson.
        parameters: the parameters that the others keep.
        vary: values by name of the parameter.
        document: the file, for lines.

    Returns:
        The problems; each value is tried with the other parameters as they are.
    """
    found = []
    for name, values in vary.items():
        path = ("vary", name)
        if name not in lesson.model.model_fields:
            message = f"unknown key; {nearest(name, lesson.model.model_fields)}"
            found.append(Problem(message, document.file, document.line(path), ".".join(path), name))
            continue
        for i, value in enumerate(values):
            message = _refused(lesson, parameters, name, value)
            if message:
                place = (*path, str(i))
                found.append(Problem(message, document.file, document.line(place), ".".join(place), shown(value)))
    return found


def _refused(lesson: Lesson, parameters: Parameters, name: str, value: Any) -> str:
    """Why a parameter cannot have a value; empty if it can."""
    try:
        with_values(lesson, parameters.model_dump(mode="json") | {name: value}, "")
    except ScenarioError as error:
        return error.problems[0].message
    return ""


def with_values(lesson: Lesson, values: Mapping[str, Any], where: str) -> Parameters:
    """Parameters from plain values.

    Args:
        lesson: the lesson.
        values: values by name; those left out keep their defaults.
        where: the source of the values, for messages.

    Returns:
        The validated parameters.

    Raises:
        ScenarioError: names every problem found.
    """
    layered = merge([Document(jsonable(dict(values)), where)])
    try:
        return lesson.model.model_validate_json(json.dumps(layered.data))
    except ValidationError as error:
        raise ScenarioError(problems(error, layered, lesson.model)) from None


def session_from_query(query: Mapping[str, str], start: Session | None = None, where: str = "the address") -> Session:
    """A lesson from the query of an address; the inverse of `Session.query`. Keys that are not parameters are ignored.

    Args:
        query: values by key.
        start: the settings to start from, such as those of a teacher's file; its lesson then counts, not that of the
            query.
        where: the source of the query, for messages.

    Returns:
        The settings; what the query leaves out comes from `start`, or the lesson.

    Raises:
        ScenarioError: names every problem found.
        UsageError: there is no such lesson.
    """
    lesson = start.lesson if start else find_lesson(query.get("lesson", "1"), f"{where}: lesson")
    start = start or plain_session(lesson)
    text = {name: query[name] for name in lesson.model.model_fields if name in query}
    values = {name: value if name in lesson.choices else parse(value, where).data for name, value in text.items()}
    seed = _whole(query, SEED_KEY, 0, 2**63 - 1, start.seed, where)
    n = _whole(query, TRIALS_KEY, LEAST, TIMES * lesson.replications, start.replications, where)
    parameters = with_values(lesson, start.values() | values, where)
    return replace(start, parameters=parameters, seed=seed, replications=n)


def _whole(query: Mapping[str, str], key: str, low: int, high: int, default: int, where: str) -> int:
    """A whole number from the query, or its default.

    Raises:
        ScenarioError: it is no whole number from `low` to `high`.
    """
    if key not in query:
        return default
    text = query[key]
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not low <= int(text) <= high:
        raise ScenarioError(Problem(f"must be a whole number from {low} to {high}", where, path=key, value=text))
    return int(text)
