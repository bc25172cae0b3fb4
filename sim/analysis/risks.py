"""Which risks strike in a simulated trial, and how many days they delay."""

from __future__ import annotations

from collections.abc import Iterator

from sim.analysis.index import EventIndex
from sim.core import events
from sim.core.design import Design
from sim.core.events import AMOUNT, CODE


def risk_measures(design: Design) -> Iterator[tuple[str, str, str]]:
    """(name, unit, meaning) of what is measured of each risk; nothing where there are none."""
    for risk in design.risks:
        yield f"n_struck_{risk.name}", "count", f"1 where the risk {risk.name} strikes, else 0"
        yield f"risk_{risk.name}_days", "days", f"Days that {risk.name} adds; 0 where it does not strike"


def risks(row: dict[str, float], design: Design, index: EventIndex) -> None:
    """Measure the risks."""
    if not design.risks:
        return
    struck = index.of(events.RISK_STRUCK)
    days = dict(zip(struck[:, CODE].astype(int).tolist(), struck[:, AMOUNT].tolist(), strict=True))
    for risk in design.risks:
        row[f"n_struck_{risk.name}"] = int(risk.code in days)
        row[f"risk_{risk.name}_days"] = days.get(risk.code, 0.0)
