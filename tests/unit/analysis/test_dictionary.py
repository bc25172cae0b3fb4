"""Every column of every file is described, as the tables have them."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import scenario_of

from sim.analysis.dictionary import FILES
from sim.analysis.measures import measures
from sim.analysis.summary import summary_table
from sim.analysis.tables import EnrolmentCurves, event_table, participant_table, replication_table
from sim.core.design import Design
from sim.core.events import WIDTH

RATE = {"uncertain": "uniform", "low": 1.0, "high": 2.0}
DESIGN = Design(scenario_of(sites={"s": {"referrals_per_month": RATE}}))
NOTHING = np.zeros((0, WIDTH))


def made(name: str) -> list[str]:
    """Columns of a table as it is made."""
    names = measures(DESIGN)
    return {
        "replications.parquet": lambda: replication_table(names, 0, np.zeros((1, len(names)))).column_names,
        "participants.parquet": lambda: participant_table(DESIGN, 0, NOTHING).column_names,
        "events.parquet": lambda: event_table(DESIGN, 0, NOTHING).column_names,
        "curves.parquet": lambda: EnrolmentCurves(3.0).table().column_names,
        "summary.csv": lambda: list(summary_table(DESIGN, lambda _: np.zeros(2), ["complete"] * 2).columns),
    }[name]()


@pytest.mark.parametrize(
    "name", ["replications.parquet", "participants.parquet", "events.parquet", "curves.parquet", "summary.csv"]
)
def test_columns_are_those_of_the_table(name: str) -> None:
    (file,) = (file for file in FILES if file.name == name)
    assert [column.name for column in file.columns(DESIGN)] == made(name)


def test_every_column_says_what_it_is() -> None:
    for file in FILES:
        columns = file.columns(DESIGN)
        assert columns
        assert all(column.name and column.unit and column.meaning for column in columns), file.name
        assert len({column.name for column in columns}) == len(columns), file.name


def test_units_of_participants_follow_their_names() -> None:
    (file,) = (file for file in FILES if file.name == "participants.parquet")
    units = {column.name: column.unit for column in file.columns(DESIGN)}
    assert (units["referred_day"], units["n_visits_done"], units["patient"]) == ("days", "count", "number")
    assert (units["replaced"], units["arm"]) == ("true or false", "word")


def test_values_of_a_run_have_units_that_a_reader_knows() -> None:
    (file,) = (file for file in FILES if file.name == "replications.parquet")
    units = {column.name: column.unit for column in file.columns(DESIGN)}
    assert (units["outcome"], units["reached"]) == ("word", "true or false")
    assert units["value_sites.s.referrals_per_month"] == "as in the scenario"
