"""Wherever a command prints to and whatever a person gives it as a file, it ends, and not as a defect."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import call
from conftest import ROOT, simplest_file

from sim.cli import main
from sim.scenario.schema.follow_up import WayOut

README_LINES = """
import sim
scenario = sim.load_scenario("t.yaml", ["sites.s.count=2"])
results = sim.run(scenario, replications=200, workers=2, report=False)
print(len(results.replications))
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    simplest_file(tmp_path, "t", trial={"target": 3})


@pytest.mark.parametrize("how", ["file", "stdin"])
def test_a_plain_script_runs_on_several_processes(how: str) -> None:
    """Workers are spawned, and none of them runs the script again, which has no `__main__` guard."""
    Path("plain.py").write_text(README_LINES)
    script = ["plain.py"] if how == "file" else ["-"]
    given = None if how == "file" else README_LINES
    done = subprocess.run(
        [sys.executable, *script],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "200\n", "")


class Seen(io.StringIO):
    """A pipe whose reader has seen enough."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


class Full(io.StringIO):
    """A disk that is full."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


RUN = ["run", "t.yaml", "-n", "3", "-w", "1", "--no-report"]


@pytest.mark.parametrize("command", [RUN, ["show", "t.yaml"], ["--help"], ["--version"], ["run", "--help"]])
def test_who_has_seen_enough_is_no_failure(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Seen())
    assert main(command) == 0


def test_closed_streams_take_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main(RUN) == 0
    assert main(["run", "nothing.yaml"]) == 2
    sys.stdout.close()
    sys.stderr.close()


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    assert main(RUN) == 2
    assert "No space left on device" in said.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_a_terminal_does_not_know(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is written in plain letters, and JSON is what it is elsewhere."""
    elsewhere = json.loads(call(*RUN, "--json").out)
    for more in ([], ["--json"]):
        printed = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding=encoding, write_through=True))
        assert main([*RUN, *more]) == 0
        text = printed.getvalue().decode("utf-8" if encoding == "ascii" else encoding)
        assert json.loads(text) == elsewhere if more else "P50" in text


@pytest.mark.parametrize("columns", ["0", "1", "20"])
def test_a_terminal_of_any_width(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert call(*RUN).code == 0


def test_a_folder_whose_name_is_no_utf8(tmp_path: Path) -> None:
    """It is run, extended, compared with, replayed and exported; what is written about it is UTF-8."""
    out = os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff")
    assert call("run", "t.yaml", "-n", 3, "-w", 1, "--out", out).code == 0
    assert call("run", "--extend", out, "-n", 5, "-w", 1).code == 0
    assert call("replay", out).code == 0
    assert call("compare", out, "t.yaml", "-w", 1).code == 0
    for name in ("all.csv", "all.xlsx", "all.parquet"):
        assert call("results", out, "--in", ".", "--export", name).code == 0
    for text in Path(out).glob("*.json"):
        json.loads(text.read_bytes())


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe that nobody writes to and a device without an end would be read for ever."""
    os.mkfifo(tmp_path / "pipe.yaml")
    for name in ("pipe.yaml", "/dev/zero", "x" * 300, "x" * 300 + ".yaml", "a\0b.yaml", str(tmp_path)):
        for command in (["run", name], ["compare", name, "t.yaml"], ["plan", "t.yaml", "--options", name]):
            refused = call(*command, *(["--by", "2021-01-01"] if command[0] == "plan" else []))
            assert refused.code == 2, (command, refused)
            assert "Traceback" not in refused.err


@pytest.mark.parametrize("out", ["x" * 300, "t.yaml/x", "/proc/none"])
def test_a_folder_that_cannot_be_made_is_refused(out: str) -> None:
    for command in (
        ["run", "t.yaml"],
        ["compare", "t.yaml", "base"],
        ["sweep", "t.yaml", "--vary", "sites.s.count=1,2"],
    ):
        refused = call(*command, "-n", 3, "-w", 1, "--out", out)
        assert refused.code == 2, (command, refused)
    assert call("explain", "t.yaml", "-w", 1, "--out", out).code == 2


def test_a_folder_that_may_not_be_read_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("all/closed").mkdir(parents=True)
    assert call(*RUN, "--out", "all/mine").code == 0
    look = Path.is_file

    def denied(path: Path) -> bool:
        if path.parent.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return look(path)

    monkeypatch.setattr(Path, "is_file", denied)
    listed = call("results", "--in", "all")
    assert listed.code == 0, listed.err
    assert "mine" in listed.out


def test_the_schema_stands_without_docstrings() -> None:
    """`python -OO` takes them away, and each description in the schema that was one of them."""

    class Bare:
        def __call__(self, _core: object) -> dict[str, object]:
            return self.resolve_ref_schema({})

        def resolve_ref_schema(self, _schema: object) -> dict[str, object]:
            curve = {"patternProperties": {"all": {"additionalProperties": {"type": "number"}}}}
            return {"title": "WayOut", "properties": {"cumulative": curve, "hazard_ratio": {}}}

    schema = WayOut.__get_pydantic_json_schema__({}, Bare())  # type: ignore[arg-type]
    assert schema["title"] == "WayOut"
    assert len(schema["anyOf"]) == 2
