"""Caps by site, group, country, stratum and arm, and of people in screening: what they stop, and what they do not."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, merged, scenario_of, simplest_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.measures import measures
from sim.analysis.rule_tables import cap_table
from sim.analysis.tables import replication_table
from sim.continued import ContinuedTrial
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import CODE, KIND, PERSON, SITE, TIME
from sim.core.observed import KnownPerson, KnownSite, ObservedState
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.load import load, load_scenario
from sim.scenario.remarks import limits, remarks
from sim.scenario.schema import Scenario
from sim.web.parts.levers import levers

N = 24
TWO_STRATA = {"attributes": {"marker": {"positive": 0.3, "negative": 0.7}}}
TWO_CAPS = {
    name: {"randomised": 150, "stratum": {"marker": name}, "known": "tests"} for name in ("positive", "negative")
}


def rows_of(made: Scenario, replication: int = 0, seed: int = 3) -> np.ndarray:
    return replicate(Design(made), seed, replication).table()


def n_randomised(made: Scenario, rows: np.ndarray) -> Counter[str]:
    """Participants by site group."""
    groups = [group.name for group in Design(made).groups for _ in range(group.count)]
    return Counter(groups[int(row[SITE])] for row in rows[rows[:, KIND] == e.RANDOMISED])


def test_two_capped_strata_take_as_long_as_the_slower_one() -> None:
    """150 of each stratum: the later of two gamma times, here nearly always the rare one's, of median 759."""
    capped = scenario_of(
        trial={"target": 300}, sites={"s": {"referrals_per_month": 20.0}}, patients=TWO_STRATA, caps=TWO_CAPS
    )
    rare, common = (stats.gamma(150, scale=MONTH_DAYS / rate) for rate in (6.0, 14.0))
    assert rare.median() == pytest.approx(759, abs=1)
    found = Simulated(capped, N, seed=3)
    assert found["reached"].all()
    last = found["day_last_randomised"]
    assert abs(last.mean() - rare.mean()) < 4 * rare.std() / np.sqrt(N)
    below = np.mean(last <= 759)
    assert abs(below - 0.5) < 4 * 0.5 / np.sqrt(N)
    expected = 14 / MONTH_DAYS * (rare.mean() - common.mean())  # negatives who come after the 150th
    away = found["n_turned_away_by_negative"]
    assert abs(away.mean() - expected) < 4 * away.std() / np.sqrt(N)


@pytest.mark.parametrize(
    ("cap", "limits"),
    [
        ({"randomised": 5, "groups": "x"}, {"x": 5}),
        ({"randomised": 7, "country": "CN"}, {"x+y": 7}),
        ({"randomised": 7, "groups": ["x", "z"]}, {"x+z": 7}),
        ({"randomised": 6, "country": "CN", "each": "group"}, {"x": 6, "y": 6}),
        ({"randomised": 2, "each": "site", "groups": ["x"]}, {"x": 6}),
        ({"randomised": 18, "each": "country"}, {"x+y": 18, "z": 18}),
    ],
)
def test_a_cap_holds_for_the_sites_that_it_names_together(cap: dict[str, Any], limits: dict[str, int]) -> None:
    """The sites under a cap have as many participants as it allows, and the target is met by the others."""
    made = scenario_of(
        trial={"target": 30},
        sites={
            "x": {"count": 3, "referrals_per_month": 9.0, "country": "CN"},
            "y": {"count": 1, "referrals_per_month": 9.0, "country": "CN"},
            "z": {"referrals_per_month": 2.0, "country": "DE"},
        },
        caps={"most": cap},
    )
    for replication in range(4):
        rows = rows_of(made, replication)
        found = n_randomised(made, rows)
        assert found.total() == 30
        for names, limit in limits.items():
            assert sum(found[name] for name in names.split("+")) <= limit
        assert np.count_nonzero(rows[:, KIND] == e.CAP_REACHED) >= 1


def test_a_full_arm_takes_no_more_and_the_others_go_on() -> None:
    """An arm with a cap stops at it whatever the method, and the other arms bring the trial to its target."""
    methods: list[dict[str, Any]] = [
        {"method": "simple"},
        {"method": "permuted_blocks", "block_sizes": [3]},
        {"method": "minimisation"},
        {"method": "biased_coin"},
        {"method": "urn"},
    ]
    for method in methods:
        made = scenario_of(
            arms={"A": {}, "B": {}, "C": {}}, randomisation=method, caps={"b": {"randomised": 4, "arm": "B"}}
        )
        rows = rows_of(made)
        arms = rows[rows[:, KIND] == e.RANDOMISED, CODE].astype(int)
        counts = np.bincount(arms, minlength=3)
        assert counts.sum() == 45
        assert counts[1] == 4
        assert min(counts[0], counts[2]) >= 10


