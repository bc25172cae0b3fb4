"""The JSON Schema of a scenario file, with which editors complete and check it.

It is printed by `trialclock schema` and kept as `scenarios/scenario.schema.json`. The program itself does not use it:
it validates with the classes of `sim.scenario.schema`.

Attributes:
    TITLE: title of the schema.
"""

from __future__ import annotations

from typing import Any

from sim.scenario.layers import COLLECTIONS
from sim.scenario.schema import Scenario

TITLE = "A trialclock scenario"


def _without_required(node: Any) -> Any:
    """The schema without required keys, because a file may say only what differs from another one."""
    if isinstance(node, dict):
        return {key: _without_required(value) for key, value in node.items() if key != "required"}
    return [_without_required(item) for item in node] if isinstance(node, list) else node


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references and optional values."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    for option in node.get("anyOf", ()):
        if option.get("type") != "null":
            return _resolve(schema, option)
    return node


def _allow_off(schema: dict[str, Any]) -> None:
    """Allow `name: off`, which removes a named part of the extended scenario."""
    for path in COLLECTIONS:
        node = schema
        for key in path:
            node = _resolve(schema, _resolve(schema, node)["properties"][key])
        collection = _resolve(schema, node)
        for keyword in ("additionalProperties", "patternProperties"):
            if isinstance(collection.get(keyword), dict):
                _widen(collection, keyword)


def _widen(collection: dict[str, Any], keyword: str) -> None:
    """Allow `off` as a value of a collection."""
    off = {"const": False, "description": "off: take it out again"}
    value = collection[keyword]
    if keyword == "additionalProperties":
        collection[keyword] = {"anyOf": [value, off]}
    else:
        collection[keyword] = {pattern: {"anyOf": [item, off]} for pattern, item in value.items()}


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file: that of `Scenario`, with what only files have.

    Files have `extends` and `off`, and nothing in them is required, because a file may extend another one.

    Returns:
        The schema as JSON data, of draft 2020-12.
    """
    schema: dict[str, Any] = _without_required(Scenario.model_json_schema())
    _allow_off(schema)
    extends = {"type": "string", "description": "Another scenario file, of which this one says only what differs."}
    schema["properties"] = {"extends": extends} | schema["properties"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": TITLE}
