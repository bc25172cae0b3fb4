"""Reads several trials at once, from files and from folders of files.

For `backtest`, which judges forecasts on many trials, and for the forecast's own entrance. It decides which files of a
folder are trials at all; how one is read is decided in `sim.exchange.read`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from sim.errors import Problem
from sim.exchange.counts.shapes import looks_like_counts
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.logs import headers
from sim.exchange.logs.columns import is_a_row_a_person, log_columns
from sim.exchange.logs.other_tables import is_table_of_sites
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import cut, read_as
from sim.exchange.said import NOTHING, Said
from sim.exchange.sdtm.read import domain_of, siblings
from sim.exchange.tables.read import read_table
from sim.exchange.tables.sources import is_folder
from sim.plurals import listed

_ENDINGS = (".csv", ".json", ".xlsx", ".xlsm", ".tsv", ".txt")
_MOST_FILES = 5_000
_SHOWN = 5

Data = Path | str | pd.DataFrame


def read_trials(data: Sequence[Data], sites: Data | None = None, said: Said = NOTHING) -> list[ObservedTrial]:
    """Read one or many trials. A folder stands for the data files in it and in its subfolders.

    Files in a folder that are not trials (a table of sites, a README) are skipped, and named in the account of the
    first trial.

    Args:
        data: files, folders and data frames.
        sites: a table of sites, for a single trial.
        said: what the user said of how to read them.

    Returns:
        The trials in the order of their files; names that two trials share get numbers.

    Raises:
        DataError: there is no file, or one with data of people or counts cannot be read.
        QuestionError: data can be read in more than one way.
    """
    found: list[ObservedTrial] = []
    skipped: list[str] = []
    done: set[Path] = set()
    for item in data:
        if isinstance(item, pd.DataFrame):
            found.append(_known(read_as(item, sites, said), said))
            continue
        in_folder = is_folder(Path(item))
        for path in _files(Path(item)) if in_folder else [Path(item)]:
            if _resolved(path) in done:
                continue
            done.add(_resolved(path))
            why = _other(path, said) if in_folder else ""
            if why:
                skipped.append(f"{path.name} ({why})")
            elif not _is_read_with_dm(path, said):
                found.append(_known(read_as(path, sites, said), said))
    if not found:
        rest = f"; not read: {listed(skipped, _SHOWN)}" if skipped else ""
        message = f"there are no data files here{rest}"
        raise DataError(Problem(message, ", ".join("data frame" if _is_frame(item) else str(item) for item in data)))
    if skipped:
        account = found[0].account
        notes = (*account.notes, f"not read in the folder: {listed(skipped, _SHOWN)}")
        found[0] = replace(found[0], account=replace(account, notes=notes))
    return _named_apart(found)


def _is_frame(item: object) -> bool:
    return isinstance(item, pd.DataFrame)


def _known(trial: ObservedTrial, said: Said) -> ObservedTrial:
    return trial if said.as_of is None else cut(trial, said.as_of)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return path


def _is_read_with_dm(path: Path, said: Said) -> bool:
    """Whether a file is an SDTM domain that is read together with the DM beside it."""
    if path.suffix.lower() not in (".csv", ".json") or not path.is_file():
        return False
    domain = domain_of(read_table(path, said.sheet, said.header))
    return bool(domain and domain != "DM" and siblings(path, domain))


def _other(path: Path, said: Said) -> str:
    """Why a file in a folder is not the data of a trial; empty where it is, or should be.

    A table with people or counts is read, and its errors stop; other tables and texts are skipped. A file that raises a
    question is taken as a trial, so that the question reaches the user.
    """
    try:
        table = read_table(path, said.sheet, said.header)
    except QuestionError:
        return ""
    except DataError as error:
        return error.problems[0].message.partition(";")[0]
    if domain_of(table) or looks_like_counts(table, said.columns) or said.columns:
        return ""
    if is_table_of_sites(table):
        return "a table of sites"
    dated = log_columns(table, {})
    is_log = headers.DATE in dated.found or headers.DATE in dated.unclear or dated.dates or is_a_row_a_person(table)
    return "" if is_log else "no column with dates"


def _files(path: Path) -> list[Path]:
    """Data files of a folder and its subfolders.

    Raises:
        DataError: there are too many, or a folder cannot be read.
    """
    try:
        every = sorted(item for item in path.rglob("*") if item.suffix.lower() in _ENDINGS and item.is_file())
    except OSError as error:
        raise DataError(Problem(f"cannot be read: {error.strerror}", path.as_posix())) from None
    if len(every) > _MOST_FILES:
        message = f"has more than {_MOST_FILES:,} data files, which is the most that is read here"
        raise DataError(Problem(message, path.as_posix(), value=f"{len(every):,}"))
    return every


def _named_apart(trials: list[ObservedTrial]) -> list[ObservedTrial]:
    """The trials, those that share a name numbered from 1 in their order: `log 1`, `log 2`."""
    names = [trial.name for trial in trials]
    seen: dict[str, int] = {}
    result = []
    for trial in trials:
        seen[trial.name] = seen.get(trial.name, 0) + 1
        apart = names.count(trial.name) > 1
        result.append(replace(trial, name=f"{trial.name} {seen[trial.name]}") if apart else trial)
    return result
