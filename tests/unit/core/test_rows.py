"""What is drawn together is what each would have drawn alone."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import scenario_of

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.rows import Replications, Rows
from sim.core.streams import BLOCK
from sim.scenario.distributions import Family

UNCERTAIN = {"uncertain": "uniform", "low": 2.0, "high": 4.0}
DESIGN = Design(
    scenario_of(
        sites={"s": {"count": 3, "referrals_per_month": UNCERTAIN}},
        screening={
            "days": {"dist": "uniform", "low": 1.0, "high": UNCERTAIN},
            "consent": {**UNCERTAIN, "low": 0.1, "high": 0.3},
        },
    )
)
FIRST = 4
BATCH = Batch(DESIGN, 11, FIRST, 5)
REPLICATIONS = Replications(FIRST, [BATCH.unknowns(FIRST + i) for i in range(5)])
PLACES = np.array([[0, 2, 1], [0, 2, 2], [1, 0, 0], [1, 1, 0], [1, 1, 3]])  # block, site, replication of the batch
ROWS = Rows(BATCH.streams, REPLICATIONS, DESIGN.groups[0], PLACES)


def test_rows_have_the_numbers_of_their_places() -> None:
    """Each row is the block of its site in its replication."""
    found = ROWS.uniform("gap")
    assert found.shape == (ROWS.n, BLOCK) == (5, BLOCK)
    for row, (block, site, replication) in zip(found, PLACES.tolist(), strict=True):
        alone = BATCH.streams.block("gap", "s", 3, block, FIRST + replication, 1)[site, 0]
        assert np.array_equal(row, alone)


def test_values_of_a_row_are_those_of_its_replication() -> None:
    """A number for all, a number a replication, or none where it varies."""
    path, value = "sites.s.referrals_per_month", DESIGN.groups[0].settings.referrals_per_month
    drawn = np.array([BATCH.unknowns(FIRST + i).values[path] for i in range(5)])
    assert len(set(drawn)) == 5
    assert np.array_equal(REPLICATIONS.numbers(path, value), drawn)
    found = ROWS.numbers(path, value)
    assert isinstance(found, np.ndarray)
    assert found[:, 0].tolist() == drawn[PLACES[:, 2]].tolist()
    assert ROWS.numbers("x", 3) == REPLICATIONS.numbers("x", 3) == 3.0
    assert ROWS.numbers("screening.days", DESIGN.scenario.screening.days) is None


def test_probabilities_are_means_where_they_vary() -> None:
    consent = DESIGN.scenario.screening.consent
    assert REPLICATIONS.probabilities("x", 0.25) == ROWS.probabilities("x", 0.25) == 0.25
    drawn = np.array([BATCH.unknowns(FIRST + i).values["screening.consent"] for i in range(5)])
    assert ROWS.probabilities("screening.consent", consent)[:, 0].tolist() == drawn[PLACES[:, 2]].tolist()  # type: ignore[index]


def test_quantiles_are_those_of_the_replication() -> None:
    """Uniform from 1 to what is uncertain: the middle is half way, replication by replication."""
    days = DESIGN.scenario.screening.days
    assert isinstance(days, Family)
    high = np.array([BATCH.unknowns(FIRST + i).values["screening.days.high"] for i in range(5)])
    u = np.full((5, 2), 0.5)
    expected = ((1 + high) / 2)[PLACES[:, 2]]
    assert ROWS.transformed("screening.days", days, u)[:, 1] == pytest.approx(expected, rel=1e-7)
    assert REPLICATIONS.transformed("screening.days", days, u)[:, 0] == pytest.approx((1 + high) / 2, rel=1e-7)
    assert REPLICATIONS.quantile_of(3, "screening.days", days, np.array([0.5])) == pytest.approx((1 + high[3]) / 2)
