"""Sweeps: one tidy table that agrees with runs of its own, on the same random numbers everywhere."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from command_line import call
from conftest import ROOT, simplest_file

from sim.api.sweep import sweep_in_folder
from sim.errors import InputError, RunInterrupted
from sim.experiment.execution import ALONE, Execution
from sim.experiment.run.start import run_in_folder
from sim.experiment.sweep.points import AS_IS, GRID, LATIN_HYPERCUBE, make_points, parse_factor, parse_factors
from sim.experiment.sweep.table import Swept
from sim.report.sweep import words
from sim.report.sweep.axes import best_of, comparable_of
from sim.report.sweep.document import answer
from sim.scenario.load import load, load_scenario

BASE = str(ROOT / "scenarios" / "base.yaml")
RATE, COUNT, OPENS = "sites.s.referrals_per_month", "sites.s.count", "trial.enrolment_opens"
MANY = ",".join(map(str, range(1, 102)))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Swept, Path]:
    """A Poisson site at three rates, with a planned date and a price."""
    folder = tmp_path_factory.mktemp("sweep")
    planned = {"planned": {"primary_completion": "2021-06-01"}}
    scenario = simplest_file(folder, "one", trial=planned, costs={"currency": "USD", "site_month": 100.0})
    out = folder / "out"
    return sweep_in_folder(scenario, [f"{RATE}=2.0,4.0,8.0"], replications=60, out=out, execution=ALONE), out


# --- the table


def test_a_point_is_the_run_of_its_scenario(swept: tuple[Swept, Path], tmp_path: Path) -> None:
    """What the table says of a point is what a run of that scenario says."""
    found, out = swept
    scenario = load_scenario(out.parent / "one.yaml", [f"{RATE}=4.0"])
    run = run_in_folder(scenario, replications=60, out=tmp_path / "run", execution=ALONE)
    row = found.table.iloc[1]
    milestones, odds = run.milestones(), run.odds()
    for name in milestones.index:
        for column in ("p10", "p50", "p80_low", "p80_high"):
            assert np.array_equal(row[f"{name}_{column}"], milestones.at[name, column], equal_nan=True)
    for event in odds.index:
        assert row[f"probability_{event}_high"] == odds.at[event, "probability_high"]
    assert row["mean_cost"] == run.costs().loc["all", "mean"]
    assert row[RATE] == 4.0


def test_the_same_random_numbers_at_every_point(swept: tuple[Swept, Path]) -> None:
    """At twice and four times the rate every day is exactly a half and a quarter, and the difference is paired."""
    table = swept[0].table
    days = table["last_randomised_p50"]
    assert days.iloc[0] == pytest.approx(2 * days.iloc[1], rel=1e-12)
    assert days.iloc[0] == pytest.approx(4 * days.iloc[2], rel=1e-12)
    assert table["last_randomised_p50_later"].tolist() == pytest.approx([0.0, -days.iloc[0] / 2, -days.iloc[0] * 0.75])
    width = table["last_randomised_p50_later_high"] - table["last_randomised_p50_later_low"]
    assert width.iloc[0] == 0.0
    assert (width.iloc[1:] > 0).all()


def test_points_that_open_on_other_dates_are_ranked_by_date(tmp_path: Path) -> None:
    """The same trial opened a year earlier takes as many days and is done a year earlier."""
    scenario, out = simplest_file(tmp_path, "one"), tmp_path / "out"
    varied = [f"{OPENS}=2021-01-01,2020-01-01", f"{COUNT}=1,2"]
    found = sweep_in_folder(scenario, varied, replications=10, out=out, execution=ALONE, page=False)
    first = words.outcomes(found)[0]
    days = comparable_of(found, first)
    assert [days[0] - days[2], days[1] - days[3]] == pytest.approx([366, 366])
    assert "2020-01-01" in best_of(found, first)


def test_files_agree(swept: tuple[Swept, Path]) -> None:
    """CSV, Parquet and JSON have the same points; the page is whole and self-contained."""
    found, out = swept
    parquet = pq.read_table(out / "sweep.parquet").to_pandas()
    csv = pd.read_csv(out / "sweep.csv")
    pd.testing.assert_frame_equal(parquet, found.table, check_dtype=False)
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False, rtol=1e-9)
    document = json.loads((out / "sweep.json").read_text())
    assert [point["settings"] for point in document["points"]] == [{RATE: 2.0}, {RATE: 4.0}, {RATE: 8.0}]
    assert document["points"][2]["last_randomised_p50"]["value"] == pytest.approx(parquet["last_randomised_p50"][2])
    assert sorted(path.name for path in out.iterdir()) == [
        "manifest.json",
        "points",
        "study.json",
        "sweep.csv",
        "sweep.html",
        "sweep.json",
        "sweep.parquet",
    ]
    assert len(list((out / "points").iterdir())) == 3


def test_a_point_can_be_compared_and_opened(swept: tuple[Swept, Path], tmp_path: Path) -> None:
    """A point's folder is a run like any other."""
    from sim.api.comparison import compare_in_folder

    folders = [str(results.path) for results in swept[0].results]
    compared = compare_in_folder([folders[0], folders[2]], out=tmp_path / "out", page=False)
    change = compared.median(compared.comparison.pairs[0], "last_randomised")
    assert change["difference"] == swept[0].table["last_randomised_p50_later"].iloc[2]


