"""Jobs in Celery workers, by way of a Redis server that the test starts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 90
REDIS = shutil.which("redis-server")

pytest.importorskip("celery")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if REDIS is None:
        assert not os.environ.get("CI"), "CI must install redis-server"
        pytest.skip("needs redis-server")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = [REDIS, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(WAIT_SECONDS)


def test_a_run_of_the_plan_page_is_made_by_a_celery_worker(url: str, tmp_path: Path) -> None:
    environment = os.environ | {"TRIALCLOCK_REDIS": url, "TRIALCLOCK_RESULTS": str(tmp_path)}
    command = [sys.executable, "-m", "celery", "--app", "sim.web.group:worker", "worker", "--concurrency", "1"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen([*command, "--loglevel", "INFO"], cwd=ROOT, stdout=log, stderr=log, env=environment)
    try:
        answer = _asked(url, tmp_path)
    finally:
        worker.terminate()
        worker.wait(WAIT_SECONDS)
    assert answer == "?replications=24"
    assert list(tmp_path.glob("studio/visitors/*/runs/registry-plan-*/manifest.json"))


def test_what_a_task_shows_is_read_once_and_its_answer_is_kept(url: str, tmp_path: Path) -> None:
    from sim.web.app import create_app
    from sim.web.settings import Settings

    _, studio = create_app(Settings(tmp_path, redis=url))
    manager: Any = studio.manager
    backend = manager.handle.backend
    backend.client.set("shown", '"the answer"')
    backend.client.set("shown-set_props", '{"plan-refined": {"data": 96}}')
    assert manager.get_updated_props("shown") == {"plan-refined": {"data": 96}}
    assert manager.get_updated_props("shown") == {}
    assert manager.get_result("shown", None) == "the answer"
    studio.close()


def _asked(url: str, results: Path) -> Any:
    """What the job of the Plan page answers."""
    from flask import g

    from sim.web.app import create_app
    from sim.web.settings import Settings

    app, studio = create_app(Settings(results, redis=url))
    manager: Any = studio.manager
    name = next(key for key, fn in manager.func_registry.items() if _is_refine(key, fn))
    with app.server.test_request_context("/"):
        g.visitor = "0" * 32
        context = {"cookies": {}, "args": {}, "triggered_inputs": []}
        job = manager.call_job_fn("key", manager.func_registry[name], ["?replications=24", None], context)
    deadline = time.monotonic() + WAIT_SECONDS
    while not manager.result_ready("key"):
        assert time.monotonic() < deadline, (results / "worker.log").read_text()
        time.sleep(0.1)
    answer = manager.get_result("key", job)
    studio.close()
    return answer


def _is_refine(key: str, function: Any) -> bool:
    """Whether a task is that of the Plan page."""
    from dash.background_callback.managers import BaseBackgroundCallbackManager

    return any(
        known == key and found.__name__ == "refine" for known, found, _ in BaseBackgroundCallbackManager.functions
    ) and callable(function)
