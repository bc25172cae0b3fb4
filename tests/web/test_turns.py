"""Turns of jobs: fair between visitors, a bound for each, and none for a process that has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from sim.web.settings import Limits, Settings
from sim.web.work.process import LONG, lanes, queue_told
from sim.web.work.turns import Lane, Place, Turns, in_turn, told

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 180.0


def place(pid: int, visitor: str, begun: float = 0.0) -> Place:
    return Place(pid, 0.0, visitor, asked=float(pid), begun=begun)


def test_visitors_take_turns_whatever_number_of_jobs_each_has() -> None:
    many = [place(i, "a") for i in range(1, 5)]
    waiting = [*many, place(5, "b"), place(6, "c"), place(7, "b")]
    assert [found.pid for found in in_turn(waiting, {})] == [1, 5, 6, 2, 7, 3, 4]
    assert [found.pid for found in in_turn(waiting, {"a": 20.0, "b": 10.0})] == [6, 5, 1, 7, 2, 3, 4]
    assert [found.pid for found in in_turn([place(9, "a", begun=1.0), *waiting], {})][:3] == [5, 6, 1]


def test_one_visitor_never_has_all_places() -> None:
    lane = Lane([place(1, "a", begun=1.0), place(2, "a"), place(3, "a")])
    assert lane.next(n=2, each=1) == []
    lane.places.append(place(4, "b"))
    assert [found.pid for found in lane.next(n=2, each=1)] == [4]
    assert [found.pid for found in Lane([place(1, "a"), place(2, "a"), place(3, "b")]).next(n=2, each=1)] == [1, 3]


def test_the_wait_is_told_from_how_long_the_last_jobs_took() -> None:
    lane = Lane(lasted=[60.0, 180.0])
    assert [lane.seconds_until(rank, 2) for rank in (1, 2, 3)] == [120.0, 120.0, 240.0]
    assert told(3, 120.0) == "Third in the queue, about 2 minutes"
    assert told(1, 20.0) == "Next in the queue, less than a minute"
    assert told(2, 61.0) == "Second in the queue, about 1 minute"
    assert told(12, 0.0) == "Number 12 in the queue"


def test_a_page_is_told_its_place_beside_its_bar() -> None:
    from dash import Output

    said: list[object] = []
    queue_told([Output("x-bar", "value"), Output("x-bar", "max"), Output("x-said", "children")])(said.append)("Next")
    queue_told(Output("y", "children"))(said.append)("Next")
    assert said == [[0, 1, "Next"], ["Next"]]


WAITING = """
import sys, time
from pathlib import Path
from sim.web.work.turns import Turns
visitor, folder = sys.argv[1], Path(sys.argv[2])
said = lambda text: print(text, flush=True)
with Turns(folder, "long", 2).turn(visitor, said):
    print("at work", flush=True)
    sys.stdin.readline()
"""


class Working:
    """A process that waits for its turn, and works until it is told to end."""

    def __init__(self, visitor: str, folder: Path, code: str = WAITING) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, visitor, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def until(self, text: str) -> None:
        """Read what it says until it says a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return
        raise AssertionError(f"it never said {text!r}")

    def end(self) -> None:
        """Let it end."""
        self.process.communicate("\n", timeout=PATIENCE_SECONDS)


def test_two_long_jobs_of_one_visitor_hold_up_nobody(tmp_path: Path) -> None:
    started = [first := Working("a", tmp_path)]
    try:
        first.until("at work")
        started.append(second := Working("a", tmp_path))
        second.until("Next in the queue")
        started.append(other := Working("b", tmp_path))
        other.until("at work")
        assert Turns(tmp_path, "long", 2).waited_seconds(second.process.pid) > 0
        first.process.kill()  # one that is killed has no place any more
        first.process.wait()
        second.until("at work")
        started.append(third := Working("c", tmp_path))
        third.until("Next in the queue")
        other.end()
        third.until("at work")
    finally:
        for one in started:
            one.process.kill()
            one.process.communicate()


FIRST_AND_LONG = """
import sys
from pathlib import Path
from sim.web.settings import Limits, Settings
from sim.web.work.process import QUICK, as_job, go_on_as_long
said = lambda text: print(text, flush=True)
with as_job(Settings(Path(sys.argv[2]), limits=Limits(jobs=1)), sys.argv[1], QUICK, said):
    said("a first answer")
    go_on_as_long()
    said("at work")
"""


def test_first_answers_never_wait_for_long_work(tmp_path: Path) -> None:
    """A job begins in the quick lane, whatever the long one has, and waits there once its first answer is shown."""
    long = lanes(Settings(tmp_path, limits=Limits(jobs=1)))[LONG]
    with long.turn("a", str):
        job = Working("b", tmp_path, FIRST_AND_LONG)
        job.until("a first answer")
        job.until("Next in the queue")
    job.until("at work")
    job.end()
    assert long._read().places == []


def test_a_process_of_the_same_number_is_not_the_same(tmp_path: Path) -> None:
    turns = Turns(tmp_path, "long", 1)
    with turns._changed() as lane:
        created = psutil.Process().create_time()
        lane.places = [Place(os.getpid(), created - 1000.0, "a", 1.0, 1.0)]
    with turns._changed() as lane:
        assert lane.places == []
