"""Doses to the hour: due, late, missed with the reason, lost and tried again."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from simpy import Interrupt
from simpy.events import Event
from small_world import happened, sites_of, someone, world_of

from sim.core import events
from sim.core.clock import FIRST_APPOINTMENT
from sim.core.design import ArmDesign
from sim.core.environment import Wait
from sim.core.people import DRAWS_A_ROW, DRAWS_A_VISIT, Person, Site
from sim.core.world import World
from sim.processes.infusion import Infusions, _Bay
from sim.processes.stock import Lot, Stock, StockClaim
from sim.scenario.schema.trial import Doses

UNFIT, UNFIT_DAYS, REACTION, HOLD, FIRST_LOST = range(DRAWS_A_VISIT + 1, DRAWS_A_VISIT + 6)
START = FIRST_APPOINTMENT  # the hour of an appointment whose draw is 0
PLENTY = 1e9
LOSSY = {"source": "bank", "lots": {"culture_days": 1.0, "yield_cells": 1.0}, "lost_at_bedside": 0.2}


class Board:
    """A safety board that does what a test says, and writes down what it hears."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ended = False
        self.held_until = -float("inf")
        self.waits: list[Event] = []
        self.heard: list[tuple[str, float]] = []

    def unless_ended(self, event: Event) -> Event:
        self.waits.append(event)
        return event

    def first_dose(self, _person: Person) -> None:
        self.heard.append(("first dose", self.world.env.now))

    def severe_reaction(self, _person: Person, u: float) -> None:
        self.heard.append(("severe", u))

    def end(self) -> None:
        self.ended = True
        for event in self.waits:
            if not event.triggered:
                event.succeed()


class Supply:
    """One stock for all, and what is told of doses that are due."""

    def __init__(self, world: World, cells: float) -> None:
        self.stock = Stock(world, lambda: None, lambda: None)
        if cells:
            self.stock.add(Lot(1, cells, 1e6))
        self.told: list[tuple[str, float]] = []
        self.ready: Event | None = None

    def claim(self, _person: Person, cells: float) -> StockClaim:
        return self.stock.claim(cells)

    def ready_for(self, _person: Person) -> Event | None:
        return self.ready

    def thawed(self, _person: Person, cells: float) -> None:
        self.told.append(("thawed", cells))

    def less_due(self, _person: Person, cells: float) -> None:
        self.told.append(("less", cells))

    def more_due(self, _person: Person, cells: float) -> None:
        self.told.append(("more", cells))

    def no_more_for(self, _person: Person) -> None:
        self.told.append(("no more", 0.0))


class Ward:
    """Participants who get their doses, each from a day on."""

    def __init__(
        self, weeks: list[float] | None = None, stock: float = PLENTY, bays: int | None = None, **changes: Any
    ) -> None:
        arms = {"A": {"doses": {"weeks": weeks or [0], "cells_per_kg": 2.0}}}
        sites = {"s": {"referrals_per_month": 1.0, "infusion_bays": bays}}
        patients = {"attributes": {"weight_kg": 10.0}}
        self.world = world_of(arms=arms, sites=sites, patients=patients, **changes)
        self.site: Site = sites_of(self.world)[0]
        self.board, self.supply = Board(self.world), Supply(self.world, stock)
        self.infusions = Infusions(self.world, self.supply, self.board)
        self.people: list[Person] = []
        self.processes: list[Any] = []

    def participant(self, day: float = 0.0, weight_kg: float = 10.0, **draws: float) -> Person:
        """Draws of every dose by name: their hour is 0, they are fit, have no reaction, and lose nothing."""
        person = someone(self.world, self.site, referral=len(self.people), weight_kg=weight_kg)
        numbers = np.full((len(self.world.design.row_of_week), DRAWS_A_ROW), 1.0)
        numbers[:, DRAWS_A_VISIT] = 0.0
        for name, value in draws.items():
            numbers[:, globals()[name.upper()]] = value
        person.draws = numbers
        self.people.append(person)
        arm = self.world.design.arms[0]
        assert arm.doses is not None
        doses = arm.doses
        self.world.env.call_at(
            day, lambda: self.processes.append(self.world.env.start(self._all_doses(person, arm, doses)))
        )
        return person

    def _all_doses(self, person: Person, arm: ArmDesign, doses: Doses) -> Generator[Wait, None, None]:
        with contextlib.suppress(Interrupt):
            yield from self.infusions.give_all(person, arm, doses)

    def run(self) -> list[tuple[float, str, float, int]]:
        """What happened: day (less the hour of appointments), event, dose, code."""
        self.world.env.call_at(1e5, self.world.env.finish)
        self.world.env.run_to_end()
        return [(round(e.day - START, 9), e.kind, e.number, e.code) for e in happened(self.world)]


