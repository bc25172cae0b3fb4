"""Referrals of a site in order of time, and what is written of those that end on the day."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from small_world import sites_of, trial_of, world_of

from sim.core import events
from sim.core.design import MOST_EVENTS_EACH
from sim.core.people import Site
from sim.core.referred import DECLINES, EXCLUDED, HANDLED
from sim.core.streams import BLOCK
from sim.core.world import World
from sim.processes.referrals import FIRST_STAND_IN, Referrals

SICK = {"patients": {"conditions": {"sick": 0.5}}}
CHART = {"criteria": {"sick": {"stage": "chart", "none": ["sick"]}}}


def people(world: World, n: int | None = None) -> list[Any]:
    referrals, (site, *_) = Referrals(world), sites_of(world)
    found = []
    for person in referrals.of(site):
        found.append(person)
        if len(found) == n:
            break
    return found


def test_they_come_at_the_times_of_their_site() -> None:
    """Sums of unit-rate gaps over the rate, block after block, up to the horizon."""
    world = world_of(trial={"horizon_months": 100}, sites={"s": {"referrals_per_month": 3.0}})
    found = people(world)
    gaps = np.concatenate([world.batch.referred(world.design.groups[0], 0, 0, block)[0].gaps[0] for block in range(4)])
    expected = np.cumsum(gaps) * 30.4375 / 3.0
    n = int((expected < world.design.horizon_days).sum())
    assert BLOCK < n < 4 * BLOCK
    assert [person.referred for person in found] == pytest.approx(expected[:n].tolist())
    assert [person.referral for person in found] == list(range(n))


def test_only_those_who_must_be_dealt_with_are_given() -> None:
    """Those whom the chart excludes and those who decline keep their numbers, and are seen by nobody."""
    world = world_of(screening=CHART | {"consent": 0.5}, **SICK)
    fate = world.batch.referred(world.design.groups[0], 0, 0, 0)[0].fate[0]
    found = people(world, 20)
    assert [person.referral for person in found] == np.flatnonzero(fate == HANDLED)[:20].tolist()
    assert all(person.consents and not person.chart_failed for person in found)


def test_the_window_counts_from_decompensation() -> None:
    world = world_of(
        screening={"window_days": 28.0}, patients={"attributes": {"days_since_decompensation": 6.0, "weight_kg": 61.0}}
    )
    for person in people(world, 3):
        assert person.window_ends == pytest.approx(person.referred + 22.0)
        assert person.weight_kg == 61.0
    assert people(world_of(), 1)[0].window_ends == float("inf")


@pytest.mark.parametrize(
    ("per_day", "mean"), [(0.0, None), (0.02, -1 / np.log(0.98)), (0.5, 1 / np.log(2)), (1.0, 0.0)]
)
def test_when_they_worsen(per_day: float, mean: float | None) -> None:
    """Exponential, so that each day has the probability that is written."""
    for person in people(world_of(screening={"deteriorates_per_day": per_day}), 3):
        expected = float("inf") if mean is None else person.referred + mean * person.values[0]
        assert person.deteriorates == pytest.approx(expected)


def test_too_many_referrals_end_a_replication() -> None:
    """More than any trial looks at: nobody more comes, and the clock stops."""
    world = world_of(sites={"s": {"referrals_per_month": 9.0}})
    world.design.most_events = BLOCK + 1
    referrals, (site,) = Referrals(world), sites_of(world)
    assert not referrals.are_too_many
    n = len(list(referrals.of(site)))
    assert n == BLOCK
    assert referrals.are_too_many
    assert world.env.run_to_end()


def ended(
    fates: list[int], now: float = 100.0, closed_on: float | None = None, caps: Any = None, **gate: Any
) -> list[tuple[float, int, str, int]]:
    """Referrals on days 1, 2, 3 ... with these fates at one site: time, referral, how it ended, code."""
    world = world_of()
    world.env.begin(now)
    (site,) = sites_of(world)
    site.closed_on = closed_on
    referrals = Referrals(world)
    n = len(fates)
    bits = np.where(np.array(fates) == EXCLUDED, 6, 0)
    referrals._seen[site.index] = [(np.arange(n) + 1.0, bits.astype(np.int64), np.array(fates, dtype=np.int8))]
    enrolment = SimpleNamespace(**{"intervals": [(0.0, None)], "pauses": [], **gate})
    found = referrals.ended_at_once([site], enrolment, caps)  # type: ignore[arg-type]
    return [
        (float(time), int(person), events.KINDS[kind].name, int(code))
        for time, person, kind, code in zip(found.time, found.person, found.kind, found.code, strict=True)
    ]


def test_how_referrals_end_on_the_day() -> None:
    """Excluded with the first criterion that failed (bit 1 of 6), or not willing; those dealt with are not here."""
    assert ended([EXCLUDED, HANDLED, DECLINES]) == [
        (1.0, 0, "chart.failed", 1),
        (3.0, 2, "consent.refused", 0),
    ]


def test_only_while_sites_look_at_referrals() -> None:
    """Up to now, while recruitment is open (its start among it, its end not), until the site closes."""
    fates = [DECLINES] * 8
    assert [time for time, *_ in ended(fates, now=3.0)] == [1.0, 2.0]
    assert [time for time, *_ in ended(fates, closed_on=4.0)] == [1.0, 2.0, 3.0]
    assert [time for time, *_ in ended(fates, intervals=[(0.0, 2.0), (5.0, 7.0)])] == [1.0, 5.0, 6.0]
    assert [time for time, *_ in ended(fates, intervals=[(0.0, 2.0), (6.0, None)])] == [1.0, 6.0, 7.0, 8.0]


def test_in_a_pause_nobody_is_asked() -> None:
    """Who would have declined is turned away; whom the chart excludes is excluded all the same."""
    assert ended([DECLINES, DECLINES, EXCLUDED, DECLINES], pauses=[(2.0, 4.0)]) == [
        (1.0, 0, "consent.refused", 0),
        (2.0, 1, "patient.turned_away", events.AWAY_PAUSED),
        (3.0, 2, "chart.failed", 1),
        (4.0, 3, "consent.refused", 0),
    ]


def test_where_a_cap_is_full_nobody_is_asked() -> None:
    """A pause comes before a cap, and the first cap before the next."""

    class Full:
        def spans(self, site: Site) -> Any:
            assert site.index == 0
            return iter([(1.0, 3.0, 7), (2.0, 5.0, 8)])

    assert ended([DECLINES] * 5, caps=Full(), pauses=[(1.0, 2.0)]) == [
        (1.0, 0, "patient.turned_away", events.AWAY_PAUSED),
        (2.0, 1, "patient.turned_away", 7),
        (3.0, 2, "patient.turned_away", 8),
        (4.0, 3, "patient.turned_away", 8),
        (5.0, 4, "consent.refused", 0),
    ]


def test_nobody_seen_nobody_ended() -> None:
    world = world_of()
    gate = SimpleNamespace(intervals=[(0.0, None)], pauses=[])
    assert len(Referrals(world).ended_at_once(sites_of(world), gate).time) == 0  # type: ignore[arg-type]


def test_everyone_of_a_trial_is_of_a_site_and_numbered_within_it() -> None:
    """Two sites: each referral that ended on the day stands at its own site, in order of time there."""
    trial = trial_of(
        sites={"s": {"count": 2, "referrals_per_month": 5.0}}, trial={"target": 10}, screening={"consent": 0.4}
    )
    found = trial.run().ended_at_once
    assert set(found.site.tolist()) == {0, 1}
    assert np.all(np.diff(found.site) >= 0)
    for site in (0, 1):
        here = found.site == site
        assert np.all(np.diff(found.time[here]) > 0)
        assert np.all(np.diff(found.person[here]) > 0)
        times = trial.referrals._seen[site][0][0]
        inside = found.person[here] < len(times)
        assert np.array_equal(times[found.person[here][inside]], found.time[here][inside])


def test_stand_ins_consent_and_where_asked_pass_all_tests() -> None:
    """Their numbers are beyond any referral's, those of the eligible apart from the others'."""
    rules = {"criteria": {"sick": {"stage": "tests", "none": ["sick"]}}, "consent": 0.5}
    world = world_of(screening=rules, **SICK)
    referrals, (site,) = Referrals(world), sites_of(world)
    eligible, any_of_them = (referrals.stand_ins(site, is_eligible) for is_eligible in (True, False))
    first, second = [next(eligible) for _ in range(30)], [next(any_of_them) for _ in range(30)]
    assert [person.referral for person in first] == list(range(FIRST_STAND_IN, FIRST_STAND_IN + 30))
    assert second[0].referral == FIRST_STAND_IN + FIRST_STAND_IN // 2
    assert FIRST_STAND_IN > 1000 * MOST_EVENTS_EACH, "no trial looks at as many referrals of a site"
    assert all(person.consents and not person.tests_failed for person in first)
    assert {bool(person.tests_failed) for person in second} == {False, True}


def test_where_nobody_can_stand_in_somebody_like_them_does() -> None:
    """Nobody consents: those who were drawn stand in, one after the other, with nothing failed and no window."""
    world = world_of(screening={"consent": 0.0, "window_days": 3.0}, patients={"attributes": {"weight_kg": 61.0}})
    referrals, (site,) = Referrals(world), sites_of(world)
    stand_ins = referrals.stand_ins(site, is_eligible=True)
    found = [next(stand_ins) for _ in range(5)]
    assert len({person.referral for person in found}) == 5
    assert all(person.consents and person.window_ends == float("inf") for person in found)


def test_where_all_fail_the_tests_those_who_were_drawn_stand_in_one_after_the_other() -> None:
    attributes = {"weight_kg": {"dist": "uniform", "low": 50.0, "high": 90.0}}
    rules = {"criteria": {"sick": {"stage": "tests", "none": ["sick"]}}}
    world = world_of(screening=rules, patients={"conditions": {"sick": 1.0}, "attributes": attributes})
    referrals, (site,) = Referrals(world), sites_of(world)
    stand_ins = referrals.stand_ins(site, is_eligible=True)
    found = [next(stand_ins) for _ in range(5)]
    drawn, row = world.batch.stand_ins(site.design, site.row, world.row, 0)
    assert [person.weight_kg for person in found] == [drawn.people.listed.weight_kg[row + i] for i in range(5)]
    assert [person.values for person in found] == [drawn.people.listed.values[row + i] for i in range(5)]
    assert len({person.weight_kg for person in found}) == 5
    assert not any(person.tests_failed for person in found)


def test_where_nobody_is_drawn_at_all_somebody_plain_stands_in() -> None:
    """The chart excludes all: who stands in weighs 1 kg, and each time that is drawn for them is its mean."""
    world = world_of(screening=CHART, patients={"conditions": {"sick": 1.0}})
    referrals, (site,) = Referrals(world), sites_of(world)
    found = [next(referrals.stand_ins(site, is_eligible)) for is_eligible in (True, False)]
    assert [person.values for person in found] == [[1.0] * len(world.design.columns)] * 2
    assert [(person.weight_kg, person.referred, person.strata) for person in found] == [(1.0, 0.0, ())] * 2


def test_where_a_rate_may_change_each_has_an_arrival_time_of_a_process_of_unit_rate() -> None:
    """Sums of the gaps, block after block, until more were seen than any trial looks at."""
    amendments = {"more": {"on": "2020-06-01", "referrals_times": 2.0}}
    world = world_of(amendments=amendments)
    world.design.most_events = BLOCK
    referrals, (site,) = Referrals(world), sites_of(world)
    found = list(referrals.of(site))
    gaps = [world.batch.referred(world.design.groups[0], 0, 0, block)[0].gaps[0] for block in range(2)]
    assert [person.referral for person in found if person] == list(range(2 * BLOCK))
    assert [person.arrival for person in found if person] == pytest.approx(np.cumsum(np.concatenate(gaps)).tolist())
    assert referrals.are_too_many, "the third block is one too many"
    assert len(referrals._seen[site.index]) == 2


def test_at_a_rate_of_0_nobody_comes_until_it_changes() -> None:
    world = world_of(amendments={"none": {"on": "2020-06-01", "referrals_times": 0.0}})
    referrals, (site,) = Referrals(world), sites_of(world)
    coming = referrals.of(site)
    for _ in range(BLOCK):
        assert next(coming) is not None
    site.arrivals.multiply(0.0, 0.0)
    assert [next(coming), next(coming)] == [None, None]
