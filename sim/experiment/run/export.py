"""Exports the replications of one or several runs as one table for other programs: CSV, Excel or Parquet.

For readers who go on in R, SAS or a spreadsheet. Rows are streamed, so that memory does not grow with the number of
runs; documents of one run are written by `sim.report.documents`.

Attributes:
    DOCUMENTS: endings of files that are documents and not tables, for messages.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from sim.analysis.modelled import has_measure
from sim.analysis.spreadsheets import excel_text, plain_columns
from sim.analysis.zipped import without_times
from sim.errors import Problem, ResultsError, UsageError, nearest
from sim.experiment.files import PART, cannot_write, opened, settle
from sim.experiment.run.assemble import REPLICATIONS, SUMMARY
from sim.experiment.run.catalogue import FINISHED, Entry
from sim.experiment.run.results import open_results
from sim.experiment.run.table_checks import first_line

if TYPE_CHECKING:
    from openpyxl import Workbook

DOCUMENTS = (".pdf", ".pptx", ".svg", ".png", ".ics", ".xml")  # of one run; `sim.report.documents` writes them
_ROWS_AT_ONCE = 8192
_EXCEL_ROWS = 1_048_576
_NAMES = ("run", "scenario")  # columns before the measures


def export(entries: Sequence[Entry], path: Path) -> int:
    """Write one row per replication, with the run's folder and scenario in the first columns.

    A measure that a run does not have (a criterion, an arm, doses) is empty in its rows, and has no column where no run
    has it. An Excel file has the list of runs, their milestones and summaries on sheets of their own.

    Args:
        entries: the runs.
        path: the file; its ending decides the format: .csv, .xlsx or .parquet.

    Returns:
        The number of replications written.

    Raises:
        UsageError: the ending is another, or there are more rows than Excel holds.
        ResultsError: a run is unfinished or damaged, or their tables do not go together.
        WriteError: the file cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        allowed = [*_WRITERS, *DOCUMENTS]
        raise UsageError(Problem(f"cannot write this kind of file; {nearest(path.suffix, allowed)}", str(path)))
    for entry in entries:
        if entry.status != FINISHED:
            raise ResultsError(Problem(f"cannot be exported: it is {entry.status}", str(entry.path)))
    temporary = path.with_name(f".{path.name}{PART}")
    try:
        writer(entries, temporary)
        settle(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from None
    except (ValueError, TypeError, LookupError, pa.ArrowException) as error:
        message = f"the tables of these runs do not go together: {first_line(error)}"
        raise ResultsError(Problem(message, ", ".join(str(entry.path) for entry in entries[:2]))) from None
    finally:
        temporary.unlink(missing_ok=True)
    return sum(entry.replications for entry in entries)


def _schema(entries: Iterable[Entry]) -> pa.Schema:
    """Columns of all runs together, in the order in which they first appear."""
    columns = [pa.field(key, pa.string()) for key in _NAMES]
    return pa.unify_schemas([pa.schema(columns), *(_schema_of(entry) for entry in entries)])


def _schema_of(entry: Entry) -> pa.Schema:
    """The measures of a run, without those that its trial does not have, such as doses where nobody is given any."""
    with opened(entry.path / REPLICATIONS) as source:
        schema = pq.read_schema(source).remove_metadata()
    scenario = open_results(entry.path).scenario
    return pa.schema([field for field in schema if has_measure(field.name, scenario)])


def _batches(entries: Iterable[Entry], schema: pa.Schema) -> Iterator[pa.Table]:
    """All replications, in batches."""
    for entry in entries:
        measures = _schema_of(entry).names
        with opened(entry.path / REPLICATIONS) as source, pq.ParquetFile(source) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=measures):
                n = batch.num_rows
                names = (excel_text(entry.path.name), excel_text(entry.scenario))
                columns = {key: pa.array([name] * n) for key, name in zip(_NAMES, names, strict=True)}
                columns |= dict(zip(batch.schema.names, batch.columns, strict=True))
                filled = [columns.get(field.name, pa.nulls(n, field.type)) for field in schema]
                yield pa.table(filled, schema=schema)