def test_never_reached_points_are_rows(tmp_path: Path) -> None:
    """A point at which nothing is reached has a row with infinite days, and every figure and sentence copes."""
    scenario = simplest_file(tmp_path, "slow", trial={"horizon_months": 12})
    out = tmp_path / "out"
    found = sweep_in_folder(scenario, [f"{RATE}=0.5,1.0,9.0"], replications=30, out=out, execution=ALONE)
    assert np.isinf(found.table["last_randomised_p50"].iloc[:2]).all()
    assert found.table["probability_never_reached"].tolist()[:2] == [1.0, 1.0]
    assert "latest at" in words.headline(found)
    json.dumps(answer(found), allow_nan=False)
    nothing = sweep_in_folder(scenario, [f"{RATE}=0.5,1.0"], replications=30, out=tmp_path / "two", execution=ALONE)
    assert words.headline(nothing).startswith("At no point")
    assert (out / "sweep.html").stat().st_size > 1_000_000  # with plotly.js in it


# --- points


def _points(texts: list[str], design: str = GRID, n: int | None = None, scenario: str = BASE) -> list[dict[str, Any]]:
    loaded = load(scenario)
    points = make_points(loaded, parse_factors(texts, design, loaded), design, n, seed=1)
    return [dict(point.settings) for point in points]


def test_a_grid_is_every_combination_in_order() -> None:
    """The last path varies fastest, and values are read as in a file."""
    found = _points(["cells.suites=1,2", "site_defaults.activation_delay_days={dist: uniform, low: 1, high: 9},30"])
    assert [point["cells.suites"] for point in found] == [1, 1, 2, 2]
    assert found[0]["site_defaults.activation_delay_days"] == {"dist": "uniform", "low": 1, "high": 9}
    assert found[1]["site_defaults.activation_delay_days"] == 30


def test_a_value_can_be_left_as_it_is_or_switched_off() -> None:
    """`as-is` keeps what the scenario says, `off` takes a named part out."""
    loaded = load(BASE)
    factors = parse_factors([f"screening.criteria.no_hcc={AS_IS},off"], GRID, loaded)
    points = make_points(loaded, factors, GRID, None, 1)
    assert ["no_hcc" in point.scenario.screening.criteria for point in points] == [True, False]
    assert [point.described() for point in points] == ["criteria.no_hcc=as-is", "criteria.no_hcc=off"]


def test_what_a_group_takes_from_the_defaults_can_be_varied_for_it_alone() -> None:
    """Coordinators of one group, which the file says for all sites at once."""
    loaded = load(BASE)
    factors = parse_factors(["sites.general_hospital.coordinators=1,3"], GRID, loaded)
    points = make_points(loaded, factors, GRID, None, 1)
    assert [point.scenario.sites["general_hospital"].coordinators for point in points] == [1, 3]
    assert loaded.scenario.sites["national_liver_centre"] == points[0].scenario.sites["national_liver_centre"]


