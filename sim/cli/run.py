"""`run`: from a scenario to a dated answer.

Dates are printed as soon as they are known; what costs days is measured after them, by further trials.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sim.cli.options import as_given, of_many_trials, prepare_workers, scenario_argument
from sim.cli.progress import progress_bar
from sim.cli.streams import print_json, say_engine
from sim.errors import Problem, UsageError

if TYPE_CHECKING:
    from sim.experiment.run.results import Results

_NOT_PRECISE = 3
_FEW = 96  # trials for which no workers are started
_OF_A_NEW_RUN = {"scenario": "SCENARIO", "seed": "--seed", "out": "--out", "overrides": "--set", "until": "--until"}


@click.command()
@scenario_argument
@of_many_trials(
    "Number of simulated trials; with --until the maximum, with --extend the total.",
    "results/<scenario>-<id>",
    "report.html",
)
@click.option(
    "--until",
    metavar="RULE",
    default="",
    help="Add trials until an answer's 95 % interval is narrow enough, as in 'last_randomised.p50<7d' or "
    "'by_primary_completion<2%'.",
)
@click.option("--resume", metavar="DIR", help="Continue the run in this folder, instead of running SCENARIO.")
@click.option("--extend", metavar="DIR", help="Add trials to the finished run in this folder, up to N in all.")
@click.option("--play", is_flag=True, help="Let report.html play the typical simulated trial, day by day.")
@click.option("--no-causes", is_flag=True, help="Do not measure the days lost to each cause.")
@click.option("--all-pairs", is_flag=True, help="Measure the causes that may cost most on all N trials, not on some.")
@click.pass_context
def run(
    context: click.Context,
    /,
    as_json: bool = False,
    resume: str | None = None,
    extend: str | None = None,
    **given: Any,
) -> int:
    """Simulate SCENARIO many times: when is it complete, how sure is that, and what holds it back?

    SCENARIO is a file, or the name of an included scenario (default: base). To continue a stopped
    run, give the same command again.
    """
    if given.get("all_pairs") and given.get("no_causes"):
        raise UsageError(Problem("measures causes; leave out --no-causes", "--all-pairs"))
    if resume is not None or extend is not None:
        _check_goes_on(context, resume, extend, given)
    if (given.get("replications") or _FEW + 1) > _FEW:
        prepare_workers(given.get("workers"), given.get("cluster"))
    bar = progress_bar()
    with bar as progress:
        how = {"progress": progress, "dates": _nothing if as_json else partial(bar.aside, _dates)}
        goes_on = resume is not None or extend is not None
        results = _go_on(resume, extend, given, how) if goes_on else _begin(given, how)
    if goes_on:
        say_engine([results.scenario])
    _print(results, as_json)
    return _exit_code(results)


def _nothing(results: Results) -> None:
    """Print nothing until the whole answer is known (with `--json`)."""


def _dates(results: Results) -> None:
    """Print the dates, which are known before the causes."""
    from sim.cli.console.run import print_dates

    with suppress(BrokenPipeError, SystemExit):  # nobody reads on; the run is finished all the same
        print_dates(results)
        sys.stdout.flush()


def _begin(given: dict[str, Any], how: dict[str, Any]) -> Results:
    from sim.api.run import run as run_scenario
    from sim.report.assumptions import assumption_rows
    from sim.scenario.load import as_typed, load

    scenario, overrides = given.get("scenario", "base"), given.get("overrides") or ()
    loaded = load(scenario, overrides)
    say_engine([loaded.scenario])
    return run_scenario(
        loaded.scenario,
        replications=given.get("replications"),
        seed=given.get("seed"),
        until=given.get("until") or "",
        workers=given.get("workers"),
        cluster=given.get("cluster"),
        out=given.get("out"),
        report=not given.get("no_report"),
        plays=bool(given.get("play")),
        causes=not given.get("no_causes"),
        all_pairs=bool(given.get("all_pairs")),
        **how,
        command=as_given(),
        typed=as_typed(scenario, overrides),
        assumptions=assumption_rows(loaded),
    )


def _check_goes_on(context: click.Context, resume: str | None, extend: str | None, given: dict[str, Any]) -> None:
    """Check that no option contradicts the folder of a run that continues."""
    option = "--resume" if resume is not None else "--extend"
    if resume is not None and extend is not None:
        raise UsageError(Problem("give --resume or --extend, not both", option))
    for name, shown in _OF_A_NEW_RUN.items():
        if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            message = f"the folder says what is run; leave out {shown}"
            raise UsageError(Problem(message, option, value=str(resume or extend)))
    if extend is not None and given.get("replications") is None:
        raise UsageError(Problem("give the total number of trials with --replications N", option))
    if resume is not None and given.get("replications") is not None:
        raise UsageError(Problem("the folder says how many trials; --extend gives a finished run more of them", option))


def _go_on(resume: str | None, extend: str | None, given: dict[str, Any], how: dict[str, Any]) -> Results:
    from sim.api.run import report_writer
    from sim.experiment.execution import Execution
    from sim.experiment.run import start as runs
    from sim.experiment.run.execute import Outputs

    execution = Execution(given.get("workers"), given.get("cluster"), how["progress"], as_given())
    play = bool(given.get("play"))
    report = report_writer(not given.get("no_report"), play)
    outputs = Outputs(report, not given.get("no_causes"), how["dates"], play, bool(given.get("all_pairs")))
    if extend is not None:
        return runs.extend(extend, int(given["replications"]), execution, outputs)
    return runs.resume(str(resume), execution, outputs)


def _print(results: Results, as_json: bool) -> None:
    if as_json:
        from sim.report.run.document import answer

        print_json(answer(results))
        return
    from sim.cli.console.run import print_why

    print_why(results)


def _exit_code(results: Results) -> int:
    return 0 if results.manifest.get("until", {"met": True})["met"] else _NOT_PRECISE
