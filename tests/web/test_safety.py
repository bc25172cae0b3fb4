"""Safe by default: each rule with a request that tries to break it. No browser is needed for these."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.errors import InputError, ScenarioError, UsageError
from sim.scenario.load import load_text
from sim.web.app import create_app
from sim.web.limits import check_limits
from sim.web.safety import _failed
from sim.web.settings import Limits, Settings
from sim.web.state import State
from sim.web.visitors import COOKIE, Visitors, new_name
from sim.web.work.jobs import Jobs
from sim.web.work.long_callback import _answered

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    app, studio = create_app(Settings(tmp_path_factory.mktemp("studio")))
    yield app.server.test_client()
    studio.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    app, studio = create_app(Settings(tmp_path_factory.mktemp("guarded"), host="0.0.0.0", token="known to us"))
    yield app.server
    studio.close()


def test_it_listens_on_loopback_unless_told_otherwise_and_then_asks_for_a_token() -> None:
    assert Settings().is_loopback
    assert not Settings(host="0.0.0.0").is_loopback
    code = "from sim.cli.studio import serve; print(serve.params[0].default)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "127.0.0.1"


def test_without_the_token_nothing_but_health_answers(guarded: Any) -> None:
    client = guarded.test_client()
    for path in ("/", "/plan", "/_dash-layout", "/version", "/assets/studio.js"):
        assert client.get(path).status_code == 401
    assert client.post("/_dash-update-component", json={}).status_code == 401
    assert client.get("/?token=wrong").status_code == 401
    assert client.get("/health").status_code == 200


def test_with_the_token_it_opens(guarded: Any) -> None:
    client = guarded.test_client()
    answer = client.get("/?token=known+to+us")
    assert answer.status_code == 303
    assert "token" not in answer.headers["Location"]
    assert client.get("/").status_code == 200


def test_the_policy_allows_no_script_but_our_own(client: Any) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "http" not in policy
    assert "'sha256-" in scripts
    assert "frame-ancestors 'none'" in policy


def test_a_page_elsewhere_may_not_use_it(client: Any) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.post("/left", data="x" * 20, headers={"Origin": "http://evil.example"}).status_code == 403


def test_an_upload_has_a_limit(client: Any) -> None:
    answer = client.post("/_dash-update-component", data=b"x" * 9_000_000, content_type="application/json")
    assert answer.status_code == 413
    assert "8,000,000 bytes" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../settings.py",
        "/assets/%2e%2e/settings.py",
        "/_dash-component-suites/dash/../../../etc/passwd",
        "/_dash-component-suites/sim/web/settings.py",
        "/../../etc/passwd",
    ],
)
def test_no_path_of_a_request_reaches_the_file_system(client: Any, path: str) -> None:
    answer = client.get(path)
    assert "root:" not in answer.text
    assert "class Settings" not in answer.text
    assert "Traceback" not in answer.text


def test_a_cookie_or_a_hash_is_no_path(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path)
    (tmp_path / "secret").write_text("secret")
    nobody = visitors.of(None).folder
    for text in ("../../secret", "secret", "", "a" * 31, "/etc/passwd"):
        assert visitors.of(text).folder == nobody
        assert visitors.text(text) is None
    assert visitors.of(new_name()).folder != nobody
    with pytest.raises(InputError, match="this scenario is not kept here"):
        State(file="../secret").loaded(visitors, Limits())
    with pytest.raises(InputError, match="no such scenario"):
        State.of("?scenario=../../etc/passwd")


@pytest.mark.parametrize("parent", ["/etc/passwd", "../../etc/passwd", "base.yaml/../../x", "options/registry-plan"])
def test_a_scenario_from_outside_extends_no_file_of_this_machine(parent: str) -> None:
    with pytest.raises(ScenarioError, match="must be an included scenario"):
        load_text(f"name: x\nextends: {parent}\n")


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [ls]",
        "a: &a [x,x]\n" + "b: [" + "*a," * 3 + "*a]\nname: !!python/name:os.system",
    ],
)
def test_nothing_of_a_scenario_from_outside_is_executed(text: str) -> None:
    with pytest.raises(ScenarioError):
        load_text(text)


@pytest.mark.parametrize(
    ("change", "limit"),
    [
        ("experiment.replications=10001", "at most 10,000 simulated trials"),
        ("experiment.keep=201", "at most 200 simulated trials kept whole"),
        ("trial.target=5001", "at most 5,000 participants"),
        ("trial.horizon_months=301", "at most 300 months"),
        ("sites.general_hospital.count=500", "at most 500 sites"),
        ("sites.general_hospital.referrals_per_month=5000", "100,000 referrals"),
    ],
)
def test_a_scenario_may_ask_for_so_much_and_is_told_the_limit(change: str, limit: str) -> None:
    loaded = load_text("name: x\nextends: base.yaml\n", [change])
    with pytest.raises(ScenarioError, match=limit):
        check_limits(loaded.scenario, Limits())


def test_an_address_may_set_so_many_values_and_is_told_the_limit() -> None:
    query = "&".join(f"set=sites.site_{i}.count=1" for i in range(301))
    with pytest.raises(UsageError, match="at most 300 values may be set"):
        State.of(query)
    assert len(State.of(query.rpartition("&")[0]).changes) == 300


@pytest.mark.parametrize(
    "path",
    [
        "/assets/a%00b.js",
        f"/assets/{'a' * 5000}",
        "/assets/%ff.js",
        "/_dash-component-suites/nothing/x.js",
        "/_dash-component-suites/dash/nothing.js",
        "/_dash-component-suites/dash/%00.js",
    ],
)
def test_an_address_of_no_file_is_not_found_and_no_defect(
    client: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get(path).status_code == 404
    assert not caplog.records


def test_a_full_disk_is_said_and_is_no_defect() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail() -> None:
        raise full

    with pytest.raises(RuntimeError, match="the disk of this studio is full"):
        _answered(fail, (), {})
    answer = _failed(full)
    assert answer.status_code == 507
    assert "the disk of this studio is full" in answer.get_data(as_text=True)


def test_an_error_has_a_reference_and_no_traceback(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.post("/_dash-update-component", json={"output": "nothing.here", "inputs": [], "changedPropIds": []})
    assert "Traceback" not in answer.text
    assert "site-packages" not in answer.text


@pytest.mark.parametrize("argument", ["oldJob", "cancelJob", "job"])
def test_no_request_ends_a_process_by_its_number(argument: str, tmp_path: Path) -> None:
    """What Dash ends is named by a text that only this server can have signed; it was a number in older ones."""
    app, studio = create_app(Settings(tmp_path))
    client = app.server.test_client()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        for callback in client.get("/_dash-dependencies").json:
            parts = callback["inputs"] + callback["state"]
            if callback["output"] not in ("plan-done.data", "plan-cancel.id") or "ALL" in str(parts):
                continue
            name, _, prop = callback["output"].rpartition(".")
            body = {
                "output": callback["output"],
                "outputs": {"id": name, "property": prop},
                "inputs": [part | {"value": None} for part in callback["inputs"]],
                "state": [part | {"value": None} for part in callback["state"]],
                "changedPropIds": [f"{part['id']}.{part['property']}" for part in callback["inputs"]],
            }
            answer = client.post(f"/_dash-update-component?{argument}={other.pid}&cacheKey=x", json=body)
            assert answer.status_code in (200, 204), answer.text
        assert other.poll() is None
    finally:
        studio.close()
        other.kill()
        other.wait()


def test_visitors_are_told_apart_by_a_cookie_that_scripts_cannot_read(client: Any) -> None:
    cookie = client.get("/").headers.get("Set-Cookie", "")
    assert not cookie or (COOKIE in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie)


class _Processes:
    """A manager of jobs that are plain processes, one of which may hang, and one die."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, code: str) -> int:
        process = subprocess.Popen([sys.executable, "-c", code])
        self.processes[process.pid] = process
        return process.pid

    def job_running(self, job: int) -> bool:
        return self.processes[job].poll() is None

    def terminate_job(self, job: int) -> None:
        self.processes[job].kill()
        self.processes[job].wait()

    def result_ready(self, key: str) -> bool:
        return key in self.stored

    def store(self, key: str, value: Any) -> None:
        self.stored[key] = value


