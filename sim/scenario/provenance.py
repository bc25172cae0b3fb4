"""Every value of a scenario with where it came from: the file and line, its grade and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.scenario.load import Loaded
from sim.scenario.yaml_source import Document, KeyPath, shown

_NOT_VALUES = ("name", "question", "sources", "bibliography", "experiment")
COMMAND_LINE = "--set"


@dataclass(frozen=True)
class Provenance:
    """One value.

    Attributes:
        path: dotted path.
        value: as written, distributions in one line.
        origin: `file:line`, `--set`, or `default`.
        grade: A to D, or empty.
        source: citation, or empty.
        note: what else to know, or empty.
        is_number: whether it is a number or has one in it, so that it should have a source.
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
        """Whether it is somebody's number and nobody says whose."""
        return self.is_number and not self.grade and self.origin not in ("default", COMMAND_LINE)


def _is_leaf(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not value or "dist" in value or "uncertain" in value
    return True


def _leaves(data: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if _is_leaf(data):
        yield path, data
        return
    for key, value in data.items():
        yield from _leaves(value, (*path, str(key)))


def _has_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, Mapping):
        return any(_has_number(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_has_number(item) for item in value)
    return isinstance(value, (int, float))


def _source_for(document: Document, path: KeyPath) -> dict[str, Any]:
    """The entry of a layer's `sources` with the longest path that leads to this one; `*` stands for any key."""
    best: dict[str, Any] = {}
    longest = 0
    for pattern, entry in (document.data.get("sources") or {}).items():
        parts = tuple(pattern.split("."))
        fits = len(parts) <= len(path) and all(p in ("*", key) for p, key in zip(parts, path, strict=False))
        if fits and len(parts) > longest:
            best, longest = entry, len(parts)
    return best


def provenance(loaded: Loaded) -> list[Provenance]:
    """Every value of a scenario, in the order of the schema, with where it came from.

    A value takes its source from the layer that says it, so that a changed number does not inherit one.
    """
    data = loaded.scenario.model_dump(mode="json", by_alias=True)
    found = []
    for path, value in _leaves({k: v for k, v in data.items() if k not in _NOT_VALUES}, ()):
        found.append(_row(path, value, loaded))
    return found


def _number_text(key: str) -> str:
    """A week, which is a number, as it is written in a file."""
    return key.removesuffix(".0")


def _row(path: KeyPath, value: Any, loaded: Loaded) -> Provenance:
    path = tuple(_number_text(key) for key in path)
    layered = loaded.layered
    in_file = path if path in layered.origin else _leading(path, loaded)
    dotted = ".".join(path)
    if in_file is None:
        return Provenance(dotted, shown(value), "default", "", "", "", _has_number(value))
    document = layered.layers[layered.origin[in_file]]
    if document.file == COMMAND_LINE:
        return Provenance(dotted, shown(value), COMMAND_LINE, "", "command line", "", _has_number(value))
    line = document.line(path)
    entry = _source_for(document, path)
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
    """The nearest written part of a value that is itself spread over several keys (a short form), else None."""
    parent = path[:-1]
    if parent in loaded.layered.origin and not isinstance(_at(loaded.layered.data, parent), Mapping):
        return parent
    return None


def _at(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


ABSENT = "(not there)"


def differences(a: Loaded, b: Loaded) -> list[tuple[str, str, str]]:
    """Paths at which two scenarios differ, with both values; a part that only one has is one difference."""
    ours, theirs = (
        {k: v for k, v in loaded.scenario.model_dump(mode="json", by_alias=True).items() if k not in _NOT_VALUES}
        for loaded in (a, b)
    )
    return list(_differences(ours, theirs, ()))


def _differences(ours: Any, theirs: Any, path: KeyPath) -> Iterator[tuple[str, str, str]]:
    if ours == theirs:
        return
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping) or "dist" in ours or "dist" in theirs:
        yield ".".join(_short(path)), _without_nulls(ours), _without_nulls(theirs)
        return
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        yield from _differences(ours.get(key, ABSENT), theirs.get(key, ABSENT), (*path, str(key)))


def _short(path: KeyPath) -> KeyPath:
    """The path as it may be written in a file."""
    return tuple(_number_text(key) for key in path)


def _without_nulls(value: Any) -> str:
    if isinstance(value, Mapping):
        value = {_number_text(str(k)): v for k, v in value.items() if v is not None and v is not False}
    return shown(value)
