"""Checks that the tables in a run's folder are such as a run writes.

A folder may come from anywhere, with hashes that match. The checks are cheap: names and types of columns, the order of
the replications, the words of outcomes, and the smallest and largest value of each column.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sim.analysis.measures import measures
from sim.analysis.tables import ERROR, EnrolmentCurves, event_table, participant_table, replication_table
from sim.core.events import VOCABULARIES, WIDTH
from sim.experiment.files import opened
from sim.experiment.run.assemble import CURVES, ENROLMENT, EVENTS, PARTICIPANTS, REPLICATIONS

if TYPE_CHECKING:
    from sim.core.design import Design

_MOST = 1e30  # above any count, cost or number of days; its square is still finite
_SHOWN = 200  # characters of a library's message


def first_line(error: Exception) -> str:
    """Shorten a library's error to one line of at most 200 characters, for a message.

    Args:
        error: what a library raised on a file.
    """
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
    return (text.splitlines() or [type(error).__name__])[0][:_SHOWN]


def wrong_tables(path: Path, design: Design, n_replications: int) -> list[str]:
    """Check the tables of a finished run.

    Args:
        path: the run's folder.
        design: its scenario, made ready.
        n_replications: number of simulated trials.

    Returns:
        One text per wrong table, which starts with the file's name; empty if all are right. Missing files are skipped.
    """
    found = []
    for name, schema in _schemas(design).items():
        if not (path / name).is_file():
            continue  # reported elsewhere
        try:
            with opened(path / name) as source, pq.ParquetFile(source) as file:
                problem = _wrong_columns(schema, file.schema_arrow)
                if not problem and name == REPLICATIONS:
                    problem = _wrong_replications(file, n_replications)
                problem = problem or next(_wrong_values(file, design), "")
        except (OSError, ValueError, TypeError, LookupError, pa.ArrowException) as error:
            problem = f"cannot be read: {first_line(error)}"
        if problem:
            found.append(f"{name} {problem}")
    return found


def _schemas(design: Design) -> dict[str, pa.Schema]:
    """Columns and types that each table of a finished run has."""
    columns, none = measures(design), np.zeros((0, WIDTH))
    enrolment = pa.schema([("replication", pa.int64()), ("participant", pa.int64()), ("day", pa.float64())])
    return {
        REPLICATIONS: replication_table(columns, 0, np.zeros((0, len(columns)))).schema,
        ENROLMENT: enrolment,
        EVENTS: event_table(design, 0, none).schema,
        PARTICIPANTS: participant_table(design, 0, none).schema,
        CURVES: EnrolmentCurves(0.0).table().schema,
    }


def _wrong_columns(expected: pa.Schema, found: pa.Schema) -> str:
    """What is wrong with the columns of a table, as a clause; empty if nothing is. Further columns are allowed."""
    for field in expected:
        times = len(found.get_all_field_indices(field.name))
        if times != 1:
            return f"lacks the column '{field.name}'" if not times else f"has the column '{field.name}' twice"
        if found.field(field.name).type != field.type:
            return f"has {str(found.field(field.name).type)[:40]} in the column '{field.name}', not {field.type}"
    return ""


def _wrong_replications(file: pq.ParquetFile, n_replications: int) -> str:
    """What is wrong with the numbers and outcomes of replications, as a clause; empty if nothing is."""
    n = file.metadata.num_rows
    if n != n_replications:
        return f"has {n:,} rows, and the run has {n_replications:,} simulated trials"
    words = {*VOCABULARIES["trial_ended"], ERROR}
    first = 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=["replication", "outcome"])
        numbers = table.column("replication").to_numpy()
        if not np.array_equal(numbers, np.arange(first, first + len(numbers))):
            return "does not have each simulated trial once, in order"
        unknown = set(table.column("outcome").to_pylist()) - words
        if unknown:
            return f"has an outcome that no trial has ({str(next(iter(unknown)))[:40]})"
        first += len(numbers)
    return ""


def _wrong_values(file: pq.ParquetFile, design: Design) -> Iterator[str]:
    """Find numbers that no run has: a day that is not a date, or a number too large for a count, cost or duration."""
    opens = design.clock.opens
    first_day, last_day = (date.min - opens).days, (date.max - opens).days
    for i, field in enumerate(file.schema_arrow):
        if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
            continue
        is_day = field.name == "day" or field.name.startswith("day_") or field.name.endswith("_day")
        least, most = (first_day, last_day) if is_day else (-_MOST, _MOST)
        for group in range(file.num_row_groups):
            seen = file.metadata.row_group(group).column(i).statistics
            if seen is None or not seen.has_min_max:
                continue
            for value in (seen.min, seen.max):
                if not least <= value <= most:
                    yield f"has {value:g} in the column '{field.name}', which no run has"
