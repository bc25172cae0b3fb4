"""Converts the result files of a finished run back to chunks, so that the run can get more replications.

Nothing is simulated again. The files of the extended run are then written from chunks like those of any other run. They
have the same bytes as if the run had had all its replications from the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sim.analysis.from_tables import event_rows, replication_values
from sim.analysis.measures import measures
from sim.core.design import Design
from sim.errors import Problem, ResultsError
from sim.experiment.files import opened
from sim.experiment.replicate import CHUNK, Chunk, Failure
from sim.experiment.run.assemble import ENROLMENT, EVENTS, FAILURES, REPLICATIONS
from sim.experiment.run.results import Results
from sim.experiment.run.table_checks import first_line

Array = npt.NDArray[np.float64]


def chunks_of(results: Results) -> Iterator[Chunk]:
    """Read the chunks of a finished run in order, with one in memory at a time.

    Args:
        results: the finished run.

    Yields:
        The chunks; the last one may be incomplete.

    Raises:
        ResultsError: a result file was changed since, or was not written by a run.
    """
    damaged = [text for text in results.damaged_files() if text.startswith((REPLICATIONS, ENROLMENT, EVENTS, FAILURES))]
    if damaged:
        message = f"cannot be given more replications: since the run {', '.join(damaged)}"
        raise ResultsError(Problem(message, str(results.path)))
    try:
        for chunk in _chunks(results):
            if not _is_right(chunk):
                raise ValueError("it has an impossible day or detail")
            yield chunk
    except (ValueError, TypeError, LookupError, pa.ArrowException) as error:
        message = f"cannot be given more replications: no run writes such tables: {first_line(error)}"
        raise ResultsError(Problem(message, str(results.path))) from None


def _is_right(chunk: Chunk) -> bool:
    """Whether days and events are possible in a trial: finite numbers, and randomisations from day 0 on."""
    days = np.concatenate([np.zeros(0), *chunk.randomised_days])
    are_days = bool(((days >= 0) & np.isfinite(days)).all())
    return are_days and all(np.isfinite(rows).all() for rows in chunk.kept.values())


def _chunks(results: Results) -> Iterator[Chunk]:
    """The chunks of a finished run, from its tables, unchecked; they are read side by side in order of replications."""
    run = results.manifest["run"]
    design = results.design
    failures = [Failure(item["replication"], item["error"], item["trace"]) for item in results.failures]
    days = _by_replication(results.path / ENROLMENT, "day")
    kept = _kept(design, results.path / EVENTS, run["keep"])
    next_days = next(days, None)
    first = 0
    for values in _values(design, results.path / REPLICATIONS):
        chunk = Chunk(first, values, [np.zeros(0)] * len(values))
        beyond = first + len(values)
        while next_days is not None and next_days[0] < beyond:
            chunk.randomised_days[next_days[0] - first] = next_days[1]
            next_days = next(days, None)
        chunk.kept = {number: rows for number, rows in kept.items() if first <= number < beyond}
        chunk.failures = [failure for failure in failures if first <= failure.replication < beyond]
        yield chunk
        first = beyond


def joined(early: Chunk, late: Chunk) -> Chunk:
    """Join two consecutive parts of one chunk.

    Args:
        early: the first part.
        late: the part that follows it.

    Returns:
        The chunk.
    """
    return Chunk(
        early.first,
        np.concatenate((early.values, late.values)),
        [*early.randomised_days, *late.randomised_days],
        early.kept | late.kept,
        [*early.failures, *late.failures],
        late.engine,
    )


def _values(design: Design, path: Path) -> Iterator[Array]:
    """(up to CHUNK, measures) values in order."""
    columns = measures(design)
    with opened(path) as source, pq.ParquetFile(source) as file:
        left = np.zeros((0, len(columns)))
        for group in range(file.num_row_groups):
            left = np.concatenate((left, replication_values(columns, file.read_row_group(group))))
            whole = len(left) // CHUNK * CHUNK
            yield from np.split(left[:whole], range(CHUNK, whole, CHUNK)) if whole else ()
            left = left[whole:]
        if len(left):
            yield left


def _by_replication(path: Path, column: str) -> Iterator[tuple[int, Array]]:
    """The values of a column for each replication that has any.

    Args:
        path: a table in order of replications, which is read one row group at a time.
        column: name of the column.

    Yields:
        Number of the replication, and its values.
    """
    with opened(path) as source, pq.ParquetFile(source) as file:
        left: pa.Table | None = None
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["replication", column])
            table = table if left is None else pa.concat_tables([left, table])
            numbers = table.column("replication").to_numpy()
            edges = np.flatnonzero(np.diff(numbers, prepend=-1))
            values = np.split(table.column(column).to_numpy(), edges)[1:]  # none before the first replication
            is_last = group == file.num_row_groups - 1
            for edge, part in list(zip(edges.tolist(), values, strict=True))[: None if is_last else -1]:
                yield int(numbers[edge]), part
            left = table.slice(edges[-1]) if len(edges) else table


def _kept(design: Design, path: Path, keep: int) -> dict[int, Array]:
    """Events of the kept replications."""
    with opened(path) as source:
        table = pq.read_table(source)
    numbers = table.column("replication").to_numpy()
    rows = event_rows(design, table)
    return {number: rows[numbers == number] for number in np.unique(numbers).tolist() if number < keep}
