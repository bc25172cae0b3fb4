"""The inputs of the base scenario with source and grade, generated from the scenario file.

A reader who doubts a date wants to know first where its numbers are from.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from sim.cli.reference.markdown import code, page, table
from sim.scenario.load import load
from sim.scenario.provenance import Provenance, provenance

_INTRODUCTION = """\
Every value that `scenarios/base.yaml` says, with its grade and source; what it leaves out has the default of
[the scenario file](scenario.md). Grades: A = the registry record; B = published, and seen in an abstract or table; C =
published, from memory, not checked; D = an assumption; `-derived` is arithmetic on numbers of that grade, and B/D an
assumption that published numbers bound. `trialclock show base` prints the same with file and line; keys of sources are
under `bibliography` in the file, and below.
"""


def _row(row: Provenance) -> tuple[str, ...]:
    return code(row.path), code(row.value), row.grade, row.source, row.note


def inputs_page() -> str:
    """Every input of the base scenario by section, and the number of inputs of each grade, as Markdown.

    Returns:
        The whole page, ending in one line feed; the same for the same version of the program.
    """
    loaded = load("base")
    rows = [row for row in provenance(loaded) if row.origin != "default"]
    grades = Counter(row.grade for row in rows if row.is_number)
    lines = [
        _INTRODUCTION,
        "## How many numbers of each grade",
        "",
        *table(("grade", "numbers"), [(grade or "none", str(n)) for grade, n in sorted(grades.items())]),
    ]
    for section, part in groupby(rows, key=lambda row: row.path.partition(".")[0]):
        head = ("path", "value", "grade", "source", "note")
        lines += [f"## {section}", "", *table(head, [_row(row) for row in part])]
    keys = [(code(key), text) for key, text in loaded.scenario.bibliography.items()]
    return page("Inputs of the base scenario", [*lines, "## Bibliography", "", *table(("key", "citation"), keys)])
