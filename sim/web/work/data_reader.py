"""Reads visitors' data files in a separate process, with limits on memory and time.

It is the same reader as everywhere. The process is forked from one that has everything imported. Tables are cached for
a while, because a page asks for them repeatedly.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import Problem
from sim.exchange.findings import DataError, Question, QuestionError
from sim.exchange.limits import ReadLimits
from sim.exchange.upload import Upload, tables_of
from sim.web.work.fork_server import start_warm_worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.exchange.tables.raw import RawTable
    from sim.exchange.tables.sheets import Purpose

_KEPT = 8  # readings
_GRACE_SECONDS = 30  # beyond the time of computing: a busy machine gives a process less than all of its time
_TOO_MUCH = "takes more memory or time to read than this studio has for it; save only the table that is meant, as CSV"

_lock = threading.Lock()
_readings: OrderedDict[str, list[RawTable]] = OrderedDict()
_Answer = tuple[str, Any]


def tables_apart(
    files: Sequence[Upload], limits: ReadLimits, sheet: str = "", header: str = "", purpose: Purpose = "data"
) -> list[RawTable]:
    """The tables in uploaded files, as `upload.tables_of` reads them.

    Args:
        files: one file, or the SDTM domains of a trial.
        limits: limits on the files, and on memory and time to read them.
        sheet: which sheets of a workbook to read, if a person chose them.
        header: which rows are the header, if a person chose them.
        purpose: what the tables are for.

    Raises:
        DataError: a file is too large, of another kind, or not a table; or reading takes too much memory or time.
        QuestionError: there are several sheets, and it is not clear which to read.
    """
    key = _key(files, limits, sheet, header, purpose)
    with _lock:
        if key in _readings:
            _readings.move_to_end(key)
            return _readings[key]
    arguments = (list(files), limits, sheet, header, purpose)
    if multiprocessing.current_process().daemon:  # it is a daemon process, which may not start others
        kind, value = _answered(*arguments)
    else:
        kind, value = _in_a_process(_bounded, (limits, *arguments), limits, files)
    if kind == "questions":
        raise QuestionError(value)
    if kind == "problems":
        raise DataError(value)
    with _lock:
        _readings[key] = value
        while len(_readings) > _KEPT:
            _readings.popitem(last=False)
    found: list[RawTable] = value
    return found


def _key(files: Sequence[Upload], *how: object) -> str:
    found = hashlib.sha256(repr(how).encode())
    for file in files:
        found.update(f"\0{file.shown}\0{len(file.content)}\0".encode())
        found.update(file.content)
    return found.hexdigest()


def _in_a_process(
    work: Callable[..., Any], arguments: tuple[Any, ...], limits: ReadLimits, files: Sequence[Upload]
) -> _Answer:
    process, connection = start_warm_worker()
    try:
        connection.send((work, arguments))
        if connection.poll(limits.seconds + _GRACE_SECONDS):
            is_fine, value = connection.recv()
            if is_fine:
                answer: _Answer = value
                return answer
            if not isinstance(value, MemoryError):
                raise value
    except (EOFError, OSError):
        pass  # it was killed: by the system, or by its memory limit
    finally:
        connection.close()
        process.kill()
        process.join(_GRACE_SECONDS)
    names = ", ".join(file.shown for file in files)
    return "problems", [Problem(_TOO_MUCH, names)]


def _bounded(limits: ReadLimits, *arguments: Any) -> _Answer:
    """The work of the process: limit itself, and read."""
    with suppress(ImportError):  # a system without such limits; the waiting process limits the time
        _bound(limits)
    return _answered(*arguments)


def _bound(limits: ReadLimits) -> None:
    import resource

    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))


def _answered(files: Sequence[Upload], limits: ReadLimits, sheet: str, header: str, purpose: Purpose) -> _Answer:
    """Tables, or the error or question, in a form that passes through a pipe."""
    try:
        return "tables", tables_of(files, limits, sheet, header, purpose)
    except QuestionError as error:
        questions: list[Question] = list(error.questions)
        return "questions", questions
    except DataError as error:
        return "problems", list(error.problems)


def forget_readings() -> None:
    """Empty the cache, because some of the data were taken away."""
    with _lock:
        _readings.clear()
