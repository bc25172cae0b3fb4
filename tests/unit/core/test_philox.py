"""Both ways to set numpy's Philox to a place give the numbers of that place, which its constructor defines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.core import philox
from sim.core.philox import PhiloxByMemory, PhiloxByState

PLACES = [(0, 0, 0, 0, 0), (1, 2, 3, 4, 5), (2**64 - 1, 2**64 - 2, 7, 2**63, 2**64 - 1)]


@pytest.mark.parametrize("way", [PhiloxByState, PhiloxByMemory])
@pytest.mark.parametrize("seed", [0, 20191001, 2**63 - 1])
def test_a_place_has_its_numbers(way: Callable[[int], PhiloxByState | PhiloxByMemory], seed: int) -> None:
    """Whatever was drawn before, wholly or in part, the numbers are those of a generator made for the place."""
    generator = way(seed)
    random = np.random.Generator(generator.bits).random
    for n_before, (key, *counter) in enumerate(PLACES):
        random(n_before)
        generator.seek(key, *counter)
        made = np.random.Philox(key=np.array([seed, key], dtype=np.uint64), counter=np.array(counter, dtype=np.uint64))
        assert np.array_equal(random(50), np.random.Generator(made).random(50))


def test_where_memory_is_not_as_expected_the_public_way_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another layout of the state is noticed, and nothing is written there."""

    def elsewhere(self: PhiloxByMemory, address: int, n: int) -> memoryview:
        return memoryview(bytearray(8 * n)).cast("Q")

    assert isinstance(philox.philox(1), PhiloxByMemory)
    monkeypatch.setattr(PhiloxByMemory, "_words", elsewhere)
    assert isinstance(philox.philox(1), PhiloxByState)


def test_memory_of_others_is_never_touched() -> None:
    """An address outside the generator's own memory is refused."""
    generator = PhiloxByMemory(1)
    for address in (0, id(generator.bits) - 8, id(generator.bits) + generator.bits.__sizeof__() - 8):
        with pytest.raises(LookupError):
            generator._words(address, 2)
