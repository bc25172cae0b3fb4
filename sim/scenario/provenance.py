"""The origin of every value of a scenario: file and line, grade and source.

Reports show it, and `diff` compares two scenarios value by value. A number without a source is the most frequent
weakness of a plan; here is where it becomes visible.

Attributes:
    COMMAND_LINE: origin of values set on the command line.
    ABSENT: stands for the value of a part that one of two scenarios does not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario.load import Loaded
from sim.scenario.schema import Scenario
from sim.scenario.schema.sites import SiteGroup
from sim.scenario.yaml_source import KeyPath, shown

_NOT_VALUES = ("name", "question", "sources", "bibliography", "experiment")
COMMAND_LINE = "--set"
SET_BY_HAND = "command line"  # source of such a value


@dataclass(frozen=True)
class Provenance:
    """One value and its origin.

    Attributes:
        path: dotted path.
        value: value as written; a distribution in one line.
        origin: `file:line`, `--set`, or `default`.
        grade: A to D, or empty.
        source: citation, or empty.
        note: further information, or empty.
        is_number: whether it is or contains a number, which should have a source.
    """

    path: str
    value: str
    origin: str
    grade: str
    source: str
    note: str
    is_number: bool

    @property
    def lacks_source(self) -> bool:
        """Whether it is a number from a file without grade and source."""
        return self.is_number and not self.grade and self.origin not in ("default", COMMAND_LINE)


def values_of(scenario: Scenario) -> Iterator[tuple[KeyPath, Any]]:
    """Every value of a scenario with its path, in the order of the schema.

    Args:
        scenario: the scenario, with its defaults.

    Returns:
        (path, value) of each; a distribution or a list is one value. Name, question, sources and the experiment are
        left out.
    """
    data = scenario.model_dump(mode="json", by_alias=True)
    return _leaves({key: item for key, item in data.items() if key not in _NOT_VALUES}, ())


def source_of(sources: Mapping[str, Any], path: KeyPath) -> Any:
    """The entry of `sources` that applies to a path.

    Args:
        sources: entries by dotted path, in which `*` stands for any key.
        path: path of the value.

    Returns:
        The entry with the longest path that leads to this one; None without one.
    """
    best, longest = None, 0
    for pattern, entry in sources.items():
        if not pattern.startswith((path[0], "*")):  # excludes most of them cheaply
            continue
        parts = pattern.split(".")
        fits = len(parts) <= len(path) and all(p in ("*", key) for p, key in zip(parts, path, strict=False))
        if fits and len(parts) > longest:
            best, longest = entry, len(parts)
    return best


def _without_options(value: Any) -> Any:
    """A value without options that were left out."""
    if isinstance(value, Mapping):
        return {key: _without_options(item) for key, item in value.items() if item is not None}
    return [_without_options(item) for item in value] if isinstance(value, list) else value


def _is_leaf(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not value or "dist" in value or "uncertain" in value
    return True


def _leaves(data: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """The values below a section, with their paths; lists and distributions are not taken apart."""
    if _is_leaf(data):
        yield path, _without_options(data)
        return
    for key, value in data.items():
        yield from _leaves(value, (*path, str(key)))


def _has_number(value: Any) -> bool:
    """Whether a value is or contains a number; true and false are not numbers."""
    if isinstance(value, bool):
        return False
    if isinstance(value, Mapping):
        return any(_has_number(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_has_number(item) for item in value)
    return isinstance(value, (int, float))


def provenance(loaded: Loaded) -> list[Provenance]:
    """The origin of every value of a scenario.

    A value takes its source from the layer that sets it, so a changed number does not inherit the source of the old
    one.

    Args:
        loaded: the scenario, with its layers.

    Returns:
        An entry for each value, in the order of the schema.
    """
    return [_row(path, value, loaded) for path, value in values_of(loaded.scenario)]


def _number_text(key: str) -> str:
    """A week, which is a number, as written in a file."""
    return key.removesuffix(".0")


def _row(path: KeyPath, value: Any, loaded: Loaded) -> Provenance:
    """One value with its origin, and its source from the layer that sets it."""
    path = tuple(_number_text(key) for key in path)
    layered = loaded.layered
    in_file = path if path in layered.origin else _leading(path, loaded)
    dotted = ".".join(path)
    if in_file is None:
        return Provenance(dotted, shown(value), "default", "", "", "", _has_number(value))
    document = layered.layers[layered.origin[in_file]]
    if document.file == COMMAND_LINE:
        return Provenance(dotted, shown(value), COMMAND_LINE, "", SET_BY_HAND, "", _has_number(value))
    line = document.line(path)
    entry = source_of(document.data.get("sources") or {}, path) or {}
    return Provenance(
        dotted,
        shown(value),
        f"{document.file}:{line}" if line else document.file,
        str(entry.get("grade", "")),
        str(entry.get("source", "")),
        str(entry.get("note") or ""),
        _has_number(value),
    )


def _leading(path: KeyPath, loaded: Loaded) -> KeyPath | None:
    """The short form that stands for a value spread over several keys; None if there is none."""
    parent = path[:-1]
    if parent in loaded.layered.origin and not isinstance(_at(loaded.layered.data, parent), Mapping):
        return parent
    return None


def _at(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


ABSENT = "(not there)"


@dataclass(frozen=True)
class Change:
    """A part in which two scenarios differ.

    Attributes:
        path: keys from the top of the resolved scenario.
        ours: value in the first scenario, or `ABSENT`.
        theirs: value in the second scenario, or `ABSENT`.
    """

    path: KeyPath
    ours: Any
    theirs: Any

    @property
    def dotted(self) -> str:
        """The path as it may be written in a file."""
        return ".".join(_short(self.path))


def resolved(scenario: Scenario) -> dict[str, Any]:
    """Everything that decides a simulated trial, as plain data with short forms written out.

    The experiment (replications and seed), sources and texts are left out.

    Returns:
        Values by key, nested as in a file.
    """
    data = scenario.model_dump(mode="json", by_alias=True)
    return {key: value for key, value in data.items() if key not in _NOT_VALUES}


def known_paths(scenario: Scenario) -> set[str]:
    """Dotted paths of everything in a scenario, including defaults: sections, values, parameters.

    Args:
        scenario: the scenario.

    Returns:
        The paths, among them the settings that a site group takes from `site_defaults`; weeks as `24.0` and as `24`.
    """
    found = {f"sites.{group}.{key}" for group in scenario.sites for key in SiteGroup.model_fields}

    def walk(data: Any, path: KeyPath) -> None:
        found.update((".".join(path), ".".join(_short(path))))
        if isinstance(data, Mapping):
            for key, value in data.items():
                walk(value, (*path, str(key)))

    walk(resolved(scenario), ())
    return found - {""}


def changes(a: Scenario, b: Scenario) -> list[Change]:
    """Parts in which two scenarios differ. A part that only one has is one change; so is a distribution.

    A setting that a site group has in one scenario and takes from the defaults in the other is compared by its value.

    Args:
        a: the first scenario.
        b: the second scenario.

    Returns:
        The changes in the order of the schema.
    """
    ours, theirs = resolved(a), resolved(b)
    for group in a.sites.keys() & b.sites.keys():
        written = ours["sites"][group], theirs["sites"][group]
        effective = _effective(a, group), _effective(b, group)
        for mine, other, known in ((written[0], written[1], effective[0]), (written[1], written[0], effective[1])):
            mine.update({key: known[key] for key in other if key not in mine and key in known})
    return list(_changes(ours, theirs, ()))


def _effective(scenario: Scenario, name: str) -> dict[str, Any]:
    """All settings of a site group, including those from `site_defaults` and the schema's defaults.

    Uncertain defaults are left out: all groups share their draw, but a group's own uncertain value has its own draw.
    """
    group = scenario.sites[name]
    whole = SiteGroup.model_construct(_fields_set=set(SiteGroup.model_fields), **dict(group))
    defaults = scenario.site_defaults.model_dump(mode="json", by_alias=True)
    inherited = {key: value for key, value in defaults.items() if key not in group.model_fields_set}
    found = whole.model_dump(mode="json", by_alias=True) | inherited
    return {key: value for key, value in found.items() if key not in inherited or "uncertain" not in json.dumps(value)}


def differences(a: Loaded, b: Loaded) -> list[tuple[str, str, str]]:
    """Paths at which two scenarios differ, with both values in one line; see `changes`.

    Args:
        a: the first scenario.
        b: the second scenario.

    Returns:
        (path, value in `a`, value in `b`) of each difference; a missing part is `ABSENT`.
    """
    return [
        (change.dotted, _without_nulls(change.ours), _without_nulls(change.theirs))
        for change in changes(a.scenario, b.scenario)
    ]


def _changes(ours: Any, theirs: Any, path: KeyPath) -> Iterator[Change]:
    """Differences below a path."""
    if ours == theirs:
        return
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping) or not _same_parts(ours, theirs):
        yield Change(path, ours, theirs)
        return
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        yield from _changes(ours.get(key, ABSENT), theirs.get(key, ABSENT), (*path, str(key)))


def _same_parts(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether two sections can be compared part by part, which is so unless one is a distribution."""
    return not any(key in section for key in ("dist", "uncertain") for section in (ours, theirs))


def _short(path: KeyPath) -> KeyPath:
    """The path as it may be written in a file."""
    return tuple(_number_text(key) for key in path)


def _without_nulls(value: Any) -> str:
    if isinstance(value, Mapping):
        value = {_number_text(str(k)): v for k, v in value.items() if v is not None and v is not False}
    return shown(value)
