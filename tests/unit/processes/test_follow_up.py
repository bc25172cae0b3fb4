"""Visits to the day, and the first way out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_world import someone, world_of

from sim.core import events
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.observed import KnownPerson, ObservedState
from sim.core.people import DRAWS_A_ROW, Person
from sim.core.world import World
from sim.processes.follow_up import FollowUps
from sim.trial import Trial

VISITS = {"visit_weeks": [1, 2, 4], "primary_endpoint_week": 2}
LEAVING = {"death": {4: 0.5}, "lost": {4: 0.4}}


def participant(world: World, randomised: float = 10.0, **known: Any) -> Person:
    draws = np.full((len(world.design.row_of_week), DRAWS_A_ROW), 0.5)
    return someone(world, randomised=randomised, arm=world.design.arms[0], draws=draws, **known)


def followed(
    person: Person, world: World, now: float = 1000.0, ends: float | None = None
) -> list[tuple[float, str, float]]:
    """Visits of one participant, seen from a day: day, event, week."""
    follow_ups = FollowUps(world)
    world.env.begin(person.randomised)
    follow_ups.begin(person)
    if ends is not None:
        person.ends = ends
    world.env.begin(now)
    return [
        (float(row[events.TIME]), events.KINDS[int(row[events.KIND])].name, float(row[events.NUMBER]))
        for row in follow_ups.visits()
    ]


def test_visits_are_on_their_weeks() -> None:
    world = world_of(follow_up=VISITS)
    person = participant(world)
    assert followed(person, world) == [(17.0, "visit.done", 1), (24.0, "visit.done", 2), (38.0, "visit.done", 4)]
    assert person.ends == person.last_visit == 38.0
    assert person.way_out is None


def test_visits_to_come_have_not_taken_place() -> None:
    """Seen from day 24, that of this instant is done and the last is to come."""
    world = world_of(follow_up=VISITS)
    assert [week for _, _, week in followed(participant(world), world, now=24.0)] == [1, 2]
    assert [week for _, _, week in followed(participant(world), world, now=23.9)] == [1]


def test_visits_have_a_window_and_an_hour() -> None:
    """Two days before the plan at most, two after; at noon with a draw of a half; never before randomisation."""
    world = world_of(follow_up=VISITS | {"visit_window_days": 2.0})
    person = participant(world)
    person.draws[:, 0] = [0.0, 0.5, 1.0]  # type: ignore[index]
    assert [day for day, _, _ in followed(person, world)] == [15.5, 24.5, 40.5]
    assert person.last_visit == 40.5
    late = participant(world_of(follow_up=VISITS | {"visit_window_days": 30.0}))
    late.draws[:, 0] = 0.0  # type: ignore[index]
    world = world_of(follow_up=VISITS | {"visit_window_days": 30.0})
    assert [day for day, _, _ in followed(late, world)] == [10.0, 10.0, 10.0]


def test_no_visit_is_after_the_last() -> None:
    """A visit whose window reaches beyond the last visit takes place with it at the latest."""
    world = world_of(follow_up={"visit_weeks": [3.9, 4], "primary_endpoint_week": 4, "visit_window_days": 7.0})
    person = participant(world)
    person.draws[:, 0] = [1.0, 0.0]  # type: ignore[index]
    assert [day for day, _, _ in followed(person, world)] == [31.5, 31.5]


@pytest.mark.parametrize(("u", "kind"), [(0.29, "visit.missed"), (0.31, "visit.done")])
def test_a_visit_may_be_missed(u: float, kind: str) -> None:
    world = world_of(follow_up=VISITS | {"missed_visit": 0.3})
    person = participant(world)
    person.draws[:, 1] = u  # type: ignore[index]
    assert {name for _, name, _ in followed(person, world)} == {kind}


def test_who_leaves_has_no_visit_on_that_day_or_later() -> None:
    world = world_of(follow_up=VISITS | {"leaving": LEAVING})
    never = {"leaving.death": 50.0, "leaving.lost": 50.0}
    person = participant(world, drawn=never)
    assert [week for _, _, week in followed(person, world)] == [1, 2, 4]
    person = participant(world, drawn=never)
    person.way_out = 0
    assert [week for _, _, week in followed(person, world, ends=24.0)] == [1]


def test_the_first_way_out_is_taken() -> None:
    """Each way's exposure against its cumulative hazard, which is linear here: the sooner of the two."""
    world = world_of(follow_up=VISITS | {"leaving": LEAVING})
    follow_ups = FollowUps(world)
    death, lost = (way.reached(28.0) for way in follow_ups._hazards[0])
    assert death / lost == pytest.approx(0.5 / 0.4)
    for of_death, of_lost, way, day in (
        (0.75, 0.25, 1, 7.0),
        (0.25, 0.75, 0, 7.0),
        (0.5, 2.0, 0, 14.0),
        (2.0, 2.0, None, 28.0),
    ):
        person = participant(world, drawn={"leaving.death": of_death * death, "leaving.lost": of_lost * lost})
        assert follow_ups.begin(person) == pytest.approx(10.0 + day)
        assert person.way_out == way


