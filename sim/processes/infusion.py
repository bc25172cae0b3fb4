"""Doses: each needs a fit participant, released cells or a drug, and a bay, within a window after its due day.

A drug is never short, and is counted in its own unit. Anything that is not ready in time makes a dose late and, past
the window, missed; the log has the reason. One process gives all doses of a participant, one after another; each waits
until they are fit, for cells, for a bay, and for the end of holds, in this order.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import simpy
from simpy.events import Event

from sim.core import events
from sim.core.clock import WEEK_DAYS, at_an_hour, on_weekday
from sim.core.columns import Column, bay_hours_of, dose_weeks
from sim.core.decisions import next_dose_from
from sim.core.design import ArmDesign
from sim.core.environment import Wait
from sim.core.people import DRAWS_A_VISIT, Person
from sim.core.places import Places
from sim.core.roles import Claim, Delivering, Holding, Supply
from sim.core.world import World
from sim.scenario.schema.trial import Doses

# Positions of a dose's uniform numbers in its row.
_HOUR, _UNFIT, _UNFIT_DAYS, _REACTION, _HOLD, _FIRST_LOST = range(6)  # the rest: one for each attempt
_FOREVER = float("inf")


class _Dose:
    """The dose of a participant that is next.

    Args:
        cells: see the attributes.
        amount: see the attributes.

    Attributes:
        cells: cells that each dose takes; 0 for a drug.
        amount: cells, or the drug in its unit.
        number: from 1.
        due: when it is due.
        days: time in the bay.
    """

    __slots__ = ("amount", "cells", "days", "due", "number")

    def __init__(self, cells: float, amount: float) -> None:
        self.cells, self.amount = cells, amount
        self.number, self.due, self.days = 1, 0.0, 0.0


class _Course(NamedTuple):
    """All doses of an arm.

    Attributes:
        rows: row of each dose in a participant's draws.
        after_days: days from the first dose to each, as planned.
        bay_hours: time in the bay of each, as a value of the participant.
        is_dense: whether a late dose may come so near to the next that this must be put off; see `next_dose_from`.
    """

    rows: npt.NDArray[np.intp]
    after_days: list[float]
    bay_hours: list[Column]
    is_dense: bool


class _Bay:
    """The bay that one dose takes or waits for, if it gets that far."""

    __slots__ = ("_bays", "_has_asked", "_turn")

    def __init__(self, bays: Places) -> None:
        self._bays = bays
        self._has_asked = False

    def take(self) -> Event | None:
        """Take a bay at once (None), or queue for one (the event of getting it)."""
        if not self._has_asked:
            self._turn, self._has_asked = self._bays.take(), True
        return self._turn

    def leave(self) -> None:
        """Give the bay back, or stop waiting for one."""
        if self._has_asked:
            self._has_asked = False
            self._bays.leave(self._turn)


class Infusions:
    """Doses of participants in arms that have any.

    Args:
        world: the replication's surroundings.
        supply: source of cells.
        board: the safety board, which is told of first doses and severe reactions.
        couriers: the same source behind couriers; None if cells are at the sites.
    """

    def __init__(self, world: World, supply: Supply, board: Holding, couriers: Delivering | None = None) -> None:
        rules = world.scenario.treatment
        self._couriers = couriers
        self._world = world
        self._supply = couriers or supply
        self._board = board
        path = "treatment.first_dose_delay_days"
        self._delay = world.column(path, path, rules.first_dose_delay_days)
        self._window = world.number("treatment.window_days", rules.window_days)
        path = "treatment.bay_hours"
        bay_hours = {
            week: world.column(bay_hours_of(week), path, rules.bay_hours) for week in dose_weeks(world.scenario)
        }
        self._courses = {
            arm.index: self._course(arm.doses.weeks, bay_hours) for arm in world.design.arms if arm.doses is not None
        }
        self._cells_per_kg = [
            world.number(f"arms.{arm.name}.doses.cells_per_kg", arm.doses.cells_per_kg)
            if arm.doses and arm.doses.cells_per_kg is not None
            else 0.0
            for arm in world.design.arms
        ]
        self._p_unfit = world.probability("treatment.unfit_on_the_day", rules.unfit_on_the_day)
        unfit_days = _FOREVER if rules.unfit_days is None else rules.unfit_days
        self._unfit_days = world.varying("treatment.unfit_days", unfit_days)
        self._p_mild = world.probability("treatment.reaction", rules.reaction)
        self._p_severe = world.probability("treatment.severe_reaction", rules.severe_reaction)
        cells = world.scenario.cells
        self._p_lost = world.probability("cells.lost_at_bedside", cells.lost_at_bedside if cells else 0.0)
        self._weekdays_only = rules.weekdays_only
        self._weekday = world.clock.weekday

    def _course(self, weeks: tuple[float, ...], bay_hours: Mapping[float, Column]) -> _Course:
        """The doses of an arm, given in these weeks."""
        row_of = self._world.design.row_of_week
        return _Course(
            np.array([row_of[week] for week in weeks], dtype=np.intp),
            [(week - weeks[0]) * WEEK_DAYS for week in weeks],
            [bay_hours[week] for week in weeks],
            any((later - week) * WEEK_DAYS <= self._window for week, later in pairwise(weeks)),
        )

    def cells_per_kg(self, arm: ArmDesign) -> float:
        """Cells of a dose per kg of body weight in an arm; 0 without doses of cells.

        Args:
            arm: an arm of the design.
        """
        return self._cells_per_kg[arm.index]

    @staticmethod
    def _amount(doses: Doses, person: Person, cells: float) -> float:
        """What a dose gives: cells, or the drug in its unit."""
        if doses.amount is None:
            return cells
        return doses.amount * person.weight_kg if doses.is_by_weight else doses.amount

    def _due(self, day: float, u: float, earliest: float) -> float:
        """The appointment on a day, or on the next working day, but never before `earliest`."""
        due = at_an_hour(earliest if day < earliest else day, u)
        if due < earliest:
            due += 1.0
        return on_weekday(due, self._weekday) if self._weekdays_only else due

    def give_all(self, person: Person, arm: ArmDesign, doses: Doses) -> Generator[Wait, None, None]:
        """Process of all doses of one participant, one after another; an interrupt (they leave) ends it.

        Args:
            person: the participant, who was just randomised.
            arm: their arm.
            doses: the doses of the arm.

        Raises:
            simpy.Interrupt: follow-up ended before the last dose.
        """
        world, env, supply, site = self._world, self._world.env, self._supply, person.site.index
        weeks, course = doses.weeks, self._courses[arm.index]
        cells = self._cells_per_kg[arm.index] * person.weight_kg
        dose = _Dose(cells, self._amount(doses, person, cells))
        person.n_doses_due = n_left = len(weeks)
        try:
            target = env.now + self._delay(person.values)
            ready = supply.ready_for(person)
            if ready is not None:
                yield ready
                target = max(target, env.now)
            earliest = env.now
            assert person.draws is not None
            rows = person.draws.take(course.rows, axis=0)[:, DRAWS_A_VISIT:].tolist()
            for n_done, row in enumerate(rows):
                due = self._due(target + course.after_days[n_done], row[_HOUR], earliest)
                if n_done == 0:
                    target = person.first_due = due
                if self._couriers is not None:
                    self._couriers.prepare(person, n_done + 1, weeks[n_done], cells, due)
                yield due
                world.record(events.DOSE_DUE, site, person.referral, n_done + 1)
                start, obstacle = self._earliest(due, row)
                if obstacle is None:
                    dose.number, dose.due = n_done + 1, due
                    dose.days = course.bay_hours[n_done](person.values) / 24
                    obstacle = yield from self._give(person, dose, start, row)
                if obstacle is not None:
                    world.record(events.DOSE_MISSED, site, person.referral, n_done + 1, obstacle)
                earliest = env.now
                if course.is_dense and obstacle is None and n_left > 1:
                    apart = weeks[n_done + 1] - weeks[n_done]
                    earliest = next_dose_from(earliest, person.dose_started, apart, self._window)
                person.n_doses_over += 1
                n_left -= 1
                if person.n_doses_due > n_left:
                    self._no_longer_due(person, cells, n_left)
        finally:
            self._no_longer_due(person, cells, 0)
            supply.no_more_for(person)

    def _no_longer_due(self, person: Person, cells: float, n_left: int) -> None:
        """Note that only `n_left` doses are still to come."""
        if person.n_doses_due > n_left:
            n, person.n_doses_due = person.n_doses_due - n_left, n_left
            self._supply.less_due(person, n * cells)

    def _give(self, person: Person, dose: _Dose, start: float, row: list[float]) -> Generator[Wait, None, int | None]:
        """Process of one dose, from when the participant is fit: cells, a bay, and the time in it.

        Thawed cells that cannot be given are lost, and the dose is repeated a day later. Returns the code of what
        prevents it within the window; None if it was given.
        """
        world, env, site, deadline = self._world, self._world.env, person.site, dose.due + self._window
        for attempt, u_lost in enumerate(row[_FIRST_LOST:]):
            if attempt > 0:
                person.n_doses_due += 1
                self._supply.more_due(person, dose.cells)
            if start > env.now:
                yield self._board.unless_ended(env.first(env.event(), start))
            bay = _Bay(site.bays)
            claim = self._supply.claim(person, dose.cells)
            try:
                if not claim.is_granted or bay.take() is not None or self._board.held_until > env.now:
                    obstacle = yield from self._get_ready(claim, bay, deadline)
                    if obstacle is not None:
                        return obstacle
                elif self._board.ended:
                    return events.MISSED_STOPPED
                claim.thaw()
                person.n_doses_due -= 1
                self._supply.thawed(person, dose.cells)
                person.dose_started = env.now
                world.record(events.DOSE_STARTED, site.index, person.referral, dose.number, amount=env.now - dose.due)
                yield env.now + dose.days
            except simpy.Interrupt:
                if claim.is_thawed:
                    self._lost(person, dose, events.LOST_LEFT)
                raise
            finally:
                bay.leave()
                claim.cancel()
            if dose.cells == 0 or u_lost >= self._p_lost:
                self._given(person, dose, row)
                return None
            self._lost(person, dose, events.LOST_BEDSIDE)
            start = env.now + 1.0
            if start > deadline or self._board.ended:
                break
        return events.MISSED_STOPPED if self._board.ended else events.MISSED_BEDSIDE

    def _get_ready(self, claim: Claim, bay: _Bay, deadline: float) -> Generator[Wait, None, int | None]:
        """Wait for cells, a bay, and the end of holds.

        Args:
            claim: cells of the dose.
            bay: the bay, which may have been asked for already.
            deadline: last moment of the window.

        Returns:
            The code of what prevents the dose in time, or None.
        """
        env, board = self._world.env, self._board
        while True:
            if not claim.is_granted:
                yield board.unless_ended(env.first(claim.wait(), deadline))
                if not (claim.is_granted or board.ended):
                    return events.MISSED_CELLS
            turn = bay.take()
            if turn is not None and not board.ended:
                yield board.unless_ended(turn | env.at(deadline))
                if not (turn.triggered or board.ended):
                    return events.MISSED_BAY
            while board.held_until > env.now and not board.ended:
                if board.held_until > deadline:
                    return events.MISSED_HOLD
                yield board.unless_ended(env.first(env.event(), board.held_until))
            if claim.is_granted or board.ended:
                return events.MISSED_STOPPED if board.ended else None
            bay.leave()  # delivered cells have grown too old meanwhile

    def _earliest(self, due: float, row: list[float]) -> tuple[float, int | None]:
        """When the participant is fit and dosing not on hold.

        Args:
            due: when the dose is due.
            row: uniform numbers of the dose.

        Returns:
            Day of the first attempt, and the code of what prevents the dose within its window; None if nothing does
            yet.
        """
        board, deadline = self._board, due + self._window
        if board.ended:
            return due, events.MISSED_STOPPED
        start = due
        if row[_UNFIT] < self._p_unfit:
            start = due + self._unfit_days(row[_UNFIT_DAYS])
            if start > deadline:
                return start, events.MISSED_UNFIT
        if board.held_until > deadline:
            return start, events.MISSED_HOLD
        return max(start, board.held_until), None

    def _lost(self, person: Person, dose: _Dose, code: int) -> None:
        """Record a dose that was thawed and not given; `code` says why (vocabulary `dose_lost`)."""
        self._world.record(events.DOSE_LOST, person.site.index, person.referral, dose.number, code, dose.amount)

    def _given(self, person: Person, dose: _Dose, row: list[float]) -> None:
        """Record a dose that was given, with its reaction if there is one."""
        world, site = self._world, person.site
        world.record(events.DOSE_GIVEN, site.index, person.referral, dose.number, amount=dose.amount)
        person.n_doses_given += 1
        if person.n_doses_given == 1:
            self._board.first_dose(person)
        if row[_REACTION] < self._p_severe:
            world.record(events.REACTION, site.index, person.referral, dose.number, events.SEVERE)
            self._board.severe_reaction(person, row[_HOLD])
        elif row[_REACTION] < self._p_severe + self._p_mild:
            world.record(events.REACTION, site.index, person.referral, dose.number, events.MILD)
