"""Forecasts in Python: the same answers as the commands give, as objects, sentences and figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_forecast_command import few_of_a_plan, log

import sim
from sim.analysis import intervals
from sim.analysis.measures import MILESTONES, SHARES
from sim.forecast.continued import futures
from sim.forecast.continued.futures import Case, plan_in_short, simulate_cases
from sim.report.forecast.page import planned_median

__all__ = ["few_of_a_plan"]  # a fixture

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
    """The scenario an object, or what a file would say; the answer says what it is, with its dates."""
    trial = sim.read_observed(data)
    one = sim.forecast(
        sim.scenario_from_mapping(SCENARIO), trial, as_of=trial.last, replications=20, workers=1, out=tmp_path / "a"
    )
    two = sim.forecast(SCENARIO, data, as_of=str(trial.last), replications=20, workers=1, out=tmp_path / "b")
    assert one.futures.frame.equals(two.futures.frame)
    row = one.milestones().loc["last_randomised"]
    assert row["p50_date"] == one.futures.design.clock.date_of(row["p50"])
    assert repr(one).startswith(f"Forecast of {trial.name} as of {trial.last}: 20 simulated trials, seed ")
    assert f"last participant enrolled, by then in half of them: {row['p50_date']} (95 %" in repr(one)


def test_data_in_place_of_the_scenario_are_refused(data: Path) -> None:
    """The two are easily given in the wrong order."""
    with pytest.raises(
        sim.InputError, match="the scenario comes first, and then the data; a DataFrame is not a scenario"
    ):
        sim.forecast(pd.read_csv(data), SCENARIO)


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


def test_the_plans_median_counts_trials_that_never_have_the_target(data: Path, tmp_path: Path) -> None:
    """A plan of which less than half ever has the target has no median date: the page says that it is later."""
    slow = SCENARIO | {
        "trial": {"target": 40, "enrolment_opens": "2023-01-02", "horizon_months": 30},
        "sites": {"centre": {"count": 1, "referrals_per_month": {"uncertain": "gamma", "mean": 1.1, "cv": 0.4}}},
    }
    answer = sim.forecast(sim.scenario_from_mapping(slow), data, replications=20, workers=1, out=tmp_path / "out")
    assert answer.plan is not None
    days = answer.plan.days("randomised_100pct")
    assert 0.5 < np.isnan(days).mean() < 1
    assert planned_median(answer.plan) == np.inf
    fan = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "as planned it was after" in fan


def test_a_large_plan_is_simulated_whole_and_its_shares_from_fewer(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(futures, "_SHORT", 60)  # participants from which a plan is large
    large = sim.scenario_from_mapping(
        SCENARIO
        | {
            "trial": {"target": 90, "enrolment_opens": "2023-01-02"},
            "sites": {"centre": {"count": 8, "referrals_per_month": 20.0}},
        }
    )
    answer = sim.forecast(large, data, replications=4, workers=1, out=tmp_path / "out", report=False)
    short = plan_in_short(large, answer.seed)
    assert answer.plan is not None
    assert np.nanmin(answer.plan.measure("n_randomised")) == 90
    assert short.measure("n_randomised").max() == 60
    assert len(answer.changes) >= 4


@pytest.mark.parametrize(("target", "replications"), [(2_000, 1000), (5_000, 400), (120_000, 100)])
def test_a_scenario_fitted_to_a_very_large_trial_asks_for_fewer_replications(
    data: Path, tmp_path: Path, target: int, replications: int
) -> None:
    sim.fit(data, target=target, out=tmp_path / "fit")
    assert sim.load_scenario(tmp_path / "fit" / "fitted.yaml").experiment.replications == replications


def test_measuring_milestones_alone_measures_the_same() -> None:
    scenario = sim.scenario_from_mapping(SCENARIO)
    whole, short = simulate_cases(
        [Case("whole", scenario, None, 12), Case("short", scenario, None, 12, milestones_only=True)], 5, None
    )
    for milestone in (*MILESTONES, *SHARES):
        assert np.array_equal(whole.days(milestone), short.days(milestone), equal_nan=True)
    assert np.isfinite(whole.days("last_randomised")).any()
    assert all(map(np.array_equal, whole.randomised_days, short.randomised_days))


def test_what_changed_adds_up_to_the_medians_of_all_simulated_trials(data: Path, tmp_path: Path) -> None:
    """Stages between the plan and the forecast have fewer simulated trials, and the whole does not suffer from it."""
    plan = sim.scenario_from_mapping(SCENARIO)
    answer = sim.forecast(plan, data, replications=150, workers=1, out=tmp_path / "out", report=False)
    assert answer.plan is not None
    *parts, whole = (change.days["last_randomised"].value for change in answer.changes)
    medians = [
        intervals.quantile(futures.days("last_randomised"), 0.5).value for futures in (answer.plan, answer.futures)
    ]
    assert whole == pytest.approx(medians[1] - medians[0])
    assert sum(parts) == pytest.approx(whole)
