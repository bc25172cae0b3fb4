"""What the schema says of the value at a path: unit, range, choices.

The controls of the studio and the tables of reports are made from it, so that they agree with validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.scenario.schema import Scenario
from sim.scenario.schema_nodes import Node, schema_nodes


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
            return f"{self.low:,g} to {self.high:,g}" if self.high < 1e12 else f"{self.low:,g} or more"
        return "" if self.low is None else f"{self.low:,g} or more"


@lru_cache(maxsize=4096)
def described(path: str) -> Description:
    """What the schema says of the value at a path.

    Args:
        path: dotted path in a scenario.

    Returns:
        An empty description if the path cannot exist.
    """
    schema = schema_nodes(Scenario)
    nodes = schema.at(path.split("."))
    forms = [form for node in nodes for form in schema.forms(node)]
    numbers = [form for form in forms if form.get("type") in ("number", "integer")]
    return Description(
        _first(nodes, "description"),
        _first(nodes, "unit"),
        _bound(numbers, "minimum", "exclusiveMinimum", min),
        _bound(numbers, "maximum", "exclusiveMaximum", max),
        frozenset(str(form["type"]) for form in forms if "type" in form),
        any(form.get("format") == "date" for form in forms),
        tuple(dict.fromkeys(str(choice) for form in forms for choice in form.get("enum", ()))),
    )


def _first(nodes: list[Node], key: str) -> str:
    return next((str(node[key]) for node in nodes if key in node), "")


def _bound(numbers: list[Node], plain: str, exclusive: str, wider: Any) -> float | None:
    """The widest of the bounds of several forms of a number; None if one of the forms has none.

    Args:
        numbers: the forms.
        plain: keyword of a bound that is allowed itself.
        exclusive: keyword of a bound that is not.
        wider: `min` for lower bounds, `max` for upper ones.
    """
    found = [form.get(plain, form.get(exclusive)) for form in numbers]
    known = [float(bound) for bound in found if bound is not None]
    return wider(known) if known and len(known) == len(found) else None
