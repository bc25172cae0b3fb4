"""What is to become of sites: those that open at a pace that the user said, and those that close.

A table of sites has planned days for some sites, the scenario has others, and a user may name a pace; here one rule
says which of these holds for which site.

Attributes:
    GROUP: name of the group of sites that are added at a pace the user said.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core.design import Design
from sim.core.observed import KnownSite, SiteKey
from sim.exchange.observed import ObservedTrial
from sim.forecast.continued.matching import SiteMatch
from sim.forecast.continued.plan_rates import planned_site
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

GROUP = "sites_to_come"
_MONTHS = 24  # for so long sites go on opening
_MOST = 500
_MOST_SPREAD = 1.5
_OF_ITS_OWN = ("opens", "closes", "max_participants", "label")  # keys of a group that others do not take from it


def still_to_open(design: Design, opened: dict[SiteKey, KnownSite]) -> list[SiteKey]:
    """Return the sites of a scenario that have neither opened nor a day on which they will, in order.

    Args:
        design: the scenario, made ready.
        opened: what is known of sites, by group and number; sites that are not in it are unknown.

    Returns:
        Keys (group, number) in alphabetical order of the groups.
    """
    keys = sorted((group.name, row) for group in design.groups for row in range(group.count))
    sites = {key: opened.get(key, KnownSite()) for key in keys}
    return [key for key in keys if sites[key].activated is None and sites[key].planned is None]


def with_sites_to_come(scenario: Scenario, a_month: float) -> tuple[Scenario, list[str]]:
    """Add a group of sites to come to a scenario that has none left to open.

    They are like those of the scenario's first group, except that each has the mean rate of the open sites
    (`their_factor`), and varies about it as what is known of the scenario's sites.

    Args:
        scenario: the plan, with all sites of the data.
        a_month: number of sites that open per month.

    Returns:
        The scenario, and a note for the reader.
    """
    n = min(math.ceil(a_month * _MONTHS), _MOST)
    plans = [planned_site(group) for group in Design(scenario).groups for _ in range(group.count)]
    means = np.array([plan.mean for plan in plans])
    squares = means**2 * (1 + np.array([plan.cv for plan in plans]) ** 2)
    spread = np.sqrt(squares.mean() / max(means.mean(), 1e-9) ** 2 - 1)
    own = {
        "count": n,
        "label": "Sites to come",
        "referrals_per_month": 1.0,
        "between_site_cv": round(min(float(spread), _MOST_SPREAD), 3),
    }
    data: dict[str, Any] = json.loads(canonical(scenario))
    like = data["sites"][min(scenario.sites)]
    data["sites"][GROUP] = {key: value for key, value in like.items() if key not in _OF_ITS_OWN} | own
    note = f"the scenario has no site left to open, so {n} are added, with the mean rate of the open sites"
    return scenario_from_json(data, scenario.name), [note]


def their_factor(rates: Array, passing: float) -> dict[str, Array]:
    """Return the factor on the rates of the added group, which the scenario has at 1 referral a month.

    Args:
        rates: (draws, sites) randomisations per month of the open sites.
        passing: share of referrals that are randomised.

    Returns:
        (draws,) factors, by group; none where no site is open.
    """
    return {GROUP: rates.mean(axis=1) / passing} if rates.shape[1] else {}


def closings_of_groups(scenario: Scenario, trial: ObservedTrial, matched: SiteMatch) -> dict[str, date]:
    """Return the days on which the scenario closes groups of which the table of sites plans closings.

    The table comes first; these days are left for sites that it says nothing of.

    Args:
        scenario: the scenario.
        trial: the data, with planned closings of its sites.
        matched: which site of the data is which of the scenario.

    Returns:
        The day by the name of the group.
    """
    closings = trial.closings
    groups = {key[0]: scenario.sites[key[0]].closes for i, key in matched.keys.items() if np.isfinite(closings[i])}
    return {name: closes for name, closes in groups.items() if isinstance(closes, date)}


def without_closings(scenario: Scenario, groups: Iterable[str]) -> Scenario:
    """Return the scenario without the days on which it closes some groups.

    Args:
        scenario: the scenario, which stays as it is.
        groups: names of groups; each must have a closing.
    """
    data = json.loads(canonical(scenario))
    for name in groups:
        del data["sites"][name]["closes"]
    return scenario_from_json(data, scenario.name)


def recruits_until(
    design: Design, trial: ObservedTrial, opened: dict[SiteKey, KnownSite], shift: float
) -> float | None:
    """Return the day on which an announced end or the last closing of a site ends recruitment.

    Args:
        design: the scenario, made ready.
        trial: the data.
        opened: what is known of the sites.
        shift: the trial's first day, in the scenario's days.

    Returns:
        A day since day 0; None where nothing ends recruitment but the target.
    """
    days = []
    for group in design.groups:
        closes = group.settings.closes
        own = design.clock.day_of(closes) if isinstance(closes, date) else math.inf
        for row in range(group.count):
            site = opened.get((group.name, row), KnownSite())
            if site.closed is None:
                days.append(min(own, math.inf if site.closing is None else site.closing))
    end = min(max(days, default=math.inf), math.inf if trial.ends is None else trial.ends + shift)
    return end if math.isfinite(end) else None
