"""`reference`: the reference pages, generated from schema, base scenario, measures, kinds of event and commands.

Tests hold that the pages in `docs/reference` are what this makes; `make generated` renews them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from sim.errors import Problem, UsageError

PAGES = ("scenario", "inputs", "results", "commands")


def page_of(name: str, group: click.Group) -> str:
    """One page of the reference, as Markdown.

    Args:
        name: one of `PAGES`.
        group: the group of all commands, for the page of the commands.
    """
    from sim.cli.reference.commands_page import commands_page
    from sim.cli.reference.inputs_page import inputs_page
    from sim.cli.reference.results_page import results_page
    from sim.cli.reference.scenario_page import scenario_page

    pages: dict[str, Callable[[], str]] = {
        "scenario": scenario_page,
        "inputs": inputs_page,
        "results": results_page,
        "commands": lambda: commands_page(group),
    }
    return pages[name]()


@click.command()
@click.argument("page", type=click.Choice(PAGES), required=False, metavar="[PAGE]")
@click.option("--out", type=click.Path(file_okay=False), metavar="DIR", help="Write every page into this folder.")
@click.pass_context
def reference(context: click.Context, page: str | None, out: str | None) -> None:
    """Print a page of the reference: keys of a scenario, inputs of base, columns of the results, or commands.

    PAGE is scenario, inputs, results or commands (default: scenario).
    """
    from sim.experiment.files import write_text

    group = context.find_root().command
    assert isinstance(group, click.Group)
    if out is None:
        click.echo(page_of(page or PAGES[0], group), nl=False)
        return
    folder = Path(out)
    if not folder.is_dir():
        raise UsageError(Problem("there is no such folder", "--out", value=out))
    for name in (page,) if page else PAGES:
        write_text(folder / f"{name}.md", page_of(name, group))
        click.echo(f"wrote {(folder / f'{name}.md').as_posix()}")
