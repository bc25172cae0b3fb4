"""One simulated trial: `trace` and `replay` tell it event by event, `play` writes a page to watch."""

from __future__ import annotations

import shlex
import traceback
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.options import EXTENSION, REPLICATION, SEED, SET, scenario_argument
from sim.cli.streams import hand_over
from sim.errors import Problem, ReplicationFailed, ResultsError, TrialclockError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from sim.core.design import Design
    from sim.experiment.one_trial import Picked
    from sim.experiment.run.results import Results

_WHICH = click.Choice(["typical", "early", "late"])
_FORMATS = click.Choice(["story", "csv"])


@click.command()
@scenario_argument
@REPLICATION
@SEED
@SET
@EXTENSION
@click.option(
    "--format",
    "form",
    type=click.Choice([*_FORMATS.choices, "sdtm", "ocel"]),
    default="story",
    show_default=True,
    help="Sentences, a table, SDTM in Dataset-JSON, or an OCEL 2.0 log.",
)
@click.option("--participant", type=click.IntRange(1), metavar="N", help="Only what happens to the N-th participant.")
@click.option("--until", metavar="DATE", help="Only what has happened by then, as data of a running trial.")
@click.option("--out", metavar="PATH", help="Write here instead of stdout: a file, or for SDTM a folder.")
def trace(
    scenario: str,
    replication: int,
    seed: int | None,
    overrides: tuple[str, ...],
    form: str,
    participant: int | None,
    until: str | None,
    out: str | None,
) -> None:
    """Tell one simulated trial of SCENARIO as a story that a student can read, or as a table.

    As SDTM (DM, DS, SV, EX) it can be given to `forecast`, or to a data manager's own programs; as OCEL to programs for
    process mining.
    """
    from sim.core.design import Design
    from sim.experiment.replicate import replicate
    from sim.scenario.load import load_scenario

    if form == "sdtm" and out is None:
        raise UsageError(Problem("--format sdtm writes several files; add --out FOLDER"))
    if participant is not None and form != "story":
        raise UsageError(Problem("works only with --format story", "--participant"))
    design = Design(load_scenario(scenario, overrides))
    rows = replicate(design, design.scenario.experiment.seed if seed is None else seed, replication).table()
    rows = _known(design, rows, until)
    if form == "sdtm":
        _write_domains(design, rows, Path(str(out)))
    else:
        hand_over(_told(design, rows, replication, form, participant), out)


def _known(design: Design, rows: npt.NDArray[np.float64], until: str | None) -> npt.NDArray[np.float64]:
    """Events up to the end of a day, as rows of the log."""
    if until is None:
        return rows
    try:
        last = design.clock.day_of(date.fromisoformat(until))
    except ValueError:
        raise UsageError(Problem("must be a date such as 2027-01-15", "--until", value=until)) from None
    known: npt.NDArray[np.float64] = rows[rows[:, 0] < last + 1.0]
    return known


def _told(design: Design, rows: npt.NDArray[np.float64], replication: int, form: str, participant: int | None) -> str:
    """One simulated trial as a story, a table, or a log for other programs."""
    if form == "csv":
        from sim.analysis.tables import event_table

        return _csv(event_table(design, replication, rows))
    if form == "ocel":
        from sim.exchange.outgoing.ocel import ocel

        return ocel(design, rows)
    from sim.report.one_trial.story import story

    return "\n".join([*story(design, rows, participant), ""])


