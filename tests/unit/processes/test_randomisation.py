"""The six methods of allocation, each by what is known of it in closed form."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import cache
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from scipy import stats
from statistics_of_runs import probability_is

from sim.core.design import Design
from sim.core.streams import Streams
from sim.processes.randomisation import Allocation
from sim.scenario.schema import Scenario

TWO = {"A": {"allocation": 1}, "B": {"allocation": 1}}
TWO_TO_ONE = {"A": {"allocation": 2}, "B": {"allocation": 1}}
THREE = {"A": {"allocation": 2}, "B": {"allocation": 2}, "C": {"allocation": 1}}


def allocation(arms: dict[str, Any], seed: int = 1, replication: int = 0, **rule: Any) -> Allocation:
    """The method alone, with the draws of one replication and no trial around it."""
    scenario, design = _designed(json.dumps([arms, rule]))
    streams = Streams(seed)

    def person_draws(purpose: str, group: str, row: int, n: int, size: int) -> np.ndarray:
        return streams.person(purpose, group, row, n, replication, size)

    world = SimpleNamespace(scenario=scenario, design=design, person_draws=person_draws)
    return Allocation(world)  # type: ignore[arg-type]


@cache
def _designed(question: str) -> tuple[Scenario, Design]:
    """Read once, as thousands of replications ask for it."""
    arms, rule = json.loads(question)
    conditions = {name: 0.5 for name in rule.get("stratify_by", []) if name != "site"}
    scenario = scenario_of(arms=arms, randomisation=rule, patients={"conditions": conditions})
    return scenario, Design(scenario)


def person(site: int = 0, *strata: int) -> Any:
    return SimpleNamespace(strata=strata, site=SimpleNamespace(group="s", row=site, index=site))


def arms_of(method: Allocation, people: list[Any]) -> str:
    """Names of the arms, one letter a participant."""
    return "".join(method.assign(each).name for each in people)


@pytest.mark.parametrize(("arms", "share"), [(TWO, 1 / 2), (TWO_TO_ONE, 2 / 3), (THREE, 2 / 5)])
def test_simple_allocation_is_a_coin(arms: dict[str, Any], share: float) -> None:
    """Each participant has the allocation's share, whatever came before."""
    is_a = np.array([arm == "A" for arm in arms_of(allocation(arms, method="simple"), [person()] * 8000)])
    probability_is(is_a, share)
    probability_is(is_a[1:][is_a[:-1]], share)


