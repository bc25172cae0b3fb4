"""What the schema says of the value at a path: unit, range, choices.

The controls of the studio and the tables of reports are made from it, so that they agree with validation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.scenario.schema import Scenario

_COMBINATIONS = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True)
class Description:
    """What the schema says of a path.

    Attributes:
        text: meaning of the value.
        unit: unit of a number, or empty.
        low: smallest number allowed, or None.
        high: largest number allowed, or None.
        types: JSON types allowed: number, integer, boolean, string, null, object, array.
        is_date: whether a date is allowed.
        choices: words allowed; empty if there is no fixed list.
    """

    text: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    types: frozenset[str] = frozenset()
    is_date: bool = False
    choices: tuple[str, ...] = ()

    @property
    def range(self) -> str:
        """The range in words; empty without a range."""
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}" if self.high < 1e12 else f"{self.low:g} or more"
        return "" if self.low is None else f"{self.low:g} or more"


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return Scenario.model_json_schema()


@lru_cache(maxsize=4096)
def described(path: str) -> Description:
    """What the schema says of the value at a path.

    Args:
        path: dotted path in a scenario.

    Returns:
        An empty description if the path cannot exist.
    """
    nodes = [_schema()]
    text = unit = ""
    for key in path.split("."):
        nodes = [step for node in nodes for form in _forms(node) for step in _step(form, key)]
        unit = _first(nodes, "unit") or (unit if not nodes else "")
        text = _first(nodes, "description")
    forms = [form for node in nodes for form in _forms(node)]
    numbers = [form for form in forms if form.get("type") in ("number", "integer")]
    return Description(
        text,
        unit,
        _bound(numbers, "minimum", "exclusiveMinimum", min),
        _bound(numbers, "maximum", "exclusiveMaximum", max),
        frozenset(str(form["type"]) for form in forms if "type" in form),
        any(form.get("format") == "date" for form in forms),
        tuple(dict.fromkeys(str(choice) for form in forms for choice in form.get("enum", ()))),
    )


def _first(nodes: list[dict[str, Any]], key: str) -> str:
    return next((str(node[key]) for node in nodes if key in node), "")


def _bound(numbers: list[dict[str, Any]], plain: str, exclusive: str, wider: Any) -> float | None:
    found = [form.get(plain, form.get(exclusive)) for form in numbers]
    known = [float(bound) for bound in found if bound is not None]
    return wider(known) if known and len(known) == len(found) else None


def _forms(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all forms that it may take."""
    yield node
    if "$ref" in node:
        yield from _forms(_schema()["$defs"][node["$ref"].rpartition("/")[2]])
    for keyword in _COMBINATIONS:
        for option in node.get(keyword, ()):
            yield from _forms(option)


def _step(node: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Schemas of the value under a key of a section."""
    properties = node.get("properties", {})
    if key in properties:
        yield properties[key]
        return
    if isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    yield from (item for item in node.get("patternProperties", {}).values() if isinstance(item, dict))


def keys_at(path: str) -> dict[str, str]:
    """Keys allowed in the section at a path.

    Args:
        path: dotted path of the section; empty for the top of the file.

    Returns:
        The meaning of each key; empty for a value, or a collection with free names.
    """
    nodes = [_schema()]
    for key in path.split(".") if path else ():
        nodes = [step for node in nodes for form in _forms(node) for step in _step(form, key)]
    found: dict[str, str] = {}
    for form in (form for node in nodes for form in _forms(node)):
        for key, value in form.get("properties", {}).items():
            found.setdefault(key, next((str(f["description"]) for f in _forms(value) if "description" in f), ""))
    return found
