"""Scenarios to choose from: those that come with the program, those changed here, and past runs.

A value of the choice is a query (`State`), so that every page reads it in the same way.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim.errors import InputError
from sim.experiment.run.catalogue import FINISHED
from sim.report.key_words import changed_name
from sim.scenario.layers import library_names
from sim.scenario.load import load
from sim.scenario.provenance import differences
from sim.web.parts.named_plans import plans
from sim.web.parts.words.about import said_of
from sim.web.past_runs import past_runs
from sim.web.state import BASE, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.experiment.run.catalogue import Entry
    from sim.web.studio import Studio

RUN = "run:"  # begins the value of a past run; every other value is the query of a state


@lru_cache(maxsize=1)
def gallery() -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """The scenarios that come with the program: name of the file, name, question, and what differs from the base."""
    base = load(BASE)
    found = []
    for name in library_names():
        loaded = load(name)
        changes = tuple(f"{path}: {ours} → {theirs}" for path, ours, theirs in differences(base, loaded))
        found.append((name, loaded.scenario.name, loaded.scenario.question, changes))
    return tuple(found)


def state_value(state: State) -> str:
    """A state as the value of a choice: its query without seed and size, which have controls of their own.

    Args:
        state: the scenario.

    Returns:
        A query without its question mark, which is never empty.
    """
    plain = replace(state, seed=None, replications=None, until="")
    return plain.query().removeprefix("?") or f"scenario={state.scenario}"


def scenario_options(
    studio: Studio, state: State, chosen: Sequence[str], *, with_runs: bool = False
) -> list[dict[str, Any]]:
    """Options of a choice of scenarios, grouped by origin.

    Args:
        studio: the studio.
        state: the current scenario.
        chosen: values already chosen.
        with_runs: whether past runs are offered too.
    """
    shipped = [{"value": f"scenario={name}", "label": title} for name, title, _, _ in gallery()]
    known = {option["value"] for option in shipped}
    mine = [state_value(state), *(value for value in chosen if value and not value.startswith(RUN))]
    edited = [{"value": value, "label": _label(studio, value)} for value in dict.fromkeys(mine) if value not in known]
    named = [{"value": state_value(plan.state), "label": plan.name} for plan in plans(studio.visitor)]
    kept = {option["value"] for option in named}
    groups = [
        ("Your plans", named),
        ("Changed here", [option for option in edited if option["value"] not in kept]),
        ("Come with the program", shipped),
    ]
    if with_runs:
        groups.append(("Past runs", _runs(studio)))
    return [{"group": name, "items": items} for name, items in groups if items]


def _runs(studio: Studio) -> list[dict[str, str]]:
    """Past runs; those with equal names also show the name of their folder."""
    found = [entry for entry in past_runs(studio) if entry.status == FINISHED]
    labels = [f"{_run_label(entry)}, {entry.replications:,} trials" for entry in found]
    return [
        {
            "value": f"{RUN}{entry.path.name}",
            "label": f"{label} ({entry.path.name})" if labels.count(label) > 1 else label,
        }
        for entry, label in zip(found, labels, strict=True)
    ]


def _run_label(entry: Entry) -> str:
    """A run in words where it is of a scenario that comes with the program; otherwise the scenario's name."""
    typed = shlex.split(entry.typed)
    title = next((title for name, title, _, _ in gallery() if typed[:1] == [name]), None)
    if title is None or set(typed[1::2]) - {"--set"}:
        return entry.scenario
    return changed_name(title, typed[2::2])


def _label(studio: Studio, value: str) -> str:
    try:
        state = State.of(value)
        return state.name or said_of(studio, state)
    except InputError:
        return value


def label_of(state: State, name: str) -> str:
    """Label of a scenario in figures.

    Args:
        state: the scenario.
        name: name in its file.
    """
    if state.name:
        return state.name
    return name if state.file else changed_name(name, state.changes)
