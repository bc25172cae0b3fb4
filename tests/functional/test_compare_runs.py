"""Comparisons as folders and as a command: the same bytes, gone on with, and refused where they cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from command_line import call
from conftest import ROOT, simplest_file

from sim.api.comparison import compare_in_folder
from sim.errors import ResultsError, RunInterrupted, UsageError
from sim.experiment.comparison.sides import Comparison
from sim.experiment.execution import ALONE, Execution
from sim.report.comparison import words

BASE = str(ROOT / "scenarios" / "base.yaml")


@pytest.fixture
def poisson(tmp_path: Path) -> tuple[str, str]:
    return simplest_file(tmp_path, "one"), simplest_file(
        tmp_path, "two", sites={"s": {"count": 1, "referrals_per_month": 4.0}}
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("manifest.json", "comparison.json")
    }


def test_the_same_bytes_with_one_and_two_workers(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """Every file of a comparison is the same bytes whatever the number of workers; so is what JSON says."""
    found = []
    for workers in (1, 2):
        out = tmp_path / f"workers{workers}"
        compare_in_folder(poisson, replications=120, out=out, execution=Execution(workers=workers))
        found.append(_files(out))
        document = json.loads((out / "comparison.json").read_text())
        for side in document["scenarios"]:
            side.pop("results")
        found.append(document)
    assert found[0] == found[2]
    assert found[1] == found[3]
    assert {"pairs.parquet", "milestones.csv", "comparison.html"} <= set(found[0])


def test_finished_runs_are_used_again_and_folders_can_be_named(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """A second comparison simulates nothing, and so does one of the folders that the first left."""
    out = tmp_path / "out"
    first = compare_in_folder(poisson, replications=50, out=out, page=False, execution=ALONE)
    calls: list[tuple[int, int]] = []
    again = compare_in_folder(
        poisson,
        replications=50,
        out=out,
        page=False,
        execution=Execution(workers=1, progress=lambda *c: calls.append(c)),
    )
    assert calls[-1] == (100, 100)
    assert len(calls) == 3  # nothing done, the first found complete, the second
    folders = [side.results.path.as_posix() for side in first.comparison.sides]
    named = compare_in_folder(folders, out=tmp_path / "other", page=False)
    mixed = compare_in_folder([folders[0], poisson[1]], out=tmp_path / "mixed", page=False)
    for other in (again, named, mixed):
        pd.testing.assert_frame_equal(
            first.pairs().drop(columns="scenario"), other.pairs().drop(columns="scenario"), check_exact=True
        )


def test_runs_of_other_sizes_are_compared_as_far_as_both_go(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """A run of 60 and one of 40 are compared over the first 40, and the answer says so."""
    sixty = compare_in_folder(poisson, replications=60, out=tmp_path / "a", page=False, execution=ALONE)
    forty = compare_in_folder(poisson, replications=40, out=tmp_path / "b", page=False, execution=ALONE)
    folders = [str(sixty.comparison.sides[0].results.path), str(forty.comparison.sides[1].results.path)]
    both = compare_in_folder(folders, out=tmp_path / "c", page=False)
    assert both.comparison.pairs[0].n == 40
    assert "different numbers of replications" in " ".join(words.caveats(both))
    pd.testing.assert_frame_equal(
        both.pairs().drop(columns="scenario"), forty.pairs().drop(columns="scenario"), check_exact=True
    )


def test_a_stopped_comparison_goes_on(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """Stopped in the second run, the same command goes on there and leaves the bytes of one that was never stopped."""
    whole = tmp_path / "whole"
    compare_in_folder(poisson, replications=200, out=whole, page=False, execution=ALONE)

    def stop(done: int, total: int) -> None:
        if done >= 296:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(RunInterrupted, match="stopped after 296 of 400"):
        compare_in_folder(poisson, replications=200, out=out, page=False, execution=Execution(workers=1, progress=stop))
    seen: list[int] = []
    compare_in_folder(
        poisson,
        replications=200,
        out=out,
        page=False,
        execution=Execution(workers=1, progress=lambda done, _: seen.append(done)),
    )
    assert 296 in seen
    assert 96 not in seen
    assert _files(out) == _files(whole)


# --- the command


def test_the_command_answers_in_a_sentence_and_in_json(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """The first line is the answer; --json prints one document; --set changes all, or one by its number."""
    common = ["--replications", "60", "--workers", "1", "--no-report"]
    out = tmp_path / "out"
    result = call("compare", *poisson, *common, "--out", str(out))
    text = " ".join(result.out.split())
    assert text.startswith("two is earlier by ")
    assert "of paired trials" in text
    assert "What differs" in text
    sets = ["--set", "trial.target=20", "--set", "2:trial.target=10"]
    result = call("compare", poisson[0], poisson[0], *common, *sets, "--out", str(tmp_path / "set"), "--json")
    document = json.loads(result.out)
    assert [side["target"] for side in document["scenarios"]] == [20, 10]
    assert document["comparisons"][0]["inputs"] == [{"path": "trial.target", "reference": "20", "value": "10"}]
    assert document["folder"] == (tmp_path / "set").as_posix()


def _seeds(tmp_path: Path, poisson: tuple[str, str]) -> list[str]:
    runs = [
        compare_in_folder(poisson, replications=20, seed=seed, out=tmp_path / str(seed), page=False, execution=ALONE)
        for seed in (1, 2)
    ]
    return [str(run.comparison.sides[i].results.path) for i, run in enumerate(runs)]


def test_runs_with_other_seeds_are_refused(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """The message names both seeds and the folder, and nothing is written."""
    folders = _seeds(tmp_path, poisson)
    with pytest.raises(ResultsError, match=r"this run's seed is 2, and that of .* is 1; only runs with the same seed"):
        compare_in_folder(folders, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(ResultsError, match="this run's seed is 1, and the one asked for is 9"):
        compare_in_folder([folders[0], poisson[1]], seed=9, out=tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["base"], "name two scenarios or more"),
        (["base", "two-more-site"], "did you mean 'two-more-sites'?"),
        (["base", "base", "--set", "2:trial.targt=3"], "did you mean 'target'?"),
        (["base", "base", "--set", "3:trial.target=4"], "there are scenarios 1 to 2"),
        (["base", "{empty}"], "is not a results folder"),
        (["base", "base", "--out", "{full}"], "is not empty and is not a folder of this command (it has notes.txt)"),
    ],
)
def test_bad_input(tmp_path: Path, arguments: list[str], message: str) -> None:
    """One clear message, exit code 2, nothing simulated."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    filled = [text.format(empty=tmp_path / "empty", full=tmp_path / "full") for text in arguments]
    result = call("compare", *filled, *(() if "--out" in filled else ("--out", str(tmp_path / "out"))))
    assert result.code == 2
    assert message in result.message
    assert not (tmp_path / "out").exists()
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]


