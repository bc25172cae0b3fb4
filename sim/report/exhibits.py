"""What a report shows: a figure with its words and its table, made together so that they cannot disagree."""

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
        caption: what it is a table of.
        columns: headers; the first column names the row.
        rows: cells, as many in each row as there are columns.
        is_open: whether it is shown without being asked for.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_open: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it would fill pages of a printed report."""
        return len(self.rows) > MOST_PRINTED_ROWS


@dataclass(frozen=True)
class Exhibit:
    """One figure, or in its place the reason why there is none.

    Attributes:
        name: key of the figure, and its id in the page.
        title: heading.
        summary: what the figure shows, in a sentence or two with figures and errors.
        source: where the figures come from.
        figure: the figure; None where there is nothing to draw, which the summary then says.
        table: the data, or None.
    """

    name: str
    title: str
    summary: str
    source: str = ""
    figure: go.Figure | None = None
    table: Table | None = None
