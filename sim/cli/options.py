"""Options that several commands share, so that each has one name, one default and one help text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Override a value, as in sites.general_hospital.count=4; may be given again.",
)


def _take_part(context: click.Context, _option: click.Parameter, files: tuple[str, ...]) -> None:
    """Activate extensions for the duration of the command."""
    if files:
        from sim.scenario.extension_files import extensions_given

        context.with_resource(extensions_given(files))


EXTENSION = click.option(
    "--extension",
    multiple=True,
    metavar="FILE",
    expose_value=False,
    callback=_take_part,
    help="A Python file with your own rule or measure, which is executed; may be given again.",
)
SEED = click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="S", help="Seed of the random numbers.")
REPLICATION = click.option(
    "--replication",
    "-k",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="K",
    help="Number of the simulated trial.",
)


WORKERS = click.option(
    "--workers", "-w", type=click.IntRange(1, 1024), metavar="W", help="Processes; default: all cores."
)
CLUSTER = click.option("--cluster", metavar="ADDRESS", help="A Dask cluster to simulate on: tcp://HOST:PORT, or local.")


def scenario_argument(command: Command) -> Command:
    """Add the argument SCENARIO: a file, or the name of a scenario that comes with the program; default: base."""
    return click.argument("scenario", default="base", metavar="[SCENARIO]")(command)
