"""Sentinels, reviews, holds and the rule that stops the trial, to the day."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import scenario_of
from small_world import happened, someone, world_of

from sim.core import events
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.observed import ObservedState
from sim.core.people import Person
from sim.core.world import World
from sim.processes.oversight import Board

ARMS = {"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}, "B": {}}
REVIEW = {"after_treated": [2], "observed_days": 10.0, "takes_days": 4.0}


class Gate:
    """The gate before randomisation: it writes down what it is asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[tuple[float, str, int, float]] = []

    def pause(self, reason: int, days: float) -> None:
        self.asked.append((self.world.env.now, "pause", reason, days))

    def close(self, reason: int) -> None:
        self.asked.append((self.world.env.now, "close", reason, 0.0))


def board_of(arms: dict[str, Any] = ARMS, **oversight: Any) -> tuple[Board, Gate, World]:
    world = world_of(arms=arms, oversight=oversight)
    gate = Gate(world)
    return Board(world, gate), gate, world


def in_arm(world: World, index: int, **known: Any) -> Person:
    return someone(world, arm=world.design.arms[index], **known)


def test_sentinels_are_spaced_but_after_the_last_nobody_waits() -> None:
    """Three of arm A, seven days apart: two pauses, and none for participants of another arm."""
    board, gate, world = board_of(sentinels={"participants": 3, "days_between": 7.0, "arm": "A"})
    for arm in (0, 1, 0, 0, 0):
        board.randomised(in_arm(world, arm))
    assert gate.asked == [(0.0, "pause", events.PAUSE_SENTINEL, 7.0)] * 2


def test_a_review_comes_after_the_observation_of_the_participant_it_waits_for() -> None:
    """The second is treated on day 0: reviewed from day 10 to day 14, nobody randomised meanwhile."""
    board, gate, world = board_of(board_review=REVIEW | {"pauses_while_observing": False})
    first, second = in_arm(world, 0), in_arm(world, 0)
    board.first_dose(first)
    board.first_dose(second)
    world.env.run_to_end()
    assert (first.treated_rank, second.treated_rank) == (1, 2)
    assert gate.asked == [(10.0, "pause", events.PAUSE_BOARD, 4.0)]
    assert [(e.day, e.kind, e.number) for e in happened(world)] == [
        (10.0, "board.review_started", 2),
        (14.0, "board.review_ended", 2),
    ]


def test_enrolment_may_pause_while_participants_are_observed() -> None:
    board, gate, world = board_of(board_review=REVIEW | {"pauses_while_observing": True, "after_treated": [1]})
    board.first_dose(in_arm(world, 0))
    world.env.run_to_end()
    assert gate.asked == [(0.0, "pause", events.PAUSE_BOARD, 10.0), (10.0, "pause", events.PAUSE_BOARD, 4.0)]


def test_a_review_need_not_pause() -> None:
    board, gate, world = board_of(
        board_review=REVIEW | {"after_treated": [1], "enrolment_pauses": False, "pauses_while_observing": True}
    )
    board.first_dose(in_arm(world, 0))
    world.env.run_to_end()
    assert gate.asked == []
    assert len(happened(world, events.REVIEW_STARTED, events.REVIEW_ENDED)) == 2


def test_without_doses_who_is_randomised_is_treated() -> None:
    board, _, world = board_of({"A": {}, "B": {}}, board_review=REVIEW)
    for _ in range(2):
        board.randomised(in_arm(world, 0))
    world.env.run_to_end()
    assert [entry.day for entry in happened(world, events.REVIEW_STARTED)] == [10.0]


def test_with_doses_who_is_randomised_is_not_yet_treated() -> None:
    board, _, world = board_of(board_review=REVIEW | {"after_treated": [1]})
    board.randomised(in_arm(world, 1))
    world.env.run_to_end()
    assert happened(world) == []


STOP = {"severe_reactions": 2, "among_first": 3, "action": "end"}