@pytest.mark.parametrize(
    ("arms", "sizes", "whole"), [(TWO, [4, 6], "AB"), (TWO_TO_ONE, [3, 6], "AAB"), (THREE, [5], "AABBC")]
)
def test_permuted_blocks_balance(arms: dict[str, Any], sizes: list[int], whole: str) -> None:
    """A list can be read as blocks of the sizes named, each with the exact ratio, from its beginning to its end."""
    given = arms_of(allocation(arms, method="permuted_blocks", block_sizes=sizes), [person()] * 600)
    ends = {0}
    for end in range(1, len(given) + 1):
        for size in sizes:
            is_balanced = Counter(given[end - size : end]) == Counter(whole * (size // len(whole)))
            if end - size in ends and is_balanced:
                ends.add(end)
    assert max(ends) > len(given) - max(sizes)


def test_all_orders_of_a_block_are_equally_likely() -> None:
    """The six orders of AABB, by chi-squared."""
    arms = arms_of(allocation(TWO, method="permuted_blocks", block_sizes=[4]), [person()] * 4 * 3000)
    orders = Counter(arms[i : i + 4] for i in range(0, len(arms), 4))
    assert set(orders) == {"".join(order) for order in permutations("AABB")}
    assert stats.chisquare(list(orders.values())).pvalue > 1e-4


def test_block_sizes_are_equally_likely() -> None:
    """A list that is balanced after two began with a block of two, or of four that was: 1/2 + 1/2 x 2/3."""
    returned = []
    for replication in range(2000):
        method = allocation(TWO, replication=replication, method="permuted_blocks", block_sizes=[2, 4])
        returned.append(len(set(arms_of(method, [person()] * 2))) == 2)
    probability_is(np.array(returned), 1 / 2 + 1 / 2 * 2 / 3)


def test_strata_have_blocks_of_their_own() -> None:
    """Within each stratum the imbalance is at most half the block, and another stratum changes no arm of it."""
    rule = {"method": "permuted_blocks", "block_sizes": [4], "stratify_by": ["site", "severe"]}
    rng = np.random.default_rng(5)
    people = [person(int(site), int(severe)) for site, severe in rng.integers(0, [3, 2], (400, 2))]
    arms = arms_of(allocation(TWO, **rule), people)
    by_stratum: dict[Any, str] = {}
    for each, arm in zip(people, arms, strict=True):
        key = (each.site.row, each.strata)
        by_stratum[key] = by_stratum.get(key, "") + arm
    assert len(by_stratum) == 6
    for (site, strata), given in by_stratum.items():
        imbalance = np.cumsum([1 if arm == "A" else -1 for arm in given])
        assert np.abs(imbalance).max() <= 2
        alone = allocation(TWO, **rule)
        assert arms_of(alone, [person(site, *strata)] * len(given)) == given


def test_efrons_coin() -> None:
    """The arm behind has probability 2/3, both 1/2 in balance; in the long run half of the even steps are balanced."""
    rule = {"method": "biased_coin", "preferred_probability": 2 / 3}
    steps = np.array([1 if arm == "A" else -1 for arm in arms_of(allocation(TWO, **rule), [person()] * 20_000)])
    before = np.concatenate([[0], np.cumsum(steps)[:-1]])
    probability_is(steps[before < 0] == 1, 2 / 3)
    probability_is(steps[before > 0] == -1, 2 / 3)
    probability_is(steps[before == 0] == 1, 1 / 2)
    # Efron 1971: the stationary chance of exact balance at even steps is 1 - q/p = 1/2. Visits to balance are
    # correlated, so that the tolerance is that of ten times fewer steps.
    assert abs(np.mean(before[200::2] == 0) - 1 / 2) < 4 * math.sqrt(0.25 / 1000)


@pytest.mark.parametrize("method", ["biased_coin", "minimisation", "urn"])
@pytest.mark.parametrize(("arms", "share"), [(TWO, 1 / 2), (TWO_TO_ONE, 2 / 3), (THREE, 2 / 5)])
def test_methods_that_restore_balance_keep_the_ratio(method: str, arms: dict[str, Any], share: float) -> None:
    """In the long run every arm has its share, closer than a coin would bring it."""
    n, runs = 120, 60
    counts = np.array(
        [arms_of(allocation(arms, replication=i, method=method), [person()] * n).count("A") for i in range(runs)]
    )
    assert abs(counts.mean() - n * share) < 4 * counts.std(ddof=1) / math.sqrt(runs) + 0.5
    assert counts.std() < 0.8 * math.sqrt(n * share * (1 - share))


@pytest.mark.parametrize(("arms", "bound"), [(TWO, 1 / 2), (TWO_TO_ONE, 2 / 3)])
def test_minimisation_without_chance_is_bounded(arms: dict[str, Any], bound: float) -> None:
    """With certainty for the arm behind, no arm is ever further from its share than one participant can bring it."""
    method = allocation(arms, method="minimisation", preferred_probability=1.0, stratify_by=["site"])
    sites = np.random.default_rng(6).integers(0, 4, 300)
    given: dict[int, list[bool]] = {}
    share = arms["A"]["allocation"] / sum(arm["allocation"] for arm in arms.values())
    for site in sites.tolist():
        given.setdefault(site, []).append(method.assign(person(site)).name == "A")
        so_far = given[site]
        assert abs(sum(so_far) - share * len(so_far)) <= bound + 1e-9


def test_minimisation_balances_every_factor() -> None:
    """With two factors both margins stay near balance, which blocks over the whole trial would not bring about."""
    rng = np.random.default_rng(7)
    people = [person(int(site), int(severe)) for site, severe in rng.integers(0, [5, 2], (400, 2))]
    rule = {"method": "minimisation", "preferred_probability": 0.9, "stratify_by": ["site", "severe"]}
    arms = np.array([1 if arm == "A" else -1 for arm in arms_of(allocation(TWO, **rule), people)])
    sites, severe = np.array([p.site.row for p in people]), np.array([p.strata[0] for p in people])
    margins = [arms[sites == i].sum() for i in range(5)] + [arms[severe == i].sum() for i in range(2)]
    assert np.abs(margins).max() <= 8  # coins would have a standard deviation of 9 to 14


def test_minimisation_prefers_the_arm_behind() -> None:
    """The arm behind in the participant's own levels has the preferred probability."""
    chosen = []
    for replication in range(3000):
        method = allocation(TWO, replication=replication, method="minimisation", stratify_by=["site"])
        first, second = method.assign(person(1)).name, method.assign(person(1)).name
        chosen.append(first != second)
    probability_is(np.array(chosen), 0.8)


def test_weis_urn() -> None:
    """UD(1, 1): the second participant has the first one's arm with probability 1/3, and the third then with 1/4."""
    same = []
    for replication in range(6000):
        given = arms_of(allocation(TWO, replication=replication, method="urn"), [person()] * 3)
        same.append((given[1] == given[0], given in ("AAA", "BBB")))
    second, third = np.array(same).T
    probability_is(second, 1 / 3)
    probability_is(third[second], 1 / 4)


def test_an_unbalanced_urn_starts_with_its_ratio() -> None:
    """At 2:1 the first participant is in the larger arm with probability 2/3."""
    first = [arms_of(allocation(TWO_TO_ONE, replication=i, method="urn"), [person()]) == "A" for i in range(3000)]
    probability_is(np.array(first), 2 / 3)


def test_replications_have_lists_of_their_own() -> None:
    """Another replication is another list, the same replication the same one."""
    lists = [arms_of(allocation(TWO, replication=i, method="simple"), [person()] * 200) for i in (0, 0, 1)]
    assert lists[0] == lists[1] != lists[2]


@pytest.mark.parametrize("method", ["simple", "permuted_blocks", "minimisation", "biased_coin", "urn"])
def test_an_arm_that_is_full_is_left_out_until_it_is_not(method: str) -> None:
    """The others share what it leaves; where all are full, as in data beyond the caps, all are open."""
    rule = {"block_sizes": [5]} if method == "permuted_blocks" else {}
    chosen = allocation(THREE, method=method, **rule)
    first, second, third = chosen._arms
    chosen.arm_is_full(second, True)
    assert set(arms_of(chosen, [person()] * 40)) == {"A", "C"}
    chosen.arm_is_full(first, True)
    assert set(arms_of(chosen, [person()] * 10)) == {"C"}
    chosen.arm_is_full(second, False)
    assert set(arms_of(chosen, [person()] * 60)) == {"B", "C"}
    for arm in (second, third):
        chosen.arm_is_full(arm, True)
    if method != "permuted_blocks":
        assert set(arms_of(chosen, [person()] * 100)) == {"A", "B", "C"}


def test_how_far_an_arm_is_behind_its_share_of_those_in_arms_that_have_room() -> None:
    """At 2:2:1, 3, 9 and 1 are 26/5 - 3 behind; without B, 3 and 1 of A and C are 8/3 - 3."""
    method = allocation(THREE, method="minimisation")
    assert method._lags([3, 9, 1]) == pytest.approx([26 / 5 - 3, 26 / 5 - 9, 13 / 5 - 1])
    method.arm_is_full(method._arms[1], True)
    assert method._lags([3, 9, 1]) == pytest.approx([8 / 3 - 3, 0.0, 4 / 3 - 1])
