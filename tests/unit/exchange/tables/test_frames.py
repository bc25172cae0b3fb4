"""Data frames as tables: at each limit one is read, and one past it is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.findings import DataError
from sim.exchange.limits import ReadLimits
from sim.exchange.tables.frames import table_of_frame
from sim.exchange.tables.read import table_of

SMALL = ReadLimits(rows=4, columns=3, cells=8)


def _frame(n_rows: int, n_columns: int) -> pd.DataFrame:
    return pd.DataFrame({f"c{place}": ["x"] * n_rows for place in range(n_columns)})


@pytest.mark.parametrize(("n_rows", "n_columns"), [(4, 2), (4, 1), (2, 3)])
def test_a_frame_up_to_the_limits_is_read(n_rows: int, n_columns: int) -> None:
    assert table_of_frame(_frame(n_rows, n_columns), limits=SMALL).cells.shape == (n_rows, n_columns)


@pytest.mark.parametrize(("n_rows", "n_columns"), [(5, 1), (2, 4), (3, 3)], ids=["rows", "columns", "cells"])
def test_a_frame_past_one_limit_is_refused(n_rows: int, n_columns: int) -> None:
    with pytest.raises(DataError, match="is larger than 4 rows, 3 columns or 8 cells"):
        table_of_frame(_frame(n_rows, n_columns), limits=SMALL)


JSON = b'{"datasetJSONVersion": "1.1.0", "name": "DM", "columns": [{"name": "USUBJID"}], "rows": [["1"]]}'


@pytest.mark.parametrize("name", ["dm.json", "dm.txt"])
def test_json_is_known_by_its_beginning_and_by_its_ending(name: str) -> None:
    assert table_of(JSON, name).cells["USUBJID"].tolist() == ["1"]
    with pytest.raises(DataError, match="JSON"):
        table_of(b"Subject,Site\n1,A\n", "dm.json")
