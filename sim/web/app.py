"""The studio as a Dash app: everything wired together."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import dash

from sim.web import safety, server, shell
from sim.web.pages import PAGES
from sim.web.settings import Settings
from sim.web.studio import Studio

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
    """Wire a studio together.

    Args:
        settings: how it is set up; default: for one person on this machine.

    Returns:
        The app, whose `server` is a Flask app, and the studio, to be closed at the end.
    """
    settings = settings or Settings()
    studio = Studio(settings)
    app = dash.Dash(
        "trialclock",
        title="trialclock studio",
        assets_folder=str(Path(__file__).parent / "assets"),
        index_string=_INDEX,
        background_callback_manager=studio.manager,
        suppress_callback_exceptions=True,
        serve_locally=True,
        update_title="",
        on_error=safety.callback_failed,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    safety.protect(app, settings)
    server.add_endpoints(app.server, studio)
    pages: list[Any] = [import_module(f"sim.web.pages.{name}") for name in PAGES]
    app.layout = shell.shell(pages)
    shell.register(app, studio, pages)
    for page in pages:
        page.register(app, studio)
    return app, studio
