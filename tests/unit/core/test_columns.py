"""Each value that varies from patient to patient has a column; one that does not needs none."""

from __future__ import annotations

from typing import Any

from conftest import scenario_of

from sim.core.columns import bay_hours_of, column_at, constant_column, dose_weeks, most_doses, patient_columns

VARIES = {"dist": "uniform", "low": 1.0, "high": 2.0}
UNCERTAIN = {"uncertain": "uniform", "low": 1.0, "high": 2.0}
ARMS = {
    "A": {"doses": {"weeks": [0, 4.5], "cells_per_kg": 1.0}},
    "B": {"doses": {"weeks": [0, 1, 2], "cells_per_kg": 1.0}},
    "C": {},
}


def purposes(**changes: Any) -> list[str]:
    return list(patient_columns(scenario_of(**changes)))


def test_values_that_are_the_same_for_all_have_no_column() -> None:
    """The simplest trial draws of each patient only when they would worsen."""
    assert purposes() == ["screening.deteriorates"]
    assert purposes(screening={"days": UNCERTAIN}, treatment={"bay_hours": 3.0}, arms=ARMS) == [
        "screening.deteriorates"
    ]


def test_values_that_vary_have_a_column_for_each_use() -> None:
    """Both attempts at screening, the time in the bay of each week with a dose, coming back, and each way out."""
    found = purposes(
        screening={"days": VARIES, "patience_days": VARIES, "rescreen": {"probability": 0.5, "after_days": VARIES}},
        treatment={"bay_hours": VARIES, "first_dose_delay_days": VARIES},
        follow_up={
            "visit_weeks": [4],
            "primary_endpoint_week": 4,
            "leaving": {"lost": {4: 0.1}, "death": {4: 0.1}},
        },
        arms=ARMS,
    )
    assert found == [
        "screening.deteriorates",
        "screening.days",
        "screening.days.again",
        "screening.patience_days",
        "treatment.first_dose_delay_days",
        "screening.rescreen.after_days",
        "rescreen.after_tests",
        "treatment.bay_hours.1",
        "treatment.bay_hours.2",
        "treatment.bay_hours.3",
        "treatment.bay_hours.5.5",
        "leaving.death",
        "leaving.lost",
    ]


def test_weeks_and_doses_of_all_arms() -> None:
    """Week 0 is the first of treatment; a week that two arms share is one."""
    scenario = scenario_of(arms=ARMS)
    assert dose_weeks(scenario) == [0.0, 1.0, 2.0, 4.5]
    assert most_doses(scenario) == 3
    assert (dose_weeks(scenario_of()), most_doses(scenario_of())) == ([], 0)
    assert bay_hours_of(0) == "treatment.bay_hours.1"


def test_a_column_finds_its_value() -> None:
    """By its place; a constant stands nowhere."""
    assert column_at(1)([5.0, 6.0, 7.0]) == 6.0
    assert constant_column(9.0)([5.0, 6.0, 7.0]) == 9.0