def test_follow_up_ends_on_a_day_unless_they_leave_by_then() -> None:
    world = world_of(follow_up=VISITS)
    follow_ups = FollowUps(world)
    person = participant(world, ends=20.0, way_out=1)
    assert not follow_ups.end_at(person, 20.0)
    assert (person.ends, person.way_out) == (20.0, 1)
    assert follow_ups.end_at(person, 19.0)
    assert (person.ends, person.way_out) == (19.0, None)


def test_an_event_driven_trial_follows_everybody_until_it_is_told() -> None:
    world = world_of(follow_up={"visit_weeks": [1], "primary_completion": {"events": 1}, "leaving": {"lost": {4: 0.5}}})
    person = participant(world, drawn={"leaving.lost": 1e9})
    assert FollowUps(world).begin(person) > world.design.horizon_days
    assert person.last_visit == 17.0


def test_without_follow_up_it_ends_at_once() -> None:
    world = world_of()
    world.env.begin(5.0)
    follow_ups, person = FollowUps(world), someone(world)
    assert follow_ups.begin(person) == 5.0
    assert follow_ups.visits().shape == (0, events.WIDTH)
    assert FollowUps(world_of(follow_up=VISITS)).visits().shape == (0, events.WIDTH)


def world_under_way(now: float, **follow_up: Any) -> World:
    design = Design(scenario_of(follow_up=VISITS | follow_up))
    return World(Batch(design, 7, 0, 1, observed=ObservedState(now=now)), 0)


def test_what_is_known_of_leaving_is_as_it_was() -> None:
    """Left on day 20 by the second way, or completed on day 30: as the data have it."""
    world = world_under_way(100.0, leaving=LEAVING)
    left = participant(world, known=KnownPerson(("s", 0), 5.0, 10.0, ended=20.0, way_out=1))
    done = participant(world, known=KnownPerson(("s", 0), 5.0, 10.0, ended=30.0))
    follow_ups = FollowUps(world)
    assert (follow_ups.begin(left), left.way_out, left.last_visit) == (20.0, 1, 38.0)
    assert (follow_ups.begin(done), done.way_out, done.last_visit) == (30.0, None, 30.0)


def test_who_is_still_in_leaves_later_than_the_data() -> None:
    """Their exposure counts from the end of the data on, beside the hazard that they have survived."""
    world = world_under_way(24.0, leaving=LEAVING)
    follow_ups = FollowUps(world)
    death, _ = (way.reached(28.0) for way in follow_ups._hazards[0])
    known = KnownPerson(("s", 0), 5.0, 10.0)
    soon = participant(world, known=known, drawn={"leaving.death": 0.25 * death, "leaving.lost": 99.0})
    assert follow_ups.begin(soon) == pytest.approx(24.0 + 7.0)
    assert soon.way_out == 0
    never = participant(world, known=known, drawn={"leaving.death": 99.0, "leaving.lost": 99.0})
    assert (follow_ups.begin(never), never.way_out) == (38.0, None)


def test_a_last_visit_that_is_overdue_is_now() -> None:
    world = world_under_way(60.0)
    person = participant(world, known=KnownPerson(("s", 0), 5.0, 10.0))
    assert FollowUps(world).begin(person) == 60.0
    assert person.last_visit == 60.0


def test_leaving_that_is_not_known_is_drawn_from_randomisation_on() -> None:
    world = world_under_way(60.0, leaving=LEAVING)
    follow_ups = FollowUps(world)
    death, _ = (way.reached(28.0) for way in follow_ups._hazards[0])
    known = KnownPerson(("s", 0), 5.0, 10.0, ended=20.0, way_out=1, is_leaving_known=False)
    person = participant(world, known=known, drawn={"leaving.death": 0.25 * death, "leaving.lost": 99.0})
    assert follow_ups.begin(person) == pytest.approx(17.0)
    assert person.way_out == 0


def test_visits_of_a_whole_trial_are_those_of_its_participants() -> None:
    """Two weeks of follow-up, nobody leaves: two visits each, and the log has them in order of randomisation."""
    design = Design(scenario_of(trial={"target": 3}, follow_up={"visit_weeks": [1, 2], "primary_endpoint_week": 2}))
    log = Trial(Batch(design, 3, 0, 1), 0).run()
    randomised = [row[events.TIME] for row in log.rows if row[events.KIND] == events.RANDOMISED]
    assert log.visits[:, events.TIME].tolist() == [day + days for day in randomised for days in (7.0, 14.0)]
    assert log.visits[:, events.NUMBER].tolist() == [1, 2] * 3
