"""Validation errors in words: file, line, path, what was written and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sim.errors import Problem, nearest
from sim.scenario.layers import Layered
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import KeyPath

_PLAIN = {
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "date_type": "must be a date, as YYYY-MM-DD",
    "date_parsing": "must be a date, as YYYY-MM-DD",
    "date_from_datetime_parsing": "must be a date, as YYYY-MM-DD",
    "model_type": "must be a section with keys of its own",
    "model_attributes_type": "must be a section with keys of its own",
    "dict_type": "must be a section with keys of its own",
    "tuple_type": "must be a list, as [1, 2, 3]",
    "list_type": "must be a list, as [1, 2, 3]",
    "missing": "is required and not there",
    "finite_number": "must be a finite number",
}
_LIMITS = {
    "greater_than": ("must be more than {gt:g}"),
    "greater_than_equal": ("must be at least {ge:g}"),
    "less_than": ("must be less than {lt:g}"),
    "less_than_equal": ("must be at most {le:g}"),
    "too_short": "needs at least {min_length} item(s)",
    "too_long": "may have at most {max_length} items",
    "string_too_long": "may have at most {max_length} characters",
    "string_too_short": "needs at least {min_length} character(s)",
    "string_pattern_mismatch": "must match the pattern {pattern}",
}


class _Shape:
    """What may stand where in a scenario, read off its JSON Schema."""

    def __init__(self) -> None:
        self.schema = Scenario.model_json_schema()

    def _expand(self, node: dict[str, Any]) -> Iterable[dict[str, Any]]:
        if "$ref" in node:
            yield from self._expand(self.schema["$defs"][node["$ref"].rpartition("/")[2]])
            return
        yield node
        for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            yield from self._expand(option)

    def keys_at(self, path: KeyPath, value: object) -> list[str]:
        """Names of the keys that may stand in the section at `path`; `value` picks among several kinds of section."""
        nodes = list(self._expand(self.schema))
        for key in path:
            step: list[dict[str, Any]] = []
            for node in nodes:
                child = node.get("properties", {}).get(key)
                if child is None and isinstance(node.get("additionalProperties"), dict):
                    child = node["additionalProperties"]
                if child is None and isinstance(node.get("items"), dict):
                    child = node["items"]
                if child is not None:
                    step.extend(self._expand(child))
            nodes = step
        is_distribution = isinstance(value, dict) and ("dist" in value or "uncertain" in value)
        found: set[str] = set()
        for node in nodes:
            names = set(node.get("properties", {}))
            if ("dist" in names) == is_distribution:
                found |= names
        return sorted(found)


def _path_in_file(loc: tuple[int | str, ...], data: Any) -> KeyPath:
    """The path as written: pydantic's own steps (the tag of a union, `[key]`, a short form's long form) taken out."""
    path: list[str] = []
    for i, step in enumerate(loc):
        key = str(step)
        if isinstance(data, dict) and key in data:
            data = data[key]
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        elif i == len(loc) - 1 and isinstance(data, dict) and key != "[key]":
            data = None
        else:
            continue
        path.append(key)
    return tuple(path)


def _value_at(path: KeyPath, data: Any) -> Any:
    for key in path:
        data = data[int(key)] if isinstance(data, list) else data.get(key) if isinstance(data, dict) else None
    return data


def _shown(value: object) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    text = f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _sentence(error: ErrorDetails, path: KeyPath, data: Any, shape: _Shape) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        section = path[:-1]
        return f"unknown key; {nearest(path[-1], shape.keys_at(section, _value_at(section, data)))}"
    if kind == "missing" and path:
        return "is required and not there"
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    if kind == "literal_error":
        allowed = [part.strip(" '") for part in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        hint = nearest(str(error["input"]), allowed)
        tail = f"; {hint}" if hint.startswith("did") else ""
        return f"must be one of {', '.join(allowed)}{tail}"
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind == "distribution":
        return _distribution_sentence(error)
    return str(error["msg"])


def _distribution_sentence(error: ErrorDetails) -> str:
    from sim.scenario.distributions import FAMILIES

    raw = error["input"]
    name = raw.get("dist", raw.get("uncertain")) if isinstance(raw, dict) else None
    if name is None:
        return str(error["msg"])
    return f"unknown distribution '{name}'; {nearest(str(name), FAMILIES)}"


def problems(error: ValidationError, layered: Layered) -> list[Problem]:
    """Every error of a validation as a problem with its place, in the order of the file; one problem a place."""
    shape = _Shape()
    found: dict[KeyPath, Problem] = {}
    for detail in error.errors(include_url=False):
        path = _path_in_file(detail["loc"], layered.data)
        message = _sentence(detail, path, layered.data, shape)
        found.setdefault(path, place(message, path, layered, _shown(_value_at(path, layered.data))))
    return sorted(found.values(), key=lambda p: (p.file or "", p.line or 0))


def place(message: str, path: KeyPath, layered: Layered, value: str | None = None) -> Problem:
    """A problem at a path, with the file and line of the layer that said it."""
    document = layered.layer_of(path) or (layered.layers[-1] if layered.layers else None)
    if document is None:
        return Problem(message, path=".".join(path) or None, value=value)
    return Problem(message, document.file, document.line(path), ".".join(path) or None, value)
