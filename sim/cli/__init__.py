"""The command line. Each command imports what it needs only when it runs, so that `--help` is quick.

A command reads options, calls `sim.api` or `sim.experiment`, and prints with `console`; it computes nothing. What goes
wrong becomes one message and an exit code here, in `main`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from sim.cli.comparison import compare
from sim.cli.explanation import explain
from sim.cli.forecast import backtest, fit, forecast
from sim.cli.lessons import lessons
from sim.cli.one_trial import play, replay, trace
from sim.cli.plan import plan
from sim.cli.reference import reference
from sim.cli.results import results
from sim.cli.run import run
from sim.cli.scenarios import diff, schema, show, validate
from sim.cli.starting import new
from sim.cli.streams import flush, let_go, prepare_streams, say
from sim.cli.studio import serve
from sim.cli.sweep import sweep
from sim.errors import Problem, TrialclockError, refusal
from sim.version import __version__

_NO_MEMORY = 1
_REFUSED = 2  # by the system: a disk that is full, a folder that may not be written
_INTERRUPTED = 130
_DEFECT = 70  # the program's own fault, as sysexits.h has it


class _Commands(click.Group):
    """The group of all commands. A closed pipe on stdout (`trialclock ... | head`) is no error."""

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        """Read the arguments; `--help` and `--version` print here."""
        with _while_read():
            return super().make_context(*args, **settings)

    def invoke(self, context: click.Context) -> object:
        """Run the requested command."""
        with _while_read():
            result = super().invoke(context)
            flush()
        return result


@contextmanager
def _while_read() -> Iterator[None]:
    """End with exit code 0 once the reader of stdout has closed it."""
    try:
        yield
    except BrokenPipeError:
        let_go()
        raise click.exceptions.Exit(0) from None


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="trialclock")
@click.pass_context
def cli(context: click.Context) -> None:
    """When will this trial be complete, and what would change that?

    Without a command, runs the base scenario.
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


_INQUIRIES = (run, compare, sweep, explain, plan, fit, forecast, backtest)
_LOOKS = (serve, lessons, results, trace, play, replay, validate, show, diff, schema, new, reference)
for _command in (*_INQUIRIES, *_LOOKS):
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: as typed after `trialclock`; None for those of this process.

    Returns:
        The exit code: 0, 1 for failed replications or too little memory, 2 for bad input or a refusal of the system (a
        full disk, a folder that may not be written), 3 for a rule of `--until` that was not met, 70 for a defect, 130
        when interrupted. With `TRIALCLOCK_DEBUG` set, a defect is raised instead.
    """
    prepare_streams()
    try:
        result = cli.main(arguments, prog_name="trialclock", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        say(_shown(error))
        return error.exit_code
    except TrialclockError as error:
        say(str(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return _INTERRUPTED
    except OSError as error:
        say(str(Problem(refusal(error), None if error.filename is None else str(error.filename))))
        return _REFUSED
    except MemoryError:
        say("there is not enough memory; fewer --workers or fewer --replications need less")
        return _NO_MEMORY
    except Exception as error:
        if os.environ.get("TRIALCLOCK_DEBUG"):
            raise
        say(f"this is a defect of trialclock, please report it: {type(error).__name__}: {error}")
        say("(TRIALCLOCK_DEBUG=1 shows the traceback)")
        return _DEFECT
    return result if isinstance(result, int) else 0


def _shown(error: click.ClickException) -> str:
    """Click's message about a command that was called wrongly."""
    shown = io.StringIO()
    error.show(shown)
    return shown.getvalue().rstrip("\n")


def script() -> None:
    """The entry point of the console command `trialclock`."""
    sys.exit(main())
