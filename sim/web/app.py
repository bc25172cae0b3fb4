"""The studio as a Dash app. All parts are wired together here, and only here.

Pages and parts are given the Dash app and a `Studio`, and never import this module; so each can be tested with an app
of its own.
"""

from __future__ import annotations

import signal
import threading
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import dash

from sim.experiment.execution import no_progress
from sim.experiment.workers import end_with_parent
from sim.web import safety, server, shell
from sim.web.pages import PAGES, WITH_EXAMPLES
from sim.web.pages.lessons import answers as lessons
from sim.web.parts import answer_files
from sim.web.parts.line_ends import UnbrokenDash
from sim.web.parts.notices import callback_failed
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.studio import Studio
from sim.web.work.jobs import Jobs
from sim.web.work.local_runner import LocalRunner
from sim.web.work.process import lanes

# Dash asks for this part of its components when the first figure appears. If the connection fails just then, the whole
# page breaks, so it comes with the page.
_FIGURES = "/_dash-component-suites/dash/dcc/async-graph.js"
_INDEX = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
    </head>
    <body>
        <noscript>The studio needs JavaScript. Everything that it does can be done on the command line too.</noscript>
        {%app_entry%}
        <footer>
            {%config%}
            {%scripts%}
            {%renderer%}
        </footer>
    </body>
</html>"""


def create_app(settings: Settings | None = None) -> tuple[dash.Dash, Studio]:
    """Wire a studio together: jobs, store of visitors' files, safety, endpoints, pages.

    Args:
        settings: address, folders, limits; default: for one person on this machine.

    Returns:
        The app, whose `server` is a Flask app, and the studio, which the caller opens before the first request and
        closes at the end.
    """
    settings = settings or Settings()
    studio = Studio(settings, make_jobs(settings), _prepare)
    app = UnbrokenDash(
        "trialclock",
        title="trialclock studio",
        assets_folder=str(Path(__file__).parent / "assets"),
        index_string=_INDEX,
        background_callback_manager=studio.manager,
        suppress_callback_exceptions=True,
        serve_locally=True,
        update_title="",
        external_scripts=[_FIGURES],
        on_error=callback_failed,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    safety.protect(app, settings)
    server.add_endpoints(app.server, studio)
    answer_files.register(app.server, studio)
    pages: list[Any] = [import_module(f"sim.web.pages.{name}") for name in PAGES]
    app.layout = shell.shell(pages)
    shell.register(app, studio, pages)
    for page in pages:
        page.register(app, studio)
    return app, studio


def make_jobs(settings: Settings) -> Jobs:
    """The jobs of a studio, run by its own processes, or by Celery workers if the settings name a Redis server.

    Args:
        settings: settings of the studio.

    Returns:
        Jobs with their runner; nothing runs yet.
    """
    if settings.redis:
        jobs = Jobs(settings.limits)
        from sim.web.work.celery_runner import CeleryRunner  # needs what only the extra "group" installs

        jobs.runner = CeleryRunner(jobs, settings)
    else:
        jobs = Jobs(
            settings.limits, lambda job: sum(lane.waited_seconds(int(job)) for lane in lanes(settings).values())
        )
        jobs.runner = LocalRunner(jobs, settings, _work)
    return jobs


def _prepare(settings: Settings) -> None:
    """Simulate every lesson, and the examples with which pages open, so that nobody waits for them."""
    lessons.prepare(settings.kept)
    studio, folder = studio_of(settings), settings.kept / "examples" / "parts"
    for name in WITH_EXAMPLES:
        import_module(f"sim.web.pages.{name}").example(studio, State(), folder, no_progress)


def _work(settings: Settings, name: str, asked: tuple[Any, ...]) -> None:
    """What the process of a job does.

    Args:
        settings: settings of the studio that started the job.
        name: name of the callback function in that studio.
        asked: the arguments with which Dash calls it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    manager: Any = studio_of(settings).manager
    manager.func_registry[name](*asked)


@lru_cache(maxsize=1)
def studio_of(settings: Settings) -> Studio:
    """The studio whose jobs this process, or processes forked from it, work on; made at the first call and kept.

    Args:
        settings: settings of the studio that started this process.
    """
    _, studio = create_app(settings)
    manager: Any = studio.manager
    manager.handle.close()  # opened again by each process: SQLite's connections must not be forked
    return studio
