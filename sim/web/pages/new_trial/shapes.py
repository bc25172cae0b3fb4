"""What may stand at each place of a scenario, read from its schema: the forms a value may take, and its parts.

The controls of the page come from this alone, so that whatever a scenario file can say has a control.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim.scenario.schema import Scenario
from sim.web.parts.words.studio import in_studio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path = tuple[str, ...]

NUMBER, WHOLE, CHOICE, DATE, TEXT, SWITCH, LIST = "number", "whole", "choice", "date", "text", "switch", "list"
PARTS, FILE = "parts", "file"  # a section or names of one's own; what is written as in a file
_DRAWN = ("dist", "uncertain")
_SCALARS = {"number", "integer", "string", "boolean"}
_VARIES = {"dist": "varies", "uncertain": "uncertain"}

# Keys whose values are names of other parts of the trial.
REFERENCES: Mapping[str, tuple[Path, ...]] = {
    "groups": (("sites",),),
    "at": (("sites",),),
    "opens": (("sites",),),
    "arm": (("arms",),),
    "after": (("site_defaults", "start_up"),),
    "step": (("site_defaults", "start_up"),),
    "drops": (("screening", "criteria"),),
    "of": (("follow_up", "leaving"),),
    "attribute": (("patients", "attributes"),),
    "stratify_by": (("patients", "bands"), ("patients", "conditions")),
}


@dataclass(frozen=True)
class Form:
    """One form that a value may take.

    Attributes:
        kind: number, whole, choice, date, text, switch, list, parts, or file.
        name: what it is called where there are several.
        choices: words allowed.
        low: least number allowed.
        high: largest number allowed.
        parts: schemas of its keys.
        required: keys that must be there.
        free: schema of what has a name of the planner's own; None if no such names are allowed.
        pattern: what such a name must match.
        fixed: a key with the only value that it may have, of a distribution.
        of_numbers: whether a list is of numbers.
    """

    kind: str
    name: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    free: Mapping[str, Any] | None = None
    pattern: str = ""
    fixed: tuple[str, str] | None = None
    of_numbers: bool = False

    def fits(self, value: Any) -> bool:
        """Whether a value has this form, though it may be wrong in it (a number out of bounds, a missing key)."""
        if self.kind == PARTS:
            if not isinstance(value, dict):
                return False
            if self.fixed is not None:
                return bool(value.get(self.fixed[0]) == self.fixed[1])
            own = [key for key in value if key not in self.parts]
            return not own or (self.free is not None and all(re.search(self.pattern, str(key)) for key in own))
        if self.kind == LIST:
            return isinstance(value, (list, tuple, str))
        if self.kind == FILE:
            return True
        return not isinstance(value, (dict, list, tuple))


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return Scenario.model_json_schema()


def schema_at(path: Path, data: Any) -> Mapping[str, Any] | None:
    """The schema of what stands at a path of a scenario.

    Args:
        path: keys from the top.
        data: the scenario as plain data, which says which form each part has.

    Returns:
        The schema; None if nothing may stand there.
    """
    node: Mapping[str, Any] | None = _schema()
    for key in path:
        if node is None:
            return None
        form = form_of(node, data)
        node = form.parts.get(key, form.free) if form.kind == PARTS else None
        data = data.get(key) if isinstance(data, dict) else None
    return node


def form_of(node: Mapping[str, Any], value: Any) -> Form:
    """The form that a value has, or the first that it may have.

    Args:
        node: schema.
        value: the value; None if it is not there.
    """
    found = forms(node)
    return next((form for form in found if value is not None and form.fits(value)), found[0])


def forms(node: Mapping[str, Any]) -> tuple[Form, ...]:
    """All forms that a value may take, the simplest first: one number, then sections, then distributions.

    Args:
        node: schema.

    Returns:
        At least one; `FILE`, which takes everything, where the schema says nothing that a control can show.
    """
    leaves = list(_leaves(node))
    lists = [leaf for leaf in leaves if leaf.get("type") == "array"]
    if lists:
        return (_list_of(lists[0]),)
    plain = [leaf for leaf in leaves if leaf.get("type") != "object"]
    sections = [leaf for leaf in leaves if leaf.get("type") == "object" and not _is_drawn(leaf)]
    drawn = [leaf for leaf in leaves if _is_drawn(leaf)]
    found = [_scalar(plain)] if plain else []
    found += [_section(leaf, several=len(leaves) > 1) for leaf in sections]
    found += [_family(leaf, key) for key in ("uncertain", "dist") for leaf in drawn]
    return tuple(found) or (Form(FILE),)


def unit_of(node: Mapping[str, Any]) -> str:
    """The unit of a value; empty without one."""
    return str(node.get("unit", ""))


def meaning_of(node: Mapping[str, Any]) -> str:
    """What a value means, in words; empty if the schema does not say."""
    texts = [node, *(leaf for leaf in _leaves(node) if not _is_drawn(leaf))]
    found = next((str(text["description"]) for text in texts if "description" in text), "")
    return re.sub(r"`([^`]+)`", lambda name: name.group(1).replace("_", " "), in_studio(found))


def _leaves(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The plain schemas behind references and alternatives, without null."""
    if "$ref" in node:
        yield from _leaves(_schema()["$defs"][node["$ref"].rpartition("/")[2]])
        return
    options = [option for keyword in ("anyOf", "oneOf", "allOf") for option in node.get(keyword, ())]
    if options:
        for option in options:
            yield from _leaves(option)
    elif node.get("type") != "null":
        yield node


