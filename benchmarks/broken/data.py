"""Data files with one to three mistakes: asked about or refused with one message, or read and then fitted."""

from __future__ import annotations

import csv
import io
import random
import shutil
import tempfile
from pathlib import Path

from benchmarks.broken.trying import Count, progress, tried, tried_as
from sim.errors import TrialclockError
from sim.exchange.read import read_as
from sim.exchange.said import Said

_ODD = (
    "", " ", "NA", "0", "-1", "1e9", "nan", "inf", "2024-02-30", "31/12/2019", "1900-01-01", "2999-12-31", "03/04/24",
    "45000", "x", "=1+1", '"', "\x00", "\u202e", "é", "screen failure", "randomised", "withdrawn", "9" * 400, "1,5",
)  # fmt: skip
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-be")
_FITTED_ONE_IN = 6

Rows = list[list[str]]


def _cell(rows: Rows, chance: random.Random) -> None:
    row = chance.choice(rows)
    if row:
        row[chance.randrange(len(row))] = chance.choice(_ODD)


def _column(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(max(map(len, rows)))
    odd = chance.choice(_ODD)
    for row in rows[1:]:
        if at < len(row) and chance.random() < 0.5:
            row[at] = odd


def _column_left_out(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(max(map(len, rows)))
    for row in rows:
        del row[at : at + 1]


def _column_twice(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(max(map(len, rows)))
    for row in rows:
        row += row[at : at + 1]


def _columns_moved(rows: Rows, chance: random.Random) -> None:
    order = list(range(max(map(len, rows))))
    chance.shuffle(order)
    for row in rows:
        row[:] = [row[i] for i in order if i < len(row)]


def _header(rows: Rows, chance: random.Random) -> None:
    rows[0][chance.randrange(len(rows[0]))] = chance.choice((*_ODD, "Date", "Site", "ID", "Status", "Number"))


def _no_header(rows: Rows, chance: random.Random) -> None:
    del rows[0]


def _rows_left_out(rows: Rows, chance: random.Random) -> None:
    del rows[chance.randrange(len(rows)) :]


def _rows_twice(rows: Rows, chance: random.Random) -> None:
    rows += [list(row) for row in rows[chance.randrange(len(rows)) :]]


def _rows_moved(rows: Rows, chance: random.Random) -> None:
    body = rows[1:]
    chance.shuffle(body)
    rows[1:] = body


def _ragged(rows: Rows, chance: random.Random) -> None:
    row = chance.choice(rows)
    if chance.random() < 0.5:
        row += chance.choices(_ODD, k=chance.randrange(1, 4))
    else:
        del row[chance.randrange(len(row) + 1) :]


def _note(rows: Rows, chance: random.Random) -> None:
    note = chance.choice((["Total", "99"], ["Enrolment report"], [], ["", "", ""], ["#"], ["-----"]))
    rows.insert(chance.randrange(len(rows) + 1), list(note))


_MISTAKES = (
    _cell, _cell, _column, _column_left_out, _column_twice, _columns_moved, _header, _no_header, _rows_left_out,
    _rows_twice, _rows_moved, _ragged, _note,
)  # fmt: skip


def _rows(path: Path) -> Rows:
    text = path.read_bytes()
    decoded = text.decode("utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    return list(csv.reader(io.StringIO(decoded.replace("\x00", "")), delimiter="\t" if path.suffix == ".tsv" else ","))


def broken(rows: Rows, chance: random.Random) -> bytes:
    """A table with one to three mistakes, as a file."""
    rows = [list(row) for row in rows]
    for _ in range(chance.choice((1, 1, 2, 3))):
        if len(rows) > 1 and all(rows[:1]) and any(rows):
            chance.choice(_MISTAKES)(rows, chance)
    text = io.StringIO()
    csv.writer(text, delimiter=chance.choice(",,,;\t|"), lineterminator=chance.choice(("\n", "\r\n", "\r"))).writerows(
        rows
    )
    content = text.getvalue().encode(chance.choice(_ENCODINGS), errors="replace")
    return _bytes_broken(content, chance) if chance.random() < 0.1 else content


def _bytes_broken(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return chance.choice((content[:at], content[:at] + bytes(chance.choices(range(256), k=3)) + content[at:]))


def main(count: int, seed: int, sources: list[Path], kept: Path) -> None:
    """Break data files `count` times and say what came of it."""
    counted = Count(kept)
    chance = random.Random(seed)
    tables = [(path, _rows(path)) for path in sources]
    with tempfile.TemporaryDirectory() as folder:
        for i in progress(range(count), counted):
            path, rows = chance.choice(tables)
            file = Path(folder) / f"data{path.suffix}"
            file.write_bytes(broken(rows, chance))
            _judged(file, f"{i}-{path.stem}", counted, fitted=i % _FITTED_ONE_IN == 0)
    print(f"-- {count} data files, seed {seed}\n{counted.told()}")


def _read(file: Path) -> int:
    try:
        read_as(file, None, Said())
    except TrialclockError as error:
        print(error)
        return error.exit_code
    return 0


def _judged(file: Path, name: str, counted: Count, *, fitted: bool) -> None:
    def keep(folder: Path) -> object:
        return shutil.copy(file, folder)

    read = tried_as(lambda: _read(file))
    if read.hung:
        counted.fault("hang of the reader", name, read.said, keep)
    elif read.refused:
        counted.add("refused or asked about")
    elif not read.done:
        counted.fault(f"reader ends with {read.code}", name, read.said, keep)
    elif not fitted:
        counted.add("read")
    else:
        out = file.with_name("out")
        fit = tried(["fit", str(file), "--out", str(out)], cpu_seconds=300)
        shutil.rmtree(out, ignore_errors=True)
        if fit.done:
            counted.add("read and fitted")
        elif fit.refused:
            counted.fault("read, then refused by fit", name, fit.said, keep)
        else:
            counted.fault(f"read, then fit ends with {fit.code}", name, fit.said, keep)
