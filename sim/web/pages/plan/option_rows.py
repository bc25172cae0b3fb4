"""Options as the form of the page Cheapest plan has them: rows of values and costs, read from a file's text and written
back to it. Pure functions, without Dash.

The text is what counts; the form shows what it understands of it and changes nothing else. A cost that a planner types
gets a source of its own (grade D), unless one is given.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sim.errors import InputError
from sim.experiment.sweep.points import AS_IS, GRID
from sim.experiment.sweep.suggestions import suggested
from sim.report.key_words import words
from sim.scenario.described import described
from sim.scenario.options_starter import EXAMPLE
from sim.scenario.yaml_source import jsonable, parse, parse_value, shown
from sim.web.pages.plan.question import OPTIONS
from sim.web.parts.lever_controls import offered
from sim.web.parts.levers import new_sites_group, value_at
from sim.web.parts.words.plans import criterion_words, new_sites_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.scenario.load import Loaded

PLANNERS = "the planner's own figure"
AS_IT_IS, NONE_MORE = "as it is", "none more"
NEW_SITES = "new sites like "  # begins the choice of a group of which more may open
_CRITERION = "screening.criteria."
_LONGEST_LABEL, _LONGEST_NAME = 80, 40
_WIDTH = 100


@dataclass(frozen=True)
class Row:
    """One allowed setting of a lever.

    Attributes:
        value: the value of its path, as plain data; None for a named setting.
        name: the value as text, or the name of the setting.
        cost: additional cost, once.
        per_month: additional cost each month.
        source: where the cost is from, or empty.
        sites: path and content of the group of sites that it adds, if that is all that it does.
    """

    value: Any
    name: str
    cost: float
    per_month: float
    source: str
    sites: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class Typed:
    """What the controls of a row say; None where one is empty.

    Attributes:
        value: the value as it is written in a file; None as well for a named setting.
        cost: additional cost, once.
        per_month: additional cost each month.
        n_sites: number of sites that it adds.
        opens: date on which they open.
    """

    value: str | None
    cost: float | None
    per_month: float | None
    n_sites: int | None = None
    opens: str | None = None


def read_options(text: str) -> dict[str, Any] | None:
    """The plain data of a file of options.

    Args:
        text: the file, which may be wrong in other ways.

    Returns:
        None if it is not YAML with a mapping of levers.
    """
    try:
        data = jsonable(parse(text, OPTIONS).data)
    except InputError:
        return None
    levers = data.get("levers") if isinstance(data, dict) else None
    is_readable = isinstance(levers, dict) and all(isinstance(rules, dict) for rules in levers.values())
    return data if is_readable else None


def written_options(data: Mapping[str, Any]) -> str:
    """The text of a file of options."""
    body = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)
    return f"# What may still be chosen, and what it costs.\n{body}"


def rows_of(rules: Mapping[str, Any]) -> list[Row]:
    """The settings of one lever, in the order of the file.

    Args:
        rules: what the file says of the lever: `values`, or named `settings`.
    """
    settings = rules.get("settings")
    if isinstance(settings, dict):
        return [_row(None, str(name), setting) for name, setting in settings.items()]
    values = rules.get("values")
    items = values if isinstance(values, list) else []
    return [
        _row(item.get("value"), shown(item.get("value")), item)
        if isinstance(item, dict) and "value" in item
        else _row(item, shown(item), {})
        for item in items
    ]


def _row(value: Any, name: str, extra: Any) -> Row:
    extra = extra if isinstance(extra, dict) else {}
    source = extra.get("source")
    said = str(source.get("source", "")) if isinstance(source, dict) else ""
    return Row(value, name, _cost(extra, "cost"), _cost(extra, "cost_per_month"), said, _sites(extra.get("set")))


def _sites(changes: Any) -> tuple[str, dict[str, Any]] | None:
    if not isinstance(changes, dict) or len(changes) != 1:
        return None
    ((path, group),) = changes.items()
    is_new = str(path).startswith("sites.") and path.count(".") == 1 and isinstance(group, dict) and "opens" in group
    return (path, group) if is_new else None


def _cost(extra: Mapping[str, Any], key: str) -> float:
    found = extra.get(key, 0)
    return found if isinstance(found, (int, float)) else 0


def source_of(rules: Mapping[str, Any]) -> str:
    """Where the costs of a lever are from, if all are from the same place; otherwise empty."""
    found = {row.source for row in rows_of(rules) if row.source}
    return found.pop() if len(found) == 1 else ""


def with_rows(data: Mapping[str, Any], name: str, typed: list[Typed], source: str) -> dict[str, Any]:
    """The options after the controls of a lever were changed.

    Args:
        data: the options before, which stay as they are.
        name: name of the lever.
        typed: what its rows say, one for each of `rows_of`.
        source: where its costs are from, as typed; empty leaves the sources as they are.
    """
    found = copy.deepcopy(dict(data))
    rules = found["levers"][name]
    before = source_of(rules)
    for i, (row, now) in enumerate(zip(rows_of(rules), typed, strict=True)):
        extra = _extra(rules, i)
        if now.value is not None and now.value != shown(row.value):
            extra["value"] = _read(now.value)
        cost = row.cost if now.cost is None else now.cost
        per_month = row.per_month if now.per_month is None else now.per_month
        is_other = (cost, per_month) != (row.cost, row.per_month)
        _put(extra, "cost", cost)
        _put(extra, "cost_per_month", per_month)
        if not cost and not per_month:
            extra.pop("source", None)
        elif source != before and source:
            grade = extra["source"].get("grade", "D") if isinstance(extra.get("source"), dict) else "D"
            extra["source"] = {"grade": grade, "source": source}
        elif is_other and row.source in ("", EXAMPLE):
            extra["source"] = {"grade": "D", "source": PLANNERS}
        _set_extra(rules, i, extra)
        if row.sites is not None:
            _open(rules["settings"], row, now)
    return found


def _open(settings: dict[str, Any], row: Row, now: Typed) -> None:
    """Change how many sites a setting adds, and when they open: its name says so too."""
    assert row.sites is not None
    path, group = row.sites
    group = {**group, "count": now.n_sites or group.get("count"), "opens": now.opens or group["opens"]}
    if group == row.sites[1]:
        return
    name = new_sites_words(group, path.removeprefix("sites."))[:_LONGEST_LABEL]
    both = [(name if key == row.name else key, value) for key, value in settings.items()]
    if len(dict(both)) < len(both):
        return  # another setting is the same already
    settings.clear()
    settings.update(both)
    settings[name] = {**settings[name], "set": {path: group}}


def _put(extra: dict[str, Any], key: str, cost: float) -> None:
    if cost:
        extra[key] = cost
    else:
        extra.pop(key, None)


def _extra(rules: Mapping[str, Any], i: int) -> dict[str, Any]:
    if "settings" in rules:
        return dict([*rules["settings"].values()][i] or {})
    item = rules["values"][i]
    return dict(item) if isinstance(item, dict) and "value" in item else {"value": item}


def _set_extra(rules: dict[str, Any], i: int, extra: dict[str, Any]) -> None:
    if "settings" in rules:
        rules["settings"][[*rules["settings"]][i]] = extra
    else:
        rules["values"][i] = extra["value"] if set(extra) == {"value"} else extra


def _read(text: str) -> Any:
    try:
        return jsonable(parse_value(text))
    except InputError:
        return text


def without_row(data: Mapping[str, Any], name: str, i: int) -> dict[str, Any]:
    """The options without one value of a lever; without the lever if it was the last.

    Args:
        data: the options before, which stay as they are.
        name: name of the lever.
        i: which of its rows, from 0.
    """
    found = copy.deepcopy(dict(data))
    rules = found["levers"][name]
    if "settings" in rules:
        del rules["settings"][[*rules["settings"]][i]]
    else:
        del rules["values"][i]
    return found if rules.get("settings") or rules.get("values") else without_lever(found, name)


def without_lever(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The options without one lever."""
    return {**data, "levers": {key: rules for key, rules in data["levers"].items() if key != name}}


