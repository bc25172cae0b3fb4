"""Money over time: when it is spent, in all and by month, and what a day of delay is worth."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import ROOT, scenario_of, simplest_file

from sim.analysis.cost_months import month_table, spending, union, visits_in
from sim.analysis.reduce import Reducer
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.experiment.replicate import replicate, replicate_chunk
from sim.experiment.run.results import Results
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario


def measured(made: Scenario, n: int, seed: int = 5) -> tuple[Design, list[dict[str, float]], list[np.ndarray]]:
    """Measures and events of a few replications."""
    reducer = Reducer(Design(made))
    chunk = replicate_chunk(reducer, seed, 0, n)
    rows = [replicate(reducer.design, seed, i).table() for i in range(n)]
    return reducer.design, [dict(zip(reducer.names, values, strict=True)) for values in chunk.values], rows


@pytest.mark.parametrize("kept", ["", "AMENDED", "PREPARED", "MADE_TO_ORDER", "STOPPED"])
def test_months_sum_to_the_cost(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every unit cost, prices of countries and prices that change: the months of each trial come to its cost."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "back"))
    renew = importlib.import_module("renew")
    design, values, rows = measured(load_scenario(renew.SCENARIO, getattr(renew, kept) if kept else ()), 3)
    for trial, events in zip(values, rows, strict=True):
        months = spending(events, design, trial)
        assert months.sum() == pytest.approx(trial["cost"], rel=1e-9)
        assert (months >= 0).all()
        for code, of_country in zip(design.countries, months[1:], strict=True):
            assert of_country.sum() == pytest.approx(trial[f"country_{code}_cost"], rel=1e-9)
        assert months.shape[1] == np.ceil(trial["day_end"] / MONTH_DAYS)


def test_each_month_costs_what_happens_in_it() -> None:
    """A month of the trial and of its site at 100 and 10, and 7 a screening: counted by hand, month by month."""
    costs = {"currency": "EUR", "central_month": 100.0, "site_month": 10.0, "screening": 7.0, "site_activation": 50.0}
    design, values, rows = measured(scenario_of(costs=costs), 2)
    for trial, events in zip(values, rows, strict=True):
        (months,) = spending(events, design, trial)
        screened = events[events[:, 1] == 8, 0]  # screening.started
        n = np.histogram(screened, np.arange(len(months) + 1) * MONTH_DAYS)[0]
        assert n.sum() == 45
        expected = 110 + 7 * n + 50 * (np.arange(len(months)) == 0)
        assert months[:-1] == pytest.approx(expected[:-1])


def test_visits_of_the_monitor_come_at_multiples_of_open_time() -> None:
    """Ten days open, five closed, ten open: a visit every 6 days of open time is on days 6, 17 and 23."""
    stretches = union(np.array([[15.0, 25.0], [0.0, 4.0], [3.0, 10.0], [15.0, 20.0]]))
    assert stretches.tolist() == [[0.0, 10.0], [15.0, 25.0]]
    assert visits_in(stretches, 6.0).tolist() == [6.0, 17.0, 23.0]
    assert visits_in(stretches, 21.0).tolist() == []
    assert visits_in(np.zeros((0, 2)), 6.0).tolist() == []


def test_what_is_spent_so_far_never_falls_and_ends_at_the_quantiles_of_the_cost() -> None:
    """P50 and P80 of the last month are those of the cost of the same trials."""
    design, values, rows = measured(load_scenario(ROOT / "tests" / "back" / "eventful.yaml"), 12)
    table = month_table(design, [spending(e, design, v) for e, v in zip(rows, values, strict=True)])
    costs = np.array([trial["cost"] for trial in values])
    assert table["p50"].iloc[-1] == pytest.approx(np.sort(costs)[5])
    assert table["p80"].iloc[-1] == pytest.approx(np.sort(costs)[9])
    assert (np.diff(table["p80"]) >= 0).all()
    assert table["mean"].sum() == pytest.approx(costs.mean())


def test_months_of_a_country_are_those_of_its_sites(tmp_path: Path) -> None:
    """Two countries, one at twice the price of a site's month: counted by hand, and told in the report."""
    costs = {"currency": "EUR", "site_month": 10.0, "central_month": 5.0}
    sites = {name: {"referrals_per_month": 4.0, "country": name} for name in ("DE", "FR")}
    made: dict[str, Any] = {"costs": costs, "sites": sites, "trial": {"target": 12}}
    made["countries"] = {"FR": {"costs": {"site_month": 20.0}, "label": "France"}}
    plan = simplest_file(tmp_path, "plan", **made)
    done = call("run", plan, "-n", 20, "-w", 1, "--out", tmp_path / "out")
    assert not done.code, done.err
    first = Results(tmp_path / "out").cost_by_month().iloc[0]
    assert [first["mean_DE"], first["mean_FR"], first["mean"]] == pytest.approx([10.0, 20.0, 35.0])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "of it at sites in France" in page
    assert "Sites in France cost most" in page


def test_a_day_of_delay_is_counted_to_the_lock_or_to_the_end_of_the_time() -> None:
    """Beside the cost and not in it; a trial that is never locked is as late as can be."""
    costs = {"currency": "EUR", "central_month": 100.0, "per_day_of_delay": 20.0}
    for target in (45, 100_000):
        made = scenario_of(costs=costs, trial={"target": target, "horizon_months": 24})
        for trial in measured(made, 3)[1]:
            locked = trial["day_database_lock"]
            days = 24 * MONTH_DAYS if np.isnan(locked) else locked
            assert trial["worth_of_time"] == pytest.approx(20 * days)
            assert trial["cost_and_time"] == pytest.approx(trial["cost"] + 20 * days)


@pytest.mark.parametrize(("worth", "says"), [(2000.0, "is worth EUR"), (1.0, "costs EUR")])
def test_compare_says_whether_a_faster_plan_pays(worth: float, says: str, tmp_path: Path) -> None:
    """Twice the sites end sooner and cost 100,000 more: worth it at 2,000 a day, and not at 1."""
    costs = {"currency": "EUR", "site_activation": 100_000.0, "per_day_of_delay": worth}
    few, many = (
        simplest_file(tmp_path, name, costs=costs, sites={"s": {"count": n, "referrals_per_month": 3.0}})
        for name, n in (("few", 1), ("many", 2))
    )
    done = call("compare", few, many, "-n", 40, "-w", 1, "--out", tmp_path / "out")
    assert not done.code, done.err
    told = " ".join(done.out.split())
    assert f"Counting what a day of delay is worth, many {says}" in told
    assert ("more than it costs, on average" in told) == (worth == 2000.0)


def test_a_run_shows_when_the_money_is_spent(tmp_path: Path) -> None:
    """The report and the table have the months, of the trials kept whole."""
    plan = simplest_file(tmp_path, "plan", costs={"currency": "EUR", "central_month": 100.0})
    done = call("run", plan, "-n", 30, "-w", 1, "--out", tmp_path / "out")
    assert not done.code, done.err
    table = Results(tmp_path / "out").cost_by_month()
    assert table.attrs["n"] == 30
    assert table["mean"].iloc[0] == pytest.approx(100.0)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "When the money is spent" in page
    cost = Results(tmp_path / "out").columns("cost")["cost"]
    assert f"A mean trial costs {cost.mean():,.0f} ±" in done.out
    without: Any = simplest_file(tmp_path, "without")
    call("run", without, "-n", 30, "-w", 1, "--out", tmp_path / "other")
    assert Results(tmp_path / "other").cost_by_month().empty
