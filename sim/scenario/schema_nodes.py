"""Walks a model's JSON Schema from key to key, so that messages, levers and reports read it the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

Node = dict[str, Any]

_COMBINATIONS = ("anyOf", "oneOf", "allOf")


class SchemaNodes:
    """The JSON Schema of a model.

    Args:
        model: the model.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._root: Node = model.model_json_schema()

    def at(self, path: Iterable[str]) -> list[Node]:
        """Schemas of the value at a path.

        Args:
            path: keys from the top of the file; an entry of a list counts as one key.

        Returns:
            One schema for each form of the sections above it; none if the path cannot exist.
        """
        nodes = [self._root]
        for key in path:
            nodes = [step for node in nodes for form in self.forms(node) for step in _step(form, key)]
        return nodes

    def forms(self, node: Node) -> Iterator[Node]:
        """A schema, and all schemas that it refers to or offers as alternatives.

        Args:
            node: a schema from `at`.

        Yields:
            The schema itself first.
        """
        yield node
        if "$ref" in node:
            yield from self.forms(self._root["$defs"][node["$ref"].rpartition("/")[2]])
        for keyword in _COMBINATIONS:
            for option in node.get(keyword, ()):
                yield from self.forms(option)


def _step(node: Node, key: str) -> Iterator[Node]:
    """Schemas of the value under a key of a section, a mapping or a list."""
    properties = node.get("properties", {})
    if key in properties:
        yield properties[key]
        return
    for keyword in ("additionalProperties", "items"):
        if isinstance(node.get(keyword), dict):
            yield node[keyword]
    yield from (item for pattern, item in node.get("patternProperties", {}).items() if re.search(pattern, key))


@lru_cache(maxsize=8)
def schema_nodes(model: type[BaseModel]) -> SchemaNodes:
    """The JSON Schema of a model, which takes pydantic a while to make and is kept.

    Args:
        model: a pydantic model; each has one walker in a process.
    """
    return SchemaNodes(model)
