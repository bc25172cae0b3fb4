"""`compare`: is B better than A, by how many days, and is the difference sure?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sim.cli.options import as_given, of_many_trials, prepare_workers
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json, say_engine
from sim.errors import Problem, UsageError

if TYPE_CHECKING:
    from sim.experiment.comparison.tables import Compared

_NUMBERED = re.compile(r"^(\d+):(.+)$", re.DOTALL)

_SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="[K:]PATH=VALUE",
    help="Override a value in all scenarios, or with K: in the K-th alone, as in 2:sites.general_hospital.count=4.",
)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="A B [C ...]")
@click.option(
    "--shares", is_flag=True, help="Say what each changed value is worth; simulates the scenarios in between."
)
@of_many_trials("Simulated trials of each.", "results/compare-<names>-<id>", "comparison.html", overrides=_SET)
def compare(
    names: tuple[str, ...],
    replications: int | None,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    out: str | None,
    overrides: tuple[str, ...],
    shares: bool,
    as_json: bool,
    no_report: bool,
) -> int:
    """Compare scenarios trial by trial: by how many days is B earlier than A, and how sure is that?

    A, B, ... are scenario files, names of included scenarios, or results folders that share a seed.
    The first is the reference. All are simulated on the same random numbers, so that a difference is the scenarios'
    and not chance's. Finished runs are used again; stopped runs continue.
    """
    prepare_workers(workers, cluster)
    from sim.api.comparison import compare_in_folder
    from sim.experiment.execution import Execution

    if len(names) < 2:
        raise UsageError(Problem("name two scenarios or more; the first is the reference", value=names[0]))
    each = overrides_for_each(overrides, len(names))
    with progress_bar() as progress:
        compared = compare_in_folder(
            names,
            each,
            replications=replications,
            seed=seed,
            out=out,
            shares=shares,
            page=not no_report,
            execution=Execution(workers, cluster, progress, as_given()),
        )
    say_engine(side.loaded.scenario for side in compared.comparison.sides)
    _print(compared, as_json)
    return 0


def overrides_for_each(overrides: Sequence[str], n: int) -> list[list[str]]:
    """The overrides of each scenario: those without a number, and those with its own number.

    Args:
        overrides: `PATH=VALUE` or `K:PATH=VALUE` texts, K from 1.
        n: number of scenarios.

    Returns:
        A list of `PATH=VALUE` texts per scenario.

    Raises:
        UsageError: a number outside 1 to `n`.
    """
    found: list[list[str]] = [[] for _ in range(n)]
    for text in overrides:
        numbered = _NUMBERED.match(text)
        if numbered is None:
            for each in found:
                each.append(text)
            continue
        number = int(numbered.group(1))
        if not 1 <= number <= n:
            raise UsageError(Problem(f"there are scenarios 1 to {n}", "--set", value=text))
        found[number - 1].append(numbered.group(2))
    return found


def _print(compared: Compared, as_json: bool) -> None:
    assert compared.folder is not None  # it was kept
    if as_json:
        from sim.report.comparison.document import answer

        document = answer(compared) | {"folder": compared.folder.as_posix()}
        print_json(document)
        return
    from sim.cli.console.comparison import print_comparison

    print_comparison(compared, compared.folder)