def _csv(entries: Sequence[Entry], path: Path) -> None:
    """Write the rows as CSV, in columns that CSV can hold."""
    schema = _schema(entries)
    options = pc.WriteOptions(quoting_style="needed")
    columns = plain_columns(schema.empty_table()).schema
    with opened(path, "wb") as file, pc.CSVWriter(file, columns, write_options=options) as writer:
        for table in _batches(entries, schema):
            writer.write_table(plain_columns(table))


def _parquet(entries: Sequence[Entry], path: Path) -> None:
    schema = _schema(entries)
    with opened(path, "wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in _batches(entries, schema):
            writer.write_table(table)


def _excel(entries: Sequence[Entry], path: Path) -> None:
    """Write the workbook, without the time at which it was made, so that equal runs give equal bytes."""
    from openpyxl import Workbook

    n = sum(entry.replications for entry in entries)
    if n >= _EXCEL_ROWS:
        message = f"Excel holds {_EXCEL_ROWS - 1:,} replications, and there are {n:,}; write .csv or .parquet"
        raise UsageError(Problem(message, str(path)))
    book = Workbook(write_only=True)
    try:
        _runs_sheet(book, entries)
        _milestones_sheet(book, entries)
        _summary_sheet(book, entries)
        _replications_sheet(book, entries)
        book.save(path)
    except BaseException:
        for sheet in book.worksheets:
            with contextlib.suppress(Exception):
                sheet.close()  # otherwise a half-written sheet complains on stderr when it is collected
        raise
    path.write_bytes(without_times(path.read_bytes()))


def _replications_sheet(book: Workbook, entries: Sequence[Entry]) -> None:
    schema = _schema(entries)
    sheet = book.create_sheet("replications")
    sheet.append(_row(sheet, schema.names))
    for table in _batches(entries, schema):
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            sheet.append(_row(sheet, row))


def _runs_sheet(book: Workbook, entries: Sequence[Entry]) -> None:
    sheet = book.create_sheet("runs")
    sheet.append(["run", "scenario", "scenario_hash", "seed", "replications"])
    for entry in entries:
        row = (entry.path.name, entry.scenario, entry.scenario_hash, entry.seed, entry.replications)
        sheet.append(_row(sheet, row))


def _milestones_sheet(book: Workbook, entries: Sequence[Entry]) -> None:
    """Dates of the milestones with the ends of their intervals, as dates; "never" is later than the horizon."""
    from openpyxl.cell import WriteOnlyCell

    sheet = book.create_sheet("milestones")
    ends = [f"p{q}_date{end}" for q in (10, 50, 80, 90) for end in ("", "_low", "_high")]
    sheet.append(["run", "milestone", "meaning", "share_reached", *ends])
    for entry in entries:
        for name, row in open_results(entry.path).milestones().iterrows():
            cells = _row(sheet, [entry.path.name, name, row["meaning"]])
            share = WriteOnlyCell(sheet, float(row["share"]))
            share.number_format = "0 %"
            cells.append(share)
            for end in ends:
                when = row[end]
                cell = WriteOnlyCell(sheet, "never" if pd.isna(when) else when)
                cell.number_format = "yyyy-mm-dd"
                cells.append(cell)
            sheet.append(cells)


def _summary_sheet(book: Workbook, entries: Sequence[Entry]) -> None:
    sheet = book.create_sheet("summary")
    for i, entry in enumerate(entries):
        with opened(entry.path / SUMMARY) as file:
            table = pc.read_csv(file, parse_options=pc.ParseOptions(newlines_in_values=True))
        if i == 0:
            sheet.append(_row(sheet, ["run", *table.column_names]))
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            sheet.append(_row(sheet, [entry.path.name, *row]))


def _row(sheet: Any, values: Iterable[object]) -> list[object]:
    """Cells of a row: text that begins like a formula stays text, and an infinite date is said in words."""
    from openpyxl.cell import WriteOnlyCell

    cells: list[object] = []
    for value in values:
        if isinstance(value, float) and math.isinf(value):
            cells.append("never")
        elif isinstance(value, str) and not value.isalnum():
            cell = WriteOnlyCell(sheet, excel_text(value))
            cell.data_type = "s"
            cells.append(cell)
        else:
            cells.append(value)
    return cells


_WRITERS: dict[str, Callable[[Sequence[Entry], Path], None]] = {
    ".csv": _csv,
    ".xlsx": _excel,
    ".parquet": _parquet,
}
