"""Runs a scenario, from Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sim.experiment.execution import Execution, Progress, no_progress
from sim.experiment.run.execute import Outputs, Report
from sim.experiment.run.results import Results
from sim.experiment.run.start import run_in_folder
from sim.report.assumptions import assumption_rows
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Named, as_typed, loaded


def run(
    scenario: Named,
    *,
    replications: int | None = None,
    seed: int | None = None,
    until: str = "",
    extensions: Extensions = (),
    workers: int | None = None,
    cluster: str | None = None,
    engine: str | None = None,
    out: Path | str | None = None,
    report: bool = True,
    plays: bool = False,
    causes: bool = True,
    all_pairs: bool = False,
    dates: Callable[[Results], None] = lambda _: None,
    progress: Progress = no_progress,
    command: str = "",
    typed: str = "",
    assumptions: Sequence[Mapping[str, str]] = (),
) -> Results:
    """Run a scenario and keep the results in a folder. A stopped run continues.

    Args:
        scenario: a result of `load_scenario`, a file, a name, or a dict like a scenario file.
        replications: number of simulated trials; with a rule the maximum; default: from the scenario, or 100,000 with
            a rule.
        seed: seed of the random numbers; default: from the scenario.
        until: a stopping rule, as in `last_randomised.p50<7d`; see `sim.analysis.precision`.
        out: the folder; default: `results/<scenario>-<id>`.
        report: whether to write `report.html`.
        plays: whether the typical simulated trial can be played in it.
        causes: whether to measure the days lost to each cause, which takes 0.4 times as many trials again.
        all_pairs: whether the causes that may cost most are measured on all trials of the run, not on some.
        dates: called with the results as soon as their dates are known, before the causes are measured.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, engine, progress: how it is executed, as in `sim.experiment.execution.Execution`.
        command: the whole command, for the manifest.
        typed: the scenario and its overrides as they were typed, for the report.
        assumptions: every value and its origin, for the report; see `sim.report.assumptions`.

    Returns:
        The results.

    Raises:
        UsageError: the rule cannot be read, or the cluster cannot be used.
        ResultsError: the folder belongs to another run, is in use or damaged, or cannot be written.
        RunInterrupted: the user stopped it; finished chunks are kept.
        WorkersLost: workers were lost repeatedly; finished chunks are kept.
    """
    with extensions_given(extensions):
        found = loaded(scenario)
        return run_in_folder(
            found.scenario,
            replications=replications,
            seed=seed,
            until=until,
            out=out,
            typed=typed or as_typed(scenario),
            assumptions=assumptions or _assumptions(scenario),
            execution=Execution(workers, cluster, progress, command, engine=engine),
            outputs=Outputs(report_writer(report, plays), causes, dates, plays, all_pairs),
        )


def _assumptions(scenario: Named) -> Sequence[Mapping[str, str]]:
    """Origins of the values of a file; an object has none."""
    if not isinstance(scenario, (str, Path)):
        return ()

    return assumption_rows(loaded(scenario))


def report_writer(report: bool, plays: bool = False) -> Report | None:
    """Return the function that writes `report.html`, if wanted with a trial to play; None if no report is wanted."""
    if not report:
        return None
    from sim.report.run.page import write_report  # needs plotly, which a run without a report does not

    return partial(write_report, plays=plays)