def test_a_cap_on_people_in_screening_is_a_queue_without_waiting() -> None:
    """Screening of an exponential length, three at most: Erlang's loss formula gives the share turned away."""
    made = scenario_of(
        trial={"target": 2000, "horizon_months": 600},
        sites={"s": {"referrals_per_month": 60.0}},
        screening={"days": {"dist": "exponential", "mean": MONTH_DAYS / 30}},
        caps={"desks": {"in_screening": 3}},
    )
    load = 2.0
    lost = (load**3 / 6) / sum(load**k / np.prod(np.arange(1, k + 1)) for k in range(4))
    rows = rows_of(made)
    away = np.count_nonzero(rows[:, KIND] == e.TURNED_AWAY)
    came = np.count_nonzero(rows[:, KIND] == e.REFERRED)
    error = np.sqrt(lost * (1 - lost) / came) * 2  # losses come in runs
    assert abs(away / came - lost) < 4 * error
    assert rows[-1, CODE] == e.ENDED_COMPLETE


def test_those_in_screening_are_turned_away_or_let_in_on_top() -> None:
    """When a cap is reached, people in screening are turned away on that day, or all of them come in as well."""
    for overrun in ("turn_away", "randomise"):
        made = scenario_of(
            trial={"target": 40},
            sites={"x": {"referrals_per_month": 30.0}, "y": {"referrals_per_month": 5.0}},
            screening={"days": 20},
            caps={"x": {"randomised": 10, "groups": "x", "overrun": overrun}},
        )
        rows = rows_of(made)
        reached = rows[rows[:, KIND] == e.CAP_REACHED, TIME].item()
        at_x = rows[rows[:, SITE] == 0]
        consented = set(at_x[(at_x[:, KIND] == e.CONSENT_GIVEN) & (at_x[:, TIME] < reached), PERSON])
        randomised = set(at_x[at_x[:, KIND] == e.RANDOMISED, PERSON])
        away = at_x[(at_x[:, KIND] == e.TURNED_AWAY) & (at_x[:, TIME] == reached), PERSON]
        assert len(consented) > 12
        if overrun == "turn_away":
            assert len(randomised) == 10
            assert set(away) == consented - randomised
        else:
            assert randomised == consented
        assert not np.any((at_x[:, KIND] == e.CONSENT_GIVEN) & (at_x[:, TIME] > reached))


def test_a_replaced_participant_opens_the_cap_again() -> None:
    """Caps that sum to the target, and participants who leave and are replaced: the cap opens, the target is met."""
    made = scenario_of(
        trial={"target": 20, "replace": "before_first_dose"},
        arms={"A": {"doses": {"weeks": [0], "cells_per_kg": 0}}},
        treatment={"first_dose_delay_days": 60},
        patients={"attributes": {"kind": {"a": 0.5, "b": 0.5}}},
        follow_up={"visit_weeks": [12], "primary_endpoint_week": 12, "leaving": {"death": {12: 0.5}}},
        caps={kind: {"randomised": 10, "stratum": {"kind": kind}} for kind in "ab"},
    )
    opened = 0
    for replication in range(6):
        rows = rows_of(made, replication)
        opened += np.count_nonzero(rows[:, KIND] == e.CAP_OPENED)
        n, replaced = (np.count_nonzero(rows[:, KIND] == kind) for kind in (e.RANDOMISED, e.REPLACED))
        assert n == 20 + replaced
        assert rows[-1, CODE] == e.ENDED_COMPLETE
    assert opened > 6


def test_a_trial_whose_caps_leave_no_room_ends_and_says_so() -> None:
    """The only site outside a full cap closes on a date: nobody may come any more, and the trial ends there."""
    made = scenario_of(
        trial={"target": 40},
        sites={"x": {"referrals_per_month": 30.0}, "y": {"referrals_per_month": 1.0, "closes": "2020-06-01"}},
        caps={"x": {"randomised": 10, "groups": "x"}},
    )
    rows = rows_of(made)
    assert rows[-1, CODE] == e.ENDED_CAPS
    assert rows[-1, TIME] == 152.0
    told = "\n".join(story(Design(made), rows))
    assert "The cap x is reached: 10 enrolled." in told
    assert "is turned away: the cap x is reached." in told
    assert "The caps left no room for anybody" in told


