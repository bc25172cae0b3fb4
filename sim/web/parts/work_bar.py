"""The work bar of a page: the button that starts long work, its progress, and the button that cancels it.

Ids are `<page>-run`, `-cancel`, `-bar`, `-said`, `-progress` and `-answer`. A page passes `asked_by` and `meanwhile` to
`long_callback`, and gives its function a `Progress`. An example has the same parts under `<page>-example`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, Output, dcc, html, set_props

from sim.web.parts.line_ends import kept_whole
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
            how_far(page),
            _once(f"{page}-at-once", is_on=at_once),
        ]
    )


def how_far(page: str) -> Component:
    """The bar and the words that say how far work has come; hidden while there is none."""
    return html.Div(
        [
            html.Progress(id=f"{page}-bar", value="0", max="1", **{"aria-label": "How far it has come"}),
            html.Span(id=f"{page}-said", className="said", role="status"),
        ],
        id=f"{page}-progress",
        hidden=True,
    )


def _once(name: str, *, is_on: bool) -> Component:
    return dcc.Interval(id=name, interval=_AT_ONCE_MS, max_intervals=1, disabled=not is_on)


def answer_area(page: str, shown: Any = None) -> Component:
    """The area for the answer, with what it shows when the page opens."""
    return html.Div(shown, id=f"{page}-answer", className="answer-area", **{"aria-live": "off"})


def example_area(page: str, shown: Any, *, is_asked: bool) -> Component:
    """The area for the answer of a page that opens with an example.

    Args:
        page: name of the page.
        shown: the example, where it is kept.
        is_asked: whether the address contains a question, so that no example is needed.
    """
    return html.Div(
        [
            dcc.Store(id=f"{page}-example-made"),
            _once(f"{page}-example-begins", is_on=shown is None and not is_asked),
            how_far(f"{page}-example"),
            answer_area(page, shown),
        ]
    )


def asked_by(page: str) -> tuple[Input, Input]:
    """Inputs that start the work: the button, or opening the page; a long callback gets two arguments for them."""
    return Input(f"{page}-run", "n_clicks"), Input(f"{page}-at-once", "n_intervals")


def example_meanwhile(page: str) -> dict[str, Any]:
    """Arguments of the long callback that makes a page's example: a question that is asked ends it."""
    return {
        "progress": _progress(f"{page}-example"),
        "running": [(Output(f"{page}-example-progress", "hidden"), False, True)],
        "cancel": [Input(f"{page}-run", "n_clicks")],
    }


def _progress(page: str) -> list[Output]:
    return [Output(f"{page}-bar", "value"), Output(f"{page}-bar", "max"), Output(f"{page}-said", "children")]


def meanwhile(page: str) -> dict[str, Any]:
    """Arguments of a long callback that show its work on this page: see `long_callback.long_callback`.

    Its progress is the bar's value, its maximum, and the text beside it.

    Args:
        page: name of the page.
    """
    return {
        "progress": _progress(page),
        "running": [
            (Output(f"{page}-run", "disabled"), True, False),
            (Output(f"{page}-cancel", "disabled"), False, True),
            (Output(f"{page}-progress", "hidden"), False, True),
        ],
        "cancel": [Input(f"{page}-cancel", "n_clicks")],
    }


class Progress:
    """Shows on a page how far its work has come. It is called with the number done and in all, as `Execution.progress`.

    Args:
        page: name of the page.
        set_progress: the function that Dash gives to a long callback.
        what: what is counted.
        before: what is said before the numbers.
    """

    def __init__(
        self, page: str, set_progress: Callable[[Any], None], what: str = "simulated trials", before: str = ""
    ) -> None:
        self._page, self._set, self._what, self._before = page, set_progress, what, before

    def __call__(self, done: int, total: int) -> None:
        """Show the progress."""
        self._set((str(done), str(max(total, 1)), f"{self._before}{done:,} of {total:,} {self._what}"))

    def first(self, answer: Component) -> None:
        """Show an answer before a better one. The work that follows is long, and waits for its turn.

        Args:
            answer: what goes to `<page>-answer`.
        """
        set_props(f"{self._page}-answer", {"children": kept_whole(answer)})
        go_on_as_long()
        self._before = "A first answer is below. For the better one: "
