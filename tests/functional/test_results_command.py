"""`results`: which runs are here, found by name, scenario or hash, exported to other programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from command_line import call

from sim.analysis.modelled import has_measure
from sim.errors import RunInterrupted
from sim.experiment.execution import Execution
from sim.experiment.run.results import Results
from sim.experiment.run.start import run_in_folder
from sim.scenario.load import load_scenario

CHANGES = ["trial.target=4", "experiment.keep=1"]
RUN = [part for change in CHANGES for part in ("--set", change)]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs of different scenarios, one that was stopped, and something else. Tests do not change it."""
    folder = tmp_path_factory.mktemp("shelf")
    assert call("run", "base", *RUN, "-n", 30, "-w", 1, "--no-report", "--out", folder / "base-aaaa1111").code == 0
    arguments = ("run", "one-to-one", *RUN, "-n", 20, "-w", 1, "--no-report", "--out", folder / "even-bbbb2222")
    assert call(*arguments).code == 0

    def stop(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted):
        run_in_folder(
            load_scenario("base", CHANGES),
            replications=200,
            out=folder / "base-cccc3333",
            execution=Execution(workers=1, progress=stop),
        )
    (folder / "something-else").mkdir()
    (folder / "README.md").write_text("what runs leave")
    return folder


def listed(shelf: Path, *arguments: Any) -> dict[str, dict[str, Any]]:
    outcome = call("results", *arguments, "--in", shelf, "--json")
    assert outcome.code == 0, outcome.err
    return {entry["run"]: entry for entry in json.loads(outcome.out)}


def test_every_run_is_listed_with_scenario_date_size_and_headline(shelf: Path) -> None:
    found = listed(shelf)
    assert list(found) == ["base-cccc3333", "even-bbbb2222", "base-aaaa1111"]  # unfinished, then the newest
    entry = found["base-aaaa1111"]
    results = Results(shelf / "base-aaaa1111")
    milestones = results.milestones()
    assert entry["scenario"] == "Registry plan"
    assert entry["typed"] == " ".join(["base", *RUN])
    assert entry["replications"] == entry["wanted"] == 30
    assert entry["finished"] == results.manifest["finished"]
    assert entry["size_bytes"] == sum(path.stat().st_size for path in results.path.iterdir())
    assert entry["status"] == "finished"
    day = milestones.loc["database_lock", "p80"]
    assert entry["dates"]["database_lock"]["p80"] == str(results.design.clock.date_of(day))


def test_an_unfinished_run_says_how_far_it_is(shelf: Path) -> None:
    entry = listed(shelf)["base-cccc3333"]
    assert (entry["status"], entry["replications"], entry["wanted"]) == ("unfinished", 96, 200)
    assert "unfinished" in call("results", "--in", shelf).out
    assert "96/200" in call("results", "--in", shelf).out


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--scenario", "registry"], {"base-cccc3333", "base-aaaa1111"}),
        (["--scenario", "ONE-TO-ONE"], {"even-bbbb2222"}),
        (["--scenario", "nothing like it"], set()),
        (["--hash", "bbbb"], {"even-bbbb2222"}),
        (["base-aaaa1111"], {"base-aaaa1111"}),
        (["aaaa"], {"base-aaaa1111"}),
        (["even", "aaaa"], {"even-bbbb2222", "base-aaaa1111"}),
    ],
)
def test_runs_are_found_by_name_scenario_or_hash(shelf: Path, arguments: list[str], names: set[str]) -> None:
    assert set(listed(shelf, *arguments)) == names


def test_runs_are_found_by_the_hash_of_their_scenario(shelf: Path) -> None:
    digest = Results(shelf / "even-bbbb2222").manifest["run"]["scenario_hash"]
    assert set(listed(shelf, "--hash", digest[:12])) == {"even-bbbb2222"}


