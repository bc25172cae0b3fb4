"""A scenario that is valid runs: what cannot is refused with the reason, and what is let in goes to its end."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import ROOT, scenario_of

from sim.analysis.measures import PATH_MILESTONES, STEPS, path_name
from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.errors import ScenarioError
from sim.experiment.replicate import replicate_chunk
from sim.scenario.load import load, scenario_from_mapping
from sim.scenario.yaml_source import jsonable

HEAD = "name: t\nextends: base.yaml\n"
WEIGHT = "patients: {attributes: {weight_kg: "

REFUSED = [
    ("calendar: {periods: {x: {from: 2020-01-01, to: 2020-02-01, factor: 100000}}}", "at most 1000"),
    (
        "calendar: {public_holidays: {factor: {uncertain: lognormal, median: 1, sigma: 3}}}",
        "may be as much as 1.56e+06",
    ),
    ("sites: {general_hospital: {referrals_per_month: {uncertain: lognormal, median: 5, sigma: 3}}}", "at most 10000"),
    ("sites: {general_hospital: {count: 5000, referrals_per_month: 9000}}", "at most 100,000,000 referrals"),
    ("screening: {criteria: {no_hcc: {none: []}}}", "screening.criteria.no_hcc.none: needs 1 or more items"),
    ("screening: {days: {dist: normal, mean: 5, sd: {uncertain: normal, mean: 1, sd: 1}, low: 0}}", "sd may fall to 0"),
    (
        "screening: {days: {dist: uniform, low: {uncertain: uniform, low: 0, high: 9}, high: 5}}",
        "low must not be above",
    ),
    ("screening: {days: {dist: normal, mean: 10, sd: 1, low: 90}}", "nearly nothing of it lies"),
    ("screening: {days: {dist: exponential, mean: 1.0e+300}}", "at most 1e+15"),
    ("costs: {monitoring_visit: {every_days: 0}}", "costs.monitoring_visit.every_days: must be at least 1"),
    ("costs: {monitoring_visit: {every_days: {uncertain: lognormal, median: 40, sigma: 0.4}}}", "give it 'low: 1'"),
    ("costs: {monitoring_visit: {cost: 1.0e+300}}", "at most 1e+12"),
    ("cells: {lots: {yield_cells: 10, culture_days: 1.0e-9}}", "would be started at once"),
    ("cells: {lots: {culture_days: 1.0e-9}, release_days: 0, failure: 1}", "for ever"),
    (WEIGHT + "-60}}", "a weight must be more than 0"),
    (WEIGHT + "{dist: normal, mean: 60, sd: 20}}}", "a weight must be more than 0"),
    (WEIGHT + "5000}}", "must be at most 1,000"),
    ("patients: {attributes: {inr: {dist: normal, mean: 2, sd: 1}}}", "takes its logarithm"),
    ("patients: {attributes: {days_since_decompensation: -3}}", "must not be below 0"),
    ("oversight: {stop: {severe_reactions: 99999999999, among_first: 6}}", "at most 200000"),
    ('sites: {general_hospital: {label: "a\\u001b[31m"}}', "U+001B"),
    ("trial: {enrolment_opens: 9999-12-31}", "must be from 1900 to 2200"),
    ("sites: {general_hospital: {closes: {after_days_without_randomization: 9}}}", "did you mean"),
    ("a: " + "{a: " * 50_000, "nested more than 40 levels deep"),
    ("a: " + "[" * 400_000, "nested more than 40 levels deep"),
    ("- " * 300_000 + "x", "nested more than 40 levels deep"),
    (
        "screening:\n  criteria:\n" + "".join(f"    c{i}: {{stage: chart, none: [hcc]}}\n" for i in range(60)),
        "at most 52 criteria",
    ),
]


@pytest.mark.parametrize(("said", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_simulated_is_refused_in_one_line(
    said: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is simulated, with what is allowed, and short however long the input is."""
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(HEAD + said)
    outcome = call("validate", "t.yaml")
    assert outcome.code == 2
    assert words in outcome.err
    assert len(outcome.message.splitlines()) == 1
    assert len(outcome.message) < 600


# --- scenarios with boundary values in the place of what they say

