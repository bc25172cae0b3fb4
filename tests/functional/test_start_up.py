"""Start-up as a network of steps: activation is the longest way, and the log says which steps were on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import Simulated, scenario_of

from sim.analysis.country_tables import start_up_table
from sim.analysis.measures import measures
from sim.analysis.tables import replication_table
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, SITE, TIME
from sim.core.observed import KnownSite, ObservedState
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.scenario.schema import Scenario

STEPS: dict[str, Any] = {
    "regulator": {"days": {"dist": "triangular", "low": 30, "mode": 60, "high": 150}, "each": "country"},
    "ethics": {"days": {"dist": "gamma", "mean": 60, "cv": 0.5}},
    "contract": {"days": {"dist": "gamma", "mean": 70, "cv": 0.6}},
    "initiation": {"days": {"dist": "uniform", "low": 5, "high": 25}, "after": ["regulator", "ethics", "contract"]},
}


def of(steps: dict[str, Any], n_sites: int = 1, **changes: Any) -> Scenario:
    defaults = {"start_up": steps, "country": "DE", "lead_days": changes.pop("lead_days", 0)}
    sites = changes.pop("sites", {"s": {"count": n_sites, "referrals_per_month": 3.0}})
    return scenario_of(site_defaults=defaults, sites=sites, **changes)


def activations(made: Scenario, n: int, seed: int = 5) -> np.ndarray:
    """(sites, replications) of all groups."""
    design = Design(made)
    batch = Batch(design, seed, 0, n)
    return np.concatenate([batch.sites(group)[1] for group in design.groups])


def test_activation_is_the_longest_way_by_a_simulation_of_our_own() -> None:
    """Three sites of one country: the mean and spread of one site's day, and of the first site's, as drawn here."""
    n = 4000
    found = activations(of(STEPS, 3, lead_days=40), n)
    random = np.random.default_rng(1)
    regulator = random.triangular(30, 60, 150, (1, 200_000))
    ethics, contract = (random.gamma(1 / cv**2, mean * cv**2, (3, 200_000)) for mean, cv in ((60.0, 0.5), (70.0, 0.6)))
    ours = np.maximum(np.maximum(regulator, ethics), contract) + random.uniform(5, 25, (3, 200_000)) - 40
    for ends, expected in ((found[0], ours[0]), (found.min(axis=0), ours.min(axis=0))):
        assert abs(ends.mean() - expected.mean()) < 4 * expected.std() / np.sqrt(n)
        for q in (0.1, 0.5, 0.9):
            day = np.quantile(expected, q)
            assert abs(np.mean(ends <= day) - q) < 4 * np.sqrt(q * (1 - q) / n)
    assert np.corrcoef(found[0], found[1])[0, 1] == pytest.approx(np.corrcoef(ours[0], ours[1])[0, 1], abs=4 / n**0.5)


def test_of_two_parallel_steps_each_is_critical_as_often_as_it_lasts_longer() -> None:
    """Exponential steps of means 30 and 60: the first ends last with 1/3; the mean of the later is 30 + 60 - 20."""
    steps = {name: {"days": {"dist": "exponential", "mean": mean}} for name, mean in (("ethics", 30), ("contract", 60))}
    n_sites, n = 20, 100
    found = Simulated(of(steps, n_sites, trial={"target": 2000}), n)
    assert np.all(found["n_started_up"] == n_sites)
    share = found["n_critical_ethics"].sum() / (n_sites * n)
    assert abs(share - 1 / 3) < 4 * np.sqrt(2 / 9 / (n_sites * n))
    assert np.all(found["n_critical_ethics"] + found["n_critical_contract"] == n_sites)
    days = found["start_up_days"]
    assert abs(days.mean() - 70) < 4 * days.std() / np.sqrt(n)
    on_way = found["start_up_ethics_critical_days"] + found["start_up_contract_critical_days"]
    assert np.allclose(on_way, days)
    for name, mean in (("ethics", 30.0), ("contract", 60.0)):
        took = found[f"start_up_{name}_days"]
        assert abs(took.mean() - mean) < 4 * mean / np.sqrt(n_sites * n)


def test_steps_in_a_row_add_up_and_what_is_shared_is_one_draw() -> None:
    """Steps that follow one another sum; one for the trial ends on one day at all sites, one for a group in a group."""
    row = {
        "protocol": {"days": {"dist": "gamma", "mean": 50, "cv": 0.5}, "each": "trial"},
        "budget": {"days": {"dist": "gamma", "mean": 40, "cv": 0.5}, "each": "group", "after": "protocol"},
        "visit": {"days": 12, "after": "budget"},
    }
    sites = {name: {"count": 2, "referrals_per_month": 3.0} for name in ("a", "b")}
    made = of(row, sites=sites)
    rows = replicate(Design(made), 3, 0).table()
    done = rows[rows[:, KIND] == e.STEP_DONE]
    names = Design(made).start_up
    by_step = {name: done[done[:, CODE] == i] for i, name in enumerate(names)}
    assert [len(by_step[name]) for name in ("protocol", "budget", "visit")] == [1, 2, 4]
    protocol = by_step["protocol"][0]
    assert protocol[SITE] == -1
    for budget in by_step["budget"]:
        assert budget[TIME] == pytest.approx(protocol[TIME] + budget[AMOUNT])
    assert len(set(by_step["budget"][:, NUMBER])) == 2
    active = rows[rows[:, KIND] == e.SITE_ACTIVATED]
    assert np.array_equal(np.sort(active[:, TIME]), np.sort(by_step["visit"][:, TIME]))
    last = {row[SITE]: row[TIME] for row in by_step["visit"]}
    order = [i for i, kind in enumerate(rows[:, KIND]) if kind in (e.STEP_DONE, e.SITE_ACTIVATED)]
    for i in order:  # the step that ends start-up stands before the activation, in the same instant
        if rows[i, KIND] == e.SITE_ACTIVATED:
            assert rows[i, TIME] == last[rows[i, SITE]]
            before = [j for j in order if j < i and rows[j, KIND] == e.STEP_DONE and rows[j, SITE] == rows[i, SITE]]
            assert before
    told = "\n".join(story(Design(made), rows))
    assert "Protocol is done for all sites, after" in told
    assert "Budget is done for a, after" in told
    assert "a 1: visit is done, after 12 days." in told


def test_a_step_more_moves_no_other_draw() -> None:
    """A step that takes no time changes nothing but its own events; one country's days change no other's sites."""
    plain = replicate(Design(of(STEPS, 3)), 9, 0).table()
    more = replicate(Design(of(STEPS | {"a_step": {"days": 0}}, 3)), 9, 0).table()
    kept = more[~((more[:, KIND] == e.STEP_DONE) & (more[:, CODE] == 0))]
    assert np.array_equal(np.delete(plain, CODE, axis=1), np.delete(kept, CODE, axis=1))
    sites = {"x": {"count": 3, "country": "FR", "referrals_per_month": 1}, "y": {"count": 2, "referrals_per_month": 1}}
    slower = {"FR": {"start_up": {"regulator": {"days": 400}}}}
    before, after = (activations(of(STEPS, sites=sites, countries=c), 50) for c in ({}, slower))
    assert np.array_equal(before[3:], after[3:])
    assert np.all(before[:3] < after[:3])


def test_without_steps_nothing_changes(base: Scenario) -> None:
    """A country that says nothing, and a label, leave base's log as it is."""
    from sim.scenario.load import load_scenario

    labelled = load_scenario("base", ["site_defaults.country=CN", "countries={CN: {label: China}}"])
    for replication in range(2):
        logs = [replicate(Design(made), 1, replication).table() for made in (base, labelled)]
        assert np.array_equal(*logs)


