"""Jobs lose no answer, and begin with no lock that somebody else holds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import diskcache
import psutil
import pytest

from sim.web import visitors
from sim.web.app import create_app
from sim.web.settings import Settings
from sim.web.studio import Studio
from sim.web.work.fork_server import start_process
from sim.web.work.runner import told_at_first

WAIT_SECONDS = 90


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    _, found = create_app(Settings(tmp_path))
    yield found
    found.close()


def _wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return found


def test_a_job_that_starts_while_a_thread_holds_a_lock_is_not_held_up(tmp_path: Path) -> None:
    history = visitors.Visitor(tmp_path)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with visitors._LOCK:
            held.set()
            over.wait(2 * WAIT_SECONDS)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(WAIT_SECONDS)
        start_process(history.remember, "runs", {"seed": 7})
        entries = _wait_for(lambda: history.remembered("runs"))
    finally:
        over.set()
        thread.join()
    assert [entry["seed"] for entry in entries] == [7]


def test_an_answer_that_comes_just_after_a_page_asked_for_it_is_not_given_up(studio: Studio) -> None:
    manager: Any = studio.manager
    gone = str(start_process(os.getpid))
    _wait_for(lambda: not manager.job_running(gone))
    studio.jobs.add(gone, "key", "visitor", "tab")
    manager.handle.set("key", "the answer")  # as a job does, which then ends
    time.sleep(1.0)  # in which the watch looks at it
    assert manager.job_running(gone), "Dash would tell the page that there is no answer"
    assert manager.get_result("key", gone) == "the answer"
    assert not manager.job_running(gone)
    assert studio.jobs.n == 0


def test_a_job_that_ends_while_its_answer_is_read_costs_no_answer(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dash looks for its process, and then at it."""
    manager: Any = studio.manager
    gone = str(start_process(os.getpid))
    _wait_for(lambda: not psutil.pid_exists(int(gone)))
    manager.handle.set("key", "the answer")
    monkeypatch.setattr(psutil, "pid_exists", lambda _: True)
    assert manager.get_result("key", gone) == "the answer"
    assert not manager.job_running(gone)


def test_what_a_job_shows_while_what_it_showed_before_is_read_is_seen(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks, and then takes, must not take away what came in between."""
    manager: Any = studio.manager
    newer = {"plan-refined": {"data": 384}}
    manager.handle.set("key-set_props", {"plan-refined": {"data": 96}})

    def beaten(look: Callable[..., Any]) -> Callable[..., Any]:
        def looked(*args: Any, **kwargs: Any) -> Any:
            found = look(*args, **kwargs)
            manager.handle.set("key-set_props", newer)
            return found

        return looked

    with monkeypatch.context() as during:
        for name in ("get", "__contains__"):
            during.setattr(diskcache.Cache, name, beaten(getattr(diskcache.Cache, name)))
        first = manager.get_updated_props("key")
    assert newer in (first, manager.get_updated_props("key"))


def test_cancel_comes_alive_once_the_page_knows_its_job(studio: Studio) -> None:
    """Dash ends nothing when it is pressed before that."""
    manager: Any = studio.manager
    told = {button: told for name in manager.func_registry for button, told in told_at_first(name).items()}
    assert {"plan-cancel", "sweep-cancel", "learn-cancel", "one_trial-cancel"} <= set(told)
    assert told["sweep-cancel"] == {"disabled": False}
    studio.jobs.add(start_process(os.getpid), "key", "visitor", "tab", {"sweep-cancel": told["sweep-cancel"]})
    manager.handle.set("key-set_props", {"sweep-answer": {"children": "a first answer"}})
    assert manager.get_updated_props("key") == {
        "sweep-cancel": {"disabled": False},
        "sweep-answer": {"children": "a first answer"},
    }
    assert manager.get_updated_props("key") == {}


def test_what_a_job_shows_is_read_once(studio: Studio) -> None:
    manager: Any = studio.manager
    assert manager.get_updated_props("key") == {}
    for shown in ({"plan-refined": {"data": 96}}, {"plan-refined": {"data": 384}}):
        manager.handle.set("key-set_props", shown)
        assert manager.get_updated_props("key") == shown
        assert manager.get_updated_props("key") == {}
    manager.handle.set("key-progress", ["8 of 24", 33])
    assert manager.get_progress("key") == ["8 of 24", 33]
    assert manager.get_progress("key") is None
