"""From finished chunks to result files, one chunk in memory at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.analysis.measures import measures
from sim.analysis.tables import EnrolmentCurves, event_table, participant_table, replication_table
from sim.core.design import Design
from sim.errors import Problem, ResultsError
from sim.experiment.replicate import Chunk, Failure
from sim.experiment.store import RunFolder, write_json

REPLICATIONS, ENROLMENT, EVENTS = "replications.parquet", "enrolment.parquet", "events.parquet"
PARTICIPANTS, CURVES, SUMMARY, FAILURES = "participants.parquet", "curves.parquet", "summary.csv", "failures.json"


class _Writer:
    """A Parquet file that is written part by part, and appears when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.part")
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._temporary, table.schema, compression="zstd")
        self._writer.write_table(table)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return self._writer is None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._temporary.replace(self._path)


def _enrolment(chunk: Chunk) -> pa.Table:
    lengths = [len(days) for days in chunk.randomised_days]
    replication = np.repeat(np.arange(chunk.first, chunk.first + chunk.n), lengths)
    participant = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(1, n + 1) for n in lengths)])
    days = np.concatenate([np.zeros(0), *chunk.randomised_days])
    return pa.table({"replication": replication, "participant": participant, "day": days})


def assemble(folder: RunFolder) -> list[str]:
    """Write the result files of a run, all but the report and the manifest.

    Args:
        folder: the run's folder, with all its chunks.

    Returns:
        Names of the files.

    Raises:
        ResultsError: they cannot be written.
    """
    try:
        return _assemble(folder)
    except OSError as error:
        raise ResultsError(Problem(f"cannot be written: {error.strerror or error}", str(folder.path))) from None


def _assemble(folder: RunFolder) -> list[str]:
    design = Design(folder.identity.scenario)
    columns = measures(design)
    curves = EnrolmentCurves(design.horizon_days)
    writers = {name: _Writer(folder.path / name) for name in (REPLICATIONS, ENROLMENT, EVENTS, PARTICIPANTS)}
    failures: list[Failure] = []
    for chunk in folder.chunks():
        failed = {failure.replication for failure in chunk.failures}
        failures += chunk.failures
        writers[REPLICATIONS].write(replication_table(columns, chunk.first, chunk.values))
        writers[ENROLMENT].write(_enrolment(chunk))
        for i, days in enumerate(chunk.randomised_days):
            if chunk.first + i not in failed:
                curves.add(days)
        _write_kept(design, chunk, writers)
    if writers[EVENTS].is_empty:  # none was to be kept, or all of those raised
        nothing = np.zeros((0, 7))
        writers[EVENTS].write(event_table(design, 0, nothing))
        writers[PARTICIPANTS].write(participant_table(design, 0, nothing))
    for writer in writers.values():
        writer.close()
    pq.write_table(curves.table(), folder.path / CURVES, compression="zstd")
    names = [REPLICATIONS, ENROLMENT, EVENTS, PARTICIPANTS, CURVES, SUMMARY]
    _write_summary(design, folder.path)
    if failures:
        write_json(folder.path / FAILURES, [vars(f) | {"seed": folder.identity.seed} for f in failures])
        names.append(FAILURES)
    return names


def _write_kept(design: Design, chunk: Chunk, writers: dict[str, _Writer]) -> None:
    for replication in sorted(chunk.kept):
        writers[EVENTS].write(event_table(design, replication, chunk.kept[replication]))
        writers[PARTICIPANTS].write(participant_table(design, replication, chunk.kept[replication]))


def _write_summary(design: Design, path: Path) -> None:
    from sim.analysis.summary import summary_table  # pandas, which the workers do without

    frame = pq.read_table(path / REPLICATIONS).to_pandas()
    table = summary_table(design, frame)
    table.to_csv(path / SUMMARY, index=False, lineterminator="\n", float_format="%.10g")
