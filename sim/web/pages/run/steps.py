"""From a moved lever to the next state of the page: pure functions, without Dash.

The page's address is its state, and each move makes a new one; what the browser and Dash do with it is in `moves`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from sim.analysis.precision import precision
from sim.errors import InputError, Problem, UsageError
from sim.scenario.yaml_source import shown
from sim.web.parts.levers import Control, Levers, levers, new_sites_group, value_at, without_changes
from sim.web.state import State

if TYPE_CHECKING:
    from sim.scenario.load import Loaded
    from sim.scenario.schema import Scenario
    from sim.web.studio import Studio

UNTIL = "Stop when precise enough"  # what the control is called

_RULES = ("database_lock.p50<14d", "last_randomised.p50<7d", "database_lock.p80<4w", "by_study_completion<3%")
_READY = 64  # states that are kept read: a move asks for the one before and the one after several times


@dataclass(frozen=True)
class Reading:
    """A state, read as far as possible.

    Attributes:
        state: the state as requested.
        loaded: the scenario with as many changes as are valid together.
        with_all: the scenario without any changes.
        wrong: problems of the state as requested; empty if it is valid.
        refused: (path, value) of the changes that are not in `loaded`.
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
    """Read a state; if it is not valid, take its changes in their order and leave out each that does not fit those
    before.

    Args:
        studio: the studio, which has the scenarios and limits.
        state: the state; readings of the last ones are kept.

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

    Args:
        scenario: the scenario.
        rule: the rule, such as `database_lock.p50<14d`.

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
    """The state after a lever moved; unchanged if its value is the same, or is nothing that the lever may say.

    Args:
        reading: the state before.
        path: path of the lever.
        value: value of its control.

    Returns:
        A value that is that of the scenario without changes is no change any more.
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
    """The state after a criterion was switched on or off, or a yes-or-no value changed.

    Args:
        reading: the state before.
        path: path of the criterion, or of a lever that is a switch.
        is_on: the new position. Switching a criterion off takes back the changes of its limits.
    """
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
    name, group = new_sites_group(reading.loaded, n, like, opens)
    return reading.state.changed(f"sites.{name}", shown(group))


# --- a draft that cannot be read yet is kept in the address


def with_draft(query: str, draft: str) -> str:
    """A query with the hash of an edited text that is not valid yet; without it if the hash is empty.

    Args:
        query: a query, with or without its question mark.
        draft: the hash.
    """
    fields = parse_qs(query.removeprefix("?"), keep_blank_values=True)
    fields.pop("draft", None)
    if draft:
        fields["draft"] = [draft]
    text = urlencode([(name, value) for name, values in fields.items() for value in values])
    return f"?{text}" if text else ""


def draft_of(query: str) -> str:
    """The hash of an edited text that is not valid yet; empty without one."""
    return (parse_qs(query.removeprefix("?")).get("draft") or [""])[-1]
