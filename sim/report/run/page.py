"""`report.html` of a run: one file that opens offline, made from the results folder alone, with equal bytes for
equal runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis.modelled import has_bays, has_cells, has_coordinators
from sim.experiment.files import write_text
from sim.report.assumptions import DEFAULT, EXTENDED, SET, THIS_FILE, UNKNOWN, Assumption, assumptions_of, together
from sim.report.html import environment, figure_json, plotly_script, script_hash, template_text
from sim.report.run.answers import Answers
from sim.report.run.figures import all_exhibits
from sim.report.run.first_screen import cards
from sim.report.run.why import Why
from sim.report.words import chance, estimate_of, headline, run_command, warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario

REPORT = "report.html"
_LAYERS = {
    THIS_FILE: "set by this file",
    EXTENDED: "set by a file that it extends",
    SET: "set on the command line",
    DEFAULT: "left at their defaults",
    UNKNOWN: "given from Python",
}
_KEY = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        name: its id.
        title: its heading.
        intro: the question that it answers.
        exhibits: names of its figures.
        is_one_trial: whether its command is the one that shows the typical simulated trial.
    """

    name: str
    title: str
    intro: str
    exhibits: tuple[str, ...]
    is_one_trial: bool = False


SECTIONS = (
    Section(
        "dates", "How sure are the dates?", "Every simulated trial is one possible history.", ("fan", "milestones")
    ),
    Section(
        "who",
        "Who gets in?",
        "From referrals to participants, and why people fall out.",
        ("funnel", "caps", "interims", "amendments", "criteria", "measured-who"),
    ),
    Section(
        "sites",
        "Which sites recruit?",
        "When they open, and whom they randomise.",
        ("countries", "start_up", "risks", "sites_all", "sites_one"),
    ),
    Section(
        "one-trial",
        "What does one trial look like?",
        "One simulated trial from its first referral to its end; a story, not an estimate.",
        ("swimlane",),
        is_one_trial=True,
    ),
    Section("queues", "Where do people wait?", "Queues, and who is served at once.", ("queues",)),
    Section("cells", "Are there enough cells?", "Made, infused, expired and lost.", ("cells_all", "cells_one")),
    Section("arms", "Do the arms stay balanced?", "The randomisation list at work.", ("arms",)),
    Section("cost", "What does it cost?", "Unit costs times what happened.", ("cost", "cost_months")),
    Section("own", "What do the extensions measure?", "Measures from Python files of your own.", ("measured-own",)),
)


def sections_of(scenario: Scenario) -> tuple[Section, ...]:
    """The sections that fit a scenario: no queues if nobody waits for anything, no cells if there are none."""
    has = {"queues": has_coordinators(scenario) or has_bays(scenario), "cells": has_cells(scenario)}
    return tuple(section for section in SECTIONS if has.get(section.name, True))


def write_report(results: Results) -> str:
    """Write the report of a run into its folder.

    Args:
        results: what the run left, also of a run that is being finished.

    Returns:
        The name of the file.

    Raises:
        ResultsError: it cannot be written.
    """
    write_text(results.path / REPORT, page(results))
    return REPORT


def page(results: Results) -> str:
    """The whole page as text."""
    answers = Answers(results)
    sections = sections_of(answers.scenario)
    hidden = {name for section in SECTIONS if section not in sections for name in section.exhibits}
    exhibits = {name: found for name, found in all_exhibits(answers).items() if name not in hidden}
    plotly, script, style = plotly_script(), template_text("report.js"), template_text("report.css")
    context = {
        "answers": answers,
        "exhibits": exhibits,
        "specifications": {name: figure_json(found) for name, found in exhibits.items() if found.figure is not None},
        "sections": [section for section in sections if any(name in exhibits for name in section.exhibits)],
        "headline": headline(results, answers.dates, answers.milestones),
        "cards": cards(answers),
        "never": chance(estimate_of(answers.odds.loc["never_reached"], "probability")),
        "why": Why(answers.results).sentence(),
        "warnings": warnings(results, results.too_few()),
        "commands": _commands(answers),
        "outcomes": _outcomes(answers),
        "plotly": plotly,
        "script": script,
        "style": style,
        "script_hashes": " ".join(f"'sha256-{script_hash(text)}'" for text in (plotly, script)),
    }
    return environment().get_template("report.html.j2").render(context | _assumptions(answers))


def _commands(answers: Answers) -> dict[str, str]:
    """The commands that make what is shown, by section."""
    typed, seed = answers.results.identity.get("typed"), answers.results.seed
    found = {"run": run_command(answers.results)}
    if typed:
        found["show"] = f"trialclock show {typed}"
        if answers.kept.one is not None:
            found["trace"] = f"trialclock trace {typed} --replication {answers.kept.one} --seed {seed}"
    return found


def _outcomes(answers: Answers) -> list[tuple[str, int, str]]:
    """How the simulated trials ended: in words, the number, and the share."""
    names = {
        "complete": "complete",
        "horizon": f"not complete by {answers.dates.horizon}, the end of the simulated time",
        "stopped": "stopped early",
        "no_sites": "ended without its target: no site was left",
        "never_started": "never started",
        "caps": "ended without its target: the caps left no room for anybody",
        "too_few_events": "ended without primary completion: everybody had left with too few events",
        "too_much": "ended without being complete: too much happened in it",
        "error": "failed: a defect of the program",
    }
    table = answers.results.outcomes()
    return [(names[str(name)], int(row["n"]), chance(estimate_of(row, "share"))) for name, row in table.iterrows()]


def _assumptions(answers: Answers) -> dict[str, Any]:
    """The rows of the assumptions, by part of the scenario; what nobody said apart; and the citations they name."""
    rows = assumptions_of(answers.results)
    said = [row for row in rows if row.layer != DEFAULT]
    cited = {key for row in rows for key in _KEY.findall(row.source)}
    bibliography = {key: text for key, text in answers.scenario.bibliography.items() if key in cited}
    return {
        "said": _by_part(together(said)),
        "defaults": together(row for row in rows if row.layer == DEFAULT),
        "n_defaults": sum(row.layer == DEFAULT for row in rows),
        "n_values": len(rows),
        "n_uncertain": sum(row.is_uncertain for row in rows),
        "n_by_layer": _layers(rows),
        "n_by_grade": _count(row.grade for row in said if row.grade),
        "bibliography": bibliography,
    }


def _layers(rows: list[Assumption]) -> list[tuple[str, int]]:
    """How many values each layer (file, command line, default) sets, in words."""
    counts = _count(row.layer for row in rows)
    return [(words, counts[layer]) for layer, words in _LAYERS.items() if layer in counts]


def _by_part(rows: list[Assumption]) -> dict[str, list[Assumption]]:
    parts: dict[str, list[Assumption]] = {}
    for row in rows:
        parts.setdefault(row.path.partition(".")[0], []).append(row)
    return parts


def _count(values: Any) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items()))
