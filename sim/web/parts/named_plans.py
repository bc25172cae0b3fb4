"""Plans that a visitor keeps under a name, each with a note. A name is used once: keeping another plan replaces it.

A plan is kept as its query in the visitor's folder; it has no results, which are found by the query again.

Attributes:
    LONGEST_NOTE: letters of a note after which it is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sim.errors import InputError, Problem, UsageError
from sim.plurals import one_line
from sim.web.state import LONGEST_NAME, State

if TYPE_CHECKING:
    from sim.web.visitors import Visitor

PLANS = "plans"  # the list of a visitor's plans
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Plan:
    """A plan that is kept.

    Attributes:
        name: what its planner calls it.
        note: what is to be remembered of it; may be empty.
        state: its scenario, which has the same name.
        at: when it was kept, in seconds since 1970.
    """

    name: str
    note: str
    state: State
    at: float


def keep(visitor: Visitor, query: str, name: str, note: str) -> Plan:
    """Keep a plan under a name.

    Args:
        visitor: whose plan it is.
        query: the plan as it now is, as the query of its page.
        name: its name, cut to `LONGEST_NAME` letters.
        note: a note on it, cut to `LONGEST_NOTE` letters.

    Returns:
        The plan, whose state has the name.

    Raises:
        UsageError: the name is empty.
    """
    name = one_line(name, LONGEST_NAME)
    if not name:
        raise UsageError(Problem("give the plan a name, such as “Four hospitals from March”"))
    state = replace(State.of(query), name=name)
    entry = {"name": name, "note": note.strip()[:LONGEST_NOTE], "query": state.query()}
    visitor.remember(PLANS, entry)
    return next(plan for plan in plans(visitor) if plan.name == name)


def plans(visitor: Visitor) -> list[Plan]:
    """A visitor's plans, the latest first; of a name that was used again, the last plan.

    Args:
        visitor: whose plans.
    """
    found: dict[str, Plan] = {}
    for entry in visitor.remembered(PLANS):
        name = str(entry.get("name", ""))
        found.pop(name, None)
        try:
            state = State.of(str(entry.get("query", "")))
        except InputError:  # of a scenario that no longer comes with the program
            continue
        if not entry.get("gone"):
            found[name] = Plan(name, str(entry.get("note", "")), state, float(entry.get("at", 0.0)))
    return [*found.values()][::-1]


def forget(visitor: Visitor, name: str) -> None:
    """Take a plan off the list; its runs and links stay.

    Args:
        visitor: whose plan it is.
        name: its name; an unknown one changes nothing.
    """
    visitor.remember(PLANS, {"name": name, "gone": True})