def test_the_table_tells_of_all_sites_and_of_each_country() -> None:
    """Shares by country are those of its sites; together they make up those of all."""
    sites = {"x": {"count": 4, "country": "FR", "referrals_per_month": 1}, "y": {"count": 2, "referrals_per_month": 1}}
    slower = {"FR": {"start_up": {"regulator": {"days": 400}}}}
    found = Simulated(of(STEPS, sites=sites, countries=slower, trial={"target": 200}), 12)
    frame = replication_table(measures(found.design), 0, found.chunk.values).to_pandas()
    table = start_up_table(found.design, frame).set_index(["country", "step"])
    assert table.loc[("FR", "regulator"), "share"] == 1.0
    of_all = (4 + 2 * table.loc[("DE", "regulator"), "share"]) / 6
    assert table.loc[("", "regulator"), "share"] == pytest.approx(of_all)
    assert table.loc[("", "initiation"), "share"] == 1.0


def test_each_step_is_a_cause_that_can_be_taken_away() -> None:
    """Without a step it takes no time wherever it is said; without start-up there are no steps."""
    sites = {"x": {"country": "FR", "referrals_per_month": 1}, "y": {"referrals_per_month": 1}}
    slower = {"FR": {"start_up": {"regulator": {"days": 400}}}}
    made = of(STEPS, sites=sites, countries=slower)
    causes = {cause.name: cause for cause in causes_of_delay(made)}
    assert causes["start_up.regulator"].part_of == "start_up"
    without = activations(causes["start_up.regulator"].scenario, 40)
    assert np.all(without <= activations(made, 40))
    assert without.mean() < 120
    assert np.all(activations(causes["start_up"].scenario, 4) == 0)


