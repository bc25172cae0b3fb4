"""Random numbers by place, as `sim.core.streams` gives them: Philox 4x64 with ten rounds (Salmon et al. 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compiled.jit import compiled
from sim.compiled.memory import put_float, upper_half

_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ROUNDS = 10
_SHIFT = np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53
_ONE = np.uint64(1)
_PERSON = np.uint64(1 << 62)
_ROW = np.uint64(40)
_BYTES = 32  # of four numbers


@compiled
def four_numbers(seed: Any, key: Any, word: Any, row: int, n: int, replication: int, tick: int) -> Any:
    """Four numbers of one person, or of the n-th of something at a place; see `Streams.person`.

    Args:
        seed: the experiment's seed.
        key: hash of the purpose.
        word: hash of the group's name.
        row: number of the site in the group.
        n: number of the referral.
        replication: number of the replication.
        tick: which four, from 0.

    Returns:
        Four numbers in [0, 1).
    """
    place = _PERSON | (np.uint64(row) << _ROW) | np.uint64(replication)
    return numbers_at(seed, key, np.uint64(tick), np.uint64(n), word, place)


@compiled
def numbers_at(seed: Any, key: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
    """Four numbers of a place.

    Args:
        seed: first word of the key.
        key: second word of the key.
        c0: lowest word of the counter; numpy counts up before it draws.
        c1: second word.
        c2: third word.
        c3: highest word.

    Returns:
        Four numbers in [0, 1).
    """
    c0 += _ONE
    k0, k1 = seed, key
    for _ in range(_ROUNDS):
        c0, c1, c2, c3 = upper_half(_M1, c2) ^ c1 ^ k0, _M1 * c2, upper_half(_M0, c0) ^ c3 ^ k1, _M0 * c0
        k0 += _W0
        k1 += _W1
    return unit(c0), unit(c1), unit(c2), unit(c3)


@compiled
def unit(word: Any) -> float:
    """A number in [0, 1) from a word."""
    return np.float64(np.int64(word >> _SHIFT)) * _UNIT


@compiled
def write_numbers(seed: Any, key: Any, c0: Any, c1: Any, c2: Any, c3: Any, n_ticks: int, at: int) -> None:
    """Write the numbers of consecutive places, as `numbers_at` gives them; two at a time, which a processor overlaps.

    Args:
        seed: first word of the key.
        key: second word of the key.
        c0: lowest word of the counter of the first place.
        c1: second word.
        c2: third word.
        c3: highest word.
        n_ticks: number of places, of which an odd one counts as two.
        at: address for the numbers.
    """
    for tick in range(0, n_ticks, 2):
        a0, a1, a2, a3 = c0 + np.uint64(tick + 1), c1, c2, c3
        b0, b1, b2, b3 = c0 + np.uint64(tick + 2), c1, c2, c3
        k0, k1 = seed, key
        for _ in range(_ROUNDS):
            a0, a1, a2, a3 = upper_half(_M1, a2) ^ a1 ^ k0, _M1 * a2, upper_half(_M0, a0) ^ a3 ^ k1, _M0 * a0
            b0, b1, b2, b3 = upper_half(_M1, b2) ^ b1 ^ k0, _M1 * b2, upper_half(_M0, b0) ^ b3 ^ k1, _M0 * b0
            k0 += _W0
            k1 += _W1
        place = at + tick * _BYTES
        put_float(place, unit(a0))
        put_float(place + 8, unit(a1))
        put_float(place + 16, unit(a2))
        put_float(place + 24, unit(a3))
        put_float(place + 32, unit(b0))
        put_float(place + 40, unit(b1))
        put_float(place + 48, unit(b2))
        put_float(place + 56, unit(b3))
