"""Doses of a drug in its own unit, in a chair or none; and cells that a courier brings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, merged, scenario_of, simplest_file
from scipy import stats

import sim
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE, KIND
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate
from sim.report.one_trial.story import story
from sim.report.run.answers import Answers, Kept
from sim.report.run.figures import exhibit
from sim.report.words import number
from sim.scenario.schema import Scenario

FOLLOWED: dict[str, Any] = {"visit_weeks": [1, 4, 8, 20], "primary_endpoint_week": 8}
DRUG: dict[str, Any] = {"weeks": [0, 3, 6], "amount": 2.5, "unit": "mg/kg"}


def trial(**changes: Any) -> Scenario:
    """Forty participants in two arms, of whom one has doses; 30 a month."""
    start: dict[str, Any] = {
        "trial": {"target": 40, "enrolment_opens": "2020-01-01", "horizon_months": 60},
        "arms": {"A": {"doses": DRUG}, "B": {}},
        "sites": {"s": {"referrals_per_month": 30.0}},
        "patients": {"attributes": {"weight_kg": {"dist": "uniform", "low": 50, "high": 90}}},
        "follow_up": FOLLOWED,
    }
    data = merged(start, changes)
    data["arms"] = {name: arm for name, arm in data["arms"].items() if arm is not None}
    return scenario_of(**data)


def rows_of(made: Scenario, replication: int = 0) -> np.ndarray:
    return replicate(Design(made), 5, replication).table()


def test_a_drug_is_counted_in_its_own_unit() -> None:
    """2.5 mg/kg at 70 kg on average, three times to each of those in the arm; no cell is made, held or wanting."""
    found = Simulated(trial(), 60)
    doses = found["n_doses_given"]
    assert (doses == 3 * found["n_randomised_A"]).all()
    mean = found["amount_given_A"].sum() / doses.sum()
    n_people = found["n_randomised_A"].sum()
    assert abs(mean - 2.5 * 70) < 4 * 2.5 * (40 / np.sqrt(12)) / np.sqrt(n_people)
    assert not found["cells_infused"].any()
    assert not found["cells_in_stock"].any()


def test_an_amount_without_weight_is_the_same_for_all() -> None:
    rows = rows_of(trial(arms={"A": {"doses": {"weeks": [0], "amount": 0.5, "unit": "ml"}}}))
    given = rows[rows[:, KIND] == e.DOSE_GIVEN, AMOUNT]
    assert len(given) > 10
    assert set(given) == {0.5}


def test_a_chair_is_waited_for_as_a_queue_with_one_server() -> None:
    """Doses of two days in one chair: they start one after another, as worked out from their days alone."""
    made = trial(
        arms={"A": {"doses": {"weeks": [0], "amount": 200.0, "unit": "mg"}}, "B": None},
        sites={"s": {"infusion_bays": 1}},
        treatment={"bay_hours": 48.0, "window_days": 1000.0},
        trial={"target": 30},
    )
    rows = rows_of(made)
    due, starts = (np.sort(rows[rows[:, KIND] == kind, 0]) for kind in (e.DOSE_DUE, e.DOSE_STARTED))
    free, expected = 0.0, []
    for day in due:
        expected.append(max(day, free))
        free = expected[-1] + 2.0
    assert starts == pytest.approx(expected)


def test_a_drug_and_cells_in_one_trial_share_chairs_and_not_the_bank() -> None:
    """An empty bank stops the cells, and never the drug."""
    lots = {"culture_days": 10.0, "yield_cells": 1e8}
    made = trial(
        arms={"B": {"doses": {"weeks": [0, 1], "cells_per_kg": 1e6}}},
        cells={"source": "bank", "lots": lots, "suites": 0, "lost_at_bedside": 0.5},
    )
    found = Simulated(made, 10)
    assert (found["amount_given_A"] > 0).all()
    assert (found["n_doses_given"] == 3 * found["n_randomised_A"]).all()
    assert (found["n_doses_missed_no_cells"] == 2 * found["n_randomised_B"]).all()
    assert not found["n_doses_lost"].any()


@pytest.mark.parametrize(
    ("doses", "says"),
    [
        ({"weeks": [0]}, "write cells_per_kg for cells, or amount and unit for a drug"),
        ({"weeks": [0], "amount": 2, "unit": "mg", "cells_per_kg": 5}, "write cells_per_kg for cells, or amount"),
        ({"weeks": [0], "amount": 2}, "write amount and unit together"),
        ({"weeks": [0], "amount": -2, "unit": "mg"}, "arms.A.doses.amount"),
        ({"weeks": [0], "amount": 2, "unti": "mg"}, "did you mean 'unit'"),
    ],
)
def test_doses_that_say_too_little_or_too_much_are_refused(doses: dict[str, Any], says: str) -> None:
    data: dict[str, Any] = {"arms": {"A": {"doses": doses}, "B": {}}, "follow_up": FOLLOWED}
    with pytest.raises(ScenarioError) as raised:
        scenario_of(**data)
    assert says in str(raised.value)
    assert len(raised.value.problems) == 1


def test_a_dose_by_weight_needs_a_weight() -> None:
    with pytest.raises(ScenarioError, match="a dose by body weight"):
        scenario_of(arms={"A": {"doses": DRUG}, "B": {}}, follow_up=FOLLOWED)


def test_no_report_of_a_drug_speaks_of_cells(tmp_path: Path) -> None:
    """Console, page, story and SDTM have the drug's unit; neither cells, lots nor thawing are named."""
    arms = {"A": {"doses": {"weeks": [0, 3], "amount": 200.0, "unit": "mg"}}, "B": {}}
    plan = simplest_file(
        tmp_path, "drug", arms=arms, follow_up=FOLLOWED, trial={"target": 8},
        sites={"g": {"referrals_per_month": 10.0, "infusion_bays": 1}}, treatment={"bay_hours": 3.0},
    )  # fmt: skip
    done = call("run", plan, "-n", 40, "-w", 1, "--out", tmp_path / "r")
    assert not done.code, done.err
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    told = call("trace", plan).out
    for word in ("thaw", "culture", "million cells", "infusion bay"):
        assert word not in done.out + told, word
        assert word not in page.partition("<script")[0], word
    assert "has had dose 1 (200 mg)" in told
    assert "infusion chair" in page
    assert not call("trace", plan, "--format", "sdtm", "--out", tmp_path / "sdtm").code
    assert {row[6] for row in json.loads((tmp_path / "sdtm" / "ex.json").read_text())["rows"]} == {"mg"}


