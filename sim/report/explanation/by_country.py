"""On which countries a milestone hangs: in how many trials the site that completes it is there.

A country's share of critical sites is read beside its share of all sites: more of one than of the other is what counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis import intervals
from sim.report.exhibits import Exhibit, Table
from sim.report.style import bar_figure, wrapped
from sim.report.words import chance, percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.report.explanation.words import Told


def critical_countries(told: Told) -> Exhibit | None:
    """Share of trials in which each country has the critical site, beside its share of the sites.

    Args:
        told: the explanation of one outcome.

    Returns:
        None without countries, or if no trial gets to the outcome.
    """
    design, rows = told.explanation.design, told.of("sites")
    if not design.countries or rows.empty:
        return None
    n = int(rows["n"].iloc[0])
    shares = {code: intervals.probability(_n_critical(told, rows, code), n) for code in design.countries}
    labels = {code: design.country_label(code) for code in design.countries}
    sites = {code: design.n_sites_in(code) for code in design.countries}
    everywhere = sum(group.count for group in design.groups) or 1
    most = max(shares, key=lambda code: shares[code].value)
    cells = tuple(
        (labels[code], chance(shares[code]), str(sites[code]), percent(sites[code] / everywhere))
        for code in design.countries
    )
    return Exhibit(
        "critical-countries",
        "The critical country",
        f"In {chance(shares[most])} of the trials the site that completes {told.noun} is in {labels[most]}, which has "
        f"{percent(sites[most] / everywhere)} of the sites. A country that is critical more often than its share of "
        "the sites recruits more, or later, than the others.",
        "Source: sites.csv; shares with Wilson's 95 % intervals.",
        bar_figure(
            [wrapped(labels[code]) for code in design.countries],
            [shares[code].in_percent for code in design.countries],
            [percent(shares[code].value) for code in design.countries],
            "% of the trials",
        ),
        Table("Critical countries", ("country", "critical", "sites", "of all sites"), cells),
    )


def _n_critical(told: Told, rows: pd.DataFrame, code: str) -> int:
    groups = [group.name for group in told.explanation.design.groups if group.settings.country == code]
    return int(rows.loc[rows["group"].isin(groups), "n_critical"].sum())
