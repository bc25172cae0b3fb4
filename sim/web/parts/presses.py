"""Forms that are drawn again by the answer to a press, with nothing lost on the way: the server's side of
`assets/presses.js`, which says how.

A form NAME calls `stores(NAME)` in its layout and `register(app, NAME, ...)`. Its own callback has the inputs
`given(NAME)`, of which `unanswered` makes the presses, and returns `answer(...)` to `told(NAME)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, dcc
from dash import State as DashState

if TYPE_CHECKING:
    from collections.abc import Sequence

Press = dict[str, Any]  # `id`, `value`, `n`; `beside`: what is to be added; `values`: those of other controls before it


def stores(name: str) -> list[dcc.Store]:
    """What the page keeps of a form's presses and answers."""
    return [dcc.Store(id=f"{name}-{what}") for what in ("pressed", "told", "done")]


def told(name: str) -> Output:
    """Where the answer of a form goes."""
    return Output(f"{name}-told", "data")


def given(name: str) -> tuple[Input, DashState]:
    """What a form's callback gets: the presses, and the number of the last that has its answer."""
    return Input(f"{name}-pressed", "data"), DashState(f"{name}-done", "data")


def register(app: Dash, name: str, inputs: Sequence[Input], now: DashState, values: Sequence[DashState] = ()) -> None:
    """Add the callbacks that collect presses and apply answers.

    Args:
        app: the app.
        name: name of the form.
        inputs: its buttons, and choices that change it.
        now: what the form is drawn from; an answer names it as `before`.
        values: values that a press of a button outside the form comes after.
    """
    app.clientside_callback(
        ClientsideFunction("presses", "pressed"),
        Output(f"{name}-pressed", "data"),
        *inputs,
        *values,
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("presses", "told"),
        Output(f"{name}-done", "data"),
        Input(f"{name}-told", "data"),
        now,
        prevent_initial_call=True,
    )


def unanswered(pressed: Sequence[Press] | None, done: int | None) -> list[Press]:
    """Presses without an answer, in their order."""
    return [press for press in pressed or () if press["n"] > (done or 0)]


def answer(
    presses: Sequence[Press],
    done: int | None,
    before: str,
    says: Sequence[tuple[Any, dict[str, Any]]],
    form: dict[str, Any] | None = None,
    focus: str = "",
    renamed: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """An answer to presses and values.

    Args:
        presses: the presses that it answers.
        done: number of the last press before them.
        before: what the form was drawn from.
        says: components outside the form, and what each is to say.
        form: properties of the form's element where it is drawn again.
        focus: place at which the keyboard goes on, unless somebody works elsewhere by then.
        renamed: places of the form, before and after.
    """
    return {
        "n": max((press["n"] for press in presses), default=done or 0),
        "before": before,
        "says": list(says),
        "form": form,
        "focus": focus,
        "renamed": list(renamed),
    }
