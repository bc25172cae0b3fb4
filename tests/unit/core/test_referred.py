"""Each referral is excluded, declines, or must be dealt with; those who must be have their values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from scipy import stats

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.referred import DECLINES, EXCLUDED, HANDLED, People, Referred
from sim.core.streams import BLOCK

PATIENTS = {
    "attributes": {"weight_kg": 70.0, "days_since_decompensation": 4.0, "kind": {"a": 0.5, "b": 0.5}},
    "conditions": {"ill": 0.2, "young": 0.3},
}


def criterion(name: str, stage: str = "chart", **more: Any) -> dict[str, Any]:
    return {"stage": stage, "none": [name], **more}


def referred(n_sites: int = 4, replications: int = 10, **screening: Any) -> Referred:
    scenario = scenario_of(
        patients=PATIENTS,
        screening=screening,
        sites={"s": {"count": n_sites, "referrals_per_month": 3.0}},
        randomisation={"method": "permuted_blocks", "block_sizes": [2], "stratify_by": ["kind"]},
    )
    design = Design(scenario)
    return Batch(design, 2, 0, replications).first_block(design.groups[0])


def test_everyone_has_one_fate() -> None:
    """A fifth is excluded by the chart; of the others 60 % consent."""
    found = referred(criteria={"ill": criterion("ill")}, consent=0.6)
    n = found.fate.size
    excluded, handled = int((found.fate == EXCLUDED).sum()), int((found.fate == HANDLED).sum())
    assert excluded + handled + int((found.fate == DECLINES).sum()) == n == 40 * BLOCK
    assert np.array_equal(found.fate == EXCLUDED, found.chart_failed != 0)
    assert stats.binomtest(excluded, n, 0.2).pvalue > 1e-4
    assert stats.binomtest(handled, n - excluded, 0.6).pvalue > 1e-4


def test_those_who_may_come_back_are_dealt_with() -> None:
    """Who fails only what passes comes back with the probability of rescreening; who fails what lasts never does."""
    criteria = {"young": criterion("young", passing=True, item="E1"), "ill": criterion("ill", item="E2")}
    found = referred(criteria=criteria, rescreen={"probability": 0.3, "after_days": 3.0})
    passing, lasting = 1, 2
    only_passing = found.chart_failed == passing
    back = int((found.fate[only_passing] == HANDLED).sum())
    assert stats.binomtest(back, int(only_passing.sum()), 0.3).pvalue > 1e-4
    assert (found.fate[found.chart_failed & lasting != 0] == EXCLUDED).all()


def test_people_are_in_order_of_row_and_referral_with_their_values() -> None:
    """As many as are HANDLED in each row, each at a position of their own."""
    found = referred(criteria={"ill": criterion("ill")}, consent=0.6, days={"dist": "uniform", "low": 1, "high": 3})
    people = found.people
    assert people.starts[0] == 0
    for row in range(40):
        here = slice(people.starts[row], people.starts[row + 1])
        assert (people.position[here] == np.flatnonzero(found.fate[row] == HANDLED)).all()
    n = people.starts[-1]
    assert len(people.values) == n
    assert set(people.weight_kg) == {70.0}
    assert set(people.days_since_decompensation) == {4.0}
    assert people.values.shape[1] == 3, "when they worsen, and the days of two attempts"
    assert ((people.values[:, 1:] >= 1) & (people.values[:, 1:] <= 3)).all()
    assert set(people.strata[:, 0]) == {0, 1}
    assert people.consents.all()
    listed = people.listed
    assert listed.strata == [(level,) for level in people.strata[:, 0].tolist()]
    assert listed.values[n - 1] == people.values[n - 1].tolist()


def test_gaps_are_exponential_of_mean_one() -> None:
    assert stats.kstest(referred().gaps.ravel(), "expon").pvalue > 1e-4


@pytest.mark.parametrize(
    ("consents", "chart", "tests", "n"), [(True, 0, 0, 1), (False, 0, 0, 0), (True, 4, 0, 0), (True, 0, 4, 0)]
)
def test_who_is_eligible(consents: bool, chart: int, tests: int, n: int) -> None:
    """Who consents and fails nothing, row by row; rows may be empty."""
    people = People(
        starts=np.array([0, 0, 1, 2]),
        position=np.array([0, 5]),
        values=np.zeros((2, 0)),
        chart_failed=np.array([0, chart]),
        tests_failed=np.array([0, tests]),
        weight_kg=np.ones(2),
        days_since_decompensation=np.zeros(2),
        consents=np.array([True, consents]),
        strata=np.zeros((2, 0), dtype=np.int64),
    )
    assert people.n_eligible().tolist() == [0, 1, n]
