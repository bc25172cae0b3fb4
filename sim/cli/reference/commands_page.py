"""The reference of the commands, generated from their declarations.

A test compares the page with the declarations, so that it cannot be out of date.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from sim.cli.reference.markdown import code, page, table

_INTRODUCTION = """\
`python run_sim.py` is the same command as `trialclock`. Without a command it runs the base scenario. SCENARIO is a
file, or the name of an included scenario.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a replication raised an exception, which is a defect of the program; `failures.json` says which, and the others \
are done. Or workers were lost again and again; what is finished is kept |
| 2 | something that a person wrote is wrong; the message says where and what is allowed, and nothing was written |
| 3 | done, but `--until` was not met with as many simulated trials as were allowed |
| 70 | a defect of the program; `TRIALCLOCK_DEBUG=1` shows the traceback |
| 130 | stopped by hand; what was finished is kept, and the same command continues |
"""


def _takes(parameter: click.Parameter) -> str:
    kind = parameter.type
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return ""
    if isinstance(kind, click.Choice):
        return ", ".join(code(str(choice)) for choice in kind.choices)
    if isinstance(kind, click.IntRange):
        low = "" if kind.min is None else f"at least {kind.min:,}"
        high = "" if kind.max is None else f"at most {kind.max:,}"
        return "whole number, " + ", ".join(filter(None, (low, high)))
    return {"integer": "whole number", "float": "number", "directory": "folder"}.get(kind.name, kind.name)


def _default(parameter: click.Parameter) -> str:
    """The default value, if it tells the reader something."""
    value = parameter.to_info_dict().get("default")
    return code(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _option(option: click.Option) -> tuple[str, str, str, str]:
    names = ", ".join(code(name) for name in option.opts)
    metavar = f" {option.metavar}" if option.metavar else ""
    return f"{names}{metavar}", _takes(option), _default(option), option.help or ""


def _usage(name: str, command: click.Command) -> str:
    arguments = [
        (parameter.metavar or (parameter.name or "").upper()).strip("[]")
        if parameter.required
        else f"[{(parameter.metavar or (parameter.name or '').upper()).strip('[]')}]"
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    ]
    options = ["[OPTIONS]"] if any(isinstance(parameter, click.Option) for parameter in command.params) else []
    return " ".join(["trialclock", name, *options, *arguments])


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield from [f"## {name}", "", "```text", _usage(name, command), "```", ""]
    yield from [inspect.cleandoc(command.help or ""), ""]
    options = [_option(parameter) for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        yield from table(("option", "takes", "default", "meaning"), options)


def _all(prefix: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Every command by its whole name, subcommands after their group."""
    for name in sorted(group.commands):
        command = group.commands[name]
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from _all(f"{prefix}{name} ", command)


def commands_page(group: click.Group) -> str:
    """Every command with its arguments and options, as Markdown.

    Args:
        group: the group of all commands; subcommands stand after their group.

    Returns:
        The whole page, ending in one line feed; the same for the same version of the program.
    """
    lines = [line for name, command in _all("", group) for line in _command(name, command)]
    return page("Commands", [_INTRODUCTION, *lines])
