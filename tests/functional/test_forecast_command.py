"""`forecast` and `backtest` as a person calls them, and what they say to bad input."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from command_line import call
from flask import Flask, g

from sim.exchange.upload import Upload
from sim.forecast.backtest.track_record import LABELS
from sim.forecast.continued import futures
from sim.web.pages.forecast.forecast_tab import _Asked
from sim.web.pages.forecast.observed_data import DataState, Files, keep, typed
from sim.web.settings import Settings
from sim.web.state import State
from sim.web.studio import Studio
from sim.web.work.jobs import Jobs

OPENS = date(2023, 1, 2)
PLAN = """
name: plan
trial: {target: 80, enrolment_opens: 2023-01-02, horizon_months: 60, planned: {primary_completion: 2024-06-01}}
arms: {A: {allocation: 1}, B: {allocation: 1}}
sites:
  north: {referrals_per_month: {uncertain: gamma, mean: 3, cv: 0.4}}
  south:
    count: 2
    referrals_per_month: {uncertain: gamma, mean: 1.5, cv: 0.4}
    activation_delay_days: {dist: uniform, low: 0, high: 200}
follow_up: {visit_weeks: [4, 12], primary_endpoint_week: 12, leaving: {withdrawal: {12: 0.1}}, database_lock_days: 30}
"""


@pytest.fixture(scope="module", autouse=True)
def few_of_a_plan() -> Iterator[None]:
    """A plan is simulated 24 times and not 96: its numbers are read here, and tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(futures, "_PLANNED", 24)
        futures._in_short.cache_clear()
        yield
    futures._in_short.cache_clear()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    path.write_text(PLAN)
    return path


