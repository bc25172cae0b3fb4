"""What a record leaves open: the questions at the top of its file, each until the planner gave a value of their own.

Questions are comments of the file, so that a scenario that is saved and opened again still has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sim.web.pages.new_trial.draft import OWN

if TYPE_CHECKING:
    from sim.web.pages.new_trial.draft import Draft

_BEGINS = re.compile(r"^#\s+\d+\.\s+([a-z_]+(?:\.[a-z_]+)*):\s+(.*)$")
_GOES_ON = re.compile(r"^#\s{4,}(\S.*)$")


class Question(NamedTuple):
    """A question to the planner.

    Attributes:
        place: dotted path of the value that it is about.
        text: the question, and what is assumed.
        is_open: whether the assumption still stands.
    """

    place: str
    text: str
    is_open: bool


def questions_of(draft: Draft) -> list[Question]:
    """The questions of a draft, as `records.scenario_text` wrote them into its comments.

    Args:
        draft: the trial so far.

    Returns:
        Empty if the trial did not come from a record.
    """
    found: list[list[str]] = []
    for line in draft.comments:
        begun = _BEGINS.match(line)
        if begun:
            found.append([begun.group(1), begun.group(2)])
        elif found and (more := _GOES_ON.match(line)):
            found[-1][1] += f" {more.group(1)}"
        elif found:
            break
    return [Question(place, text, _is_open(draft, place)) for place, text in found]


def _is_open(draft: Draft, place: str) -> bool:
    """Whether nobody has given a value of their own there."""
    keys = place.split(".")
    there = draft.at(tuple(keys)) is not None
    sources = draft.data.get("sources") or {}
    told = [name for name in sources if name == place or name.startswith(f"{place}.")]
    own = any(isinstance(sources[name], dict) and sources[name].get("source") == OWN for name in told)
    return not own if told or there else True
