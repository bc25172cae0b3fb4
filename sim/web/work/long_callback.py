"""Callbacks that take longer than a moment, each run as a job.

A Cancel button is enabled once its page knows the job, and a refusal shows the words of the error.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, TrialclockError
from sim.web.visitors import DISK_FULL, is_full
from sim.web.work.jobs import MESSAGE
from sim.web.work.process import LONG, QUICK, as_job, queue_told
from sim.web.work.runner import AT_FIRST

if TYPE_CHECKING:
    from dash import Dash

    from sim.web.studio import Studio

_POLL_MS = 300


def long_callback(
    app: Dash,
    studio: Studio,
    *dependencies: Any,
    progress: Sequence[Any] | Any = None,
    progress_default: Any = None,
    running: Sequence[Any] | None = None,
    cancel: Sequence[Any] | None = None,
    is_long: bool = False,
    **options: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for callbacks that take longer than a moment: like `app.callback`, but run as a job.

    The function runs in another process, at a lower priority. It may raise `InputError`, whose problems are then shown
    as a notice; it is better to catch them and show them at the control that caused them.

    Args:
        app: the app.
        studio: the studio.
        dependencies: outputs, inputs and states, as for `app.callback`.
        progress: outputs that the function may set while it runs, through its first argument `set_progress`.
        progress_default: their values while it does not run.
        running: as for `app.callback`: outputs with their values while it runs and afterwards.
        cancel: inputs that end the job.
        is_long: whether it is long from the start; others may declare it after a first answer.
        options: further arguments of `app.callback`. It is not called when the page opens, unless they say so.
    """
    running, at_first = _cancel_once_known(running or (), cancel or ())
    given = {"progress": progress, "progress_default": progress_default, "running": running, "cancel": cancel}
    given = {name: value for name, value in given.items() if value}
    options.setdefault("prevent_initial_call", True)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def in_job(*args: Any, **kwargs: Any) -> Any:
            tell = queue_told(progress)(args[0]) if progress is not None else _silent
            with as_job(studio.settings, studio.visitor.folder.name, LONG if is_long else QUICK, tell):
                return _answered(function, args, kwargs)

        vars(in_job)[AT_FIRST] = at_first

        # the basis of a job's key must differ between functions
        decorated: Callable[..., Any] = app.callback(
            *dependencies, background=True, manager=studio.manager, interval=_POLL_MS, **given, **options
        )(in_job)
        return decorated

    return decorate


def _cancel_once_known(
    running: Sequence[Any], cancel: Sequence[Any]
) -> tuple[list[tuple[Any, Any, Any]], dict[str, dict[str, Any]]]:
    """Enable Cancel buttons once the page knows the job's name; before that, Dash would end nothing.

    Returns:
        Outputs set while the job runs and afterwards, and the first update for the page once it knows the job.
    """
    buttons = {found.component_id for found in cancel}
    meanwhile, at_first = [], {}
    for output, on, off in running:
        if output.component_id in buttons:
            at_first[str(output.component_id)] = {output.component_property: on}
            on = off
        meanwhile.append((output, on, off))
    return meanwhile, at_first


def _silent(_: str) -> None:
    """Ignore queue messages, for a page without text beside its bar."""


def _answered(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return function(*args, **kwargs)
    except InputError as error:
        raise RuntimeError(f"{MESSAGE}{error}") from None
    except OSError as error:
        if not is_full(error):
            raise
        raise RuntimeError(f"{MESSAGE}{DISK_FULL}") from None
    except TrialclockError as error:
        raise RuntimeError(f"{MESSAGE}{error}") from error
