"""The progress bar of commands that simulate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sim.experiment.progress import Progress

Said = TypeVar("Said")


class progress_bar:  # noqa: N801 - used as a with statement
    """A progress bar on stderr, with the time left.

    Args:
        show: whether to draw it; a bar in a log file would be useless.
    """

    def __init__(self, show: bool) -> None:
        self._show = show

    def __enter__(self) -> Progress:
        if not self._show:
            from sim.experiment.progress import no_progress

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
        """Call `say` while the bar is hidden, so that neither overwrites the other."""
        if self._show:
            self._bar.stop()
        say(what)
        if self._show:
            self._bar.start()

    def __exit__(self, *exc: object) -> None:
        if self._show:
            self._bar.stop()