def test_a_latin_hypercube_spreads_over_every_range() -> None:
    """Each tenth of a range has one of ten points; whole numbers and dates stay what they are; it is the same again."""
    texts = ["site_defaults.never_enrols=0.0..0.5", "sites.general_hospital.count=1..5"]
    texts += ["trial.enrolment_opens=2019-10-01..2019-10-10", "screening.criteria.no_hcc=as-is,off"]
    found = _points(texts, LATIN_HYPERCUBE, 10)
    shares = sorted(point["site_defaults.never_enrols"] for point in found)
    assert [int(share / 0.05) for share in shares] == list(range(10))
    counts = sorted(point["sites.general_hospital.count"] for point in found)
    assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    days = {point["trial.enrolment_opens"] for point in found}
    assert days == {date(2019, 10, day) for day in range(1, 11)}
    assert [point["screening.criteria.no_hcc"] for point in found].count(False) == 5
    assert found == _points(texts, LATIN_HYPERCUBE, 10)
    assert len(_points(texts[:2], LATIN_HYPERCUBE)) == 20


@pytest.mark.parametrize(
    ("texts", "design", "message"),
    [
        (["sites.generl_hospital.count=1,2"], GRID, "did you mean 'sites.general_hospital.count'?"),
        (["cells.suites=2,two"], GRID, "cells.suites: must be a whole number (got 'two')"),
        (["sites.general_hospital.count=2,2.5"], GRID, "must be a whole number (got 2.5)"),
        (["randomisation.method=simple,permutd_blocks"], GRID, "did you mean 'permuted_blocks'?"),
        (["cells.suites=1"], GRID, "needs two values or more"),
        (["cells.suites=1,1"], GRID, "the value 1 stands twice"),
        (["cells.suites"], GRID, "write PATH=V1,V2,..."),
        (["cells.suites=1,[2"], GRID, "cannot be read as a list of values"),
        (["cells.suites=1,2", "cells.suites=3,4"], GRID, "is varied twice"),
        (["cells.suites=1,2", "cells=null,as-is"], GRID, "is part of cells.suites, or has it as a part"),
        (["experiment.seed=1,2"], GRID, "--seed are options of their own"),
        (["arms.MSC.allocation=1,2"], GRID, "these do not go together: MSC.allocation=1"),
        (["cells.suites=1..4"], GRID, "LOW..HIGH is for --design latin-hypercube"),
        (["cells.suites=4..1"], LATIN_HYPERCUBE, "LOW must be less than HIGH"),
        (["cells.suites=a..b"], LATIN_HYPERCUBE, "needs two numbers or two dates"),
        (["site_defaults.never_enrols=0.5..1.5"], LATIN_HYPERCUBE, "site_defaults.never_enrols: must be"),
        ([f"{path}={MANY}" for path in ("trial.target", "cells.suites")], GRID, "at most 10,000 points (got 10,201)"),
    ],
)  # fmt: skip
def test_bad_points_are_refused_before_anything_runs(texts: list[str], design: str, message: str) -> None:
    """One clear message that names the path, the value and what is allowed."""
    with pytest.raises(InputError) as error:
        _points(texts, design)
    assert message in str(error.value)
    assert error.value.exit_code == 2


def test_everything_wrong_is_said_at_once() -> None:
    """Two bad paths are two lines."""
    with pytest.raises(InputError) as error:
        _points(["sites.generl_hospital.count=1,2", "cells.suite=1,2"])
    assert len(error.value.problems) == 2


def test_a_range_of_decimals_is_of_four_digits() -> None:
    """So that tables and folder names stay readable, and the same everywhere."""
    assert parse_factor("x=0.1..0.2", LATIN_HYPERCUBE).at(1 / 3) == 0.1333
    assert parse_factor("x=1..2", LATIN_HYPERCUBE).at(0.999) == 2
    assert parse_factor("x=1.0..2", LATIN_HYPERCUBE).at(0.999) == 1.999


