"""Days of one site that contradict each other, sites that only one table has, and days that are plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from made_trials import FIRST, trial_with

from sim.exchange.findings import DataCheck, DataError
from sim.exchange.observed import ObservedTrial, SiteRecord
from sim.exchange.sites.table import _check_order, _check_unmatched, with_plans, with_sites
from sim.exchange.tables.read import table_of

NAN = np.nan
NEVER = "neither activated nor planned; never opens"
SEEN = "no day of activation; taken as open since somebody came"


@pytest.mark.parametrize(
    ("days", "has_people", "said"),
    [
        ({"activated": 5.0, "closed": 5.0}, True, ""),
        ({"activated": 5.0, "closed": 4.0}, True, "closed before activated"),
        ({"activated": NAN, "closed": 9.0, "planned": 4.0}, False, "closed, but never activated"),
        ({"activated": NAN, "closed": 10.0, "planned": 4.0}, False, ""),
        ({"activated": NAN, "closed": 12.0, "planned": 12.0}, False, ""),
        ({"activated": NAN, "closed": 12.0, "planned": 13.0}, False, "planned to close before it opens"),
        ({"activated": 5.0, "closing": 4.0}, True, "planned to close before it opens"),
        ({"activated": NAN}, False, NEVER),
        ({"activated": NAN}, True, SEEN),
        ({"activated": NAN, "planned": 12.0}, False, ""),
        ({"planned": NAN}, False, ""),
    ],
)
def test_days_of_a_site_are_in_order(days: dict[str, float], has_people: bool, said: str) -> None:
    """The data end with day 9; a day to come is a plan."""
    check = DataCheck("sites.csv")
    columns = {role: np.array([day]) for role, day in days.items()}
    _check_order(check, columns, np.array([7]), 10.0, np.array([has_people]))
    assert [(item.message, item.rows) for item in check.findings] == ([(said, (7,))] if said else [])
    assert [item.is_error for item in check.findings] == ([said not in (NEVER, SEEN)] if said else [])


@pytest.mark.parametrize(
    ("missing", "others", "is_none_found", "is_error"),
    [
        (["A"], [SiteRecord("x", planned=9.0)], False, False),
        (["A"], [SiteRecord("x", activated=3.0)], False, True),
        (["A"], [SiteRecord("x", planned=9.0)], True, True),
        (["A"], [SiteRecord("x"), SiteRecord("y"), SiteRecord("z")], False, False),
        (["A", "B", "C"], [SiteRecord("x")], False, False),
        (["A", "B"], [SiteRecord("x"), SiteRecord("y")], False, True),
        (["A", "B"], [], True, False),
    ],
)
def test_sites_of_one_table_only_are_an_error_where_they_may_be_the_same(
    missing: list[str], others: list[SiteRecord], is_none_found: bool, is_error: bool
) -> None:
    check = DataCheck("sites.csv")
    _check_unmatched(missing, others, is_none_found, check)
    assert [item.is_error for item in check.findings] == [is_error]


def test_days_after_the_end_of_the_data_are_plans() -> None:
    """Data that end with day 9: what opens or closes on day 10 or later has not yet."""
    sites = (SiteRecord("a", 9.0, 10.0), SiteRecord("b", 10.0), SiteRecord("c", 1.0, 9.0, closing=30.0))
    trial = replace(trial_with(np.array([0.5, 9.5])), sites=sites, last=FIRST + timedelta(days=9))
    found = with_plans(trial, None)
    assert found.sites == (
        SiteRecord("a", 9.0, closing=10.0),
        SiteRecord("b", planned=10.0),
        SiteRecord("c", 1.0, 9.0, closing=30.0),
    )
    assert found.account.notes == (
        "days of activation after the end of the data are plans: b",
        "days of closing after the end of the data are plans: a",
    )
    assert with_plans(trial, FIRST + timedelta(days=10)) is trial


SITES = """Site,Country,Activated,Closed,Planned activation
1,DE,2023-01-02,2023-01-30,
Site 2,FR,2023-01-12,,
3,FR,,,2024-02-01
"""


def at_two_sites() -> ObservedTrial:
    """Two people on days 10 and 20, each at a site of their own."""
    trial = trial_with(np.array([10.0, 20.0]), 2)
    return replace(trial, sites=(SiteRecord("001"), SiteRecord("2")))


def test_a_table_of_sites_adds_their_days_and_sites_of_its_own() -> None:
    """Day 0 is the trial's first; a name keeps the spelling of the data, and days that are not known stay so."""
    found = with_sites(at_two_sites(), table_of(SITES.encode(), "sites.csv"), {}, None)
    assert found.sites == (
        SiteRecord("001", 0.0, 28.0, country="DE"),
        SiteRecord("2", 10.0, country="FR"),
        SiteRecord("3", planned=395.0, country="FR"),
    )
    assert found.source == "made.csv, sites.csv"
    assert found.account.notes == (
        "in sites.csv: 'Site' is the site, 'Activated' is the day of activation, 'Closed' is the day of closing, "
        "'Planned activation' is the planned day of activation, 'Country' is the country",
        "in sites.csv: 2 of the sites are spelled differently in the data, and are taken as the same",
    )
    assert found.findings == ()


@pytest.mark.parametrize(
    ("replaced", "by", "said"),
    [
        ("Site,", "Place of it,", "no column names the sites; say which, as in --columns site=NAME"),
        ("Activated", "Began", "no column says when they opened; say which, as in --columns activated=NAME"),
        ("\n3,", "\n,", r"no site \(row 4\)"),
        ("\n3,", "\n01,", r"the same site twice \(rows 2, 4\)"),
        (
            "2023-01-12",
            "2023-01-23",
            "1 randomised at site '2' before it opened on 2023-01-23, the first on 2023-01-22",
        ),
    ],
)
def test_a_table_of_sites_that_cannot_be_right_is_refused(replaced: str, by: str, said: str) -> None:
    text = SITES.replace(replaced, by, 1)
    text = text.replace("Planned activation", "Other") if by == "Began" else text
    with pytest.raises(DataError, match=said):
        with_sites(at_two_sites(), table_of(text.encode(), "sites.csv"), {}, None)


def test_a_plan_is_told_by_its_words_and_by_dates() -> None:
    """`Target` may be a number; `Planned green light` is what is usual for an opening, beside a plan's word."""
    header = "Site,Green light,Target,Planned green light,Anticipated close out"
    text = f"{header}\n001,2023-01-02,20,2023-01-05,2023-09-01\n"
    site = with_sites(at_two_sites(), table_of(f"{text}2,2023-01-03,20,,\n".encode(), "sites.csv"), {}, None).sites[0]
    assert (site.activated, site.planned, site.closing) == (0.0, 3.0, 242.0)


def test_dates_that_are_not_used_are_named() -> None:
    text = "Site,Opened,Suspended,Reopened,Staff\n001,2023-01-02,2023-03-01,2023-04-01,7\n2,2023-01-03,,,8\n"
    trial = with_sites(at_two_sites(), table_of(text.encode(), "sites.csv"), {}, None)
    assert "in sites.csv: not used, with dates in it: 'Suspended' and 'Reopened'" in trial.account.notes
