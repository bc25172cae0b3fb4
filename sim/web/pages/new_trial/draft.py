"""A trial that is being built: what its file says so far, right or wrong, and each step from one text to the next.

Pure functions, without Dash. A value that a planner changes is from then on the planner's own (`sources`, grade D).
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from sim.errors import InputError, Problem
from sim.report.key_words import words
from sim.report.words import capitalised
from sim.scenario.country_names import key_of
from sim.scenario.layers import stack_text
from sim.scenario.load import load_text
from sim.scenario.yaml_source import parse
from sim.web.limits import check_limits
from sim.web.pages.new_trial.countries import name_of
from sim.web.pages.new_trial.examples import example, preset
from sim.web.pages.new_trial.shapes import PARTS, REFERENCES, Path, form_of, forms, schema_at
from sim.web.state import EDITED

if TYPE_CHECKING:
    from sim.web.settings import Limits

OWN = "our own plan"
_WIDTH = 110
_UNSOURCED = ("name", "question", "sources", "bibliography", "experiment", "extensions")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Draft:
    """A scenario file in progress.

    Attributes:
        data: what it says, as plain data.
        comments: its lines of comments, which stay at the top.
    """

    data: dict[str, Any]
    comments: tuple[str, ...] = ()

    def text(self) -> str:
        """The file, as YAML. Comments stand at the top, wherever they were."""
        body = yaml.safe_dump(self.data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)
        return "\n".join([*self.comments, *([""] if self.comments else []), body])

    def at(self, path: Path) -> Any:
        """What stands at a path; None if nothing does.

        Args:
            path: keys from the top.
        """
        found: Any = self.data
        for key in path:
            if not isinstance(found, dict) or key not in found:
                return None
            found = found[key]
        return found


def draft_of(text: str) -> Draft:
    """The draft that a text is. What it extends is written out.

    Args:
        text: a scenario file, which may be wrong but must be YAML.

    Raises:
        ScenarioError: it is not YAML, or extends what does not exist.
    """
    data = parse(text, EDITED).data
    if "extends" in data:
        data = stack_text(text, (), EDITED).data
    comments = tuple(line.strip() for line in text.splitlines() if line.strip().startswith("#"))
    return Draft(copy.deepcopy(dict(data)), comments)


@lru_cache(maxsize=64)
def problems_of(text: str, limits: Limits) -> tuple[Problem, ...]:
    """What is wrong with a text.

    Args:
        text: a scenario file.
        limits: limits of the studio.

    Returns:
        Empty if it is a scenario that this studio simulates.
    """
    try:
        check_limits(load_text(text, (), EDITED).scenario, limits)
    except InputError as error:
        return error.problems
    return ()


def with_value(draft: Draft, path: Path, value: Any) -> Draft:
    """The draft with a value at a path, which is the planner's own.

    Args:
        draft: the draft before, which stays as it is.
        path: keys from the top; sections on the way are made.
        value: plain data.
    """
    data = copy.deepcopy(draft.data)
    section = data
    for key in path[:-1]:
        section = section.setdefault(key, {})
    section[path[-1]] = value
    _own(data, path)
    return Draft(data, draft.comments)


def without(draft: Draft, path: Path) -> Draft:
    """The draft without what stands at a path, and without the sources of its values.

    With the last site group of a country, the country goes too.

    Args:
        draft: the draft before, which stays as it is.
        path: keys from the top.
    """
    data = copy.deepcopy(draft.data)
    section: Any = data
    for key in path[:-1]:
        section = section.get(key, {})
    section.pop(path[-1], None)
    _forget_sources(data, path)
    if path[0] == "sites" and len(path) == 2:
        _leave_empty_countries(data)
    return Draft(data, draft.comments)


def _forget_sources(data: dict[str, Any], path: Path) -> None:
    sources, gone = data.get("sources"), ".".join(path)
    if isinstance(sources, dict):
        data["sources"] = {
            place: source for place, source in sources.items() if place != gone and not place.startswith(f"{gone}.")
        }


def _leave_empty_countries(data: dict[str, Any]) -> None:
    """Take countries out that no site group is in."""
    countries = data.get("countries")
    for code in [*countries] if isinstance(countries, dict) else ():
        if code not in _countries_with_sites(data):
            del data["countries"][code]
            _forget_sources(data, ("countries", code))


def _countries_with_sites(data: dict[str, Any]) -> set[str]:
    groups = [data.get("site_defaults"), *data.get("sites", {}).values()]
    return {group["country"] for group in groups if isinstance(group, dict) and group.get("country")}


def with_part(draft: Draft, path: Path, name: str) -> tuple[Draft, Path]:
    """The draft with one more part: a key that the schema knows, or a name of the planner's own.

    A country that no site group is in gets a group of its own.

    Args:
        draft: the draft before.
        path: where it is added.
        name: the key, or what the planner calls the part.

    Returns:
        The draft, and the path of the part.

    Raises:
        InputError: no part may have this name, or one has it already.
    """
    node = schema_at(path, draft.data)
    form = form_of(node or {}, draft.at(path))
    if form.kind != PARTS:
        raise InputError(Problem("nothing can be added here", path=".".join(path)))
    key, part = (name, form.parts[name]) if name in form.parts else (_named(name, form.pattern), form.free)
    place = (*path, key)
    _check_name(draft, path, "" if part is None else key, name, form.pattern)
    assert part is not None
    value = preset(place, name, draft.data)
    draft = with_value(draft, place, example(part, draft.data) if value is None else value)
    if path == ("countries",) and key not in _countries_with_sites(draft.data):
        group = {**preset(("sites", key), name_of(key) or name, draft.data), "country": key}
        draft = with_value(draft, ("sites", key_of(name_of(key) or name)), group)
    return draft, place


def renamed(draft: Draft, path: Path, name: str) -> tuple[Draft, Path]:
    """The draft in which a part of the planner's own has another name, wherever it is named.

    Args:
        draft: the draft before.
        path: the part.
        name: what the planner calls it now.

    Returns:
        The draft, and the path of the part.

    Raises:
        InputError: no part may have this name, or another has it already.
    """
    *above, old = path
    pattern = form_of(schema_at(tuple(above), draft.data) or {}, draft.at(tuple(above))).pattern
    key, place = _named(name, pattern), tuple(above)
    if key == old:
        return draft, path
    _check_name(draft, place, key, name, pattern)
    data = _with_name(copy.deepcopy(draft.data), (), draft.data, (place, old, key))
    sources, before, after = data.get("sources"), ".".join(path), ".".join((*above, key))
    if isinstance(sources, dict):
        data["sources"] = {
            after + found[len(before) :] if found == before or found.startswith(f"{before}.") else found: source
            for found, source in sources.items()
        }
    changed = Draft(data, draft.comments)
    part = changed.at((*place, key))
    if isinstance(part, dict) and key_of(str(part.get("label") or "")) == key_of(old):
        part["label"] = capitalised(words(name.strip()[:_LONGEST_NAME]))  # it said what the part was called
    return changed, (*place, key)


def _with_name(value: Any, here: Path, whole: Any, change: tuple[Path, str, str]) -> Any:
    """A part of the scenario with another name: of keys, and of what refers to them."""
    place, old, new = change
    if not isinstance(value, dict):
        return value
    own = here == place or (place == ("arms",) and here and old in _own_keys(here, whole))
    found = {}
    for key, part in value.items():
        if here or key not in ("sources", "bibliography"):
            refers = place in REFERENCES.get(key, ()) or (key, place) == ("country", ("countries",))
            part = _other_name(part, old, new) if refers else _with_name(part, (*here, key), whole, change)
        found[new if own and key == old else key] = part
    return found


def _other_name(value: Any, old: str, new: str) -> Any:
    if isinstance(value, (list, tuple)):
        return [new if item == old else item for item in value]
    return new if value == old else value


def _own_keys(here: Path, whole: Any) -> set[str]:
    """Keys at a place that are names of the planner's own."""
    value = Draft(whole).at(here)
    form = form_of(schema_at(here, whole) or {}, value)
    return {key for key in value or () if key not in form.parts} if form.kind == PARTS else set()


