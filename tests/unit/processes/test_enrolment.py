"""The gate before randomisation: one queue, pauses that overlap, and opening and closing."""

from __future__ import annotations

from typing import Any

import pytest
import simpy
from small_world import happened, someone, world_of

from sim.core import events
from sim.core.people import Person
from sim.core.world import World
from sim.processes.enrolment import Enrolment


class Gate:
    """An enrolment with people who come to it, and are randomised in the instant in which they are let in."""

    def __init__(self, target: int = 100) -> None:
        self.world: World = world_of(trial={"target": target})
        self.has_cells = True
        self.closed: list[tuple[float, int]] = []
        self.n_waits = 0
        self.came: list[tuple[float, int]] = []
        self.enrolment = Enrolment(self.world, lambda _person: self.has_cells, self._closed, self._waits)

    def _closed(self, reason: int) -> None:
        self.closed.append((self.world.env.now, reason))

    def _waits(self) -> None:
        self.n_waits += 1

    def at(self, day: float, call: Any) -> None:
        self.world.env.call_at(day, call)

    def comes(self, day: float, referral: int, **known: Any) -> None:
        person = someone(self.world, referral=referral, **known)
        self.at(day, lambda: setattr(self, f"process_{referral}", self.world.env.start(self._way(person))))

    def _way(self, person: Person) -> Any:
        gate = self.enrolment
        try:
            if gate.admits_at_once(person) or (yield from gate.wait_for_place(person)):
                self.came.append((self.world.env.now, person.referral))
                gate.count()
                gate.admit_next()
        except simpy.Interrupt:
            self.came.append((self.world.env.now, -person.referral))

    def run(self) -> Gate:
        self.world.env.run_to_end()
        return self

    def log(self, *kinds: int) -> list[tuple[float, str, int]]:
        return [(entry.day, entry.kind, entry.code) for entry in happened(self.world, *kinds)]


def test_who_is_not_held_up_is_randomised_at_once() -> None:
    gate = Gate()
    gate.comes(1.0, 1)
    gate.comes(2.0, 2)
    assert gate.run().came == [(1.0, 1), (2.0, 2)]
    assert gate.log() == []
    assert gate.enrolment.n_randomised == 2


def test_a_pause_holds_all_up_and_lets_them_in_in_order() -> None:
    """First come, first served, in the instant in which the pause is over."""
    gate = Gate()
    gate.at(1.0, lambda: gate.enrolment.pause(events.PAUSE_SENTINEL, 5.0))
    gate.comes(2.0, 1)
    gate.comes(3.0, 2)
    gate.comes(6.5, 3)
    assert gate.run().came == [(6.0, 1), (6.0, 2), (6.5, 3)]
    assert gate.log(events.PLACE_AWAITED) == [(day, "place.awaited", events.PAUSE_SENTINEL) for day in (2.0, 3.0)]
    assert gate.log(events.PAUSED, events.RESUMED) == [
        (1.0, "enrolment.paused", events.PAUSE_SENTINEL),
        (6.0, "enrolment.resumed", events.PAUSE_SENTINEL),
    ]
    assert gate.n_waits == 2


def test_pauses_of_one_reason_last_until_the_later_end() -> None:
    """A shorter one within a longer one changes nothing; a later one goes on."""
    gate = Gate()
    for day, days in ((1.0, 10.0), (2.0, 3.0), (8.0, 6.0)):
        gate.at(day, lambda days=days: gate.enrolment.pause(events.PAUSE_HOLD, days))
    gate.run()
    assert gate.log(events.PAUSED, events.RESUMED) == [
        (1.0, "enrolment.paused", events.PAUSE_HOLD),
        (14.0, "enrolment.resumed", events.PAUSE_HOLD),
    ]


def test_several_reasons_hold_until_the_last_is_over() -> None:
    """Who comes meanwhile is told the first of the reasons in the order of the vocabulary."""
    gate = Gate()
    gate.at(1.0, lambda: gate.enrolment.pause(events.PAUSE_SENTINEL, 9.0))
    gate.at(1.0, lambda: gate.enrolment.pause(events.PAUSE_BOARD, 4.0))
    gate.comes(2.0, 1)
    assert gate.run().came == [(10.0, 1)]
    assert gate.log(events.PLACE_AWAITED) == [(2.0, "place.awaited", events.PAUSE_BOARD)]


