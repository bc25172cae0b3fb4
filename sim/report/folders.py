"""Folders of comparisons and sweeps, and the tables in them, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.spreadsheets import csv_text
from sim.errors import Problem, ResultsError
from sim.experiment.store import write_text, write_whole

if TYPE_CHECKING:
    import pandas as pd


def check_folder(path: Path, document: str, ours: Sequence[str]) -> None:
    """See that a folder may be written: new, empty, or of the same kind.

    Args:
        path: the folder.
        document: the file that shows it to be of the same kind.
        ours: other names that may be in it before that file is.

    Raises:
        ResultsError: it has something else.
    """
    if not path.exists() or (path / document).is_file():
        return
    if not path.is_dir():
        raise ResultsError(Problem("is a file, not a folder", str(path)))
    others = sorted(item.name for item in path.iterdir() if item.name not in ours and not item.name.startswith("."))
    if others:
        raise ResultsError(Problem(f"is not empty and has no {document} (it has {others[0]})", str(path)))


def make_folder(path: Path) -> None:
    """Make a folder with those above it.

    Raises:
        ResultsError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(Problem(f"cannot be written: {error.strerror}", str(path))) from None


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, with ten significant digits, whole or not at all."""
    write_text(path, csv_text(table, "%.10g"))


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), buffer, compression="zstd")
    write_whole(path, buffer.getvalue())
