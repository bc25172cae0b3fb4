"""A commented scenario file to start from, and complete scenarios of other kinds of trial.

A planner who sees every key with its meaning and unit beside its value needs no manual to change one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.layers import find, library
from sim.scenario.load import load
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import shown

_LEFT_OUT = {"name", "question", "sources", "bibliography"}
_INLINE = 60  # a shorter mapping is written in one line


def template(name: str, base: str, folder: Path) -> str:
    """The text of a new scenario file, in which every value of another scenario is commented out.

    Args:
        name: name of the new scenario.
        base: the scenario that it extends, as a person named it.
        folder: folder of the new file, from which it finds a base beside it.

    Returns:
        YAML that loads as the base under another name; lines to change begin with one `#`, explanations with two.

    Raises:
        ScenarioError: the base does not exist or is not valid.
    """
    loaded = load(base)
    base_file = find(base)
    extends = (
        base_file.name if _in_library(base_file) or base_file.parent.resolve() == folder.resolve() else str(base_file)
    )
    data = loaded.scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    lines = [
        f"name: {name}",
        "question: What do you want to know?",
        f"extends: {extends}",
        "",
        f"## Everything below is what {extends} says. Take away the '# ' of what you change, and of the lines it",
        "## stands under; delete the rest or leave it. `trialclock validate` checks the file, and `trialclock diff`",
        "## shows what differs.",
        "",
    ]
    for section, info in Scenario.model_fields.items():
        if section not in _LEFT_OUT and data.get(section) not in (None, {}):
            value = getattr(loaded.scenario, section)
            lines += [f"## {info.description}", *_lines(section, data[section], value, info, 0), ""]
    lines += [
        "## Say where your numbers come from; the longest path that fits counts.",
        "# sources:",
        "#   sites.general_hospital.count: {grade: D, source: our own plan}",
        "",
    ]
    return "\n".join(lines)


def templates() -> dict[str, Path]:
    """Files of the templates by name: complete scenarios of other kinds of trial.

    Returns:
        Paths in alphabetical order of the names.
    """
    return {path.stem: path for path in sorted((library() / "templates").glob("*.yaml"))}


def renamed(text: str, name: str) -> str:
    """A scenario's text under another name, otherwise unchanged.

    Args:
        text: text of a scenario file with a `name`.
        name: the new name.

    Returns:
        The text, with its comments.
    """
    return re.sub(r"^name:.*$", f"name: {json.dumps(name, ensure_ascii=False)}", text, count=1, flags=re.MULTILINE)


def _in_library(path: Path) -> bool:
    return path.resolve().parent == library().resolve()


def _lines(key: str, data: Any, value: Any, info: FieldInfo | None, depth: int) -> list[str]:
    """One key and everything under it, commented out, with its meaning at the end of the line."""
    indent = "  " * depth
    comment = _meaning(info)
    is_mapping = isinstance(data, Mapping)
    inline = is_mapping and ("dist" in data or "uncertain" in data or len(shown(data)) <= _INLINE)
    if not is_mapping or not data or (inline and depth > 0):
        return [f"# {indent}{key}: {_yaml(data)}{comment}"]
    lines = [f"# {indent}{key}:{comment if depth else ''}"]
    for name, item in data.items():
        child, child_info = _child(value, name)
        lines += _lines(_number_key(name), item, child, child_info, depth + 1)
    return lines


def _number_key(key: str) -> str:
    return re.sub(r"^(\d+)\.0$", r"\1", key)


def _child(value: Any, name: str) -> tuple[Any, FieldInfo | None]:
    """A value under a key of a section or mapping, with its declaration."""
    if isinstance(value, BaseModel):
        for field, info in type(value).model_fields.items():
            if name in (field, info.alias):
                return getattr(value, field), info
        return None, None
    if isinstance(value, Mapping):
        return next((item for key, item in value.items() if str(key) == name), None), None
    return None, None


def _meaning(info: FieldInfo | None) -> str:
    """What the schema says of a value, as a comment with its unit; empty where it says nothing."""
    if info is None or not info.description:
        return ""
    extra = info.json_schema_extra
    unit = f" [{extra['unit']}]" if isinstance(extra, dict) and "unit" in extra else ""
    return f"   # {info.description}{unit}"


def _yaml(data: Any) -> str:
    """A value in one line; text that YAML would read as something else is quoted."""
    text = shown(data)
    return f"'{text}'" if isinstance(data, str) and re.match(r"^(\d\d-\d\d|on|off|true|false)$", text) else text