@pytest.mark.parametrize(
    ("reason", "turns_away"), [(events.PAUSE_BOARD, True), (events.PAUSE_HOLD, True), (events.PAUSE_SENTINEL, False)]
)
def test_a_review_and_a_hold_turn_new_patients_away(reason: int, turns_away: bool) -> None:
    """The spacing of sentinels does not: who comes meanwhile is screened and waits."""
    gate, seen = Gate(), []
    gate.at(1.0, lambda: gate.enrolment.pause(reason, 5.0))
    for day in (0.5, 3.0, 6.5):
        gate.at(day, lambda: seen.append(gate.enrolment.is_paused_for_new))
    gate.run()
    assert seen == [False, turns_away, False]
    assert gate.enrolment.pauses == ([(1.0, 6.0)] if turns_away else [])


def test_a_pause_without_a_day_lasts_until_each_of_its_calls_was_taken_back() -> None:
    """Two looks that overlap: from day 1 to day 7; new patients are turned away, and who had come waits."""
    gate, seen = Gate(), []
    reason = events.PAUSE_INTERIM
    for day, call in (
        (1.0, gate.enrolment.pause_until_told),
        (3.0, gate.enrolment.pause_until_told),
        (4.0, gate.enrolment.go_on),
        (7.0, gate.enrolment.go_on),
        (9.0, gate.enrolment.pause_until_told),
    ):
        gate.at(day, lambda call=call: call(reason))
    for day in (0.5, 2.0, 5.0, 8.0, 10.0):
        gate.at(day, lambda: seen.append(gate.enrolment.is_paused_for_new))
    for day, referral in ((2.0, 1), (5.0, 2), (8.0, 3), (10.0, 4)):
        gate.comes(day, referral)
    assert gate.run().came == [(7.0, 1), (7.0, 2), (8.0, 3)]
    assert seen == [False, True, True, False, True]
    assert gate.log(events.PAUSED, events.RESUMED) == [
        (1.0, "enrolment.paused", reason),
        (7.0, "enrolment.resumed", reason),
        (9.0, "enrolment.paused", reason),
    ]
    assert gate.enrolment.pauses == [(1.0, 7.0), (9.0, float("inf"))]


def test_who_waits_for_cells_is_let_in_when_they_come() -> None:
    """Only when somebody looks: the stock says when it has changed."""
    gate = Gate()
    gate.has_cells = False
    gate.comes(1.0, 1)
    gate.at(2.0, gate.enrolment.admit_next)
    gate.at(3.0, lambda: setattr(gate, "has_cells", True))
    gate.at(4.0, gate.enrolment.admit_next)
    assert gate.run().came == [(4.0, 1)]
    assert gate.log(events.PLACE_AWAITED) == [(1.0, "place.awaited", events.PAUSE_CELLS)]


def test_nobody_overtakes_who_waits() -> None:
    """Cells for the next one are there, but somebody waits already: the next one waits too."""
    gate = Gate()
    gate.has_cells = False
    gate.comes(1.0, 1)
    gate.at(2.0, lambda: setattr(gate, "has_cells", True))
    gate.comes(3.0, 2)
    gate.at(5.0, gate.enrolment.admit_next)
    assert gate.run().came == [(5.0, 1), (5.0, 2)]


@pytest.mark.parametrize("known", [{"window_ends": 4.0}, {"deteriorates": 4.0}])
def test_time_may_run_out_in_the_queue(known: dict[str, float]) -> None:
    """Who gives up lets the next one move up."""
    gate = Gate()
    gate.at(1.0, lambda: gate.enrolment.pause(events.PAUSE_SENTINEL, 9.0))
    gate.comes(2.0, 1, **known)
    gate.comes(3.0, 2)
    gate.at(3.5, lambda: gate.came.append((3.5, gate.enrolment.first_in_line().referral)))  # type: ignore[union-attr]
    gate.at(4.5, lambda: gate.came.append((4.5, gate.enrolment.first_in_line().referral)))  # type: ignore[union-attr]
    assert gate.run().came == [(3.5, 1), (4.5, 2), (10.0, 2)]
    assert gate.enrolment.first_in_line() is None


