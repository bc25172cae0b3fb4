"""Processes that start with everything imported, forked from a single-threaded process kept for this purpose.

A server has many threads. A process forked from it would start with the locks that they hold at that moment, and with
nobody to release them: now and then a job would wait for ever. Where the system cannot fork, each process starts
afresh.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from sim.experiment.forks import interrupts_held
from sim.experiment.workers import main_not_imported, start_worker

if TYPE_CHECKING:
    from sim.web.settings import Settings

_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"

PRELOAD = "sim.web.preload"  # imports and tries all that a worker needs; named here, and imported in workers only
_SETTINGS = "TRIALCLOCK_FORKED"
_STARTING = threading.Lock()


def prepare_forks(settings: Settings | None = None) -> None:
    """Start the process that others are forked from, before the first of them is needed.

    Args:
        settings: settings of the studio whose jobs will be forked; that studio is then prepared too.
    """
    if _METHOD == "spawn":
        return
    from multiprocessing import forkserver

    multiprocessing.set_forkserver_preload(["sim.cli", PRELOAD])
    with _STARTING, interrupts_held():
        if settings is not None:  # modules take no arguments
            os.environ[_SETTINGS] = pickle.dumps(settings).hex()
        try:
            forkserver.ensure_running()
        finally:
            os.environ.pop(_SETTINGS, None)


def prepared_settings() -> Settings | None:
    """In the process that others are forked from: settings of the studio whose jobs will be forked; None in all
    others.
    """
    text = os.environ.pop(_SETTINGS, "")
    return pickle.loads(bytes.fromhex(text)) if text else None


def start_warm_worker() -> tuple[BaseProcess, Connection]:
    """A worker like that of `start_worker`, with everything imported.

    Returns:
        The process, and the connection over which it gets `(function, arguments)` and answers `(is_fine, value)`.
    """
    prepare_forks()
    with _STARTING:
        return start_worker(_METHOD)


def start_process(work: Callable[..., None], *arguments: Any) -> int:
    """Start a process for one task; it may start others for it.

    Args:
        work: a module-level function.
        arguments: its arguments.

    Returns:
        The process id.
    """
    prepare_forks()
    context: Any = multiprocessing.get_context(_METHOD)
    process: BaseProcess = context.Process(target=work, args=arguments)
    with _STARTING, interrupts_held(), main_not_imported():
        process.start()
    assert process.pid is not None
    return process.pid