def _write_domains(design: Design, rows: npt.NDArray[np.float64], folder: Path) -> None:
    from sim.exchange.outgoing.sdtm_domains import dataset_json
    from sim.experiment.files import cannot_write, write_text

    files = dataset_json(design, rows)
    if not files:
        raise UsageError(
            Problem("nobody consents in this simulated trial, so there is nobody to write about", "--format")
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    for name, text in files.items():
        write_text(folder / name, text)
    click.echo(f"wrote {', '.join(files)} to {folder}")


@click.command()
@click.argument("results", type=click.Path())
@REPLICATION
@EXTENSION
@click.option("--format", "form", type=_FORMATS, default="csv", show_default=True, help="Sentences, or a table.")
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="Write here instead of stdout.")
def replay(results: str, replication: int, form: str, out: str | None) -> None:
    """Simulate one replication of a run again, from the run's folder: the same events, byte for byte.

    Where the run kept that replication whole, its events are compared.
    """
    from sim.analysis.tables import event_table
    from sim.experiment.run.assemble import EVENTS
    from sim.experiment.run.results import open_results
    from sim.report.one_trial.story import story

    run = open_results(Path(results))
    rows = _again(run, replication)
    table = event_table(run.design, replication, rows)
    if not run.is_of_this_program():
        click.echo(
            f"warning: {run.path} was made by different program code (trialclock {run.identity['version']}, "
            f"{run.identity['program']}); the events may differ from those of the run",
            err=True,
        )
    for damaged in run.damaged_files():
        click.echo(f"warning: {run.path}: {damaged} since the run", err=True)
    kept = replication < run.identity["keep"]
    if kept and not run.kept_events(replication).equals(table):
        message = f"replication {replication} differs from what the run kept: the folder or the program has changed"
        raise ResultsError(Problem(message, str(run.path / EVENTS)))
    hand_over(_csv(table) if form == "csv" else "\n".join([*story(run.design, rows), ""]), out)
    if kept:
        click.echo(f"identical to the {len(rows)} events that the run kept", err=True)


def _again(run: Results, replication: int) -> npt.NDArray[np.float64]:
    """The events of a replication; if it raises, its traceback is shown instead."""
    try:
        return run.replay(replication).table()
    except TrialclockError:
        raise
    except Exception as error:
        click.echo(traceback.format_exc(), err=True)
        raise ReplicationFailed(f"replication {replication} raises {type(error).__name__}: {error}") from None


def _csv(table: pa.Table) -> str:
    from sim.analysis.spreadsheets import csv_text

    return csv_text(table.to_pandas(), "%.17g")


@click.command()
@scenario_argument
@click.option("--replication", "-k", type=click.IntRange(0), metavar="K", help="This simulated trial.")
@click.option("--which", type=_WHICH, help="Or pick one by its last randomisation: half way, one in ten, nine in ten.")
@click.option(
    "--among",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help="Pick among N simulated trials; default 192.",
)
@SEED
@SET
@EXTENSION
@click.option("--out", type=click.Path(dir_okay=False), metavar="FILE", help="Default: <scenario>-trial-<K>.html here.")
def play(
    scenario: str,
    replication: int | None,
    which: str | None,
    among: int | None,
    seed: int | None,
    overrides: tuple[str, ...],
    out: str | None,
) -> None:
    """Write one simulated trial of SCENARIO as a page to watch: people, queues, bays and cells, day by day.

    One file that opens in any browser without a network. Without --replication and --which it is a typical trial.
    """
    from sim.api.one_trial import stage_of
    from sim.core.design import Design
    from sim.experiment.files import write_text
    from sim.report.one_trial.page import headline, stage_page, stands_for
    from sim.scenario.load import as_typed, load_scenario

    if replication is not None and (which is not None or among is not None):
        raise UsageError(
            "--replication names one simulated trial, and --which and --among pick one: give one or the other"
        )
    design = Design(load_scenario(scenario, overrides))
    seed = design.scenario.experiment.seed if seed is None else seed
    picked = None if replication is not None else _picked(design, seed, which or "typical", among)
    stage = stage_of(design, seed, picked.replication if picked else replication or 0)
    said = as_typed(scenario, overrides)
    path = Path(out or f"{Path(scenario).stem}-trial-{stage.replication}.html")
    chosen = f"--which {picked.name} --among {picked.among}" if picked else f"--replication {stage.replication}"
    page = stage_page(stage, f"trialclock play {said} {chosen} --seed {seed}", picked)
    write_text(path, page)
    click.echo(headline(stage))
    click.echo(stands_for(stage, picked))
    click.echo(
        f"Replication {stage.replication}, as a story: trialclock trace {said} -k {stage.replication} --seed {seed}"
    )
    click.echo(f"Page: {shlex.quote(str(path))}")


def _picked(design: Design, seed: int, which: str, among: int | None) -> Picked:
    from sim.experiment.one_trial import AMONG, last_randomised_days, pick

    return pick(last_randomised_days(design, seed, among or AMONG), which)
