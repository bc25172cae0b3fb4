"""Finds a table within rows of cells: where its header is, and which rows around it do not belong to it.

Reports have titles above a table, totals and footnotes below it. Every row that is left out is named in a note, because
a row of a patient that is taken for a footnote would be lost otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

import pandas as pd

from sim.errors import Problem
from sim.exchange.findings import HEADER, DataError, in_rows
from sim.exchange.limits import ReadLimits
from sim.exchange.tables.columns import COUNT_NAMES, LOG_NAMES, SITE_NAMES, plain

Rows = list[list[str]]

_LOOKED_AT = 60  # rows among which the header is searched
_WHOLE, _HALF = 0.8, 0.5  # shares of the cells of the fullest row
_VALUE = re.compile(r"[-+]?[\d.,:/% ]*\d[\d.,:/% -]*|\d{1,2}[-/. ]?[A-Za-z]{3,9}[-/. ]?\d{2,4}.*|\d{4}-\d{2}-\d{2}.*")
_TOTAL = re.compile(
    r"(grand |sub-?|over)?totals?|grand sum|sum|all sites|all cent(re|er)s|overall( total)?|gesamt|summe|totaux?|"
    r"totale|totaal|suma|totals?[: ]+\d+|sub-?totals?\b.*",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(
    r"(?P<before>.+?)[\s:-]+(?:sub-?)?totals?|(?:sub-?)?totals?(?: for| of)?[\s:-]+(?P<after>.+)", re.I
)
_FOOTNOTE = re.compile(
    r"(\*|†|\(\*|notes?\b|sources?\b|footnote|legend|generated|exported|extracted|printed|created|page \d|end of|"
    r"confidential|data as of|as of|report|status:|run (on|date)|\d+ (rows?|records?|subjects?|patients?)\b)",
    re.IGNORECASE,
)
_SDTM_NAMES = {
    "studyid",
    "domain",
    "usubjid",
    "rfstdtc",
    "siteid",
    "dmdtc",
    "dsdecod",
    "dsstdtc",
    "svstdtc",
    "visitnum",
}
_YEAR = re.compile(r"(?:19|20)\d{2}")
_BARE_PERIOD = re.compile(r"[A-Za-z\u00c0-\u00ff]{3,10}\.?|Q[1-4]|(?:W|KW|CW)\d{1,2}")
_SHOWN = 3
_LONGEST_TOTAL = 20  # maximum length of a word for a total
_FOOTNOTES = ("is a footnote", "are footnotes")


def known_names() -> frozenset[str]:
    """Return all names that columns of logs, counts, site tables and SDTM usually have."""
    tables = (LOG_NAMES, COUNT_NAMES, SITE_NAMES)
    return frozenset(_SDTM_NAMES).union(*(names for table in tables for names in table.values()))


@dataclass(frozen=True)
class Laid:
    """A table within rows of cells.

    Attributes:
        cells: text; the index is the row in the file, from 1.
        notes: which rows around it were left out and why, one clause each.
    """

    cells: pd.DataFrame
    notes: tuple[str, ...]


def header_rows(text: str) -> tuple[int, int]:
    """Read the text after `--header`, `4` or `4-5`, as first and last row.

    Args:
        text: one row or two rows, counted from 1; at most five rows together.

    Returns:
        First and last row of the header.

    Raises:
        DataError: it has neither form.
    """
    found = re.fullmatch(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?", text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= first + 4:
        raise DataError(
            Problem("write the row of the header, as in 4, or its rows, as in 4-5", path=HEADER, value=text)
        )
    return first, last


def laid_out(rows: Rows, shown: str, limits: ReadLimits, header: str = "", is_text: bool = True) -> Laid:
    """Find the table in rows of cells.

    Args:
        rows: rows of the file; the first is row 1.
        shown: name of the file, for messages.
        limits: maximum sizes.
        header: rows of the header, if the user said.
        is_text: whether they come from a text file, in which an extra cell shifts the others.

    Returns:
        The table. Columns without a header and with cells get a name, `column 3`; a repeated name gets a number.

    Raises:
        DataError: there are no rows below the header, a row has more cells than the header, or the table is too large.
    """
    rows = [[_stripped(cell) for cell in row] for row in rows]
    first, last = header_rows(header) if header else _with_names_below(rows, *_with_years(rows, _header(rows)))
    if last > len(rows):
        raise DataError(Problem(f"has {len(rows)} rows, and no row {last}", shown, path=HEADER))
    names = _names(rows[first - 1 : last])
    body = [(i + 1, row) for i, row in enumerate(rows) if i >= last and any(row)]
    notes = _above(rows[: first - 1])
    if last > first and not header:
        notes.append(f"the header is in rows {first} and {last}")
    body, more = _own_rows(body, names)
    if not body:
        raise DataError(Problem("has a header and no rows", shown))
    if is_text and _has_row_names(body, names):
        names.insert(0, "row")
    width = _checked_width(body, names, shown, limits, is_text)
    names += [f"column {i + 1}" for i in range(len(names), width)]
    frame = pd.DataFrame(
        [row[:width] + [""] * (width - len(row)) for _, row in body], columns=pd.Index(names), dtype=object
    )
    frame.index = pd.Index([number for number, _ in body])
    kept = [i for i, name in enumerate(names) if name or (frame.iloc[:, i] != "").any()]
    frame = frame.iloc[:, kept]
    frame.columns = pd.Index(_told_apart([names[i] or f"column {i + 1}" for i in kept]))
    frame, totals = without_totals(frame)
    return Laid(frame, (*notes, *more, *([totals] if totals else [])))


def _stripped(cell: str) -> str:
    return " ".join(cell.split()) if "\n" in cell or "\xa0" in cell else cell.strip()


def _header(rows: Rows) -> int:
    """The row of the header, from 1.

    It is among the first 60 rows, filled by at least half as much as the fullest of them, with cells that are names and
    mostly differ; the one with most usual names counts, the first of equal ones. The first row that is filled counts at
    once if it is (nearly) full and has usual names.
    """
    head = rows[:_LOOKED_AT]
    filled = [sum(1 for cell in row if cell) for row in head]
    full = max(filled, default=0)
    first = next((i for i, n in enumerate(filled) if n), 0)
    if full == 0:
        return first + 1
    if filled[first] >= max(_WHOLE * full, 2) and _names_columns(head[first]) and _usual(head[first]):
        return first + 1
    named = [i for i, row in enumerate(head) if filled[i] >= _HALF * full and _names_columns(row)]
    if not named:
        return first + 1
    if full > 1 and filled[first] >= _WHOLE * full and first in named and not any(_usual(head[i]) > 1 for i in named):
        return first + 1
    return max(named, key=lambda i: (_usual(head[i]), filled[i], -i)) + 1


def _with_years(rows: Rows, header: int) -> tuple[int, int]:
    """First and last row of a header, including the row above if that has the years of its months or quarters."""
    above = rows[header - 2] if header > 1 else []
    without = [cell for cell in rows[header - 1] if _BARE_PERIOD.fullmatch(cell)]
    has_years = any(_YEAR.fullmatch(cell) for cell in above)
    return (header - 1, header) if len(without) > 1 and has_years else (header, header)


def _with_names_below(rows: Rows, first: int, last: int) -> tuple[int, int]:
    """The header with the row below it too, where that has the names of columns under a cell that is wider than one.

    They are names if none of them is a value, none occurs again in its column, and some are where the row above has
    none, beside columns that have theirs above.
    """
    below = rows[last] if last < len(rows) else []
    above = rows[last - 1] + [""] * (len(below) - len(rows[last - 1]))
    named = [i for i, cell in enumerate(below) if cell]
    is_beside = any(cell and i not in named for i, cell in enumerate(above))
    if last > first or len(named) < 2 or all(above[i] for i in named) or not is_beside:
        return first, last
    body = rows[last + 1 : last + 1 + _LOOKED_AT]
    are_names = all(
        not _VALUE.fullmatch(below[i]) and all(i >= len(row) or row[i] != below[i] for row in body) for i in named
    )
    return (first, last + 1) if are_names and body else (first, last)


def _names_columns(row: Sequence[str]) -> bool:
    """Whether cells are names, not values: at most a fifth look like numbers or dates, at least half differ."""
    cells = [cell for cell in row if cell]
    values = sum(1 for cell in cells if _VALUE.fullmatch(cell))
    return values <= 0.2 * len(cells) and len(set(cells)) >= _HALF * len(cells)


def _usual(row: Sequence[str]) -> int:
    """Number of cells that are usual names of columns."""
    known = known_names()
    return sum(1 for cell in row if cell and not cell.endswith(":") and _is_usual(plain(cell), known))


def _is_usual(name: str, known: frozenset[str]) -> bool:
    return name in known or any(word in known for word in name.split("_"))


def _names(rows: Rows) -> list[str]:
    """Headers; for several rows, the words above one another, a wide cell applying to all columns below it."""
    width = max(len(row) for row in rows)
    parts = []
    for row in rows[:-1]:
        filled, above = [], ""
        for cell in row + [""] * (width - len(row)):
            above = cell or above
            filled.append(above)
        parts.append(filled)
    parts.append(rows[-1] + [""] * (width - len(rows[-1])))
    return [" ".join(part[i] for part in parts if part[i]) for i in range(width)]


def _told_apart(names: list[str]) -> list[str]:
    """Unique names; the second of a kind gets a number."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _above(rows: Rows) -> list[str]:
    """A note on rows above the header; none where there are none."""
    said = [" ".join(cell for cell in row if cell) for row in rows if any(row)]
    if not said:
        return []
    more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    shown = ", ".join(f"'{text[:60]}'" for text in said[:_SHOWN])
    return [f"the header is in row {len(rows) + 1}; not read above it: {shown}{more}"]


