"""The console and its tables, with one width and one style for all commands.

Output that is no terminal has a fixed width, so that the same answer gives the same text in a file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sim.scenario.entry import Wording, wording

if TYPE_CHECKING:
    from rich.text import Text

    from sim.scenario.schema import Scenario

_PLAIN_WIDTH = 120  # where nobody looks at a terminal


class _Printer(Console):
    """A console that raises BrokenPipeError when stdout is closed, and lets the caller handle it.

    Texts, and those in tables, are printed in the words of the trials that they are about.
    """

    def __init__(self, say: Wording, **how: Any) -> None:
        super().__init__(**how)
        self._say = say

    def render_str(self, text: str, **how: Any) -> Text:
        """The text to print; rich asks for it wherever a text stands."""
        return super().render_str(self._say(text), **how)

    def on_broken_pipe(self) -> None:
        """Raise; rich itself would end the process as if it had failed."""
        raise BrokenPipeError


def make_console(*scenarios: Scenario) -> Console:
    """A console on stdout: as wide as the terminal, or without one, wide enough for every table.

    Markup such as `[bold]` is read; text of a scenario is printed with `markup=False` or stands in a table.

    Args:
        scenarios: the trials that all of it is about, whose words it uses; see `sim.scenario.entry`.
    """
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return _Printer(wording(*scenarios), width=width, highlight=False, soft_wrap=False)


def make_table(first: str, *numbers: str) -> Table:
    """A table with names at the left and right-aligned numbers.

    Args:
        first: header of the names.
        numbers: headers of the columns of numbers.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first)
    for column in numbers:
        table.add_column(column, no_wrap=True, justify="right")
    return table


def print_place(console: Console, folder: Path, page: str) -> None:
    """Print the folder of the files, and the page if it was written.

    Args:
        console: where to print.
        folder: folder of the files.
        page: file name of the page.
    """
    console.print(f"Files: {folder.as_posix()}/", soft_wrap=True)
    if (folder / page).is_file():
        console.print(f"Page: {(folder / page).as_posix()}", soft_wrap=True)
