"""What `backtest`, `fit` and `forecast` share: options on how data are read and on recruitment, and questions on data.

What was taken from the data, and what is doubtful in them, goes to stderr before the answer.

Attributes:
    SITES: option of the table of sites.
    CLOSED: option of days on which nobody could be randomised.
    ENDS: option of an announced end of recruitment.
    SITES_A_MONTH: option of the number of sites that open a month.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import date

    from sim.exchange.findings import Question
    from sim.exchange.observed import ObservedTrial
    from sim.exchange.said import Said

Command = Callable[..., Any]

SITES = click.option(
    "--sites",
    "site_file",
    type=click.Path(),
    metavar="FILE",
    help="A table of sites: name, activated, closed, and planned days of both.",
)


_HOW_READ = (
    click.option(
        "--as-of",
        "as_of",
        callback=lambda _context, _option, text: _date(text),
        metavar="DATE",
        help="The day from which to forecast; later data are ignored. Default: the last day of the data.",
    ),
    click.option("--columns", metavar="ROLE=NAME,...", help="Which column is what, as in date=Rand_Dt,site=Centre."),
    click.option("--dates", "order", type=click.Choice(["dmy", "mdy", "ymd"]), help="How to read dates like 03/04/24."),
    click.option(
        "--status",
        metavar="WORD=MEANING,...",
        help="What a word of the status column means: in screening, screen failure, randomised, on study, left, "
        "completed, ignored.",
    ),
    click.option("--study", default="", metavar="NAME", help="Which study to read, if the file has several."),
    click.option(
        "--sheet",
        default="",
        metavar="NAME,...",
        help="Which sheets of a workbook to read; 'all' reads every sheet.",
    ),
    click.option("--header", default="", metavar="ROWS", help="The row of the header: 4, or its rows: 4-5."),
    click.option(
        "--counts",
        type=click.Choice(["new", "running"]),
        help="Whether each row counts its own period, or everything so far.",
    ),
)


def how_read(command: Command) -> Command:
    """A decorator: adds the options about reading data, and passes them to the command as one argument, `said`."""

    @functools.wraps(command)
    def gathered(columns: str | None, order: Any, status: str | None, as_of: date | None, **rest: Any) -> Any:
        from sim.exchange.said import Said, status_from
        from sim.exchange.tables.columns import columns_from

        texts: dict[str, Any] = {name: rest.pop(name) or "" for name in ("study", "sheet", "header", "counts")}
        return command(said=Said(columns_from(columns), order, status_from(status), as_of=as_of, **texts), **rest)

    for option in reversed(_HOW_READ):
        gathered = option(gathered)
    return gathered


CLOSED = click.option(
    "--closed",
    "closed",
    multiple=True,
    metavar="FROM..TO",
    help="Days on which nobody could be randomised, as in 2024-03-01..2024-04-15; may be repeated.",
)


ENDS = click.option(
    "--ends", "ends", metavar="DATE", help="The last day on which anybody may be randomised, as announced."
)


SITES_A_MONTH = click.option(
    "--sites-a-month", "sites_a_month", type=float, metavar="N", help="Sites that open a month from now on."
)


def read_asking(read: Callable[[Said], Any], said: Said) -> Any:
    """Read data; where they can be read in several ways, ask the person at the terminal, until they can be read.

    Args:
        read: reads the data, given the answers so far.
        said: answers given by options.

    Returns:
        What `read` returns.

    Raises:
        QuestionError: there is no terminal to ask at; its message names the options.
        InputError: whatever else `read` raises.
    """
    from sim.exchange.findings import QuestionError

    while True:
        try:
            return read(said)
        except QuestionError as error:
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                raise
            for question in error.questions:
                said = _asked(question, said)


def _asked(question: Question, said: Said) -> Said:
    """The answers so far, with the answer to one more question from the terminal."""
    click.echo(str(question.problem), err=True)
    choices = click.Choice([choice for choice, _ in question.choices])
    for subject in question.subjects or ("",):
        wording = f"{subject or question.option}?"
        answer = click.prompt(wording, type=choices, err=True)
        said = said.answered(question.option, f"{subject}={answer}" if subject else answer)
    return said


def show_account(trials: list[ObservedTrial]) -> None:
    """Print how the data were interpreted, and the warnings of the data check, on stderr.

    Args:
        trials: the trials that were read; lines name the trial if there are several.
    """
    for trial in trials:
        name = f" ({trial.name})" if len(trials) > 1 else ""
        for line in trial.account.lines():
            click.echo(f"Data{name}: {line}", err=True)
        for finding in trial.findings:
            click.echo(f"Data check: {finding}", err=True)


def _date(text: str | None) -> date | None:
    from sim.exchange.said import date_from

    return None if text is None else date_from(text)


def as_told_by_options(
    trial: ObservedTrial,
    closed: tuple[str, ...],
    ends: str | None = None,
    sites_a_month: float | None = None,
    *,
    is_finished: bool = False,
) -> ObservedTrial:
    """The data, with closed periods, the end of recruitment and new sites from the options.

    Args:
        trial: the trial as read.
        closed: texts of `--closed`, as in `2024-03-01..2024-04-15`; both days are closed.
        ends: text of `--ends`: the last day on which anybody may be randomised; None if not announced.
        sites_a_month: sites that open a month from now on; None if not known.
        is_finished: whether the trial's outcome is known, as in a backtest.

    Raises:
        UsageError: an option cannot be read, or does not agree with the data.
    """
    from sim.forecast.continued.told import as_told, told

    return as_told(trial, told(closed, ends, sites_a_month), is_finished=is_finished)
