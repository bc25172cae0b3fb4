"""One simulated trial as a page to watch: one file that opens offline, and the player that the studio shows too.

The player is plain JavaScript in `templates/stage-*.js`; it plays the document of `sim.report.one_trial.stage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.modelled import has_cells, has_coordinators, has_doses, has_follow_up
from sim.core import events
from sim.core.events import CODE, KIND, TIME, VOCABULARIES
from sim.report.exhibits import Table
from sim.report.html import environment, escaped_json, script_hash, template_text
from sim.report.one_trial.places import STATIONS, Station, stations_of
from sim.report.reworded import reworded
from sim.report.words import ENDINGS, Dates
from sim.scenario.entry import wording
from sim.version import __version__

if TYPE_CHECKING:
    from sim.experiment.one_trial import Picked
    from sim.report.one_trial.stage import Stage
    from sim.scenario.schema import Scenario

SCRIPTS = (
    "stage-trial.js",
    "stage-layout.js",
    "stage-picture.js",
    "stage-lanes.js",
    "stage-panels.js",
    "stage-curve.js",
    "stage-player.js",
)
STYLE = "stage.css"

_PICKS = {"typical": "half", "early": "one in ten", "late": "nine in ten"}

READING = (
    "A mark is a person, in the lane of their site, going from left to right, with the number of the referral and, "
    "once randomised, of the participant. Those who are excluded pile up where they left. Boxes are the desks of "
    "coordinators and the infusion bays. The numbers below the stations count people there, and, before randomisation, "
    "those who left the way there. Reading a chart and asking for consent take no time in the model; the picture shows "
    "them for a moment.",
    "Cells are shown below: lots in culture, in testing, and in the bank, as full as they are. Lots that all share are "
    "used in the order of their release.",
    "One simulated trial is a story, not an estimate: another one looks different. The dates of a plan, with how sure "
    "they are, come from many of them.",
)


def player_script() -> str:
    """The player, as one script."""
    return "\n".join(template_text(name) for name in SCRIPTS)


def player_style() -> str:
    """The look of the player."""
    return template_text(STYLE)


@dataclass(frozen=True)
class Told:
    """The words around the picture.

    Attributes:
        title: of the window.
        eyebrow: which simulated trial it is.
        headline: what became of it, in a sentence.
        lines: what it stands for.
        reading: how to read the picture.
        command: the command that makes the page.
        stations: of a patient's way.
    """

    title: str
    eyebrow: str
    headline: str
    lines: tuple[str, ...]
    command: str
    reading: tuple[str, ...] = READING
    stations: tuple[Station, ...] = STATIONS


def headline(stage: Stage) -> str:
    """What became of this trial, in a sentence that starts with the date.

    Args:
        stage: the trial.
    """
    return wording(stage.design.scenario)(_headline(stage))


def _headline(stage: Stage) -> str:
    rows, dates = stage.rows, Dates(stage.design.clock, stage.design.horizon_days)
    randomised = rows[rows[:, KIND] == events.RANDOMISED, TIME]
    n, target = len(randomised), stage.design.scenario.trial.target
    ended = VOCABULARIES["trial_ended"][int(rows[-1, CODE])]
    n_referred = int(np.count_nonzero(rows[:, KIND] == events.REFERRED))
    if ended != "complete":
        return f"{dates.text(rows[-1, TIME])}: {ENDINGS[ended].of_one}, with {n} of {target} participants randomised."
    last = f"{dates.text(randomised[-1])}: the last of {n} participants is randomised, after {n_referred:,} referrals"
    if not has_follow_up(stage.design.scenario):
        return f"{last}."
    return f"{last}; {dates.text(rows[-1, TIME])}: the database is locked."


def stands_for(stage: Stage, picked: Picked | None) -> str:
    """Whether this trial is typical, early, late, or one of many.

    Args:
        stage: the trial.
        picked: the quantile for which it was chosen; None if it was named by its number.
    """
    if picked is None:
        return "One simulated trial of many; another one looks different."
    dates = Dates(stage.design.clock, stage.design.horizon_days)
    return wording(stage.design.scenario)(
        f"This is {'an' if picked.name == 'early' else 'a'} {picked.name} one of {picked.among:,} simulated trials: "
        f"{_PICKS[picked.name]} of them have randomised their last participant {dates.by(picked.estimate)}, "
        "with the 95 % interval of the Monte Carlo error."
    )


def told(stage: Stage, command: str, picked: Picked | None = None) -> Told:
    """The words around the picture.

    Args:
        stage: the trial.
        command: the command that makes the page.
        picked: the quantile for which it was chosen; None if it was named by its number.

    Returns:
        Texts and stations as far as the scenario has them: no bays without doses, no cells without cells.
    """
    name = stage.design.scenario.name
    found = Told(
        title=f"{name}: one simulated trial",
        eyebrow=f"{name}: one simulated trial, replication {stage.replication}, seed {stage.seed}",
        headline=headline(stage),
        lines=(stands_for(stage, picked),),
        command=command,
        reading=_reading(stage.design.scenario),
        stations=tuple(station for station in stations_of(stage.design.scenario) if station.is_shown),
    )
    return reworded(found, stage.design.scenario)


def _reading(scenario: Scenario) -> tuple[str, ...]:
    """How to read the picture of this trial."""
    first, cells, last = READING
    places = [
        *(["the desks of coordinators"] if has_coordinators(scenario) else []),
        *(["the infusion bays"] if has_doses(scenario) else []),
    ]
    boxes = f"Boxes are {' and '.join(places)}. " if places else ""
    first = first.replace("Boxes are the desks of coordinators and the infusion bays. ", boxes)
    return (first, cells, last) if has_cells(scenario) else (first, last)


def event_table(stage: Stage) -> Table:
    """Every event in words, for readers who do not see the picture.

    Args:
        stage: the trial.
    """
    return Table("all events of this trial, in order", ("Day", "Date", "Site", "What happens"), tuple(stage.table()))


def stage_page(stage: Stage, command: str, picked: Picked | None = None) -> str:
    """The whole page as HTML text.

    Args:
        stage: the trial.
        command: the command that makes the page.
        picked: the quantile for which the trial was chosen; None if it was named by its number.

    Returns:
        One file that needs no other, the same bytes for the same trial.
    """
    script = player_script()
    return (
        environment()
        .get_template("stage.html.j2")
        .render(
            told=told(stage, command, picked),
            events=event_table(stage),
            data=escaped_json(stage.json()),
            script=script,
            script_hash=script_hash(script),
            style=f"{template_text('report.css')}\n{player_style()}",
            version=__version__,
        )
    )
