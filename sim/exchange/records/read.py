"""Reads a registry record or a USDM file from disk.

The entrance of the package: it chooses the reader and turns whatever is wrong with a file into one message.

Attributes:
    REGISTRY: kind of a record of ClinicalTrials.gov.
    USDM: kind of a CDISC USDM file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import Problem, UsageError
from sim.exchange.limits import ON_DISK
from sim.exchange.records.outline import StudyOutline
from sim.exchange.records.registry import outline_of_record
from sim.exchange.records.usdm import outline_of_usdm
from sim.scenario.limited import read_limited

REGISTRY, USDM = "registry", "usdm"
_READERS: dict[str, tuple[Callable[[Any], StudyOutline], str, str]] = {
    REGISTRY: (outline_of_record, "protocolSection", "a study of ClinicalTrials.gov (API version 2, JSON)"),
    USDM: (outline_of_usdm, "study", "a study in CDISC USDM version 4 (JSON)"),
}


def read_study(path: Path, kind: str) -> StudyOutline:
    """Read what a file says of a study.

    Args:
        path: the file.
        kind: REGISTRY or USDM.

    Returns:
        The outline.

    Raises:
        UsageError: it cannot be read, or is of another kind; one message says what it is and what is expected.
    """
    reader, key, expected = _READERS[kind]
    data = _parsed(path, expected)
    if isinstance(data, dict) and isinstance(data.get("studies"), list):
        data = data["studies"]
    if isinstance(data, list):
        studies = [one for one in data if isinstance(one, dict) and key in one]
        if len(studies) > 1:
            raise UsageError(Problem(f"has {len(studies)} studies; save one of them in a file of its own", str(path)))
        data = studies[0] if studies else {}
    if not isinstance(data, dict) or key not in data:
        raise UsageError(Problem(f"is not {expected}; {_what_instead(data, key)}", str(path)))
    try:
        return reader(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        value = None if first["type"] == "missing" else repr(first.get("input"))
        raise UsageError(
            Problem(first["msg"][:1].lower() + first["msg"][1:], str(path), path=place, value=value)
        ) from None
    except LookupError as error:
        raise UsageError(Problem(str(error.args[0]), str(path))) from None


def _what_instead(data: Any, key: str) -> str:
    """What a file has that is not a study of the kind that is asked for."""
    for _, its_key, what in _READERS.values():
        if isinstance(data, dict) and its_key in data:
            return f"it is {what}"
    if isinstance(data, dict) and "FullStudiesResponse" in data:
        return "it is an answer of version 1 of that interface, which is closed: save the study again, from version 2"
    return f"there is no '{key}' in it"


def _parsed(path: Path, expected: str) -> Any:
    """The JSON of a file.

    Raises:
        UsageError: it cannot be read, is too large, or is not JSON.
    """
    try:
        content = read_limited(path, ON_DISK.json_bytes)
        return json.loads(content)
    except OSError as error:
        raise UsageError(Problem(f"cannot be read: {error.strerror or error}", str(path))) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(Problem(f"is not {expected}: {error}", str(path))) from None
