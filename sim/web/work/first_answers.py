"""First answers: warm processes with everything imported, so that a moved lever is answered at once.

A lone visitor gets two workers, which simulate half of the trials each: 1,000 of base on the compiled engine, 18 on
SimPy. When many ask at once, each gets one worker and fewer simulated trials; the answer says how many, and its errors
are correspondingly wide. Answers are cached for a while, so repeated questions return instantly. An answer may start
before its page asks, while the page still takes in what was moved. Trials are cached too: a tab that has the dates may
ask for the figures, and yields to tabs that have nothing yet.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from sim.compiled.choice import is_likely
from sim.compiled.known import reason_not_compiled
from sim.errors import TrialclockError
from sim.experiment.crew import simulate_chunk
from sim.experiment.identity import Identity
from sim.experiment.reducers import reducer_of
from sim.experiment.replicate import Chunk
from sim.experiment.run.growing import ResultsAtHand
from sim.scenario.schema import Scenario
from sim.web.work.fork_server import PRELOAD, start_warm_worker
from sim.web.work.process import bound_memory

SECONDS = 20.0  # for a first answer; what takes longer is left to a job

_N = 18  # simulated trials of a first answer: the fewest that give P80 an interval
_N_OF_MANY = 12  # of one where many ask at once: ten of them wait for three seconds, and more trials follow at once
_N_COMPILED, _N_COMPILED_OF_MANY = 1000, 96  # the same on the compiled engine, in about half a second and a tenth
_PARTICIPANTS, _PARTICIPANTS_OF_MANY = 45_000, 4_500  # of these trials together; large trials take longer
_KEPT = 32  # first answers, their figures and their trials, up to three megabytes, for repeated questions
_TURN_SECONDS = 0.05
_WARM_UP_SECONDS = 60.0


class Superseded(Exception):
    """The same tab has asked a newer question."""


class TooSlow(TrialclockError):
    """A first answer takes too long, or its process was lost."""


@dataclass(frozen=True)
class Question:
    """The question of a first answer.

    Attributes:
        scenario: the scenario.
        seed: seed of the random numbers.
        most: requested number of simulated trials, which a first answer does not exceed.
        typed: the scenario as it would be typed.
        view: a module-level function that turns `Results` into what is shown; it runs in a warm process, and its answer
            passes through a pipe.
    """

    scenario: Scenario
    seed: int
    most: int
    typed: str
    view: Callable[..., Any]

    def size(self, is_alone: bool) -> int:
        """Number of simulated trials of a first answer, whatever `most` says.

        Args:
            is_alone: whether there are two workers for it.
        """
        fewest = _N if is_alone else _N_OF_MANY
        if not is_likely() or reason_not_compiled(self.scenario) is not None:
            return fewest
        most, people = (_N_COMPILED, _PARTICIPANTS) if is_alone else (_N_COMPILED_OF_MANY, _PARTICIPANTS_OF_MANY)
        return max(fewest, min(most, people // self.scenario.trial.target))

    @cached_property
    def text(self) -> str:
        """The scenario in the form in which it is sent to a process."""
        return self.scenario.model_dump_json(by_alias=True)

    @cached_property
    def key(self) -> str:
        """A key that is equal for equal questions only."""
        return _key(self.text, self.seed, self.most, self.typed, self.view.__module__, self.view.__qualname__)

    @cached_property
    def trials(self) -> str:
        """A key that is equal for questions that are answered from the same trials."""
        return _key(self.text, self.seed, self.most)


def _key(*asked: Any) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()


@dataclass
class _Warm:
    """One warm process."""

    process: Any
    connection: Connection
    is_warm: bool = False

    def send(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Send work to the process; `answer` gets its result."""
        self.connection.send((work, arguments))

    def answer(self, deadline: float) -> Any:
        """The result of the work, waiting until a deadline (monotonic seconds). Raises TooSlow after it, or if the
        process died.
        """
        if not self.connection.poll(max(deadline - time.monotonic(), 0.0)):
            raise TooSlow("this takes longer than a first answer may")
        try:
            is_done, answer = self.connection.recv()
        except (EOFError, OSError):
            raise TooSlow("the process that worked on this was lost") from None
        if not is_done:
            raise answer
        return answer


