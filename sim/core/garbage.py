"""Control of Python's garbage collector, which otherwise searches the objects of a trial again and again.

Nothing that is simulated depends on it; only the run time does.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MANY = 50_000  # objects; as many as some tens of small trials leave


@contextmanager
def collected_between_trials() -> Iterator[Callable[[], None]]:
    """Switch the garbage collector off while trials run; the function that this gives collects between two of them.

    A trial makes thousands of objects and drops most of them without leaving reference cycles. The default collector
    searches all live objects after every few hundred new ones, which takes a tenth of the run time. After a trial
    little is left to search, and the given function does so only if many objects are new.

    Yields:
        A function to call after each trial. At the end the collector is as it was before.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield _collect_many
    finally:
        if was_enabled:
            gc.enable()


def _collect_many() -> None:
    if gc.get_count()[0] > _MANY:
        gc.collect(0)
