"""Options of a planner: levers, their allowed settings, and what each costs.

The search for a plan (`sim.experiment.plan`) tries their combinations. A file of options is checked against its
scenario when it is read: each setting is tried alone, so that a search of hours cannot end at a misspelt path.

Attributes:
    MOST_PLANS: maximum number of combinations of settings.
    Text: a short name or label.
    Value: a value as written: plain, or with its cost.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from sim.errors import Problem, ScenarioError, nearest
from sim.scenario.layers import Layered, library, merge, unknown_name
from sim.scenario.load import Loaded, with_changes
from sim.scenario.messages import problems
from sim.scenario.names import is_bare, is_file, named_file
from sim.scenario.schema.costs import Source
from sim.scenario.schema.values import Name, Section, described
from sim.scenario.yaml_source import Document, KeyPath, jsonable, parse, read_file, shown

MOST_PLANS = 200_000
_FOLDER = "options"  # inside the library of scenarios

Text = Annotated[str, Field(min_length=1, max_length=80)]


class Extra(Section):
    """Costs of a setting beyond those that the simulation counts."""

    cost: float = described("Once.", unit="currency", default=0.0)
    cost_per_month: float = described("Each month from day 0 to the database lock.", unit="currency/month", default=0.0)
    source: Source | None = described("Where the cost comes from; required where there is one.", default=None)

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if (self.cost or self.cost_per_month) and self.source is None:
            raise ValueError("a cost needs a source, as in 'source: {grade: D, source: assumption}'")
        return self


class Valued(Extra):
    """An allowed value with its cost."""

    value: Any = described("The value.")


class SettingGroup(Extra):
    """A named setting: several values of the scenario that go together."""

    set: dict[Text, Any] = described(
        "Values by path, as after --set; none for the scenario as it is.", default_factory=dict
    )


Value = Annotated[
    Annotated[Valued, Tag("valued")] | Annotated[Any, Tag("plain")],
    Discriminator(
        lambda raw: "valued" if isinstance(raw, Valued) or (isinstance(raw, dict) and "value" in raw) else "plain"
    ),
]


class LeverRules(Section):
    """One choice: the values of one path, or named settings."""

    label: Text | None = described("How reports call it; default: its name.", default=None)
    note: str | None = described("What else to know.", default=None, max_length=1000)
    path: Text | None = described("The path whose values may be chosen.", default=None)
    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=100)] | None = described(
        "Allowed values of the path: plain, or {value: V, cost: C, source: {...}}.", default=None
    )
    settings: Annotated[dict[Text, SettingGroup], Field(min_length=1, max_length=100)] | None = described(
        "Named settings, each of several values that go together.", default=None
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        """Require either the values of a path, or named settings."""
        if (self.path is None) != (self.values is None):
            raise ValueError("'path' and 'values' go together")
        if (self.path is None) == (self.settings is None):
            raise ValueError("write either 'path' and 'values', or 'settings'")
        return self


class Options(Section):
    """Levers by name, with their costs."""

    name: Text = described("Name, shown in reports.")
    question: str = described("What is to be decided.", default="", max_length=500)
    currency: str | None = described(
        "Currency of the costs here; that of the scenario.", default=None, pattern=r"^[A-Z]{3}$"
    )
    levers: Annotated[dict[Name, LeverRules], Field(min_length=1, max_length=30)] = described("What can be chosen.")


@dataclass(frozen=True)
class Setting:
    """One allowed setting of a lever.

    Attributes:
        name: name in words.
        changes: values by path; none for the scenario as it is.
        cost: additional cost, once, in the currency of the options.
        cost_per_month: additional cost each month from day 0 to the database lock.
        source: source of the costs; None where there are none.
    """

    name: str
    changes: dict[str, Any]
    cost: float
    cost_per_month: float
    source: Source | None


@dataclass(frozen=True)
class Lever:
    """One choice of the planner.

    Attributes:
        name: as in the file.
        label: name in words.
        note: further information, or empty.
        settings: its allowed settings, in the order of the file.
    """

    name: str
    label: str
    note: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Choices:
    """The levers of a planner for one scenario.

    Attributes:
        options: content of the file.
        levers: each lever with its settings.
        loaded: the scenario.
        file: the file as the person named it.
    """

    options: Options
    levers: tuple[Lever, ...]
    loaded: Loaded
    file: str

    @property
    def n_plans(self) -> int:
        """Number of combinations of settings."""
        return math.prod(len(lever.settings) for lever in self.levers)


def find_options(name: str) -> Path:
    """The file that a name stands for: a file, or else a file of options that comes with the program.

    Args:
        name: name as written.

    Returns:
        The file; it need not exist if the name has a folder or an ending.

    Raises:
        ScenarioError: it is a plain name, and there are no such options.
    """
    folder = library() / _FOLDER
    path = named_file(name, folder)
    if is_bare(name) and not path.suffix and not is_file(path):
        known = sorted(file.stem for file in folder.glob("*.yaml"))
        raise ScenarioError(Problem(f"there are no such options; {nearest(name, known)}", "--options", value=name))
    return path


def load_options(name: str, loaded: Loaded) -> Choices:
    """Read and check the levers of a scenario.

    Args:
        name: a file, or the name of one that comes with the program.
        loaded: the scenario.

    Returns:
        The levers; each of their settings, alone, gives a valid scenario.

    Raises:
        ScenarioError: with every problem found: its file, line, path, value and what is allowed.
    """
    path = find_options(name)
    shown_as = name if path == Path(name) else path.name
    return _choices(read_file(path, shown_as), loaded)


def options_from_text(text: str, loaded: Loaded, file: str = "options.yaml") -> Choices:
    """Levers from the text of a file of options.

    Args:
        text: content of the file.
        loaded: the scenario.
        file: name of the file in messages.

    Returns:
        As `load_options`.

    Raises:
        ScenarioError: as for a file.
    """
    return _choices(parse(text, file), loaded)


def library_options() -> dict[str, str]:
    """Texts of the files of options that come with the program, by name."""
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted((library() / _FOLDER).glob("*.yaml"))}


def options_from_mapping(data: Mapping[str, Any], loaded: Loaded) -> Choices:
    """Levers from plain data, for notebooks and tests.

    Args:
        data: content of a file of options.
        loaded: the scenario.

    Returns:
        As `load_options`.

    Raises:
        ScenarioError: as for a file; messages name it `options`.
    """
    return _choices(Document(dict(data), "options"), loaded)


def _choices(document: Document, loaded: Loaded) -> Choices:
    """Validate a file of options against its schema and its scenario."""
    if not isinstance(document.data, dict):
        raise ScenarioError(Problem("is not a file of options: expected 'name' and 'levers'", document.file, 1))
    layered = merge([document])
    try:
        options = Options.model_validate_json(json.dumps(jsonable(layered.data)))
    except ValidationError as error:
        raise ScenarioError(problems(error, layered, Options)) from None
    levers = tuple(_lever(key, rules) for key, rules in options.levers.items())
    wrong = [*_currency(options, loaded, layered), *_settings(options, levers, loaded, layered)]
    if wrong:
        raise ScenarioError(wrong)
    return Choices(options, levers, loaded, document.file)


def _lever(name: str, rules: LeverRules) -> Lever:
    """A lever with its settings, from values of one path or from named settings."""
    settings = []
    for item in rules.values or ():
        extra = item if isinstance(item, Valued) else Valued(value=item)
        changes = {str(rules.path): extra.value}
        settings.append(Setting(shown(extra.value), changes, extra.cost, extra.cost_per_month, extra.source))
    for key, group in (rules.settings or {}).items():
        settings.append(Setting(key, group.set, group.cost, group.cost_per_month, group.source))
    return Lever(name, rules.label or name.replace("_", " "), rules.note or "", tuple(settings))


def _place(message: str, path: KeyPath, layered: Layered, value: object) -> Problem:
    document = layered.layers[-1]
    return Problem(message, document.file, document.line(path), ".".join(path), None if value is None else shown(value))


def _currency(options: Options, loaded: Loaded, layered: Layered) -> list[Problem]:
    """A problem if the options have another currency than the scenario."""
    costs = loaded.scenario.costs
    if options.currency and costs and options.currency != costs.currency:
        message = f"the scenario's costs are in {costs.currency}"
        return [_place(message, ("currency",), layered, options.currency)]
    return []


def _settings(options: Options, levers: tuple[Lever, ...], loaded: Loaded, layered: Layered) -> list[Problem]:
    """Problems of settings, each tried alone on the scenario; only one if there are too many combinations."""
    n_plans = math.prod(len(lever.settings) for lever in levers)
    if n_plans > MOST_PLANS:  # trying each of so many settings would take too long
        message = f"these levers make {n_plans:,} plans; at most {MOST_PLANS:,} can be searched: allow fewer settings"
        return [_place(message, ("levers",), layered, None)]
    found = []
    for lever in levers:
        is_group = options.levers[lever.name].settings is not None
        if len({setting.name for setting in lever.settings}) < len(lever.settings):
            found.append(_place("the same value stands twice", ("levers", lever.name, "values"), layered, None))
        for i, setting in enumerate(lever.settings):
            part = ("settings", setting.name, "set") if is_group else ("values", str(i))
            found += [
                _place(message, ("levers", lever.name, *part), layered, value)
                for message, value in _what_is_wrong(setting, loaded, layered.layers[-1].file)
            ]
    return found


def _what_is_wrong(setting: Setting, loaded: Loaded, file: str) -> list[tuple[str, object]]:
    """Messages and values of what the scenario does not accept."""
    unknown = [
        (f"{path}: there is no '{keys[found[0]]}' in the scenario; {found[1]}", value)
        for path, value in setting.changes.items()
        if (found := unknown_name(keys := tuple(path.split(".")), value, loaded.layered.data))
    ]
    if unknown:
        return unknown
    try:
        with_changes(loaded, setting.changes, file)
    except ScenarioError as error:
        return [(f"{problem.path}: {problem.message}", problem.value) for problem in error.problems]
    return []
