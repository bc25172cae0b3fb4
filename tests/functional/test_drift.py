"""Rates that drift in a plan: a random walk in the logarithm of time, of all sites and of each country."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, scenario_of, simplest_file

from sim.core import events as e
from sim.core.batch import Batch
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.events import AMOUNT, KIND, NUMBER, TIME
from sim.core.observed import ObservedState
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.forecast.rate.outlook import steps_ahead
from sim.forecast.rate.settings import SETTINGS
from sim.report.one_trial.story import story
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.schema.drift import EARLY_DAYS, Drift, drift_in_words

SITES: dict[str, Any] = {code: {"country": code.upper(), "referrals_per_month": 20.0} for code in ("de", "fr")}


def of(drift: dict[str, Any] | None, **changes: Any) -> Scenario:
    return scenario_of(**{"sites": SITES, "trial": {"target": 2000, "horizon_months": 60}, "drift": drift} | changes)


def log_factors(made: Scenario, country: str, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the steps, and (replications, steps) log of the rate's factor."""
    paths = Batch(Design(made), 5, 0, n).drift
    assert paths is not None
    return paths.edges, np.log(paths.factor(country))


def test_the_variance_of_the_log_rate_is_that_of_the_walk() -> None:
    """At the end of a step at t: sd squared times log((t + 28) / 28), of both walks; countries share the common one."""
    n, common, own = 3000, 0.5, 0.3
    made = of({"common": common, "by_country": own})
    (edges, de), (_, fr) = log_factors(made, "DE", n), log_factors(made, "FR", n)
    for step in (0, 20, 60, len(edges) - 2):
        time = np.log((edges[step + 1] + EARLY_DAYS) / EARLY_DAYS)
        expected = (common**2 + own**2) * time
        assert abs(de[:, step].mean()) < 4 * np.sqrt(expected / n)
        assert de[:, step].var() == pytest.approx(expected, abs=4 * expected * np.sqrt(2 / n))
        rho = common**2 / (common**2 + own**2)
        assert np.corrcoef(de[:, step], fr[:, step])[0, 1] == pytest.approx(rho, abs=4 * (1 - rho**2) / np.sqrt(n))


def test_as_many_are_randomised_as_the_walk_foretells() -> None:
    """The mean by day T is the sum over steps of rate x length x exp(variance / 2); the spread is that of the walk."""
    n, sd = 400, 0.4
    found = Simulated(of({"common": sd}, trial={"target": 100_000, "horizon_months": 6}), n)
    edges = steps_ahead(0.0)
    widths = np.diff(np.minimum(edges, 182.0))
    expected = np.sum(40 / MONTH_DAYS * widths * np.exp(sd**2 * np.log((edges[1:] + 28) / 28) / 2))
    counts = found.n_by(182.0)
    assert abs(counts.mean() - expected) < 4 * counts.std() / np.sqrt(n)
    assert counts.std() > 3 * np.sqrt(expected), "more than a Poisson process varies"


def test_the_steps_and_the_time_are_those_of_forecasts() -> None:
    """Plan and forecast use one process: the same ends of steps, and the same early days."""
    edges, _ = log_factors(of({"common": 0.5}), "DE", 2)
    assert np.array_equal(edges, steps_ahead(0.0)[: len(edges)])
    assert SETTINGS.early_days == EARLY_DAYS


def test_drift_moves_no_other_draw_and_one_country_not_another() -> None:
    """Of size 0 it changes nothing; a country more, or a longer horizon, leaves the walks of the others as they are."""
    plain, none = (replicate(Design(load_scenario("base", more)), 1, 0).table() for more in ([], ["drift={common: 0}"]))
    assert np.allclose(plain, none[none[:, KIND] != e.RATES_DRIFTED], rtol=1e-12, atol=1e-9)
    both = {"common": 0.5, "by_country": 0.3}
    _, one = log_factors(of(both, sites={"de": SITES["de"]}), "DE", 20)
    _, two = log_factors(of(both), "DE", 20)
    assert np.array_equal(one, two)
    _, longer = log_factors(of(both, trial={"target": 2000, "horizon_months": 240}), "DE", 20)
    assert np.array_equal(longer[:, : one.shape[1]], one)