class FirstAnswers:
    """A pool of warm processes, shared among tabs.

    Args:
        n: number of processes.
        n_bytes: maximum memory of each.
    """

    def __init__(self, n: int, n_bytes: int) -> None:
        self._n, self._n_bytes = n, n_bytes
        self._is_open = False
        self._idle: queue.Queue[_Warm] = queue.Queue()
        self._lock = threading.Lock()
        self._n_waiting = 0
        self._newest: dict[tuple[str, Callable[..., Any]], object] = {}  # newest open question of a tab, per view
        self._all: list[_Warm] = []
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._begun: dict[str, Future[Any]] = {}

    def open(self) -> None:
        """Start the processes in the background; otherwise the first question starts them."""
        with self._lock:
            is_open, self._is_open = self._is_open, True
        if not is_open:
            threading.Thread(target=self._start, name="first processes", daemon=True).start()

    def _start(self) -> None:
        for _ in range(self._n):
            self._idle.put(self._started())

    def _started(self) -> _Warm:
        warm = _Warm(*start_warm_worker())
        warm.send(warm_up, self._n_bytes)
        with self._lock:
            self._all.append(warm)
        return warm

    @property
    def n_idle(self) -> int:
        """Number of started processes without work."""
        return self._idle.qsize()

    def begin(self, question: Question, tab: str) -> None:
        """Start an answer that a tab is about to ask for; the next to ask the same question gets this one.

        Args:
            question: the coming question.
            tab: the tab that will ask.
        """
        future, is_begun = self._joined(question)
        if is_begun:
            return
        mine = self._asked(question, tab)
        asked = (question, tab, mine, future)
        threading.Thread(target=self._finish, args=asked, name="first answer", daemon=True).start()

    def _joined(self, question: Question) -> tuple[Future[Any], bool]:
        """The answer to a question, which all who ask it share, and whether it was begun before."""
        with self._lock:
            if (begun := self._begun.get(question.key)) is not None:
                return begun, True
            future: Future[Any] = Future()
            if question.key in self._kept:
                future.set_result(self._kept[question.key])
                self._kept.move_to_end(question.key)
                return future, True
            self._begun[question.key] = future
            return future, False

    def _finish(self, question: Question, tab: str, mine: object, future: Future[Any]) -> None:
        try:
            tell = partial(future.set_result, self._answer(question, tab, mine))
        except BaseException as error:
            tell = partial(future.set_exception, error)
        with self._lock:  # before it is told: who hears that it was overtaken asks anew
            del self._begun[question.key]
        tell()

    def first_answer(self, question: Question, tab: str) -> Any:
        """Simulate a few trials and return their view. Trials already simulated for another view are used again.

        Args:
            question: the question.
            tab: the tab that asks; its older waiting questions for the same view are dropped. Empty if unknown: then
                nothing is dropped.

        Returns:
            What `question.view` makes of the results.

        Raises:
            Superseded: the tab has asked a newer question.
            TooSlow: it takes longer than `SECONDS`.
            Exception: what simulating or `question.view` raised.
        """
        while True:
            future, is_begun = self._joined(question)
            if not is_begun:
                self._finish(question, tab, self._asked(question, tab), future)
                return future.result()
            try:
                return future.result()
            except Superseded:  # of the tab that began it, which need not be this one
                continue

    def _asked(self, question: Question, tab: str) -> object:
        """Note that this is now the newest question of its tab; what marks it as such."""
        with self._lock:
            mine = self._newest[tab, question.view] = object()
        return mine

    def _answer(self, question: Question, tab: str, mine: object) -> Any:
        try:
            return self._found(question, tab, mine)
        finally:
            with self._lock:  # tabs come and go; older questions of this one are superseded all the same
                if self._newest.get((tab, question.view)) is mine:
                    del self._newest[tab, question.view]

    def _found(self, question: Question, tab: str, mine: object) -> Any:
        chunks = self._known(question.trials)
        self.open()
        warm = self._take(question, tab, mine, gives_way=chunks is not None)
        helper = self._second() if chunks is None else None
        used = [warm] if helper is None else [warm, helper]
        try:
            self._warmed(used)
            deadline = time.monotonic() + SECONDS
            if chunks is None:
                chunks = self._simulated(used[: question.most], question, deadline)
            warm.send(shown, question.text, question.seed, question.typed, chunks, question.view)
            answer = warm.answer(deadline)
        except BaseException:
            for one in used:  # its current work is abandoned
                self._replace(one)
            raise
        for one in used:
            self._idle.put(one)
        self._keep(question.trials, chunks)
        self._keep(question.key, answer)
        return answer

    def _known(self, key: str) -> Any:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: str, answer: Any) -> None:
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)

    @staticmethod
    def _warmed(used: Sequence[_Warm]) -> None:
        for one in used:
            if not one.is_warm:
                one.answer(time.monotonic() + _WARM_UP_SECONDS)
                one.is_warm = True

    @staticmethod
    def _simulated(used: Sequence[_Warm], question: Question, deadline: float) -> list[Chunk]:
        text, seed = question.text, question.seed
        n = min(question.size(is_alone=len(used) > 1), question.most) // len(used)
        for i, one in enumerate(used[1:], 1):
            one.send(simulate_chunk, text, seed, i * n, n, 0)
        used[0].send(simulate_chunk, text, seed, 0, n, 0)
        return [one.answer(deadline) for one in used]

    def _take(self, question: Question, tab: str, mine: object, *, gives_way: bool) -> _Warm:
        with self._lock:
            self._n_waiting += not gives_way
        try:
            while True:
                if tab and self._newest.get((tab, question.view)) is not mine:
                    raise Superseded
                if gives_way and self._n_waiting:
                    time.sleep(_TURN_SECONDS)
                    continue
                try:
                    return self._idle.get(timeout=_TURN_SECONDS)
                except queue.Empty:
                    continue
        finally:
            with self._lock:
                self._n_waiting -= not gives_way

    def _second(self) -> _Warm | None:
        if self._n_waiting:
            return None
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return None

    def _replace(self, warm: _Warm) -> None:
        with self._lock:
            self._all.remove(warm)
        _ended(warm)
        self._idle.put(self._started())

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            every, self._all = self._all, []
        for warm in every:
            _ended(warm)


def _ended(warm: _Warm) -> None:
    warm.connection.close()
    warm.process.kill()
    warm.process.join(1.0)


def warm_up(n_bytes: int) -> None:
    """Limit the memory of this process, and import what an answer needs, unless it was forked with all that.

    Args:
        n_bytes: maximum memory.
    """
    bound_memory(n_bytes)
    import_module(PRELOAD)


def shown(text: str, seed: int, typed: str, chunks: Sequence[Chunk], view: Callable[..., Any]) -> Any:
    """What a view makes of some chunks of replications; called in a warm process.

    Args:
        text: the scenario as JSON.
        seed: seed of the random numbers.
        typed: the scenario as it would be typed.
        chunks: replications, from 0 on without a gap.
        view: turns `Results` into what is shown.
    """
    n = sum(chunk.n for chunk in chunks)
    design = reducer_of(text).design
    return view(ResultsAtHand(Identity(design.scenario, seed, n, typed), chunks, design))
