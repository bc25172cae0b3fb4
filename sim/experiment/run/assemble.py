"""Turns finished chunks into result files, with one chunk in memory at a time.

Files are written only when all chunks are there, in their order, so that they do not depend on which worker finished
first. Names of the files of a run are declared here.

Attributes:
    REPLICATIONS: measures, one row per replication.
    ENROLMENT: days of randomisation, one row per participant.
    EVENTS: all events of the replications that are kept.
    PARTICIPANTS: participants of the same replications, one row each.
    CURVES: quantiles of the number of participants over time.
    SUMMARY: mean, quantiles and errors of each measure.
    FAILURES: replications that raised, with their errors; only there if there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sim.analysis.measures import Measure, measures
from sim.analysis.spreadsheets import csv_text
from sim.analysis.tables import EnrolmentCurves, event_table, participant_table, replication_table
from sim.core.design import Design
from sim.experiment.files import PART, cannot_write, opened, remove_parts, settle, write_json, write_text, write_whole
from sim.experiment.replicate import Chunk, Failure
from sim.experiment.run.folder import RunFolder

REPLICATIONS, ENROLMENT, EVENTS = "replications.parquet", "enrolment.parquet", "events.parquet"
PARTICIPANTS, CURVES, SUMMARY, FAILURES = "participants.parquet", "curves.parquet", "summary.csv", "failures.json"

_GROUP = 4096  # minimum rows of a row group
_READ_AT_ONCE = 2_000_000  # numbers of the replications that are summarised in memory: 16 MB


class _Writer:
    """A Parquet file that is written in parts, and appears under its name when it is complete.

    Rows are collected into groups of at least `_GROUP`, so that files stay small. Equal rows give equal groups.

    Args:
        path: the file.
        together: makes a table of what was collected; default: of tables.
    """

    def __init__(self, path: Path, together: Callable[[list[Any]], pa.Table] | None = None) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}{PART}")
        self._together = together or pa.concat_tables
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[Any] = []
        self._n_waiting = 0

    def write(self, rows: Any) -> None:
        """Add rows: a table, or what a table is made from."""
        self._waiting.append(rows)
        self._n_waiting += len(rows)
        if self._n_waiting >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        """Write what has been collected as one row group."""
        table = self._together(self._waiting).combine_chunks()
        self._waiting, self._n_waiting = [], 0
        if self._writer is None:
            self._file = opened(self._temporary, "wb")
            self._writer = pq.ParquetWriter(self._file, table.schema, compression="zstd")
        self._writer.write_table(table)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be written."""
        return self._writer is None and not self._waiting

    def close(self) -> None:
        """Write what is left, and give the file its name."""
        if self._waiting:
            self._flush()
        if self._writer is not None:
            self._writer.close()
            self._file.close()
            settle(self._temporary, self._path)


@dataclass(frozen=True)
class _Rows:
    """Measures of consecutive replications: number of the first, and (n, measures) values."""

    first: int
    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)


def _replications(columns: list[Measure], rows: list[_Rows]) -> pa.Table:
    """The table of replications of chunks that follow one another; made at once, because it has hundreds of columns."""
    return replication_table(columns, rows[0].first, np.concatenate([each.values for each in rows]))


def _enrolment(chunk: Chunk) -> pa.Table:
    """(replication, participant from 1, day since day 0) of each randomisation of a chunk."""
    lengths = [len(days) for days in chunk.randomised_days]
    replication = np.repeat(np.arange(chunk.first, chunk.first + chunk.n), lengths)
    participant = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(1, n + 1) for n in lengths)])
    days = np.concatenate([np.zeros(0), *chunk.randomised_days])
    return pa.table({"replication": replication, "participant": participant, "day": days})


def assemble(folder: RunFolder) -> list[str]:
    """Write the result files of a run, except the report and the manifest.

    Args:
        folder: the run's folder, with all its chunks.

    Returns:
        Names of the files written.

    Raises:
        WriteError: a file cannot be written.
    """
    try:
        return _assemble(folder)
    except OSError as error:
        remove_parts(folder.path)
        raise cannot_write(folder.path, error) from None


def _assemble(folder: RunFolder) -> list[str]:
    """Write the files; see `assemble`. The finished ones take their names together, at the end."""
    design = Design(folder.identity.scenario)
    columns = measures(design)
    curves = EnrolmentCurves(design.horizon_days)
    writers = {name: _Writer(folder.path / name) for name in (ENROLMENT, EVENTS, PARTICIPANTS)}
    writers[REPLICATIONS] = _Writer(folder.path / REPLICATIONS, partial(_replications, columns))
    failures: list[Failure] = []
    for chunk in folder.chunks():
        failed = {failure.replication for failure in chunk.failures}
        failures += chunk.failures
        writers[REPLICATIONS].write(_Rows(chunk.first, chunk.values))
        writers[ENROLMENT].write(_enrolment(chunk))
        for i, days in enumerate(chunk.randomised_days):
            if chunk.first + i not in failed:
                curves.add(days)
        _write_kept(design, chunk, writers)
    if writers[EVENTS].is_empty:  # none was to be kept, or all of them failed
        nothing = np.zeros((0, 7))
        writers[EVENTS].write(event_table(design, 0, nothing))
        writers[PARTICIPANTS].write(participant_table(design, 0, nothing))
    folder.unseal()
    for writer in writers.values():
        writer.close()
    _write_curves(curves, folder.path / CURVES)
    _write_summary(design, folder.path)
    names = [REPLICATIONS, ENROLMENT, EVENTS, PARTICIPANTS, CURVES, SUMMARY]
    if failures:
        write_json(folder.path / FAILURES, [vars(f) | {"seed": folder.identity.seed} for f in failures])
        names.append(FAILURES)
    return names


def _write_kept(design: Design, chunk: Chunk, writers: dict[str, _Writer]) -> None:
    for replication in sorted(chunk.kept):
        writers[EVENTS].write(event_table(design, replication, chunk.kept[replication]))
        writers[PARTICIPANTS].write(participant_table(design, replication, chunk.kept[replication]))


def _write_curves(curves: EnrolmentCurves, path: Path) -> None:
    buffer = pa.BufferOutputStream()
    pq.write_table(curves.table(), buffer, compression="zstd")
    write_whole(path, buffer.getvalue().to_pybytes())


def _write_summary(design: Design, path: Path) -> None:
    """Write the summary; of a long run column by column, so that memory hardly grows with replications."""
    from sim.analysis.summary import summary_table  # imports pandas, which workers do not need

    with opened(path / REPLICATIONS) as source, pq.ParquetFile(source) as file:
        is_short = file.metadata.num_rows * file.metadata.num_columns <= _READ_AT_ONCE
        table = file.read() if is_short else None

        def column(name: str) -> npt.NDArray[np.float64]:
            found = file.read([name]) if table is None else table
            values: npt.NDArray[np.float64] = found.column(name).cast(pa.float64()).to_numpy()
            return values

        outcome = file.read(["outcome"]).column(0).to_pylist()
        summary = summary_table(design, column, outcome)
    write_text(path / SUMMARY, csv_text(summary, "%.10g"))