def kinds(log: list[tuple[float, str, float, int]], kind: str) -> list[tuple[float, float, int]]:
    return [(day, dose, code) for day, name, dose, code in log if name == kind]


def test_a_dose_is_due_given_and_counted() -> None:
    """Due at 8 o'clock of the day, three hours in the bay; 2 cells a kg of 10 kg."""
    ward = Ward(treatment={"bay_hours": 3.0})
    person = ward.participant()
    assert ward.run() == [(0.0, "dose.due", 1, 0), (0.0, "dose.started", 1, 0), (0.125, "dose.given", 1, 0)]
    assert [entry.amount for entry in happened(ward.world, events.DOSE_GIVEN)] == [20.0]
    assert (person.n_doses_given, person.n_doses_over, person.n_doses_due) == (1, 1, 0)
    assert person.first_due == person.dose_started == START
    assert ward.board.heard == [("first dose", START + 0.125)]
    assert ward.supply.told == [("thawed", 20.0), ("no more", 0.0)]
    assert ward.supply.stock.cells == PLENTY - 20.0


def test_weeks_count_from_the_first_dose() -> None:
    """A delay of four days to the first; the weeks may begin above 0."""
    ward = Ward(weeks=[1, 2, 4], treatment={"first_dose_delay_days": 4.0})
    ward.participant()
    assert [day for day, _, _ in kinds(ward.run(), "dose.given")] == [4.0, 11.0, 25.0]


def test_the_hour_is_drawn_but_never_before_randomisation() -> None:
    """Randomised in the afternoon: the appointment of that day has passed, so it is the next day's."""
    ward = Ward()
    ward.participant(day=0.6)
    assert [day for day, _, _ in kinds(ward.run(), "dose.given")] == [1.0]


@pytest.mark.parametrize(("opens", "day"), [("2020-01-01", 5.0), ("2020-01-02", 4.0), ("2020-01-03", 3.0)])
def test_doses_may_be_on_weekdays_only(opens: str, day: float) -> None:
    """Three days on from a Wednesday is a Saturday, from a Thursday a Sunday, from a Friday a Monday."""
    ward = Ward(trial={"enrolment_opens": opens}, treatment={"first_dose_delay_days": 3.0, "weekdays_only": True})
    ward.participant()
    assert [found for found, _, _ in kinds(ward.run(), "dose.given")] == [day]


@pytest.mark.parametrize(
    ("unfit_days", "window", "given", "missed"),
    [(1.5, 2.0, [1.5], []), (2.0, 2.0, [2.0], []), (2.5, 2.0, [], [0.0]), (None, 1000.0, [], [0.0])],
)
def test_who_is_unfit_gets_the_dose_later_or_not_at_all(
    unfit_days: float | None, window: float, given: list[float], missed: list[float]
) -> None:
    """Within the window, its end included; without a length, unfitness outlasts any window."""
    ward = Ward(treatment={"unfit_on_the_day": 0.3, "unfit_days": unfit_days, "window_days": window})
    person = ward.participant(unfit=0.29)
    log = ward.run()
    assert [day for day, _, _ in kinds(log, "dose.started")] == given
    assert kinds(log, "dose.missed") == [(day, 1, events.MISSED_UNFIT) for day in missed]
    assert (person.n_doses_given, person.n_doses_over) == (len(given), 1)
    assert ward.supply.told[0] == (("thawed" if given else "less"), 20.0)


