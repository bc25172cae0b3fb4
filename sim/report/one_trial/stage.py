"""One simulated trial as data for an animation: where everyone is after each event, and each event in words.

The player (`templates/stage-*.js`) knows nothing but this document. Days count from `opens`; an event is identified by
its row. Amounts of cells are in millions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.core import events
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE, TIME, VOCABULARIES
from sim.report.one_trial.cells import CellStory, LotStory, cell_story
from sim.report.one_trial.places import Moves, moves, stations_of
from sim.report.one_trial.story import PAUSES, Teller, plain
from sim.report.pace import last_randomisation
from sim.report.reworded import reworded
from sim.scenario.entry import wording

if TYPE_CHECKING:
    from sim.core.design import Design

Array = npt.NDArray[np.float64]

_DAY_DIGITS = 4  # of a day: nine seconds, which no picture shows
_MILLION = 1e6
_STILL = -1
_TICKS: dict[str, int] = {
    "referred": events.REFERRED,
    "eligible": events.SCREENING_PASSED,
    "randomised": events.RANDOMISED,
    "replaced": events.REPLACED,
    "doses_given": events.DOSE_GIVEN,
    "doses_missed": events.DOSE_MISSED,
    "visits": events.VISIT_DONE,
    "completed": events.COMPLETED,
    "left": events.LEFT,
}


@dataclass(frozen=True)
class Stage:
    """One simulated trial, to be played.

    Attributes:
        design: the prepared scenario.
        seed: seed of the random numbers.
        replication: number of the simulated trial.
        rows: (n, WIDTH) all events in order.
    """

    design: Design
    seed: int
    replication: int
    rows: Array

    @cached_property
    def moves(self) -> Moves:
        """Every move of every person."""
        return moves(self.design, self.rows)

    @cached_property
    def cells(self) -> CellStory:
        """Lots and the bank of cells, from the log; empty if the scenario has no cells."""
        supply = self.design.scenario.cells
        drugs = [arm.index for arm in self.design.arms if arm.doses and arm.doses.is_drug]
        return cell_story(self.rows, supply is not None and supply.source == "bank", drugs)

    @cached_property
    def sentences(self) -> list[str]:
        """(n,) each event as a sentence, without its date."""
        teller = Teller(self.design, self.rows)
        return [teller.what(row) for row in self.rows]

    def table(self) -> list[tuple[str, str, str, str]]:
        """Day, date, site and sentence of each event, for readers who prefer text."""
        labels, clock = self.design.site_labels(), self.design.clock
        return [
            (
                f"{np.floor(row[TIME]):.0f}",
                str(clock.date_of(row[TIME])),
                labels[int(row[SITE])] if row[SITE] >= 0 else "",
                f"{said[:1].upper()}{said[1:]}",
            )
            for row, said in zip(self.rows, self.sentences, strict=True)
        ]

    def document(self) -> dict[str, Any]:
        """Everything that the player needs, as plain data.

        Returns:
            By key: the trial; `words` for getting into it; `stations`, `arms` and `sites` by number; `people`, `events`
            and `moves` as columns of equal length; `ticks`, the rows at which each counter goes up; `conditions` and
            `periods`, what holds from one row or day to another; `plan`, the pace that the planned date needs; `cells`,
            or null without them. A row of -1 is never.
        """
        scenario, last = self.design.scenario, self.rows[-1]
        say = wording(scenario)
        return {
            "name": scenario.name,
            "words": {word: say(word) for word in ("randomised", "randomisation")},
            "seed": self.seed,
            "replication": self.replication,
            "opens": str(self.design.clock.opens),
            "first_day": min(0.0, _day(self.rows[0, TIME])),
            "last_day": _day(last[TIME]),
            "ended": VOCABULARIES["trial_ended"][int(last[CODE])],
            "target": scenario.trial.target,
            "plan": self._plan(),
            "stations": [station._asdict() for station in stations_of(scenario)],
            "arms": [{"name": arm.name, "doses": len(arm.doses.weeks) if arm.doses else 0} for arm in self.design.arms],
            "sites": _sites(self.design, self.rows),
            "people": self._people(),
            "events": self._events(),
            "moves": {name: getattr(self.moves, name).tolist() for name in ("event", "person", "place", "slot")},
            "ticks": {name: np.flatnonzero(self.rows[:, KIND] == kind).tolist() for name, kind in _TICKS.items()},
            "conditions": reworded(_conditions(self.design, self.rows), scenario),
            "periods": [[plain(name), start, end] for name, start, end in self.design.calendar.stretches()],
            "cells": self._cells(),
        }

    def _plan(self) -> list[list[float]]:
        """The even pace that the planned primary completion needs, from day 0 to the target; empty without one."""
        when = last_randomisation(self.design.scenario)
        return (
            [] if when is None else [[0, 0], [_day(self.design.clock.day_of(when)), self.design.scenario.trial.target]]
        )

    def json(self) -> str:
        """The document as JSON text: the same bytes for the same trial."""
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def _people(self) -> dict[str, list[int]]:
        number, arm = np.zeros(len(self.moves.people), dtype=int), np.full(len(self.moves.people), -1)
        person_of = {tuple(who): i for i, who in enumerate(self.moves.people.tolist())}
        for row in self.rows[self.rows[:, KIND] == events.RANDOMISED]:
            i = person_of[int(row[SITE]), int(row[PERSON])]
            number[i], arm[i] = int(row[NUMBER]), int(row[CODE])
        return {
            "site": self.moves.people[:, 0].tolist(),
            "referral": (self.moves.people[:, 1] + 1).tolist(),
            "number": number.tolist(),
            "arm": arm.tolist(),
        }

    def _events(self) -> dict[str, Any]:
        person_of = {tuple(who): i for i, who in enumerate(self.moves.people.tolist())}
        people = [person_of.get((int(row[SITE]), int(row[PERSON])), -1) for row in self.rows]
        return {
            "kinds": [kind.name for kind in self.design.kinds],
            "day": [_day(day) for day in self.rows[:, TIME]],
            "kind": self.rows[:, KIND].astype(int).tolist(),
            "site": self.rows[:, SITE].astype(int).tolist(),
            "person": people,
            "number": [round(float(number), 2) for number in self.rows[:, NUMBER]],
            "word": self._words(),
            "said": self.sentences,
        }

    def _words(self) -> dict[str, str]:
        """How each participant left, by row."""
        rows = np.flatnonzero(self.rows[:, KIND] == events.LEFT)
        return {str(i): plain(self.design.ways_out[int(self.rows[i, CODE])]) for i in rows}

    def _cells(self) -> dict[str, Any] | None:
        supply = self.design.scenario.cells
        if supply is None:
            return None
        return {
            "is_bank": supply.source == "bank",
            "suites": supply.suites,
            "lots": [_lot(lot) for lot in self.cells.lots],
            "bank": [[row, round(cells / _MILLION, 1)] for row, cells in self.cells.bank],
            "thawed": _thawed(self.rows),
        }


def _day(day: float) -> float:
    return round(float(day), _DAY_DIGITS)


def _lot(lot: LotStory) -> dict[str, Any]:
    return {
        "number": lot.number,
        "started": lot.started,
        "harvested": lot.harvested,
        "released": lot.released,
        "failed": lot.failed,
        "suite": lot.suite,
        "cells": round(lot.cells / _MILLION, 1),
        "left": [[row, round(cells / _MILLION, 1)] for row, cells in lot.left],
    }


def _thawed(rows: Array) -> list[int]:
    """Rows in which cells go from the bank to a bay."""
    found: list[int] = np.flatnonzero(rows[:, KIND] == events.DOSE_STARTED).tolist()
    return found


def _sites(design: Design, rows: Array) -> list[dict[str, Any]]:
    """Each site: name, desks and bays (null: unlimited), and when it opens and closes."""
    labels = design.site_labels()
    sites: list[dict[str, Any]] = [
        {
            "label": labels[group.first_site + i],
            "desks": group.settings.coordinators,
            "bays": group.settings.infusion_bays,
            "opened": _STILL,
            "closed": _STILL,
            "per_month": 0.0,
        }
        for group in design.groups
        for i in range(group.count)
    ]
    for i, row in enumerate(rows):
        if row[KIND] == events.SITE_ACTIVATED:
            sites[int(row[SITE])] |= {"opened": i, "per_month": round(float(row[AMOUNT]), 1)}
        elif row[KIND] == events.SITE_CLOSED:
            sites[int(row[SITE])]["closed"] = i
    return sites


def _conditions(design: Design, rows: Array) -> list[dict[str, Any]]:
    """Conditions that hold for the whole trial for a time: (first row, last row or -1, in words)."""
    found = []
    for code, word in enumerate(VOCABULARIES["pause"]):
        found += _between(rows, events.PAUSED, events.RESUMED, f"Randomisation is paused: {PAUSES[word]}", code)
    found += _between(rows, events.RECRUITMENT_CLOSED, events.RECRUITMENT_REOPENED, "Recruitment is closed")
    found += _between(rows, events.DATABASE_LOCKED, events.TRIAL_ENDED, "The database is locked")
    for code, name in enumerate(design.caps):
        found += _between(rows, events.CAP_REACHED, events.CAP_OPENED, f"The cap {plain(name)} is reached", code)
    for risk in design.risks:
        if risk.rule.delays == "recruitment":
            text = f"{plain(risk.name).capitalize()} keeps recruitment closed"
            found += _between(rows, events.RISK_STRUCK, events.RISK_OVER, text, risk.code)
    return sorted([*found, *_drifting(rows)], key=lambda condition: condition["from"])


def _between(rows: Array, starts: int, ends: int, text: str, code: int | None = None) -> list[dict[str, Any]]:
    """Stretches between events of the trial as a whole, and of groups, not those of one site."""
    kinds, codes = rows[:, KIND], rows[:, CODE]
    is_of_code = np.ones(len(rows), dtype=bool) if code is None else (codes == code) & (rows[:, SITE] < 0)
    edges = np.flatnonzero(((kinds == starts) | (kinds == ends)) & is_of_code)
    edges = np.append(edges, _STILL)
    return [
        {"from": int(start), "to": int(end), "text": text} for start, end in pairwise(edges) if kinds[start] == starts
    ]


def _drifting(rows: Array) -> list[dict[str, Any]]:
    """The rate of all sites, from each time that it is told to the next, or to when recruitment closes."""
    is_told = (rows[:, KIND] == events.RATES_DRIFTED) & (rows[:, NUMBER] == 0)
    edges = np.append(np.flatnonzero(is_told | (rows[:, KIND] == events.RECRUITMENT_CLOSED)), _STILL)
    return [
        {
            "from": int(i),
            "to": int(end),
            "text": f"By drift, sites refer {rows[i, AMOUNT]:.2f} times as fast as on day 0",
        }
        for i, end in pairwise(edges)
        if is_told[i]
    ]
