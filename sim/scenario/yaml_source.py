"""Safe reading of YAML, with the line of every value.

Plain data only (no tags, no objects), with YAML 1.2 numbers (`5.0e5` is a number, `12:30` is not), and `on` and `off`
as true and false. Limits on size, depth and expansion of aliases turn a hostile or broken file into one clear message.

Attributes:
    MAX_BYTES: largest size of a file.
    MAX_DEPTH: largest number of levels.
    MAX_VALUES: largest number of values, with aliases written out.
    KeyPath: keys from the top of a document; an index of a list is a key too.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

import yaml

from sim.errors import Problem, ScenarioError, nearest
from sim.scenario.limited import read_limited

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_VALUES = 200_000

KeyPath = tuple[str, ...]

_MOST_OPEN = 400
_BRACKETS = re.compile(r"[\[\]{}]")
_DASHES = re.compile(rf"(?:[-?:] +){{{MAX_DEPTH + 1}}}")
_INDENTED = re.compile(rf"^ {{{_MOST_OPEN}}}[^\s#]", re.MULTILINE)


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """The safe loader with the numbers of YAML 1.2."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


_RESOLVERS = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$", "tTfFoO"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9][0-9_]*$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^(?:[-+]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    ("tag:yaml.org,2002:timestamp", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "0123456789"),
)
for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), [c if c != "\0" else "" for c in _first])


_TAGS: dict[type[yaml.Node], tuple[str, ...]] = {
    yaml.MappingNode: ("tag:yaml.org,2002:map",),
    yaml.SequenceNode: ("tag:yaml.org,2002:seq",),
}


@dataclass
class Document:
    """The content of a YAML text, with lines.

    Attributes:
        data: mappings, lists, text, numbers, true/false, dates and None.
        file: name of the file in messages.
        lines: line (from 1) of the key of every value, by path.
    """

    data: Any
    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """Line of a value in its file.

        Args:
            path: keys from the top of the document.

        Returns:
            Line (from 1) of the value, or of the nearest part of the file around it; None if there is none.
        """
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class _Reader:
    """Turns YAML nodes into plain data, and notes the line of each value."""

    def __init__(self, file: str) -> None:
        self.document = Document(None, file)
        self._n_values = 0

    def fail(self, message: str, node: yaml.Node | None, path: KeyPath, value: str | None = None) -> ScenarioError:
        """The error for a message, with the line of a node if there is one; the caller raises it."""
        line = None if node is None else node.start_mark.line + 1
        return ScenarioError(Problem(message, self.document.file, line, ".".join(path) or None, value))

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        """The data of a node at a path, within the limits on number and depth of values."""
        self._n_values += 1
        if self._n_values > MAX_VALUES:
            raise self.fail(f"more than {MAX_VALUES:,} values once aliases are written out", node, path)
        if len(path) > MAX_DEPTH:
            raise self.fail(f"nested more than {MAX_DEPTH} levels deep", node, path[:3])
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag not in _TAGS.get(type(node), (node.tag,)):
            raise self.fail("only plain values are allowed, no tags", node, path, node.tag)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, str(i))) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        """A mapping with text keys, each of which occurs once."""
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.fail("a key must be plain text or a number", key_node, path)
            key = str(key_node.value)
            if key in result:
                raise self.fail("this key stands twice in the same section", key_node, (*path, key))
            self.document.lines[(*path, key)] = key_node.start_mark.line + 1
            result[key] = self.read(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        """A plain value by YAML 1.2's rules."""
        text = str(node.value)
        kind = node.tag.rpartition(":")[2]
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return text.lower() in ("true", "on")
                case "int":
                    return int(text.replace("_", ""))
                case "float":
                    return float(text.replace("_", ""))
                case "timestamp":
                    return date.fromisoformat(text)
                case "str":
                    return text
        except ValueError:
            what = "a date that exists, as YYYY-MM-DD" if kind == "timestamp" else "a number"
            raise self.fail(f"must be {what}", node, path, text) from None
        raise self.fail("only plain values are allowed, no tags", node, path, node.tag)


def _is_too_deep(text: str) -> bool:
    """Whether a text nests so deeply that libyaml would take hours, or the whole stack, to read it.

    Brackets in text and comments count too; for less nesting, the reader checks the depth exactly.
    """
    if _DASHES.search(text) or _INDENTED.search(text):
        return True
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "[{" else -1 if depth else 0
        if depth > _MOST_OPEN:
            return True
    return False


def parse(text: str, file: str) -> Document:
    """Read one YAML document.

    Args:
        text: the YAML.
        file: name of the document in messages.

    Returns:
        The document; its data are None if the text is empty.

    Raises:
        ScenarioError: it is not YAML, is not plain data, or is too large, deep or repetitive.
    """
    reader = _Reader(file)
    if _is_too_deep(text):
        raise ScenarioError(Problem(f"nested more than {MAX_DEPTH} levels deep", file))
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        if node is not None:
            reader.document.data = reader.read(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        if mark is not None and "".join(text.splitlines()[mark.line : mark.line + 1])[mark.column :].startswith("\t"):
            what = "a tab; indent with spaces"
        raise ScenarioError(Problem(f"is not valid YAML: {what}", file, line)) from None
    except yaml.YAMLError as error:
        raise ScenarioError(Problem(f"is not valid YAML: {str(error).splitlines()[0]}", file)) from None
    except RecursionError:
        raise ScenarioError(Problem(f"nested more than {MAX_DEPTH} levels deep", file)) from None
    return reader.document


def read_file(path: Path, shown: str | None = None) -> Document:
    """Read one YAML file.

    Args:
        path: the file, in UTF-8.
        shown: name of the file in messages; default: the path.

    Returns:
        The document.

    Raises:
        ScenarioError: it does not exist, cannot be read, is too large, or is not plain YAML.
    """
    file = shown or str(path)
    try:
        if path.is_dir():
            raise ScenarioError(Problem("is a folder, not a scenario file", file))
        text = read_limited(path, MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        siblings = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        hint = f": {nearest(path.name, siblings)}" if siblings else ""
        raise ScenarioError(Problem(f"there is no such file{hint}", file)) from None
    except UnicodeDecodeError:
        raise ScenarioError(Problem("is not UTF-8 text", file)) from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            message = f"is larger than a scenario may be ({MAX_BYTES:,} bytes)"
            raise ScenarioError(Problem(message, file, value=error.strerror)) from None
        raise ScenarioError(Problem(f"cannot be read: {error.strerror}", file)) from None
    except ValueError as error:  # a null byte in its name
        raise ScenarioError(Problem(f"is not a file name: {error}", repr(file))) from None
    return parse(text, file)


def parse_value(text: str) -> Any:
    """One value as a file would have it, for `--set`.

    Args:
        text: YAML, as in `4` or `{dist: uniform, low: 1, high: 2}`.

    Returns:
        The value; None for an empty text.

    Raises:
        ScenarioError: it is not valid YAML.
    """
    return parse(text, "--set").data


def jsonable(data: Any) -> Any:
    """The same data with dates as ISO text, for strict JSON validation.

    Args:
        data: mappings, lists and plain values; keys become text, tuples become lists.

    Returns:
        A copy.
    """
    if isinstance(data, dict):
        return {str(key): jsonable(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [jsonable(value) for value in data]
    return data.isoformat() if isinstance(data, (date, datetime)) else data


def shown(value: Any) -> str:
    """A value in one line, as YAML would write it, with numbers as short as they can be read back.

    Args:
        value: any value that YAML has.

    Returns:
        Text that YAML reads back as the same value, unless a text in it needs quotes.
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