# --- couriers

CELLS: dict[str, Any] = {
    "source": "bank",
    "lots": {"culture_days": 10.0, "yield_cells": 1e9},
    "stock": {"start_cells": 1e13},
}


def delivered(weeks: tuple[float, ...] = (0.0,), window: float = 1000.0, **courier: Any) -> Scenario:
    """All in one arm of cells, of which there are always enough, brought by a courier."""
    return trial(
        arms={"A": {"doses": {"weeks": list(weeks), "cells_per_kg": 1e6, "amount": None, "unit": None}}, "B": None},
        cells=CELLS | {"courier": courier},
        treatment={"window_days": window, "first_dose_delay_days": 20.0},
    )


def test_a_report_counts_the_cells_of_those_who_are_given_cells_beside_a_drug(tmp_path: Path) -> None:
    """With a drug in the other arm, "infused" is what the arm of cells was given; the run failed at its report."""
    arms = {
        "A": {"doses": {"weeks": [0], "amount": 5e7, "unit": "units"}},
        "B": {"doses": {"weeks": [0], "cells_per_kg": 1e6}},
    }
    run = sim.run(trial(arms=arms, cells=CELLS), replications=3, workers=1, out=tmp_path / "r")
    kept = Kept(run)
    people, log = kept.one_participants, kept.one_events
    given = log[log["event"] == "dose.given"].merge(people[["site", "patient", "arm"]], on=["site", "patient"])
    assert given.groupby("arm").size().min() > 5
    infused = given.loc[given["arm"] == "B", "amount"].sum() / 1e6
    assert f"{number(infused)} million infused" in exhibit("cells_one", Answers(run)).summary


def test_a_dose_waits_for_what_is_not_on_the_way_in_time() -> None:
    """Three days on the way: five ahead nothing waits, one ahead every dose is two days late."""
    for ahead, late in ((5.0, 0.0), (1.0, 2.0)):
        rows = rows_of(delivered(days=3.0, ahead_days=ahead))
        assert rows[rows[:, KIND] == e.DOSE_STARTED, AMOUNT] == pytest.approx(late)


def test_deliveries_are_ordered_until_one_comes_as_in_a_geometric_law() -> None:
    """With failure 0.3 a dose takes 1/0.7 deliveries, and each that fails costs its days; the cells lost add up."""
    found = Simulated(delivered((0.0, 10.0), days=2.0, ahead_days=2.0, failure=0.3), 60)
    doses, sent, lost = (
        found["n_doses_given"].sum(),
        found["n_deliveries"].sum(),
        found["n_deliveries_on_the_way"].sum(),
    )
    assert doses == 60 * 40 * 2
    assert sent == doses + lost
    assert abs(sent / doses - 1 / 0.7) < 4 * np.sqrt(0.3 / 0.7**2 / doses)
    rows = rows_of(delivered(days=2.0, ahead_days=2.0, failure=0.3))
    failed = np.count_nonzero(rows[:, KIND] == e.COURIER_LOST)
    assert rows[rows[:, KIND] == e.DOSE_STARTED, AMOUNT].sum() == pytest.approx(2.0 * failed)