def _check_name(draft: Draft, path: Path, key: str, name: str, pattern: str) -> None:
    if not re.search(pattern or ".", key) or not key:
        raise InputError(Problem("must be a name of letters and digits that begins with a letter", value=name[:40]))
    if key.lower() in {str(known).lower() for known in draft.at(path) or {}}:
        raise InputError(Problem("there is one with this name already", path=".".join((*path, key))))


def _named(name: str, pattern: str) -> str:
    """A planner's name as a key, with its capitals: `Women in Denmark` is `Women_in_Denmark`."""
    name = name.strip()[:_LONGEST_NAME]
    is_key = re.search(pattern, name) and "/" not in name and " " not in name
    return name if is_key else key_of(name, keeps_case=True)


def with_form(draft: Draft, path: Path, name: str) -> Draft:
    """The draft in which a value has another form, such as a distribution instead of one number.

    Args:
        draft: the draft before.
        path: place of the value.
        name: name of the form, as in `shapes.forms`; an unknown one changes nothing.

    Returns:
        The draft. A number or a distribution has the middle of the value before.
    """
    node = schema_at(path, draft.data)
    form = next((form for form in forms(node or {}) if form.name == name), None)
    before = draft.at(path)
    if node is None or form is None or form_of(node, before).name == name:
        return draft
    return with_value(draft, path, example(node, draft.data, form, before))


def _own(data: dict[str, Any], path: Path) -> None:
    """Write down that a value is the planner's own, unless that is said of what it stands in."""
    sources = data.get("sources")
    if path[0] in _UNSOURCED or not isinstance(sources, dict):
        return
    places = [".".join(path[:n]) for n in range(len(path), 0, -1)]
    said = next((sources[place] for place in places if place in sources), None)
    if isinstance(said, dict) and said.get("source") == OWN:
        return
    place = next((place for place in places if "/" not in place), places[-1])
    sources[place] = {"grade": "D", "source": OWN}
