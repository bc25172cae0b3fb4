"""Countries: each with its own public holidays, costs and results."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from conftest import Simulated, scenario_of, simplest_file

from sim.analysis.country_tables import country_table
from sim.analysis.measures import measures
from sim.analysis.tables import replication_table
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import KIND, SITE, TIME
from sim.errors import ScenarioError
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.replicate import replicate

SITES: dict[str, Any] = {
    "berlin": {"count": 2, "country": "DE", "referrals_per_month": 200.0},
    "paris": {"country": "FR", "referrals_per_month": 200.0},
    "elsewhere": {"referrals_per_month": 200.0},
}
UNITY, BASTILLE, EPIPHANY = (
    (date(2020, month, day) - date(2020, 1, 1)).days for month, day in ((10, 3), (7, 14), (1, 6))
)


def arrivals(countries: dict[str, Any], calendar: dict[str, Any] | None = None) -> np.ndarray:
    """(sites, days) referrals of the first year; sites in order berlin 1, berlin 2, elsewhere, paris."""
    made = scenario_of(
        trial={"target": 9000, "horizon_months": 12}, sites=SITES, countries=countries, calendar=calendar or {}
    )
    rows = replicate(Design(made), 5, 0).table()
    referred = rows[rows[:, KIND] == e.REFERRED]
    found = np.zeros((4, 367), dtype=int)
    np.add.at(found, (referred[:, SITE].astype(int), referred[:, TIME].astype(int)), 1)
    return found


def test_each_country_has_its_own_holidays() -> None:
    """Nobody comes on a country's own holidays, people come on the other's, and without a country on all."""
    own: dict[str, Any] = {code: {"public_holidays": {"factor": 0.0}} for code in ("DE", "FR")}
    own["DE"]["public_holidays"]["subdivision"] = "BY"
    found = arrivals(own)
    assert found[:2, [UNITY, EPIPHANY]].sum() == 0  # Epiphany is a holiday in Bavaria, and in few other parts
    assert found[3, BASTILLE] == 0
    assert found[:3, BASTILLE].min() > 0
    assert found[2:, [UNITY, EPIPHANY]].min() > 0


def test_a_country_without_its_own_has_those_of_the_calendar() -> None:
    """The calendar's holidays hold for all but those countries that have their own."""
    rule = {"public_holidays": {"country": "FR", "factor": 0.0}}
    found = arrivals({"DE": {"public_holidays": {"factor": 1.0}}}, rule)
    assert found[2:, BASTILLE].sum() == 0
    assert found[:2, BASTILLE].min() > 0


def test_results_of_countries_add_up_to_those_of_the_trial() -> None:
    """Sites, people and the cost of sites by country, with those that are in none, are those of the whole trial."""
    made = scenario_of(
        trial={"target": 60},
        sites={name: group | {"referrals_per_month": 3.0} for name, group in SITES.items() if name != "elsewhere"},
        countries={"DE": {"label": "Germany", "costs": {"site_activation": 1000, "screening": 7}}},
        costs={"currency": "EUR", "site_activation": 300, "screening": 5, "site_month": 10, "central_month": 100},
        screening={"consent": 0.5, "days": 3},
    )
    found = Simulated(made, 10)
    for name in ("n_sites_activated", "n_referred", "n_randomised"):
        assert np.array_equal(found[f"country_DE_{name}"] + found[f"country_FR_{name}"], found[name])
    of_sites = found["country_DE_cost"] + found["country_FR_cost"]
    assert np.allclose(of_sites + found["cost_central"], found["cost"])
    assert np.allclose(found["cost_screening"], 7 * found["country_DE_n_screened"] + 5 * found["country_FR_n_screened"])
    frame = replication_table(measures(found.design), 0, found.chunk.values).to_pandas()
    table = country_table(found.design, frame)
    assert table.loc["DE", "label"] == "Germany"
    assert table["share"].sum() == pytest.approx(1)
    assert table.loc["DE", "share"] == pytest.approx(found["country_DE_n_randomised"].sum() / 600)


def test_taking_the_holidays_away_takes_them_from_every_country() -> None:
    """The cause of delay is the holidays of all countries together."""
    own = {code: {"public_holidays": {"factor": 0.2}} for code in ("DE", "FR")}
    made = scenario_of(sites=SITES, countries=own)
    without = next(cause for cause in causes_of_delay(made) if cause.name == "calendar.public_holidays").scenario
    assert [c.public_holidays.factor for c in without.countries.values() if c.public_holidays] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("countries", "said"),
    [
        ({"ES": {}}, "countries.ES: no site group is in this country"),
        ({"Germany": {}}, "Germany is DE"),
        ({"Ruritania": {}}, "must be an ISO 3166 code"),
        ({"DE": {"public_holidays": {"factor": 0.5, "subdivision": "ZZ"}}}, "no such part of DE"),
        ({"DE": {"public_holidays": {"factor": -0.5}}}, "countries.DE.public_holidays.factor"),
        ({"DE": {"costs": {"screening": 4}}}, "needs the section 'costs'"),
        ({"DE": {"holidays": {"factor": 0.5}}}, "did you mean 'public_holidays'"),
    ],
)
def test_what_countries_may_not_say_is_refused(countries: dict[str, Any], said: str) -> None:
    """One message each, with the path."""
    with pytest.raises(ScenarioError) as raised:
        scenario_of(sites=SITES, countries=countries)
    assert said in str(raised.value)
    assert len(raised.value.problems) == 1


def test_a_country_without_holidays_in_the_years_of_the_trial_is_refused() -> None:
    """Ukraine has no days off under martial law: a factor on none would be simulated without a word."""
    sites = {"kyiv": {"country": "UA", "referrals_per_month": 200.0}}
    rule = {"UA": {"public_holidays": {"factor": 0.3}}}
    when = {"target": 9, "enrolment_opens": "2025-06-01", "horizon_months": 12}
    with pytest.raises(ScenarioError, match="UA has no public holidays from 2025 to 2026: leave public_holidays out"):
        scenario_of(sites=sites, countries=rule, trial=when)
    scenario_of(sites=sites, countries=rule, trial=when | {"enrolment_opens": "2019-01-01"})


def test_a_run_and_its_report_tell_of_countries_and_steps(tmp_path: Path) -> None:
    """On the console, in the page and in the JSON answer; a trial without countries has no word of them."""
    steps = {"contract": {"days": {"dist": "gamma", "mean": 30, "cv": 0.5}}}
    sites = {name: group | {"referrals_per_month": 3.0} for name, group in SITES.items()}
    file = simplest_file(tmp_path, "several", sites=sites, site_defaults={"start_up": steps}, trial={"target": 20})
    out = call("run", file, "-n", 24, "-w", 1, "--out", tmp_path / "r")
    assert out.code == 0, out
    (row,) = [line.split() for line in out.out.splitlines() if line.startswith("FR ")]
    assert row[1:5] == ["1.00", "±0.00", "of", "1"]
    assert "On the longest way to a site's activation: contract at 100 %" in out.out
    page = (tmp_path / "r" / "report.html").read_text()
    assert "Countries in a mean trial" in page
    assert "Steps of start-up" in page
    plain = simplest_file(tmp_path, "one", trial={"target": 20})
    out = call("run", plain, "-n", 24, "-w", 1, "--out", tmp_path / "p")
    assert out.code == 0, out
    assert "ountr" not in out.out
    assert "Countries" not in (tmp_path / "p" / "report.html").read_text().partition("<script")[0]
