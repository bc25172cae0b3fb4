"""One number for one thing: a median date is the same wherever it is shown."""

from __future__ import annotations

import csv
import html
import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from command_line import Outcome, call
from conftest import SHARED, simplest_file

from sim.experiment.run.results import open_results
from sim.report.documents.content import content
from sim.report.run.answers import Answers
from sim.report.run.first_screen import cards

N = 40
TRIALS = {"base": "base"} | {name: str(SHARED / "cases" / "trials" / f"{name}.yaml") for name in ("device", "ev")}
_MILESTONES = {  # by name in tables: as the console says it
    "last_randomised": "Last participant randomised",
    "primary_completion": "Primary completion",
    "database_lock": "Database lock",
}


class Made:
    """A run, with what it printed."""

    def __init__(self, folder: Path, scenario: str, printed: Outcome) -> None:
        self.folder, self.scenario, self.printed = folder, scenario, printed
        self.results = open_results(folder / "r")
        self.answers = Answers(self.results)

    def date(self, name: str, q: int) -> date | None:
        """The date by which q percent of the trials get there; None for later than the horizon."""
        value = self.answers.quantile(name, q).value
        return self.answers.dates.of(value)

    def text(self, name: str, q: int) -> str:
        return self.answers.dates.text(self.answers.quantile(name, q).value)


@pytest.fixture(scope="module", params=TRIALS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    scenario = TRIALS[request.param]
    if request.param != "base" and not Path(scenario).exists():
        pytest.skip("the cases are not here")
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", "200")  # room for the dates of a row
        done = call("run", scenario, "-n", N, "--workers", 1, "--out", folder / "r")
    assert done.code == 0, done.err
    return Made(folder, scenario, done)


def test_the_median_is_that_of_the_replications(made: Made) -> None:
    """Between the two middle ones."""
    rows = made.results.replications
    for name in _MILESTONES:
        days = sorted(float("inf") if pd.isna(day) else float(day) for day in rows[f"day_{name}"])
        assert days[N // 2 - 1] <= made.answers.quantile(name, 50).value <= days[N // 2]


def test_card_table_headline_and_page_agree(made: Made) -> None:
    said = " ".join(made.printed.out.split())
    page = html.unescape(re.sub(r"<[^>]+>", " ", (made.folder / "r" / "report.html").read_text(encoding="utf-8")))
    page = " ".join(page.replace("\u2011", "-").split())
    shown = {card.name: card for card in cards(made.answers)}
    for name, label in _MILESTONES.items():
        half, safe = made.text(name, 50), made.text(name, 80)
        first = label.removesuffix(" randomised")  # where the name is broken into two lines
        row = next(line for line in made.printed.out.splitlines() if line.startswith(f"{first} "))
        for text in (half, safe):
            assert text.replace("after ", ">") in row
        card = next(card for key, card in shown.items() if key.lower() == label.lower())
        assert (card.date, card.safe.removeprefix("by ").removeprefix("only ")) == (half, safe)
        assert half in page
    assert made.text("last_randomised", 50) in said.partition("P10")[0]
    assert made.text("database_lock", 50) in said.partition("P10")[0]


def test_json_and_files_agree(made: Made) -> None:
    again = call("run", made.scenario, "-n", N, "--workers", 1, "--out", made.folder / "r", "--json")
    told: dict[str, Any] = json.loads(again.out)["milestones"]
    with (made.folder / "r" / "summary.csv").open(encoding="utf-8") as file:
        summary = {row["measure"]: row for row in csv.DictReader(file)}
    for kind in ("xlsx", "ics"):
        assert call("results", "--in", made.folder, "r", "--export", made.folder / f"r.{kind}").code == 0
    header, *rows = openpyxl.load_workbook(made.folder / "r.xlsx")["milestones"].values
    sheet = {row[1]: dict(zip(header, row, strict=True)) for row in rows}
    in_documents = {one.key: one for one in content(made.results).milestones}
    for name in _MILESTONES:
        for q in (50, 80):
            day, when = made.answers.quantile(name, q).value, made.date(name, q)
            value = told[name][f"p{q}"]["value"]
            assert value["date"] == (when and str(when))
            assert in_documents[name].dates[q] == when
            cell = sheet[name][f"p{q}_date"]
            assert (cell.date() if isinstance(cell, datetime) else None) == when
            if when is not None:
                assert value["day"] == pytest.approx(day)
                assert float(summary[f"day_{name}"][f"p{q}"]) == pytest.approx(day)


def test_the_list_of_runs_agrees(made: Made) -> None:
    (listed,) = json.loads(call("results", "--in", made.folder, "--json").out)
    for name in ("last_randomised", "database_lock"):
        for q in (50, 80):
            when = made.date(name, q)
            assert listed["dates"][name][f"p{q}"] == (when and str(when))


def test_the_plan_of_a_forecast_is_the_run_of_the_plan(tmp_path: Path) -> None:
    """The median that a forecast gives the plan, and what has moved since, are those of a run of the plan itself; the
    planned date is the same on the console, in JSON and in both commands.
    """
    planned = "2020-07-01"
    plan = simplest_file(
        tmp_path, "plan", trial={"target": 12, "planned": {"primary_completion": planned}},
        follow_up={"visit_weeks": [4], "primary_endpoint_week": 4, "database_lock_days": 30},
    )  # fmt: skip
    data = tmp_path / "log.csv"
    data.write_text("Subject,Randomised\n1,2020-01-15\n2,2020-02-09\n3,2020-03-24\n4,2020-04-20\n", encoding="utf-8")
    asked = ("forecast", plan, "--observed", data, "-n", 96, "-w", 1, "--out", tmp_path / "f")
    said, told = call(*asked), json.loads(call(*asked, "--json").out)
    assert said.code == 0, said.err
    page = html.unescape(re.sub(r"<[^>]+>", " ", (tmp_path / "f" / "report.html").read_text(encoding="utf-8")))
    n = int(re.findall(r"The plan is the scenario from its day 0 \((\d+) simulated trials\)", page)[0])
    ran = call("run", plan, "-n", n, "-w", 1, "--no-report", "--out", tmp_path / "r")
    results = open_results(tmp_path / "r")
    answers = Answers(results)
    median = answers.dates.text(answers.quantile("randomised_100pct", 50).value)
    assert f"as planned it was {median}" in " ".join(page.split())
    moved = told["milestones"]["database_lock"]["p50"]["day"]["value"] - answers.quantile("database_lock", 50).value
    in_all = next(change for change in told["changes"] if change["cause"] == "in all")
    assert in_all["median_days"]["database_lock"]["value"] == pytest.approx(moved, abs=1e-3)
    assert f"has moved by {moved:+,.0f} " in " ".join(said.out.split())
    assert told["odds"]["primary_completion"]["planned"] == planned == str(answers.planned["primary_completion"])
    for text in (said.out, ran.out):
        assert f"Primary completion by {planned}, as planned: " in text