def test_a_folder_names_a_run_wherever_it_is(shelf: Path) -> None:
    assert [entry["run"] for entry in json.loads(call("results", shelf / "base-aaaa1111", "--json").out)] == [
        "base-aaaa1111"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["base"], "several runs begin like this: base-cccc3333, base-aaaa1111"),
        (["base-aaab1111"], "did you mean 'base-aaaa1111'?"),
        (["aaaa", "--export", "t.doc"], "t.doc: cannot write this kind of file; valid here: .csv, .ics"),
        (["--export", "table.csv"], "base-cccc3333: cannot be exported: it is unfinished"),
        (["--scenario", "zzz", "--export", "table.csv"], "there is no run to export"),
        (["--open"], "name one run"),
        (["aaaa", "--open"], "this run has no report; trialclock run --resume makes one"),
        (["aaaa", "--export", "no/such/folder/table.csv"], "no/such/folder/table.csv: cannot be written"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(
    shelf: Path, arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = call("results", *arguments, "--in", shelf)
    assert outcome.code == 2
    assert message in outcome.err
    assert len(outcome.message.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_without_any_run_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = call("results")
    assert (outcome.code, outcome.out) == (0, "there is no such run in results; trialclock run makes one\n")
    assert call("results", "--in", "nowhere").code == 2


def test_what_was_changed_is_named(shelf: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf / "base-aaaa1111", tmp_path / "base-aaaa1111")
    (tmp_path / "base-aaaa1111" / "summary.csv").write_text("better")
    entry = listed(tmp_path)["base-aaaa1111"]
    assert (entry["status"], entry["notes"]) == ("damaged", ["summary.csv was changed"])
    assert "Warning: base-aaaa1111: summary.csv was changed" in call("results", "--in", tmp_path).out
    (tmp_path / "base-aaaa1111" / "manifest.json").write_text("{")
    assert listed(tmp_path)["base-aaaa1111"]["status"] == "damaged"


# --- export


BOTH = ["aaaa", "bbbb"]


@pytest.fixture(scope="module")
def frames(shelf: Path) -> pd.DataFrame:
    """What an export of both runs is to hold: the measures that their trials have."""
    parts = []
    for name in ("base-aaaa1111", "even-bbbb2222"):
        results = Results(shelf / name)
        measures = results.replications
        frame = measures[[name for name in measures if has_measure(str(name), results.scenario)]].copy()
        frame.insert(0, "scenario", results.scenario.name)
        frame.insert(0, "run", name)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_an_export_has_the_replications_of_all_runs_that_are_named(
    shelf: Path, frames: pd.DataFrame, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"table.{ending}"
    outcome = call("results", *BOTH, "--in", shelf, "--export", path)
    assert outcome.out == f"wrote 50 simulated trials of 2 runs to {path}\n"
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": lambda p: pd.read_excel(p, "replications")}[ending]
    found = read(path)
    assert list(found.columns) == list(frames.columns)
    pd.testing.assert_frame_equal(found, frames, check_dtype=False, check_exact=ending != "xlsx", rtol=1e-12)
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_the_workbook_has_the_runs_and_their_summaries(shelf: Path, tmp_path: Path) -> None:
    call("results", *BOTH, "--in", shelf, "--export", tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", read_only=True)
    assert book.sheetnames == ["runs", "milestones", "summary", "replications"]
    runs = list(book["runs"].iter_rows(values_only=True))
    assert [row[0] for row in runs] == ["run", "base-aaaa1111", "even-bbbb2222"]
    assert [row[4] for row in runs[1:]] == [30, 20]
    summary = pd.read_excel(tmp_path / "a.xlsx", "summary").set_index(["run", "measure"])
    results = Results(shelf / "even-bbbb2222")
    mean = float(np.mean(results.replications["n_referred"]))
    assert summary.loc[("even-bbbb2222", "n_referred"), "mean"] == pytest.approx(mean)
    book.close()


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_the_same_runs_are_exported_to_the_same_bytes(
    shelf: Path, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("results", *BOTH, "--in", shelf, "--export", tmp_path / f"a.{ending}")
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    call("results", *BOTH, "--in", shelf, "--export", tmp_path / f"b.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_measures_that_only_one_run_has_are_empty_in_the_other(shelf: Path, tmp_path: Path) -> None:
    arguments = ["run", "base", *RUN, "--set", "screening.criteria.no_hcc=off", "-n", 5, "-w", 1, "--no-report"]
    assert call(*arguments, "--out", tmp_path / "other").code == 0
    call("results", tmp_path / "other", shelf / "base-aaaa1111", "--export", tmp_path / "t.csv")
    found = pd.read_csv(tmp_path / "t.csv")
    assert found["n_failed_first_no_hcc"].isna().tolist() == [True] * 5 + [False] * 30
    assert found["n_referred"].notna().all()


def test_open_shows_the_report_of_one_run(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", opened.append)
    shutil.copytree(shelf / "base-aaaa1111", tmp_path / "base-aaaa1111")
    (tmp_path / "base-aaaa1111" / "report.html").write_text("<html>")
    assert call("results", "aaaa", "--in", tmp_path, "--open").code == 0
    assert opened == [str(tmp_path / "base-aaaa1111" / "report.html")]


# --- comparisons and other experiments


def test_experiments_are_listed_with_what_they_say(tmp_path: Path) -> None:
    """What the command said first, the page where there is one, and how an unfinished one goes on; runs stay apart."""
    files = ("base", "one-to-one", *RUN)
    assert call("compare", *files, "-n", 20, "-w", 1, "--out", tmp_path / "compared").code == 0
    vary = ("base", *RUN[2:], "--vary", "trial.target=3,4")
    assert call("sweep", *vary, "-n", 20, "-w", 1, "--no-report", "--out", tmp_path / "swept").code == 0
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "study.json").write_text('{"kind": "explain"}')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "plan.json").write_text("{}")
    printed = " ".join(call("results", "--in", tmp_path).out.split())
    assert "there is no such run" in printed  # their runs are in folders of their own
    assert "begun (explain) not finished; run the same command again to continue" in printed
    said = json.loads((tmp_path / "compared" / "comparison.json").read_text())["comparisons"][0]["sentences"][0]
    assert said in printed
    assert f"Page: {(tmp_path / 'compared' / 'comparison.html').as_posix()}" in printed
    said = json.loads((tmp_path / "swept" / "sweep.json").read_text())["sentences"][0]
    assert said in printed
    assert printed.count("Page: ") == 1
    assert "plan.json is damaged; the same command writes it again" in printed
    assert "compared" not in call("results", "--in", tmp_path, "--scenario", "x").out
