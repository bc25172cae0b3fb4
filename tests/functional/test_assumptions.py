"""The assumptions of a report: each value with its unit, its grade, and who said it."""

from __future__ import annotations

import pytest

from sim.report.assumptions import Assumption, assumption_rows, together
from sim.scenario.described import described
from sim.scenario.load import load


def test_each_value_says_who_said_it_and_whose_it_is() -> None:
    rows = {row["path"]: row for row in assumption_rows(load("one-to-one", ["trial.target=50"]))}
    assert rows["trial.target"]["layer"] == "command line"
    assert rows["arms.MSC.allocation"]["layer"] == "this file"
    assert rows["trial.horizon_months"]["layer"] == "the one it extends"
    assert rows["randomisation.urn_start"]["layer"] == "default"
    assert rows["trial.horizon_months"]["unit"] == "months"
    assert rows["site_defaults.activation_delay_days"]["source"] == "ACT"
    assert rows["site_defaults.activation_delay_days"]["grade"] == "B"
    assert "site_defaults.opens" not in rows  # an option that was left out


def test_what_is_said_together_is_one_row_and_what_differs_is_not() -> None:
    """A criterion is one row; where a file changes a part of it, that part has its own; uncertain values stay alone."""
    rows = together([Assumption(**row) for row in assumption_rows(load("wider-meld"))])
    values = {row.path: row for row in rows}
    assert values["screening.criteria.weight"].value == "attribute: weight_kg, min: 50, stage: chart, item: I5"
    meld = [row for row in rows if row.path.startswith("screening.criteria.meld")]
    assert [(row.value, row.said_by.partition(":")[0]) for row in meld] == [
        ("meld", "base.yaml"),
        ("min: 15, max: 35", "wider-meld.yaml"),
        ("stage: chart, item: I3, passing: true", "base.yaml"),
    ]
    assert meld[0].said_by.endswith("(extended)")
    assert values["follow_up.leaving.death.SMT"].value == "4: 0.2, 12: 0.37, 24: 0.44, 48: 0.47"
    assert values["follow_up.leaving.death.hazard_ratio.MSC"].is_uncertain
    assert values["trial.target"].value == "45"
    assert any("[{attribute: inr, min: 1.5}, {attribute: pta_percent, below: 40}]" in row.value for row in rows)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("trial.target", "participants"),
        ("sites.general_hospital.referrals_per_month", "per month"),
        ("cells.lots.yield_cells", "cells"),
        ("costs.monitoring_visit.every_days", "days"),
        ("trial.overrun", ""),
        ("no.such.path", ""),
    ],
)
def test_units_come_from_the_schema(path: str, unit: str) -> None:
    assert described(path).unit == unit
