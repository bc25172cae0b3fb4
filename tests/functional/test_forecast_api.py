"""Forecasts in Python: the same answers as the commands give, as objects, sentences and figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_forecast_command import log

import sim

SCENARIO = {
    "name": "small",
    "trial": {"target": 40, "enrolment_opens": "2023-01-02"},
    "arms": {"all": {"allocation": 1}},
    "sites": {"centre": {"count": 2, "referrals_per_month": 2.0}},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return log(tmp_path_factory.mktemp("api") / "log.csv")


def test_what_was_learnt_is_a_scenario_to_forecast_with(data: Path, tmp_path: Path) -> None:
    fitted = sim.fit(data, target=60, out=tmp_path / "fit")
    answer = sim.forecast(fitted, data, replications=30, workers=1, out=tmp_path / "forecast")
    assert (tmp_path / "fit" / "fitted.yaml").is_file()
    assert (tmp_path / "forecast" / "report.html").is_file()
    assert len(answer.futures.frame) == 30
    assert sim.sentences(fitted)[0].startswith("30 randomised from ")
    assert any(text.startswith("The last of the 60 participants is randomised by ") for text in sim.sentences(answer))
    assert {"shape", "sites"} <= set(sim.figures(fitted))
    assert "fan" in sim.figures(answer)


def test_a_what_if_is_paired(data: Path, tmp_path: Path) -> None:
    plan = sim.scenario_from_mapping(SCENARIO)
    more = sim.scenario_from_mapping(SCENARIO | {"sites": {"centre": {"count": 6, "referrals_per_month": 2.0}}})
    answer = sim.forecast(
        plan,
        data,
        what_ifs={"same": plan, "more": more},
        replications=40,
        workers=1,
        out=tmp_path / "out",
        report=False,
    )
    moved = {item.name: item.days["last_randomised"].value for item in answer.what_ifs}
    assert moved["same"] == 0
    assert moved["more"] < 0
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_backtest_is_tables(data: Path, tmp_path: Path) -> None:
    record = sim.backtest(data, at=(0.4, 0.6), workers=1, out=tmp_path / "out")
    assert set(record.cuts["cut"]) == {"40%", "60%"}
    assert np.isfinite(record.methods()["relative_log_crps"]).all()
    assert len(record.by_trial()) == 1
    assert len(sim.sentences(record)) > 1
    assert "fans" in sim.figures(record)


def test_data_may_be_a_file_or_what_was_read_from_it(data: Path, tmp_path: Path) -> None:
    trial = sim.read_observed(data)
    one = sim.forecast(
        sim.scenario_from_mapping(SCENARIO), trial, as_of=trial.last, replications=20, workers=1, out=tmp_path / "a"
    )
    two = sim.forecast(
        sim.scenario_from_mapping(SCENARIO), data, as_of=str(trial.last), replications=20, workers=1, out=tmp_path / "b"
    )
    assert one.futures.frame.equals(two.futures.frame)


def test_what_was_fitted_to_the_data_is_not_drawn_as_their_plan(data: Path, tmp_path: Path) -> None:
    fitted = sim.fit(data, target=60, out=tmp_path / "fit")
    names = {
        case: {trace.name for trace in sim.figures(sim.forecast(scenario, data, **few))["fan"].data}
        for case, scenario in (("fitted", fitted), ("planned", sim.scenario_from_mapping(SCENARIO)))
        for few in [{"replications": 20, "workers": 1, "out": tmp_path / case, "report": False}]
    }
    assert "plan: median" in names["planned"]
    assert "forecast: median" in names["fitted"]
    assert "plan: median" not in names["fitted"]
