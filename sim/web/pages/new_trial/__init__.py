"""The page New trial: from a template or a record to a trial of one's own, with a control for all that can be said.

The trial is a file that the studio keeps by its hash, named by `?file=`; every change makes a new one, so that Back
undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.web.pages.new_trial import moves, start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash import Dash
    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/new", "New trial"


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """Where a trial begins, or if the query names one, its controls."""
    if not any(query.get(name) for name in ("file", "scenario", "set")):
        return start.page(studio)
    return moves.page(studio, query)


def register(app: Dash, studio: Studio) -> None:
    """Callbacks, and the address of the file."""
    start.register(app, studio)
    moves.register(app, studio)
