"""Runs a scenario, from Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sim.experiment.execution import Execution
from sim.experiment.progress import Progress, no_progress
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
    out: Path | str | None = None,
    report: bool = True,
    causes: bool = True,
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
        causes: whether to measure the days lost to each cause, which takes 0.4 times as many trials again.
        dates: called with the results as soon as their dates are known, before the causes are measured.
        extensions: files with your own rules and measures; see `sim.extension`.
        workers, cluster, progress: how it is executed, as in `sim.experiment.execution.Execution`.
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
            execution=Execution(workers, cluster, progress, command),
            outputs=Outputs(report_writer(report), causes, dates),
        )


def _assumptions(scenario: Named) -> Sequence[Mapping[str, str]]:
    """Origins of the values of a file; an object has none."""
    if not isinstance(scenario, (str, Path)):
        return ()

    return assumption_rows(loaded(scenario))


def report_writer(report: bool) -> Report | None:
    """Return the function that writes `report.html`, or None if no report is wanted."""
    if not report:
        return None
    from sim.report.run.page import write_report  # needs plotly, which a run without a report does not

    return write_report
