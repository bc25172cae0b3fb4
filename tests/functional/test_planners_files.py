"""Every file of planners is read right, or asked about with the option that answers it; every plan runs right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED, Simulated

import sim
from sim.errors import InputError
from sim.exchange.findings import QuestionError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from, read_observed
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of
from sim.scenario.load import load_scenario
from sim.scenario.remarks import remarks

CASES = SHARED / "cases"
FILES, BROKEN, TRIALS = CASES / "planners-files", CASES / "broken-inputs", CASES / "trials"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not here")


def read(name: str, folder: Path | None = None, **how: object) -> ObservedTrial:
    content = ((folder or FILES) / name).read_bytes()
    return observed_from([table_of(content, name)], said=Said(**how))  # type: ignore[arg-type]


READ: dict[str, tuple[int, str]] = {  # how many are randomised by when
    "b_none.csv": (57, "2024-02-29"),
    "b_blank.csv": (57, "2024-02-29"),
    "c_cum2.csv": (18, "2024-04-30"),
    "c_cum3.csv": (18, "2024-04-30"),
    "c_yearmonth.csv": (18, "2024-02-29"),
    "c_mmmyy.csv": (18, "2024-04-30"),
    "c_week.csv": (18, "2024-01-28"),
    "x_sheets.xlsx": (50, "2024-03-31"),
    "x_cover.xlsx": (50, "2024-03-31"),
    "x_title.xlsx": (50, "2024-03-31"),
    "x_mixed.xlsx": (50, "2024-03-31"),
    "n_nasite.csv": (50, "2024-03-31"),
    "v_na.csv": (50, "2024-03-31"),
    "v_utf16.csv": (50, "2024-03-31"),
    "iso_dm.csv": (6, "2024-06-10"),
    "part_dm.csv": (6, "2024-06-10"),
    "p_month.csv": (63, "2024-03-31"),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_right(name: str) -> None:
    n, last = READ[name]
    trial = read(name)
    assert (trial.n_randomised, trial.last) == (n, date.fromisoformat(last))
    assert trial.account.lines()[0].startswith("Read as ")


ASKED: dict[str, tuple[str, dict[str, object], int]] = {  # what the question offers, an answer, and then how many
    "v_futrand.csv": ("--as-of 2024-03-31", {"as_of": date(2024, 3, 31)}, 50),
    "pooled.csv": ("--study T1", {"study": "T1"}, 40),
    "pool_dm.csv": ("--study S1", {"study": "S1"}, 6),
    "oc.tsv": ('--status "removed=..."', {"status": {"removed": "left"}}, 5),
    "r_raw.csv": (
        "screen_outcome:1=...",
        {"status": {"screen_outcome:1": "randomised", "screen_outcome:2": "screen failure", "eos_reason:3": "left"}},
        5,
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_doubt_is_asked_about_with_the_option_that_answers_it(name: str) -> None:
    offered, answer, n = ASKED[name]
    with pytest.raises(QuestionError) as raised:
        read(name)
    assert offered in str(raised.value)
    assert read(name, **answer).n_randomised == n


@pytest.mark.parametrize(
    ("folder", "name", "words"),
    [
        (FILES, "NCT00000000.json", "trialclock new NAME --from-registry FILE"),
        (BROKEN, "counts-915-bytes.csv", "no trial has more than 1,000,000"),
        (BROKEN, "counts-inf.csv", "is not a number"),
    ],
)
def test_what_is_no_data_of_a_trial_is_said_with_what_reads_it(folder: Path, name: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        read(name, folder)
    assert words in str(raised.value)


@pytest.mark.parametrize("name", ["base_sf.csv", "v_na.csv", "v_utf16.csv", "x_cover.xlsx", "x_sheets.xlsx"])
def test_a_file_that_says_the_same_is_the_same_trial(name: str) -> None:
    """Its forecast is then the same as well: 1 in screening, and the last of 70 in September 2024."""
    base, other = read("base.csv").people, read(name).people
    assert np.array_equal(base.ids, other.ids)
    assert np.array_equal(base.status, other.status)
    assert np.array_equal(base.randomised, other.randomised, equal_nan=True)
    assert np.array_equal(base.screened, other.screened, equal_nan=True)


@pytest.mark.parametrize("name", ["lastvisit.csv", "lastvisit0.csv"])
def test_a_last_visit_is_no_way_out(name: str, tmp_path: Path) -> None:
    """All 50 are in, the last since 2024-03-31; 52 weeks and 30 days later the database is locked."""
    answer = sim.forecast(
        FILES / "plan50.yaml", FILES / name, sites=FILES / "sites.csv", as_of="2024-03-31", replications=8, workers=1,
        out=tmp_path / "out", report=False,
    )  # fmt: skip
    assert str(answer.milestones().loc["database_lock", "p50_date"]) == "2025-04-29"


def test_months_to_come_change_nothing() -> None:
    """Empty counts of months that are not over are not zeros."""
    blank, none = read("b_blank.csv"), read("b_none.csv")
    assert np.array_equal(blank.days, none.days)
    assert blank.account.ignored == (("months to come, without a count", 6),)


def test_sdtm_without_randomized_takes_the_start_of_those_with_an_arm() -> None:
    tables = [table_of((FILES / name).read_bytes(), name.removeprefix("norand_")) for name in
              ("norand_dm.csv", "norand_ds.csv")]  # fmt: skip
    trial = observed_from(tables)
    assert trial.n_randomised == 8
    assert any("DS has no RANDOMIZED; RFSTDTC of those with an arm" in note for note in trial.account.notes)
    assert read_observed(BROKEN / "sdtm-randomised").n_randomised == 2


def test_sites_that_a_spreadsheet_stripped_of_zeros_are_the_same_sites() -> None:
    base = table_of((FILES / "base.csv").read_bytes(), "base.csv")
    trials = [observed_from([base], table_of((FILES / name).read_bytes(), name)) for name in
              ("sites.csv", "sites_excel.csv")]  # fmt: skip
    first, second = ([(site.name, site.activated) for site in trial.sites] for trial in trials)
    assert first == second
    assert any("spelled differently" in note for note in trials[1].account.notes)


@pytest.mark.parametrize(
    ("name", "column", "low", "high"),
    [
        ("s26_cap1.yaml", "day_last_randomised", 43, 57),  # the 10th of a Poisson process of 6 a month: day 49
        ("s23_caps.yaml", "day_last_randomised", 735, 785),  # 150 at 6 a month: day 759
        ("s15_simon.yaml", "day_last_randomised", 480, 540),  # 42 more at 3 a month, and 70 days of review
        ("s15b.yaml", "day_last_randomised", 480, 540),
    ],
)
def test_a_plan_ends_when_it_should(name: str, column: str, low: float, high: float) -> None:
    days = Simulated(load_scenario(FILES / name), 96, seed=3)[column]
    assert not np.isnan(days).any(), "it is reached in every trial"
    assert low < np.median(days) < high


def test_a_limit_of_each_site_is_remarked_on_where_it_reads_like_one_of_the_group() -> None:
    (remark,) = remarks(load_scenario(FILES / "s25_countrycap.yaml"))
    assert "caps: {china: {groups: china, randomised: 60}}" in remark


def test_a_group_of_601_sites_runs() -> None:
    found = Simulated(load_scenario(TRIALS / "c601.yaml", ["trial.target=20"]), 2)
    assert not np.isnan(found["day_last_randomised"]).any()


@pytest.mark.parametrize("name", ["empty-criterion.yaml", "endless-rate.yaml", "long-extends.yaml"])
def test_a_scenario_that_cannot_be_simulated_is_refused_with_its_line(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}:\d+: "):
        load_scenario(BROKEN / name)
