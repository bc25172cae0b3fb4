"""Reads a registry record or a USDM file from disk."""

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
        if len(data) != 1:
            raise UsageError(Problem(f"has {len(data)} studies; save one of them in a file of its own", str(path)))
        data = data[0]
    if not isinstance(data, dict) or key not in data:
        other = next(
            (what for _, its_key, what in _READERS.values() if isinstance(data, dict) and its_key in data), None
        )
        hint = f"; it is {other}" if other else f"; there is no '{key}' in it"
        raise UsageError(Problem(f"is not {expected}{hint}", str(path)))
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


def _parsed(path: Path, expected: str) -> Any:
    try:
        content = read_limited(path, ON_DISK.json_bytes)
        return json.loads(content)
    except OSError as error:
        raise UsageError(Problem(f"cannot be read: {error.strerror or error}", str(path))) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(Problem(f"is not {expected}: {error}", str(path))) from None
