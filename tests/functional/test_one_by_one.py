"""Tables of a run, whose columns are read one at a time, are those of the whole frame."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import POISSON, merged

import sim
from sim.analysis import funnel_tables, summary
from sim.analysis.tables import ERROR
from sim.scenario.load import scenario_from_mapping


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> sim.Results:
    scenario = scenario_from_mapping(
        merged(POISSON, {"trial": {"target": 5}, "costs": {"currency": "USD", "site_month": 10.0}})
    )
    out = tmp_path_factory.mktemp("runs") / "r"
    return sim.run(scenario, replications=40, workers=1, out=out, report=False)


def test_every_table_is_that_of_the_frame(results: sim.Results) -> None:
    frame, design = results.replications, results.design
    pairs = [
        (results.milestones(), summary.with_dates(summary.milestone_table(frame, design.scenario), design.clock)),
        (results.odds(), summary.odds_table(design, frame)),
        (results.outcomes(), summary.outcome_table(frame)),
        (results.funnel(), funnel_tables.funnel_table(design.scenario, frame)),
        (results.losses(), funnel_tables.loss_table(design.scenario, frame)),
        (results.criteria(), funnel_tables.criterion_table(design, frame)),
        (results.paths(), summary.path_table(design.scenario, lambda name: frame[name].to_numpy())),
        (results.costs(), summary.cost_table(design.scenario, frame)),
    ]
    for found, expected in pairs:
        pd.testing.assert_frame_equal(found, expected)


def test_replications_that_raised_do_not_count(results: sim.Results) -> None:
    columns = results._one_by_one
    outcome = columns["outcome"].copy()
    outcome.iloc[[3, 7]] = ERROR
    done = columns[outcome != ERROR]
    assert (len(columns), len(done)) == (40, 38)
    assert done["replication"].tolist() == [k for k in range(40) if k not in (3, 7)]
    assert "cost" in done
    assert "no such column" not in done