CAP_LIMITS = st.fixed_dictionaries({"a": st.integers(1, 12), "b": st.integers(1, 12), "c": st.integers(1, 12)})


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(limits=CAP_LIMITS, seed=st.integers(0, 2**32), days=st.sampled_from([0.0, 10.0]), data=st.data())
def test_caps_that_sum_to_the_target_are_all_filled(
    limits: dict[str, int], seed: int, days: float, data: st.DataObject
) -> None:
    """A cap on each level, group or arm, together the target: every one is filled, none exceeded, the target met."""
    by = data.draw(st.sampled_from(["stratum", "groups", "arm"]))
    names: dict[str, Any] = {name: {"kind": name} if by == "stratum" else name for name in limits}
    made = scenario_of(
        trial={"target": sum(limits.values()), "overrun": data.draw(st.sampled_from(["turn_away", "randomise"]))},
        arms={name: {} for name in limits},
        sites={name: {"count": 2, "referrals_per_month": 10.0} for name in limits},
        patients={"attributes": {"kind": {"a": 0.2, "b": 0.3, "c": 0.5}}},
        screening={"days": days, "consent": 0.8},
        caps={name: {"randomised": limit, by: names[name]} for name, limit in limits.items()},
    )
    design = Design(made)
    rows = replicate(design, seed, 0).table()
    assert np.count_nonzero(rows[:, KIND] == e.RANDOMISED) == sum(limits.values())
    reached = rows[rows[:, KIND] == e.CAP_REACHED]
    assert sorted(reached[:, CODE]) == [0, 1, 2]
    assert rows[-1, CODE] == e.ENDED_COMPLETE


def test_what_caps_may_not_say_is_refused_with_the_reason() -> None:
    """Unknown names with the nearest one, both kinds of number or none, and caps that leave no room for the target."""
    sites = {"china": {"count": 6, "country": "CN"}, "de": {"count": 8, "country": "DE"}}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"randomised": 60, "groups": "chna"}, "did you mean 'china'"),
        ({"randomised": 60, "country": "FR"}, "no site group is in this country"),
        ({"randomised": 60, "country": "UK"}, "UK is GB"),
        ({"randomised": 60, "arm": "B"}, "there is no such arm"),
        ({"randomised": 60, "stratum": {"mark": "positive"}}, "did you mean 'marker'"),
        ({"randomised": 60, "stratum": {"marker": "positve"}}, "did you mean 'positive'"),
        ({"randomised": 60, "in_screening": 5}, "exactly one of randomised, in_screening"),
        ({"groups": "china"}, "exactly one of randomised, in_screening"),
        ({"randomised": 60, "groups": "china", "country": "CN"}, "not both"),
        ({"in_screening": 3, "arm": "A"}, "nobody's arm is known"),
        ({"randomised": 0}, "must be at least 1"),
        ({"randomised": -3}, "must be at least 1"),
        ({"randomised": 44}, "at most 44 of the 45 participants"),
        ({"randomised": 22, "each": "country"}, "at most 44 of the 45 participants"),
        ({"randomised": 3, "each": "site"}, "at most 42 of the 45 participants"),
        ({"randomised": 44, "arm": "A"}, "at most 44 of the 45 participants"),
    ]
    for cap, says in wrong:
        with pytest.raises(ScenarioError) as raised:
            scenario_of(
                sites=merged(sites, {}),
                site_defaults={"referrals_per_month": 1.0},
                patients=TWO_STRATA,
                caps={"c": cap},
            )
        assert says in str(raised.value), cap
        assert "caps" in str(raised.value)
    with pytest.raises(ScenarioError, match="max_participants allow at most 42 of the 45"):
        scenario_of(sites=merged(sites, {}), site_defaults={"referrals_per_month": 1.0, "max_participants": 3})


def test_each_cap_is_a_cause_that_can_be_taken_away() -> None:
    """`explain` has each cap among its causes, and the scenario without it has one cap less."""
    made = scenario_of(trial={"target": 300}, patients=TWO_STRATA, caps=TWO_CAPS)
    causes = {cause.name: cause for cause in causes_of_delay(made)}
    assert set(causes["caps.positive"].scenario.caps) == {"negative"}
    assert not causes["together"].scenario.caps


def test_caps_of_a_run_are_counted_and_never_absent() -> None:
    """Without caps nobody is turned away at one: 0, not missing; with one, its row says how often it was reached."""
    made = scenario_of(caps={"rare": {"randomised": 44, "each": "site", "overrun": "randomise"}})
    found = Simulated(made, 4, seed=3)
    assert Simulated(scenario_of(), 2, seed=3)["n_away_cap"].tolist() == [0, 0]
    frame = replication_table(measures(found.design), 0, found.chunk.values).to_pandas()
    row = cap_table(found.design, frame).loc["rare"]
    assert row["share"] == 1.0
    assert "at most 44 participants" in row["meaning"]


