"""Options that several commands share."""

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
SEED = click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="S", help="Where random numbers start.")
REPLICATION = click.option(
    "--replication",
    "-k",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="K",
    help="Which simulated trial.",
)


def scenario_argument(command: Command) -> Command:
    """SCENARIO: a file, or the name of a scenario that comes with the program; default: base."""
    return click.argument("scenario", default="base", metavar="[SCENARIO]")(command)


def typed(scenario: str, overrides: tuple[str, ...]) -> str:
    """Scenario and overrides as a person would type them."""
    import shlex

    return " ".join([shlex.quote(scenario), *(f"--set {shlex.quote(text)}" for text in overrides)])
