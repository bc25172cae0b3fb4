"""What a name means is the same in every command, and what is not there is never taken from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call
from conftest import simplest_file

PARENTS = [
    "a" * 300,
    "a/" * 200 + "b.yaml",
    '"a\\0b"',
    ".",
    "..",
    "/dev/zero",
    "x.yaml",
    "[a]",
    "''",
    "' '",
    '"\\e[31m\\n"',
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    simplest_file(tmp_path, "t", trial={"target": 3})


@pytest.mark.parametrize(
    "parent",
    ["../missing/base.yaml", "missing/base.yaml", "https://example.org/base.yaml", "/missing/base.yaml", "./base.yaml"],
)
def test_extends_never_falls_back(parent: str) -> None:
    """What has a folder before it is that file, and not the scenario of this name that comes with the program."""
    Path("x.yaml").write_text(f"name: x\nextends: {parent}\n")
    refused = call("validate", "x.yaml")
    assert refused.code == 2
    assert refused.message.startswith("x.yaml:2: extends: there is no such file: did you mean 'base.yaml'?")
    assert call("validate", "missing/base.yaml").code == 2


@pytest.mark.parametrize("parent", PARENTS)
def test_hostile_parents_are_refused(parent: str) -> None:
    Path("x.yaml").write_text(f"name: x\nextends: {parent}\n")
    refused = call("validate", "x.yaml")
    assert refused.code == 2, refused
    assert refused.message.startswith("x.yaml:2: extends: ")
    assert refused.message.strip().isprintable(), "one line, and nothing that moves or colours a terminal"
    assert len(refused.message) < 600


def test_what_is_no_file_is_not_suggested_in_its_own_place() -> None:
    Path("folder.yaml").mkdir()
    Path("broken.yaml").symlink_to("nowhere")
    for name in ("folder.yaml", "broken.yaml"):
        Path("x.yaml").write_text(f"name: x\nextends: {name}\n")
        refused = call("validate", "x.yaml").message
        assert "there is no such file" in refused
        assert refused.count(name) == 1, "what was written, and no hint"


def test_files_that_extend_each_other_are_refused() -> None:
    Path("a.yaml").write_text("name: a\nextends: b.yaml\n")
    Path("b.yaml").write_text("name: b\nextends: a.yaml\n")
    assert "a scenario must not extend itself: a.yaml -> b.yaml -> a.yaml" in call("validate", "a.yaml").message


@pytest.mark.parametrize("command", ["run", "validate", "diff", "compare"])
def test_a_folder_is_not_the_scenario_of_its_name(command: str) -> None:
    """In every command `classroom` is the scenario, also where a folder is called so."""
    size = ["-n", 3, "-w", 1, "--out", "out"] if command in ("run", "compare") else []
    other = ["t.yaml"] if command in ("diff", "compare") else []
    alone = call(command, *other, "classroom", *size)
    Path("classroom").mkdir()
    assert call(command, *other, "classroom", *size) == alone
    assert alone.code == 0


def test_a_results_folder_of_a_scenarios_name_must_be_said() -> None:
    assert call("run", "t.yaml", "-n", 3, "-w", 1, "--out", "base").code == 0
    refused = call("compare", "base", "t.yaml", "-n", 3, "-w", 1)
    assert refused.code == 2
    assert "base: may be the scenario or the results folder here; write base.yaml or ./base" in refused.message
    assert call("compare", "./base", "t.yaml", "-n", 3, "-w", 1).code == 0