def test_base_has_no_caps_and_its_draws_do_not_change_with_one() -> None:
    """A cap that is never reached changes nothing in a trial's log: no draw is taken for it."""
    plain = rows_of(load_scenario("base"), seed=1)
    capped = rows_of(load_scenario("base", ["caps={far: {randomised: 100000, stratum: {sex: male}}}"]), seed=1)
    assert np.array_equal(plain, capped)


def test_sites_that_close_before_the_start_are_remarked_on_and_a_limit_of_one_is_singular() -> None:
    opens, rate = date(2024, 1, 1), {"referrals_per_month": 3.0}
    for day, n in (("2023-12-31", 1), ("2024-01-01", 1), ("2024-01-02", 0)):
        found = scenario_of(sites={"s": rate | {"closes": day}, "t": rate}, trial={"enrolment_opens": str(opens)})
        assert len([text for text in remarks(found) if text.startswith("sites.s.closes: ")]) == n
    (text,) = limits(scenario_of(caps={"one": {"in_screening": 1}}))
    assert text == "one: at most 1 person in screening at once in the trial together"


def test_a_limit_of_a_site_that_reads_as_one_of_its_group_is_explained(tmp_path: Path) -> None:
    """A group of several sites whose limits add up to more than the target: `validate` says what it means, and more."""
    said = {"sites": {"china": {"count": 6, "referrals_per_month": 3.0, "max_participants": 60}}}
    (note,) = remarks(scenario_of(**said, trial={"target": 200}))
    assert "60 is the limit of each of the 6 sites of china, 360 in all, of a target of 200" in note
    assert "caps: {china: {groups: china, randomised: 60}}" in note
    assert remarks(scenario_of(**said, trial={"target": 360})) == []
    (note,) = remarks(
        scenario_of(
            sites={"s": {"referrals_per_month": 3.0, "max_participants": 46}},
            trial={"replace": "not_evaluable"},
            arms={"A": {"doses": {"weeks": [0], "cells_per_kg": 0}}},
        )
    )
    assert "room for 46 participants: 1 replacements, and no more" in note
    assert limits(scenario_of(**said)) == ["china: at most 60 participants at each of 6 sites, 360 in all"]
    file = simplest_file(tmp_path, "limits", **said, trial={"target": 200})
    shown = call("validate", file)
    assert "limit: china: at most 60 participants at each of 6 sites" in shown.out
    assert "note: sites.china.max_participants: 60 is the limit of each" in shown.err
    assert "60 per site" in call("show", file, "--only", "sites.china").out


def test_the_studio_has_a_control_for_each_cap_and_each_event_rule(tmp_path: Path) -> None:
    """Each cap's one number is a lever, and so are the events and dates of primary completion."""
    file = simplest_file(
        tmp_path,
        "levers",
        caps={"most": {"randomised": 45, "each": "site"}, "desks": {"in_screening": 4}},
        follow_up={
            "visit_weeks": [4],
            "leaving": {"death": {"4": 0.5}},
            "primary_completion": {"events": 9, "of": "death"},
        },
    )
    found = levers(load(file), load(file)).by_path()
    assert {path for path in found if path.startswith("caps.")} == {"caps.most.randomised", "caps.desks.in_screening"}
    assert found["caps.most.randomised"].part == "most"
    assert {"events", "not_before", "at_the_latest"} <= {
        path.rpartition(".")[2] for path in found if path.startswith("follow_up.primary_completion.")
    }


def test_a_trial_under_way_keeps_to_its_caps() -> None:
    """Data with more participants than a cap allows: it is reached, and the rest comes from elsewhere."""
    made = scenario_of(
        trial={"target": 30},
        sites={"x": {"referrals_per_month": 30.0}, "y": {"referrals_per_month": 5.0}},
        caps={"x": {"randomised": 10, "groups": "x"}},
    )
    people = tuple(KnownPerson(("x", 0), float(day), float(day), arm=0) for day in range(12))
    sites = {(name, 0): KnownSite(activated=0.0) for name in "xy"}
    batch = Batch(Design(made), 4, 0, 3, observed=ObservedState(20.0, sites, people))
    for replication in range(3):
        rows = ContinuedTrial(batch, replication).run().table()
        assert n_randomised(made, rows) == {"x": 12, "y": 18}
        assert np.count_nonzero(rows[:, KIND] == e.CAP_REACHED) == 1
