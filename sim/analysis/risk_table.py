"""How often each risk strikes, and how many days it costs. Frames in, frames out."""

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
    """A row a risk: in what share of trials it strikes, the days that it adds there, and what it costs the trial.

    Args:
        design: the scenario, made ready.
        frame: the replications.
        causes: days lost to each cause, measured in pairs with and without it; None where they were not.
        milestone: until which the days lost are counted.

    Returns:
        Columns `meaning`; `share` of the trials in which it strikes; `days` added to what it delays, in the mean of
        those trials; `lost` until the milestone, in the mean of all trials, of `n_pairs` pairs of which `n_changed`
        differ (NaN where not measured).
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