def test_who_is_fit_is_not_late() -> None:
    ward = Ward(treatment={"unfit_on_the_day": 0.3, "unfit_days": 1.0})
    ward.participant(unfit=0.3)
    assert kinds(ward.run(), "dose.started") == [(0.0, 1, 0)]


def test_a_dose_waits_for_cells_within_its_window() -> None:
    """Cells come after one day: late by a day, and said so."""
    ward = Ward(stock=0.0)
    ward.participant()
    ward.world.env.call_at(START + 1.0, lambda: ward.supply.stock.add(Lot(1, 20.0, 1e6)))
    assert kinds(ward.run(), "dose.started") == [(1.0, 1, 0)]
    assert [entry.amount for entry in happened(ward.world, events.DOSE_STARTED)] == [pytest.approx(1.0)]


def test_without_cells_in_its_window_a_dose_is_missed_and_its_claim_is_gone() -> None:
    """Two days: then it is missed, and the next one's cells are not held up by it."""
    ward = Ward(weeks=[0, 1], stock=0.0)
    ward.participant()
    ward.world.env.call_at(START + 5.0, lambda: ward.supply.stock.add(Lot(1, 20.0, 1e6)))
    log = ward.run()
    assert kinds(log, "dose.missed") == [(2.0, 1, events.MISSED_CELLS)]
    assert kinds(log, "dose.given") == [(7.0, 2, 0)]


def test_a_bay_takes_one_at_a_time() -> None:
    """Twelve hours in the bay: the second starts when the first is through."""
    ward = Ward(bays=1, treatment={"bay_hours": 12.0})
    ward.participant()
    ward.participant()
    assert [day for day, _, _ in kinds(ward.run(), "dose.started")] == [0.0, 0.5]


def test_without_a_bay_in_its_window_a_dose_is_missed_and_its_cells_go_back() -> None:
    ward = Ward(bays=1, stock=45.0, treatment={"bay_hours": 72.0})
    ward.participant()
    ward.participant()
    assert kinds(ward.run(), "dose.missed") == [(2.0, 1, events.MISSED_BAY)]
    assert ward.supply.stock.cells == 25.0


@pytest.mark.parametrize(("held_until", "started", "missed"), [(1.0, [1.0], []), (2.0, [2.0], []), (3.0, [], [0.0])])
def test_a_hold_makes_a_dose_late_or_missed(held_until: float, started: list[float], missed: list[float]) -> None:
    ward = Ward()
    ward.participant()
    ward.board.held_until = START + held_until
    log = ward.run()
    assert [day for day, _, _ in kinds(log, "dose.started")] == started
    assert kinds(log, "dose.missed") == [(day, 1, events.MISSED_HOLD) for day in missed]


@pytest.mark.parametrize(("held_until", "started", "missed"), [(1.7, [1.7], []), (2.0, [2.0], []), (2.5, [], [1.5])])
def test_a_hold_that_begins_while_somebody_waits_holds_up_too(
    held_until: float, started: list[float], missed: list[float]
) -> None:
    """Cells come on day 1.5, in a hold: the dose waits for its end, or is missed where that is too late."""
    ward = Ward(stock=0.0)
    ward.participant()
    ward.world.env.call_at(START + 1.0, lambda: setattr(ward.board, "held_until", START + held_until))
    ward.world.env.call_at(START + 1.5, lambda: ward.supply.stock.add(Lot(1, 20.0, 1e6)))
    log = ward.run()
    assert [day for day, _, _ in kinds(log, "dose.started")] == started
    assert kinds(log, "dose.missed") == [(day, 1, events.MISSED_HOLD) for day in missed]


