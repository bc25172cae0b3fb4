"""Validation errors in words: file, line, path, the value as written, and what is allowed.

pydantic's own messages speak of types and unions; a planner needs the place in the file and the allowed values.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.errors import Problem, nearest
from sim.scenario.distributions import FAMILIES
from sim.scenario.layers import Layered
from sim.scenario.schema import Scenario
from sim.scenario.schema_nodes import schema_nodes
from sim.scenario.yaml_source import KeyPath, shown

_LONGEST = 80  # characters of a value in a message

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
    "too_short": "needs {min_length} or more items",
    "too_long": "may have at most {max_length} items",
    "string_too_long": "may have at most {max_length} characters",
    "string_too_short": "needs {min_length} or more characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
}


def _keys_at(path: KeyPath, value: object, model: type[BaseModel]) -> list[str]:
    """Keys allowed in the section at `path`; `value` selects among several kinds of section."""
    schema = schema_nodes(model)
    forms = [set(form.get("properties", {})) for node in schema.at(path) for form in schema.forms(node)]
    family = FAMILIES.get(str(value[keyword[0]])) if isinstance(value, dict) and (keyword := _keyword(value)) else None
    if family and any("dist" in names for names in forms):
        return sorted(family.model_fields)
    return sorted(set[str]().union(*(names for names in forms if "dist" not in names)))


def _path_in_file(loc: tuple[int | str, ...], data: Any, is_missing: bool) -> KeyPath:
    """The path as written, without pydantic's own steps (the tag of a union, `[key]`, the long form of a short one)."""
    path: list[str] = []
    for i, step in enumerate(loc):
        key = str(step)
        if isinstance(data, dict) and key in data:
            data = data[key]
        elif isinstance(data, list) and key.isdigit() and int(key) < len(data):
            data = data[int(key)]
        elif is_missing and i == len(loc) - 1 and isinstance(data, dict):
            data = None
        else:
            continue
        path.append(key)
    return tuple(path)


def _value_at(path: KeyPath, data: Any) -> Any:
    for key in path:
        data = data[int(key)] if isinstance(data, list) else data.get(key) if isinstance(data, dict) else None
    return data


def _shown(value: object) -> str:
    """A value as written, shortened to 80 characters."""
    text = f"'{value}'" if isinstance(value, str) else repr(value) if isinstance(value, float) else shown(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _sentence(error: ErrorDetails, path: KeyPath, data: Any, model: type[BaseModel]) -> str:
    """An error of pydantic as a sentence: what is allowed, and the nearest valid name."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        section = path[:-1]
        return f"unknown key; {nearest(path[-1], _keys_at(section, _value_at(section, data), model))}"
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


def _keyword(raw: object) -> KeyPath:
    """The key that names the distribution, if any."""
    return tuple(key for key in ("dist", "uncertain") if isinstance(raw, dict) and key in raw)[:1]


def _distribution_sentence(error: ErrorDetails) -> str:
    raw, keyword = error["input"], _keyword(error["input"])
    if not keyword:
        return str(error["msg"])
    return f"unknown distribution; {nearest(str(raw[keyword[0]]), FAMILIES)}"


def problems(error: ValidationError, layered: Layered, model: type[BaseModel] = Scenario) -> list[Problem]:
    """All errors of a validation as problems with their places.

    Errors that follow from others are left out: a required key that is there under a misspelt name, and an error of a
    section that comes from one inside it.

    Args:
        error: the validation error.
        layered: the merged documents, for files and lines.
        model: the model that was validated.

    Returns:
        At most one problem for each place, in the order of the files.
    """
    found: dict[KeyPath, Problem] = {}
    missing: set[KeyPath] = set()
    misspelt: set[KeyPath] = set()  # keys of which an unknown one is a misspelling
    follow: set[KeyPath] = set()  # errors that may only follow from other errors
    for detail in error.errors(include_url=False):
        if detail["type"] == "default_factory_not_called":
            continue  # a default that follows from other keys, of which one is wrong
        is_missing = detail["type"] == "missing"
        path = _path_in_file(detail["loc"], layered.data, is_missing)
        if detail["type"] == "distribution":
            path = (*path, *_keyword(detail["input"]))
        message = _sentence(detail, path, layered.data, model)
        is_key = detail["loc"][-1:] == ("[key]",)
        value = None if is_missing else _shown(path[-1] if is_key else _value_at(path, layered.data))
        found.setdefault(path, place(message, path, layered, value))
        if is_missing:
            missing.add(path)
        if detail["type"] == "too_short" or (detail["type"] in _PLAIN and isinstance(detail["input"], dict)):
            follow.add(path)
        if detail["type"] == "extra_forbidden":
            allowed = _keys_at(path[:-1], _value_at(path[:-1], layered.data), model)
            misspelt.add((*path[:-1], *get_close_matches(path[-1], allowed, n=1)))
    for path in follow:
        if any(_is_inside(other, path) for other in found):
            del found[path]  # the section's own error follows from one inside it
    for path in missing & misspelt:
        found.pop(path, None)
    for section, keys in _by_section(path for path in found if path in missing).items():
        named = f"{', '.join(keys[:-1])} and {keys[-1]} are required and not there"
        for key in keys:
            del found[*section, key]
        found[section] = place(named, section, layered)
    return sorted(found.values(), key=lambda p: (p.file or "", p.line or 0))


def _by_section(missing: Iterable[KeyPath]) -> dict[KeyPath, list[str]]:
    """The missing keys of each section that has several."""
    by_section: dict[KeyPath, list[str]] = {}
    for path in missing:
        by_section.setdefault(path[:-1], []).append(path[-1])
    return {section: keys for section, keys in by_section.items() if len(keys) > 1}


def _is_inside(path: KeyPath, section: KeyPath) -> bool:
    return len(path) > len(section) and path[: len(section)] == section


def place(message: str, path: KeyPath, layered: Layered, value: str | None = None) -> Problem:
    """A problem at a path, with the file and line of the layer that has it.

    Args:
        message: what is wrong and what is allowed.
        path: path of the value.
        layered: the merged documents.
        value: the value as written; None if it is missing.

    Returns:
        The problem; a path that no layer has is placed in the last one, without a line if nothing around it is there.
    """
    document = layered.layer_of(path) or (layered.layers[-1] if layered.layers else None)
    if document is None:
        return Problem(message, path=".".join(path) or None, value=value)
    return Problem(message, document.file, document.line(path), ".".join(path) or None, value)
