"""`run`: from a scenario to a dated answer."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from sim.cli.options import SEED, SET, scenario_argument, typed

if TYPE_CHECKING:
    from sim.experiment.results import Results
    from sim.experiment.run import Progress

_FAILED_REPLICATIONS = 1


@click.command()
@scenario_argument
@click.option("--replications", "-n", type=click.IntRange(1, 10_000_000), metavar="N", help="Simulated trials.")
@SEED
@click.option("--workers", "-w", type=click.IntRange(1, 1024), metavar="W", help="Processes; default: all cores.")
@click.option("--out", type=click.Path(file_okay=False), metavar="DIR", help="Default: results/<scenario>-<id>.")
@SET
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else on stdout.")
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
def run(
    scenario: str = "base",
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    out: str | None = None,
    overrides: tuple[str, ...] = (),
    as_json: bool = False,
    no_report: bool = False,
) -> int:
    """Simulate SCENARIO many times: when is it complete, how sure is that, and what holds it back?

    SCENARIO is a file, or the name of a scenario that comes with the program (default: base). A run that was stopped
    goes on where it was when the same command is given again.
    """
    from sim import api
    from sim.report.assumptions import assumption_rows
    from sim.scenario.load import load

    loaded = load(scenario, overrides)
    with _progress_bar(show=sys.stderr.isatty()) as progress:
        results = api.run(
            loaded.scenario,
            replications=replications,
            seed=seed,
            workers=workers,
            out=out,
            report=not no_report,
            progress=progress,
            command=" ".join(sys.argv),
            typed=typed(scenario, overrides),
            assumptions=assumption_rows(loaded),
        )
    _print(results, as_json)
    return _FAILED_REPLICATIONS if results.failures else 0


def _print(results: Results, as_json: bool) -> None:
    if as_json:
        from sim.report.document import answer

        click.echo(json.dumps(answer(results), indent=1, ensure_ascii=False, allow_nan=False))
        return
    from sim.cli.console import print_answer

    print_answer(results)


class _progress_bar:  # noqa: N801 - used as a with statement
    """A progress bar on stderr, with the time left."""

    def __init__(self, show: bool) -> None:
        self._show = show

    def __enter__(self) -> Progress:
        if not self._show:
            from sim.experiment.run import no_progress

            return no_progress
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("simulating"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("trials,"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task("", total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *exc: object) -> None:
        if self._show:
            self._bar.stop()
