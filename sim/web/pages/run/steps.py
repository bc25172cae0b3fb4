"""From a moved lever to the next state of the page: pure functions, without Dash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from sim.analysis.precision import precision
from sim.errors import InputError, Problem, UsageError
from sim.scenario.yaml_source import shown
from sim.web.parts.levers import Control, Levers, levers, value_at, without_changes
from sim.web.state import State

if TYPE_CHECKING:
    from sim.scenario.load import Loaded
    from sim.scenario.schema import Scenario
    from sim.web.studio import Studio

UNTIL = "Stop when precise enough"  # what the control is called

_MOST_STEPS = 200
_RULES = ("database_lock.p50<14d", "last_randomised.p50<7d", "database_lock.p80<4w", "by_study_completion<3%")
_READY = 64  # states that are kept read: a move asks for the one before and the one after several times


@dataclass(frozen=True)
class Reading:
    """A state, read as far as possible.

    Attributes:
        state: the state as requested.
        loaded: the scenario with as many changes as are valid together.
        with_all: the scenario without any changes.
        wrong: problems of the other changes.
        refused: changes that are not in `loaded`, by path.
    """

    state: State
    loaded: Loaded
    with_all: Loaded
    wrong: tuple[Problem, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def errors(self) -> dict[str, str]:
        """Message for each refused change, by its path."""
        found = {path: "cannot be read together with the others" for path, _ in self.refused}
        for problem in self.wrong:
            for path, _ in self.refused:
                if problem.path and (problem.path.startswith(path) or path.startswith(problem.path)):
                    found[path] = problem.message
        if len(self.refused) == 1 and self.wrong:
            found[self.refused[0][0]] = self.wrong[0].message
        return found

    @cached_property
    def levers(self) -> Levers:
        """The levers."""
        return levers(self.loaded, self.with_all)

    @cached_property
    def controls(self) -> dict[str, Control]:
        """The levers by path."""
        return self.levers.by_path()


def read(studio: Studio, state: State) -> Reading:
    """Read a state; if it is not valid, leave out the latest changes that make it so.

    Raises:
        InputError: it is not valid even without changes.
    """
    return _read(studio, state)


@lru_cache(maxsize=_READY)
def _read(studio: Studio, state: State) -> Reading:
    with_all = studio.loaded(without_changes(state))
    try:
        return Reading(state, studio.loaded(state), with_all)
    except InputError as error:
        wrong = error.problems
    kept: list[str] = []
    refused: list[tuple[str, str]] = []
    loaded = with_all
    for change in state.changes:
        try:
            loaded = studio.loaded(State(state.scenario, state.file, (*kept, change)))
            kept.append(change)
        except InputError:
            path, _, value = change.partition("=")
            refused.append((path, value))
    return Reading(state, loaded, with_all, wrong, tuple(refused))


def wrong_rule(reading: Reading) -> str | None:
    """What is wrong with the stopping rule; None if nothing is."""
    return _wrong_rule(reading.loaded.scenario, reading.state.until) if reading.state.until else None


def rules(reading: Reading) -> list[str]:
    """Stopping rules to choose from, for this scenario."""
    return [rule for rule in _RULES if _wrong_rule(reading.loaded.scenario, rule) is None]


def check_rule(scenario: Scenario, rule: str) -> None:
    """Check a stopping rule.

    Raises:
        UsageError: it cannot be read, or names no answer of the scenario; the error names the control.
    """
    try:
        precision(rule, scenario)
    except UsageError as error:
        raise UsageError([replace(problem, file=UNTIL) for problem in error.problems]) from None


def _wrong_rule(scenario: Scenario, rule: str) -> str | None:
    try:
        check_rule(scenario, rule)
    except UsageError as error:
        return error.problems[0].message
    return None


def moved(reading: Reading, path: str, value: Any) -> State:
    """The state after a lever moved; unchanged if its value is the same.

    Args:
        reading: the state before.
        path: path of the lever.
        value: value of its control.
    """
    control = reading.controls.get(path)
    if control is None:
        return reading.state
    text = control.text(value)
    if text is None:
        return reading.state
    refused = dict(reading.refused)
    now = refused.get(path, control.text(control.value))
    if text == now:
        return reading.state
    before = value_at(reading.with_all, path)
    return reading.state.changed(path, None if text == control.text(before) and path not in refused else text)


def switched(reading: Reading, path: str, is_on: bool) -> State:
    """The state after a criterion was switched on or off, or a yes-or-no value changed."""
    if not path.startswith("screening.criteria."):
        return moved(reading, path, is_on)
    name = path.rpartition(".")[2]
    if is_on == (name in reading.loaded.scenario.screening.criteria):
        return reading.state
    state = reading.state
    if not is_on:
        for change in state.changes:  # its limits have nothing to act on
            if change.startswith(f"{path}."):
                state = state.changed(change.partition("=")[0], None)
    was_on = name in reading.with_all.scenario.screening.criteria
    return state.changed(path, None if is_on == was_on else "off")


def with_new_sites(reading: Reading, n: int, like: str, opens: str | None) -> State:
    """The state with more sites like those of a group.

    Args:
        reading: the state before.
        n: number of new sites.
        like: name of the group.
        opens: date on which they open; None for start-up like the others.
    """
    if like not in reading.loaded.scenario.sites:
        return reading.state
    if opens is None:
        return reading.state.changed(f"sites.{like}.count", str(reading.loaded.scenario.sites[like].count + n))
    group = dict(value_at(reading.loaded, f"sites.{like}"))
    label = group.get("label") or like.replace("_", " ")
    number = 1
    while (name := f"new_{like}_{number}"[:60]) in reading.loaded.scenario.sites:
        number += 1
    group |= {"count": n, "opens": opens, "label": f"New {label}"[:80]}
    return reading.state.changed(f"sites.{name}", shown(_said(group)))


def _said(value: Any) -> Any:
    """Plain data without what was left out."""
    if isinstance(value, Mapping):
        return {key: _said(item) for key, item in value.items() if item is not None}
    return value


# --- undo and redo


def undone(undo: Mapping[str, Any] | None, query: str) -> tuple[str, dict[str, Any]]:
    """The query one step back, and what can then be undone and redone."""
    past, future = _ways(undo)
    if not past:
        return query, {"past": past, "future": future, "at": query}
    return past[-1], {"past": past[:-1], "future": [query, *future], "at": past[-1]}


def redone(undo: Mapping[str, Any] | None, query: str) -> tuple[str, dict[str, Any]]:
    """The query one step forward again, and what can then be undone and redone."""
    past, future = _ways(undo)
    if not future:
        return query, {"past": past, "future": future, "at": query}
    return future[0], {"past": [*past, query], "future": future[1:], "at": future[0]}


def stepped(undo: Mapping[str, Any] | None, before: str, after: str) -> dict[str, Any]:
    """What can be undone after a step from one query to another."""
    past, future = _ways(undo)
    if before == after:
        return {"past": past, "future": future, "at": after}
    return {"past": [*past, before][-_MOST_STEPS:], "future": [], "at": after}


def _ways(undo: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    undo = undo or {}
    return list(undo.get("past") or ()), list(undo.get("future") or ())


# --- a draft that cannot be read yet goes along in the address


def with_draft(query: str, draft: str) -> str:
    """A query with the hash of an edited text that is not valid yet; without it if the hash is empty."""
    fields = parse_qs(query.removeprefix("?"), keep_blank_values=True)
    fields.pop("draft", None)
    if draft:
        fields["draft"] = [draft]
    text = urlencode([(name, value) for name, values in fields.items() for value in values])
    return f"?{text}" if text else ""


def draft_of(query: str) -> str:
    """The hash of an edited text that is not valid yet; empty without one."""
    return (parse_qs(query.removeprefix("?")).get("draft") or [""])[-1]
