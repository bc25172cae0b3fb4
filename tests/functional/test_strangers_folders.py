"""Folders of results that came from elsewhere, with hashes to match: one message and exit code 2, never a defect."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import call
from conftest import simplest_file

from sim.experiment.files import file_hash
from sim.experiment.identity import _check

Change = Callable[[pa.Table], pa.Table]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs, `mine` and `other`."""
    folder = tmp_path_factory.mktemp("made")
    scenario = simplest_file(folder, "t", trial={"target": 3})
    for name in ("mine", "other"):
        done = call("run", scenario, "--replications", 3, "--no-report", "--workers", 1, "--out", folder / name)
        assert done.code == 0, done.err
    return folder


@pytest.fixture
def there(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "there")
    return tmp_path / "there"


def _with(name: str, values: list[Any]) -> Change:
    def changed(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index(name), name, pa.array(values))

    return changed


def _sealed(run: Path) -> None:
    """Let the manifest say the hashes that the files have now, and its own."""
    found = json.loads((run / "manifest.json").read_text())
    found["files"] = {name: file_hash(run / name) for name in found["files"]}
    found["run"]["check"] = _check(found["run"])
    (run / "manifest.json").write_text(json.dumps(found))


def _refused(*command: object) -> str:
    done = call(*command)
    said = done.message
    assert done.code == 2, done.err
    assert said.count("\n") < 2, said
    assert len(said) < 800, said
    return said


TABLES: dict[str, tuple[str, Change, str]] = {
    "lacks a column": ("replications", lambda t: t.drop_columns(["day_last_dose"]), "lacks the column 'day_last_dose'"),
    "a column twice": ("events", lambda t: t.append_column("amount", t.column("amount")), "twice"),
    "of another type": ("replications", _with("day_last_dose", [[1.0]] * 3), "has list"),
    "too few rows": ("replications", lambda t: t.slice(0, 2), "has 2 rows, and the run has 3 simulated trials"),
    "not in order": ("replications", lambda t: t.take([2, 0, 1]), "in order"),
    "no outcome": ("replications", _with("outcome", ["zz"] * 3), "an outcome that no trial has (zz)"),
    "no date": ("replications", _with("day_end", [1e308, 1.0, 1.0]), "has 1e+308 in the column 'day_end'"),
    "infinite": ("replications", _with("day_last_dose", [float("inf")] * 3), "has inf in the column 'day_last_dose'"),
    "another table": ("enrolment", lambda _: pa.table({"a": [1]}), "lacks the column 'replication'"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_no_run_wrote_is_one_message(there: Path, kind: str) -> None:
    """Whatever is done with the run, it says what is wrong with which table; in a list it is named as damaged."""
    name, change, words = TABLES[kind]
    path = there / "mine" / f"{name}.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    _sealed(there / "mine")
    for command in (
        ("run", "--resume", there / "mine"),
        ("run", "--extend", there / "mine", "--replications", 4),
        ("compare", there / "mine", there / "other"),
    ):
        said = _refused(*command)
        assert f"{name}.parquet" in said
        assert words in said
    assert "damaged" in _refused("results", there / "mine", "--export", there / "all.csv")
    listed = json.loads(call("results", "--in", there, "--json").out)
    assert {entry["run"]: entry["status"] for entry in listed} == {"mine": "damaged", "other": "finished"}


def test_events_or_days_that_no_trial_has_are_not_carried_on(there: Path) -> None:
    """A run is given more trials only where what it has can be read back."""
    path = there / "mine" / "enrolment.parquet"
    table = pq.read_table(path)
    pq.write_table(_with("day", [float("nan")] * len(table))(table), path)
    _sealed(there / "mine")
    said = _refused("run", "--extend", there / "mine", "--replications", 4, "--workers", 1)
    assert "no run writes such tables" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("replications", []),
        ("seed", True),
        ("keep", -1),
        ("scenario", {"name": ["a"]}),
        ("typed", 3),
        ("assumptions", [1]),
        ("until", {"rule": 1}),
    ],
)
def test_an_identity_of_a_wrong_kind_is_one_message(there: Path, key: str, value: object) -> None:
    """Also where its check was made to match."""
    path = there / "mine" / "manifest.json"
    found = json.loads(path.read_text())
    found["run"][key] = value
    path.write_text(json.dumps(found))
    _sealed(there / "mine")
    for command in (("run", "--resume", there / "mine"), ("compare", there / "mine", there / "other")):
        assert key in _refused(*command)


@pytest.mark.parametrize("how", ["folder", "link to itself", "link to nothing", "cut", "empty"])
@pytest.mark.parametrize("name", ["manifest.json", "replications.parquet"])
def test_what_is_no_file_any_more_is_one_message(there: Path, name: str, how: str) -> None:
    """A folder, a link that leads nowhere, or half a file in place of a file."""
    path = there / "mine" / name
    data = path.read_bytes()
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how.startswith("link"):
        path.symlink_to(path.name if how == "link to itself" else "nothing")
    else:
        path.write_bytes(data[: len(data) // 2] if how == "cut" else b"")
    for command in (("run", "--resume", there / "mine"), ("compare", there / "mine", there / "other")):
        _refused(*command)


@pytest.mark.parametrize("name", ["summary.csv", "curves.parquet", "replications.parquet"])
def test_a_workbook_that_cannot_be_written_leaves_no_complaint(
    there: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sheets that were begun are closed: the interpreter has nothing to say when it collects them."""
    file = there / "mine" / name
    content = file.read_bytes()
    file.write_bytes(content[:40] + b"\xff\xfe\x00" + content[43:])
    _sealed(there / "mine")
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    done = call("results", there / "mine", "--export", tmp_path / "t.xlsx")
    gc.collect()
    assert done.code in (0, 2)
    assert name != "summary.csv" or done.code == 2
    assert ignored == []