def test_a_finished_run_cannot_be_changed(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """--set and the same folder twice are refused for results folders."""
    run = compare_in_folder(poisson, replications=20, out=tmp_path / "a", page=False, execution=ALONE)
    folder = str(run.comparison.sides[0].results.path)
    with pytest.raises(UsageError, match="a finished run cannot be changed"):
        compare_in_folder([folder, poisson[1]], [["trial.target=5"], []], out=tmp_path / "b")
    with pytest.raises(UsageError, match="named twice"):
        compare_in_folder([folder, folder], out=tmp_path / "b")


def test_a_damaged_run_is_refused(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """A results file that was changed is named, whether the folder was named or found."""
    out = tmp_path / "a"
    run = compare_in_folder(poisson, replications=20, out=out, page=False, execution=ALONE)
    folder = run.comparison.sides[0].results.path
    (folder / "replications.parquet").write_bytes(b"not what the run wrote")
    for names, where in (([str(folder), poisson[1]], tmp_path / "b"), (poisson, out)):
        with pytest.raises(ResultsError, match=r"replications\.parquet was changed"):
            compare_in_folder(names, replications=20, out=where, execution=ALONE)
    assert not (tmp_path / "b").exists()


def test_three_scenarios_share_a_reference(tmp_path: Path, poisson: tuple[str, str]) -> None:
    """Each of the others is compared with the first, in the tables and in the sentences."""
    third = simplest_file(tmp_path, "three", trial={"target": 60})
    compared = compare_in_folder([*poisson, third], replications=40, out=tmp_path / "out", page=False, execution=ALONE)
    assert isinstance(compared.comparison, Comparison)
    assert [pair.other.label for pair in compared.comparison.pairs] == ["two", "three"]
    assert set(compared.tables["milestones"]["scenario"]) == {"two", "three"}
    ways: list[Callable[[str], bool]] = [lambda s: "earlier by" in s, lambda s: "later by" in s]
    for pair, is_so in zip(compared.comparison.pairs, ways, strict=True):
        assert is_so(words.headline(compared, pair))
