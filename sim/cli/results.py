"""`results`: list past runs, open one, or export them.

A folder is the only memory: nothing else records what was run, and a folder that is moved or sent is listed where it
is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli.options import EXTENSION, JSON
from sim.cli.streams import print_json
from sim.errors import Problem, ResultsError, UsageError
from sim.plurals import counted

if TYPE_CHECKING:
    from rich.console import Console

    from sim.experiment.answer_catalogue import Inquiry
    from sim.experiment.run.catalogue import Entry

_RESULTS = "results"
_MEGABYTE = 1e6


@click.command()
@click.argument("run", nargs=-1, metavar="[RUN]...")
@EXTENSION
@click.option("--in", "folder", default=_RESULTS, show_default=True, metavar="DIR", help="Folder that holds the runs.")
@click.option("--scenario", default="", metavar="TEXT", help="Only runs whose scenario's name contains this.")
@click.option(
    "--hash", "scenario_hash", default="", metavar="HASH", help="Only runs whose scenario hash or id begins with this."
)
@click.option(
    "--export",
    metavar="FILE",
    help="Write them to FILE: replications as .csv, .xlsx or .parquet; one run as .pdf, .pptx, .svg, .ics or .xml.",
)
@click.option("--open", "opens", is_flag=True, help="Open the report of the run in a browser.")
@JSON
def results(
    run: tuple[str, ...],
    folder: str,
    scenario: str,
    scenario_hash: str,
    export: str | None,
    opens: bool,
    as_json: bool,
) -> None:
    """List the runs that are here: scenario, date, size, and what each says.

    RUN is a folder of a run, or the beginning of its name or id; without one, all runs are listed. Files that were
    changed since the run are named. Comparisons, sweeps, explanations and plans follow, each with its main sentence.
    The runs that are listed can be exported together, a row a simulated trial.
    """
    from sim.experiment.answer_catalogue import inquiries
    from sim.experiment.run import catalogue

    if run:
        found = [catalogue.named(Path(folder), name) for name in run]
    else:
        nothing_yet = folder == _RESULTS and not Path(folder).exists()
        found = [] if nothing_yet else catalogue.entries(Path(folder))
    chosen = [entry for entry in found if entry.matches(scenario, scenario_hash)]
    if export is not None:
        _export(chosen, Path(export))
    elif opens:
        _open(chosen)
    elif as_json:
        print_json([_document(entry) for entry in chosen])
    else:
        asked = [] if run or scenario or scenario_hash or not Path(folder).is_dir() else inquiries(Path(folder))
        _print(chosen, folder, asked)


def _export(chosen: list[Entry], path: Path) -> None:
    from sim.api.runs import export

    if not chosen:
        raise UsageError(Problem("there is no run to export", "--export", value=str(path)))
    n = export([entry.path for entry in chosen], path)
    click.echo(f"wrote {n:,} simulated trials of {counted(len(chosen), 'run')} to {path}")


def _open(chosen: list[Entry]) -> None:
    if len(chosen) != 1:
        raise UsageError(Problem("name one run", "--open", value=counted(len(chosen), "run")))
    report = chosen[0].path / "report.html"
    if not report.is_file():
        message = "this run has no report; trialclock run --resume makes one"
        raise ResultsError(Problem(message, str(chosen[0].path)))
    click.launch(str(report))


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "run": entry.path.name,
        "folder": entry.path.as_posix(),
        "status": entry.status,
        "notes": list(entry.notes),
        "scenario": entry.scenario,
        "typed": entry.typed,
        "scenario_hash": entry.scenario_hash,
        "seed": entry.seed,
        "replications": entry.replications,
        "wanted": entry.wanted,
        "finished": entry.finished,
        "size_bytes": entry.size_bytes,
        "dates": {
            name: {q: None if day is None else str(day) for q, day in quantiles.items()}
            for name, quantiles in entry.dates.items()
        },
    }


def _print(chosen: list[Entry], folder: str, asked: list[Inquiry]) -> None:
    from rich.table import Table

    from sim.cli.console.tables import make_console

    console = make_console()
    if not chosen:
        console.print(f"there is no such run in {folder}; trialclock run makes one")
        _print_inquiries(console, asked)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("run", "scenario", "finished"):
        table.add_column(column, overflow="fold")
    for column in ("trials", "MB", "recruited", "database lock", "P80"):
        table.add_column(column, justify="right", no_wrap=column in ("trials", "MB"))
    for entry in chosen:
        table.add_row(*_row(entry))
    console.print(table)
    console.print("recruited, database lock: by then in half of the simulated trials; P80: lock in 80 %.")
    for entry in chosen:
        for note in entry.notes:
            console.print(f"[bold]Warning:[/bold] {entry.path.name}: {note}", soft_wrap=True)
    _print_inquiries(console, asked)


def _print_inquiries(console: Console, asked: list[Inquiry]) -> None:
    for inquiry in asked:
        when = "" if inquiry.finished is None else f", {inquiry.finished[:16].replace('T', ' ')}"
        console.print(f"\n[bold]{inquiry.path.name}[/bold] ({inquiry.command}{when})")
        console.print(inquiry.says, markup=False)
        if inquiry.page is not None:
            console.print(f"Page: {inquiry.page.as_posix()}", markup=False, soft_wrap=True)


def _row(entry: Entry) -> tuple[str, ...]:
    when = entry.status if entry.finished is None else entry.finished[:16].replace("T", " ")
    trials = f"{entry.replications:,}"
    if entry.wanted not in (None, entry.replications):
        trials += f"/{entry.wanted:,}"
    shown = {
        name: {q: "never" if day is None else str(day) for q, day in quantiles.items()}
        for name, quantiles in entry.dates.items()
    }
    last, lock = (shown.get(name, {"p50": "", "p80": ""}) for name in ("last_randomised", "database_lock"))
    size = f"{entry.size_bytes / _MEGABYTE:.1f}"
    return entry.path.name, entry.typed or entry.scenario, when, trials, size, last["p50"], lock["p50"], lock["p80"]
