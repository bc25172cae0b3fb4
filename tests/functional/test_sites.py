"""Tables of sites: matched with the data by what names say, and read as systems for running trials export them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from sim.exchange.findings import DataError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import as_known, read_observed
from sim.exchange.sites.keys import matched, one_name_each, same_site

LOG = pd.DataFrame(
    {
        "Subject": ["1", "2", "3", "4"],
        "Site": ["001", "002", "001", "010"],
        "Randomisation date": ["2024-02-01", "2024-02-10", "2024-03-01", "2024-03-20"],
    }
)


def _read(sites: dict[str, list[str]], log: pd.DataFrame = LOG) -> ObservedTrial:
    return read_observed(log, pd.DataFrame(sites))


def _opened(trial: ObservedTrial) -> dict[str, str]:
    return {site.name: str(trial.date_of(site.activated)) for site in trial.sites if site.activated is not None}


DAYS = ["2024-01-10", "2024-01-20", "2024-02-20", "2024-03-01"]


@pytest.mark.parametrize(
    "names",
    [
        ["001", "002", "010", "011"],
        ["1", "2", "10", "11"],
        ["1.0", "2.0", "10.0", "11.0"],
        ["Site 1", "Site 2", "Site 10", "Site 11"],
        ["SITE-001", "site 002", " Site 010", "Site: 011"],
    ],
)
def test_sites_are_matched_by_what_their_names_say(names: list[str]) -> None:
    trial = _read({"Site": names, "Activated": DAYS})
    assert _opened(trial) == {"001": DAYS[0], "002": DAYS[1], "010": DAYS[2], names[3].strip(): DAYS[3]}
    assert len(trial.sites) == 4
    assert not trial.findings


@pytest.mark.parametrize(
    ("header", "role"),
    [
        *((name, "activated") for name in (
            "Site Activation Date", "site_active_dt", "Activation Date (Actual)", "SIV Date", "SIV Actual Date",
            "Site Initiation Visit Date", "Date Site Activated", "ActivationDate", "Site Open Date", "Initiation",
        )),
        *((name, "planned") for name in (
            "Planned Activation Date", "Planned SIV", "Site Activation Planned Date", "Projected Activation Date",
        )),
        *((name, "closing") for name in ("Planned closing", "Planned Close-out Date", "Expected site closure")),
        *((name, "closed") for name in ("Site Closed Date", "Close-out Visit Date", "Site Closure Date", "COV")),
    ],
)  # fmt: skip
def test_columns_are_called_as_such_systems_call_them(header: str, role: str) -> None:
    sites = {"Site Number": ["001", "002", "010"], "Activated": ["2024-01-10"] * 3, header: ["2024-04-20"] * 3}
    if role == "activated":
        sites = {"Site Number": ["001", "002", "010"], header: ["2024-01-10"] * 3}
    trial = _read(sites)
    assert all(getattr(site, role) is not None for site in trial.sites)


def test_several_sites_without_a_match_on_both_sides_are_refused_with_both_lists() -> None:
    with pytest.raises(
        DataError, match=r"not in the table \(002 and 010\).*not in the data \(London and Paris\).*write them alike"
    ):
        _read({"Site": ["001", "London", "Paris"], "Activated": DAYS[:3]})
    with pytest.raises(DataError, match="write them alike"):
        _read({"Site": ["London"], "Activated": DAYS[:1]})
    with pytest.raises(DataError, match=r"not in the table \(010\).*not in the data \(Paris\)"):
        _read({"Site": ["001", "002", "Paris"], "Activated": DAYS[:3]})
    assert "1 site of the data is not in the table: 010" in str(
        _read({"Site": ["001", "002"], "Activated": DAYS[:2]}).findings
    )


def test_of_two_names_of_a_site_the_one_is_taken_that_the_data_have() -> None:
    trial = _read({"Site Name": ["London", "Paris", "Rome"], "Site ID": ["1", "2", "10"], "Activated": DAYS[:3]})
    assert list(_opened(trial)) == ["001", "002", "010"]


def test_sites_of_the_data_that_differ_only_in_how_they_are_written_are_one() -> None:
    log = LOG.assign(Site=["North", "NORTH ", "north", "South"])
    trial = read_observed(log)
    assert [site.name for site in trial.sites] == ["North", "South"]
    assert trial.people.site.tolist() == [0, 0, 0, 1]
    assert "Sites that differ only in spelling are taken as one: NORTH and north" in " ".join(trial.account.lines())


def test_days_of_activation_to_come_are_plans() -> None:
    trial = as_known(_read({"Site": ["1", "2", "10", "11"], "Activated": [*DAYS[:3], "2024-09-01"]}), None, None)
    assert trial.sites[-1].activated is None
    assert trial.sites[-1].planned == (date(2024, 9, 1) - trial.first).days
    assert "days of activation after the end of the data are plans: 11" in trial.account.notes[-1].casefold()


def test_days_of_closing_to_come_are_plans_and_a_cut_knows_no_others() -> None:
    """Closed after the end of the data is a plan; a plan is known from the start, the day itself when it has come."""
    sites = {"Site": ["1", "2", "10"], "Activated": DAYS[:3], "Closed": ["2024-03-05", "", "2024-09-01"]}
    trial = as_known(_read(sites | {"Planned closing": ["2024-04-01", "2024-05-01", ""]}), None, None)
    assert [site.closed for site in trial.sites] == [33.0, None, None]
    assert [site.closing for site in trial.sites] == [60.0, 90.0, 213.0]
    assert "days of closing after the end of the data are plans: 010" in trial.account.notes[-1].casefold()
    assert [site.closed for site in trial.as_of(date(2024, 3, 1)).sites[:2]] == [None, None]
    assert trial.as_of(date(2024, 3, 1)).closings[:2].tolist() == [60.0, 90.0]
    with pytest.raises(DataError, match="planned to close before it opens"):
        _read({"Site": ["1", "2", "10"], "Activated": DAYS[:3], "Planned closing": [DAYS[1], "", DAYS[0]]})


def test_keys_tell_apart_what_is_different() -> None:
    assert same_site("A1-11") != same_site("A11-1")
    assert same_site("DE-001") == same_site("de 1") == same_site("DE001")
    assert one_name_each(["1", "001", "001", "2"]) == {"1": "001", "001": "001", "2": "2"}
    assert matched(["1", "2"], ["001", "01", "2"]) == {"2": "2"}  # two could be 1
