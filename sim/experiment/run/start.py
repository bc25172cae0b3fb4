"""Runs a scenario in a folder: start it, resume it, or give it more replications.

These are the three ways into a folder of a run. Each first checks that the folder belongs to this run, so that no file
of another is overwritten.

Attributes:
    RESULTS: the folder of all folders of runs and answers, below the current one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.analysis.precision import MOST
from sim.compiled.choice import refuse_unknown
from sim.errors import Problem, ResultsError, UsageError
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.experiment.files import read_object
from sim.experiment.identity import Identity
from sim.experiment.run.execute import NOTHING_ELSE, Outputs, check_undamaged, go
from sim.experiment.run.folder import MANIFEST, RUN, RunFolder, checked_manifest
from sim.experiment.run.results import Results
from sim.experiment.run.stopping import Looks
from sim.scenario.schema import Scenario

RESULTS = Path("results")


def run_in_folder(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    until: str = "",
    out: Path | str | None = None,
    typed: str = "",
    assumptions: Sequence[Mapping[str, str]] = (),
    execution: Execution = ON_ALL_CORES,
    outputs: Outputs = NOTHING_ELSE,
) -> Results:
    """Run a scenario and keep the results in a folder. A stopped run continues.

    Args:
        scenario: the scenario.
        replications: number of simulated trials, with a rule the maximum; default: from the scenario, with a rule
            `MOST`.
        seed: seed of the random numbers; default: from the scenario.
        until: the rule by which it stops, as in `last_randomised.p50<7d`; see `sim.analysis.precision`.
        out: the folder; default: `results/<scenario>-<id>`.
        typed: the scenario and its overrides as they were typed, for the report.
        assumptions: every value and its origin, for the report; see `sim.report.assumptions`.
        execution: how it is executed; never changes results.
        outputs: what it leaves besides its tables.

    Returns:
        The results.

    Raises:
        UsageError: the rule cannot be read, or the cluster cannot be used.
        ResultsError: the folder belongs to another run, is in use or damaged, or cannot be written.
        RunInterrupted: the user stopped it; finished chunks are kept.
        WorkersLost: workers were lost repeatedly; finished chunks are kept.
    """
    refuse_unknown(execution.asked_engine, scenario)
    if replications is not None and replications < 1:
        raise UsageError(f"replications must be at least 1, not {replications}")
    if out is not None and not str(out).strip():
        raise UsageError(Problem("is not the name of a folder", "--out", value=f"'{out}'"))
    seed = scenario.experiment.seed if seed is None else seed
    if until:
        identity = Identity(scenario, seed, None, typed, assumptions, until, replications or MOST)
        Looks(identity)  # finds a malformed rule before a folder is created
    else:
        n = scenario.experiment.replications if replications is None else replications
        identity = Identity(scenario, seed, n, typed, assumptions)
    folder = RunFolder(default_folder(identity) if out is None else Path(out), identity)
    with folder.locked():
        return go(folder, execution, outputs)


def default_folder(identity: Identity, among: Path = RESULTS) -> Path:
    """Choose the folder of a run.

    Args:
        identity: the run.
        among: the folder of runs.

    Returns:
        `<among>/<scenario>-<id>`, with the number of replications at the end where the run of that name has another
        number.
    """
    path = among / identity.folder_name
    for name in (RUN, MANIFEST):
        if (path / name).is_file():
            found = read_object(path / name) if name == RUN else checked_manifest(path / name)["run"]
            n = found.get("replications")
            if identity.replications is not None and n != identity.replications:
                return among / f"{identity.folder_name}-{identity.replications}"
            break
    return path


def resume(path: Path | str, execution: Execution = ON_ALL_CORES, outputs: Outputs = NOTHING_ELSE) -> Results:
    """Continue a stopped run from what its folder says. A complete run is left unchanged.

    Args:
        path: the folder.
        execution: how it is executed; never changes results.
        outputs: what it leaves besides its tables.

    Returns:
        The results.

    Raises:
        ResultsError: there is no run, or it is in use, damaged, or made by another version of the program.
    """
    folder = RunFolder(Path(path), _identity_in(Path(path)))
    with folder.locked():
        return go(folder, execution, outputs)


def extend(
    path: Path | str, replications: int, execution: Execution = ON_ALL_CORES, outputs: Outputs = NOTHING_ELSE
) -> Results:
    """Add replications to a finished run, without simulating the existing ones again.

    Args:
        path: the folder.
        replications: the new total.
        execution: how it is executed; never changes results.
        outputs: what it leaves besides its tables.

    Returns:
        The results.

    Raises:
        UsageError: the run already has more than that.
        ResultsError: there is no finished run, or it is in use, damaged, or made by another version of the program.
    """
    path = Path(path)
    before = _identity_in(path)
    if (path / RUN).is_file() and before.replications != replications:
        raise ResultsError(Problem("this run is not finished; finish it first, with --resume", str(path)))
    if before.replications is not None and replications < before.replications:
        message = f"this run has {before.replications:,} replications already; more can be added, but none removed"
        raise UsageError(Problem(message, "--replications", value=str(replications)))
    folder = RunFolder(path, Identity(before.scenario, before.seed, replications, before.typed, before.assumptions))
    with folder.locked():
        if before.replications != replications:
            RunFolder(path, before).is_complete()  # refuses a run of another version of the program
            check_undamaged(Results(path))
            folder.state()
        return go(folder, execution, outputs)


def _identity_in(path: Path) -> Identity:
    """The identity of the run in a folder."""
    if not path.is_dir():
        raise ResultsError(Problem("there is no such results folder", str(path)))
    if (path / RUN).is_file():
        return Identity.from_mapping(read_object(path / RUN), str(path / RUN))
    if not (path / MANIFEST).is_file() or "run" not in read_object(path / MANIFEST):
        raise ResultsError(Problem("is not the folder of a run", str(path)))
    return Identity.from_mapping(checked_manifest(path / MANIFEST)["run"], str(path / MANIFEST))
