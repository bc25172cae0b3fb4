"""Limits on the size of data. They are checked before and while a file is parsed.

A file from elsewhere must not be able to fill memory or disk: a workbook of 1 MB can unpack to gigabytes. The limits
are the only defence that depends on no library's good behaviour.

Attributes:
    ON_DISK: limits for files that users have on their own disk.
    FROM_ELSEWHERE: narrower limits for files that a studio receives.
    MOST_PEOPLE: maximum number of people of one trial.
    LONGEST_CELL: maximum length of a cell, in characters.
"""

from __future__ import annotations

from dataclasses import dataclass

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class ReadLimits:
    """Maximum sizes of what is read.

    Attributes:
        bytes: size of a file, in bytes.
        json_bytes: size of a JSON file, which takes about twenty times as much memory once parsed.
        unpacked_bytes: size of all parts of an Excel workbook together.
        rows: rows of a table.
        columns: columns of a table.
        cells: cells of a table.
        sheets: sheets of a workbook.
        files: files at once.
        memory_bytes: memory of the process that reads for a studio, in addition to what it has when it starts.
        seconds: CPU time of that process.
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
MOST_PEOPLE = 1_000_000  # maximum sum of counts: no trial is larger, and each person takes memory
LONGEST_CELL = 100_000  # characters


def megabytes(n_bytes: float) -> str:
    """Write a number of bytes in megabytes of 1,000,000 bytes: `1.5 MB`.

    Args:
        n_bytes: a size; up to six digits are shown.
    """
    return f"{n_bytes / _MEGABYTE:g} MB"
