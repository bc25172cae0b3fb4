"""A draw has a place: what is drawn with it, before it or beside it changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.core.streams import BLOCK, Run, Streams


@pytest.fixture
def streams() -> Streams:
    return Streams(20191001)


def test_replications_beside_change_nothing(streams: Streams) -> None:
    """A replication's numbers are the same alone, among others, and in another order."""
    together = streams.block("gap", "hospital", 3, 0, 0, 6)
    assert together.shape == (3, 6, BLOCK)
    for replication in (5, 0, 3):
        alone = streams.block("gap", "hospital", 3, 0, replication, 1)
        assert np.array_equal(alone[:, 0], together[:, replication])


def test_sites_beside_change_nothing(streams: Streams) -> None:
    """One more site in a group leaves the numbers of the others."""
    few, more = streams.block("gap", "hospital", 2, 0, 0, 2), streams.block("gap", "hospital", 5, 0, 0, 2)
    assert np.array_equal(few, more[:2])
    few, more = streams.sites("site", "hospital", 2, 3, 2, 8), streams.sites("site", "hospital", 5, 0, 8, 8)
    assert np.array_equal(few, more[:2, 3:5])


def test_more_numbers_leave_the_first_ones(streams: Streams) -> None:
    """A person's first numbers are the same however many are drawn."""
    few = streams.person("participant", "hospital", 1, 40, 7, 12)
    more = streams.person("participant", "hospital", 1, 40, 7, 108)
    assert np.array_equal(few, more[:12])


def test_trials_side_by_side(streams: Streams) -> None:
    """One number a replication, the same alone and in a row."""
    row = streams.trial("uncertain", "screening.consent", 0, 20)
    assert streams.trial("uncertain", "screening.consent", 13, 1)[0] == row[13]


def test_every_part_of_a_place_counts(streams: Streams) -> None:
    """Another purpose, group, site, block, replication, referral, kind of table or seed gives other numbers."""
    first = streams.block("gap", "hospital", 2, 0, 0, 2)
    draws = [
        first[0, 0],
        first[1, 0],
        first[0, 1],
        streams.block("gap", "hospital", 1, 1, 0, 1)[0, 0],
        streams.block("consent", "hospital", 1, 0, 0, 1)[0, 0],
        streams.block("gap", "clinic", 1, 0, 0, 1)[0, 0],
        Streams(20191002).block("gap", "hospital", 1, 0, 0, 1)[0, 0],
        streams.sites("gap", "hospital", 1, 0, 1, BLOCK)[0, 0],
        streams.person("gap", "hospital", 0, 0, 0, BLOCK),
        streams.person("gap", "hospital", 0, 1, 0, BLOCK),
        streams.person("gap", "hospital", 1, 0, 0, BLOCK),
        streams.person("gap", "hospital", 0, 0, 1, BLOCK),
        streams.trial("gap", "hospital", 0, BLOCK),
    ]
    assert len(np.unique(np.concatenate(draws))) == BLOCK * len(draws)


def test_the_order_of_asking_does_not_count(streams: Streams) -> None:
    """There is no generator that moves on: the same place gives the same numbers again and again."""
    first = streams.block("gap", "hospital", 1, 0, 0, 1)
    streams.person("participant", "hospital", 0, 3, 0, 5)
    streams.trial("uncertain", "x", 0, 3)
    assert np.array_equal(streams.block("gap", "hospital", 1, 0, 0, 1), first)


def test_seeds_reach_the_largest_that_is_allowed() -> None:
    """Seeds of 0 and of 2^63 - 1 are as good as any."""
    for seed in (0, 2**63 - 1):
        numbers = Streams(seed).block("gap", "hospital", 4, 0, 0, 8).ravel()
        assert stats.kstest(numbers, "uniform").pvalue > 1e-4


def test_neighbouring_places_are_independent(streams: Streams) -> None:
    """Numbers of neighbouring replications, sites and blocks have no correlation, and each row is uniform."""
    numbers = streams.block("gap", "hospital", 20, 0, 0, 50)
    assert stats.kstest(numbers.ravel(), "uniform").pvalue > 1e-4
    bound = 4 / np.sqrt(19 * 50 * BLOCK)
    for shift in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        moved = np.roll(numbers, shift, axis=(0, 1, 2))
        assert abs(np.corrcoef(numbers.ravel(), moved.ravel())[0, 1]) < bound


def test_rows_are_those_of_the_block(streams: Streams) -> None:
    """Any blocks of any sites in any replications have the numbers that they have among all."""
    whole = [streams.block("gap", "hospital", 4, block, 0, 9) for block in range(3)]
    runs = [Run(0, 3, 2, 2), Run(2, 0, 3, 2), Run(2, 3, 0, 1), Run(2, 3, 7, 2)]
    expected = [whole[block][site, first : first + n] for block, site, first, n in runs]
    assert np.array_equal(streams.rows("gap", "hospital", runs), np.concatenate(expected))
