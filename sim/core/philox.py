"""numpy's Philox, set to any place of its sequence at once.

The public way to do so, its `state`, takes a microsecond, as long as a hundred numbers. numpy tells where a generator
keeps its state (`ctypes.state_address`), and the words there can be written in a tenth of that. What stands where is
not promised, so it is looked at first, and where it is not as expected the public way is used.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

_TICK = 4  # numbers made at a time, and kept until they are used
_WORD = 8  # bytes
_BUFFER_WORDS = 7  # of the state: two pointers, how many of the kept numbers are used, those, and half a number


class PhiloxByState:
    """Philox, moved by its public state.

    Args:
        seed: first word of its key.
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
        """Go to a place: second word of the key, and the four words of the counter."""
        counter = self._counter
        counter[0], counter[1], counter[2], counter[3] = word0, word1, word2, word3
        self._key[1] = key
        self.bits.state = self._state


class PhiloxByMemory:
    """Philox, moved by writing to where numpy keeps its state.

    Args:
        seed: first word of its key.

    Raises:
        LookupError: the state is not where it is expected.
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
        """Go to a place: second word of the key, and the four words of the counter."""
        counter = self._counter
        counter[0], counter[1], counter[2], counter[3] = word0, word1, word2, word3
        self._key[1] = key
        self._n_used[0] = _TICK


def philox(seed: int) -> PhiloxByMemory | PhiloxByState:
    """A generator that can be set to any place, in the fastest way that works here."""
    try:
        return PhiloxByMemory(seed)
    except (LookupError, AttributeError, OSError):
        return PhiloxByState(seed)
