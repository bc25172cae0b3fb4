"""The studio as a server: Flask's own for one person, waitress for many, and endpoints for its health.

`/health` and `/version` are for those who run it, `/go/<code>` for addresses typed from paper, and `/left` for
browsers.
"""

from __future__ import annotations

import logging
import secrets
import signal
import sys
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, redirect, request

from sim.experiment.identity import program_fingerprint
from sim.scenario.json_schema import scenario_schema
from sim.version import __version__
from sim.web.connections import make_server as make_server_for_many
from sim.web.door import may_send
from sim.web.visitors import is_tab

if TYPE_CHECKING:
    from dash import Dash

    from sim.web.studio import Studio


def add_endpoints(server: Flask, studio: Studio) -> None:
    """Add `/health`, `/version`, the schema for the editor, and the endpoint at which browsers report that a page
    was left.

    Args:
        server: the Flask server.
        studio: the studio.
    """
    started = secrets.token_hex(4)  # by which a page knows that the server was started again

    @server.get("/health")
    def health() -> Response:
        """Whether the server answers, how many jobs run, and a word that changes with each start."""
        return jsonify(status="ok", jobs=studio.jobs.n, server=started)

    @server.get("/version")
    def version() -> Response:
        """The version, and a fingerprint of the program's code."""
        return jsonify(version=__version__, program=program_fingerprint())

    @server.get("/scenario.schema.json")
    def schema() -> Response:
        """The JSON Schema of scenario files, for the editor's completion."""
        return jsonify(scenario_schema())

    @server.get("/go/<code>")
    def go(code: str) -> Any:
        """An address that was typed from paper."""
        address = studio.visitors.address(code)
        if address is None:
            return Response("There is no page at this address; check the address.\n", 404, mimetype="text/plain")
        return redirect(address, 303)

    @server.post("/left")
    def left() -> tuple[str, int]:
        """A browser says that a tab has left its page: its jobs end."""
        tab = request.get_data(as_text=True)[:64]
        if is_tab(tab):
            studio.jobs.end_of_tab(tab)
        return "", 204


def serve(app: Dash, studio: Studio, *, production: bool) -> None:
    """Answer requests until interrupted.

    Args:
        app: the app.
        studio: the studio, which is closed at the end.
        production: whether waitress serves, rather than Flask's server for development; off loopback it always does.
    """
    settings = studio.settings
    signal.signal(signal.SIGTERM, _end)
    studio.open()
    try:
        if production or not settings.is_loopback:
            studio.prepare()
            largest = settings.limits.upload_bytes
            make_server_for_many(app.server, settings.host, settings.port, may_send(settings), largest).run()
        else:
            logging.getLogger("werkzeug").setLevel(logging.WARNING)
            from werkzeug.serving import make_server

            make_server(settings.host, settings.port, app.server, threaded=True).serve_forever()
    finally:
        studio.close()


def _end(*_: Any) -> None:
    sys.exit(0)
