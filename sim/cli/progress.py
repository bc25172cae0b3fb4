"""The progress bar of commands that simulate.

It is on stderr and gone at the end, so that what a command prints can be kept in a file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sim.experiment.execution import Progress

Said = TypeVar("Said")


class progress_bar:  # noqa: N801 - used as a with statement
    """A progress bar on stderr, with the time left. Entering it gives the function to call with trials done and in all.

    Args:
        show: whether to draw it; default: on a terminal only, since a bar in a log file would be useless.
    """

    def __init__(self, show: bool | None = None) -> None:
        self._show = sys.stderr.isatty() if show is None else show

    def __enter__(self) -> Progress:
        if not self._show:
            from sim.experiment.execution import no_progress

            return no_progress
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("simulating"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("trials,"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
        )
        bar = self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        bar.start()
        tasks: list[TaskID] = []

        def update(done: int, total: int) -> None:
            if not tasks:  # what a run that goes on has from before says nothing about its speed now
                tasks.append(bar.add_task("", total=total, completed=done))
            bar.update(tasks[0], completed=done, total=total)

        return update

    def aside(self, say: Callable[[Said], None], what: Said) -> None:
        """Call `say` while the bar is hidden, so that neither overwrites the other.

        Args:
            say: prints something.
            what: its argument.
        """
        if self._show:
            self._bar.stop()
        say(what)
        if self._show:
            self._bar.start()

    def __exit__(self, *exc: object) -> None:
        if self._show:
            self._bar.stop()
