"""`fit`: what the data say comes back out of a scenario that runs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.cli import main
from sim.core import events
from sim.core.design import Design
from sim.exchange.read import read_observed
from sim.experiment.replicate import replicate
from sim.forecast.fit.scenario import fitted_yaml, group_names
from sim.forecast.fit.study import Fit, fit
from sim.scenario.load import load_scenario

FIRST = date(2022, 1, 3)


def log_of(
    random: np.random.Generator, per_month: dict[str, float], months: float, p_pass: float = 0.8
) -> pd.DataFrame:
    """An enrolment log: people screened at a constant rate at each site, some of whom fail, 5 to 15 days later."""
    rows = []
    for site, rate in per_month.items():
        for day in np.sort(random.uniform(0, months * 30.4375, random.poisson(rate * months))):
            screened = FIRST + timedelta(days=int(day))
            passed = random.random() < 0.8
            later = screened + timedelta(days=int(random.integers(5, 16)))
            rows.append(
                {
                    "participant": f"{site}-{len(rows)}",
                    "site": site,
                    "screening date": screened,
                    "randomised": later if passed else "",
                    "status": "" if passed else "screen failure",
                    "left": "" if passed else screened,
                    "arm": ("A", "B", "B")[int(random.integers(3))] if passed else "",
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "log.csv"
    sites = {"North East": 8.0, "South": 4.0, "701": 1.0}
    log_of(np.random.default_rng(1), sites, 18).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def sites(data: Path) -> Path:
    path = data.with_name("sites.csv")
    rows = [{"site": name, "activated": FIRST, "planned": ""} for name in ("North East", "South", "701")]
    pd.DataFrame([*rows, {"site": "New", "activated": "", "planned": date(2023, 12, 1)}]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(data: Path, sites: Path) -> Fit:
    return fit(read_observed(data, sites), 300)


def test_rates_and_fractions_come_back(found: Fit) -> None:
    rates = dict(zip(found.names, found.rates.mean, strict=True))
    for name, true in (("North East", 8.0), ("South", 4.0), ("701", 1.0)):
        assert rates[name] == pytest.approx(true, abs=3.5 * np.sqrt(true / 18) + 0.25 * true)
    assert found.funnel[0].mean == pytest.approx(0.8, abs=0.08)
    assert (found.screening_days.min(), found.screening_days.max()) == (5, 15)


def test_a_site_to_come_has_the_prior(found: Fit) -> None:
    place = found.names.index("New")
    assert found.rates.shape[place] == found.rates.prior.shape
    assert np.isnan(found.opened[place])


def test_the_scenario_stands_alone_and_runs_as_the_data_did(found: Fit, tmp_path: Path) -> None:
    """The number screened until the end of the data agrees with the data."""
    path = tmp_path / "fitted.yaml"
    path.write_text(fitted_yaml(found, "fitted"), encoding="utf-8")
    scenario = load_scenario(path)
    assert sorted(scenario.sites) == sorted(group_names(found.names))
    assert scenario.arms["B"].allocation == 2 * scenario.arms["A"].allocation
    design = Design(scenario)
    seen = []
    for replication in range(24):
        log = replicate(design, 7, replication)
        table = log.table()
        seen.append(
            int(
                np.count_nonzero(
                    (table[:, events.KIND] == events.RANDOMISED) & (table[:, events.TIME] < found.trial.now)
                )
            )
        )
    n = found.trial.n_randomised
    assert np.mean(seen) == pytest.approx(n, abs=4 * np.std(seen) / np.sqrt(len(seen)) + 0.08 * n)


def test_every_value_that_was_learnt_names_the_data(found: Fit, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "fitted.yaml"
    path.write_text(fitted_yaml(found, "fitted"), encoding="utf-8")
    scenario = load_scenario(path)
    assert data.name in scenario.bibliography["FITTED"]
    for learnt in ("sites", "screening", "patients.conditions", "calendar.periods"):
        assert scenario.sources[learnt].source == "FITTED"


def test_the_command_leaves_a_scenario_a_page_and_json(
    data: Path, sites: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["fit", str(data), "--sites", str(sites), "--target", "300", "--out", str(out), "--json"]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["target"] == 300
    assert {site["name"] for site in document["sites"]} == {"North East", "South", "701", "New"}
    assert sorted(item.name for item in out.iterdir()) == [
        "fit.json", "fitted.yaml", "manifest.json", "report.html", "sites.csv", "study.json",
    ]  # fmt: skip
    before = (out / "fitted.yaml").read_bytes(), (out / "report.html").read_bytes()
    assert main(arguments) == 0
    assert before == ((out / "fitted.yaml").read_bytes(), (out / "report.html").read_bytes())


def test_a_change_of_the_rate_is_found(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    days = np.sort(np.concatenate([random.uniform(0, 300, 20), random.uniform(300, 600, 200)]))
    pd.DataFrame({"date": [FIRST + timedelta(days=int(day)) for day in days]}).to_csv(tmp_path / "log.csv", index=False)
    shape = fit(read_observed(tmp_path / "log.csv"), 400).shape
    assert shape.chosen in ("change_point", "drifting")
    assert shape.worse_by["constant"] > 2 * shape.errors["constant"]


def test_a_hundred_sites_that_are_alike_are_seen_to_be_alike(tmp_path: Path) -> None:
    """Sites of one rate: their raw rates differ by chance alone, and the fitted ones hardly do."""
    random = np.random.default_rng(2)
    frame = log_of(random, {f"S{i}": 0.65 for i in range(100)}, 18)
    frame.to_csv(tmp_path / "log.csv", index=False)
    trial = read_observed(tmp_path / "log.csv")
    found = fit(trial, 1500)
    assert 800 < trial.n_randomised < 1200
    raw = found.counts / found.months
    chance = 1 / np.sqrt(0.65 * 18)  # cv of a site's rate by Poisson noise
    assert raw.std() / raw.mean() == pytest.approx(chance, abs=3.5 * chance / np.sqrt(2 * 100) + 0.05)
    assert found.rates.cv < chance / 2
    assert found.rates.mean.std() < raw.std() / 3


def test_of_fewer_than_five_randomisations_the_answer_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed and on the page, where the answer comes first and the warning after it."""
    days = [FIRST + timedelta(days=9 * i) for i in range(4)]
    pd.DataFrame({"date": days}).to_csv(tmp_path / "log.csv", index=False)
    assert main(["fit", str(tmp_path / "log.csv"), "--target", "50", "--out", str(tmp_path / "out")]) == 0
    words = "only 4 randomised so far: the data say next to nothing, and the prior answers."
    assert f"Warning: {words}" in capsys.readouterr().out.replace("\n", " ")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert 0 < page.index("<h1") < page.index(words)


