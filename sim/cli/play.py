"""`play`: one simulated trial as a page to watch."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.options import EXTENSION, SEED, SET, scenario_argument
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.core.design import Design
    from sim.experiment.one_trial import Picked

_WHICH = click.Choice(["typical", "early", "late"])


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
    from sim.core.design import Design
    from sim.experiment.files import write_text
    from sim.report.one_trial.page import headline, stage_page, stands_for
    from sim.report.one_trial.stage import stage_of
    from sim.scenario.load import as_typed, load_scenario

    if replication is not None and (which is not None or among is not None):
        raise UsageError("--replication names one simulated trial, and --which and --among pick one: give one or other")
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