def test_the_log_and_the_story_tell_of_drift() -> None:
    """Twice a year while recruitment is open: how fast sites refer, of all and of each country, beside day 0."""
    made = of({"common": 0.5, "by_country": 0.3})
    rows = replicate(Design(made), 5, 0).table()
    told = rows[rows[:, KIND] == e.RATES_DRIFTED]
    assert set(told[:, NUMBER]) == {0, 1, 2}
    assert np.all(told[:, TIME] % 182 == 0)
    paths = Batch(Design(made), 5, 0, 1).drift
    assert paths is not None
    step = int(paths.edges.searchsorted(182.0, side="right")) - 1
    assert told[told[:, NUMBER] == 1, AMOUNT][0] == paths.factor("DE")[0, step]
    assert "By drift, sites of DE refer" in "\n".join(story(Design(made), rows))


def test_drift_is_a_cause_and_a_forecast_has_its_own() -> None:
    """It is taken away as any other; in a trial under way the forecast's drift takes its place."""
    made = of({"common": 0.5})
    (cause,) = [cause for cause in causes_of_delay(made) if cause.name == "drift"]
    assert cause.scenario.drift is None
    assert Batch(Design(made), 5, 0, 2, observed=ObservedState(10.0)).drift is None


def test_measured_drift_is_that_of_the_walk() -> None:
    """After a year, the last factor told is that of day 364: its logarithm has the variance of the walk."""
    n, sd = 2000, 0.5
    found = Simulated(of({"common": sd}, trial={"target": 100_000, "horizon_months": 12}, sites=SITES), n)
    logs = np.log(found["drift_factor"])
    assert not np.isnan(logs).any()
    edges = steps_ahead(0.0)
    ends = edges[int(edges.searchsorted(364.0, side="right"))]
    expected = sd**2 * np.log((ends + EARLY_DAYS) / EARLY_DAYS)
    assert logs.var() == pytest.approx(expected, abs=4 * expected * np.sqrt(2 / n))
    assert abs(logs.mean()) < 4 * np.sqrt(expected / n)


def test_a_run_tells_of_drift(tmp_path: Path) -> None:
    """On the console, in the page, in the JSON answer and in `validate`, each with its error; in no other trial."""
    file = simplest_file(tmp_path, "moved", drift={"common": 0.5}, trial={"target": 500})
    assert "drift: rates of all sites within a factor of 1.83 after three months" in call("validate", file).out
    out = call("run", file, "-n", 40, "-w", 1, "--out", tmp_path / "r")
    assert "Rates of all sites at the last half year of recruitment, times those of day 0: P10" in out.out
    assert "Drift of rates" in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    (told,) = json.loads(call("run", file, "-n", 40, "-w", 1, "--out", tmp_path / "r", "--json").out)["drift"]
    assert told["p50"]["low"] < told["p50"]["value"] < told["p50"]["high"]
    plain = simplest_file(tmp_path, "plain")
    assert "Drift" not in call("run", plain, "-n", 24, "-w", 1, "--out", tmp_path / "p").out


def test_drift_in_words_is_one_standard_deviation_of_the_walk() -> None:
    """exp(sd x sqrt(log((t + 28) / 28))) after three months and two years."""
    assert drift_in_words(Drift(common=0.5)).count("1.83 after three months and 2.48 after two years") == 1
    assert "of each country by an uncertain size" in drift_in_words(
        Drift.model_validate({"by_country": {"uncertain": "uniform", "low": 0.1, "high": 0.4}})
    )
    assert drift_in_words(Drift()) == "rates do not drift"


def test_what_drift_may_not_say_is_refused() -> None:
    """A size below 0, and drift by country without countries."""
    for drift, said in (
        ({"common": -0.1}, "drift.common"),
        ({"common": {"dist": "uniform", "low": 0, "high": 1}}, "dist"),
    ):
        with pytest.raises(ScenarioError, match=said):
            of(drift)
    with pytest.raises(ScenarioError, match="needs the 'country' of group s"):
        of({"by_country": 0.2}, sites={"s": {"referrals_per_month": 1.0}})
