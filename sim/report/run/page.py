"""`report.html` of a run: one file that opens offline, made from the results folder alone, with equal bytes for
equal runs.

The folder is enough to make the page again, on another machine and without the files of the scenario.

Attributes:
    REPORT: name of the page in the folder of the run.
    SECTIONS: the sections, each with its question and the names of its figures; `sections_of` leaves out what a
        scenario does not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis.modelled import has_bays, has_cells, has_coordinators, has_outcome
from sim.experiment.files import write_text
from sim.report.assumptions import DEFAULT, EXTENDED, SET, THIS_FILE, UNKNOWN, Assumption, assumptions_of, together
from sim.report.html import environment, escaped_json, figure_json, plotly_script, script_hash, template_text
from sim.report.one_trial.page import player_script, player_style
from sim.report.one_trial.stage import Stage
from sim.report.reworded import reworded
from sim.report.run.answers import Answers
from sim.report.run.figures import all_exhibits
from sim.report.run.first_screen import cards
from sim.report.run.headline import headline, run_command, warnings
from sim.report.words import ENDINGS, chance, estimate_of, not_reached

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
_GRADES = {
    "A": "the registry record",
    "B": "published",
    "C": "published and not checked",
    "D": "an assumption",
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
        ("countries", "start_up", "drift", "risks", "sites_all", "sites_one"),
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
    """The sections that fit a scenario: no queues if nobody waits for anything, no balance of a single arm.

    Args:
        scenario: the scenario.

    Returns:
        A selection of `SECTIONS`, in order; one of them may still have no exhibits, and is then not shown.
    """
    has = {
        "queues": has_coordinators(scenario) or has_bays(scenario),
        "cells": has_cells(scenario),
        "arms": len(scenario.arms) > 1,
    }
    return tuple(section for section in SECTIONS if has.get(section.name, True))


def write_report(results: Results, *, plays: bool = False) -> str:
    """Write the report of a run into its folder.

    Args:
        results: what the run left, also of a run that is being finished (its manifest is written last).
        plays: as of `page`.

    Returns:
        The name of the file.

    Raises:
        ResultsError: it cannot be written.
    """
    write_text(results.path / REPORT, page(results, plays=plays))
    return REPORT


def page(results: Results, *, plays: bool = False) -> str:
    """The whole page as text.

    Args:
        results: the run.
        plays: whether the typical simulated trial can be played in it, which makes it larger; one that was not kept
            whole cannot.

    Raises:
        ResultsError: a file of the run is missing or damaged.
    """
    answers = Answers(results)
    sections = sections_of(answers.scenario)
    hidden = {name for section in SECTIONS if section not in sections for name in section.exhibits}
    exhibits = {name: found for name, found in all_exhibits(answers).items() if name not in hidden}
    plotly, script, style = plotly_script(), template_text("report.js"), template_text("report.css")
    context = {
        "answers": answers,
        "exhibits": exhibits,
        "specifications": {name: figure_json(found) for name, found in exhibits.items() if found.figure is not None},
        "commands": _commands(answers),
        "plotly": plotly,
        "script": script,
        "style": style,
    }
    said = {
        "sections": [section for section in sections if any(name in exhibits for name in section.exhibits)],
        "headline": headline(results, answers.dates, answers.milestones),
        "cards": cards(answers),
        "never": chance(estimate_of(answers.odds.loc["never_reached"], "probability")),
        "not_reached": not_reached(answers.scenario, answers.dates.horizon),
        "why": answers.why.sentence(),
        "warnings": warnings(results, results.too_few()),
        "outcomes": _outcomes(answers),
    }
    context |= reworded(said, answers.scenario)
    scripts = [plotly, script]
    if plays and (one := answers.kept.one) is not None:
        stage = Stage(results.design, results.seed, one, results.rows_of(one))
        context |= {"stage": escaped_json(stage.json()), "player": player_script()}
        context["style"] = f"{style}\n{player_style()}"
        scripts.append(player_script())
    context["script_hashes"] = " ".join(f"'sha256-{script_hash(text)}'" for text in scripts)
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
    return [
        (ENDINGS[str(name)].of_many, int(row["n"]), chance(estimate_of(row, "share")))
        for name, row in answers.results.outcomes().iterrows()
        if row["n"] or has_outcome(str(name), answers.scenario)
    ]


def _grades(used: set[str]) -> str:
    """What the grades of a scenario mean, those alone that it has."""
    found = ", ".join(f"{letter} {meaning}" for letter, meaning in _GRADES.items() if any(letter in g for g in used))
    if any("derived" in grade for grade in used):
        found += '; "-derived" is arithmetic on numbers of that grade'
    if any("/" in grade for grade in used):
        found += "; two letters mean that both have a part in it"
    return found


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
        "grades": _grades({row.grade for row in said}),
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
