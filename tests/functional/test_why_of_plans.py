"""The order of causes on the first screen of unlike plans is that of the counterfactual, and of `compare`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, SHARED

import sim
from sim.experiment.execution import ALONE
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.explanation.study import Study, explain
from sim.experiment.run.execute import Outputs
from sim.experiment.run.results import Results
from sim.experiment.run.start import run_in_folder
from sim.report.explanation.words import Told
from sim.report.run.why import Why
from sim.scenario.load import load_scenario

N = 96
_TEMPLATES, _CASES = ROOT / "scenarios" / "templates", SHARED / "cases" / "trials"
QUICK = {"device template": str(_TEMPLATES / "device.yaml"), "device case": str(_CASES / "device.yaml")}
SLOW = {name: str(_TEMPLATES / f"{name}.yaml") for name in ("drug", "oncology", "platform", "cell-therapy")}
SLOW |= {f"{name} case": str(_CASES / f"{name}.yaml") for name in ("onc", "ev")}
SLOW |= {name: name for name in ("base", "covid-2020", "one-culture-suite", "early-dropout")}
_TOLD = 3  # causes of which each is taken away again here


def _plans(files: dict[str, str]) -> list[Any]:
    return list(_each_plan(files))


def _each_plan(files: dict[str, str]) -> Iterator[Any]:
    for name, file in files.items():
        missing = file.endswith(".yaml") and not Path(file).exists()
        yield pytest.param(file, id=name, marks=[pytest.mark.skip("the cases are not here")] if missing else [])


def _measured(file: str, folder: Path) -> Results:
    scenario = load_scenario(file)
    return run_in_folder(scenario, replications=N, out=folder, execution=ALONE, outputs=Outputs(causes=True))


def _days_by_compare(results: Results, cause: str, milestone: str, n: int, folder: Path) -> float:
    """Mean days by which the trial without a cause is earlier, as `compare` says."""
    without = next(found.scenario for found in causes_of_delay(results.scenario) if found.name == cause)
    answer = sim.compare(
        results.scenario, without, labels=["as it is", "without"], replications=n, seed=results.seed, workers=1,
        out=folder, report=False,
    )  # fmt: skip
    rows = answer.tables["milestones"].set_index("milestone")
    return -float(rows.loc[milestone, "mean_difference"])


def _agrees(file: str, folder: Path) -> Results:
    """Causes are told in the order of what `compare` says of each, and by its days."""
    results = _measured(file, folder / "run")
    why = Why(results)
    told = why.told()
    assert told, "something costs days in each of these plans"
    named = [str(row["label"]) for row in told]
    places = [why.sentence().index(name) for name in named[:_TOLD]]
    assert places == sorted(places)
    days = []
    for row in told[:_TOLD]:
        found = _days_by_compare(results, str(row["cause"]), why.milestone, int(row["n"]), folder / str(row["cause"]))
        assert found == pytest.approx(row["lost"], abs=1e-6), row["cause"]
        days.append(found)
    assert days == sorted(days, reverse=True)
    return results


@pytest.mark.parametrize("file", _plans(QUICK))
def test_the_first_screen_orders_causes_as_compare_does(file: str, tmp_path: Path) -> None:
    _agrees(file, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("file", _plans(SLOW))
def test_the_first_screen_orders_causes_as_compare_does_in_large_trials(file: str, tmp_path: Path) -> None:
    _agrees(file, tmp_path)


@pytest.mark.slow
def test_explain_does_not_contradict_the_first_screen(tmp_path: Path) -> None:
    """On more pairs, `explain` has the same cause first, or its interval holds the days of the first screen's."""
    results = _measured(QUICK["device template"], tmp_path / "run")
    why = Why(results)
    explained = Told(explain(Study(results.scenario, N, results.seed)), why.milestone).of("causes").set_index("cause")
    for row in why.told():
        other = explained.loc[str(row["cause"])]
        assert other["label"] == row["label"]
        assert max(row["lost_low"], other["lost_low"]) <= min(row["lost_high"], other["lost_high"]) + 1e-6
    first, most = why.told()[0], explained.drop(index="together", errors="ignore")["lost"].astype(float)
    assert np.isclose(most.max(), most[str(first["cause"])], atol=float(first["lost_high"] - first["lost_low"]))
