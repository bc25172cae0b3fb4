"""Exports the replications of one or several runs as one table for other programs: CSV, Excel or Parquet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

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

DOCUMENTS = (".pdf", ".pptx", ".ics", ".xml")  # of one run; `sim.report.documents` writes them
_ROWS_AT_ONCE = 8192
_EXCEL_ROWS = 1_048_576
_NAMES = ("run", "scenario")  # columns before the measures


def export(entries: Sequence[Entry], path: Path) -> int:
    """Write one row per replication, with the run's folder and scenario in the first columns.

    A measure that a run does not have (a criterion, an arm) is empty in its rows. An Excel file has the list of runs
    and their summaries on separate sheets.

    Args:
        entries: the runs.
        path: the file; its ending decides the format: .csv, .xlsx or .parquet.

    Returns:
        The number of replications written.

    Raises:
        UsageError: the ending is another, or there are more rows than Excel holds.
        ResultsError: a run is unfinished or damaged, or the file cannot be written.
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
    columns = [pa.field(key, pa.string()) for key in _NAMES]
    schemas = [_schema_of(entry.path / REPLICATIONS) for entry in entries]
    return pa.unify_schemas([pa.schema(columns), *schemas])


def _schema_of(path: Path) -> pa.Schema:
    with opened(path) as source:
        return pq.read_schema(source).remove_metadata()


def _batches(entries: Iterable[Entry], schema: pa.Schema) -> Iterator[pa.Table]:
    """All replications, in batches."""
    for entry in entries:
        with opened(entry.path / REPLICATIONS) as source, pq.ParquetFile(source) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE):
                n = batch.num_rows
                names = (excel_text(entry.path.name), excel_text(entry.scenario))
                columns = {key: pa.array([name] * n) for key, name in zip(_NAMES, names, strict=True)}
                columns |= dict(zip(batch.schema.names, batch.columns, strict=True))
                filled = [columns.get(field.name, pa.nulls(n, field.type)) for field in schema]
                yield pa.table(filled, schema=schema)


def _csv(entries: Sequence[Entry], path: Path) -> None:
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
    from openpyxl import Workbook

    n = sum(entry.replications for entry in entries)
    if n >= _EXCEL_ROWS:
        message = f"Excel holds {_EXCEL_ROWS - 1:,} replications, and there are {n:,}; write .csv or .parquet"
        raise UsageError(Problem(message, str(path)))
    schema = _schema(entries)
    book = Workbook(write_only=True)
    _runs_sheet(book, entries)
    _milestones_sheet(book, entries)
    _summary_sheet(book, entries)
    sheet = book.create_sheet("replications")
    sheet.append(_row(sheet, schema.names))
    for table in _batches(entries, schema):
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            sheet.append(_row(sheet, row))
    book.save(path)
    path.write_bytes(without_times(path.read_bytes()))


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
