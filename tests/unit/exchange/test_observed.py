"""What is known of a trial on a day: nothing of what came later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from made_trials import FIRST, trial_with

from sim.exchange.observed import (
    COMPLETED,
    FAILED,
    IN_SCREENING,
    LEFT,
    NO_SITE,
    RANDOMISED,
    Funnel,
    ObservedTrial,
    SiteRecord,
    Visits,
    became,
)

NAN = np.nan


def trial(**changes: Any) -> ObservedTrial:
    """Six people: left, completed, in, in screening, failed, and one who comes on the tenth day."""
    made = trial_with(np.arange(6.0))
    columns = {
        "screened": np.array([0.0, 1.0, 2.0, 3.0, 4.0, 10.0]),
        "randomised": np.array([5.0, 6.0, 7.0, NAN, NAN, 10.0]),
        "ended": np.array([9.0, 8.0, NAN, NAN, 6.0, NAN]),
        "status": np.array([LEFT, COMPLETED, RANDOMISED, IN_SCREENING, FAILED, RANDOMISED], dtype=object),
        "way_out": np.array(["lost", "", "", "", "reason", ""], dtype=object),
        "site": np.array([0, 1, 0, 0, 1, 2]),
    }
    sites = (SiteRecord("a"), SiteRecord("b", closed=9.0), SiteRecord("c"), SiteRecord("d", planned=50.0))
    people = replace(made.people, **columns)
    return replace(made, people=people, sites=sites, has_sites=True, last=FIRST + timedelta(days=20), **changes)


def test_people_are_counted_by_what_became_of_them() -> None:
    assert became(trial().people) == (
        ("randomised", 4),
        ("of them left", 1),
        ("of them completed", 1),
        ("in screening", 1),
        ("failed screening", 1),
    )
    failed = trial().people.taken(np.array([3, 4, 4]))
    assert became(failed) == (("randomised", 0), ("in screening", 1), ("failed screening", 2))
    nobody = trial().people.taken(np.zeros(0, dtype=int))
    assert became(nobody) == (("randomised", 0),)


def test_at_the_end_of_a_day_what_is_of_the_next_is_not_known() -> None:
    """At the end of day 5 the first is randomised, the second not yet; nobody has left, and one has not come."""
    known = trial().as_of(FIRST + timedelta(days=5))
    assert known.now == 6.0
    assert known.people.status.tolist() == [RANDOMISED, IN_SCREENING, IN_SCREENING, IN_SCREENING, IN_SCREENING]
    assert np.isnan(known.people.randomised).tolist() == [False, True, True, True, True]
    assert np.isnan(known.people.ended).all()
    assert set(known.people.way_out) == {""}
    later = trial().as_of(FIRST + timedelta(days=9))
    assert later.people.status.tolist() == [LEFT, COMPLETED, RANDOMISED, IN_SCREENING, FAILED]


def test_sites_are_known_once_somebody_was_seen_or_they_were_planned() -> None:
    known = trial().as_of(FIRST + timedelta(days=8))
    assert [(site.name, site.closed, site.planned) for site in known.sites] == [
        ("a", None, None),
        ("b", None, None),
        ("d", None, 50.0),
    ]
    assert known.people.site.tolist() == [0, 1, 0, 0, 1]
    assert trial().as_of(FIRST + timedelta(days=9)).sites[1].closed == 9.0


def test_counts_of_a_period_are_in_when_it_is_over() -> None:
    nan = np.full(2, NAN)
    funnel = Funnel(np.array([0.0, 7.0]), np.array([7.0, 14.0]), nan, nan, np.array([3.0, 2.0]), nan)
    for day, n in ((5, 0), (6, 1), (12, 1), (13, 2)):
        known = trial(funnel=funnel).as_of(FIRST + timedelta(days=day)).funnel
        assert known is not None
        assert len(known.start) == n


def test_visits_are_known_when_they_have_been() -> None:
    """Of the third person, randomised on day 7, a week and two weeks later; nobody's index points elsewhere."""
    visits = Visits(np.array([2, 2, 5]), np.array([7.0, 14.0, 7.0]), np.array([7.0, 14.0, 1.0]))
    known = trial(visits=visits).as_of(FIRST + timedelta(days=14)).visits
    assert known is not None
    assert (known.person.tolist(), known.day.tolist()) == ([2, 5], [7.0, 1.0])
    early = trial(visits=visits).as_of(FIRST + timedelta(days=9)).visits
    assert early is not None
    assert len(early.person) == 0


def test_when_sites_were_first_seen() -> None:
    """Their opening where it is known, else the first person, in screening or later; else never."""
    made = trial()
    opened = replace(made, sites=(replace(made.sites[0], activated=-3.0), *made.sites[1:]))
    assert opened.first_seen().tolist()[:3] == [-3.0, 1.0, 10.0]
    assert np.isnan(opened.first_seen()[3])


def test_a_site_opens_and_closes_when_it_did() -> None:
    """At the end of day 5, a site that opened on that day is open; one that opens or closes on day 6 has not."""
    sites = (
        SiteRecord("a", 5.0),
        SiteRecord("b", 6.0, planned=4.0),
        SiteRecord("c", 1.0, 5.0),
        SiteRecord("d", 1.0, 6.0),
    )
    known = replace(trial(), sites=sites).as_of(FIRST + timedelta(days=5))
    assert [(site.name, site.activated, site.closed) for site in known.sites] == [
        ("a", 5.0, None), ("b", None, None), ("c", 1.0, 5.0), ("d", 1.0, None)
    ]  # fmt: skip


def test_recruitment_ends_as_announced_or_with_the_last_planned_closing() -> None:
    assert trial().recruits_until == np.inf
    assert trial(ends=30.0).recruits_until == 30.0
    closing = tuple(replace(site, closing=25.0 + i) for i, site in enumerate(trial().sites))
    planned = replace(trial(), sites=closing)  # site b has closed: its plan is past
    assert planned.recruits_until == 28.0
    assert replace(planned, ends=26.5).recruits_until == 26.5
    assert replace(planned, sites_a_month=1.0).recruits_until == np.inf
    assert replace(planned, sites=(*closing[:3], replace(closing[3], closing=None))).recruits_until == np.inf


def test_a_site_is_seen_from_its_opening_or_from_its_first_person() -> None:
    made = trial()
    assert made.first_seen().tolist()[:3] == [0.0, 1.0, 10.0]
    assert np.isnan(made.first_seen()[3])
    opened = replace(made, sites=(replace(made.sites[0], activated=-5.0), *made.sites[1:]))
    assert opened.first_seen()[0] == -5.0


def test_somebody_of_no_known_site_opens_none() -> None:
    made = trial()
    nowhere = replace(made, people=replace(made.people, site=np.array([0, 1, 0, 0, 1, NO_SITE])))
    assert nowhere.first_seen().tolist()[:2] == [0.0, 1.0]
    assert np.isnan(nowhere.first_seen()[2:]).all()
    nobody = replace(made, people=replace(made.people, screened=np.full(6, NAN), randomised=np.full(6, NAN)))
    assert np.isnan(nobody.first_seen()).all()
