"""Every value of a scenario for the report: with unit, where it was said, and whose number it is.

A run keeps these rows, since its folder has the resolved values only, and not the files they came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.scenario.provenance import COMMAND_LINE, provenance
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import shown

if TYPE_CHECKING:
    from sim.experiment.results import Results
    from sim.scenario.load import Loaded

THIS_FILE, EXTENDED, SET, DEFAULT, UNKNOWN = "this file", "the one it extends", "command line", "default", "unknown"
_NULL = "null"
_NOT_VALUES = ("name", "question", "sources", "bibliography", "experiment")


class Assumption(NamedTuple):
    """One value.

    Attributes:
        path: dotted path in the scenario.
        value: in one line.
        unit: of the value, or empty.
        layer: who said it: this file, the one it extends, the command line, or nobody (a default).
        origin: `file:line`, or what stands in its place.
        source: citation, or empty.
        grade: A to D, or empty.
        note: what else to know, or empty.
    """

    path: str
    value: str
    unit: str
    layer: str
    origin: str
    source: str
    grade: str
    note: str

    @property
    def is_uncertain(self) -> bool:
        """Whether it is drawn once a simulated trial, because nobody knows it."""
        return "uncertain:" in self.value

    @property
    def says_nothing(self) -> bool:
        """Whether it is an option that was left out."""
        return self.layer in (DEFAULT, UNKNOWN) and self.value in (_NULL, "{}", "[]")


def assumption_rows(loaded: Loaded) -> list[dict[str, str]]:
    """Every value of a scenario as plain data, in the order of the schema, without options that were left out.

    This is what a run keeps in its folder.
    """
    unit = Units()
    rows = []
    for row in provenance(loaded):
        layer = _layer(row.origin, loaded)
        found = Assumption(row.path, row.value, unit.of(row.path), layer, row.origin, row.source, row.grade, row.note)
        if not found.says_nothing:
            rows.append(found._asdict())
    return rows


def _layer(origin: str, loaded: Loaded) -> str:
    if origin in (DEFAULT, COMMAND_LINE):
        return DEFAULT if origin == DEFAULT else SET
    file, _, line = origin.rpartition(":")
    return THIS_FILE if loaded.file in (origin, file if line.isdigit() else origin) else EXTENDED


def assumptions_of(results: Results) -> list[Assumption]:
    """The rows that a run kept; for one started from Python without them, the resolved values and their sources."""
    kept: Iterable[Mapping[str, str]] = results.identity.get("assumptions") or ()
    rows = [Assumption(*(str(row.get(field, "")) for field in Assumption._fields)) for row in kept]
    return rows or [row for row in _from_scenario(results.scenario) if not row.says_nothing]


def _from_scenario(scenario: Scenario) -> Iterator[Assumption]:
    unit = Units()
    data = scenario.model_dump(mode="json", by_alias=True)
    for path, value in _leaves({key: item for key, item in data.items() if key not in _NOT_VALUES}, ()):
        entry = _source(scenario, path)
        source, grade, note = (entry.source, entry.grade, entry.note or "") if entry else ("", "", "")
        yield Assumption(".".join(path), shown(value), unit.of(".".join(path)), UNKNOWN, "", source, grade, note)


def _leaves(data: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(data, Mapping) or not data or "dist" in data or "uncertain" in data:
        yield path, data
        return
    for key, value in data.items():
        yield from _leaves(value, (*path, str(key)))


def _source(scenario: Scenario, path: tuple[str, ...]) -> Any:
    """The entry of `sources` with the longest path that leads here; `*` stands for any key."""
    best, longest = None, 0
    for pattern, entry in scenario.sources.items():
        parts = pattern.split(".")
        fits = len(parts) <= len(path) and all(p in ("*", key) for p, key in zip(parts, path, strict=False))
        if fits and len(parts) > longest:
            best, longest = entry, len(parts)
    return best


class Units:
    """Units of a scenario's values, as its schema declares them."""

    def __init__(self) -> None:
        self._schema: dict[str, Any] = Scenario.model_json_schema()

    def of(self, path: str) -> str:
        """The unit of the value at a dotted path; empty where it has none."""
        nodes = [self._schema]
        unit = ""
        for key in path.split("."):
            nodes = [step for node in nodes for form in self._forms(node) for step in _step(form, key)]
            unit = next((str(node["unit"]) for node in nodes if "unit" in node), unit if not nodes else "")
        return unit

    def _forms(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A node and every form that it may take."""
        yield node
        if "$ref" in node:
            yield from self._forms(self._schema["$defs"][node["$ref"].rpartition("/")[2]])
        for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            yield from self._forms(option)


def _step(node: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    properties = node.get("properties", {})
    if key in properties:
        yield properties[key]
        return
    if isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    yield from (item for item in node.get("patternProperties", {}).values() if isinstance(item, dict))
