"""Makes data of a running trial from a simulated one, so that a forecast can be tried without own data.

The studio's example and the documentation use it. It writes what a sponsor would see on that day, and no more: later
events, and a person's properties that no log has, are left out. Whole simulated trials are written by
`sim.exchange.outgoing`.

Attributes:
    LOG_FILE: name of the log, as if it had been uploaded.
    SITE_FILE: name of the table of sites.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.spreadsheets import csv_text
from sim.analysis.tables import site_names
from sim.core import events
from sim.core.design import Design
from sim.core.events import CODE, KIND, PERSON, SITE, TIME
from sim.errors import Problem, UsageError
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, RANDOMISED
from sim.exchange.upload import Upload
from sim.experiment.replicate import replicate
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

LOG_FILE, SITE_FILE = "simulated-log.csv", "simulated-sites.csv"
_SEED, _REPLICATION, _UNTIL = 20191001, 17, date(2020, 9, 30)  # a trial that is half-way through and late


def example_data() -> tuple[Upload, Upload]:
    """Return the log and site table of a running trial: one simulated trial of the base scenario, half-way through.

    Returns:
        The log and the table of sites, as files that somebody could upload.
    """
    return simulated_data(load_scenario("base"), _SEED, _REPLICATION, _UNTIL)


def simulated_data(scenario: Scenario, seed: int, replication: int, until: date) -> tuple[Upload, Upload]:
    """Simulate a trial and write its data as known at the end of a day.

    Args:
        scenario: the scenario.
        seed: seed of the random numbers.
        replication: number of the simulated trial.
        until: the last day that is known.

    Returns:
        An enrolment log and a table of sites, as CSV files.

    Raises:
        UsageError: nobody was randomised by then.
    """
    design = Design(scenario)
    rows = replicate(design, seed, replication).table()
    known = rows[rows[:, TIME] < design.clock.day_of(until) + 1.0]
    if not np.any(known[:, KIND] == events.RANDOMISED):
        raise UsageError(Problem("nobody is randomised by then in this simulated trial", value=str(until)))
    return Upload(LOG_FILE, _csv(_log(design, known))), Upload(SITE_FILE, _csv(_sites(design, known)))


def _csv(frame: pd.DataFrame) -> bytes:
    return csv_text(frame).encode()


def _log(design: Design, known: Array) -> pd.DataFrame:
    """One row per person whose screening began, in that order; cells that are not known are empty."""
    people: dict[tuple[int, int], dict[str, str]] = {}
    labels = design.site_labels()
    ends = {events.SCREENING_FAILED: FAILED, events.TURNED_AWAY: FAILED, events.COMPLETED: COMPLETED}
    for row in known:
        kind, key = int(row[KIND]), (int(row[SITE]), int(row[PERSON]))
        when = str(design.clock.date_of(row[TIME]))
        if kind == events.SCREENING_STARTED:
            before = people.get(key, {})
            name, first = before.get("participant", f"S{len(people) + 1:03d}"), before.get("screened", when)
            people[key] = {"participant": name, "site": labels[key[0]], "screened": first, "status": IN_SCREENING}
        elif key not in people:
            continue
        elif kind == events.RANDOMISED:
            people[key] |= {"randomised": when, "arm": design.arms[int(row[CODE])].name, "status": RANDOMISED}
        elif kind == events.LEFT:
            people[key] |= {"left": when, "status": design.ways_out[int(row[CODE])]}
        elif kind in ends:
            people[key] |= {"left": when, "status": ends[kind]}
    columns = ["participant", "site", "screened", "randomised", "arm", "status", "left"]
    return pd.DataFrame(
        [{name: person.get(name, "") for name in columns} for person in people.values()], columns=columns
    )


def _sites(design: Design, known: Array) -> pd.DataFrame:
    """One row per site that has opened: its label, its group in the plan, and the date of activation."""
    opened = [(int(row[SITE]), row[TIME]) for row in known if row[KIND] == events.SITE_ACTIVATED]
    labels, groups = design.site_labels(), [name.partition("/")[0] for name in site_names(design)]
    rows = [(labels[i], groups[i], str(design.clock.date_of(day))) for i, day in opened]
    return pd.DataFrame(rows, columns=["site", "group", "activated"])
