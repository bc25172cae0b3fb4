"""The token of a studio: a link or a form with the token gives a visitor a cookie, and nobody else gets in.

It keeps strangers out of a studio on a network. It does not distinguish visitors: anyone with the token can open every
link that they know. Another cookie, in `sim.web.visitors`, distinguishes visitors.

Attributes:
    TOKEN_COOKIE: name of the cookie that opens the studio.
    SHORTEST_TOKEN: fewest letters of a token, so that it cannot be guessed at the rate that is let through.
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from flask import Response, redirect, request
from markupsafe import escape
from werkzeug.http import parse_cookie

from sim.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sim.web.settings import Settings

TOKEN_COOKIE = "trialclock_token"
SHORTEST_TOKEN = 12

_YEAR = 365 * 24 * 3600
_FORM_BYTES = 2_048  # that the form for the token sends at most
_GUESSES = 20  # wrong tokens from one address in a minute
_MINUTE = 60.0
_SECRET = "secret"


def check_token(token: str) -> None:
    """See that a token cannot be guessed.

    Args:
        token: the token, as given with `--token`.

    Raises:
        UsageError: it is too short.
    """
    if len(token) < SHORTEST_TOKEN:
        message = f"must have at least {SHORTEST_TOKEN} characters, so that nobody guesses it; without it one is made"
        raise UsageError(Problem(message, "--token", value=f"{len(token)} characters"))


class Door:
    """Lets in visitors with the token.

    Their cookie is derived from the token and from a secret of this studio, so that it cannot be guessed, and changes
    with the token.

    Args:
        settings: settings of the studio.

    Attributes:
        cookie: value of the cookie of visitors who were let in; the same for all.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token.encode()
        key = kept_secret(settings)
        self.cookie = hmac.new(key, self._token, "sha256").hexdigest()
        self._wrong: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def knows(self, cookie: str | None) -> bool:
        """Whether a cookie was given by this door; compared in constant time.

        Args:
            cookie: value of the cookie; None if the browser sent none.
        """
        return hmac.compare_digest((cookie or "").encode(), self.cookie.encode())

    def is_token(self, text: str) -> bool:
        """Whether a text is the token; compared in constant time."""
        return hmac.compare_digest(text.encode(), self._token)

    def seconds_to_wait(self, address: str) -> float:
        """Seconds for which tokens from an address are ignored, because it sent too many wrong ones; 0 if none.

        Args:
            address: the visitor's network address.
        """
        now = time.monotonic()
        with self._lock:
            wrong = self._recent(address, now)
            return wrong[0] + _MINUTE - now if len(wrong) >= _GUESSES else 0.0

    def note_wrong(self, address: str) -> None:
        """Note that a wrong token came from an address.

        Args:
            address: the visitor's network address; wrong tokens count for a minute.
        """
        now = time.monotonic()
        with self._lock:
            for known in list(self._wrong):
                if not self._recent(known, now):
                    del self._wrong[known]
            self._wrong.setdefault(address, deque(maxlen=_GUESSES)).append(now)

    def _recent(self, address: str, now: float) -> deque[float]:
        wrong = self._wrong.get(address, deque())
        while wrong and wrong[0] < now - _MINUTE:
            wrong.popleft()
        return wrong


def kept_secret(settings: Settings) -> bytes:
    """The secret of this studio: 32 random bytes, kept on disk, so that visitors need no token after a restart.

    Args:
        settings: settings of the studio; the file is in its folder of visitors' files, and readable by its owner only.
    """
    path = settings.kept / _SECRET
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, secrets.token_bytes(32))
        os.close(file)
    return path.read_bytes()


def may_send(settings: Settings) -> Callable[[str, Mapping[str, str], int], bool]:
    """A check whether a request may send its body, made before the body is read; for `connections.make_server`.

    Args:
        settings: settings of the studio.

    Returns:
        A function of method, headers and length in bytes. It lets in anybody without a token to check, visitors with
        the cookie, and the small form that asks for the token.
    """
    if not settings.token:
        return lambda *_: True
    door = Door(settings)

    def may(method: str, headers: Mapping[str, str], length: int) -> bool:
        cookies = parse_cookie(headers.get("COOKIE", ""))
        if door.knows(cookies.get(TOKEN_COOKIE)):
            return True
        is_form = headers.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        return method == "POST" and is_form and 0 < length <= _FORM_BYTES

    return may


def asked_for_token(door: Door) -> Any:
    """Let in a link or a form with the right token; ask for the token otherwise. Called for a request without the
    cookie.

    Args:
        door: the door of the studio.

    Returns:
        With the right token, the cookie and a redirection to the address that was asked for, without the token.
        Otherwise the form (401; plain text for what is no page), or 429 for an address that guessed too often.
    """
    is_form = request.method == "POST" and (request.content_length or _FORM_BYTES + 1) <= _FORM_BYTES
    given = (request.form if is_form else request.args).get("token", "")
    address = request.remote_addr or ""
    if given and (seconds := door.seconds_to_wait(address)) > 0:
        answer: Any = _ask(f"Too many wrong tokens came from your address. Try again in {seconds:.0f} seconds.", 429)
        answer.headers["Retry-After"] = f"{seconds:.0f}"
        return answer
    if given and door.is_token(given):
        answer = redirect(without_token(), 303)
        answer.set_cookie(TOKEN_COOKIE, door.cookie, max_age=_YEAR, httponly=True, samesite="Lax")
        return answer
    if given:
        door.note_wrong(address)
        return _ask("That is not the token.")
    if "text/html" in request.headers.get("Accept", ""):
        return _ask()
    return Response("A token is needed.\n", 401, mimetype="text/plain")


def without_token() -> str:
    """The requested address without its token; never an address of another site."""
    pairs = parse_qsl(request.query_string.decode("ascii", "replace"), keep_blank_values=True)
    query = urlencode([pair for pair in pairs if pair[0] != "token"])
    path = quote("/" + request.path.lstrip("/\\"))
    return f"{path}?{query}" if query else path


def _ask(wrong: str = "", status: int = 401) -> Response:
    told = f'<p role="alert">{wrong}</p>' if wrong else ""
    return Response(_ASK.format(wrong=told, here=escape(without_token())), status, mimetype="text/html")


_ASK = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>trialclock studio</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>
<h1>trialclock studio</h1>{wrong}
<form method="post" action="{here}"><p><label>Token, as printed where the studio was started:
<input name="token" type="password" autocomplete="current-password" required></label>
<button>Open the studio</button></p></form></main></body></html>"""
