"""Printing that never fails: closed pipes, missing streams and terminals with few letters are no errors of a
command.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

_IN_PLAIN = "trialclock-in-plain-letters"
_PLAIN = {"±": "+/-", "–": "-", "—": "-", "‑": "-", "≥": ">=", "≤": "<=", "×": "x", "…": "...", "→": "->", "·": "-"}


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """Replacement for letters that a terminal lacks, or for bytes of a file name that are no letters."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_PLAIN.get(letter, "?") for letter in letters), error.end


codecs.register_error(_IN_PLAIN, _in_plain)


def prepare_streams() -> None:
    """Let stdout and stderr accept every letter, and discard output if they are closed."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_IN_PLAIN)


def flush() -> None:
    """Flush stdout and stderr.

    Raises:
        OSError: the reader has closed the pipe, or the disk is full.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def let_go() -> None:
    """Print nothing more, not even at the end of the process, because the reader has closed the pipe."""
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
    """Print an error message on stderr, if there is one."""
    try:
        click.echo(text, err=True)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def say_engine(scenarios: Iterable[Scenario]) -> None:
    """Say on stderr, once each, which rules of scenarios have them simulated on SimPy.

    Args:
        scenarios: what is simulated.
    """
    from sim.compiled.choice import why_simpy

    for why in dict.fromkeys(why_simpy(scenario) for scenario in scenarios):
        if why is not None:
            say(why)


def print_json(document: object) -> None:
    """Print one JSON document on stdout; letters that stdout lacks are escaped.

    Args:
        document: plain data.

    Raises:
        ValueError: it has a number that JSON lacks (NaN or infinity), which is a defect of the program.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(document, indent=1, allow_nan=False)
    click.echo(text)


def hand_over(text: str, out: str | None) -> None:
    """Write a text into a file, or print it on stdout without one.

    Args:
        text: the text, with its last line feed.
        out: the option --out: path of the file, or None.

    Raises:
        WriteError: the file cannot be written.
    """
    if out is None:
        click.echo(text, nl=False)
        return
    from sim.experiment.files import write_text

    write_text(Path(out), text)