@pytest.mark.parametrize(("ranks", "ends"), [((1, 3), True), ((1, 4), False), ((0, 1), False), ((3, 2, 1), True)])
def test_severe_reactions_among_the_first_end_the_trial(ranks: tuple[int, ...], ends: bool) -> None:
    """Two among the first three treated; who has not been treated is not among them."""
    board, gate, world = board_of(stop=STOP)
    for rank in ranks:
        board.severe_reaction(in_arm(world, 0, treated_rank=rank), 0.5)
    assert board.ended == ends
    closed = [(0.0, "close", events.RECRUITMENT_STOPPED, 0.0)] if ends else []
    assert gate.asked == closed
    assert len(happened(world, events.BOARD_STOPPED)) == len(closed)


def test_an_end_wakes_those_who_wait() -> None:
    """A wait that is watched happens at the end; one that has happened is left alone."""
    board, _, world = board_of(stop=STOP | {"severe_reactions": 1})
    waits, has_come = world.env.event(), world.env.event()
    assert board.unless_ended(waits) is waits
    board.unless_ended(has_come).succeed()
    board.severe_reaction(in_arm(world, 0, treated_rank=1), 0.5)
    assert waits.triggered


def test_where_nothing_can_end_nothing_is_watched() -> None:
    board, _, world = board_of(stop={**STOP, "action": "hold", "hold_days": 9.0})
    board.unless_ended(world.env.event())
    assert board._to_wake == []


def test_a_stop_may_be_a_hold() -> None:
    """On day 0 for nine days, once: a third reaction does not hold again."""
    board, gate, world = board_of(stop={**STOP, "action": "hold", "hold_days": 9.0})
    for rank in (1, 2, 3):
        board.severe_reaction(in_arm(world, 0, treated_rank=rank), 0.5)
    assert gate.asked == [(0.0, "pause", events.PAUSE_HOLD, 9.0)]
    assert board.held_until == 9.0
    assert not board.ended


@pytest.mark.parametrize(("u", "held"), [(0.39, True), (0.4, False)])
def test_a_severe_reaction_holds_with_its_probability(u: float, held: bool) -> None:
    board, gate, world = board_of(hold={"probability": 0.4, "days": 6.0})
    world.env.begin(3.0)
    board.severe_reaction(in_arm(world, 0, treated_rank=1), u)
    assert gate.asked == ([(3.0, "pause", events.PAUSE_HOLD, 6.0)] if held else [])
    assert board.held_until == (9.0 if held else -float("inf"))


def test_the_reaction_that_stops_does_not_hold_besides() -> None:
    board, gate, world = board_of(stop=STOP | {"severe_reactions": 1}, hold={"probability": 1.0, "days": 6.0})
    board.severe_reaction(in_arm(world, 0, treated_rank=1), 0.0)
    assert [what for _, what, _, _ in gate.asked] == ["close"]


def test_holds_that_overlap_last_until_the_later_end() -> None:
    """Each hold has a length of its own."""
    days = {"dist": "uniform", "low": 1.0, "high": 30.0}
    board, gate, world = board_of(hold={"probability": 1.0, "days": days})
    for _ in range(5):
        board.severe_reaction(in_arm(world, 0, treated_rank=1), 0.0)
    lengths = [days for _, _, _, days in gate.asked]
    assert len(set(lengths)) == 5
    assert board.held_until == max(lengths)


def test_a_trial_under_way_was_neither_stopped_nor_held() -> None:
    """Reactions before the end of the data are not looked at; from then on they are."""
    design = Design(scenario_of(arms=ARMS, oversight={"stop": STOP | {"severe_reactions": 1}}))
    world = World(Batch(design, 7, 0, 1, observed=ObservedState(now=50.0)), 0)
    board = Board(world, Gate(world))
    world.env.begin(49.9)
    board.severe_reaction(in_arm(world, 0, treated_rank=1), 0.0)
    assert not board.ended
    world.env.begin(50.0)
    board.severe_reaction(in_arm(world, 0, treated_rank=1), 0.0)
    assert board.ended
