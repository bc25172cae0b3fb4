"""A run is the same run where its results are the same: what readers need decides nothing; edits are noticed."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import call
from conftest import scenario_of, simplest_file

import sim
import sim.experiment.program as program
from sim.experiment.identity import Identity
from sim.experiment.program import simulating_files, without_comments

N = 4
NOTES = "question: Why?\nsources:\n  trial.target: {grade: D, source: our own plan}\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    simplest_file(tmp_path, "t", trial={"target": 3})


def run(*more: Any) -> Any:
    return call("run", "t.yaml", "-n", N, "-w", 1, *more)


class _Docstrings(ast.NodeTransformer):
    """Puts `...` where a docstring is."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Expr(ast.Constant(...))
        return node


def test_only_comments_and_docstrings_of_the_source_decide_nothing() -> None:
    """What is left of each file that counts does the same as the file."""
    for file in simulating_files():
        source = file.read_text()
        left = ast.parse(without_comments(source))
        assert ast.dump(left) == ast.dump(_Docstrings().visit(ast.parse(source))), file
    code = "def f(a):\n    return a + 1\n"
    commented = "# why\n\ndef f(a):  # how\n\n    # so\n    return a + 1  # one\n"
    assert without_comments(commented) == code
    text = 'x = "# no comment"\n'
    assert without_comments(text) == text


def test_what_simulates_is_all_in_the_fingerprint() -> None:
    """Every module of scenarios that the simulation imports counts, but for what says what answers are called."""
    counted = {file.as_posix() for file in simulating_files()} | {"/sim/scenario/entry.py"}
    for file in [file for file in simulating_files() if "/scenario/" not in file.as_posix()]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim.scenario."):
                place = "/" + node.module.replace(".", "/")
                assert any(f"{place}.py" in other or f"{place}/" in other for other in counted), (file, node.module)


def test_versions_of_the_libraries_that_compute_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, ids = scenario_of(), []
    for library in ("", "numpy", "scipy", "pandas"):
        monkeypatch.setattr(program, "version", lambda name, other=library: "9.9" if name == other else "1.0")
        program.program_fingerprint.cache_clear()
        ids.append(Identity(scenario, 1, N).short)
    program.program_fingerprint.cache_clear()
    assert len(set(ids)) == 3
    assert ids[0] == ids[3]


def test_the_id_is_of_what_changes_results() -> None:
    scenario = scenario_of()
    same = scenario.model_copy(update={"question": "Why?"})
    mine = Identity(scenario, 1, N).short
    assert Identity(same, 1, N, typed="other.yaml", assumptions=[{"path": "x"}]).short == mine
    others = [Identity(scenario, 2, N), Identity(scenario, 1, N + 1), Identity(scenario_of(trial={"target": 9}), 1, N)]
    assert mine not in {other.short for other in others}


def test_a_changed_note_simulates_nothing_again() -> None:
    """Without --out it is the same folder; its report and manifest say the new question."""
    assert run().code == 0
    (folder,) = Path("results").iterdir()
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    old = Path("t.yaml").read_text()
    Path("t.yaml").write_text(old + NOTES)
    assert run().code == 0
    assert list(Path("results").iterdir()) == [folder]
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")} == before
    assert json.loads((folder / "manifest.json").read_text())["run"]["scenario"]["question"] == "Why?"
    assert "Why?" in (folder / "report.html").read_text()
    assert json.loads(call("results", "--json").out)[0]["status"] == "finished"


def test_another_name_is_not_answered_from_the_old() -> None:
    assert run("--out", "out").code == 0
    Path("t.yaml").write_text(Path("t.yaml").read_text().replace("name: t", "name: other"))
    answer = json.loads(run("--out", "out", "--json").out)
    assert answer["scenario"] == "other"
    assert "other" in Path("out/report.html").read_text()


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("manifest.json", "seed", 2),
        ("manifest.json", "replications", 3),
        ("manifest.json", "scenario", {}),
        ("manifest.json", "program", "0123456789abcdef"),
        ("run.json", "seed", 2),
        ("run.json", "replications", 90),
    ],
)
def test_an_edited_identity_is_noticed(name: str, key: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one message, whether the run is gone on with, extended, listed, or compared with."""
    assert run("--out", "out").code == 0
    manifest = Path("out/manifest.json")
    path = Path("out") / name
    if name == "run.json":
        path.write_text(json.dumps(json.loads(manifest.read_text())["run"]))
        manifest.unlink()
    found = json.loads(path.read_text())
    (found["run"] if name == "manifest.json" else found)[key] = value
    path.write_text(json.dumps(found))
    for command in (
        ["run", "t.yaml", "-n", N, "--out", "out"],
        ["run", "--resume", "out"],
        ["run", "--extend", "out", "-n", 90],
        ["compare", "out", "t.yaml"],
        ["replay", "out"],
    ):
        refused = call(*command, *(["-w", 1] if command[0] != "replay" else []))
        assert refused.code == 2, (command, refused)
        assert "was changed by hand" in refused.message or "was not finished" in refused.message, refused
        assert len(refused.message.splitlines()) == 1
    (entry,) = json.loads(call("results", "--in", ".", "--json").out)
    assert entry["status"] == "damaged"


def test_a_chunk_of_another_run_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are named after their run too: one that was copied here from another seed is noticed."""
    with monkeypatch.context() as patched:
        patched.setattr("sim.experiment.run.execute.complete", _killed)
        for seed in (1, 2):
            with pytest.raises(_Killed):
                run("--seed", seed, "--out", f"out{seed}")
    (chunk,) = Path("out1/chunks").iterdir()
    for path in Path("out2/chunks").iterdir():
        path.unlink()
    chunk.rename(Path("out2/chunks") / chunk.name)
    refused = call("run", "--resume", "out2", "-w", 1)
    assert "this chunk was changed after it was written" in refused.message


class _Killed(BaseException):
    pass


def _killed(*_: object) -> None:
    raise _Killed


def test_a_scenario_is_given_in_python_by_name_file_mapping_or_object() -> None:
    """All are the same run: nothing is simulated again, and a mapping may extend what comes with the program."""
    more: dict[str, Any] = {"replications": N, "workers": 1, "report": False}
    first = sim.run("t.yaml", **more)
    assert first.identity["typed"] == "t.yaml"
    said = yaml.safe_load(Path("t.yaml").read_text())
    assert {sim.run(given, **more).path for given in (said, sim.load_scenario("t.yaml"), Path("t.yaml"))} == {
        first.path
    }
    assert sim.run({"name": "mine", "extends": "classroom"}, **more).scenario.name == "mine"
