"""Who is turned away at a cap, and who is counted under it."""

from __future__ import annotations

from typing import Any

import pytest
from small_world import happened, sites_of, someone, world_of

from sim.core import events
from sim.core.people import Person
from sim.processes.caps import Caps

ATTRIBUTES = {"kind": {"a": 0.5, "b": 0.5}}
SITES = {
    "east": {"count": 2, "referrals_per_month": 1.0, "country": "DE"},
    "west": {"referrals_per_month": 1.0, "country": "FR"},
}
A, B = (0,), (1,)


class Process:
    """The way of somebody in screening: it remembers why it was interrupted."""

    def __init__(self) -> None:
        self.cause: int | None = None

    def interrupt(self, cause: int) -> None:
        self.cause = cause


class Trial:
    """Caps, and people at sites 0 and 1 (east) and 2 (west)."""

    def __init__(self, **caps: Any) -> None:
        self.world = world_of(
            caps=caps, sites=SITES, patients={"attributes": ATTRIBUTES}, arms={"X": {}, "Y": {}}, trial={"target": 1}
        )
        self.sites = sites_of(self.world)
        self.inside: dict[Person, Any] = {}
        self.arms: list[tuple[str, bool]] = []
        self.caps = Caps(self.world, self.sites, self.inside, lambda arm, full: self.arms.append((arm.name, full)))

    def person(self, site: int = 0, strata: tuple[int, ...] = A, arm: int = 0, **known: Any) -> Person:
        found = someone(self.world, self.sites[site], strata=strata, arm=self.world.design.arms[arm], **known)
        found.strata = strata
        return found

    def in_screening(self, **known: Any) -> tuple[Person, Process]:
        found = self.person(**known), Process()
        self.inside[found[0]] = found[1]
        self.caps.enters(found[0])
        return found

    def randomise(self, n: int = 1, **known: Any) -> list[Person]:
        people = [self.person(**known) for _ in range(n)]
        for person in people:
            self.caps.randomised(person)
        return people

    def barred(self, **known: Any) -> tuple[int | None, int | None]:
        """Before consent, and before screening."""
        person = self.person(**known)
        return self.caps.barred_before_consent(person), self.caps.barred_from_screening(person)

    def log(self) -> list[tuple[float, str, float, int]]:
        return [(entry.day, entry.kind, entry.number, entry.code) for entry in happened(self.world)]


AWAY = events.AWAY_CAP


def test_a_cap_on_all_turns_everybody_away_once_it_is_reached() -> None:
    trial = Trial(all={"randomised": 2})
    trial.randomise()
    assert trial.barred() == (None, None)
    trial.randomise(site=2)
    assert trial.barred() == trial.barred(site=2) == (AWAY, AWAY)
    assert trial.log() == [(0.0, "cap.reached", 2, 0)]


@pytest.mark.parametrize(
    ("cap", "full", "open_"),
    [
        ({"groups": "east"}, [0, 1], [2]),
        ({"country": "DE"}, [0, 1], [2]),
        ({"groups": ["east"], "each": "site"}, [0], [1, 2]),
        ({"each": "site"}, [0], [1, 2]),
        ({"each": "group"}, [0, 1], [2]),
        ({"each": "country"}, [0, 1], [2]),
    ],
)
def test_a_cap_holds_where_it_says(cap: dict[str, Any], full: list[int], open_: list[int]) -> None:
    """Two participants at the first site fill its own counter, and no other."""
    trial = Trial(other={"randomised": 9}, some={"randomised": 2, **cap})
    trial.randomise(2)
    assert {trial.barred(site=site) for site in full} == {(AWAY + 1, AWAY + 1)}
    assert {trial.barred(site=site) for site in open_} == {(None, None)}
    (reached,) = happened(trial.world, events.CAP_REACHED)
    assert reached.code == 1


def test_a_cap_for_each_site_names_it_in_the_log() -> None:
    trial = Trial(some={"randomised": 1, "each": "site"})
    trial.randomise(site=1)
    assert [row[2] for row in trial.world.log.rows] == [1]


def test_a_stratum_that_the_chart_shows_is_turned_away_before_screening_but_asked_about_consent() -> None:
    trial = Trial(a={"randomised": 1, "stratum": {"kind": "a"}})
    trial.randomise(strata=A)
    assert trial.barred(strata=A) == (None, AWAY)
    assert trial.barred(strata=B) == (None, None)


def test_a_stratum_that_tests_show_is_turned_away_after_them() -> None:
    """Also those who were in screening when it was reached; with `overrun: randomise` these come in."""
    for overrun, before in (("turn_away", AWAY), ("randomise", None)):
        trial = Trial(a={"randomised": 1, "stratum": {"kind": "a"}, "known": "tests", "overrun": overrun})
        trial.world.env.begin(5.0)
        trial.randomise(strata=A)
        assert trial.barred(strata=A) == (None, None)
        assert trial.caps.barred_after_tests(trial.person(strata=A, referred=6.0)) == AWAY
        assert trial.caps.barred_after_tests(trial.person(strata=A, referred=4.0)) == before
        assert trial.caps.barred_after_tests(trial.person(strata=B, referred=6.0)) is None


