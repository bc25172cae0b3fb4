"""What each country contributes, and which steps of start-up delay sites, over all replications.

They are what a report shows of `sim.analysis.by_country`: means and shares with their intervals, over the replications
that did not raise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.summary import Table, finished
from sim.analysis.summary import columns_of as columns
from sim.core.design import Design

_NO = Estimate(float("nan"), None, None)
_MEANS = {
    "sites": "n_sites_activated",
    "referred": "n_referred",
    "screened": "n_screened",
    "randomised": "n_randomised",
    "cost": "cost",
}


def country_table(design: Design, frame: Table) -> pd.DataFrame:
    """Sites, first days, people and cost of each country in a mean trial.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each country; sites without a country have none. First days are P50 in days, infinite if later than
        the horizon; `share` is the share of all participants who were randomised in the country.
    """
    done, rows = finished(frame), []
    everybody = float(done["n_randomised"].sum()) if design.countries else 0.0
    for code in design.countries:
        row: dict[str, object] = {"country": code, "label": design.country_label(code)}
        row["n_sites"] = design.n_sites_in(code)
        for name, measure in _MEANS.items():
            column = f"country_{code}_{measure}"
            known = name != "cost" or design.scenario.costs is not None
            row |= columns(name, intervals.mean(done[column].to_numpy(dtype=np.float64)) if known else _NO)
        for name in ("first_site_active", "first_randomised"):
            days = done[f"country_{code}_day_{name}"].to_numpy(dtype=np.float64)
            row |= columns(name, intervals.quantile(days, 0.5))
        here = float(done[f"country_{code}_n_randomised"].sum())
        rows.append(row | {"share": here / everybody if everybody else float("nan")})
    names = ["country", "label", "n_sites", *_headers(*_MEANS, "first_site_active", "first_randomised"), "share"]
    return pd.DataFrame(rows, columns=names).set_index("country")


def start_up_table(design: Design, frame: Table) -> pd.DataFrame:
    """How long each step of start-up takes, and how often it is critical.

    Args:
        design: the scenario, made ready.
        frame: replications.

    Returns:
        A row for each step, for all sites (`country` is '') and then for each country. `share` is the share of
        activated sites with the step on the critical path to activation. `days` is its duration, and `critical_days`
        its contribution to the days of start-up; both are for all sites only.
    """
    done, rows = finished(frame), []
    for code in ("", *design.countries):
        prefix = f"country_{code}_" if code else ""
        for step in design.start_up:
            n = done[f"{prefix}n_started_up"].to_numpy(dtype=np.float64)
            k = done[f"{prefix}n_critical_{step}"].to_numpy(dtype=np.float64)
            row: dict[str, object] = {"step": step, "country": code}
            row |= columns("share", _mean(k[n > 0] / n[n > 0]))
            for name in ("days", "critical_days"):
                days = np.zeros(0) if code else done[f"start_up_{step}_{name}"].to_numpy(dtype=np.float64)
                row |= columns(name, _mean(days[~np.isnan(days)]))
            rows.append(row)
    return pd.DataFrame(rows, columns=["step", "country", *_headers("share", "days", "critical_days")])


def _headers(*keys: str) -> list[str]:
    return [header for key in keys for header in columns(key, _NO)]


def _mean(values: np.ndarray) -> Estimate:
    """A mean over the trials that have a value; nothing where none has."""
    return intervals.mean(values) if len(values) else _NO
