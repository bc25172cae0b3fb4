"""Doses: each needs a fit participant, released cells and a bay, within a window after its due day.

Anything that is not ready in time makes a dose late and, past the window, missed; the log has the reason.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import simpy
from simpy.events import Event

from sim.core import events
from sim.core.clock import WEEK_DAYS, at_an_hour
from sim.core.columns import bay_hours_of, dose_weeks
from sim.core.design import ArmDesign
from sim.core.environment import Wait
from sim.core.people import DRAWS_A_VISIT, Person
from sim.core.places import Places
from sim.core.roles import Claim, Holding, Supply
from sim.core.world import World
from sim.scenario.schema.trial import Doses

# Positions of a dose's uniform numbers in its row.
_HOUR, _UNFIT, _UNFIT_DAYS, _REACTION, _HOLD, _FIRST_LOST = range(6)  # the rest: one for each attempt
_FOREVER = float("inf")


class _Dose(NamedTuple):
    """One dose of a participant.

    Attributes:
        number: from 1.
        cells: what it takes.
        due: when it is due.
        days: time in the bay.
    """

    number: int
    cells: float
    due: float
    days: float


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
            self._bays.leave(self._turn)


class Infusions:
    """Doses of participants in arms that have any.

    Args:
        world: the replication's surroundings.
        supply: source of cells.
        board: the safety board, which is told of first doses and severe reactions.
    """

    def __init__(self, world: World, supply: Supply, board: Holding) -> None:
        rules = world.scenario.treatment
        self._world = world
        self._supply = supply
        self._board = board
        path = "treatment.first_dose_delay_days"
        self._delay = world.column(path, path, rules.first_dose_delay_days)
        self._window = world.number("treatment.window_days", rules.window_days)
        path = "treatment.bay_hours"
        self._bay_hours = {
            week: world.column(bay_hours_of(week), path, rules.bay_hours) for week in dose_weeks(world.scenario)
        }
        self._row_of = world.design.row_of_week
        self._cells_per_kg = [
            world.number(f"arms.{arm.name}.doses.cells_per_kg", arm.doses.cells_per_kg) if arm.doses else 0.0
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

    def cells_per_kg(self, arm: ArmDesign) -> float:
        """Cells of a dose per kg of body weight in an arm; 0 without doses."""
        return self._cells_per_kg[arm.index]

    def _due(self, day: float, u: float, earliest: float) -> float:
        """The appointment on a day, or on the next working day, but never before `earliest`."""
        due = at_an_hour(max(day, earliest), u)
        if due < earliest:
            due += 1.0
        return self._world.clock.weekday_on_or_after(due) if self._weekdays_only else due

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
        weeks, cells = doses.weeks, self._cells_per_kg[arm.index] * person.weight_kg
        person.n_doses_due = n_left = len(weeks)
        try:
            target = env.now + self._delay(person.values)
            ready = supply.ready_for(person)
            if ready is not None:
                yield ready
                target = max(target, env.now)
            earliest = env.now
            assert person.draws is not None
            rows = person.draws[[self._row_of[week] for week in weeks], DRAWS_A_VISIT:].tolist()
            for n_done, row in enumerate(rows):
                due = self._due(target + (weeks[n_done] - weeks[0]) * WEEK_DAYS, row[_HOUR], earliest)
                if n_done == 0:
                    target = person.first_due = due
                yield due
                world.record(events.DOSE_DUE, site, person.referral, n_done + 1)
                start, obstacle = self._earliest(due, row)
                if obstacle is None:
                    dose = _Dose(n_done + 1, cells, due, self._bay_hours[weeks[n_done]](person.values) / 24)
                    obstacle = yield from self._give(person, dose, start, row)
                if obstacle is not None:
                    world.record(events.DOSE_MISSED, site, person.referral, n_done + 1, obstacle)
                earliest = self._next_from(person, weeks, n_done, obstacle is None)
                person.n_doses_over += 1
                n_left -= 1
                self._no_longer_due(person, cells, n_left)
        finally:
            self._no_longer_due(person, cells, 0)
            supply.no_more_for(person)

    def _next_from(self, person: Person, weeks: tuple[float, ...], n_done: int, was_given: bool) -> float:
        """Earliest time at which the next dose may be due.

        Weeks count from the due day of the first dose. Only if the window is as long as the distance to the next dose
        does the next one keep that distance from when this one was given.
        """
        now = self._world.env.now
        if not was_given or n_done + 1 == len(weeks):
            return now
        distance = (weeks[n_done + 1] - weeks[n_done]) * WEEK_DAYS
        return now if distance > self._window else max(now, person.dose_started + distance)

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
            if u_lost >= self._p_lost:
                self._given(person, dose, row)
                return None
            self._lost(person, dose, events.LOST_BEDSIDE)
            start = env.now + 1.0
            if start > deadline or self._board.ended:
                break
        return events.MISSED_STOPPED if self._board.ended else events.MISSED_BEDSIDE

    def _get_ready(self, claim: Claim, bay: _Bay, deadline: float) -> Generator[Wait, None, int | None]:
        """Wait for cells, a bay, and the end of holds; returns the code of what prevents it in time, or None."""
        env, board = self._world.env, self._board
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
        return events.MISSED_STOPPED if board.ended else None

    def _earliest(self, due: float, row: list[float]) -> tuple[float, int | None]:
        """When the participant is fit and dosing not on hold; and the code of what prevents it in time, or None."""
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
        self._world.record(events.DOSE_LOST, person.site.index, person.referral, dose.number, code, dose.cells)

    def _given(self, person: Person, dose: _Dose, row: list[float]) -> None:
        """Record a dose that was given, with its reaction if there is one."""
        world, site = self._world, person.site
        world.record(events.DOSE_GIVEN, site.index, person.referral, dose.number, amount=dose.cells)
        person.n_doses_given += 1
        if person.n_doses_given == 1:
            self._board.first_dose(person)
        if row[_REACTION] < self._p_severe:
            world.record(events.REACTION, site.index, person.referral, dose.number, events.SEVERE)
            self._board.severe_reaction(person, row[_HOLD])
        elif row[_REACTION] < self._p_severe + self._p_mild:
            world.record(events.REACTION, site.index, person.referral, dose.number, events.MILD)
