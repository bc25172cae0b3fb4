"""The reference of the scenario file, generated from the schema.

Units, bounds and meanings are those that the schema checks, so that page and messages agree.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import get_args, get_type_hints

from pydantic.fields import FieldInfo

from sim.cli.reference.markdown import code, page, table
from sim.cli.reference.scenario_types import allowed, bare, default, sections_in, type_of
from sim.scenario import yaml_source
from sim.scenario.derived import DERIVED
from sim.scenario.distributions import FAMILIES, Family
from sim.scenario.layers import COLLECTIONS, MAX_LAYERS
from sim.scenario.schema import Scenario
from sim.scenario.schema.costs import Grade
from sim.scenario.schema.values import Section

_HEAD = ("key", "what may be written", "unit", "default", "allowed", "meaning")

_INTRODUCTION = f"""\
A scenario is a YAML file. `trialclock validate FILE` checks one, `trialclock show FILE` prints every value with where
it comes from, and `trialclock schema` prints the JSON Schema that editors use for completion.

## Three kinds of number

| written as | meaning |
|---|---|
| `14` | known and fixed |
| `{{dist: triangular, low: 1, mode: 3, high: 7}}` | differs from one use to the next: drawn each time |
| `{{uncertain: lognormal, median: 18, sigma: 0.4}}` | not known to us: drawn once in each simulated trial |

A `dist` may have parameters that are themselves `uncertain`; no other nesting is allowed. A value that is one number
for a whole simulated trial takes a number or `uncertain`, and no `dist`. A probability that is written as `dist` is
used by its mean.

## Files that extend others

A file that begins with `extends: base.yaml` says only what differs from that one, which is looked for beside it, then
among the included scenarios; at most {MAX_LAYERS} files in a row. Mappings are merged key by key;
anything else replaces. A distribution replaces the whole of what stood there where it says `dist` or `uncertain`, and
changes single parameters where it does not. `name: off` takes a named part out again, under
{", ".join(f"`{'.'.join(path)}`" for path in COLLECTIONS)}.
`--set PATH=VALUE` does the same from the command line, as the last layer.

A file has at most {yaml_source.MAX_BYTES:,} bytes and {yaml_source.MAX_VALUES:,} values, nested at most
{yaml_source.MAX_DEPTH} levels deep.
"""


def _unit(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) and "unit" in extra else ""


def _row(name: str, hint: object, info: FieldInfo) -> tuple[str, ...]:
    key = code(info.alias or name)
    return key, type_of(hint), _unit(info), default(info), allowed(hint, info), info.description or ""


def _text(item: type) -> str:
    return " ".join(inspect.getdoc(item).split()) if item.__doc__ else ""  # type: ignore[union-attr]


def _walk(model: type[Section], path: str, known: set[type[Section]]) -> Iterator[str]:
    """A section, then its subsections; a section that extends a known one shows only what it adds."""
    parent = next((base for base in model.__bases__ if base in known), None)
    known.add(model)
    hints = get_type_hints(model, include_extras=True)
    fields = {
        name: info for name, info in model.model_fields.items() if parent is None or name not in parent.model_fields
    }
    if path:
        yield from [f'<a id="{model.__name__.lower()}"></a>', "", f"### {code(path)}", ""]
    yield from [_text(model), ""]
    if parent is not None:
        yield from [f"Takes every key of [its defaults](#{parent.__name__.lower()}), and:", ""]
    yield from table(_HEAD, [_row(name, hints[name], info) for name, info in fields.items()])
    for name, info in fields.items():
        here = f"{path}.{info.alias or name}" if path else info.alias or name
        for inner_path, inner in sections_in(hints[name], here):
            if inner not in known:
                yield from _walk(inner, inner_path, known)


def _families() -> Iterator[str]:
    rows = []
    for name, family in FAMILIES.items():
        hints = get_type_hints(family, include_extras=True)
        parameters = [
            _parameter(parameter, hints[parameter], info)
            for parameter, info in family.model_fields.items()
            if parameter not in ("dist", "uncertain")
        ]
        rows.append((code(name), ", ".join(parameters), _text(family)))
    yield from table(("name", "parameters", "meaning"), rows)


def _parameter(name: str, hint: object, info: FieldInfo) -> str:
    options = get_args(bare(hint)) or (hint,)
    may_be_uncertain = any(
        _is_family(bare(inner)) for option in options for inner in (get_args(bare(option)) or (option,))
    )
    text = code(name)
    if not info.is_required():
        text += " (may be left out)"
    return text + ("*" if may_be_uncertain else "")


def _is_family(item: object) -> bool:
    return isinstance(item, type) and issubclass(item, Family)


def scenario_page() -> str:
    """Every key of a scenario file with allowed values, unit, default and meaning, as Markdown.

    Returns:
        The whole page, ending in one line feed; the same for the same version of the program.
    """
    scores = [
        (code(name), score.formula, ", ".join(map(code, score.needs)), score.source) for name, score in DERIVED.items()
    ]
    grades = ", ".join(code(grade) for grade in get_args(Grade))
    return page(
        "The scenario file",
        [
            _INTRODUCTION,
            "## Distributions",
            "",
            "A parameter with * may itself be `uncertain` in a `dist`.",
            "",
            *_families(),
            "## Scores that the program knows",
            "",
            *table(("name", "formula", "needs the attributes", "source"), scores),
            "## Grades of sources",
            "",
            f"A = a registry record; B = published; C = published, from memory, not checked; D = an assumption. "
            f"Allowed: {grades}.",
            "",
            "## Keys",
            "",
            "A name is made of letters, digits and `_`, begins with a letter, and has at most 60 characters. `<name>` "
            "stands for one that the planner chooses, `[]` for an entry of a list. In a file that extends another, "
            "nothing is required.",
            "",
            *_walk(Scenario, "", set()),
        ],
    )