def log(path: Path, n: int = 30, every: float = 8.0, site: str = "north") -> Path:
    """An enrolment log: one every so many days, two thirds of them at one site."""
    rows = ["participant,site,date,arm"]
    for i in range(n):
        where = site if i % 3 else "south 1"
        rows.append(f"P{i},{where},{OPENS + timedelta(days=int(every * i + 3))},{'AB'[i % 2]}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_forecast_answers_with_dates_odds_changes_and_what_ifs(plan: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.yaml"
    other.write_text(f"name: more sites\nextends: {plan}\nsites: {{south: {{count: 4}}}}\n")
    out = tmp_path / "out"
    arguments = (
        "forecast", plan, "--observed", log(tmp_path / "log.csv"), "--as-of", "2023-09-15", "--what-if", other,
        "-n", 60, "-w", 1, "--out", out,
    )  # fmt: skip
    done = call(*arguments)
    assert done.code == 0, done.err
    assert done.out.split("\n")[1].startswith("The last of the 80 participants is randomised by 20")
    for words in (
        "Note: 1 site of the scenario is not in the data",
        "The last of the 80 participants is randomised by 20",
        "On 2023-09-15, 30 of 80 are randomised",
        "Primary completion by 2024-06-01, as planned:",
        "randomisations a month until 2024-03-09",
        "Since the plan, the median date of the database lock has moved by",
        "more sites: the last randomisation moves by -",
    ):
        assert words in " ".join(done.out.split()), done.out
    before = {item.name: item.read_bytes() for item in out.iterdir() if item.name != "manifest.json"}
    assert sorted(before) == ["forecast.json", "milestones.csv", "replications.csv", "report.html", "study.json"]
    assert call(*arguments[:-4], "-w", 2, "--out", out).code == 0
    after = {item.name: item.read_bytes() for item in out.iterdir() if item.name != "manifest.json"}
    assert {name for name in before if name != "report.html" and before[name] != after[name]} == set()


def test_a_what_if_may_be_the_plan_with_changes_as_the_studio_shows_them(plan: Path, tmp_path: Path) -> None:
    """The same dates as from a file that says so; another scenario with changes may be named too."""
    other = tmp_path / "more.yaml"
    other.write_text(f"name: more sites\nextends: {plan}\nsites: {{south: {{count: 4}}}}\n")
    done = call(
        "forecast", plan, "--observed", log(tmp_path / "log.csv"), "-n", 30, "-w", 1, "--out", tmp_path / "out",
        "--what-if", other, "--what-if", "sites.south.count=4", "--what-if", f"{other} trial.target=85", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    asked, same, third = json.loads(done.out)["what_ifs"]
    assert [asked["name"], same["name"]] == ["more sites", "plan, south, number of sites 4"]
    assert same | {"name": ""} == asked | {"name": ""}
    assert third["name"] == "more sites, participants to randomise 85"
    wrong = call("forecast", plan, "--observed", tmp_path / "log.csv", "--what-if", "sites.south.count='4")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "--what-if: cannot be read: No closing quotation" in wrong.err


def test_the_studio_shows_the_command_of_a_forecast_with_all_its_what_ifs(tmp_path: Path) -> None:
    studio = Studio(Settings(tmp_path), Jobs(Settings(tmp_path).limits), lambda _: None)
    brought = Upload("log.csv", log(tmp_path / "log.csv").read_bytes())
    with Flask(__name__).test_request_context("/"):
        g.visitor = "0" * 32
        data = DataState(files=(keep(studio, brought),), as_of="2023-09-15")
        state, plan = State.of("seed=7&replications=40"), "set=trial.target%3D60"
        more, one = ["scenario=two-more-sites"], ["sites.general_hospital.count=4", "'trial.name=a b' trial.target=70"]
        found = _Asked(studio, state, data, plan, more, one, is_constant=True)._command()
        tried = _Asked(studio, state, data, plan, more, one[:1], is_constant=True)._what_ifs()
    # the command adds the first for its --set, so the page does too
    assert (tried[0].name, len(tried)) == ("without participants to randomise 60", 3)
    assert shlex.split(found) == [
        "trialclock", "forecast", "base", "--set", "trial.target=60", "--observed", "log.csv", "--as-of", "2023-09-15",
        "--what-if", "two-more-sites", "--what-if", "sites.general_hospital.count=4",
        "--what-if", "'trial.name=a b' trial.target=70", "--constant-rates", "--replications", "40", "--seed", "7",
    ]  # fmt: skip


def test_several_files_are_a_folder_on_the_command_line() -> None:
    uploads = tuple(Upload(name, b"") for name in ("dm.csv", "ds.csv"))
    assert typed(Files(uploads, [], None, None), DataState()) == "folder-of-dm.csv-ds.csv"


def test_set_is_compared_with_the_scenario_as_it_was(plan: Path, tmp_path: Path) -> None:
    done = call(
        "forecast", plan, "--observed", log(tmp_path / "log.csv"), "--set", "trial.target=60", "-n", 30, "-w", 1,
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    document = json.loads(done.out)
    assert document["target"] == 60
    assert document["what_ifs"][0]["name"] == "without participants to randomise 60"
    assert document["what_ifs"][0]["median_days"]["last_randomised"]["value"] > 0


def test_a_target_that_is_met_is_told_with_its_date(plan: Path, tmp_path: Path) -> None:
    done = call(
        "forecast", plan, "--observed", log(tmp_path / "log.csv"), "--set", "trial.target=20", "-n", 20, "-w", 1,
        "--out", tmp_path / "out",
    )  # fmt: skip
    met = OPENS + timedelta(days=8 * 19 + 3)
    assert f"The target of 20 was met on {met}; the database is locked by" in " ".join(done.out.split())
    assert "cannot be said" not in done.out, "what is over is known"


def test_fewer_than_five_are_answered_with_the_plan(plan: Path, tmp_path: Path) -> None:
    done = call(
        "forecast", plan, "--observed", log(tmp_path / "log.csv", 3), "-n", 40, "-w", 1, "--out", tmp_path / "out"
    )
    assert done.code == 0
    text = " ".join(done.out.split())
    assert "Warning: only 3 randomised so far: the data say next to nothing, and the prior answers." in text
    assert "Note: only 3 randomised: the data say next to nothing of the rate" in text
    assert "before the data, the open sites' rate is the plan's" in text
    assert "The last of the 80 participants is randomised by 202" in text


def test_a_site_that_the_scenario_does_not_have_is_told(plan: Path, tmp_path: Path) -> None:
    data = log(tmp_path / "log.csv", site="Elsewhere")
    done = call("forecast", plan, "--observed", data, "-n", 20, "-w", 1, "--out", tmp_path / "out")
    text = " ".join(done.out.split())
    assert "1 site of the data is not named in the scenario, and taken by size: Elsewhere as north 1" in text
    rows = [line.replace("north", f"Z{i}") for i, line in enumerate(log(tmp_path / "b.csv").read_text().splitlines())]
    (tmp_path / "b.csv").write_text("\n".join(rows))
    done = call("forecast", plan, "--observed", tmp_path / "b.csv", "-n", 20, "-w", 1, "--out", tmp_path / "out2")
    assert "of the data are not in the scenario, and added: Z" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--as-of", "2020-01-01"], "the as-of date is before the first record (2023-01-05) (got 2020-01-01)"),
        (["--as-of", "soon"], "--as-of: must be a date, as YYYY-MM-DD (got soon)"),
        (
            ["--set", "trial.enrolment_opens=2023-03-01"],
            "somebody was randomised on 2023-01-05, before the scenario's day 0",
        ),
        (["--set", "trial.horizon_months=3"], "the data go beyond the end of the simulated time"),
        (["--columns", "colour=x"], "there is no role 'colour'"),
        (["--sites", "nowhere.csv"], "nowhere.csv: there is no such file"),
    ],
)
def test_bad_input_to_forecast_is_told_in_one_message(
    plan: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    done = call("forecast", plan, "--observed", log(tmp_path / "log.csv"), *options, "--out", tmp_path / "out")
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_an_as_of_date_after_the_last_record_is_a_warning(plan: Path, tmp_path: Path) -> None:
    data = log(tmp_path / "log.csv")
    done = call(
        "forecast", plan, "--observed", data, "--as-of", "2023-12-31", "-n", 20, "-w", 1, "--out", tmp_path / "o"
    )
    assert done.code == 0
    assert "the as-of date is 128 days after the last record (2023-08-25); taken as fact: nobody since then" in done.err
    assert "nobody randomised for 128 days, where one came every 8.0 days" in " ".join(done.out.split())


# --- backtest


def test_a_backtest_says_how_forecasts_came_out(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("one", "two", "three"):
        days = np.cumsum(random.exponential(5, 60)).astype(int)
        rows = [f"{OPENS + timedelta(days=int(day))},{'XY'[int(random.integers(2))]}" for day in days]
        (folder / f"{name}.csv").write_text("date,site\n" + "\n".join(rows) + "\n")
    done = call("backtest", folder, "--at", "30%,60%", "-w", 1, "--out", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert [trial["name"] for trial in document["trials"]] == ["one", "three", "two"]
    assert len({(row["trial"], row["cut"]) for row in document["cuts"]}) == 6
    methods = set(LABELS)
    assert set(document["summary"]["last randomisation"]) == methods
    assert set(document["summary"]["90 % of the target"]) == methods
    assert document["summary"]["last randomisation"]["homogeneous_poisson"]["relative_log_crps"] == 1.0
    assert sorted(item.name for item in (tmp_path / "out").iterdir()) == [
        "backtest.json", "cuts.csv", "manifest.json", "methods.csv", "report.html", "study.json", "trials.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--at", "0.5,nothing"], "give shares of the target between 0 and 100 %"),
        (["--every", "monthly"], "give days, as in 30d"),
        (["--at", "50%", "--every", "30d"], "give --at or --every, not both"),
        (["--target", "500"], "only 30 were randomised, so nobody knows when 500 would have been"),
        (["--every", "9999d"], "no cut is left"),
    ],
)
def test_bad_input_to_backtest_is_told_in_one_message(tmp_path: Path, options: list[str], message: str) -> None:
    done = call("backtest", log(tmp_path / "log.csv"), *options, "--out", tmp_path / "out")
    assert (done.code, message in done.err) == (2, True), done.err


def test_dates_that_can_be_read_in_two_ways_stop_a_command_that_nobody_watches(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("date\n" + "\n".join(f"0{1 + i}/0{1 + i % 5}/2023" for i in range(8)) + "\n")
    done = call("backtest", path, "--out", tmp_path / "out")
    assert done.code == 2
    assert "say which with --dates dmy or --dates mdy" in done.err
    assert call("fit", path, "--dates", "dmy", "--out", tmp_path / "out").code == 0


def test_a_forecast_says_how_far_to_trust_it_and_what_comes_soon(plan: Path, tmp_path: Path) -> None:
    """On the console and in JSON: the record of its stage, near questions with theirs, the plan as a prior."""
    data = log(tmp_path / "log.csv", 40)
    done = call("forecast", plan, "--observed", data, "-n", 40, "-w", 1, "--out", tmp_path / "out")
    text = " ".join(done.out.split())
    assert "How far to trust it: 80 % intervals of forecasts made at 35 % to 65 % of the target held in" in text
    assert "randomised in the next 90 days" in text
    assert "as plans of publicly funded trials have come true" in text
    document = json.loads((tmp_path / "out" / "forecast.json").read_text(encoding="utf-8"))
    assert document["track_record"][0]["forecasts"] == "made at 35 % to 65 % of the target"
    questions = {row["question"]: row for row in document["near"] if row["site"] is None}
    assert questions["randomised in the next 30 days"]["p10"]["value"] >= 0
    assert questions["date of the next 25% of the target"]["dates"][1] > "2023"
    assert 0.6 < questions["date of the next 25% of the target"]["track_record"]["covers_80"] < 0.95
    assert sum(row["site"] is not None for row in document["near"]) == 2
    assert "What comes soon?" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_what_is_told_of_recruitment_is_in_the_answer(plan: Path, tmp_path: Path) -> None:
    """An announced end is the headline; a closed period to come and openings are repeated."""
    data = log(tmp_path / "log.csv", 30)
    done = call(
        "forecast", plan, "--observed", data, "-n", 40, "-w", 1, "--out", tmp_path / "out", "--sites-a-month", 1,
        "--closed", "2024-01-01..2024-01-31", "--ends", "2024-06-30",
    )  # fmt: skip
    assert done.code == 0, done.err
    text = " ".join(done.out.split())
    assert "Recruitment ends on 2024-06-30 with" in text
    assert "recruitment is taken as closed from 2024-01-01 to 2024-01-31 (31 days), as told" in text
    assert "1 site opens a month from now on, as told" in text
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    first = page.index("Target randomised")
    assert first < page.index("Participants randomised: observed"), "a card says whether the target is met"
    assert "2024-07" in page[first:], "the chart goes on to the end of recruitment"


def test_planned_closings_and_an_announced_end_are_in_what_fit_writes_and_end_a_forecast(tmp_path: Path) -> None:
    """Both sites close on planned days, one of them after the announced end, which comes first."""
    data, sites = log(tmp_path / "log.csv", 30), tmp_path / "sites.csv"
    sites.write_text("site,activated,planned closing\nnorth,2023-01-02,2023-10-01\nsouth 1,2023-01-02,2023-12-31\n")
    asked = (data, "--sites", sites, "--target", 60, "--out")
    done = call("fit", *asked, tmp_path / "fitted", "--ends", "2023-11-30")
    assert done.code == 0, done.err
    plan = (tmp_path / "fitted" / "fitted.yaml").read_text(encoding="utf-8")
    assert [line.split()[1] for line in plan.splitlines() if "closes:" in line] == ["2023-12-01", "2023-10-01"]
    (tmp_path / "plan.yaml").write_text(PLAN)
    done = call(
        "forecast", tmp_path / "plan.yaml", "--observed", data, "--sites", sites, "-n", 20, "-w", 1,
        "--set", "sites.south.count=1", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.code == 0, done.err
    text = " ".join(done.out.split())
    assert "Recruitment ends on 2023-12-30 with" in text
    assert "the last site closes on 2023-12-31, as planned, and recruitment ends" in text
    assert "never" in text


def test_an_announced_end_is_known_to_every_forecast_of_a_backtest(tmp_path: Path) -> None:
    """The last of 30 came on day 235: an end on that day bounds every forecast; one before it is refused."""
    data, last = log(tmp_path / "log.csv", 30), OPENS + timedelta(days=235)
    asked = ("backtest", data, "--at", "80%", "-w", 1, "--json")
    free = json.loads(call(*asked, "--out", tmp_path / "free").out)
    done = call(*asked, "--ends", last, "--out", tmp_path / "told")
    assert done.code == 0, done.err
    assert "Recruitment ends on" in (tmp_path / "told" / "report.html").read_text(encoding="utf-8")
    answer = json.loads(done.out)
    assert answer["trials"][0]["told"] == [f"recruitment ends on {last}, as told"]
    for before, after in zip(free["cuts"], answer["cuts"], strict=True):
        days_left = (last - date.fromisoformat(after["as_of"])).days
        if after["goal"] == "last randomisation":
            assert after["high80_days"] <= days_left < before["high80_days"] or after["method"] == "recent_rate"
    assert call(*asked, "--ends", last - timedelta(days=1), "--out", tmp_path / "none").code == 2


def test_a_backtest_says_on_how_many_trials_a_forecast_was_scored(tmp_path: Path) -> None:
    """Of two trials one has sites."""
    one = log(tmp_path / "one.csv", 12)
    (tmp_path / "two.csv").write_text(
        "\n".join(["date", *(line.split(",")[2] for line in one.read_text().splitlines()[1:])])
    )
    done = call("backtest", one, tmp_path / "two.csv", "--at", "50%", "-w", 1, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    text = " ".join(done.out.split())
    assert "(1 of 2" in text
    assert "Poisson-gamma by site (1 of 2 trials)" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["forecast", "fit", "backtest"])
def test_a_closed_period_that_cannot_be_is_refused(command: str, plan: Path, tmp_path: Path) -> None:
    data = log(tmp_path / "log.csv", 30)
    told = ("forecast", plan, "--observed", data) if command == "forecast" else (command, data)
    done = call(*told, "--closed", "2023-03-01..2023-02-01")
    assert done.code == 2
    assert "--closed: the first day is after the last" in done.err or "first day is after the last" in done.err
