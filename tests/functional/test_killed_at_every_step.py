"""Killed before or after any change of the disk, the same command goes on, to the bytes of one never killed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import call
from dying import Dying
from test_api_experiments import OPTIONS, SMALL

COMMANDS: dict[str, list[Any]] = {
    "run": ["small.yaml", "-n", 100],
    "compare": ["small.yaml", "small.yaml", "--set", "2:sites.s.count=2", "-n", 8],
    "sweep": ["small.yaml", "--vary", "sites.s.count=1,2", "-n", 8],
    "explain": ["small.yaml", "-n", 96],
    "plan": ["small.yaml", "--options", "ways.yaml", "--by", "2020-06-01", "-n", 480],
}


def left(folder: Path) -> dict[str, bytes]:
    """All files that a command leaves, but for manifests, which say when, and the trials kept to go on from."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json" and path.suffix != ".npz"
    }


def ask(name: str, out: Path) -> None:
    answer = call(name, *COMMANDS[name], "-w", 1, "--no-report", "--out", out)
    assert answer.code == 0, answer


def check(name: str, out: Path, whole: dict[str, bytes], at: int, before: bool) -> None:
    """One death, and the same command again."""
    shutil.rmtree(out, ignore_errors=True)
    with Dying(at, before).alive():
        ask(name, out)
    ask(name, out)
    assert left(out) == whole, (name, at, before)


@pytest.fixture
def whole(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, bytes], int]:
    """What the command leaves when nobody kills it, and how many changes of the disk that takes."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(yaml.safe_dump(SMALL))
    Path("ways.yaml").write_text(yaml.safe_dump(OPTIONS))
    counting = Dying()
    with counting.alive():
        ask(request.node.callspec.params["name"], tmp_path / "out")
    return left(tmp_path / "out"), counting.n


@pytest.mark.parametrize("name", COMMANDS)
def test_a_death_while_the_answer_is_written(name: str, whole: tuple[dict[str, bytes], int], tmp_path: Path) -> None:
    """In the last part, in which tables, page and manifest are written; three places of it."""
    files, n = whole
    for at, before in ((n - 9, False), (n - 6, True), (n - 3, False)):
        check(name, tmp_path / "out", files, at, before)


@pytest.mark.parametrize("name", ["plan"])
def test_a_death_while_a_part_is_kept(name: str, whole: tuple[dict[str, bytes], int], tmp_path: Path) -> None:
    """Nothing half-written stays among the parts that are kept."""
    check(name, tmp_path / "out", whole[0], at=5, before=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_death_anywhere(name: str, whole: tuple[dict[str, bytes], int], tmp_path: Path) -> None:
    files, n = whole
    for at in range(1, n + 1):
        for before in (True, False):
            check(name, tmp_path / "out", files, at, before)
