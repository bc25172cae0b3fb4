"""A trial in which nobody is ever randomised: every command gives a whole answer, or one message and exit code 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from command_line import call
from conftest import simplest_file

CHANGES: dict[str, dict[str, Any]] = {
    "nobody consents": {
        "screening": {"consent": 0, "days": 5},
        "arms": {"A": {}, "B": {}},
        "follow_up": {"visit_weeks": [4, 12], "primary_endpoint_week": 12, "leaving": {"lost": {12: 0.05}}},
        "trial": {"target": 6, "horizon_months": 12, "planned": {"study_completion": "2020-12-31"}},
    },
    "nobody is referred": {
        "sites": {"s": {"count": 2, "referrals_per_month": 0}},
        "trial": {"target": 6, "horizon_months": 12},
    },
}


@pytest.fixture(scope="module", params=CHANGES, ids=str)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder with a finished run `r`, its scenario, and the same trial with people to randomise."""
    folder = tmp_path_factory.mktemp("nobody")
    changes = CHANGES[request.param]
    nobody = simplest_file(folder, "nobody", **changes)
    some = simplest_file(folder, "some", trial=changes["trial"])
    done = call("run", nobody, "-n", 6, "--workers", 1, "--out", folder / "r")
    assert done.code == 0, done.err
    assert "reached in none of the simulated trials" in done.out
    assert "nan" not in done.out
    return folder, nobody, some


def _answers(*command: object) -> str:
    done = call(*command, "--workers", 1)
    assert done.code == 0, done.err
    assert "nan" not in done.out.lower().split()
    return done.out


def _refused(*command: object) -> None:
    done = call(*command)
    assert done.code == 2, done.out
    assert done.message.count("\n") == 0, done.message


def test_more_trials_are_as_empty(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    said = json.loads(_answers("run", nobody, "-n", 6, "--out", folder / "r", "--json"))
    assert said["milestones"]["last_randomised"]["share_reached"]["value"] == 0
    assert said["milestones"]["last_randomised"]["p50"]["value"] == {"day": "never", "date": None}
    more = json.loads(_answers("run", nobody, "-n", 8, "--out", folder / "more", "--json"))
    assert more["milestones"]["last_randomised"]["share_reached"]["value"] == 0


def test_a_run_is_extended(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    _answers("run", nobody, "-n", 4, "--out", folder / "short", "--no-report")
    said = json.loads(_answers("run", "--extend", folder / "short", "-n", 8, "--json"))
    assert said["replications"] == 8
    assert said["milestones"]["last_randomised"]["share_reached"]["value"] == 0


def test_a_comparison_says_which_side_never_gets_there(made: tuple[Path, str, str]) -> None:
    folder, nobody, some = made
    said = _answers("compare", nobody, some, "-n", 6, "--out", folder / "compare")
    assert "nobody is not fully recruited" in " ".join(said.split())


def test_a_sweep_has_points_at_which_all_never_get_there(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    said = json.loads(
        _answers("sweep", nobody, "--vary", "trial.target=3,6", "-n", 4, "--out", folder / "sweep", "--json")
    )
    assert [point["probability_never_reached"]["value"] for point in said["points"]] == [1.0, 1.0]


def test_an_explanation_says_that_nothing_drives_what_never_comes(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    said = json.loads(_answers("explain", nobody, "-n", 96, "--out", folder / "explain", "--json"))
    assert said["answer"][0].startswith("In none of the simulated trials")
    assert said["outcome"] not in said["outcomes"]


def test_no_plan_makes_the_date(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    options = folder / "options.yaml"
    cheaper = {"value": 5, "cost": 10, "source": {"grade": "D", "source": "assumption"}}
    levers = {"target": {"path": "trial.target", "values": [6, cheaper]}}
    options.write_text(json.dumps({"name": "o", "levers": levers}))
    plan = ("plan", nobody, "--options", options, "--by", "2020-10-01", "-n", 200, "--out", folder / "plan")
    said = json.loads(_answers(*plan, "--json"))
    assert (said["feasible"], said["choice"], said["p_none_feasible"]) == (False, None, 1.0)
    assert "()" not in " ".join(said["answer"])
    assert "No plan makes it by 2020-12-31" in " ".join(said["answer"])


def test_a_forecast_goes_on_only_from_somebody(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    (folder / "none.csv").write_text("Month,Screened,Randomised\n2020-01,4,0\n2020-02,5,0\n")
    (folder / "empty.csv").write_text("Subject,Site,Status,Date\n")
    for data in ("none.csv", "empty.csv"):
        _refused("forecast", nobody, "--observed", folder / data, "--out", folder / "forecast")


def test_one_trial_is_told_and_shown(made: tuple[Path, str, str]) -> None:
    folder, nobody, _ = made
    assert "before the trial is complete" in call("trace", nobody).out
    for form in ("csv", "ocel"):
        assert call("trace", nobody, "--format", form).code == 0
    _refused("trace", nobody, "--format", "sdtm", "--out", folder / "sdtm")
    assert not (folder / "sdtm").exists()
    for pick in (("--which", "late", "--among", 4), ("-k", 1)):
        shown = call("play", nobody, *pick, "--out", folder / "play.html")
        assert shown.code == 0, shown.err
        assert "0 of 6 participants" in shown.out
    again = call("replay", folder / "r", "-k", 2)
    assert "identical" in again.err, again.err


def test_runs_are_listed_and_exported(made: tuple[Path, str, str]) -> None:
    folder, *_ = made
    listed = json.loads(call("results", "--in", folder, "--json").out)
    (run,) = (one for one in listed if one["run"] == "r")
    assert run["dates"]["last_randomised"] == {"p50": None, "p80": None}
    assert "never" in call("results", "--in", folder).out
    for kind in ("csv", "xlsx", "parquet", "pdf", "pptx", "ics", "xml"):
        done = call("results", "--in", folder, "r", "--export", folder / f"r.{kind}")
        assert done.code == 0, (kind, done.err)
    days = pd.read_csv(folder / "r.csv")["day_last_randomised"]
    assert days.isna().sum() == len(days) == 6
    workbook = openpyxl.load_workbook(folder / "r.xlsx")
    cells = {cell for sheet in workbook for row in sheet.values for cell in row}
    assert not {"nan", "inf", "NaN"} & cells
