"""The work bar of a page: the button that starts long work, its progress, and the button that cancels it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, Output, dcc, html, set_props

from sim.web.work.process import go_on_as_long

if TYPE_CHECKING:
    from collections.abc import Callable

    from dash.development.base_component import Component

_AT_ONCE_MS = 1


def asking(page: str, label: str, *, at_once: bool = False, others: tuple[Component, ...] = ()) -> Component:
    """Button, progress and cancel; the answer appears below.

    Args:
        page: name of the page, which begins the ids.
        label: text of the button.
        at_once: whether the work starts when the page opens, because its address contains a question.
        others: more controls, before the button.
    """
    return html.Div(
        [
            html.Div(
                [
                    *others,
                    dmc.Button(label, id=f"{page}-run", size="md"),
                    dmc.Button("Cancel", id=f"{page}-cancel", variant="default", size="md", disabled=True),
                ],
                className="asking",
            ),
            html.Div(
                [
                    html.Progress(id=f"{page}-bar", value="0", max="1", **{"aria-label": "How far it has come"}),
                    html.Span(id=f"{page}-said", className="said", role="status"),
                ],
                id=f"{page}-progress",
                hidden=True,
            ),
            dcc.Interval(id=f"{page}-at-once", interval=_AT_ONCE_MS, max_intervals=1, disabled=not at_once),
        ]
    )


def answer_area(page: str) -> Component:
    """The area for the answer."""
    return html.Div(id=f"{page}-answer", className="answer-area", **{"aria-live": "off"})


def asked_by(page: str) -> tuple[Input, Input]:
    """Inputs that start the work: the button, or opening the page."""
    return Input(f"{page}-run", "n_clicks"), Input(f"{page}-at-once", "n_intervals")


def meanwhile(page: str) -> dict[str, Any]:
    """Arguments of a long callback that show its work on this page: see `jobs.long_callback`.

    Its progress is the bar's value, its maximum, and the text beside it.
    """
    return {
        "progress": [
            Output(f"{page}-bar", "value"),
            Output(f"{page}-bar", "max"),
            Output(f"{page}-said", "children"),
        ],
        "running": [
            (Output(f"{page}-run", "disabled"), True, False),
            (Output(f"{page}-cancel", "disabled"), False, True),
            (Output(f"{page}-progress", "hidden"), False, True),
        ],
        "cancel": [Input(f"{page}-cancel", "n_clicks")],
    }


class Progress:
    """Shows on a page how far its work has come.

    Args:
        page: name of the page.
        set_progress: the function that Dash gives to a long callback.
        what: what is counted.
    """

    def __init__(self, page: str, set_progress: Callable[[Any], None], what: str = "simulated trials") -> None:
        self._page, self._set, self._what = page, set_progress, what
        self._before = ""

    def __call__(self, done: int, total: int) -> None:
        """Show the progress."""
        self._set((str(done), str(max(total, 1)), f"{self._before}{done:,} of {total:,} {self._what}"))

    def first(self, answer: Component) -> None:
        """Show an answer before a better one. The work that follows is long, and waits for its turn."""
        set_props(f"{self._page}-answer", {"children": answer})
        go_on_as_long()
        self._before = "A first answer is below. For the better one: "
