"""numpy's Philox generator, moved to any place of its sequence.

The public way to move it, its `state` property, takes a microsecond: as long as drawing a hundred numbers. numpy also
exposes the address of the state (`ctypes.state_address`), and writing there takes a tenth of that. numpy does not
promise the layout of that memory, so the constructor checks it, and the public way is used if the check fails.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

_TICK = 4  # numbers made at a time, and buffered until they are used
_WORD = 8  # bytes
_BUFFER_WORDS = 7  # of the state: two pointers, how many buffered numbers are used, the buffer, and half a number


class PhiloxByState:
    """Philox, moved by its public state.

    Args:
        seed: first word of its key.

    Attributes:
        bits: the bit generator, for `numpy.random.Generator`.
    """

    def __init__(self, seed: int) -> None:
        counter, key = np.zeros(4, dtype=np.uint64), np.array([seed, 0], dtype=np.uint64)
        self.bits = np.random.Philox(key=key)
        self._counter = memoryview(counter)  # type: ignore[arg-type]  # an array is a buffer
        self._key = memoryview(key)  # type: ignore[arg-type]
        self._state: Any = {
            "bit_generator": "Philox",
            "state": {"counter": counter, "key": key},
            "buffer": np.zeros(_TICK, dtype=np.uint64),
            "buffer_pos": _TICK,
            "has_uint32": 0,
            "uinteger": 0,
        }

    def seek(self, key: int, word0: int, word1: int, word2: int, word3: int) -> None:
        """Move to a place of the sequence and drop buffered numbers.

        Args:
            key: second word of the key; the seed is the first.
            word0: lowest word of the 256-bit counter.
            word1: second word of the counter.
            word2: third word of the counter.
            word3: highest word of the counter.
        """
        counter = self._counter
        counter[0], counter[1], counter[2], counter[3] = word0, word1, word2, word3
        self._key[1] = key
        self.bits.state = self._state


class PhiloxByMemory:
    """Philox, moved by writing to the memory in which numpy keeps its state.

    Args:
        seed: first word of its key.

    Attributes:
        bits: the bit generator, for `numpy.random.Generator`.

    Raises:
        LookupError: the state does not have the expected layout.
    """

    def __init__(self, seed: int) -> None:
        self.bits = bits = np.random.Philox(key=np.array([seed, 0], dtype=np.uint64))
        state = self._words(bits.ctypes.state_address, _BUFFER_WORDS)
        self._counter, self._key = self._words(state[0], 4), self._words(state[1], 2)
        self._n_used = state[2:3]
        self._check(seed)

    def _words(self, address: int, n: int) -> memoryview:
        """Words of the generator's own memory."""
        start = id(self.bits)
        if not start <= address <= start + self.bits.__sizeof__() - n * _WORD:
            raise LookupError
        return memoryview((ctypes.c_uint64 * n).from_address(address)).cast("B").cast("Q")

    def _check(self, seed: int) -> None:
        self.seek(1, 2, 3, 4, 5)
        state: Any = self.bits.state
        if [*state["state"]["key"], *state["state"]["counter"], state["buffer_pos"]] != [seed, 1, 2, 3, 4, 5, _TICK]:
            raise LookupError

    def seek(self, key: int, word0: int, word1: int, word2: int, word3: int) -> None:
        """Move to a place of the sequence and drop buffered numbers.

        Args:
            key: second word of the key; the seed is the first.
            word0: lowest word of the 256-bit counter.
            word1: second word of the counter.
            word2: third word of the counter.
            word3: highest word of the counter.
        """
        counter = self._counter
        counter[0], counter[1], counter[2], counter[3] = word0, word1, word2, word3
        self._key[1] = key
        self._n_used[0] = _TICK


def philox(seed: int) -> PhiloxByMemory | PhiloxByState:
    """Make a generator that can move to any place, by the fastest method that this version of numpy supports.

    Args:
        seed: first word of its key.

    Returns:
        The generator; both kinds give the same numbers.
    """
    try:
        return PhiloxByMemory(seed)
    except (LookupError, AttributeError, OSError):
        return PhiloxByState(seed)
