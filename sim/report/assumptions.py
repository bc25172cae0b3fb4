"""Every value of a scenario for the report: its unit, which file set it, and its source.

A run keeps these rows in its folder, because the folder has only the resolved values and not the files they came from.
A reader who doubts a date starts here: which numbers it rests on, who set them, and how well each is supported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from sim.analysis.modelled import has_value
from sim.scenario.described import described
from sim.scenario.provenance import COMMAND_LINE, provenance, source_of, values_of
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import shown

if TYPE_CHECKING:
    from sim.experiment.run.results import Results
    from sim.scenario.load import Loaded

THIS_FILE, EXTENDED, SET, DEFAULT, UNKNOWN = "this file", "the one it extends", "command line", "default", "unknown"
_NULL = "null"
_LEVELS_OF_ITS_OWN = 3  # a value less deep than this, and one more, is a question of its own


class Assumption(NamedTuple):
    """One value of a scenario.

    Attributes:
        path: dotted path in the scenario.
        value: the value as one line of text.
        unit: unit of the value, or empty.
        layer: what set it, one of the constants of this module: this file, the file it extends, the command line,
            nothing (a default), or unknown (a scenario made in Python).
        origin: `file:line`; the word `default` or `command line` for a value that no file sets; empty for a scenario
            made in Python.
        source: citation, or empty.
        grade: how well the source supports the value, A (best) to D (assumed); empty without an entry in `sources`.
        note: remark on the source, or empty.
    """

    path: str
    value: str
    unit: str
    layer: str
    origin: str
    source: str
    grade: str
    note: str

    @property
    def is_uncertain(self) -> bool:
        """Whether the value is unknown, and so drawn once per simulated trial."""
        return "uncertain:" in self.value

    @property
    def said_by(self) -> str:
        """File and line, marked if that file was extended; otherwise the layer."""
        if self.layer == EXTENDED:
            return f"{self.origin} (extended)"
        return self.origin if self.layer == THIS_FILE else self.layer

    @property
    def says_nothing(self) -> bool:
        """Whether it is an option that was left out."""
        return self.layer in (DEFAULT, UNKNOWN) and self.value in (_NULL, "{}", "[]")


def assumption_rows(loaded: Loaded) -> list[dict[str, str]]:
    """Every value of a scenario as plain data, in the order of the schema, without options that were left out.

    A run keeps these rows in its folder.

    Args:
        loaded: the scenario with the provenance of each value.

    Returns:
        One dict per value, with the attributes of `Assumption` as keys.
    """
    rows = []
    for row in provenance(loaded):
        layer = _layer(row.origin, loaded)
        found = Assumption(
            row.path, row.value, described(row.path).unit, layer, row.origin, row.source, row.grade, row.note
        )
        if not found.says_nothing:
            rows.append(found._asdict())
    return rows


def together(rows: Iterable[Assumption]) -> list[Assumption]:
    """Group rows as a reader wants them: values that were set together become one row.

    Rows that share a key three or more levels deep (a criterion, a period, a curve) become one row, with their names in
    its value, if they have the same source and were set by the same layer. An uncertain value keeps a row of its own.

    Args:
        rows: the values of a scenario, in the order of the schema; only neighbours are grouped.

    Returns:
        The grouped rows, in the same order. The path of a grouped row is the key that its values share, and its unit is
        empty, because each value in it has its own.
    """
    merged: list[Assumption] = []
    for key, group in groupby(rows, key=_said_together):
        same = list(group)
        if len(same) == 1 or key is None:
            merged += same
            continue
        parts = [f"{row.path.rpartition('.')[2]}: {row.value}{f' {row.unit}' if row.unit else ''}" for row in same]
        merged.append(same[0]._replace(path=str(key[0]), value=", ".join(parts), unit=""))
    return merged


def _said_together(row: Assumption) -> tuple[str, ...] | None:
    parent = row.path.rpartition(".")[0]
    if parent.count(".") < _LEVELS_OF_ITS_OWN - 1 or row.is_uncertain:
        return None
    return (parent, row.layer, row.grade, row.source, row.note)


def _layer(origin: str, loaded: Loaded) -> str:
    if origin in (DEFAULT, COMMAND_LINE):
        return DEFAULT if origin == DEFAULT else SET
    file, _, line = origin.rpartition(":")
    return THIS_FILE if loaded.file in (origin, file if line.isdigit() else origin) else EXTENDED


def assumptions_of(results: Results) -> list[Assumption]:
    """The rows that a run kept. A run started from Python kept none; for it, the resolved values and their sources.

    Args:
        results: the run.

    Returns:
        One row per value, in the order of the schema, without values of parts that the scenario does not model.
    """
    kept: Iterable[Mapping[str, str]] = results.identity.get("assumptions") or ()
    rows = [Assumption(*(str(row.get(field, "")) for field in Assumption._fields)) for row in kept]
    rows = rows or [row for row in _from_scenario(results.scenario) if not row.says_nothing]
    return [row for row in rows if has_value(row.path, results.scenario)]


def _from_scenario(scenario: Scenario) -> Iterator[Assumption]:
    for path, value in values_of(scenario):
        entry = source_of(scenario.sources, path)
        source, grade, note = (entry.source, entry.grade, entry.note or "") if entry else ("", "", "")
        yield Assumption(".".join(path), shown(value), described(".".join(path)).unit, UNKNOWN, "", source, grade, note)
