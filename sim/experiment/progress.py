"""The type of progress callbacks. A callback stops a simulation by raising an exception."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with replications done and replications in all, after every chunk, in the caller's thread.

Where it raises `KeyboardInterrupt`, the simulation ends with `RunInterrupted` as after Ctrl-C: what is finished is
kept, and the same call continues from there.
"""


def no_progress(done: int, total: int) -> None:
    """Do nothing: for callers that show no progress."""
