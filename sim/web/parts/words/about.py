"""Which scenario a page is about, in words.

Pages that ask about a scenario from another page say which, because the address alone tells nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from sim.errors import InputError
from sim.web.parts.levers import without_changes
from sim.web.parts.words.changes import change_sentences
from sim.web.state import State

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.web.studio import Studio


def said_of(studio: Studio, state: State) -> str:
    """A scenario in words: its name, and each change as a sentence.

    Args:
        studio: the studio.
        state: the scenario with its changes.

    Raises:
        InputError: the scenario is not kept here.
    """
    before = studio.loaded(without_changes(state))
    return "; ".join([before.scenario.name, *change_sentences(before, state.changes)])


def said_of_query(studio: Studio, query: str, otherwise: str) -> str:
    """The scenario of a query in words; another text where it is no longer kept."""
    try:
        return said_of(studio, State.of(query))
    except InputError:
        return otherwise


def about(studio: Studio, state: State) -> Component:
    """The line above a question: which scenario it is about."""
    return html.P([html.Strong("Scenario: "), said_of(studio, state)], className="about")