def _own_rows(body: list[tuple[int, list[str]]], names: list[str]) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Rows without repeated headers, totals and footnotes, and clauses that say which these were."""
    repeated = [number for number, row in body if [cell for cell in row if cell] == [name for name in names if name]]
    footnotes = _footnotes(body, len(names))
    notes = [_left_out(repeated, "repeats the header", "repeat the header"), _left_out(footnotes, *_FOOTNOTES)]
    out = {*repeated, *footnotes}
    return [(number, row) for number, row in body if number not in out], [note for note in notes if note]


def _left_out(numbers: list[int], one: str, several: str) -> str:
    """Say what was left out: `row (row 5) is a total and left out`; empty for none."""
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f"a row{in_rows(numbers)} {one} and is left out"
    return f"{len(numbers)} rows{in_rows(numbers)} {several} and are left out"


def is_total(text: str) -> bool:
    """Return whether a word marks a sum of other rows, such as `Total`."""
    return len(text) <= _LONGEST_TOTAL and _TOTAL.fullmatch(text) is not None


def _is_total_of(text: str, words: Set[str]) -> bool:
    """Whether a cell marks the sum of the rows that another word of its column stands for: `Leeds total`."""
    of = _TOTAL_OF.fullmatch(text)
    return of is not None and (of["before"] or of["after"]).strip(" :-").casefold() in words


def without_totals(cells: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Remove rows that are sums of others.

    Args:
        cells: text; the index is the row in the file.

    Returns:
        The remaining rows, and a clause that says which were removed; empty if none.
    """
    totals = pd.Series(False, index=cells.index)
    for place in range(cells.shape[1]):
        column = cells.iloc[:, place]
        words = {str(value).casefold() for value in column.unique()} - {""}
        totals |= column.isin([value for value in column.unique() if is_total(value) or _is_total_of(value, words)])
    if not totals.any() or totals.mean() > _HALF:  # if most rows have it, it means something else
        return cells, ""
    return cells[~totals], _left_out(cells.index[totals].tolist(), "is a total", "are totals")