def test_a_forecast_goes_on_with_the_steps_that_are_left() -> None:
    """Exponential steps forget: what is left of a site's own is as long as ever; a shared one is over where a site is.

    One site is open, so the regulator is done, and the others have their own step before them, of mean 50 from now on.
    """
    steps = {
        "regulator": {"days": {"dist": "exponential", "mean": 100}, "each": "country"},
        "contract": {"days": {"dist": "exponential", "mean": 50}, "after": "regulator"},
    }
    made = of(steps, 4)
    design, n, now = Design(made), 1500, 60.0
    observed = ObservedState(now, {("s", 0): KnownSite(activated=40.0), ("s", 3): KnownSite(planned=90.0)})
    batch = Batch(design, 3, 0, n, observed=observed)
    days = batch.sites(design.groups[0])[1]
    assert np.all(days[0] == 40.0)
    assert np.all(days[3] == 90.0)
    assert np.all(days[1:3] > now)
    for row in (1, 2):
        left = days[row] - now
        assert abs(left.mean() - 50) < 4 * 50 / np.sqrt(n)
        assert abs(np.mean(left <= 50) - (1 - np.exp(-1))) < 4 * 0.5 / np.sqrt(n)
    ends = batch.start_up(design.groups[0])
    assert ends is not None
    assert np.all(np.isnan(ends.ends[0][0]))
    assert np.all(ends.ends[1][1] <= 40.0), "the regulator's step was over when the first site opened"


@pytest.mark.parametrize(
    ("steps", "changes", "said"),
    [
        ({"a": {"days": 1, "after": "b"}, "b": {"days": 1, "after": ["a"]}}, {}, "in a circle: a -> b -> a"),
        ({"a": {"days": 1, "after": "a"}}, {}, "in a circle: a -> a"),
        ({"ethics": {"days": 1}, "visit": {"days": 1, "after": "ethic"}}, {}, "did you mean 'ethics'"),
        ({"a": {"after": []}}, {}, "nothing says how long this step takes"),
        ({"a": {"days": -3}}, {}, "must be at least 0"),
        ({"a": {"days": 3, "each": "hospital"}}, {}, "site_defaults.start_up.a.each"),
        ({"a": {"days": 1, "each": "country", "after": "b"}, "b": {"days": 1}}, {}, "cannot wait for one"),
        ({"a": {"days": 1, "each": "country"}}, {"own": {"a": {"days": 2}}}, "write it under countries"),
        ({"a": {"days": 1}}, {"activation_delay_days": 5}, "cannot be combined with steps of start-up"),
        ({"a": {"days": 1, "each": "trial"}}, {"lead_days": {"dist": "uniform", "low": 1, "high": 2}}, "site to site"),
    ],
)
def test_what_steps_may_not_say_is_refused(steps: dict[str, Any], changes: dict[str, Any], said: str) -> None:
    """One message each, with the path, and the nearest valid name where one is wrong."""
    own = changes.pop("own", {})
    with pytest.raises(ScenarioError) as raised:
        scenario_of(
            site_defaults={"start_up": steps, "country": "DE"} | changes,
            sites={"s": {"referrals_per_month": 1, "start_up": own}, "t": {"referrals_per_month": 1}},
        )
    assert said in str(raised.value)
    assert len(raised.value.problems) == 1