# --- folders, bytes, and going on


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def test_the_same_bytes_with_one_and_two_workers_and_after_a_stop(tmp_path: Path) -> None:
    """Two workers share the points, a stopped sweep goes on where it was, and no byte differs."""
    scenario = simplest_file(tmp_path, "one")
    vary = [f"{RATE}=2.0,4.0", "trial.target=20,30"]
    folders = [tmp_path / name for name in ("one-worker", "two-workers", "stopped")]
    sweep_in_folder(scenario, vary, replications=100, out=folders[0], execution=ALONE)
    totals: set[int] = set()
    sweep_in_folder(
        scenario,
        vary,
        replications=100,
        out=folders[1],
        execution=Execution(workers=2, progress=lambda _, total: totals.add(total)),
    )
    assert totals == {400}

    def stop(done: int, _total: int) -> None:
        if done >= 196:
            raise KeyboardInterrupt

    with pytest.raises(RunInterrupted, match="stopped after 196 of 400 replications of 4 scenarios"):
        sweep_in_folder(scenario, vary, replications=100, out=folders[2], execution=Execution(workers=1, progress=stop))
    assert not (folders[2] / "sweep.csv").exists()
    seen: list[int] = []
    sweep_in_folder(
        scenario,
        vary,
        replications=100,
        out=folders[2],
        execution=Execution(workers=1, progress=lambda done, _: seen.append(done)),
    )
    assert seen[:3] == [0, 100, 196]
    assert _files(folders[0]) == _files(folders[1]) == _files(folders[2])
    assert not list(tmp_path.rglob(".lock"))


# --- the command


def test_the_command(tmp_path: Path) -> None:
    """A sentence and a row a point; --json is one document; nothing is written on bad input."""
    scenario = simplest_file(tmp_path, "one")
    common = ["--replications", "30", "--workers", "1", "--no-report", "--out", str(tmp_path / "out")]
    result = call("sweep", scenario, "--vary", f"{COUNT}=1,2", *common)
    text = " ".join(result.out.split())
    assert result.code == 0
    assert text.startswith("The median last enrolment is earliest at s.count=2")
    assert "From s.count=1 to s.count=2 it moves" in text
    document = json.loads(call("sweep", scenario, "--vary", f"{COUNT}=1,2", *common, "--json").out)
    assert len(document["points"]) == 2
    bad = call("sweep", scenario, "--vary", "sites.s.coun=1,2", "--out", str(tmp_path / "bad"))
    assert bad.code == 2
    assert "did you mean 'sites.s.count'?" in bad.message
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what is varied"),
        (["--vary", f"{COUNT}=1,2", "--points", "5"], "a grid has as many points as its values make"),
        (["--vary", f"{COUNT}=1,2", "--set", "trial.targt=3"], "did you mean 'target'?"),
    ],
)
def test_bad_options(tmp_path: Path, arguments: list[str], message: str) -> None:
    """One message, exit code 2, nothing written."""
    result = call("sweep", simplest_file(tmp_path, "one"), *arguments, "--out", str(tmp_path / "out"))
    assert result.code == 2
    assert message in result.message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("vary", "design", "n_figures"),
    [
        ([f"{RATE}=2.0,{{uncertain: lognormal, median: 4, sigma: 0.3}}"], GRID, 5),
        (["trial.target=20,30", f"{RATE}=2.0,4.0"], GRID, 5),
        (["trial.target=20..30", f"{RATE}=2.0..4.0"], LATIN_HYPERCUBE, 5),
        (
            ["trial.target=20..30", f"{RATE}=2.0..4.0", f"{OPENS}=2020-01-01..2020-03-01"],
            LATIN_HYPERCUBE,
            6,
        ),
    ],
)
def test_there_is_a_figure_for_each_kind_of_sweep(tmp_path: Path, vary: list[str], design: str, n_figures: int) -> None:
    """A line for one path, a heat map or marks for two, parallel coordinates for more; each has its words and data."""
    from sim.report.sweep.figures import exhibits

    planned = {"planned": {"primary_completion": "2021-06-01"}}
    scenario = simplest_file(tmp_path, "one", trial=planned, costs={"currency": "USD", "site_month": 100.0})
    n_points = 4 if design == LATIN_HYPERCUBE else None
    found = sweep_in_folder(
        scenario,
        vary,
        design=design,
        n_points=n_points,
        replications=12,
        out=tmp_path / "out",
        page=False,
        execution=ALONE,
    )
    figures = exhibits(found)
    assert len(figures) == n_figures
    for exhibit in figures:
        assert exhibit.figure is not None
        assert exhibit.figure.data
        assert len(exhibit.summary) > 20
    kinds = {type(trace).__name__ for exhibit in figures for trace in exhibit.figure.data}
    expected = {1: "Scatter", 2: "Heatmap" if design == GRID else "Scatter", 3: "Scatter"}[len(vary)]
    assert expected in kinds
    assert math.isfinite(found.table["mean_cost"].iloc[0])
