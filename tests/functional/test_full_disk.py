"""A disk that is full: every command that writes says so in one line, with exit code 2."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from command_line import call
from conftest import simplest_file

OPTIONS = {
    "name": "o",
    "levers": {
        "t": {
            "path": "trial.target",
            "values": [3, {"value": 2, "cost": 1, "source": {"grade": "D", "source": "assumption"}}],
        }
    },
}
DATA = "Month,Enrolled\n2020-01,3\n2020-02,4\n2020-03,2\n2020-04,3\n"
WRITERS = {
    "run": ("run", "t.yaml", "-n", 3, "-w", 1, "--out", "OUT/r"),
    "compare": ("compare", "t.yaml", "u.yaml", "-n", 3, "-w", 1, "--out", "OUT/c"),
    "sweep": ("sweep", "t.yaml", "--vary", "trial.target=2,3", "-n", 3, "-w", 1, "--out", "OUT/s"),
    "explain": ("explain", "t.yaml", "-n", 96, "-w", 1, "--out", "OUT/x"),
    "plan": ("plan", "t.yaml", "--options", "o.json", "--by", "2020-06-01", "-n", 200, "-w", 1, "--out", "OUT/p"),
    "forecast": ("forecast", "t.yaml", "--observed", "d.csv", "-n", 10, "-w", 1, "--out", "OUT/f"),
    "fit": ("fit", "d.csv", "--out", "OUT/fit"),
    "play": ("play", "t.yaml", "-k", 0, "--out", "OUT/p.html"),
    "trace": ("trace", "t.yaml", "--format", "csv", "--out", "OUT/t.csv"),
    "sdtm": ("trace", "t.yaml", "--format", "sdtm", "--out", "OUT/sdtm"),
    "replay": ("replay", "done", "--out", "OUT/e.csv"),
    "new": ("new", "OUT/mine"),
    "reference": ("reference", "--out", "OUT"),
} | {
    f"export {kind}": ("results", "--in", ".", "done", "--export", f"OUT/z.{kind}")
    for kind in ("csv", "xlsx", "parquet", "pdf", "pptx", "ics", "xml")
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with scenarios, options, data and a finished run."""
    folder = tmp_path_factory.mktemp("disk")
    simplest_file(folder, "t", trial={"target": 30})
    simplest_file(folder, "u", trial={"target": 20})
    (folder / "o.json").write_text(json.dumps(OPTIONS))
    (folder / "d.csv").write_text(DATA)
    done = call("run", folder / "t.yaml", "-n", 3, "-w", 1, "--no-report", "--out", folder / "done")
    assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize("what", WRITERS)
def test_a_full_disk_is_one_line(what: str, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reaches the disk: files cannot be synced to it."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.chdir(here)
    monkeypatch.setattr(os, "fsync", full)
    done = call(*(str(part).replace("OUT", str(tmp_path)) for part in WRITERS[what]))
    assert done.code == 2, (done.code, done.err)
    assert "No space left on device" in done.message
    said = [line for line in done.message.splitlines() if not line.startswith("Data: ")]  # what was read comes first
    assert len(said) == 1, done.message
    assert not list(tmp_path.rglob("*.part"))
