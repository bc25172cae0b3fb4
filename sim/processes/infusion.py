"""Doses: due on a day, needing a fit participant, released cells and a bay, within a window.

What is not there in time makes a dose late, and past its window missed, with the reason.
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.core import events
from sim.core.clock import WEEK_DAYS, at_an_hour
from sim.core.design import ArmDesign
from sim.core.environment import Wait
from sim.core.people import DRAWS_A_VISIT, Person
from sim.core.roles import Holding, Supply
from sim.core.world import World
from sim.scenario.schema.trial import Doses

# Places of a dose's uniform numbers in its row.
_HOUR, _UNFIT, _UNFIT_DAYS, _REACTION, _HOLD, _FIRST_LOST = range(6)  # the rest: a number an attempt
_FOREVER = float("inf")


class Infusions:
    """Doses of the participants of arms that have any.

    Args:
        world: the replication's surroundings.
        supply: where cells come from.
        board: the safety board, which hears of first doses and severe reactions.
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
        n_doses = world.design.n_doses
        self._bay_hours = [world.column(f"{path}.{dose + 1}", path, rules.bay_hours) for dose in range(n_doses)]
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
        """Cells per kg of a dose in an arm; 0 without doses."""
        return self._cells_per_kg[arm.index]

    def _due(self, day: float, u: float) -> float:
        """The appointment on a day, or on the next working day; not before now."""
        due = at_an_hour(day, u)
        if due < self._world.env.now:
            due += 1.0
        return self._world.clock.weekday_on_or_after(due) if self._weekdays_only else due

    def give_all(self, person: Person, arm: ArmDesign, doses: Doses) -> Generator[Wait, None, None]:
        """All doses of one participant, one after the other; an interrupt (they leave) ends it."""
        world, env, supply, site = self._world, self._world.env, self._supply, person.site.index
        weeks, cells = doses.weeks, self._cells_per_kg[arm.index] * person.weight_kg
        n_done = 0
        try:
            target = env.now + self._delay(person.values)
            ready = supply.ready_for(person)
            if ready is not None:
                yield ready
                target = max(target, env.now)
            assert person.draws is not None
            for row in person.draws[: len(weeks), DRAWS_A_VISIT:].tolist():
                due = self._due(target + (weeks[n_done] - weeks[0]) * WEEK_DAYS, row[_HOUR])
                if n_done == 0:
                    target = due
                yield due
                world.record(events.DOSE_DUE, site, person.referral, n_done + 1)
                start, obstacle = self._earliest(due, row)
                if obstacle is None:
                    obstacle = yield from self._give(person, n_done + 1, cells, due, start, row)
                if obstacle is not None:
                    world.record(events.DOSE_MISSED, site, person.referral, n_done + 1, obstacle)
                n_done += 1
                supply.no_more_for(person, cells)
        finally:
            if n_done < len(weeks):
                supply.no_more_for(person, cells * (len(weeks) - n_done))

    def _give(
        self, person: Person, dose: int, cells: float, due: float, start: float, row: list[float]
    ) -> Generator[Wait, None, int | None]:
        """One dose, from when the participant is fit: cells, a bay, and the time in it.

        Cells that are thawed and cannot be given are lost, and the dose is tried again a day later. Returns what
        prevents it within the window, if anything does. One generator and not one a step: it is gone through for every
        dose of every participant.
        """
        world, env, site, deadline = self._world, self._world.env, person.site, due + self._window
        bays = site.bays
        for u_lost in row[_FIRST_LOST:]:
            if start > env.now:
                yield start
            claim, bay, has_asked = self._supply.claim(person, cells), None, False
            try:
                if not claim.is_granted:
                    yield env.first(claim.wait(), deadline)
                    if not claim.is_granted:
                        return events.MISSED_CELLS
                bay, has_asked = bays.take(), True
                if bay is not None:
                    yield bay | env.at(deadline)
                    if not bay.triggered:
                        return events.MISSED_BAY
                claim.is_thawed = True
                world.record(events.DOSE_STARTED, site.index, person.referral, dose, amount=env.now - due)
                yield env.now + self._bay_hours[dose - 1](person.values) / 24
            except simpy.Interrupt:
                if claim.is_thawed:
                    self._lost(person, dose, cells, events.LOST_LEFT)
                raise
            finally:
                if has_asked:
                    bays.leave(bay)
                claim.cancel()
            if u_lost >= self._p_lost:
                self._given(person, dose, cells, row)
                return None
            self._lost(person, dose, cells, events.LOST_BEDSIDE)
            start = env.now + 1.0
            if start > deadline:
                break
        return events.MISSED_BEDSIDE

    def _earliest(self, due: float, row: list[float]) -> tuple[float, int | None]:
        """When the participant is fit and dosing not on hold, and what prevents that in time, if anything."""
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

    def _lost(self, person: Person, dose: int, cells: float, code: int) -> None:
        self._world.record(events.DOSE_LOST, person.site.index, person.referral, dose, code, cells)

    def _given(self, person: Person, dose: int, cells: float, row: list[float]) -> None:
        world, site = self._world, person.site
        world.record(events.DOSE_GIVEN, site.index, person.referral, dose, amount=cells)
        person.n_doses_given += 1
        if person.n_doses_given == 1:
            self._board.first_dose(person)
        if row[_REACTION] < self._p_severe:
            world.record(events.REACTION, site.index, person.referral, dose, events.SEVERE)
            self._board.severe_reaction(person, row[_HOLD])
        elif row[_REACTION] < self._p_severe + self._p_mild:
            world.record(events.REACTION, site.index, person.referral, dose, events.MILD)