def test_the_length_of_follow_up_is_what_somebody_says(data: Path, tmp_path: Path) -> None:
    """These data do not say it: then nothing is said of what comes after the last randomisation."""
    asked = {"as_of": "2023-03-01", "replications": 20, "workers": 1, "report": False}
    unknown = sim.fit(data, target=300, out=tmp_path / "unknown")
    assert unknown.weeks == 0
    answer = sim.forecast(unknown, data, out=tmp_path / "a", **asked)
    assert "locked" not in " ".join(sim.sentences(answer))
    assert any("no follow-up" in note for note in answer.notes)
    said = sim.fit(data, target=300, follow_up_weeks=20, out=tmp_path / "said")
    answer = sim.forecast(said, data, out=tmp_path / "b", **asked)
    assert "the database is locked by" in " ".join(sim.sentences(answer))
    days = answer.futures.days("last_visit") - answer.futures.days("last_randomised")
    assert np.nanmin(days) > 20 * 7 - 1
    text = (tmp_path / "said" / "fitted.yaml").read_text(encoding="utf-8")
    assert "follow_up.visit_weeks: {grade: D" in text
    assert "&id" not in text


def test_a_length_that_is_none_is_refused(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", str(data), "--follow-up-weeks", "0", "--out", str(tmp_path / "out")]) == 2
    assert "--follow-up-weeks" in capsys.readouterr().err
