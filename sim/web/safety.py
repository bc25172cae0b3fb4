"""What keeps a studio safe: who may ask, what a browser may run, and what is told when something goes wrong."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from sim.errors import InputError
from sim.web import visitors
from sim.web.settings import LOOPBACK, Settings, is_loopback
from sim.web.work.jobs import MESSAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from dash import Dash

TOKEN_COOKIE = "trialclock_token"
NOTICES = "shell-notices"

_LOG = logging.getLogger(__name__)
_OPEN_TO_ALL = ("/health",)
_YEAR = 365 * 24 * 3600
_UNIVERSAL = ("0.0.0.0", "::", "")  # addresses that stand for all of a machine
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(app: Dash, settings: Settings) -> None:
    """Put a studio's requests and answers under its rules.

    Args:
        app: the app, before it answers anything.
        settings: how it is set up.
    """
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = settings.limits.upload_bytes
    server.before_request(lambda: _refusal(settings))
    server.after_request(_with_policy(app))
    server.register_error_handler(Exception, _failed)


def _refusal(settings: Settings) -> Any:
    """Why a request is not answered, if it is not; else who asks."""
    if not _is_for_us(request.host, settings):
        return _plain("This address is not one of this studio's. Start it with --host-name to allow another.", 421)
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null" and urlsplit(origin).netloc != request.host:
        return _plain("A page of another site may not use this studio.", 403)
    if settings.token and request.path not in _OPEN_TO_ALL and not _knows_token(settings.token):
        return _asked_for_token(settings)
    cookie = request.cookies.get(visitors.COOKIE)
    g.visitor = cookie if visitors.is_name(cookie) else visitors.new_name()
    g.is_new_visitor = g.visitor != cookie
    return None


def _is_for_us(host: str, settings: Settings) -> bool:
    """Whether a request names this studio: a page elsewhere whose name was pointed here (DNS rebinding) does not."""
    name = (urlsplit(f"//{host}").hostname or "").lower()
    if is_loopback(name) or name in (settings.host, *settings.hosts):
        return True
    return settings.host in _UNIVERSAL and not settings.hosts


def _knows_token(token: str) -> bool:
    return hmac.compare_digest(request.cookies.get(TOKEN_COOKIE, "").encode(), token.encode())


def _asked_for_token(settings: Settings) -> Any:
    """A link with the right token lets in; anything else is asked for one."""
    given = request.form.get("token", "") if request.method == "POST" else request.args.get("token", "")
    if given and hmac.compare_digest(given.encode(), settings.token.encode()):
        answer = redirect("/", 303)
        answer.set_cookie(TOKEN_COOKIE, settings.token, max_age=_YEAR, httponly=True, samesite="Lax")
        return answer
    wrong = "<p role=alert>That is not the token.</p>" if given else ""
    if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
        return Response(_ASK.format(wrong=wrong), 401, mimetype="text/html")
    return Response(_ASK.format(wrong=wrong), 401, mimetype="text/html") if given else _plain("A token is needed.", 401)


_ASK = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>trialclock studio</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>
<h1>trialclock studio</h1>{wrong}
<form method="post" action="/"><p><label>Token, as printed where the studio was started:
<input name="token" type="password" autocomplete="current-password" required></label>
<button>Open the studio</button></p></form></main></body></html>"""


def _with_policy(app: Dash) -> Callable[[Response], Response]:
    policy: list[str] = []

    def add(response: Response) -> Response:
        if not policy:  # once all scripts of the app are known
            scripts = " ".join(["'self'", *(f"'{found.strip(chr(39))}'" for found in app.csp_hashes())])
            policy.append(
                f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
                "blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
                "form-action 'self'; frame-ancestors 'none'"
            )
        response.headers.setdefault("Content-Security-Policy", policy[0])  # a report of a run has one of its own
        response.headers.update(_HEADERS)
        if g.get("is_new_visitor") and response.mimetype == "text/html":
            response.set_cookie(visitors.COOKIE, g.visitor, max_age=_YEAR, httponly=True, samesite="Lax")
        return response

    return add


def _plain(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")


def _failed(error: Exception) -> Any:
    """An error outside a callback."""
    if isinstance(error, RequestEntityTooLarge):
        from flask import current_app

        most = current_app.config["MAX_CONTENT_LENGTH"]
        return _plain(f"This is larger than an upload may be ({most:,} bytes).", 413)
    if isinstance(error, HTTPException):
        return _plain(f"{error.code} {error.name}", error.code or 500)
    return _plain(f"Something went wrong in the studio (reference {noted(error)}).", 500)


def noted(error: BaseException) -> str:
    """Write an error down with its traceback, on the server's side.

    Returns:
        A reference under which whoever runs the server finds it in the log.
    """
    reference = secrets.token_hex(4)
    _LOG.error("reference %s", reference, exc_info=error)
    return reference


def callback_failed(error: Exception) -> Any:
    """An error in a callback, as a notice on the page; `on_error` of the app."""
    from dash import no_update, set_props

    text = str(error)
    if isinstance(error, InputError):
        title, message = "This cannot be done", str(error)
    elif MESSAGE in text:  # a job that said something for people
        title, message = "This cannot be done", text.partition(MESSAGE)[2].strip()
    else:
        title = "Something went wrong"
        message = f"This is a defect of the studio. Whoever runs it finds more in its log under {noted(error)}."
    notice = {
        "id": secrets.token_hex(4),
        "action": "show",
        "title": title,
        "message": message,
        "color": "red",
        "autoClose": False,
    }
    set_props(NOTICES, {"sendNotifications": [notice]})
    return no_update


def address(settings: Settings) -> str:
    """What to type into a browser."""
    host = LOOPBACK if settings.host in _UNIVERSAL else settings.host
    shown = f"[{host}]" if ":" in host else host
    token = f"?token={settings.token}" if settings.token else ""
    return f"http://{shown}:{settings.port}/{token}"