def test_a_dose_is_missed_as_often_as_the_way_is_too_long() -> None:
    """Exponential days on the way, sent with the dose: missed with probability exp(-window/mean)."""
    found = Simulated(delivered(days={"dist": "exponential", "mean": 2.0}, window=3.0), 60)
    missed = found["n_doses_missed_no_cells"].sum()
    assert stats.binomtest(int(missed), 60 * 40, float(np.exp(-1.5))).pvalue > 1e-4
    assert found["n_deliveries_not_needed"].sum() == missed


def test_cells_that_come_too_early_are_lost_and_ordered_again() -> None:
    """A day on the way, four ahead, two of life: two deliveries a dose, and a day late."""
    made = delivered(days=1.0, ahead_days=4.0, life_hours=48.0)
    rows = rows_of(made)
    assert rows[rows[:, KIND] == e.DOSE_STARTED, AMOUNT] == pytest.approx(1.0)
    lost = rows[rows[:, KIND] == e.COURIER_LOST]
    assert len(lost) == 40
    assert set(lost[:, CODE]) == {float(e.LOST_TOO_OLD)}
    told = "\n".join(story(Design(made), rows))
    assert "A courier leaves with dose 1 of participant" in told
    assert "is lost: it is too old." in told


def test_couriers_are_a_cause_and_one_more_dose_moves_no_other_delivery() -> None:
    made = delivered((0.0,), days={"dist": "exponential", "mean": 2.0}, failure=0.2)
    causes = {cause.name: cause.scenario for cause in causes_of_delay(made)}
    supply = causes["couriers"].cells
    assert supply is not None
    assert supply.courier is None
    more = delivered((0.0, 15.0), days={"dist": "exponential", "mean": 2.0}, failure=0.2)
    first, second = (rows_of(one) for one in (made, more))
    ours, theirs = (rows[(rows[:, KIND] == e.COURIER_SENT) & (rows[:, 4] == 1)] for rows in (first, second))
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("source", ["bank", "made_to_order"])
def test_cells_are_all_accounted_for(source: str) -> None:
    """Made and opened are infused, lost here or there, expired, discarded, or left."""
    stock = {"start_cells": 5e8, "reorder_below_cells": 1e9, "shelf_life_days": 60.0} if source == "bank" else {}
    courier = {"days": {"dist": "uniform", "low": 0.5, "high": 3}, "failure": 0.2, "ahead_days": 1, "life_hours": 30}
    cells = CELLS | {"source": source, "stock": stock, "suites": 3, "lost_at_bedside": 0.1, "courier": courier}
    found = Simulated(merged_trial(cells), 10)
    used = sum(found[f"cells_{way}"] for way in ("failed", "infused", "lost", "expired", "discarded", "in_stock"))
    assert found["cells_made"] + found["cells_opening"] == pytest.approx(used + found["cells_lost_with_couriers"])
    assert (found["n_deliveries"] > 40).all()


def merged_trial(cells: dict[str, Any]) -> Scenario:
    arms = {"A": {"doses": {"weeks": [0, 1, 2], "cells_per_kg": 1e6, "amount": None, "unit": None}}, "B": None}
    return trial(arms=arms, cells=cells, treatment={"window_days": 5.0, "unfit_on_the_day": 0.2, "unfit_days": 2.0})


def test_couriers_are_compared_and_swept(tmp_path: Path) -> None:
    """Two days on the way: sent two days ahead, no dose is late; the sweep has a line for each lead."""
    arms = {"A": {"doses": {"weeks": [0, 4], "cells_per_kg": 1e6}}}
    late, early = (
        simplest_file(
            tmp_path, name, arms=arms, cells=CELLS | {"courier": {"days": 2.0, "ahead_days": ahead}},
            patients={"attributes": {"weight_kg": 70}}, follow_up=FOLLOWED, trial={"target": 10},
            treatment={"first_dose_delay_days": 20.0, "window_days": 5.0},
        )
        for name, ahead in (("late", 0.0), ("early", 2.0))
    )  # fmt: skip
    done = call("compare", late, early, "-n", 40, "-w", 1, "--out", tmp_path / "c", "--json")
    assert not done.code, done.err
    assert "courier" in call("compare", late, early, "-n", 40, "-w", 1, "--out", tmp_path / "d").out
    swept = call(
        "sweep", late, "--vary", "cells.courier.ahead_days=0,2", "-n", 40, "-w", 1, "--out", tmp_path / "s", "--json"
    )
    assert not swept.code, swept.err
    assert "cells.courier.ahead_days" in swept.out
