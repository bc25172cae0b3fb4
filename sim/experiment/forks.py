"""The process that workers are forked from: it imports once what all of them need.

A worker that starts afresh takes a second to import numpy, scipy and the model, and half a second to load the compiled
engine. One process does all that, beside the command that is still reading its scenario, and forks a worker in a
hundredth of a second. It has no threads, so that no lock is held where it forks. Where the system cannot fork, or
forking is not safe, each worker starts afresh.

Attributes:
    AFRESH: how processes start where the system cannot fork them from a prepared one.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sim.compiled.choice import is_likely

AFRESH = "spawn"
METHOD = "forkserver" if sys.platform == "linux" else AFRESH  # macOS can fork, but not after all imports
_NEEDED = ("sim.experiment.crew", "sim.experiment.laboratory", "sim.scenario.built")
_WITH_ENGINE = "sim.compiled.loaded"


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Block Ctrl-C while processes start, so that they never receive it; the parent receives it afterwards.

    Yields:
        Once; on systems that cannot block signals (Windows) nothing is blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def prepare_forks() -> None:
    """Start the process that workers are forked from, unless there is one; it imports while the caller goes on."""
    if METHOD == AFRESH:
        return
    from multiprocessing import forkserver

    needed = [*_NEEDED, _WITH_ENGINE] if is_likely() else list(_NEEDED)
    with interrupts_held():
        multiprocessing.set_forkserver_preload(needed)
        forkserver.ensure_running()
