"""How far referral rates have drifted by the end of recruitment, over all replications.

A trial that stops recruiting within half a year is never told a drift; it counts in the share alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.analysis import intervals
from sim.analysis.drift import measure_of_drift, places_of_drift
from sim.analysis.intervals import Estimate
from sim.analysis.summary import Table, columns_of, finished
from sim.core.design import Design

_QUANTILES = (10, 50, 90)
_NO = Estimate(float("nan"), None, None)


def drift_table(design: Design, frame: Table) -> pd.DataFrame:
    """How far rates have drifted when recruitment ends.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for all sites (`place` is ''), then for each country where countries drift apart: its `label`; `share` of
        trials that recruit for half a year or longer; and `p10`, `p50`, `p90` of the factor on their rates since day 0,
        at the last half year of recruitment.
    """
    done, rows = finished(frame), []
    for place in places_of_drift(design):
        factors = done[measure_of_drift(place)].to_numpy(dtype=np.float64)
        told = factors[~np.isnan(factors)]
        row: dict[str, object] = {"place": place, "label": design.country_label(place) if place else "all sites"}
        row |= columns_of("share", intervals.probability(len(told), len(factors)))
        for q in _QUANTILES:
            row |= columns_of(f"p{q}", intervals.quantile(told, q / 100) if len(told) else _NO)
        rows.append(row)
    headers: list[str] = [name for key in ("share", *(f"p{q}" for q in _QUANTILES)) for name in columns_of(key, _NO)]
    return pd.DataFrame(rows, columns=["place", "label", *headers]).set_index("place")