def test_after_the_end_no_dose_is_given() -> None:
    """Ended before it is due; ended while it waits for cells; ended while it waits for a bay."""
    ward = Ward()
    ward.participant()
    ward.board.ended = True
    assert kinds(ward.run(), "dose.missed") == [(0.0, 1, events.MISSED_STOPPED)]
    ward = Ward(stock=0.0)
    ward.participant()
    ward.world.env.call_at(START + 1.0, ward.board.end)
    assert kinds(ward.run(), "dose.missed") == [(1.0, 1, events.MISSED_STOPPED)]
    ward = Ward(bays=1, treatment={"bay_hours": 36.0})
    ward.participant()
    ward.participant()
    ward.world.env.call_at(START + 1.0, ward.board.end)
    log = ward.run()
    assert kinds(log, "dose.missed") == [(1.0, 1, events.MISSED_STOPPED)]
    assert kinds(log, "dose.given") == [(1.5, 1, 0)], "one that is under way is finished"


def test_the_end_wakes_who_is_not_fit_yet() -> None:
    ward = Ward(treatment={"unfit_on_the_day": 1.0, "unfit_days": 1.5})
    ward.participant(unfit=0.0)
    ward.world.env.call_at(START + 1.0, ward.board.end)
    assert kinds(ward.run(), "dose.missed") == [(1.0, 1, events.MISSED_STOPPED)]


def test_lost_cells_are_tried_again_a_day_later() -> None:
    """Lost once, given on the next day; what is due is one dose more."""
    ward = Ward(treatment={"window_days": 5.0}, cells=LOSSY)
    person = ward.participant(first_lost=0.1)
    log = ward.run()
    assert kinds(log, "dose.lost") == [(0.0, 1, events.LOST_BEDSIDE)]
    assert kinds(log, "dose.started") == [(0.0, 1, 0), (1.0, 1, 0)]
    assert kinds(log, "dose.given") == [(1.0, 1, 0)]
    assert ward.supply.told == [("thawed", 20.0), ("more", 20.0), ("thawed", 20.0), ("no more", 0.0)]
    assert ward.supply.stock.cells == PLENTY - 40.0
    assert person.n_doses_due == 0


def test_cells_that_are_lost_until_the_window_ends_are_a_dose_missed() -> None:
    """Two days: tried on days 0, 1 and 2; the next try would be too late."""
    ward = Ward(treatment={"window_days": 2.0}, cells=LOSSY)
    ward.participant(first_lost=0.1).draws[:, FIRST_LOST:] = 0.1  # type: ignore[index]
    log = ward.run()
    assert [day for day, _, _ in kinds(log, "dose.lost")] == [0.0, 1.0, 2.0]
    assert kinds(log, "dose.missed") == [(2.0, 1, events.MISSED_BEDSIDE)]
    assert ward.supply.stock.cells == PLENTY - 60.0


def test_cells_are_lost_only_so_often() -> None:
    """There are as many tries as draws: three, however long the window."""
    ward = Ward(treatment={"window_days": 99.0}, cells=LOSSY)
    ward.participant().draws[:, FIRST_LOST:] = 0.1  # type: ignore[index]
    log = ward.run()
    assert len(kinds(log, "dose.lost")) == DRAWS_A_ROW - FIRST_LOST
    assert [code for _, _, code in kinds(log, "dose.missed")] == [events.MISSED_BEDSIDE]


def test_cells_lost_after_the_end_are_not_tried_again() -> None:
    ward = Ward(treatment={"window_days": 9.0, "bay_hours": 12.0}, cells=LOSSY)
    ward.participant(first_lost=0.1)
    ward.world.env.call_at(START + 0.25, ward.board.end)
    log = ward.run()
    assert kinds(log, "dose.lost") == [(0.5, 1, events.LOST_BEDSIDE)]
    assert kinds(log, "dose.missed") == [(0.5, 1, events.MISSED_STOPPED)]


