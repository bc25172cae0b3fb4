"""`validate`, `show`, `diff` and `schema`: look at scenarios without simulating them.

They import no numpy where they can help it, because planners call them after each change of a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sim.cli.options import EXTENSION, SET, scenario_argument
from sim.cli.streams import print_json
from sim.errors import Problem, UsageError, nearest

if TYPE_CHECKING:
    from sim.scenario.provenance import Provenance
    from sim.scenario.schema import Scenario

_FEW = 3  # notes that are read one by one


@click.command()
@click.argument("scenario", default="base")
@SET
@EXTENSION
@click.option("--all", "each", is_flag=True, help="Name every number without a source, instead of counting them.")
def validate(scenario: str, overrides: tuple[str, ...], each: bool) -> None:
    """Check SCENARIO: one line for everything that is wrong, with file, line, path, value and what is allowed.

    Limits, looks and amendments are given in words, with where each applies. Numbers that have no entry in 'sources',
    and what may be meant otherwise, are noted, and are no error.
    """
    from sim.scenario.entry import wording
    from sim.scenario.load import load
    from sim.scenario.provenance import provenance
    from sim.scenario.remarks import amended, completion, limits, looks, remarks
    from sim.scenario.schema.drift import drift_in_words
    from sim.scenario.schema.risks import risk_in_words

    loaded = load(scenario, overrides)
    rows = provenance(loaded)
    n_sites = sum(group.count for group in loaded.scenario.sites.values())
    n_uncertain = sum("uncertain:" in row.value for row in rows)
    click.echo(
        f"{loaded.file} is valid: {loaded.scenario.trial.target:,} participants, sites: {n_sites}, "
        f"{len(loaded.scenario.screening.criteria)} criteria, {n_uncertain} uncertain values"
    )
    say = wording(loaded.scenario)
    event_driven = completion(loaded.scenario)
    if event_driven:
        click.echo(say(event_driven))
    for limit in limits(loaded.scenario):
        click.echo(f"limit: {say(limit)}")
    for look in looks(loaded.scenario):
        click.echo(f"interim look: {say(look)}")
    for amendment in amended(loaded.scenario):
        click.echo(f"amendment: {say(amendment)}")
    for name, risk in loaded.scenario.risks.items():
        click.echo(f"risk: {risk_in_words(name, risk)}")
    if loaded.scenario.drift is not None:
        click.echo(f"drift: {drift_in_words(loaded.scenario.drift)}")
    for remark in (*remarks(loaded.scenario), *_falling_curves(loaded.scenario)):
        click.echo(f"note: {say(remark)}", err=True)
    bare = [row for row in rows if row.lacks_source]
    for note in _each_without_source(bare) if each or len(bare) <= _FEW else _all_without_source(bare):
        click.echo(f"note: {note}", err=True)


def _falling_curves(scenario: Scenario) -> list[str]:
    """Notes on uncertain curves that can fall; what computes them is loaded only where a curve is uncertain."""
    ways = scenario.follow_up.leaving.values() if scenario.follow_up else ()
    values = [value for way in ways for curve in way.cumulative.values() for value in curve.values()]
    if all(isinstance(value, float) for value in values):
        return []
    from sim.core.leaving import falling_curves

    return falling_curves(scenario)


def _each_without_source(bare: list[Provenance]) -> list[str]:
    return [f"{row.origin}: {row.path}: this number has no entry in 'sources'" for row in bare]


def _all_without_source(bare: list[Provenance]) -> list[str]:
    """One note per file: how many numbers have no source, and in which parts of the scenario."""
    parts: dict[str, dict[str, int]] = {}
    for row in bare:
        file, _, line = row.origin.rpartition(":")
        of_file = parts.setdefault(file if line.isdigit() else row.origin, {})
        part = row.path.partition(".")[0]
        of_file[part] = of_file.get(part, 0) + 1
    return [
        f"{file}: {sum(counts.values())} numbers have no entry in 'sources' (--all names each): "
        + ", ".join(f"{part} {n}" for part, n in counts.items())
        for file, counts in parts.items()
    ]


@click.command()
@scenario_argument
@SET
@EXTENSION
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--only", metavar="PATH", help="Only values below this path.")
def show(scenario: str, overrides: tuple[str, ...], as_json: bool, only: str | None) -> None:
    """Show every value of SCENARIO: where it comes from (file and line, or default), its grade and its source."""
    from sim.scenario.load import load
    from sim.scenario.provenance import provenance

    rows = provenance(load(scenario, overrides))
    if only:
        chosen = [row for row in rows if row.path == only or row.path.startswith(f"{only}.")]
        if not chosen:
            known = {row.path for row in rows} | {row.path.rpartition(".")[0] for row in rows}
            raise UsageError(Problem(f"there is no such path; {nearest(only, known - {''})}", "--only", value=only))
        rows = chosen
    if as_json:
        print_json([vars(row) for row in rows])
        return
    width = min(max(len(row.path) for row in rows), 64)
    for row in rows:
        source = f"  [{row.grade}: {row.source}]" if row.grade else f"  [{row.source}]" if row.source else ""
        per = " per site" if row.path.endswith(".max_participants") and row.value != "null" else ""
        click.echo(f"{row.path:<{width}}  {row.value}{per}  ({row.origin}){source}")


@click.command()
@click.argument("a")
@click.argument("b")
@EXTENSION
def diff(a: str, b: str) -> None:
    """Show the values in which scenarios A and B differ."""
    from sim.scenario.load import load
    from sim.scenario.provenance import differences

    found = differences(load(a), load(b))
    for path, ours, theirs in found:
        click.echo(f"{path}: {ours} -> {theirs}")
    if not found:
        click.echo("the two scenarios have the same values")


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, which editors use for completion."""
    from sim.scenario.json_schema import scenario_schema

    print_json(scenario_schema())
