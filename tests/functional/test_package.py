"""What is installed: the package under both of its names, all its files, and the versions that were tested."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from conftest import ROOT

import sim
import trialclock

LOCKS = ("requirements.txt", "requirements-dev.txt")


def test_both_names_are_the_same_objects() -> None:
    """Every public name of `sim` is the same object in `trialclock`."""
    assert [name for name in sim.__all__ if getattr(trialclock, name) is not getattr(sim, name)] == []
    assert dir(trialclock) == dir(sim)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """`trialclock.nothing` is reported as Python reports it for any module."""
    with pytest.raises(AttributeError, match="'trialclock' has no attribute 'nothing'"):
        trialclock.nothing  # noqa: B018


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """`python -m trialclock` is the command, from any folder."""
    command = [sys.executable, "-m", "trialclock", "--version"]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=surroundings)
    assert done.stdout.strip() == f"trialclock, version {sim.__version__}"


def _build(folder: Path, kind: str, out: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(out)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return next(out.iterdir())


def _packaged(folder: str, inside: str) -> Iterator[str]:
    """Files of a folder of the repository by their names in the wheel, without what Python makes of them."""
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"


def test_a_wheel_built_from_the_source_distribution_has_every_file(tmp_path: Path) -> None:
    """Both packages, every scenario, and the pages that lessons quote are in the wheel; tests and notebooks are not."""
    from sim.lessons.reading import PAGES

    with tarfile.open(_build(ROOT, "sdist", tmp_path / "sdist")) as source:
        source.extractall(tmp_path / "source", filter="data")
    wheel = _build(next((tmp_path / "source").iterdir()), "wheel", tmp_path / "wheel")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {*_packaged("sim", "sim"), *_packaged("trialclock", "trialclock")}
    expected |= {*_packaged("scenarios", "sim/_scenarios"), *(f"sim/_docs/{page.file}" for page in PAGES.values())}
    assert names == expected


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_pin_by_hash_and_name_no_address(name: str) -> None:
    """Every locked version has a hash, so that pip refuses any other file, and no index is named."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_lock_files_have_what_the_project_asks_for() -> None:
    """Each dependency that pyproject.toml names is locked, so that a new one is not forgotten in the lock files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    runtime = [*project["project"]["dependencies"], *extras["web"]]
    everything = [
        *runtime,
        *extras["cluster"],
        *extras["group"],
        *chain.from_iterable(project["dependency-groups"].values()),
    ]
    for name, wanted in zip(LOCKS, (runtime, everything), strict=True):
        locked = set(
            re.findall(r"^([a-z0-9-]+)(?:\[.*?\])?==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        )
        asked = {re.split(r"[\[<>=!~; ]", text)[0].lower() for text in wanted}
        assert asked - locked == set(), name


def test_a_release_is_tried_on_every_version_of_python_that_it_names() -> None:
    """Classifiers and the workflow for other people's machines name the same versions of Python."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    tried = re.findall(r'"(3\.\d+)"', (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert named == list(dict.fromkeys(tried))
