"""Which column tells studies apart."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.studies import study_column
from sim.exchange.tables.raw import RawTable


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"project": ["p", "p"], "study_id": ["s", "t"]}, "study_id"),
        ({"project": ["p", "p"], "study_id": ["s", "s"]}, "project"),
        ({"date": ["1", "2"]}, ""),
    ],
)
def test_the_one_with_several_studies_else_the_first(columns: dict[str, list[str]], found: str) -> None:
    assert study_column(RawTable("x.csv", pd.DataFrame(columns))) == found
