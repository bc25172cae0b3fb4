"""What a person named for comparison, read and run: scenarios, or results folders, each as one side.

All sides have one seed, because replication k of each has the same random numbers in the same places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.clock import Clock
from sim.errors import Problem, ResultsError, UsageError
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.experiment.identity import Identity
from sim.experiment.run.execute import check_undamaged
from sim.experiment.run.folder import MANIFEST, RUN
from sim.experiment.run.results import Results, open_results
from sim.experiment.run.several import run_several
from sim.experiment.run.start import RESULTS, default_folder
from sim.scenario.layers import Layered, library_names
from sim.scenario.load import Loaded, as_typed, load, loaded
from sim.scenario.schema import Scenario

Named = Scenario | Loaded | Mapping[str, Any] | Results | Path | str  # what a person may name for comparison
Assumptions = Callable[[Loaded], Sequence[Mapping[str, str]]]

_LABEL_LENGTH = 48
_SHORT_ID = re.compile(r"-[0-9a-f]{8}$")


def nothing_assumed(_loaded: Loaded) -> Sequence[Mapping[str, str]]:
    """Return no assumptions: for a run without a report."""
    return ()


@dataclass(frozen=True)
class Source:
    """What a person named for comparison.

    Attributes:
        label: a short name, unique among the sources.
        loaded: the scenario.
        typed: the scenario and its overrides as a person would type them.
        results: its results, where a results folder was named; else None.
    """

    label: str
    loaded: Loaded
    typed: str
    results: Results | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.loaded.scenario


@dataclass(frozen=True)
class Side:
    """One of the scenarios, with its results.

    Attributes:
        label: a short name.
        loaded: the scenario.
        results: its results.
    """

    label: str
    loaded: Loaded
    results: Results

    @property
    def clock(self) -> Clock:
        """Its days to dates."""
        return self.results.design.clock


def _is_folder(path: Path) -> bool:
    """Whether the folder exists; False where the system refuses to look."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_results(path: Path) -> bool:
    return _is_folder(path) and ((path / MANIFEST).is_file() or (path / RUN).is_file())


def _folder(path: Path, overrides: Sequence[str]) -> Source:
    """A results folder as a source, labelled by its name without the short hash at its end.

    Raises:
        UsageError: overrides were given.
        ResultsError: the run is unfinished, or its files were changed.
    """
    if overrides:
        message = "a finished run cannot be changed; name the scenario file instead of the results folder"
        raise UsageError(Problem(message, "--set", value=overrides[0]))
    results = open_results(path)
    check_undamaged(results)
    loaded = Loaded(results.scenario, Layered({}, []), path.as_posix())
    return Source(_SHORT_ID.sub("", path.resolve().name), loaded, path.as_posix(), results)


def _distinct(label: str, taken: set[str], overrides: Sequence[str], number: int) -> str:
    """A unique label: with the overrides where they are short, otherwise with a number."""
    if label not in taken:
        return label
    settings = ", ".join(
        ".".join(text.partition("=")[0].split(".")[-2:]) + text[text.find("=") :] for text in overrides
    )
    told = f"{label}, {settings}"
    return told if settings and len(told) <= _LABEL_LENGTH and told not in taken else f"{label} ({number})"


def _source(name: Named, overrides: Sequence[str]) -> Source:
    """What one name stands for.

    The order is: a scenario or results of a notebook, a results folder, then a scenario file or a scenario of the
    library.

    Raises:
        UsageError: the name is both a results folder here and a scenario of the library.
        InputError: it is none of them, or the scenario or an override is wrong.
    """
    if isinstance(name, (Scenario, Loaded, Mapping)):
        found = loaded(name)
        return Source(found.scenario.name, found, "")
    if isinstance(name, Results):
        return _folder(name.path, overrides)
    path = Path(name)
    is_of_library = str(name) in library_names()
    if _is_results(path):
        if is_of_library:
            message = f"may be the scenario or the results folder here; write {name}.yaml or ./{name}"
            raise UsageError(Problem(message, str(name)))
        return _folder(path, overrides)
    if _is_folder(path) and not is_of_library:
        raise ResultsError(Problem("is not a results folder", str(name)))
    return Source(path.stem, load(name, overrides), as_typed(name, overrides))


