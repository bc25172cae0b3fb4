"""Sites at work: when they look at referrals, and when they close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import scenario_of
from small_world import happened, sites_of, someone, world_of

from sim.core import events
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.observed import KnownSite, ObservedState
from sim.core.people import Person, Site
from sim.core.world import World
from sim.processes.enrolment import Enrolment
from sim.processes.sites import Recruitment


class Country:
    """Sites to which patients are referred on days that a test says."""

    def __init__(self, referred: dict[int, list[float]], target: int = 1, **settings: Any) -> None:
        group = {"count": len(referred), "referrals_per_month": 3.0, **settings}
        self.world = world_of(sites={"s": group}, trial={"target": target})
        self.sites = sites_of(self.world)
        self.referred = referred
        self.taken: list[tuple[float, int]] = []
        self.closed: list[tuple[float, int]] = []
        self.enrolment = Enrolment(self.world, lambda _: True, lambda _: None, lambda: None)
        self.recruitment = Recruitment(
            self.world, self.sites, self.enrolment, self.people_of, self._take, self._site_closed
        )

    def people_of(self, site: Site) -> Iterator[Person]:
        for i, day in enumerate(self.referred[site.index]):
            yield someone(self.world, site, referral=i, referred=day)

    def _take(self, person: Person) -> None:
        self.taken.append((self.world.env.now, person.site.index))

    def _site_closed(self, site: Site) -> None:
        self.closed.append((self.world.env.now, site.index))

    def at(self, day: float, call: Any) -> None:
        self.world.env.call_at(day, call)

    def close(self, day: float) -> None:
        """The target is met on a day."""
        self.at(day, lambda: self.enrolment.close(events.RECRUITED))

    def reopen(self, day: float) -> None:
        """A participant must be replaced."""

        def again() -> None:
            self.enrolment.n_randomised = self.enrolment.n_needed
            assert self.enrolment.need_more(1)
            self.recruitment.reopened()

        self.at(day, again)

    def randomise(self, *days: float, site: int = 0) -> None:
        for day in days:
            self.at(day, lambda: self.recruitment.randomised_at(self.sites[site]))

    def run(self) -> list[tuple[float, str, int]]:
        self.world.env.run_to_end()
        return [(e.day, e.kind, e.code) for e in happened(self.world, events.SITE_ACTIVATED, events.SITE_CLOSED)]


def test_a_site_looks_at_referrals_from_its_activation_on() -> None:
    """One who came before is nobody's patient."""
    country = Country({0: [3.0, 8.0, 9.0]}, activation_delay_days=5.0)
    assert country.run() == [(5.0, "site.activated", 0)]
    assert country.taken == [(8.0, 0), (9.0, 0)]
    assert [entry.amount for entry in happened(country.world, events.SITE_ACTIVATED)] == [3.0]


def test_while_recruitment_is_closed_nobody_is_taken() -> None:
    """Those who come meanwhile are not looked at; those after the reopening are."""
    country = Country({0: [1.0, 3.0, 6.0, 8.0]})
    country.close(2.0)
    country.reopen(7.0)
    country.run()
    assert country.taken == [(1.0, 0), (8.0, 0)]


def test_a_site_that_is_due_while_recruitment_is_closed_opens_if_it_opens_again() -> None:
    country = Country({0: [9.0]}, activation_delay_days=5.0)
    country.close(2.0)
    assert country.run() == []
    country = Country({0: [9.0]}, activation_delay_days=5.0)
    country.close(2.0)
    country.reopen(7.0)
    assert country.run() == [(7.0, "site.activated", 0)]
    assert country.taken == [(9.0, 0)]


def test_a_site_closes_on_its_date() -> None:
    """From then on it takes nobody; a site whose date is before its activation never opens."""
    country = Country({0: [1.0, 6.0]}, closes="2020-01-06")
    assert country.run() == [(0.0, "site.activated", 0), (5.0, "site.closed", events.CLOSED_DATE)]
    assert country.taken == [(1.0, 0)]
    assert country.closed == [(5.0, 0)]
    assert Country({0: [9.0]}, closes="2020-01-06", activation_delay_days=7.0).run() == [
        (5.0, "site.closed", events.CLOSED_DATE)
    ]


def test_a_date_that_comes_while_recruitment_is_closed_counts_when_it_opens_again() -> None:
    country = Country({0: [1.0, 9.0]}, closes="2020-01-06")
    country.close(2.0)
    country.reopen(8.0)
    assert country.run()[1:] == [(8.0, "site.closed", events.CLOSED_DATE)]
    assert country.taken == [(1.0, 0)]


DROUGHT = {"after_days_without_randomisation": 10.0}


