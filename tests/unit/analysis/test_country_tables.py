"""Countries and steps of start-up over the replications, by hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from conftest import scenario_of

from sim.analysis.country_tables import country_table, start_up_table
from sim.core.design import Design

NAN = math.nan
SITES = {
    "a": {"count": 2, "referrals_per_month": 1.0, "country": "DE"},
    "b": {"referrals_per_month": 1.0, "country": "FR"},
}


def design(**changes: Any) -> Design:
    return Design(scenario_of(sites=SITES, **changes))


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"outcome": ["complete", "complete", "horizon"], **columns})


def test_a_row_a_country() -> None:
    """Means of people, medians of days, and the share of all participants."""
    columns: dict[str, list[float]] = {"n_randomised": [10.0, 10.0, 10.0]}
    for code, n in (("DE", 6.0), ("FR", 3.0)):
        for name in ("n_sites_activated", "n_referred", "n_screened", "n_randomised"):
            columns[f"country_{code}_{name}"] = [n, n, n]
        columns[f"country_{code}_day_first_site_active"] = [1.0, 5.0, 9.0]
        columns[f"country_{code}_day_first_randomised"] = [NAN, NAN, 9.0]
    found = country_table(design(), frame(**columns))
    assert found["n_sites"].to_dict() == {"DE": 2, "FR": 1}
    assert found["randomised"].to_dict() == {"DE": 6.0, "FR": 3.0}
    assert found["share"].to_dict() == pytest.approx({"DE": 0.6, "FR": 0.3})
    assert found.loc["DE", "first_site_active"] == 5.0
    assert found.loc["DE", "first_randomised"] == math.inf
    assert math.isnan(found.loc["DE", "cost"]), "no cost is reported"
    assert country_table(Design(scenario_of()), frame()).empty


def test_a_row_a_step_for_all_and_for_each_country() -> None:
    """Shares of the sites activated in a trial; a trial in which none was is in no share."""
    steps = {"start_up": {"contract": {"days": 3.0}}}
    columns: dict[str, list[float]] = {
        "n_started_up": [4.0, 2.0, 0.0],
        "n_critical_contract": [1.0, 2.0, 0.0],
        "start_up_contract_days": [10.0, 20.0, NAN],
        "start_up_contract_critical_days": [5.0, 20.0, NAN],
    }
    for code in ("DE", "FR"):
        columns[f"country_{code}_n_started_up"] = [2.0, 0.0, 0.0]
        columns[f"country_{code}_n_critical_contract"] = [1.0, 0.0, 0.0]
    found = start_up_table(design(site_defaults=steps), frame(**columns))
    assert found[["step", "country"]].to_numpy().tolist() == [["contract", ""], ["contract", "DE"], ["contract", "FR"]]
    assert found["share"].tolist() == pytest.approx([(1 / 4 + 1) / 2, 0.5, 0.5])
    assert found.loc[0, "days"] == 15.0
    assert found.loc[0, "critical_days"] == 12.5
    assert math.isnan(found.loc[1, "days"])
    assert start_up_table(Design(scenario_of()), frame()).empty
