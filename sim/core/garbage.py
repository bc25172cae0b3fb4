"""Python's search for reference cycles, which would otherwise look again and again at what a trial is made of."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MANY = 50_000  # objects; as many as some tens of small trials leave


@contextmanager
def collected_between_trials() -> Iterator[Callable[[], None]]:
    """No search for reference cycles but where it is asked for, by a call of what this gives, between two trials.

    A trial makes thousands of objects and drops most of them without leaving cycles. Searching whenever some hundreds
    are new looks at all that are alive, which takes a tenth of the time; after a trial there is little left to look at.
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
