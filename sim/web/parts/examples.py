"""Answers with which pages open before anything is asked: of scenarios that come with the program, kept for everybody.

A studio for many simulates those of its first scenario at its start. Any other is simulated for the first visitor who
opens its page, and gives way at once to a question that is asked; the next ones find it there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, no_update
from dash import State as DashState
from plotly.utils import PlotlyJSONEncoder

import sim
from sim.errors import InputError
from sim.experiment.files import write_whole
from sim.experiment.program import program_fingerprint
from sim.web.parts.work_bar import Progress, example_meanwhile
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.web.studio import Studio

_MEANWHILE = "An example comes meanwhile; your own question stops it: "
_SHOWN_BY = ("report", "web")  # what of the program makes an answer's look


def kept_example(page: str, *usual: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for what makes a page's example, so that it is made once and kept for those who open the page next.

    What it decorates gets the studio, the state of the scenario (an example of a visitor's own is made each time), the
    folder for simulated parts, what is called with the number of trials done and in all, and what else was asked. It
    gives a component, or data with components in it.

    Args:
        page: name of the page.
        usual: what else is asked where a call does not say.
    """

    def decorate(make: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(make)
        def example(studio: Studio, state: State, folder: Path, tell: Callable[[int, int], None], *asked: str) -> Any:
            asked = asked or usual
            return _once(studio, state, lambda: make(studio, state, folder, tell, *asked), page, *asked)

        return example

    return decorate


def register_example(app: Dash, studio: Studio, page: str, example: Callable[..., Any], *also: DashState) -> None:
    """Add the callbacks of a page's example. A question that is asked ends it, and is never overwritten by it.

    Args:
        app: the app.
        studio: the studio.
        page: name of the page, whose parts are those of `work_bar.example_area`, and whose scenario is in `<page>-of`.
        example: makes it, as `kept_example` has decorated it.
        also: what else of the page it depends on.
    """

    @long_callback(
        app,
        studio,
        Output(f"{page}-example-made", "data"),
        Input(f"{page}-example-begins", "n_intervals"),
        DashState(f"{page}-of", "data"),
        *also,
        **example_meanwhile(page),
    )
    def made(set_progress: Any, _: Any, of: str, *asked: str) -> Any:
        """A job that the opening of the page starts; its answer waits in `<page>-example-made`."""
        try:
            tell = Progress(f"{page}-example", set_progress, before=_MEANWHILE)
            return example(studio, State.of(of), studio.visitor.folder, tell, *asked)
        except InputError:
            return no_update  # a question says what is wrong; nobody asked this one

    app.clientside_callback(
        "function (made, clicks) { return made && !clicks ? made : window.dash_clientside.no_update; }",
        Output(f"{page}-answer", "children", allow_duplicate=True),
        Input(f"{page}-example-made", "data"),
        DashState(f"{page}-run", "n_clicks"),
        prevent_initial_call=True,
    )


def known_example(studio: Studio, state: State, *asked: str) -> Any | None:
    """What a page shows first, if somebody has opened it before.

    Args:
        studio: the studio.
        state: the scenario.
        asked: the page, and what else decides its answer.

    Returns:
        What `kept_example` kept, as plain data; None if nobody has opened it, if the program has changed since, or for
        a visitor's own scenario.
    """
    path = _path(studio, state, asked)
    if path is None or not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None


def _once(studio: Studio, state: State, make: Callable[[], Any], *asked: str) -> Any:
    known = known_example(studio, state, *asked)
    if known is not None:
        return known
    answer, path = make(), _path(studio, state, asked)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(answer, cls=PlotlyJSONEncoder).encode())
    return answer


def _path(studio: Studio, state: State, asked: tuple[str, ...]) -> Path | None:
    """Where an example is kept; None for a scenario of a visitor's own, which is nobody else's."""
    if state.file or state.changes:
        return None
    plain = replace(state, replications=None, until="")
    told = json.dumps([plain.query(), *asked, program_fingerprint(), _look()])
    return studio.settings.kept / "examples" / f"{hashlib.sha256(told.encode()).hexdigest()}.json"


@lru_cache(maxsize=1)
def _look() -> str:
    """A hash that changes with the look of answers."""
    root = Path(sim.__file__).parent
    files = sorted(path for name in _SHOWN_BY for path in (root / name).rglob("*.py"))
    found = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(found).encode()).hexdigest()
