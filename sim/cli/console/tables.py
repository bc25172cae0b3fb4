"""The console, its tables, and where an answer was kept: what all that is printed shares."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

_PLAIN_WIDTH = 120  # where nobody looks at a terminal


class _Printer(Console):
    """A console that leaves it to the caller what follows when whoever reads has seen enough."""

    def on_broken_pipe(self) -> None:
        """Rich would end the process as if it had failed."""
        raise BrokenPipeError


def make_console() -> Console:
    """A console on stdout, as wide as the terminal; where there is none, wide enough for every table."""
    return _Printer(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False, soft_wrap=False)


def make_table(first: str, *numbers: str) -> Table:
    """A table of names at the left and numbers that end in line."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for column in numbers:
        table.add_column(column, no_wrap=True, justify="right")
    return table


def print_place(console: Console, folder: Path, page: str) -> None:
    """Print where the files are, and the page where it was written."""
    console.print(f"Files: {folder.as_posix()}/", soft_wrap=True)
    if (folder / page).is_file():
        console.print(f"Page: {(folder / page).as_posix()}", soft_wrap=True)