NUMBERS: list[Any] = [
    0, -1, 1, 2, 0.5, 1e-9, 1e-300, 1000, 1e6, 1e9, 1e15, 1e308, -1e308, 10**30,
    {"uncertain": "normal", "mean": 1, "sd": 5}, {"uncertain": "lognormal", "median": 1, "sigma": 1},
    {"dist": "lognormal", "median": 5, "sigma": 3}, {"dist": "uniform", "low": 0, "high": 0},
    {"dist": "uniform", "low": 0, "high": 1}, {"dist": "normal", "mean": 0, "sd": 1e-300, "low": 0},
    {"uncertain": "beta", "mean": 0.5, "n": 1e-6}, {"uncertain": "beta", "mean": 0.999999, "n": 1e9},
    {"dist": "weibull", "scale": 1, "shape": 0.01}, {"dist": "gamma", "mean": 1e-12, "cv": 1e6},
    {"uncertain": "gamma", "mean": 3, "cv": 20},
    {"dist": "exponential", "mean": {"uncertain": "exponential", "mean": 1}},
    {"dist": "lognormal", "median": {"uncertain": "normal", "mean": 1, "sd": 5, "low": 0.001}, "sigma": 0.4},
    {"dist": "triangular", "low": 0, "mode": {"uncertain": "uniform", "low": 0, "high": 10}, "high": 5},
    {"dist": "empirical", "values": [0, 1e12]},
]  # fmt: skip
OTHERS: list[Any] = [None, True, False, "", "x", "x" * 300, [], {}, [0], "2020-01-01", "9999-12-31", "02-30", {"a": 1}]
FACTORS = (0, -1, 1e-6, 0.1, 10, 1e3, 1e6)
DOCUMENTS = ("base", "covid-2020", "cells-made-to-order", str(ROOT / "tests" / "back" / "eventful.yaml"))


def _places(data: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*here, key)
        yield from _places(value, (*here, key))


def _section(data: Any, place: tuple[Any, ...]) -> Any:
    for key in place[:-1]:
        data = data[key]
    return data


def mutated(data: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A scenario in which one or two values are others, or are left out: nonsense, limits, or those of like places."""
    found = copy.deepcopy(data)
    for _ in range(rng.choice((1, 1, 2))):
        places = [p for p in _places(found) if p[0] not in ("sources", "bibliography", "experiment")]
        place = rng.choice(places)
        section, key = _section(found, place), place[-1]
        old = section[key]
        like = [p for p in places if p != place and (p[:-1] == place[:-1] or p[-1] == key)]
        if like and rng.random() < 0.5:
            other = rng.choice(like)
            section[key] = copy.deepcopy(_section(found, other)[other[-1]])
            continue
        is_number = isinstance(old, (int, float)) and not isinstance(old, bool)
        is_number |= isinstance(old, dict) and ("dist" in old or "uncertain" in old)
        if rng.random() < 0.1:
            del section[key]
        elif is_number and isinstance(old, (int, float)) and rng.random() < 0.3:
            section[key] = type(old)(old * rng.choice(FACTORS))
        else:
            section[key] = copy.deepcopy(rng.choice(NUMBERS if is_number and rng.random() < 0.9 else OTHERS))
    return found


def _refused_or_run(data: dict[str, Any], n: int) -> bool:
    """Whether it is valid; then it runs to its end, and every count of it is a number.

    The critical path to a milestone that never came has no days.
    """
    try:
        scenario = scenario_from_mapping(data)
    except ScenarioError:
        return False
    reducer = Reducer(Design(scenario))
    chunk = replicate_chunk(reducer, 1, 0, n)
    assert not chunk.failures, chunk.failures[0].trace
    found = dict(zip(reducer.names, chunk.values.T, strict=True))
    for milestone in PATH_MILESTONES:
        came = ~np.isnan(found.pop(f"day_{milestone}"))
        for step in STEPS:
            days = found.pop(path_name(milestone, step))
            assert (np.isfinite(days) == came).all(), (milestone, step)
    came = ~np.isnan(found.pop("consent_to_randomisation_days"))
    assert (came == (found["n_randomised"] > 0)).all(), "days of those randomised, if there are any"
    counts = [name for name in found if not name.startswith(("day_", "first_day_"))]
    assert [name for name in counts if not np.isfinite(found[name]).all()] == []
    return True


def _try(seed: str, n: int) -> int:
    """So many mutated scenarios; how many of them are valid."""
    documents = [jsonable(load(name).layered.data) for name in DOCUMENTS]
    n_valid = 0
    for i in range(n):
        rng = random.Random(f"{seed} {i}")
        data = mutated(rng.choice(documents), rng)
        try:
            n_valid += _refused_or_run(data, 1)
        except BaseException as error:
            error.add_note(f"mutant {i} of {seed!r}")
            raise
    return n_valid


def test_mutated_scenarios_are_refused_or_run() -> None:
    """One or two values of a shipped scenario are set to the ends of what can be written."""
    assert _try("quick", 24) > 4


@pytest.mark.slow
def test_many_mutated_scenarios_are_refused_or_run() -> None:
    """The same, with more of them."""
    assert _try("slow", 3_000) > 700


@pytest.mark.parametrize("name", ["weight_kg", "days_since_decompensation"])
def test_what_the_model_counts_with_is_a_number(name: str) -> None:
    with pytest.raises(ScenarioError, match="must be a number or a distribution, since the model counts with it"):
        scenario_of(patients={"attributes": {name: {"early": 0.5, "late": 0.5}}})
