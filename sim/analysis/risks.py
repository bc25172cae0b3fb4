"""Measures of discrete risks: which of them strike in a simulated trial, and how many days they add.

They are declared from the design, because risks have names of their own. Over all replications they are the table of
`sim.analysis.risk_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE


def risk_measures(design: Design) -> Iterator[tuple[str, str, str]]:
    """Declare the measures of each risk; none without risks.

    Args:
        design: the scenario, made ready; risks are in alphabetical order.

    Yields:
        (name, unit, meaning) of each.
    """
    for risk in design.risks:
        yield f"n_struck_{risk.name}", "count", f"1 where the risk {risk.name} strikes, else 0"
        yield f"risk_{risk.name}_days", "days", f"Days that {risk.name} adds; 0 where it does not strike"


def risks(columns: dict[str, npt.NDArray[Any]], design: Design, index: EventIndex) -> None:
    """Add the measures of each risk.

    Args:
        columns: (n,) measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    struck, of = index.of(events.RISK_STRUCK), index.replications(events.RISK_STRUCK)
    days = np.full((index.n, len(design.risks)), np.nan)
    days[of, struck[:, CODE].astype(np.int64)] = struck[:, AMOUNT]
    for risk in design.risks:
        has_struck = ~np.isnan(days[:, risk.code])
        columns[f"n_struck_{risk.name}"] = has_struck.astype(np.int64)
        columns[f"risk_{risk.name}_days"] = np.where(has_struck, days[:, risk.code], 0.0)