@pytest.mark.parametrize(("randomised", "closes"), [([], 10.0), ([4.0], 14.0), ([4.0, 13.0], 23.0)])
def test_a_drought_closes_a_site(randomised: list[float], closes: float) -> None:
    """Ten days after it opened, or after its last randomisation."""
    country = Country({0: []}, closes=DROUGHT)
    country.randomise(*randomised)
    assert country.run() == [(0.0, "site.activated", 0), (closes, "site.closed", events.CLOSED_DROUGHT)]


def test_while_recruitment_is_closed_there_is_no_drought() -> None:
    """Closed from day 2 to day 30: the ten days count from the reopening."""
    country = Country({0: []}, closes=DROUGHT)
    country.close(2.0)
    country.reopen(30.0)
    assert country.run()[1:] == [(40.0, "site.closed", events.CLOSED_DROUGHT)]


def test_a_short_closure_starts_the_count_again() -> None:
    country = Country({0: []}, closes=DROUGHT)
    country.close(2.0)
    country.reopen(5.0)
    assert country.run()[1:] == [(15.0, "site.closed", events.CLOSED_DROUGHT)]


def test_a_site_is_full_at_its_last_participant_once() -> None:
    """Two at this site; the randomisations of the other site do not count. More, as in data, close nothing again."""
    country = Country({0: [], 1: []}, max_participants=2)
    country.randomise(1.0, 3.0, 4.0)
    country.randomise(2.0, site=1)
    assert country.run()[2:] == [(3.0, "site.closed", events.CLOSED_FULL)]
    assert country.closed == [(3.0, 0)]
    assert [site.n_randomised for site in country.sites] == [3, 1]
    assert country.sites[1].last_randomised == 2.0


def test_a_full_site_closes_also_while_recruitment_is_closed() -> None:
    """Those who were let in beyond the target may fill it."""
    country = Country({0: []}, max_participants=1)
    country.close(1.0)
    country.randomise(2.0)
    assert country.run()[1:] == [(2.0, "site.closed", events.CLOSED_FULL)]


def test_a_site_closes_for_one_reason_only() -> None:
    country = Country({0: []}, max_participants=1, closes="2020-01-06")
    country.randomise(2.0)
    assert country.run()[1:] == [(2.0, "site.closed", events.CLOSED_FULL)]


def test_sites_have_what_their_group_says() -> None:
    """Ramp-up from a fifth to the full rate in 100 days, coordinators and bays; indices through all groups."""
    world = world_of(
        sites={
            "b": {"count": 2, "referrals_per_month": 30.4375, "ramp_up": {"start_fraction": 0.2, "days": 100.0}},
            "a": {"referrals_per_month": 3.0, "coordinators": 2, "infusion_bays": 3, "opens": "2020-01-11"},
        }
    )
    first, second, third = sites_of(world)
    assert [(site.index, site.group, site.row, site.n_sites) for site in (first, second, third)] == [
        (0, "a", 0, 1),
        (1, "b", 0, 2),
        (2, "b", 1, 2),
    ]
    assert (first.coordinators.n_free, first.bays.n_free, second.bays.n_free) == (2, 3, float("inf"))
    assert (first.activates, first.last_randomised) == (10.0, 10.0)
    assert (second.activates, second.per_month) == (0.0, 30.4375)
    assert second.arrivals.expected(100.0) == pytest.approx(60.0), "one a day, on average 0.6 of it"
    assert second.arrivals.expected(110.0) == pytest.approx(70.0)


def test_start_up_before_day_0_shortens_ramp_up_but_nobody_is_referred_before() -> None:
    """Activated 50 days before day 0: half of ramp-up is over."""
    ramp = {"start_fraction": 0.0, "days": 100.0}
    group = {"referrals_per_month": 30.4375, "ramp_up": ramp, "lead_days": 50.0}
    (site,) = sites_of(world_of(sites={"s": group}))
    assert site.activates == -50.0
    assert site.last_randomised == 0.0
    assert site.arrivals.expected(50.0) == pytest.approx(37.5)


def test_a_known_site_goes_on_from_the_data() -> None:
    """Referrals count from the end of the data, and a drought from the last randomisation that is known."""
    known = {("s", 0): KnownSite(activated=5.0, last_randomised=40.0), ("s", 1): KnownSite(activated=7.0)}
    design = Design(scenario_of(sites={"s": {"count": 2, "referrals_per_month": 30.4375}}))
    state = ObservedState(now=60.0, sites=known, pipeline_days=10.0)
    first, second = sites_of(World(Batch(design, 1, 0, 1, observed=state), 0))
    assert (first.activates, first.last_randomised) == (5.0, 40.0)
    assert (second.activates, second.last_randomised) == (7.0, 7.0)
    assert first.arrivals.expected(60.0) == pytest.approx(10.0), "those who may still be in screening"