def test_who_leaves_in_the_bay_loses_the_cells_and_frees_the_bay() -> None:
    """Twelve hours in the bay, left after six: the bay is free at once, and nothing more is due."""
    ward = Ward(weeks=[0, 1, 2], bays=1, treatment={"bay_hours": 12.0})
    person = ward.participant()
    ward.participant()
    ward.world.env.call_at(START + 0.25, lambda: ward.processes[0].interrupt())
    log = ward.run()
    assert [(e.kind, e.number, e.code) for e in happened(ward.world, events.DOSE_LOST)] == [
        ("dose.lost", 1, events.LOST_LEFT)
    ]
    assert (person.n_doses_given, person.n_doses_due) == (0, 0)
    assert ward.supply.told[:3] == [("thawed", 20.0), ("less", 40.0), ("no more", 0.0)]
    assert kinds(log, "dose.started")[:2] == [(0.0, 1, 0), (0.25, 1, 0)]
    assert ward.site.bays.n_free == 1


def test_who_leaves_while_waiting_gives_up_the_claim() -> None:
    ward = Ward(stock=0.0)
    ward.participant()
    ward.world.env.call_at(START + 0.25, lambda: ward.processes[0].interrupt())
    ward.run()
    assert happened(ward.world, events.DOSE_LOST) == []
    ward.supply.stock.add(Lot(1, 20.0, 1e6))
    assert ward.supply.stock.cells == 20.0


@pytest.mark.parametrize(
    ("u", "kind"), [(0.049, events.SEVERE), (0.05, events.MILD), (0.149, events.MILD), (0.151, None)]
)
def test_reactions(u: float, kind: int | None) -> None:
    """5 % severe, of which the board hears, and 10 % mild."""
    ward = Ward(treatment={"severe_reaction": 0.05, "reaction": 0.1})
    ward.participant(reaction=u, hold=0.7)
    log = ward.run()
    assert [code for _, _, code in kinds(log, "dose.reaction")] == ([] if kind is None else [kind])
    assert [heard for heard in ward.board.heard if heard[0] == "severe"] == ([("severe", 0.7)] if kind == 1 else [])


def test_the_first_dose_waits_for_what_is_made_for_them() -> None:
    """Ready on day 6, before the hour: due on that day, and the weeks count from there."""
    ward = Ward(weeks=[0, 1])
    ward.supply.ready = ward.world.env.at(6.0)
    ward.participant()
    assert [day for day, _, _ in kinds(ward.run(), "dose.due")] == [6.0, 13.0]


@pytest.mark.parametrize(("window", "second"), [(6.0, 7.0), (7.0, 10.0)])
def test_where_a_window_reaches_the_next_dose_that_keeps_its_distance(window: float, second: float) -> None:
    """The first is three days late: the second is on its week, or a week after the first where it could have met it."""
    ward = Ward(weeks=[0, 1], stock=0.0, treatment={"window_days": window})
    ward.participant()
    ward.world.env.call_at(START + 3.0, lambda: ward.supply.stock.add(Lot(1, PLENTY, 1e6)))
    assert [round(day) for day, _, _ in kinds(ward.run(), "dose.started")] == [3, second]


def test_only_the_first_dose_makes_a_participant_treated() -> None:
    ward = Ward(weeks=[0, 1, 2])
    person = ward.participant()
    ward.run()
    assert (person.n_doses_given, len(ward.board.heard)) == (3, 1)


def test_cells_a_kilogram_by_arm() -> None:
    world = world_of(arms={"A": {"doses": {"weeks": [0], "cells_per_kg": 2.0}}, "B": {}})
    infusions = Infusions(world, Supply(world, 1.0), Board(world))
    assert [infusions.cells_per_kg(arm) for arm in world.design.arms] == [2.0, 0.0]


def test_a_bay_is_asked_for_once_and_left_once() -> None:
    said: list[object] = []
    turns = iter(["first", "second"])
    bay = _Bay(SimpleNamespace(take=lambda: next(turns), leave=said.append))  # type: ignore[arg-type]
    bay.leave()
    assert said == [], "nobody has asked for it"
    assert [bay.take(), bay.take()] == ["first", "first"]
    bay.leave()
    bay.leave()
    assert said == ["first"]
    assert bay.take() == "second"
