"""Security of a studio: which requests are answered, what a browser may run, and what errors reveal.

Visitors share a server, and links, names and files of theirs are shown to others. So a browser runs only the studio's
own scripts, an answer goes only to a host name that the studio knows, and an error tells a reference instead of a
traceback.
"""

from __future__ import annotations

import logging
import secrets
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from dash.exceptions import DependencyException
from flask import Response, current_app, g, redirect, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from sim.web import visitors
from sim.web.door import TOKEN_COOKIE, Door, asked_for_token, without_token
from sim.web.settings import LOOPBACK, Settings, is_loopback
from sim.web.visitors import DISK_FULL, is_full

if TYPE_CHECKING:
    from collections.abc import Callable

    from dash import Dash

_LOG = logging.getLogger(__name__)
_OPEN_TO_ALL = ("/health",)
_YEAR = 365 * 24 * 3600
_UNIVERSAL = ("0.0.0.0", "::", "")  # addresses that stand for all of a machine
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(app: Dash, settings: Settings) -> None:
    """Apply the studio's security rules to requests and responses.

    Args:
        app: the app, before its first request.
        settings: settings of the studio.
    """
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = settings.limits.upload_bytes
    door = Door(settings) if settings.token else None
    server.before_request(lambda: _refusal(settings, door))
    server.after_request(_with_policy(app))
    server.register_error_handler(Exception, _failed)


def _refusal(settings: Settings, door: Door | None) -> Any:
    """The refusal of a request, if it is refused; otherwise identify the visitor."""
    if not _is_for_us(request.host, settings):
        return _plain("This address is not one of this studio's. Start it with --host-name to allow another.", 421)
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null" and urlsplit(origin).netloc != request.host:
        return _plain("A page of another site may not use this studio.", 403)
    if door is not None and request.path not in _OPEN_TO_ALL and not door.knows(request.cookies.get(TOKEN_COOKIE)):
        return asked_for_token(door)
    if request.method == "GET" and "token" in request.args:
        return redirect(without_token(), 303)  # let in already: it need not stand in the address
    cookie = request.cookies.get(visitors.COOKIE)
    g.visitor = cookie if visitors.is_name(cookie) else visitors.new_name()
    g.is_new_visitor = g.visitor != cookie
    return None


def _is_for_us(host: str, settings: Settings) -> bool:
    """Whether a request names this studio; a page whose name was redirected here (DNS rebinding) does not."""
    name = (urlsplit(f"//{host}").hostname or "").lower()
    if is_loopback(name) or name in (settings.host, *settings.hosts):
        return True
    return settings.host in _UNIVERSAL and not settings.hosts


def _with_policy(app: Dash) -> Callable[[Response], Response]:
    policy: list[str] = []

    def add(response: Response) -> Response:
        if not policy:  # when all scripts of the app are known
            scripts = " ".join(["'self'", *(f"'{found.strip(chr(39))}'" for found in app.csp_hashes())])
            policy.append(
                f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
                "blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
                "form-action 'self'; frame-ancestors 'none'"
            )
        response.headers.setdefault("Content-Security-Policy", policy[0])  # a report of a run has one of its own
        response.headers.update(_HEADERS)
        response.headers.setdefault("X-Frame-Options", "DENY")  # what may stand in a frame of ours says so
        if g.get("is_new_visitor") and response.mimetype == "text/html":
            response.set_cookie(visitors.COOKIE, g.visitor, max_age=_YEAR, httponly=True, samesite="Lax")
        return response

    return add


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")


def _failed(error: Exception) -> Any:
    """An error outside a callback."""
    if isinstance(error, RequestEntityTooLarge):
        most = current_app.config["MAX_CONTENT_LENGTH"]
        return _plain(f"This is larger than an upload may be ({most:,} bytes).", 413)
    if isinstance(error, DependencyException):  # no script, style or picture has this address
        return _plain("404 Not Found", 404)
    if is_full(error):
        return _plain(f"This cannot be done: {DISK_FULL}.", 507)
    if isinstance(error, HTTPException):
        return _plain(f"{error.code} {error.name}", error.code or 500)
    return _plain(f"Something went wrong in the studio (reference {noted(error)}).", 500)


def noted(error: BaseException) -> str:
    """Log an error with its traceback, on the server's side.

    Args:
        error: the error.

    Returns:
        A reference to find it in the log, for the message to the visitor.
    """
    reference = secrets.token_hex(4)
    _LOG.error("reference %s", reference, exc_info=error)
    return reference


def addresses(settings: Settings) -> list[str]:
    """Addresses to type into a browser: first for others, if they can reach it, then for this machine.

    Args:
        settings: settings of the studio; the token is in each address.
    """
    hosts = [settings.host]
    if settings.host in _UNIVERSAL:
        hosts = [*settings.hosts[:1], LOOPBACK] if settings.hosts else [_own_address(), LOOPBACK]
    token = f"?{urlencode({'token': settings.token})}" if settings.token else ""
    shown = [f"[{host}]" if ":" in host else host for host in dict.fromkeys(hosts)]
    return [f"http://{host}:{settings.port}/{token}" for host in shown]


def _own_address() -> str:
    """The address at which others reach this machine, or its name; found without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
