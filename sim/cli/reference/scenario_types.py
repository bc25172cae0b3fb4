"""The type of a field of a scenario in words: what may be written, its default, and the allowed range.

Types are those of the pydantic models in `sim.scenario.schema`, as `get_type_hints(..., include_extras=True)` gives
them.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sim.scenario.distributions import Family
from sim.scenario.schema import values
from sim.scenario.schema.values import Section

_ONCE, _ANY = "number, `uncertain`", "number, `dist`, `uncertain`"
_NUMBERS = (
    (values.OnceProbability, _ONCE, "0 to 1"),
    (values.OnceDays, _ONCE, f"0 to {values.MAX_DAYS:,}"),
    (values.OnceCells, _ONCE, f"0 to {values.MAX_CELLS:g}"),
    (values.OnceFactor, _ONCE, f"0 to {values.MAX_FACTOR:,}"),
    (values.OnceVariation, _ONCE, f"0 to {values.MAX_CV}"),
    (values.Money, _ONCE, f"0 to {values.MAX_MONEY:g}"),
    (values.Probability, _ANY, "0 to 1"),
    (values.Days, _ANY, f"0 to {values.MAX_DAYS:,}"),
    (values.Hours, _ANY, f"0 to {values.MAX_HOURS:,}"),
    (values.Cells, _ANY, f"0 to {values.MAX_CELLS:g}"),
    (values.Factor, _ANY, f"0 to {values.MAX_FACTOR:,}"),
    (values.Rate, _ANY, f"0 to {values.MAX_PER_MONTH:,}"),
)
_PLAIN = {float: "number", int: "whole number", str: "text", bool: "true or false", date: "date", type(None): "null"}
_NAME = next(item.pattern for item in get_args(values.Name)[1].metadata if hasattr(item, "pattern"))
_LIMITS = (("gt", "more than {}"), ("ge", "at least {}"), ("lt", "less than {}"), ("le", "at most {}"))


def bare(hint: Any) -> Any:
    """A type without its annotations: `float` for `Annotated[float, ...]`.

    Args:
        hint: a type as a field of the schema declares it.
    """
    return bare(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


def _options(hint: Any) -> tuple[Any, ...]:
    plain = bare(hint)
    return get_args(plain) if get_origin(plain) in (Union, types.UnionType) else (hint,)


def _one(hint: Any) -> list[str]:
    """What may be written for a type that is not a union."""
    plain = bare(hint)
    origin, inner = get_origin(plain), get_args(plain)
    if plain in _PLAIN:
        return [_PLAIN[plain]]
    if origin is Literal:
        return [f"`{choice}`" for choice in inner]
    if origin is tuple:
        return [f"list of: {type_of(inner[0])}"]
    if origin is dict:
        return [f"mapping to: {type_of(inner[1])}"]
    if isinstance(plain, type) and issubclass(plain, Family):
        return ["`dist`, `uncertain`"]
    if isinstance(plain, type) and issubclass(plain, Section):
        return [f"[section](#{plain.__name__.lower()})"]
    raise TypeError(f"the reference has no words for the type {plain}")


def type_of(hint: Any) -> str:
    """What may be written, in words: 'number, `dist`'.

    Args:
        hint: the type of a field.

    Raises:
        TypeError: the reference has no words for it; a new kind of field needs them.
    """
    for known, words, _ in _NUMBERS:
        if hint == known:
            return words
    found: list[str] = []
    for option in _options(hint):
        known_words = next((words for known, words, _ in _NUMBERS if option == known), None)
        nested = option is not hint and len(_options(option)) > 1
        found += [known_words] if known_words else [type_of(option)] if nested else _one(option)
    return ", ".join(dict.fromkeys(found))


def _constraints(metadata: Any) -> Iterator[str]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _constraints(item.metadata)
        for name, words in _LIMITS:
            limit = getattr(item, name, None)
            if limit is not None:
                yield words.format(f"{limit:g}" if isinstance(limit, float) else f"{limit:,}")
        pattern = getattr(item, "pattern", None)
        if pattern:
            yield "a name" if pattern == _NAME else f"`{pattern}`"
        length = getattr(item, "max_length", None)
        if length is not None:
            yield f"length at most {length:,}"


def allowed(hint: Any, info: FieldInfo) -> str:
    """The range or the words that are allowed; empty without a restriction.

    Args:
        hint: the type of the field.
        info: the field, whose own constraints count too.
    """
    found = list(_constraints(info.metadata))
    for option in (hint, *_options(hint)):
        words = next((words for known, _, words in _NUMBERS if option == known), None)
        if words:
            return "; ".join([words, *found])
        if get_origin(option) is Annotated:
            found += _constraints(get_args(option)[1:])
        plain = bare(option)
        if get_origin(plain) is tuple and get_origin(get_args(plain)[0]) is Annotated:
            found += [f"each {words}" for words in _constraints(get_args(get_args(plain)[0])[1:])]
    return "; ".join(dict.fromkeys(found))


def default(info: FieldInfo) -> str:
    """The default as it would be written; 'required' without one.

    Args:
        info: the field.

    Returns:
        Empty for an empty mapping or text, or for a section with defaults.
    """
    if info.is_required():
        return "required"
    if info.default_factory_takes_validated_data:
        return "see meaning"  # follows from other keys, as its meaning says
    value = info.get_default(call_default_factory=True)
    if value is None:
        return "`null`"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, float):
        return f"`{value:g}`"
    if isinstance(value, int | str):
        return f"`{value}`" if value != "" else ""
    return "`[]`" if value == () else ""


def sections_in(hint: Any, path: str) -> Iterator[tuple[str, type[Section]]]:
    """Sections that a field may hold, directly or in a mapping or list.

    Args:
        hint: the type of the field.
        path: dotted path of the field.

    Yields:
        Path and model of each; `<name>` in a path stands for a key of a mapping, `[]` for an entry of a list.
    """
    for option in _options(hint):
        plain = bare(option)
        origin, inner = get_origin(plain), get_args(plain)
        if origin is dict:
            yield from sections_in(inner[1], f"{path}.<name>")
        elif origin is tuple:
            yield from sections_in(inner[0], f"{path}[]")
        elif isinstance(plain, type) and issubclass(plain, Section):
            yield path, plain
        elif option is not hint and len(_options(option)) > 1:
            yield from sections_in(option, path)
