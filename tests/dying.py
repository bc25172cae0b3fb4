"""A process that dies at a chosen change of what is on the disk, played in this process.

From that change on nothing more reaches the disk, also not what `finally` would put in order: as after `kill -9`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CHANGES = ("replace", "unlink", "remove", "mkdir", "rmdir")


class Killed(BaseException):
    """The end, which nothing catches."""


class Dying:
    """Counts changes of the disk, and dies at one of them.

    Args:
        at: at which, from 1; 0 for never.
        before: whether it dies before the change, or just after it.
    """

    def __init__(self, at: int = 0, before: bool = True) -> None:
        self.n = 0
        self._at = at
        self._before = before

    def _changing(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def maybe(*arguments: Any, **named: Any) -> Any:
            self.n += 1
            if not self._at or self.n < self._at:
                return change(*arguments, **named)
            if self.n == self._at and not self._before:
                change(*arguments, **named)
            raise Killed

        return maybe

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Until it dies."""
        real = {name: getattr(os, name) for name in CHANGES}
        for name, change in real.items():
            setattr(os, name, self._changing(change))
        try:
            yield
        except Killed:
            pass
        finally:
            for name, change in real.items():
                setattr(os, name, change)