def with_value(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The options with one more value of a lever: a step beyond its last, or the last again, to be changed.

    Args:
        data: the options before, which stay as they are.
        name: name of a lever with `values`.
    """
    found = copy.deepcopy(dict(data))
    values = found["levers"][name]["values"]
    known = [row.value for row in rows_of(found["levers"][name])]
    last = known[-1]
    if isinstance(last, (int, float)) and not isinstance(last, bool):
        step = last - known[-2] if len(known) > 1 and isinstance(known[-2], (int, float)) else 1
        last = last + (step if step > 0 else 1)
    values.append(last)
    return found


def with_lever(data: Mapping[str, Any], loaded: Loaded, path: str) -> dict[str, Any]:
    """The options with one more lever: the value that the scenario has, and others near it.

    Args:
        data: the options before.
        loaded: the scenario.
        path: path of the lever, or `NEW_SITES` with a group; one of those that are offered.

    Returns:
        Options whose new lever has a name of its own, and costs nothing yet.
    """
    levers = dict(data["levers"])
    like = path.removeprefix(NEW_SITES)
    bare = re.sub(r"\W+", "_", path.removeprefix(_CRITERION)).strip("_")[:_LONGEST_NAME]
    name = next(key for i in range(len(levers) + 1) if (key := bare if not i else f"{bare}_{i + 1}") not in levers)
    rules: dict[str, Any]
    if like != path:
        opens = str(loaded.scenario.trial.enrolment_opens)
        new, group = new_sites_group(loaded, 2, like, opens)
        rules = {"label": f"More sites: {loaded.scenario.sites[like].label or words(like)}"[:_LONGEST_LABEL]}
        said = new_sites_words(group, new)[:_LONGEST_LABEL]
        rules["settings"] = {NONE_MORE: {}, said: {"set": {f"sites.{new}": group}}}
    elif path.startswith(_CRITERION) and path.count(".") == _CRITERION.count("."):
        criterion = path.removeprefix(_CRITERION)
        off = criterion_words(criterion, is_off=True)
        rules = {"label": f"{off[:1].upper()}{off[1:]}"[:_LONGEST_LABEL]}
        rules["settings"] = {AS_IT_IS: {}, off[:_LONGEST_LABEL]: {"set": {path: False}}}
    else:
        label = next(item["label"] for group in offered(loaded) for item in group["items"] if item["value"] == path)
        rules = {"label": label[:_LONGEST_LABEL], "path": path, "values": _values(loaded, path)}
    return {**data, "levers": {**levers, name: rules}}


def levers_offered(loaded: Loaded) -> list[dict[str, Any]]:
    """What may be added, as groups of a choice: sites that open on a date, and all levers.

    Args:
        loaded: the scenario.
    """
    more = [
        {"value": f"{NEW_SITES}{name}", "label": f"More sites that open on a date: {group.label or words(name)}"}
        for name, group in loaded.scenario.sites.items()
    ]
    return [{"group": "Open more sites", "items": more}, *offered(loaded)]


def _values(loaded: Loaded, path: str) -> list[Any]:
    """The value of the scenario, and others near it, each once."""
    now = value_at(loaded, path)
    others = [now if value == AS_IS else value for value in suggested(loaded, path, now, described(path), GRID).values]
    found = [jsonable(value) for value in others]
    known = {shown(value): value for value in (found if shown(now) in map(shown, found) else [now, *found])}
    return [*known.values()]