def test_who_is_let_in_in_the_instant_in_which_a_pause_begins_waits_again_first() -> None:
    """The place is granted, and before they are randomised a hold begins: they keep the head of the queue."""
    gate = Gate()
    gate.at(1.0, lambda: gate.enrolment.pause(events.PAUSE_SENTINEL, 4.0))
    gate.comes(2.0, 1)
    gate.comes(3.0, 2)
    gate.at(5.0, lambda: gate.enrolment.pause(events.PAUSE_HOLD, 6.0))
    assert gate.run().came == [(11.0, 1), (11.0, 2)]


def test_who_is_interrupted_leaves_the_queue() -> None:
    """Turned away while waiting: the next one is first, and is let in when the pause is over."""
    gate = Gate()
    gate.at(1.0, lambda: gate.enrolment.pause(events.PAUSE_SENTINEL, 9.0))
    gate.comes(2.0, 1)
    gate.comes(3.0, 2)
    gate.at(4.0, lambda: gate.process_1.interrupt(events.AWAY_TARGET))  # type: ignore[attr-defined]
    assert gate.run().came == [(4.0, -1), (10.0, 2)]


def test_recruitment_closes_at_the_randomisation_that_meets_the_target() -> None:
    gate = Gate(target=2)
    for day in (1.0, 2.0, 3.0):
        gate.comes(day, int(day))
    gate.run()
    assert gate.closed == [(2.0, events.RECRUITED)]
    assert gate.log() == [(2.0, "recruitment.closed", events.RECRUITED)]
    assert gate.enrolment.intervals == [(0.0, 2.0)]
    assert not gate.enrolment.recruiting
    assert not gate.enrolment.is_over, "a replacement may open it again"


def test_a_replacement_opens_recruitment_again() -> None:
    """One more is needed, and those who wait for the reopening go on."""
    gate = Gate(target=1)
    gate.comes(1.0, 1)
    woken: list[float] = []
    gate.at(2.0, lambda: gate.enrolment.reopened.callbacks.append(lambda _event: woken.append(gate.world.env.now)))
    gate.at(3.0, lambda: woken.append(gate.enrolment.need_more(1)))
    gate.comes(5.0, 2)
    gate.run()
    assert woken == [True, 3.0]
    assert gate.closed == [(1.0, events.RECRUITED), (5.0, events.RECRUITED)]
    assert gate.enrolment.intervals == [(0.0, 1.0), (3.0, 5.0)]
    assert gate.log(events.RECRUITMENT_REOPENED) == [(3.0, "recruitment.reopened", 0)]


def test_those_beyond_the_target_stand_in_first() -> None:
    """Two randomised for a target of one: the first replacement is there already."""
    gate = Gate(target=1)
    gate.comes(1.0, 1)
    gate.comes(2.0, 2)
    found: list[bool] = []
    for day in (3.0, 4.0):
        gate.at(day, lambda: found.append(gate.enrolment.need_more(1)))
    gate.run()
    assert found == [False, True]
    assert gate.enrolment.n_needed == 3


def test_while_recruiting_a_replacement_only_raises_what_is_needed() -> None:
    gate = Gate(target=5)
    assert gate.enrolment.need_more(1) is False
    assert gate.enrolment.n_needed == 6
    assert gate.log() == []


@pytest.mark.parametrize("reason", [events.RECRUITMENT_STOPPED, events.RECRUITMENT_COMPLETED])
def test_a_trial_that_is_stopped_is_over_also_where_it_had_its_participants(reason: int) -> None:
    """It is told once more, and not a third time; other reasons do not close what is closed."""
    gate = Gate(target=1)
    gate.comes(1.0, 1)
    for day, why in ((2.0, events.RECRUITMENT_NO_SITES), (3.0, reason), (4.0, reason)):
        gate.at(day, lambda why=why: gate.enrolment.close(why))
    gate.run()
    assert gate.closed == [(1.0, events.RECRUITED), (3.0, reason)]
    assert gate.enrolment.is_over
    assert gate.log() == [(1.0, "recruitment.closed", events.RECRUITED)]


def test_without_sites_recruitment_is_over() -> None:
    gate = Gate()
    gate.at(2.0, lambda: gate.enrolment.close(events.RECRUITMENT_NO_SITES))
    gate.run()
    assert gate.enrolment.is_over
    assert gate.closed == [(2.0, events.RECRUITMENT_NO_SITES)]
