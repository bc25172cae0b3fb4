"""The Python API: what the command line does, in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.experiment.results import Results
from sim.experiment.run import Progress, no_progress, run_in_folder
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import plotly.graph_objects as go


def run(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    out: Path | str | None = None,
    report: bool = True,
    progress: Progress = no_progress,
    command: str = "",
    typed: str = "",
    assumptions: Sequence[Mapping[str, str]] = (),
) -> Results:
    """Run a scenario and keep what it leaves in a folder. A run that was stopped goes on where it was.

    Args:
        scenario: the scenario.
        replications: simulated trials; default: as the scenario says.
        seed: where random numbers start; default: as the scenario says.
        workers: processes; default: all cores. The results are the same bytes whatever it is.
        out: the folder; default: `results/<scenario>-<id>`.
        report: whether to write `report.html`.
        progress: called with replications done and in all.
        command: the whole command, for the manifest.
        typed: the scenario and its overrides as they were typed, for the report.
        assumptions: every value with where it came from, for the report; see `sim.report.assumptions`.

    Raises:
        ResultsError: the folder is of another run, is in use, is damaged, or cannot be written.
        RunInterrupted: stopped by hand; finished chunks are kept.
    """
    writer = None
    if report:
        from sim.report.page import write_report  # needs plotly, which a run without a report does not

        writer = write_report
    return run_in_folder(
        scenario,
        replications=replications,
        seed=seed,
        workers=workers,
        out=out,
        report=writer,
        progress=progress,
        command=command,
        typed=typed,
        assumptions=assumptions,
    )


def figures(results: Results) -> dict[str, go.Figure]:
    """All figures of the report, by name."""
    from sim.report.figures import all_figures

    return all_figures(results)
