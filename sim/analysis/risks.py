"""Measures of discrete risks: which of them strike in a simulated trial, and how many days they add."""

from __future__ import annotations

from collections.abc import Iterator

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE


def risk_measures(design: Design) -> Iterator[tuple[str, str, str]]:
    """Declare the measures of each risk; none without risks.

    Returns:
        (name, unit, meaning) of each.
    """
    for risk in design.risks:
        yield f"n_struck_{risk.name}", "count", f"1 where the risk {risk.name} strikes, else 0"
        yield f"risk_{risk.name}_days", "days", f"Days that {risk.name} adds; 0 where it does not strike"


def risks(row: dict[str, float], design: Design, index: EventIndex) -> None:
    """Add the measures of each risk to a row.

    Args:
        row: measures by name; changed in place.
        design: the scenario, made ready.
        index: the events.
    """
    if not design.risks:
        return
    struck = index.of(events.RISK_STRUCK)
    days = dict(zip(struck[:, CODE].astype(int).tolist(), struck[:, AMOUNT].tolist(), strict=True))
    for risk in design.risks:
        row[f"n_struck_{risk.name}"] = int(risk.code in days)
        row[f"risk_{risk.name}_days"] = days.get(risk.code, 0.0)
