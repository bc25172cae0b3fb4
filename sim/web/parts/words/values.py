"""Values of a scenario in people's words, and as they are written after `--set PATH=`.

What is typed is read as after `--set`, so that studio and command line take the same values.
"""

from __future__ import annotations

from typing import Any

from sim.errors import InputError
from sim.report.key_words import words
from sim.scenario.yaml_source import parse_value

_LONGEST = 60  # of a text that is worth reading in a sentence


def value_words(value: Any, nothing: str) -> str:
    """A value as part of a sentence: `1,200`, `yes`, `about 14`.

    Args:
        value: as in a scenario file; of a distribution only the middle is told, of other mappings nothing.
        nothing: what is said for null.
    """
    if value is None:
        return nothing
    if isinstance(value, dict):
        about = next((value[key] for key in ("median", "mean", "mode") if key in value), None)
        return "as written in the file" if about is None else f"about {value_words(about, nothing)}"
    if isinstance(value, (list, tuple)):
        return "as written in the file"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.10g}" if isinstance(value, (int, float)) else words(str(value))[:_LONGEST]


def read_value(text: str) -> Any:
    """A value as it is written after `--set PATH=`; the text itself where it is none."""
    try:
        return parse_value(text)
    except InputError:
        return text
