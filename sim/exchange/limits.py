"""How large data may be: the bounds on what is read, each looked at before and while a file is parsed."""

from __future__ import annotations

from dataclasses import dataclass

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class ReadLimits:
    """What a data file may be.

    Attributes:
        bytes: of a file.
        json_bytes: of a JSON file, which takes some twenty times its size once it is parsed.
        unpacked_bytes: of the parts of an Excel workbook, together.
        rows: of a table.
        columns: of a table.
        cells: of a table.
        sheets: of a workbook.
        files: at once.
        memory_bytes: of the process that reads for a studio, beyond what it has when it starts.
        seconds: that this process may compute.
    """

    bytes: int = 200 * _MEGABYTE
    json_bytes: int = 50 * _MEGABYTE
    unpacked_bytes: int = 1_000 * _MEGABYTE
    rows: int = 1_000_000
    columns: int = 2_000
    cells: int = 20_000_000
    sheets: int = 200
    files: int = 3
    memory_bytes: int = 1_500 * _MEGABYTE
    seconds: int = 60


ON_DISK = ReadLimits()
FROM_ELSEWHERE = ReadLimits(
    bytes=10 * _MEGABYTE,
    json_bytes=10 * _MEGABYTE,
    unpacked_bytes=100 * _MEGABYTE,
    rows=200_000,
    columns=300,
    cells=5_000_000,
)
MOST_PEOPLE = 1_000_000  # that counts may add up to: no trial is larger, and each of them is kept apart
LONGEST_CELL = 100_000  # characters


def megabytes(n_bytes: float) -> str:
    """A size in words."""
    return f"{n_bytes / _MEGABYTE:g} MB"
