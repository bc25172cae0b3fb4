"""Several trials at once: files, and folders of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.errors import Problem
from sim.exchange.findings import DataError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import cut, read_as
from sim.exchange.said import NOTHING, Said
from sim.exchange.sdtm import domain_of, siblings
from sim.exchange.tables import read_table

_ENDINGS = (".csv", ".json", ".xlsx", ".xlsm", ".tsv", ".txt")


def read_trials(
    data: Sequence[Path | str],
    sites: Path | str | None = None,
    said: Said = NOTHING,
) -> list[ObservedTrial]:
    """Read one or many trials; a folder stands for the data files in it and in its folders.

    Args:
        data: files and folders.
        sites: a table of sites, for one trial.
        said: what a person said of how to read them.

    Returns:
        The trials, in the order of their files; names that two share get numbers.

    Raises:
        DataError: a file cannot be read, or there is none.
    """
    found: list[ObservedTrial] = []
    done: set[Path] = set()
    for path in [file for item in data for file in _files(Path(item))]:
        if path.resolve() in done:
            continue
        done.add(path.resolve())
        if path.suffix.lower() in (".csv", ".json") and path.is_file():
            domain = domain_of(read_table(path))
            if domain and domain != "DM" and siblings(path, domain):
                continue  # read with its DM
        trial = read_as(path, sites, said)
        found.append(trial if said.as_of is None else cut(trial, said.as_of))
    if not found:
        raise DataError(Problem("there are no data files here", ", ".join(str(item) for item in data)))
    return _named_apart(found)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(item for item in path.rglob("*") if item.suffix.lower() in _ENDINGS and item.is_file())


def _named_apart(trials: list[ObservedTrial]) -> list[ObservedTrial]:
    names = [trial.name for trial in trials]
    seen: dict[str, int] = {}
    result = []
    for trial in trials:
        seen[trial.name] = seen.get(trial.name, 0) + 1
        apart = names.count(trial.name) > 1
        result.append(replace(trial, name=f"{trial.name} {seen[trial.name]}") if apart else trial)
    return result
