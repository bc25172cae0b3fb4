"""When an amendment is decided and in force, to the day, and what it then changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from small_world import happened, sites_of, someone, world_of

from sim.core.clock import MONTH_DAYS
from sim.core.people import Person
from sim.processes.amendments import Amendments
from sim.processes.start_up import StartUpSteps

SITES = {"east": {"referrals_per_month": 1.0}, "west": {"count": 2, "referrals_per_month": 1.0}}
CRITERIA = {
    "chart": {"stage": "chart", "none": ["x"], "item": "E1"},
    "tests": {"stage": "tests", "none": ["x"], "item": "E2"},
}
CHART, TESTS = 1, 2


class Trial:
    """Amendments, and what they ask of recruitment."""

    def __init__(self, rules: dict[str, dict[str, Any]], sites: dict[str, Any] = SITES, **changes: Any) -> None:
        screening = {"criteria": CRITERIA, "consent": 0.3}
        self.world = world_of(
            amendments=rules, sites=sites, patients={"conditions": {"x": 0.5}}, screening=screening, **changes
        )
        self.sites = sites_of(self.world)
        self.asked: list[tuple[Any, ...]] = []
        self.inside: list[Person] = []
        self.gate = SimpleNamespace(recruiting=True)
        opening = SimpleNamespace(
            opens=lambda site, day: self.asked.append(("opens", site.index, day)),
            never_opens=lambda site: self.asked.append(("never opens", site.index)),
            multiply_rate=lambda site, factor: self.asked.append(("rate", site.index, factor)),
        )
        self.amendments = Amendments(
            self.world,
            self.sites,
            self.gate,  # type: ignore[arg-type]
            opening,  # type: ignore[arg-type]
            StartUpSteps(self.world),
            self.inside,
            lambda arm, opens: self.asked.append(("arm", arm.name, opens)),
        )

    def person(self, site: int = 0, **known: Any) -> Person:
        return someone(self.world, self.sites[site], **known)

    def run(self) -> list[tuple[float, str, float]]:
        self.world.env.run_to_end()
        return [(round(e.day, 6), e.kind, e.number) for e in happened(self.world)]


def test_it_is_decided_on_its_day_and_in_force_later() -> None:
    """On 11 January, and five days on; or after two months at once."""
    trial = Trial({"a": {"on": "2020-01-11", "after_days": 5.0, "referrals_times": 2.0}})
    assert trial.run() == [(10.0, "amendment.decided", 0), (15.0, "amendment.in_force", 0)]
    assert trial.asked == [("rate", 0, 2.0), ("rate", 1, 2.0), ("rate", 2, 2.0)]
    trial = Trial({"a": {"at_month": 2, "referrals_times": 2.0}})
    assert [day for day, _, _ in trial.run()] == [round(2 * MONTH_DAYS, 6)] * 2


def test_it_is_decided_at_a_randomisation() -> None:
    trial = Trial({"a": {"at_randomised": 2, "referrals_times": 2.0}})
    for day in (3.0, 7.0, 9.0):
        trial.world.env.call_at(day, trial.amendments.randomised)
    assert trial.run() == [(7.0, "amendment.decided", 2), (7.0, "amendment.in_force", 2)]


@pytest.mark.parametrize(
    ("n", "recruiting", "kind"), [(1, True, "decided"), (2, True, "not_needed"), (1, False, "not_needed")]
)
def test_a_contingency_is_decided_only_where_too_few_are_randomised(n: int, recruiting: bool, kind: str) -> None:
    trial = Trial({"a": {"at_month": 1, "if_fewer_than": 2, "referrals_times": 2.0}})
    for _ in range(n):
        trial.amendments.randomised()
    trial.gate.recruiting = recruiting
    assert trial.run()[0][1:] == (f"amendment.{kind}", n)
    assert bool(trial.asked) == (kind == "decided")


def test_only_its_groups_change() -> None:
    trial = Trial({"a": {"at_month": 1, "referrals_times": 3.0, "groups": "west", "consent": 0.9, "drops": "chart"}})
    trial.run()
    assert trial.asked == [("rate", 1, 3.0), ("rate", 2, 3.0)]
    assert [list(trial.amendments.spans(site)) for site in trial.sites] == [
        [],
        [(MONTH_DAYS, CHART)],
        [(MONTH_DAYS, CHART)],
    ]
    drawn = {"screening.consent": 0.5}
    assert not trial.amendments.consents(trial.person(0, consents=False, drawn=drawn))
    assert trial.amendments.consents(trial.person(1, consents=False, drawn=drawn))


def test_a_dropped_criterion_excludes_nobody_from_then_on() -> None:
    """Before, the log says whom the chart excludes, and by which criterion."""
    trial = Trial({"a": {"at_month": 1, "drops": ["chart", "tests"]}})
    assert not trial.amendments.lets_past_chart(trial.person(chart_failed=CHART))
    assert [(e.kind, e.number, e.code) for e in happened(trial.world)] == [("chart.failed", CHART, 0)]
    trial.run()
    person = trial.person(chart_failed=CHART, tests_failed=TESTS)
    assert trial.amendments.lets_past_chart(person)
    assert (person.chart_failed, person.tests_failed) == (0, 0)
    screened = trial.person(tests_failed=TESTS)
    trial.amendments.excuse(screened)
    assert screened.tests_failed == 0


@pytest.mark.parametrize("let_off", [True, False])
def test_those_in_screening_are_let_off_where_it_says_so(let_off: bool) -> None:
    trial = Trial({"a": {"at_month": 1, "drops": "tests", "in_screening": let_off}})
    person = trial.person(tests_failed=TESTS)
    trial.inside.append(person)
    trial.run()
    assert person.tests_failed == (0 if let_off else TESTS)


def test_sites_that_waited_begin_their_start_up_or_never_open() -> None:
    """West waits for the amendment: twenty days of start-up after it; not needed, it stays out for good."""
    sites = {"east": {"referrals_per_month": 1.0}, "west": {"referrals_per_month": 1.0, "activation_delay_days": 20.0}}
    rule = {"on": "2020-01-11", "opens": "west", "if_fewer_than": 5}
    trial = Trial({"a": rule}, sites)
    west = trial.sites[1]
    assert west.is_waiting
    assert trial.amendments.may_open(west)
    trial.run()
    assert trial.asked == [("opens", 1, 30.0)]
    trial = Trial({"a": rule}, sites)
    trial.gate.recruiting = False
    trial.run()
    assert trial.asked == [("never opens", 1)]
    assert not trial.amendments.may_open(trial.sites[1])


def test_what_waits_for_a_number_may_open_without_more_participants_once_that_is_reached() -> None:
    """The amendment takes five days; in these recruitment must not end for want of sites or arms."""
    rules = {"a": {"at_randomised": 2, "after_days": 5.0, "opens": "west", "opens_arms": "B"}}
    trial = Trial(rules, arms=ARMS)
    east, west, _ = trial.sites

    def may() -> tuple[bool, bool]:
        return trial.amendments.may_open(west), trial.amendments.may_open_an_arm()

    assert (may(), trial.amendments.may_open(east)) == ((False, False), True)
    trial.amendments.randomised()
    assert may() == (False, False)
    trial.amendments.randomised()
    assert may() == (True, True)
    trial.run()
    assert [what for what in trial.asked if what[0] == "opens"] == [("opens", 1, 5.0), ("opens", 2, 5.0)]
    assert may()[1] is False, "it is open"


ARMS = {"A": {}, "B": {}, "C": {}}


def test_an_arm_opens_and_closes() -> None:
    """B is closed until 11 January; A closes twice, which happens once; each is told, and in the log."""
    rules = {
        "more": {"on": "2020-01-11", "opens_arms": "B"},
        "less": {"at_month": 1, "closes_arms": "A"},
        "again": {"at_month": 2, "closes_arms": "A"},
    }
    trial = Trial(rules, arms=ARMS)
    assert trial.amendments.may_open_an_arm()
    kinds = [(day, kind) for day, kind, _ in trial.run() if kind.startswith("arm.")]
    assert kinds == [(10.0, "arm.opened"), (round(MONTH_DAYS, 6), "arm.closed")]
    assert trial.asked == [("arm", "B", True), ("arm", "A", False)]
    assert not trial.amendments.may_open_an_arm()


def test_an_arm_that_is_not_needed_never_opens() -> None:
    """A contingency without its condition, and a number that nobody can reach."""
    trial = Trial({"a": {"at_month": 1, "if_fewer_than": 2, "opens_arms": "B"}}, arms=ARMS)
    trial.gate.recruiting = False
    trial.run()
    assert trial.asked == [("arm", "B", False)]
    trial = Trial({"a": {"at_randomised": 3, "opens_arms": "B"}}, arms=ARMS)
    assert not trial.amendments.may_open_an_arm()
