"""Options that several commands share, so that each has one name, one default and one help text.

Some act by themselves for as long as the command runs, and pass it no value: `EXTENSION` and `ENGINE`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from sim.errors import Problem, UsageError

Command = Callable[..., Any]

SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Override a value, as in sites.general_hospital.count=4; may be repeated.",
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
    help="A Python file with your own rule or measure, which is executed; may be repeated.",
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


def _ask_for(context: click.Context, _option: click.Parameter, name: str | None) -> None:
    """Ask for an engine for the duration of the command."""
    if name is not None:
        from sim.compiled.choice import engine_asked

        context.with_resource(engine_asked(name))


ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "simpy", "compiled"]),
    expose_value=False,
    callback=_ask_for,
    help="What simulates; no result depends on it. Default: auto.",
)
CLUSTER = click.option("--cluster", metavar="ADDRESS", help="A Dask cluster to simulate on: tcp://HOST:PORT, or local.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else on stdout.")


def prepare_workers(workers: int | None, cluster: str | None) -> None:
    """Start the process that workers are forked from, so that it imports while the command does.

    Args:
        workers: the option --workers.
        cluster: the option --cluster.
    """
    if cluster is None and workers != 1:
        from sim.experiment.forks import prepare_forks

        prepare_forks()


def replications(meaning: str, most: int = 10_000_000) -> Callable[[Command], Command]:
    """The option --replications, with what the command makes of the number.

    Args:
        meaning: help text.
        most: the largest number allowed.

    Returns:
        A decorator for the command, which gets `replications`: None if it was not given.
    """
    return click.option("--replications", "-n", type=click.IntRange(1, most), metavar="N", help=meaning)


class _Folder(click.Path):
    """A folder to write into, whose name is not blank: a shell writes `--out "$DIR"` so where DIR is not set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            raise UsageError(Problem("is not the name of a folder", "--out", value=f"'{value}'"))
        return super().convert(value, param, ctx)


def out_folder(default: str) -> Callable[[Command], Command]:
    """The option --out, a folder.

    Args:
        default: the folder without the option, for the help text.

    Returns:
        A decorator for the command, which gets `out`: None if it was not given.
    """
    return click.option("--out", type=_Folder(file_okay=False), metavar="DIR", help=f"Default: {default}.")


def no_report(page: str) -> Callable[[Command], Command]:
    """The option --no-report.

    Args:
        page: the file that is then not written.
    """
    return click.option("--no-report", is_flag=True, help=f"Do not write {page}.")


def of_many_trials(
    trials: str, folder: str, page: str, *, most: int = 10_000_000, overrides: Callable[[Command], Command] = SET
) -> Callable[[Command], Command]:
    """The options of every question that simulates many trials, from --replications to --no-report, in one order.

    Args:
        trials: help text of --replications.
        folder: the default of --out, for its help text.
        page: the file that --no-report leaves out.
        most: the largest number of --replications.
        overrides: the option --set, where it is not the usual one.
    """
    options = (
        replications(trials, most),
        SEED,
        WORKERS,
        CLUSTER,
        ENGINE,
        out_folder(folder),
        overrides,
        EXTENSION,
        JSON,
        no_report(page),
    )
    return lambda command: functools.reduce(lambda done, option: option(done), reversed(options), command)


def as_given() -> str:
    """The command as it was given, with `trialclock` in place of the program's path, for manifests.

    Returns:
        One line, in which a shell's quotation marks are gone.
    """
    return " ".join(["trialclock", *sys.argv[1:]])


def scenario_argument(command: Command) -> Command:
    """Add the argument SCENARIO: a file, or the name of an included scenario; default: base."""
    return click.argument("scenario", default="base", metavar="[SCENARIO]")(command)
