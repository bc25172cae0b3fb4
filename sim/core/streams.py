"""Named random numbers: every draw has a stable place.

A place is (seed, replication, purpose, site, n-th referral of that site), where a site is its group's name and its
number in the group. The numbers come from Philox, a counter-based generator: seed and replication are its key, the
rest of the place is its counter. So nothing that is added elsewhere (a site, a purpose, a referral, a draw) moves a
draw, the order of a file means nothing, and the scenario is no part of the place: the same patient at the same site
lives the same life in two scenarios that differ elsewhere.

Layout of the 256-bit counter, in words of 64 bits from the lowest, each tick giving four numbers:

    word 0  runs along the row; rows of the sites of a group follow one another
    word 1  kind of table (2 bits) and block number, or site number and referral
    word 2  hash of the group's name (or of another place's name)
    word 3  hash of the purpose

Repositioning the one generator costs about 3 microseconds and a number of a block about 8 nanoseconds, so draws are
made in blocks: `BLOCK` referrals of all sites of a group at once.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

BLOCK = 256  # referrals of a site drawn at once; no value depends on it

_NUMBERS_PER_TICK = 4  # of Philox; rows begin at a tick
_PERSON = 1 << 62
_SITE = 2 << 62


@lru_cache(maxsize=4096)
def _word(name: str) -> int:
    """A 64-bit name: the same on every machine, whatever PYTHONHASHSEED is."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class Streams:
    """All random numbers of one replication, by place.

    Args:
        seed: the experiment's seed.
        replication: number of the replication, from 0.
    """

    __slots__ = ("_bits", "_counter", "_random", "_state", "_words", "replication", "seed")

    def __init__(self, seed: int, replication: int) -> None:
        self.seed = seed
        self.replication = replication
        self._counter = np.zeros(4, dtype=np.uint64)
        key = np.array([seed, replication], dtype=np.uint64)
        self._bits = np.random.Philox(key=key)
        self._random = np.random.Generator(self._bits).random
        self._words = memoryview(self._counter)  # type: ignore[arg-type]  # an array is a buffer
        self._state: Any = {
            "bit_generator": "Philox",
            "state": {"counter": self._counter, "key": key},
            "buffer": np.zeros(4, dtype=np.uint64),
            "buffer_pos": _NUMBERS_PER_TICK,
            "has_uint32": 0,
            "uinteger": 0,
        }

    def _uniform(self, size: int, word1: int, place: str, purpose: str) -> Array:
        words = self._words
        words[0] = 0
        words[1] = word1
        words[2] = _word(place)
        words[3] = _word(purpose)
        self._bits.state = self._state
        return self._random(size)

    def block(self, purpose: str, group: str, n_sites: int, block: int) -> Array:
        """One number for each of `BLOCK` consecutive referrals of every site of a group.

        Args:
            purpose: what the numbers are for.
            group: name of the site group.
            n_sites: sites in the group.
            block: which block of referrals, from 0.

        Returns:
            (n_sites, BLOCK) numbers in [0, 1).
        """
        return self._uniform(n_sites * BLOCK, block, group, purpose).reshape(n_sites, BLOCK)

    def sites(self, purpose: str, group: str, n_sites: int, size: int) -> Array:
        """(n_sites, size) numbers in [0, 1) for the sites of a group; `size` is a multiple of 4 and never changes."""
        return self._uniform(n_sites * size, _SITE, group, purpose).reshape(n_sites, size)

    def person(self, purpose: str, group: str, site: int, referral: int, size: int) -> Array:
        """`size` numbers in [0, 1) for one person: the referral-th of a site. More of them never change the first."""
        return self._uniform(size, _PERSON | (site << 40) | referral, group, purpose)

    def single(self, purpose: str, place: str = "") -> float:
        """One number in [0, 1) for the whole replication."""
        return float(self._uniform(1, 0, place, purpose)[0])
