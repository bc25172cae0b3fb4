"""Which of several columns that could be one thing is it."""

from __future__ import annotations

import pandas as pd

from sim.exchange.tables.columns import recognised
from sim.exchange.tables.raw import RawTable

NAMES = {"site": ("site", "site_id", "centre"), "arm": ("arm", "group")}


def roles(*headers: str, **given: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    return recognised(RawTable("x.csv", pd.DataFrame([["1"] * len(headers)], columns=list(headers))), NAMES, given)


def test_the_name_that_says_it_best_is_taken_and_what_is_unclear_is_told() -> None:
    """A site's number beside its name is the site; two arms are a question; what a person said holds."""
    assert roles("Centre", "Site ID") == ({"site": "Site ID"}, {})
    assert roles("Arm", "Group") == ({}, {"arm": ["Arm", "Group"]})
    assert roles("Arm", "Group", arm="Group") == ({"arm": "Group"}, {})
    assert roles("Centre", "x") == ({"site": "Centre"}, {})
