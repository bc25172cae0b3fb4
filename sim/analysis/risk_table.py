"""How often each risk strikes, and how many days it costs, over all replications.

A risk that strikes in few replications has few days to measure: means are over those in which it strikes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.summary import Table, columns_of, finished
from sim.core.design import Design
from sim.scenario.schema.risks import risk_in_words

_NO = Estimate(float("nan"), None, None)


def risk_table(design: Design, frame: Table, causes: pd.DataFrame | None = None, milestone: str = "") -> pd.DataFrame:
    """How often each risk strikes, the days that it adds, and its effect on a milestone.

    Args:
        design: the scenario, made ready.
        frame: replications.
        causes: days lost to each cause, from pairs with and without it; None if not measured.
        milestone: milestone up to which the days lost count.

    Returns:
        A row for each risk: `meaning`; `share` of trials in which it strikes; mean `days` added to what it delays, over
        those trials; mean days `lost` until the milestone, over all trials, from `n_pairs` pairs of which `n_changed`
        differ (NaN if not measured).
    """
    done, rows = finished(frame), []
    for risk in design.risks:
        struck = done[f"n_struck_{risk.name}"].to_numpy(dtype=np.float64) > 0
        days = done[f"risk_{risk.name}_days"].to_numpy(dtype=np.float64)[struck]
        row: dict[str, object] = {"risk": risk.name, "meaning": risk_in_words(risk.name, risk.rule)}
        row |= columns_of("share", intervals.probability(int(np.count_nonzero(struck)), len(struck)))
        row |= columns_of("days", intervals.mean(days) if len(days) else _NO)
        lost, n, n_changed = _lost(causes, f"risks.{risk.name}", milestone)
        rows.append(row | columns_of("lost", lost) | {"n_pairs": n, "n_changed": n_changed})
    headers: list[str] = [header for key in ("share", "days", "lost") for header in columns_of(key, _NO)]
    return pd.DataFrame(rows, columns=["risk", "meaning", *headers, "n_pairs", "n_changed"]).set_index("risk")


def _lost(causes: pd.DataFrame | None, name: str, milestone: str) -> tuple[Estimate, int, int]:
    if causes is not None:
        for _, row in causes[(causes["cause"] == name) & (causes["outcome"] == milestone)].iterrows():
            ends = [None if pd.isna(row[key]) else float(row[key]) for key in ("lost_low", "lost_high")]
            return Estimate(float(row["lost"]), *ends), int(row["n"]), int(row["n_changed"])
    return _NO, 0, 0
