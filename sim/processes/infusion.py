"""Doses: due on a day, needing a fit participant, released cells and a bay, within a window.

What is not there in time makes a dose late, and past its window missed, with the reason.
"""

from __future__ import annotations

from collections.abc import Generator

from simpy.events import Event

from sim.core import events
from sim.core.clock import WEEK_DAYS, at_an_hour
from sim.core.design import ArmDesign
from sim.core.people import DRAWS_A_DOSE, DRAWS_A_VISIT, Person
from sim.core.roles import Holding, Supply
from sim.core.world import World
from sim.scenario.schema.trial import Doses

# Places of a dose's uniform numbers in its row.
_HOUR, _UNFIT, _UNFIT_DAYS, _REACTION, _HOLD, _FIRST_LOST = range(6)
_ATTEMPTS = DRAWS_A_DOSE - _FIRST_LOST
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

    def give_all(self, person: Person, arm: ArmDesign, doses: Doses) -> Generator[Event, None, None]:
        """All doses of one participant, one after the other; an interrupt (they leave) ends it."""
        env, weeks, supply = self._world.env, doses.weeks, self._supply
        cells = self._cells_per_kg[arm.index] * person.weight_kg
        n_done = 0
        try:
            target = env.now + self._delay.of(person)
            ready = supply.ready_for(person)
            if ready is not None:
                yield ready
                target = max(target, env.now)
            assert person.draws is not None
            for n_done, row in enumerate(person.draws[: len(weeks), DRAWS_A_VISIT:].tolist()):
                due = self._due(target + (weeks[n_done] - weeks[0]) * WEEK_DAYS, row[_HOUR])
                if n_done == 0:
                    target = due
                yield env.at(due)
                self._world.record(events.DOSE_DUE, person.site.index, person.referral, n_done + 1)
                obstacle = yield from self._give(person, n_done + 1, cells, due, row)
                if obstacle is not None:
                    self._world.record(events.DOSE_MISSED, person.site.index, person.referral, n_done + 1, obstacle)
                supply.no_more_for(person, cells)
            n_done = len(weeks)
        finally:
            if n_done < len(weeks):
                supply.no_more_for(person, cells * (len(weeks) - n_done))

    def _give(
        self, person: Person, dose: int, cells: float, due: float, row: list[float]
    ) -> Generator[Event, None, int | None]:
        """One dose that is due, until it is given, or until it is clear what prevents it within the window."""
        env, deadline = self._world.env, due + self._window
        start, obstacle = self._earliest(due, deadline, row)
        for attempt in range(_ATTEMPTS):
            if obstacle is not None:
                return obstacle
            if start > env.now:
                yield env.at(start)
            is_lost = row[_FIRST_LOST + attempt] < self._p_lost
            obstacle = yield from self._infuse(person, dose, cells, due, row, is_lost)
            if not is_lost:
                return obstacle
            start = env.now + 1.0
            if obstacle is None and start > deadline:
                return events.MISSED_BEDSIDE
        return events.MISSED_BEDSIDE if obstacle is None else obstacle

    def _earliest(self, due: float, deadline: float, row: list[float]) -> tuple[float, int | None]:
        """When the participant is fit and dosing not on hold, and what prevents that in time, if anything."""
        board = self._board
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

    def _infuse(
        self, person: Person, dose: int, cells: float, due: float, row: list[float], is_lost: bool
    ) -> Generator[Event, None, int | None]:
        """One attempt: cells, then a bay, then the infusion; what was not there in time, if anything."""
        world, env, site = self._world, self._world.env, person.site
        deadline = due + self._window
        claim = self._supply.claim(person, dose, cells)
        bay = None
        try:
            if not claim.is_granted:
                yield env.first(claim.wait(), deadline)
                if not claim.is_granted:
                    return events.MISSED_CELLS
            if site.bays is not None:
                bay = site.bays.take()
                if not bay.triggered:
                    yield bay | env.at(deadline)
                    if not bay.triggered:
                        return events.MISSED_BAY
            claim.thaw()
            world.record(events.DOSE_STARTED, site.index, person.referral, dose, amount=env.now - due)
            yield env.timeout(self._bay_hours[dose - 1].of(person) / 24)
            if not is_lost:
                claim.given()
                self._given(person, dose, cells, row)
        finally:
            if bay is not None and site.bays is not None:
                site.bays.leave(bay)
            claim.close()
        return None

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
