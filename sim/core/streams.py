"""Named random numbers: every draw has a stable place.

A place is (seed, replication, purpose, site, n-th referral of that site), where a site is its group's name and its
number in the group. The numbers come from Philox, a counter-based generator (Salmon et al. 2011): its key is made of
seed and purpose, its counter of the rest of the place. An addition elsewhere (a site, a purpose, a referral, a
replication) therefore moves no draw, and the order of a file has no effect. The scenario is not part of the place: the
same patient at the same site has the same draws in two scenarios that differ elsewhere.

Layout of the 256-bit counter, in words of 64 bits from the lowest; each tick gives four numbers:

    word 0  replication x ticks of a row + tick      (of a person: tick)
    word 1  block of referrals                       (of a person: referral)
    word 2  hash of the group's name, or of another place's
    word 3  kind of table (2 bits) and the site's number in its group (of a person: and the replication)

Rows of consecutive replications follow one another, so that one call draws a block of `BLOCK` referrals of a site for
many replications. A call costs about 4 microseconds and a number about 5 nanoseconds. Drawing together only affects
speed; no value depends on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.philox import philox

Array = npt.NDArray[np.float64]

BLOCK = 128  # referrals of a site drawn together

_TICK = 4  # numbers that Philox gives at a time; rows begin at a tick
_REFERRALS, _PERSON, _SITE, _TRIAL = (kind << 62 for kind in range(4))
_ROW_BITS = 40


@lru_cache(maxsize=65536)
def word(name: str) -> int:
    """Hash a name to 64 bits, the same on every machine and for every PYTHONHASHSEED."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class Run(NamedTuple):
    """A block of referrals of one site in consecutive replications.

    Attributes:
        block: number of the block of `BLOCK` referrals, from 0.
        site: number of the site in its group, from 0.
        first: number of the first replication.
        n: number of replications.
    """

    block: int
    site: int
    first: int
    n: int


class Streams:
    """All random numbers of an experiment, by place.

    Args:
        seed: the experiment's seed, a 64-bit unsigned integer.

    Attributes:
        seed: the same.
    """

    __slots__ = ("_philox", "_random", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._philox = philox(seed)
        self._random = np.random.Generator(self._philox.bits).random

    def _seek(self, purpose: str, word0: int, word1: int, place: str, word3: int) -> None:
        self._philox.seek(word(purpose), word0, word1, word(place), word3)

    def block(self, purpose: str, group: str, n_sites: int, block: int, first: int, n: int) -> Array:
        """One number for each of `BLOCK` consecutive referrals of every site of a group, in several replications.

        Args:
            purpose: what the numbers are for.
            group: name of the site group.
            n_sites: sites in the group.
            block: number of the block of referrals, from 0.
            first: number of the first replication.
            n: number of consecutive replications.

        Returns:
            (n_sites, n, BLOCK) numbers in [0, 1).
        """
        runs = [Run(block, site, first, n) for site in range(n_sites)]
        return self.rows(purpose, group, runs).reshape(n_sites, n, BLOCK)

    def rows(self, purpose: str, group: str, runs: Sequence[Run]) -> Array:
        """One number for each of `BLOCK` consecutive referrals, for any sites of a group in any replications.

        Args:
            purpose: what the numbers are for.
            group: name of the site group.
            runs: the blocks, sites and replications.

        Returns:
            (replications of all runs, BLOCK) numbers in [0, 1).
        """
        numbers = np.empty((sum([run.n for run in runs]), BLOCK))
        key, place, seek, random, end = word(purpose), word(group), self._philox.seek, self._random, 0
        for block, site, first, n in runs:
            start, end = end, end + n
            seek(key, first * (BLOCK // _TICK), block, place, _REFERRALS | site)
            random(out=numbers[start:end])
        return numbers

    def sites(self, purpose: str, group: str, n_sites: int, first: int, n: int, size: int) -> Array:
        """Uniform numbers of the sites of a group in consecutive replications.

        Args:
            purpose: what the numbers are for.
            group: name of the site group.
            n_sites: sites in the group.
            first: number of the first replication.
            n: number of replications.
            size: numbers for each site and replication; a multiple of 4, and always the same for a purpose, because the
                place of each replication depends on it.

        Returns:
            (n_sites, n, size) numbers in [0, 1).
        """
        numbers = np.empty((n_sites, n * size))
        for row in range(n_sites):
            self._seek(purpose, first * (size // _TICK), 0, group, _SITE | row)
            self._random(out=numbers[row])
        return numbers.reshape(n_sites, n, size)

    def person(self, purpose: str, group: str, row: int, referral: int, replication: int, size: int) -> Array:
        """Uniform numbers of one person in one replication.

        Args:
            purpose: what the numbers are for.
            group: name of the site group.
            row: number of the site in the group, from 0.
            referral: number of the person among the referrals of the site, from 0.
            replication: number of the replication.
            size: how many numbers; a larger size leaves the first ones as they are.

        Returns:
            (size,) numbers in [0, 1).
        """
        self._seek(purpose, 0, referral, group, _PERSON | row << _ROW_BITS | replication)
        return self._random(size)

    def trial(self, purpose: str, place: str, first: int, n: int) -> Array:
        """One uniform number for each of several consecutive replications.

        Args:
            purpose: what the numbers are for.
            place: what they belong to within the trial, such as the path of a value; empty for the trial as a whole.
            first: number of the first replication.
            n: number of replications.

        Returns:
            (n,) numbers in [0, 1).
        """
        self._seek(purpose, first, 0, place, _TRIAL)
        return self._random(n * _TICK)[::_TICK]
