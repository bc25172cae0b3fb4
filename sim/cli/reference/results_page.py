"""The reference of a results folder, generated from the data dictionary and the kinds of event.

Columns that a scenario names (arms, criteria, sites) are taken from a scenario with placeholders as names.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.analysis.dictionary import FILES
from sim.cli.reference.markdown import code, page, table
from sim.core.design import Design
from sim.core.events import KINDS, VOCABULARIES
from sim.scenario.load import scenario_from_mapping

# Names that differ from scenario to scenario, as they stand in the page.
_PLACEHOLDERS = {
    "ARMNAME": "<arm>",
    "CRITERIONNAME": "<criterion>",
    "CAPNAME": "<cap>",
    "WAYNAME": "<way>",
    "STEPNAME": "<step>",
    "RISKNAME": "<risk>",
    "AQ": "<country>",
    "sites.GROUPNAME.referrals_per_month": "<path>",
    "XXX": "currency",
}
_OF_THE_SCENARIO = {
    "criterion": "criteria of the scenario",
    "arm": "arms of the scenario",
    "cap": "caps of the scenario",
    "risk": "risks of the scenario",
    "start_up_step": "steps of start-up of the scenario",
    "way_out": "ways of leaving of the scenario",
}

_INTRODUCTION = """\
`trialclock run` leaves a folder `results/<scenario>-<id>/`. The id stands for the scenario, the seed, the number of
replications and the program, so that the same run has the same folder. All files but `manifest.json` are the same
bytes whenever and wherever the same run is made; `manifest.json` has their hashes, and what was changed afterwards is
noticed and named. While a run is going on, the folder has `run.json` and `chunks/` instead; the same command continues
from there.

Days are days since the first instant of day 0 (`trial.enrolment_opens`), with fractions: day 0.5 is noon. A date is
day 0 plus the whole days. A month is 30.4375 days. A day that never came is null in Parquet files, and counts as later
than everything in quantiles and probabilities.
"""
_THEN = {"`screening_failed`": "criteria", "`turned_away`": "caps"}  # words of the scenario that follow


def _design() -> Design:
    """A scenario whose names are placeholders, such as `<criterion>`."""
    cells = {"source": "bank", "lots": {"culture_days": 1, "yield_cells": 1}}
    data = {
        "name": "reference",
        "trial": {"target": 1, "enrolment_opens": "2000-01-01"},
        "arms": {"ARMNAME": {}},
        "sites": {"GROUPNAME": {"referrals_per_month": {"uncertain": "lognormal", "median": 1, "sigma": 1}}},
        "patients": {"conditions": {"c": 0.5}},
        "screening": {"criteria": {"CRITERIONNAME": {"stage": "chart", "any": ["c"]}}},
        "site_defaults": {"country": "AQ", "start_up": {"STEPNAME": {"days": 1}}},
        "risks": {"RISKNAME": {"probability": 0.5, "days": 1}},
        "drift": {"common": 0.5, "by_country": 0.5},
        "caps": {"CAPNAME": {"randomised": 1}},
        "cells": cells,
        "follow_up": {"visit_weeks": [1], "primary_endpoint_week": 1, "leaving": {"WAYNAME": {"1": 0.1}}},
        "costs": {"currency": "XXX"},
    }
    return Design(scenario_from_mapping(data))


def _general(text: str) -> str:
    for name, placeholder in _PLACEHOLDERS.items():
        text = text.replace(name, placeholder)
    return text


def _files(design: Design) -> Iterator[str]:
    for file in FILES:
        yield from [f"## {file.name}", "", file.row, ""]
        rows = [
            (code(_general(column.name)), _general(column.unit), _general(column.meaning))
            for column in file.columns(design)
        ]
        yield from table(("column" if not file.name.endswith(".json") else "key", "unit", "meaning"), rows)


def _kinds() -> Iterator[str]:
    rows = [(code(kind.name), kind.meaning, kind.number, code(kind.code), kind.amount) for kind in KINDS]
    yield from table(("event", "meaning", "`number`", "`detail`, a word of", "`amount`"), rows)


def _words() -> Iterator[str]:
    rows = [(code(name), ", ".join(map(code, words))) for name, words in VOCABULARIES.items()]
    rows += [(code(name), meaning) for name, meaning in _OF_THE_SCENARIO.items()]
    rows = [
        (name, f"{words}, and {_THEN[name]} of the scenario") if name in _THEN else (name, words)
        for name, words in rows
    ]
    yield from table(("list", "words"), sorted(rows))


def results_page() -> str:
    """Every file of a results folder, every column with unit and meaning, and every kind of event, as Markdown.

    Returns:
        The whole page, ending in one line feed; the same for the same version of the program.
    """
    return page(
        "The results folder",
        [
            _INTRODUCTION,
            "`report.html` is a page about the run; it needs no network. The other files:",
            "",
            *_files(_design()),
            "## Kinds of event",
            "",
            "Failed criteria are bits: bit 0 (value 1) is the first criterion in the order of the record, bit 1 (value "
            "2) the second, and so on.",
            "",
            *_kinds(),
            "## Words in `detail`",
            "",
            *_words(),
        ],
    )