@pytest.mark.parametrize(
    ("code", "seconds", "said"),
    [
        ("import time; time.sleep(600)", 0.2, "longer than the 0 seconds"),
        ("import os; os._exit(9)", 600.0, "was lost"),
    ],
)
def test_a_job_that_hangs_or_dies_frees_its_place_and_says_so(code: str, seconds: float, said: str) -> None:
    jobs, manager = Jobs(Limits(job_seconds=seconds)), _Processes()
    jobs.runner = manager  # type: ignore[assignment]
    pid = manager.start(code)
    jobs.add(pid, "key", "visitor", "tab")
    deadline = time.monotonic() + 60
    while (jobs.n or "key" not in manager.stored) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert jobs.n == 0
    assert not manager.job_running(pid)
    assert said in manager.stored["key"]["background_callback_error"]["msg"]
    jobs.close()


def test_what_a_tab_was_waiting_for_ends_with_it_and_nothing_else() -> None:
    jobs, manager = Jobs(Limits()), _Processes()
    jobs.runner = manager  # type: ignore[assignment]
    mine, yours = (manager.start("import time; time.sleep(600)") for _ in range(2))
    jobs.add(mine, "mine", "me", "my-tab-1")
    jobs.add(yours, "yours", "you", "your-tab")
    jobs.end_of_tab("my-tab-1")
    assert not manager.job_running(mine)
    assert manager.job_running(yours)
    jobs.close()
    assert not manager.job_running(yours)


def test_a_visitor_has_so_many_jobs_at_once() -> None:
    jobs, manager = Jobs(Limits(jobs_each=2)), _Processes()
    jobs.runner = manager  # type: ignore[assignment]
    for i in range(2):
        jobs.check_room("me")
        jobs.add(manager.start("import time; time.sleep(600)"), str(i), "me", "tab")
    with pytest.raises(InputError, match="at most 2 for one visitor"):
        jobs.check_room("me")
    jobs.check_room("you")
    jobs.close()


def test_a_job_may_take_so_much_memory() -> None:
    code = "from sim.web.work.process import bound_memory; bound_memory(2**30); bytearray(2**31)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=os.environ)
    assert "MemoryError" in done.stderr
