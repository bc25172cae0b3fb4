"""A text file that a visitor uploaded.

A browser sends files in base64 and says nothing of their encoding; what is no text is refused with a message.

Attributes:
    ENDINGS: endings that the name of a text file may have.
"""

from __future__ import annotations

import base64
import binascii

from sim.errors import InputError, Problem
from sim.scenario.yaml_source import MAX_BYTES

ENDINGS = (".yaml", ".yml", ".txt")
_LONGEST_NAME = 80


def brought(contents: str, name: str, what: str) -> str:
    """The text of an uploaded file.

    Args:
        contents: data URL from the browser.
        name: name of the file.
        what: what it should be, with its article: `a scenario file`.

    Raises:
        InputError: it is not text, or too large.
    """
    shown = name[:_LONGEST_NAME]
    if not name.lower().endswith(ENDINGS):
        raise InputError(Problem(f"is not {what}: its name must end in {', '.join(ENDINGS)}", shown))
    try:
        data = base64.b64decode(contents.partition(",")[2], validate=True)
        if len(data) > MAX_BYTES:
            size = f"{len(data):,}"
            raise InputError(Problem(f"is larger than {what} may be ({MAX_BYTES:,} bytes)", shown, value=size))
        return data.decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        raise InputError(Problem("is not UTF-8 text", shown)) from None