def _is_drawn(leaf: Mapping[str, Any]) -> bool:
    return all(key in leaf.get("properties", {}) for key in _DRAWN)


def _list_of(leaf: Mapping[str, Any]) -> Form:
    items = list(_leaves(leaf.get("items", {})))
    is_plain = bool(items) and all(item.get("type") in _SCALARS for item in items)
    choices = tuple(str(choice) for item in items for choice in item.get("enum", ()))
    of_numbers = is_plain and all(item["type"] in ("number", "integer") for item in items)
    return Form(LIST, choices=choices, of_numbers=of_numbers) if is_plain else Form(FILE)


def _scalar(leaves: list[Mapping[str, Any]]) -> Form:
    choices = tuple(dict.fromkeys(str(choice) for leaf in leaves for choice in leaf.get("enum", ())))
    if choices:
        return Form(CHOICE, "one of", choices)
    types = {str(leaf.get("type")) for leaf in leaves}
    numbers = [leaf for leaf in leaves if leaf.get("type") in ("number", "integer")]
    if types <= {"number", "integer"}:
        low = _bound(numbers, "minimum", "exclusiveMinimum")
        high = _bound(numbers, "maximum", "exclusiveMaximum")
        return Form(WHOLE if types == {"integer"} else NUMBER, "one number", low=low, high=high)
    if types == {"boolean"}:
        return Form(SWITCH, "yes or no")
    if all(leaf.get("format") == "date" for leaf in leaves):
        return Form(DATE, "a date")
    return Form(TEXT, "text") if types <= _SCALARS else Form(FILE)


def _bound(leaves: list[Mapping[str, Any]], plain: str, exclusive: str) -> float | None:
    found = [leaf.get(plain, leaf.get(exclusive)) for leaf in leaves]
    return float(found[0]) if len(found) == 1 and found[0] is not None else None


def _section(leaf: Mapping[str, Any], *, several: bool) -> Form:
    patterns = leaf.get("patternProperties", {})
    free = next(iter(patterns.values()), None)
    pattern = next(iter(patterns), ".")
    if free is None and isinstance(leaf.get("additionalProperties"), dict):
        free = leaf["additionalProperties"]
    parts, required = leaf.get("properties", {}), frozenset(leaf.get("required", ()))
    if free is None and not parts:
        return Form(FILE)
    return Form(PARTS, _title(leaf, pattern) if several else "", parts=parts, required=required, free=free,
                pattern=pattern)  # fmt: skip


def _title(leaf: Mapping[str, Any], pattern: str) -> str:
    """What a section is called where a value may also be something else."""
    if "title" in leaf and len(str(leaf["title"])) > 1:
        return str(leaf["title"]).lower()
    return "by week" if pattern.startswith("^[0-9") else "by name"


def _family(leaf: Mapping[str, Any], key: str) -> Form:
    name = next(str(option["const"]) for option in leaf["properties"][key]["anyOf"] if "const" in option)
    parts = {part: node for part, node in leaf["properties"].items() if part not in _DRAWN}
    return Form(PARTS, f"{_VARIES[key]}: {name}", parts=parts, required=frozenset(leaf.get("required", ())),
                fixed=(key, name))  # fmt: skip
