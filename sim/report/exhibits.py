"""What a report shows: a figure with its summary and its table, made together so that they cannot disagree.

The same exhibit goes into an HTML page, the studio, an Excel workbook and the documents; none of them adds a number.

Attributes:
    MOST_PRINTED_ROWS: rows of a table beyond which it would fill several pages of a printed report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_PRINTED_ROWS = 40


@dataclass(frozen=True)
class Table:
    """The data behind a figure, as text.

    Attributes:
        caption: what the table shows.
        columns: headers; the first column names the row.
        rows: cells; every row has as many as there are columns.
        is_open: whether the table is shown without a click.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_open: bool = False

    @property
    def is_long(self) -> bool:
        """Whether the table would fill several pages of a printed report."""
        return len(self.rows) > MOST_PRINTED_ROWS


@dataclass(frozen=True)
class Exhibit:
    """One figure, or the reason why there is none.

    Attributes:
        name: key of the figure, and its id in the page; pages assign exhibits to their parts by it.
        title: heading.
        summary: what the figure shows, in a sentence or two, with numbers and errors; read out by screen readers.
        source: files and methods behind the figure; empty if the summary says enough.
        figure: the figure; None if there is nothing to draw, which the summary then says, or if the table is all.
        table: the data, or None.
    """

    name: str
    title: str
    summary: str
    source: str = ""
    figure: go.Figure | None = None
    table: Table | None = None
