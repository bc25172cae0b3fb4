"""Patients have the joint distribution that the scenario writes down, and criteria judge them as they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from scipy import stats
from statistics_of_runs import probability_is

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.population import _cholesky_rows, criteria_in_order
from sim.scenario.schema.patients import Criterion

PATIENTS: dict[str, Any] = {
    "attributes": {
        "x": {"dist": "lognormal", "median": 300.0, "sigma": 0.4},
        "y": {"dist": "normal", "mean": 45.0, "sd": 10.0, "low": 18.0},
        "z": {"dist": "lognormal", "median": 2.0, "sigma": 0.25},
        "rare": {"dist": "uniform", "low": 1.0, "high": 2.0},
        "kind": {"a": 0.5, "b": 0.3, "c": 0.2},
    },
    "sometimes": {"rare": {"probability": 0.1, "times": 10.0}},
    "conditions": {"p": 0.3, "q": 0.6, "only_b": {"given": "kind", "probability": {"b": 0.25}}},
    "correlation": {"x~y": 0.6, "p~q": 0.5, "x~p": 0.3},
}


def failed(criteria: dict[str, Any], n: int = 300, patients: dict[str, Any] = PATIENTS) -> dict[str, np.ndarray]:
    """Whether each of many patients fails each criterion on the chart."""
    on_chart = {
        name: {"stage": "chart", "item": f"I{i + 1}", **rule} for i, (name, rule) in enumerate(criteria.items())
    }
    design = Design(scenario_of(patients=patients, screening={"criteria": on_chart}))
    bits = np.concatenate(
        [Batch(design, 5, first, 20).first_block(design.groups[0]).chart_failed.ravel() for first in range(0, n, 20)]
    )
    assert design.criteria == list(criteria)
    return {name: bits & (1 << i) != 0 for i, name in enumerate(design.criteria)}


def attribute(name: str, **limits: Any) -> dict[str, Any]:
    return {"attribute": name, **limits}


def test_numbers_have_their_distributions() -> None:
    """Shares below, above and between limits are those of the distribution; limits of min and max are allowed."""
    found = failed(
        {
            "min": attribute("x", min=250.0),
            "max": attribute("x", max=400.0),
            "both": attribute("x", min=250.0, max=400.0),
            "below": attribute("y", below=40.0),
            "above": attribute("y", above=60.0),
        }
    )
    x, y = stats.lognorm(0.4, scale=300), stats.truncnorm(-2.7, np.inf, loc=45, scale=10)
    probability_is(found["min"], x.cdf(250))
    probability_is(found["max"], x.sf(400))
    probability_is(found["below"], y.sf(40))
    probability_is(found["above"], y.cdf(60))
    assert np.array_equal(found["both"], found["min"] | found["max"])


def test_limits_are_themselves_allowed_or_not() -> None:
    """Minimum and maximum are themselves allowed, below and above are not."""
    patients = {"attributes": {"constant": 5.0}}
    rules = {"min": {"min": 5.0}, "max": {"max": 5.0}, "below": {"below": 5.0}, "above": {"above": 5.0}}
    criteria = {name: {"stage": "chart", "attribute": "constant", **rule} for name, rule in rules.items()}
    design = Design(scenario_of(patients=patients, screening={"criteria": criteria}))
    bits = Batch(design, 5, 0, 1).first_block(design.groups[0]).chart_failed
    failing = {name for i, name in enumerate(design.criteria) if np.all(bits & (1 << i))}
    passing = {name for i, name in enumerate(design.criteria) if not np.any(bits & (1 << i))}
    assert failing == {"below", "above"}
    assert passing == {"min", "max"}


def test_numbers_are_correlated_as_written() -> None:
    """Two numbers above their medians together: 1/4 + asin(rho) / 2 pi, for a Gaussian copula."""
    y_median = stats.truncnorm(-2.7, np.inf, loc=45, scale=10).median()
    found = failed(
        {"x": attribute("x", above=300.0), "y": attribute("y", above=y_median), "z": attribute("z", above=2.0)}
    )
    probability_is(~found["x"] & ~found["y"], 1 / 4 + math.asin(0.6) / (2 * math.pi))
    probability_is(~found["x"] & ~found["z"], 1 / 4)


def test_conditions_have_their_probabilities_and_correlations() -> None:
    """Conditions hold as often as written, and together as the bivariate normal distribution says."""
    found = failed({"p": {"any": ["p"]}, "q": {"any": ["q"]}, "x": attribute("x", above=300.0)})
    p, q, x = ~found["p"], ~found["q"], ~found["x"]
    probability_is(p, 0.3)
    probability_is(q, 0.6)
    both = stats.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]]).cdf([stats.norm.ppf(0.3), stats.norm.ppf(0.6)])
    probability_is(p & q, float(both))
    # A positive correlation with a number makes the condition more frequent among those who have much of it.
    together = stats.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]]).cdf([stats.norm.ppf(0.3), 0.0])
    probability_is(p & x, float(together))


def test_a_correlated_condition_that_is_certain_always_holds_and_one_that_is_impossible_never() -> None:
    patients = PATIENTS | {"conditions": {"p": 1.0, "q": 0.0}, "correlation": {"x~p": 0.3, "x~q": 0.3}}
    lacks = failed({"p": {"any": ["p"]}, "q": {"any": ["q"]}}, n=20, patients=patients)
    assert not lacks["p"].any()
    assert lacks["q"].all()


@pytest.mark.parametrize("rho", [0.6, -0.6])
def test_a_positive_correlation_is_positive(rho: float) -> None:
    """Whatever two are correlated, numbers or conditions, they go together where the correlation is positive."""
    names = {"x": attribute("x", above=300.0), "z": attribute("z", above=2.0), "p": {"any": ["p"]}, "q": {"any": ["q"]}}
    for pair in ("x~z", "z~x", "x~p", "p~x", "p~q", "q~z"):
        a, b = pair.split("~")
        found = failed({a: names[a], b: names[b]}, patients=PATIENTS | {"correlation": {pair: rho}})
        has_a, has_b = ~found[a], ~found[b]
        assert np.sign(np.mean(has_a & has_b) - np.mean(has_a) * np.mean(has_b)) == np.sign(rho), pair
        q = [stats.norm.ppf(has.mean()) for has in (has_a, has_b)]
        both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf(q)
        probability_is(has_a & has_b, float(both))


def test_categories_and_what_depends_on_them() -> None:
    """Categories have their shares; a condition given a category holds there alone, as often as written."""
    found = failed(
        {"a": attribute("kind", one_of=["a"]), "b_or_c": attribute("kind", one_of=["b", "c"]), "b": {"any": ["only_b"]}}
    )
    probability_is(~found["a"], 0.5)
    assert np.array_equal(found["a"], ~found["b_or_c"])
    probability_is(~found["b"], 0.3 * 0.25)
    assert not np.any(~found["b"] & ~found["a"])


def test_now_and_then_a_multiple() -> None:
    """`sometimes` multiplies as often as written."""
    found = failed({"multiple": attribute("rare", max=5.0)})
    probability_is(found["multiple"], 0.1)


def test_any_all_none() -> None:
    """The three forms, over conditions and tests, as logic says."""
    test = attribute("z", min=2.0)
    found = failed(
        {
            "p": {"any": ["p"]},
            "z": test,
            "any": {"any": ["p", test]},
            "all": {"all": ["p", test]},
            "none": {"none": ["p", test]},
        }
    )
    p, z = ~found["p"], ~found["z"]
    assert np.array_equal(~found["any"], p | z)
    assert np.array_equal(~found["all"], p & z)
    assert np.array_equal(~found["none"], ~p & ~z)


def test_criteria_are_in_the_order_of_the_record() -> None:
    """Inclusion first, then by letter and number as numbers; those without a place last, by name."""
    items = {"old": None, "e10": "E10", "e2": "E2", "i3": "I3", "a": "I2b", "z": "I2a", "new": None}
    criteria = {name: Criterion(stage="chart", item=item, any=("c",)) for name, item in items.items()}
    assert criteria_in_order(criteria) == ["z", "a", "i3", "e2", "e10", "new", "old"]


def test_a_number_is_a_sum_of_independent_ones_whose_products_are_the_correlations() -> None:
    """Three that correlate by 1/2 each, and a fourth with the first alone; weights of 0 are left out."""
    rows = _cholesky_rows({"a~b": 0.5, "c~a": 0.5, "b~c": 0.5, "a~d": -0.6})
    assert rows["a"] == [("a", 1.0)]
    assert dict(rows["b"]) == pytest.approx({"a": 1 / 2, "b": np.sqrt(3) / 2})
    assert dict(rows["c"]) == pytest.approx({"a": 1 / 2, "b": 1 / np.sqrt(12), "c": np.sqrt(2 / 3)})
    weights = {name: dict(row) for name, row in rows.items()}
    for pair, wanted in {"a~b": 0.5, "a~c": 0.5, "b~c": 0.5, "a~d": -0.6, "b~d": 0.0, "c~d": 0.0, "d~d": 1.0}.items():
        left, right = (weights[name] for name in pair.split("~"))
        assert sum(left[k] * right.get(k, 0.0) for k in left) == pytest.approx(wanted, abs=1e-12)