def read_sources(
    names: Sequence[Named], overrides: Sequence[Sequence[str]], labels: Sequence[str] = ()
) -> list[Source]:
    """Read what a person named for comparison.

    Args:
        names: scenario files, names of scenarios that come with the program, or results folders; in a notebook also
            scenarios and results themselves.
        overrides: for each name, `PATH=VALUE` texts.
        labels: what to call each, instead of its name; empty for names.

    Returns:
        The sources, in the order of the names, each with a label of its own.

    Raises:
        InputError: a name, an override or a label is wrong.
    """
    found: list[Source] = []
    for number, (name, texts) in enumerate(zip(names, overrides, strict=True), start=1):
        source = _source(name, texts)
        wanted = labels[number - 1] if labels else source.label
        label = _distinct(wanted, {other.label for other in found}, texts, number)
        found.append(Source(label, source.loaded, source.typed, source.results))
    return found


def agreed_seed(sources: Sequence[Source], seed: int | None) -> int:
    """Return the seed of all runs: the one asked for, or that of the results folders, or the first scenario's.

    Args:
        sources: what is compared, the reference first.
        seed: the seed asked for; None to take one from the sources.

    Raises:
        ResultsError: the seeds of the folders differ, from one another or from the one asked for.
    """
    folders = [source for source in sources if source.results is not None]
    for source in folders:
        assert source.results is not None
        expected = folders[0].results.seed if seed is None and folders[0].results else seed
        if source.results.seed != expected:
            other = "the one asked for" if seed is not None else f"that of {folders[0].loaded.file}"
            message = (
                f"this run's seed is {source.results.seed}, and {other} is {expected}; only runs with the same seed "
                "can be compared trial by trial. Run one of them again with the other's --seed"
            )
            raise ResultsError(Problem(message, source.loaded.file))
    if seed is not None:
        return seed
    if folders and folders[0].results is not None:
        return folders[0].results.seed
    return sources[0].scenario.experiment.seed


def _agreed_replications(sources: Sequence[Source], replications: int | None) -> int:
    """Number of replications: as asked for, else the least of the folders, else the first scenario's."""
    if replications is not None:
        return replications
    known = [source.results.n_replications for source in sources if source.results is not None]
    return min(known) if known else sources[0].scenario.experiment.replications


def to_run(
    sources: Sequence[Source],
    replications: int | None,
    seed: int | None,
    assumptions: Assumptions = nothing_assumed,
) -> dict[str, Identity]:
    """Return the runs of the scenarios without results, by label. Arguments and errors as for `run_sources`.

    Returns:
        Identities of the runs, by label, in the order of the sources.
    """
    seed, n = agreed_seed(sources, seed), _agreed_replications(sources, replications)
    return {
        source.label: Identity(source.scenario, seed, n, source.typed, assumptions(source.loaded))
        for source in sources
        if source.results is None
    }


def run_sources(
    sources: Sequence[Source],
    *,
    replications: int | None = None,
    seed: int | None = None,
    execution: Execution = ON_ALL_CORES,
    runs: Path = RESULTS,
    assumptions: Assumptions = nothing_assumed,
) -> list[Side]:
    """Run the scenarios without results, all with one seed. Finished runs are used again.

    Args:
        sources: what is compared.
        replications: number of simulated trials of each; default: the least of the results folders, or as in the first
            scenario.
        seed: seed of the random numbers; default: as in the results folders, or as in the first scenario.
        execution: how it is executed; never changes results.
        runs: the folder for the folders of the runs.
        assumptions: gives every value of a scenario and its origin, for its report.

    Returns:
        The scenarios with their results, in the order of the sources.

    Raises:
        ResultsError: seeds differ, or a folder cannot be used.
        RunInterrupted: the user stopped it; finished chunks are kept.
    """
    todo = to_run(sources, replications, seed, assumptions)
    places = [(identity, default_folder(identity, runs)) for identity in todo.values()]
    made = run_several(places, execution)
    found = dict(zip(todo, made, strict=True))
    return [Side(source.label, source.loaded, source.results or found[source.label]) for source in sources]