def _footnotes(body: list[tuple[int, list[str]]], width: int) -> list[int]:
    """Rows at the end with a single cell of words, after an empty row or with a typical beginning of a footnote."""
    found: list[int] = []
    for i in range(len(body) - 1, 0, -1):
        number, row = body[i]
        cells = [cell for cell in row if cell]
        if width < 2 or len(cells) != 1 or _VALUE.fullmatch(cells[0]):
            break
        after_gap = number - body[i - 1][0] > 1
        if not (_FOOTNOTE.match(cells[0]) or after_gap or _rest_is_footnotes(body, i)):
            break
        found.append(number)
    return sorted(found)


def _rest_is_footnotes(body: list[tuple[int, list[str]]], i: int) -> bool:
    """Whether a footnote of several lines begins further up, after an empty row."""
    for j in range(i, max(i - 6, 0), -1):
        if sum(1 for cell in body[j][1] if cell) != 1:
            return False
        if body[j][0] - body[j - 1][0] > 1:
            return True
    return False


def _has_row_names(body: list[tuple[int, list[str]]], names: list[str]) -> bool:
    """Whether rows are numbered in a column without a header, as R writes them."""
    n = len(names)
    return all(len(row) == n + 1 and row[0] == str(i + 1) for i, (_, row) in enumerate(body))


def _checked_width(
    body: list[tuple[int, list[str]]], names: list[str], shown: str, limits: ReadLimits, is_text: bool
) -> int:
    """Number of columns of the table.

    More cells than headers are allowed if most rows have them (the columns have no names), or in workbooks.

    Args:
        body: rows with their numbers in the file.
        names: headers, from whose end empty ones are removed.
        shown: name of the file, for messages.
        limits: maximum sizes.
        is_text: whether an extra cell shifts the others.

    Raises:
        DataError: some rows have more cells than the header, or there are too many columns.
    """
    while names and not names[-1]:
        names.pop()
    widths = {number: max((i + 1 for i, cell in enumerate(row) if cell), default=0) for number, row in body}
    most = max(widths.values(), default=0)
    if max(most, len(names)) > limits.columns:
        value = f"{max(most, len(names)):,}"
        message = f"has more than {limits.columns:,} columns, which is the most that is read here"
        raise DataError(Problem(message, shown, value=value))
    wide = [number for number, width in widths.items() if width > len(names)]
    if is_text and wide and len(wide) <= _HALF * len(body):
        message = (
            f"has {len(names)} columns, and more cells in some rows{in_rows(wide)}; "
            "put text with a separator in it into quotation marks"
        )
        raise DataError(Problem(message, shown))
    return max(most, len(names))
