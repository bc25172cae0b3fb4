"""The part of a page that starts long work: a button, how far it has come, and a button that ends it."""

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
    """Button, progress and cancel; what comes of it is put below.

    Args:
        page: name of the page, which begins the ids.
        label: on the button.
        at_once: whether it is asked when the page is opened, because its address says that it was before.
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
    """Where the answer is put."""
    return html.Div(id=f"{page}-answer", className="answer-area", **{"aria-live": "off"})


def asked_by(page: str) -> tuple[Input, Input]:
    """What starts the work: the button, or the page as it is opened."""
    return Input(f"{page}-run", "n_clicks"), Input(f"{page}-at-once", "n_intervals")


def meanwhile(page: str) -> dict[str, Any]:
    """What a long callback of this page says of itself: see `jobs.long_callback`.

    Its progress is the bar's value, what it reaches to, and what is said beside it.
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
    """Tells a page how far its work has come.

    Args:
        page: name of the page.
        set_progress: as a long callback is given it.
        what: what is counted.
    """

    def __init__(self, page: str, set_progress: Callable[[Any], None], what: str = "simulated trials") -> None:
        self._page, self._set, self._what = page, set_progress, what
        self._before = ""

    def __call__(self, done: int, total: int) -> None:
        """Tell it."""
        self._set((str(done), str(max(total, 1)), f"{self._before}{done:,} of {total:,} {self._what}"))

    def first(self, answer: Component) -> None:
        """Show an answer that a better one will follow. What follows takes long, and waits for its turn."""
        set_props(f"{self._page}-answer", {"children": answer})
        go_on_as_long()
        self._before = "A first answer is below. For the better one: "
