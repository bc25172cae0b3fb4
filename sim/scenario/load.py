"""From a scenario file, what it extends, and overrides to a frozen `Scenario`.

The entrance of the package: all that reads a scenario comes through here, so that one that exists is valid. A scenario
is also identified here, by a hash of what decides its simulated trials.

Attributes:
    PRESENTATION: keys that have no effect on simulated trials.
    Named: a scenario as Python code may give it.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import Problem, ScenarioError
from sim.scenario.checks import check
from sim.scenario.extension_files import Extensions, documents_below, given_files
from sim.scenario.layers import Layered, find, merge, stack, stack_text
from sim.scenario.messages import place, problems
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import Document, jsonable

PRESENTATION = {"name", "question", "sources", "bibliography"}  # keys that have no effect on simulated trials


@dataclass(frozen=True)
class Loaded:
    """A scenario, and how it came about.

    Attributes:
        scenario: the validated, frozen scenario.
        layered: the merged files and overrides, with the layer and line of each value.
        file: the file that it was read from, as the person named it.
    """

    scenario: Scenario
    layered: Layered
    file: str


def _validated(layered: Layered, file: str) -> Loaded:
    """Validate merged data: each value, then the scenario as a whole."""
    try:
        scenario = Scenario.model_validate_json(json.dumps(jsonable(layered.data)))
    except ValidationError as error:
        raise ScenarioError(problems(error, layered)) from None
    wrong = [place(message, path, layered, value) for message, path, value in check(scenario)]
    if wrong:
        raise ScenarioError(wrong)
    return Loaded(scenario, layered, file)


def load(source: str | Path, overrides: Iterable[str] = (), extensions: Extensions = ()) -> Loaded:
    """Read, merge and validate a scenario, with the origin of each value.

    Args:
        source: a file, or the name of a scenario that comes with the program.
        overrides: `PATH=VALUE` texts, as after `--set`.
        extensions: files of extensions that take part, unless the scenario says `extensions: {NAME: off}`.

    Returns:
        The scenario with its layers.

    Raises:
        ScenarioError: with every problem found: file, line, path, value and what is allowed.
        InputError: the file of an extension cannot be used.
    """
    path = find(str(source))
    shown = str(source) if path == Path(source) else path.name
    return _validated(stack(path, tuple(overrides), shown, documents_below(extensions)), shown)


def load_text(text: str, overrides: Iterable[str] = (), name: str = "scenario.yaml") -> Loaded:
    """Merge and validate a scenario that was sent as text. It may extend scenarios of the library only.

    Args:
        text: content of the file.
        overrides: `PATH=VALUE` texts, as after `--set`.
        name: name of the text in messages.

    Returns:
        The scenario with its layers.

    Raises:
        ScenarioError: as for a file.
    """
    return _validated(stack_text(text, tuple(overrides), name, documents_below()), name)


Named = Loaded | Scenario | Mapping[str, Any] | str | Path  # a scenario as Python code may give it


def as_typed(source: Named, overrides: Iterable[str] = ()) -> str:
    """A scenario, its overrides and the extensions that take part, as arguments of a command.

    Args:
        source: the scenario as it was given.
        overrides: `PATH=VALUE` texts.

    Returns:
        The arguments; empty for an object, which cannot be typed.
    """
    if isinstance(source, (Loaded, Scenario, Mapping)):
        return ""
    said = [shlex.quote(str(source)), *(f"--set {shlex.quote(text)}" for text in overrides)]
    return " ".join([*said, *(f"--extension {shlex.quote(file)}" for file in given_files())])


def loaded(scenario: Named) -> Loaded:
    """A scenario in any form in which Python code may give it.

    Args:
        scenario: a result of `load` or `load_scenario`, a file, a name, or a mapping with what a file would say. The
            values of an object count as if they were all in one file.

    Returns:
        The scenario with its layers; extensions that take part now are merged below it, whatever its form.

    Raises:
        ScenarioError: the scenario is wrong.
    """
    if isinstance(scenario, Mapping):
        return extending_library(scenario)
    if not isinstance(scenario, (Loaded, Scenario)):
        return load(scenario)
    below = documents_below()
    if isinstance(scenario, Scenario):
        document = Document(json.loads(canonical(scenario)), scenario.name)
        return _validated(merge([*below, document]), scenario.name)
    return _validated(merge([*below, *scenario.layered.layers]), scenario.file) if below else scenario


def extending_library(data: Mapping[str, Any]) -> Loaded:
    """A scenario from the content of a file as a mapping, which may extend a scenario of the library.

    Args:
        data: content of the file; values that JSON does not have are written as text.

    Returns:
        The scenario with its layers; its lines are not known, so messages name paths alone.

    Raises:
        ScenarioError: as for a file.
    """
    return load_text(json.dumps(jsonable(dict(data)), default=str), name=str(data.get("name", "scenario")))


def with_changes(loaded: Loaded, changes: Mapping[str, Any], file: str) -> Scenario:
    """A scenario with some values changed as `--set` would, without reading its files again.

    Args:
        loaded: the scenario.
        changes: values by dotted path.
        file: origin of the changes in messages.

    Returns:
        The changed scenario. Names are not checked as for `--set`: an unknown one adds a site group or an arm.

    Raises:
        ScenarioError: the changed scenario is not valid, or a path is below another one that is changed too.
    """
    overlay: dict[str, Any] = {}
    for path, value in changes.items():
        *parents, last = path.split(".")
        section = overlay
        for key in parents:
            section = section.setdefault(key, {})
            if not isinstance(section, dict):
                raise ScenarioError(Problem("what this stands under is changed as a whole too", file, path=path))
        section[last] = value
    return extended(loaded, overlay, file).scenario


def extended(loaded: Loaded, data: dict[str, Any], file: str) -> Loaded:
    """A scenario with another merged over it, as in a file that extends it, without reading its files again.

    Args:
        loaded: the scenario.
        data: content of the file, without `extends`.
        file: origin of the changes in messages.

    Returns:
        The scenario; all values that are not changed count as one layer, without lines.

    Raises:
        ScenarioError: the result is not valid.
    """
    return _validated(merge([Document(loaded.layered.data, loaded.file), Document(data, file)]), file)


def load_scenario(source: str | Path, overrides: Iterable[str] = (), extensions: Extensions = ()) -> Scenario:
    """Read, merge and validate a scenario.

    Args:
        source: a file, or the name of a scenario that comes with the program.
        overrides: `PATH=VALUE` texts, as after `--set`.
        extensions: files of extensions that take part.

    Returns:
        The scenario, with every default filled in.

    Raises:
        ScenarioError: with every problem found: file, line, path, value and what is allowed.
        InputError: the file of an extension cannot be used.
    """
    return load(source, overrides, extensions).scenario


def scenario_from_mapping(data: dict[str, Any], name: str = "scenario") -> Scenario:
    """A scenario from plain data, for notebooks and tests.

    Args:
        data: content of a scenario file; `extends` is not followed.
        name: name of the data in messages.

    Returns:
        The validated scenario.

    Raises:
        ScenarioError: as for a file.
    """
    return _validated(merge([Document(jsonable(data), name)]), name).scenario


def scenario_from_json(data: dict[str, Any], name: str) -> Scenario:
    """A scenario from data that `canonical` wrote.

    Args:
        data: the data.
        name: name of the data in messages.

    Returns:
        A scenario equal to the one that was written.

    Raises:
        ScenarioError: it is not valid, because the file was changed.
    """
    with suppress(ValidationError):
        scenario = Scenario.model_validate_json(json.dumps(data))
        if not check(scenario):
            return scenario
    # once more, with the place of each value, for messages; this takes twice as long
    return _validated(merge([Document(data, name)]), name).scenario


def canonical(scenario: Scenario) -> str:
    """The scenario as JSON text with sorted keys: equal scenarios give equal text, in any order of their files.

    Args:
        scenario: the scenario.

    Returns:
        One line without blanks.
    """
    return json.dumps(scenario.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=1)
def _version_of_holidays() -> str:
    return version("holidays")


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of everything that decides a simulated trial: without name, question, sources, replications and seed.

    If public holidays are used, it includes the version of the package that has them.

    Returns:
        64 hexadecimal digits; scenarios with the same hash give the same simulated trials from the same seed.
    """
    deciding = scenario.model_dump(mode="json", by_alias=True, exclude=PRESENTATION | {"experiment"})
    if scenario.calendar.public_holidays is not None:
        deciding["holidays"] = _version_of_holidays()
    return hashlib.sha256(json.dumps(deciding, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
