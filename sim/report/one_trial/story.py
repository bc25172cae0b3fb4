"""The event log of one simulated trial as sentences that a student can read.

A new kind of event needs a sentence in `Teller`; kinds of extensions are told by their own meaning.

Attributes:
    PAUSES: why enrolment pauses, by the word of the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from sim.analysis.modelled import has_chart, has_coordinators, has_follow_up, place_of_doses
from sim.analysis.tables import vocabulary
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, KINDS, NUMBER, PERSON, SITE, TIME
from sim.errors import UsageError
from sim.plurals import listed
from sim.report.words import ENDINGS, capitalised
from sim.scenario.entry import wording
from sim.scenario.schema.amendments import effect_in_words

Array = npt.NDArray[np.float64]

_AWAY = {
    "target_met": "the target has just been met",
    "paused": "enrolment is paused",
    "site_closed": "the site is full",
    "stopped": "the trial has been stopped",
    "completed": "primary completion has come",
}
PAUSES = {
    "board_review": "the safety board reviews",
    "hold": "a severe reaction is looked into",
    "sentinel": "the first participants are spaced apart",
    "cells": "there are not enough released cells",
    "interim": "an interim look",
}
_MISSED = {
    "unfit": "not fit for it",
    "no_cells": "no released cells",
    "bedside": "the thawed cells could not be given",
    "on_hold": "dosing is on hold",
    "stopped": "dosing has been stopped",
}
_NOT_DELIVERED = {
    "on_the_way": "it does not arrive, and is ordered again",
    "too_old": "it is too old",
    "not_needed": "it is not given in time",
}
_CLOSED = {
    "date": "as planned",
    "drought": "nobody was randomised there for too long",
    "full": "it has all it may have",
}
_RECRUITMENT = {
    "target_met": "the target is met",
    "stopped": "the trial is stopped",
    "no_sites": "no site is left open",
    "caps": "the caps leave no room for anybody",
    "completed": "primary completion has come",
}
_COMPLETED = {
    "events": "event {n:.0f}, the last that was needed",
    "not_before": "not to come before this day, it comes now, with {n:.0f} events",
    "at_the_latest": "to come on this day at the latest, it comes with {n:.0f} events",
    "nobody_left": "nobody is left to have an event, and it comes with {n:.0f}",
}
_FAILED = {"deteriorated": "died or worsened", "window": "ran out of the time allowed since decompensation"}


def plain(name: str) -> str:
    """A name from a scenario as words."""
    return name.replace("_", " ")


class Teller:
    """Tells the events of one replication as sentences.

    Args:
        design: the prepared scenario.
        rows: (n, WIDTH) all events in order; who is randomised later, and to which arm, is read from all of them first.
    """

    def __init__(self, design: Design, rows: Array) -> None:
        self._design = design
        self._say = wording(design.scenario)
        self._labels = design.site_labels()
        self._has_chart, self._has_coordinators = has_chart(design.scenario), has_coordinators(design.scenario)
        randomised = rows[rows[:, KIND] == events.RANDOMISED]
        self._number = {(row[SITE], row[PERSON]): int(row[NUMBER]) for row in randomised}
        self._arm = {(row[SITE], row[PERSON]): design.arms[int(row[CODE])].name for row in randomised}
        self._randomised_at = {(row[SITE], row[PERSON]): row[TIME] for row in randomised}
        self._tell: dict[int, Callable[[Array], str]] = {
            events.SITE_ACTIVATED: lambda r: (
                f"{self._site(r)} is activated (at full rate {r[AMOUNT]:.1f} referrals a month)."
            ),
            events.SITE_CLOSED: lambda r: f"{self._site(r)} closes: {_CLOSED[self._word(r)]}.",
            events.REFERRED: self._referred,
            events.CHART_FAILED: lambda r: (
                f"{self._who(r)} is referred, and excluded by the chart: {plain(self._word(r))}."
            ),
            events.TURNED_AWAY: lambda r: f"{self._who(r)} is turned away: {self._why_away(r)}.",
            events.CONSENT_REFUSED: lambda r: f"{self._who(r)} does not consent.",
            events.CONSENT_GIVEN: self._consents,
            events.PATIENT_LOST: lambda r: f"{self._who(r)} is lost: no coordinator took them up in time.",
            events.SCREENING_STARTED: self._screening_started,
            events.SCREENING_FAILED: self._screening_failed,
            events.RESCREEN_PLANNED: lambda r: f"{self._who(r)} is to come back: {plain(self._word(r))} may pass.",
            events.SCREENING_PASSED: lambda r: f"{self._who(r)} is eligible.",
            events.PLACE_AWAITED: lambda r: f"{self._who(r)} must wait to be randomised: {PAUSES[self._word(r)]}.",
            events.RANDOMISED: self._randomised,
            events.REPLACED: lambda r: f"{self._who(r)} is to be replaced by one more participant.",
            events.DOSE_DUE: lambda r: f"Dose {r[NUMBER]:.0f} of {self._who(r)} is due.",
            events.DOSE_STARTED: self._dose_started,
            events.DOSE_GIVEN: lambda r: f"{self._who(r)} has had dose {r[NUMBER]:.0f} ({self._amount(r)}).",
            events.DOSE_LOST: self._dose_lost,
            events.DOSE_MISSED: lambda r: f"{self._who(r)} misses dose {r[NUMBER]:.0f}: {self._why_missed(r)}.",
            events.REACTION: lambda r: f"{self._who(r)} has a {self._word(r)} reaction to dose {r[NUMBER]:.0f}.",
            events.VISIT_DONE: lambda r: f"{self._who(r)} has the visit of week {r[NUMBER]:g}.",
            events.VISIT_MISSED: lambda r: f"{self._who(r)} misses the visit of week {r[NUMBER]:g}.",
            events.LEFT: lambda r: f"{self._who(r)} leaves the trial: {plain(self._word(r))}.",
            events.COMPLETED: lambda r: f"{self._who(r)} has completed the trial.",
            events.LOT_STARTED: lambda r: f"Lot {r[NUMBER]:.0f} goes into culture.",
            events.LOT_HARVESTED: lambda r: f"Lot {r[NUMBER]:.0f} is harvested ({_million(r)}) and tested.",
            events.LOT_RELEASED: lambda r: f"Lot {r[NUMBER]:.0f} is released ({_million(r)}).",
            events.LOT_FAILED: lambda r: f"Lot {r[NUMBER]:.0f} fails; {_million(r)} are thrown away.",
            events.LOT_EXPIRED: lambda r: f"What is left of {_lot(r)} expires ({_million(r)}).",
            events.CELLS_DISCARDED: lambda r: (
                f"{_million(r).capitalize()} of lot {r[NUMBER]:.0f} can no longer be used."
            ),
            events.STOCK_OPENED: lambda r: f"The bank holds {_million(r)}.",
            events.REVIEW_STARTED: lambda r: (
                f"The safety board reviews the first {r[NUMBER]:.0f} treated participants."
            ),
            events.REVIEW_ENDED: lambda _row: "The board's review is over.",
            events.BOARD_STOPPED: lambda _row: "The board ends the trial: nobody is randomised or dosed any more.",
            events.PAUSED: lambda r: f"Randomisation pauses: {PAUSES[self._word(r)]}.",
            events.RESUMED: lambda r: f"The pause is over ({plain(self._word(r))}).",
            events.RECRUITMENT_CLOSED: lambda r: f"Recruitment closes: {_RECRUITMENT[self._word(r)]}.",
            events.RECRUITMENT_REOPENED: lambda _row: "Recruitment opens again: more participants are needed.",
            events.TRIAL_STARTED: lambda _row: "The trial starts, late.",
            events.DATABASE_LOCKED: lambda _row: "The database is locked.",
            events.TRIAL_ENDED: lambda r: f"{capitalised(ENDINGS[self._word(r)].of_one)}.",
            events.PRIMARY_COMPLETED: lambda r: f"Primary completion: {_COMPLETED[self._word(r)].format(n=r[NUMBER])}.",
            events.STEP_DONE: self._step_done,
            events.RISK_STRUCK: self._risk_struck,
            events.RISK_OVER: lambda r: f"{plain(self._word(r)).capitalize()} is over: sites look at referrals again.",
            events.RATES_DRIFTED: self._drifted,
            events.CAP_REACHED: self._cap_reached,
            events.CAP_OPENED: lambda r: f"There is room under the cap {plain(self._word(r))} again{self._at(r)}.",
            events.INTERIM_LOOK: lambda r: f"The interim look {self._look(r)}.",
            events.INTERIM_GOES_ON: lambda r: f"The trial goes on after the interim look {self._look(r)}.",
            events.INTERIM_STOPS: lambda r: f"Recruitment is stopped after the interim look {self._look(r)}.",
            events.INTERIM_ENLARGES: lambda r: (
                f"The target is enlarged by {r[AMOUNT]:.0f} after the interim look {self._look(r)}."
            ),
            events.AMENDMENT_DECIDED: lambda r: f"The amendment {self._amendment(r)} is decided.",
            events.AMENDMENT_NOT_NEEDED: lambda r: (
                f"The amendment {self._amendment(r)} is not needed: {r[NUMBER]:.0f} are randomised."
            ),
            events.AMENDMENT_IN_FORCE: lambda r: f"The amendment {self._amendment(r)} is in force: {self._effect(r)}.",
            events.COURIER_SENT: lambda r: f"A courier leaves with dose {r[NUMBER]:.0f} of {self._who(r)}.",
            events.COURIER_ARRIVED: lambda r: (
                f"Dose {r[NUMBER]:.0f} of {self._who(r)} is at the site, after {r[AMOUNT]:.1f} days on the way."
            ),
            events.COURIER_LOST: lambda r: (
                f"The delivered dose {r[NUMBER]:.0f} of {self._who(r)} is lost: {_NOT_DELIVERED[self._word(r)]}."
            ),
            events.ARM_OPENED: lambda r: f"The arm {plain(self._word(r))} opens: participants are allocated to it too.",
            events.ARM_CLOSED: lambda r: f"The arm {plain(self._word(r))} closes: nobody more is allocated to it.",
        }
        for kind in range(len(KINDS), len(design.kinds)):
            self._tell[kind] = self._of_extension

    def when(self, day: float) -> str:
        """A day as `Day 212, 2020-04-30`.

        Args:
            day: days since day 0; parts of a day are cut off.
        """
        return f"Day {np.floor(day):.0f}, {self._design.clock.date_of(day)}"

    def sentence(self, row: Array) -> str:
        """One event as a sentence with its day and date.

        Args:
            row: (WIDTH,) the event.
        """
        return f"{self.when(row[TIME])}: {self.what(row)}"

    def what(self, row: Array) -> str:
        """One event as a sentence without its date.

        Args:
            row: (WIDTH,) the event.
        """
        return self._say(self._tell[int(row[KIND])](row))

    def _word(self, row: Array) -> str:
        return vocabulary(self._design, int(row[KIND]))[int(row[CODE])]

    def _site(self, row: Array) -> str:
        return self._labels[int(row[SITE])]

    def _at(self, row: Array) -> str:
        return f" at {self._site(row)}" if row[SITE] >= 0 else ""

    def _why_away(self, row: Array) -> str:
        if row[CODE] >= events.AWAY_CAP:
            return f"the cap {plain(self._word(row))} is reached"
        return _AWAY[self._word(row)]

    def _step_done(self, row: Array) -> str:
        word = plain(self._word(row))
        if row[SITE] >= 0:
            return f"{self._site(row)}: {word} is done, after {row[AMOUNT]:.0f} days."
        kind, _, name = self._design.step_places[int(row[NUMBER])].partition(" ")
        whom = self._design.country_label(name) if kind == "country" else plain(name)
        return f"{word.capitalize()} is done for {whom or 'all sites'}, after {row[AMOUNT]:.0f} days."

    def _risk_struck(self, row: Array) -> str:
        name = self._word(row)
        risk = self._design.scenario.risks[name]
        whom = [self._design.country_label(risk.country)] if risk.country else map(plain, risk.groups or ())
        where = listed(whom)
        days = f"{row[AMOUNT]:.0f} days"
        if risk.delays == "recruitment":
            what = f"no site{f' of {where}' if where else ''} looks at referrals for {days}"
        else:
            what = f"{plain(risk.step or 'activation')}{f' in {where}' if where else ''} takes {days} longer"
        return f"{plain(name).capitalize()} strikes: {what}."

    def _drifted(self, row: Array) -> str:
        n = int(row[NUMBER])
        whose = f"sites of {self._design.country_label(self._design.countries[n - 1])}" if n else "sites"
        return f"By drift, {whose} refer {row[AMOUNT]:.2f} times as fast as on day 0."

    def _cap_reached(self, row: Array) -> str:
        cap = self._design.scenario.caps[self._word(row)]
        whom = "in screening" if cap.in_screening else "randomised"
        return f"The cap {plain(self._word(row))} is reached{self._at(row)}: {row[NUMBER]:.0f} {whom}."

    def _look(self, row: Array) -> str:
        rule = self._design.scenario.interims[self._word(row)]
        of = f"event {row[NUMBER]:.0f}" if rule.at_events else f"{row[NUMBER]:.0f} randomised"
        return f"{plain(self._word(row))} at {of}"

    def _amendment(self, row: Array) -> str:
        return plain(self._word(row))

    def _effect(self, row: Array) -> str:
        return effect_in_words(self._design.scenario.amendments[self._word(row)])

    def _of_extension(self, row: Array) -> str:
        """What an extension says of its own event, with the person or place concerned."""
        said = self._design.kinds[int(row[KIND])].meaning.rstrip(".")
        about = self._who(row) if row[PERSON] >= 0 else self._site(row) if row[SITE] >= 0 else ""
        return f"{said} ({about})." if about else f"{said}."

    def _who(self, row: Array) -> str:
        """A participant by number once randomised; before that, a patient by site and referral number."""
        key = (row[SITE], row[PERSON])
        if key in self._number and row[TIME] > self._randomised_at[key]:
            return f"participant {self._number[key]} at {self._site(row)}"
        return f"patient {row[PERSON] + 1:.0f} at {self._site(row)}"

    def _randomised(self, row: Array) -> str:
        name = f"patient {row[PERSON] + 1:.0f} at {self._site(row)}"
        return f"{name} becomes participant {row[NUMBER]:.0f}, in arm {self._word(row)}."

    def _referred(self, row: Array) -> str:
        return f"{self._who(row)} is referred{', and the chart is read' if self._has_chart else ''}."

    def _consents(self, row: Array) -> str:
        return f"{self._who(row)} consents{' and waits for a coordinator' if self._has_coordinators else ''}."

    def _screening_started(self, row: Array) -> str:
        if self._has_coordinators:
            return f"A coordinator starts screening {self._who(row)}."
        return f"Screening of {self._who(row)} starts."

    def _screening_failed(self, row: Array) -> str:
        word = self._word(row)
        return f"{self._who(row)} fails screening: {_FAILED.get(word, plain(word))}."

    def _dose_started(self, row: Array) -> str:
        late = f", {row[AMOUNT]:.1f} days late" if row[AMOUNT] >= 0.5 else ""
        if self._is_drug(row):
            return f"Dose {row[NUMBER]:.0f} of {self._who(row)} begins{late}."
        return f"Cells are thawed for dose {row[NUMBER]:.0f} of {self._who(row)}{late}."

    def _dose_lost(self, row: Array) -> str:
        what = "dose" if self._is_drug(row) else "thawed dose"
        why = "they leave during the infusion" if self._word(row) == "left" else "it cannot be given"
        return f"The {what} {row[NUMBER]:.0f} of {self._who(row)} is lost: {why}."

    def _why_missed(self, row: Array) -> str:
        word = self._word(row)
        return f"no free {place_of_doses(self._design.scenario)}" if word == "no_bay" else _MISSED[word]

    def _drug_unit(self, row: Array) -> str | None:
        """Unit of a dose of a drug; None for cells."""
        arm = self._arm.get((row[SITE], row[PERSON]))
        doses = self._design.scenario.arms[arm].doses if arm else None
        return doses.given_in if doses and doses.is_drug else None

    def _is_drug(self, row: Array) -> bool:
        return self._drug_unit(row) is not None

    def _amount(self, row: Array) -> str:
        unit = self._drug_unit(row)
        return f"{row[AMOUNT] / 1e6:.1f} million cells" if unit is None else f"{row[AMOUNT]:.4g} {unit}"


def _million(row: Array) -> str:
    return f"{row[AMOUNT] / 1e6:.0f} million cells"


def _lot(row: Array) -> str:
    return f"lot {row[NUMBER]:.0f}" if row[NUMBER] > 0 else "the first stock"


def story(design: Design, rows: Array, participant: int | None = None) -> Iterator[str]:
    """A replication as sentences, one per event. Patients whom the chart excludes are counted together.

    Args:
        design: the prepared scenario.
        rows: (n, WIDTH) all events in order.
        participant: number of the only participant to tell of, by order of randomisation from 1; None for everyone.

    Yields:
        Sentences with day and date; a line in brackets, indented, for those whom the chart excludes.

    Raises:
        UsageError: there is no such participant.
    """
    teller = Teller(design, rows)
    if not has_follow_up(design.scenario):
        rows = rows[~np.isin(rows[:, KIND], (events.COMPLETED, events.DATABASE_LOCKED))]
    if participant is not None:
        yield from _of_one(teller, rows, participant)
        return
    excluded: Counter[str] = Counter()
    at_once = _ended_at_once(rows)
    for row, skipped in zip(rows, at_once, strict=True):
        if skipped:
            if row[KIND] == events.CHART_FAILED:
                excluded[vocabulary(design, events.CHART_FAILED)[int(row[CODE])]] += 1
            continue
        if excluded:
            yield f"    ({_together(excluded)})"
            excluded.clear()
        yield teller.sentence(row)


def _of_one(teller: Teller, rows: Array, participant: int) -> Iterator[str]:
    found = rows[(rows[:, KIND] == events.RANDOMISED) & (rows[:, NUMBER] == participant)]
    if not len(found):
        n = int(np.count_nonzero(rows[:, KIND] == events.RANDOMISED))
        raise UsageError(f"this simulated trial has participants 1 to {n}, and no participant {participant}")
    site, person = found[0, SITE], found[0, PERSON]
    for row in rows[(rows[:, SITE] == site) & (rows[:, PERSON] == person)]:
        yield teller.sentence(row)


def _ended_at_once(rows: Array) -> npt.NDArray[np.bool_]:
    """(n,) whether an event belongs to a patient whom the chart excludes on the day of referral."""
    excluded = rows[rows[:, KIND] == events.CHART_FAILED]
    keys = {(row[SITE], row[PERSON]) for row in excluded}
    return np.array([(row[SITE], row[PERSON]) in keys for row in rows], dtype=bool)


def _together(excluded: Counter[str]) -> str:
    parts = [
        f"{n} {plain(name)}" if n > 1 else plain(name) for name, n in sorted(excluded.items(), key=lambda x: -x[1])
    ]
    n = sum(excluded.values())
    people = "one patient is" if n == 1 else f"{n} patients are"
    return f"meanwhile {people} referred and excluded by the chart: {', '.join(parts)}"
