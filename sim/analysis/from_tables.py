"""Measures and events read back from the tables that `sim.analysis.tables` made of them.

A resumed run and an answer from files need the numbers that the tables were written from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sim.analysis.measures import Measure
from sim.analysis.tables import ERROR, site_names, vocabulary
from sim.core.events import AMOUNT, CODE, KIND, NUMBER, PERSON, SITE, TIME, VOCABULARIES, WIDTH

if TYPE_CHECKING:
    from sim.core.design import Design

Array = npt.NDArray[np.float64]


def replication_values(measures: list[Measure], table: pa.Table) -> Array:
    """Measures from the table that `replication_table` made of them.

    Args:
        measures: the columns of the values.
        table: rows of `replications.parquet`.

    Returns:
        (n, measures) values; NaN where the table has null.
    """
    values = np.full((table.num_rows, len(measures)), np.nan)
    raised = np.array([word == ERROR for word in table.column("outcome").to_pylist()], dtype=bool)
    codes = {word: float(code) for code, word in enumerate(VOCABULARIES["trial_ended"])} | {ERROR: np.nan}
    for i, measure in enumerate(measures):
        column = table.column(measure.name)
        if measure.name == "outcome":
            values[:, i] = [codes[word] for word in column.to_pylist()]
        else:
            values[:, i] = column.cast(pa.float64()).to_numpy()
    values[raised] = np.nan  # `reached` of these is false in the table
    return values


def event_rows(design: Design, table: pa.Table) -> Array:
    """Events from the table that `event_table` made of them.

    Args:
        design: the scenario, made ready.
        table: rows of `events.parquet`.

    Returns:
        (n, WIDTH) events; 0 for numbers that their kind does not use.
    """
    rows = np.zeros((table.num_rows, WIDTH))
    kinds = {kind.name: i for i, kind in enumerate(design.kinds)}
    sites = {name: float(i) for i, name in enumerate(site_names(design))} | {None: -1.0}
    codes = [{word: float(i) for i, word in enumerate(vocabulary(design, kind))} for kind in range(len(design.kinds))]
    kind = [kinds[name] for name in table.column("event").to_pylist()]
    details = table.column("detail").to_pylist()
    rows[:, TIME] = table.column("day").to_numpy()
    rows[:, KIND] = kind
    rows[:, SITE] = [sites[name] for name in table.column("site").to_pylist()]
    rows[:, PERSON] = table.column("patient").fill_null(0).to_numpy() - 1.0
    rows[:, NUMBER] = table.column("number").fill_null(0.0).to_numpy()
    rows[:, CODE] = [0.0 if word is None else codes[i][word] for i, word in zip(kind, details, strict=True)]
    rows[:, AMOUNT] = table.column("amount").fill_null(0.0).to_numpy()
    return rows