def test_those_in_screening_are_turned_away_when_a_cap_is_reached() -> None:
    """Of the stratum and the sites that it speaks of; others go on."""
    trial = Trial(a={"randomised": 1, "stratum": {"kind": "a"}, "groups": "east"})
    people = [trial.in_screening(site=site, strata=strata)[1] for site, strata in ((0, A), (1, A), (2, A), (0, B))]
    trial.randomise(strata=A)
    assert [process.cause for process in people] == [AWAY, AWAY, None, None]


def test_those_in_screening_may_come_in_on_top() -> None:
    """But not who waits for a coordinator, nor who is on the way back."""
    trial = Trial(all={"randomised": 1, "overrun": "randomise"})
    screened, queueing = trial.in_screening()[1], trial.in_screening(is_queueing=True)[1]
    returning = trial.in_screening(is_returning=True)[1]
    trial.randomise()
    assert [process.cause for process in (screened, queueing, returning)] == [None, AWAY, AWAY]


def test_of_what_only_tests_show_nobody_is_turned_away_before_them() -> None:
    trial = Trial(a={"randomised": 1, "stratum": {"kind": "a"}, "known": "tests"})
    (tested, first), (_, second) = trial.in_screening(), trial.in_screening()
    assert trial.caps.barred_after_tests(tested) is None
    trial.randomise(strata=A)
    assert (first.cause, second.cause) == (AWAY, None)


def test_people_in_screening_are_counted_from_entering_to_leaving_once() -> None:
    """At most two at once; nobody is turned away who is in already."""
    trial = Trial(desk={"in_screening": 2})
    (first, _), (second, process) = trial.in_screening(), trial.in_screening()
    trial.caps.enters(first)
    assert trial.barred() == (AWAY, AWAY)
    assert process.cause is None
    trial.caps.leaves(second)
    trial.caps.leaves(second)
    assert trial.barred() == (None, None)
    assert trial.log() == [(0.0, "cap.reached", 2, 0), (0.0, "cap.opened", 1, 0)]
    trial.caps.enters(second)
    assert trial.barred() == (AWAY, AWAY), "who left twice left once, and is counted again on coming back"
    trial.caps.leaves(second)
    trial.randomise(5)
    assert trial.barred() == (None, None), "participants are not in screening"


def test_who_is_to_be_replaced_is_not_counted() -> None:
    trial = Trial(all={"randomised": 1})
    (person,) = trial.randomise()
    trial.world.env.begin(7.0)
    trial.caps.replaced(person)
    assert trial.barred() == (None, None)
    assert trial.log() == [(0.0, "cap.reached", 1, 0), (7.0, "cap.opened", 0, 0)]
    trial.world.env.begin(9.0)
    trial.randomise()
    trial.world.env.begin(12.0)
    assert list(trial.caps.spans(trial.sites[0])) == [(0.0, 7.0, AWAY), (9.0, 12.0, AWAY)]


def test_times_at_which_nobody_was_asked_are_those_of_caps_without_a_stratum() -> None:
    trial = Trial(a={"randomised": 1, "stratum": {"kind": "a"}}, west={"randomised": 1, "groups": "west"})
    trial.randomise(strata=A)
    trial.randomise(site=2, strata=B)
    trial.world.env.begin(3.0)
    assert list(trial.caps.spans(trial.sites[0])) == []
    assert list(trial.caps.spans(trial.sites[2])) == [(0.0, 3.0, AWAY + 1)]


def test_an_arm_at_its_cap_is_left_out() -> None:
    """The others go on; where all are full, nobody may come any more, until one is replaced."""
    trial = Trial(x={"randomised": 1, "arm": "X"}, y={"randomised": 2, "arm": "Y"})
    _, process = trial.in_screening()
    (person,) = trial.randomise(arm=0)
    assert trial.arms == [("X", True)]
    assert trial.barred() == (None, None)
    assert trial.caps.has_room()
    trial.randomise(2, arm=1)
    assert trial.arms[1:] == [("Y", True)]
    assert trial.barred() == (AWAY + 1, AWAY + 1), "the cap that closed the last arm"
    assert process.cause == AWAY + 1
    assert not trial.caps.has_room()
    trial.caps.replaced(person)
    assert trial.arms[2:] == [("X", False)]
    assert trial.barred() == (None, None)
    assert trial.caps.has_room()


def test_an_arm_without_a_cap_is_never_full() -> None:
    trial = Trial(x={"randomised": 1, "arm": "X"})
    trial.randomise(3, arm=0)
    trial.randomise(3, arm=1)
    assert trial.caps.has_room()
    assert trial.barred() == (None, None)


def test_room_is_left_where_an_open_site_takes_some_stratum() -> None:
    trial = Trial(
        a={"randomised": 1, "stratum": {"kind": "a"}},
        b={"randomised": 1, "stratum": {"kind": "b"}, "groups": "east"},
    )
    trial.randomise(strata=A)
    assert trial.caps.has_room()
    trial.randomise(strata=B)
    assert trial.caps.has_room(), "b in the west"
    trial.sites[2].closed_on = 1.0
    assert not trial.caps.has_room()


def test_full_screening_is_no_lack_of_room() -> None:
    """It empties again."""
    trial = Trial(desk={"in_screening": 1})
    trial.in_screening()
    assert trial.caps.has_room()
