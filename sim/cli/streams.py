"""Where commands print: whatever is behind stdout and stderr, and whatever letters it knows, no command fails by it."""

from __future__ import annotations

import codecs
import json
import os
import sys

import click

_IN_PLAIN = "trialclock-in-plain-letters"
_PLAIN = {"±": "+/-", "–": "-", "—": "-", "‑": "-", "≥": ">=", "≤": "<=", "×": "x", "…": "...", "→": "->", "·": "-"}


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for letters that a terminal does not know, or that are none (bytes of a file name)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_PLAIN.get(letter, "?") for letter in letters), error.end


codecs.register_error(_IN_PLAIN, _in_plain)


def prepare_streams() -> None:
    """Let stdout and stderr take every letter, and let nothing be printed where they are closed."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_IN_PLAIN)


def flush() -> None:
    """Hand over what has been printed.

    Raises:
        OSError: whoever read has seen enough, or what is printed to is full.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def let_go() -> None:
    """Print nothing any more, also not at the end of the process: whoever read has seen enough."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nothing, stream.fileno())
        except (OSError, ValueError):
            continue
    os.close(nothing)


def say(text: str) -> None:
    """Say what went wrong, where anybody can hear it."""
    try:
        click.echo(text, err=True)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def print_json(document: object) -> None:
    """Print one JSON document; letters that stdout does not know are written as JSON escapes them."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(document, indent=1, allow_nan=False)
    click.echo(text)
