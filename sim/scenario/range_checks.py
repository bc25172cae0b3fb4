"""Checks of values that are valid one by one, but together too large to simulate, or without meaning.

Each limit keeps a run from hanging or from filling memory, or a number from losing its meaning (the logarithm of 0).

Attributes:
    MOST_SITES: maximum number of sites of all groups.
    MOST_REFERRALS: maximum expected number of referrals of all sites up to the horizon, at their largest rates.
    MOST_CRITERIA: maximum number of eligibility criteria.
    MOST_LOTS: maximum number of lots that a bank may need at the same time.
    MOST_KG: maximum body weight, in kg.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.scenario.derived import DERIVED
from sim.scenario.distributions import Family, support
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario

MOST_SITES = 20_000
MOST_REFERRALS = 100_000_000  # of all sites up to the horizon, with all uncertain values at their maximum
MOST_CRITERIA = 52  # a patient's failed criteria are one number in the log, exact up to 2^53
MOST_LOTS = 10_000  # lots that a bank may need at the same time
MOST_KG = 1_000
_MAY_BE_0 = ("normal", "uniform", "triangular", "empirical")
_KEPT_POSITIVE = "so that it is more than 0 for everybody, give it 'low'"


def _most(value: float | Family) -> float:
    """The largest value that can be expected: exceeded in less than one draw in a million."""
    return value.reach()[1] if isinstance(value, Family) else value


@registered
def _sites_that_can_be_simulated(scenario: Scenario) -> Iterator[Finding]:
    """More sites, or more referrals up to the horizon, than can be simulated."""
    n_sites = sum(group.count for group in scenario.sites.values())
    if n_sites > MOST_SITES:
        yield f"at most {MOST_SITES:,} sites in all can be simulated", ("sites",), f"{n_sites:,}"
        return
    a_month = 0.0
    for group in scenario.sites.values():
        rate = group.referrals_per_month
        rate = scenario.site_defaults.referrals_per_month if rate is None else rate
        a_month += group.count * (0.0 if rate is None else _most(rate))
    n = a_month * scenario.trial.horizon_months
    if n > MOST_REFERRALS:
        message = (
            f"at most {MOST_REFERRALS:,} referrals up to the horizon can be simulated; "
            "count only people whom the sites look at, or shorten trial.horizon_months"
        )
        yield message, ("sites",), f"{n:,.0f}"


@registered
def _criteria_that_can_be_told_apart(scenario: Scenario) -> Iterator[Finding]:
    """More criteria than fit into one number of the log."""
    n = len(scenario.screening.criteria)
    if n > MOST_CRITERIA:
        message = f"at most {MOST_CRITERIA} criteria; put several into one with any, all or none"
        yield message, ("screening", "criteria"), str(n)


@registered
def _bodies(scenario: Scenario) -> Iterator[Finding]:
    """Body weights that are not positive or too high, and negative days since decompensation."""
    attributes = scenario.patients.attributes
    weight = attributes.get("weight_kg")
    if weight is not None and not isinstance(weight, dict):
        if support(weight)[0] <= 0:
            yield f"a weight must be more than 0: {_KEPT_POSITIVE}", ("patients", "attributes", "weight_kg"), None
        elif _most(weight) > MOST_KG:
            message = f"must be at most {MOST_KG:,}"
            yield message, ("patients", "attributes", "weight_kg"), f"{_most(weight):g}"
    since = attributes.get("days_since_decompensation")
    if since is not None and not isinstance(since, dict) and support(since)[0] < 0:
        yield "must not be below 0", ("patients", "attributes", "days_since_decompensation"), f"{support(since)[0]:g}"


@registered
def _logarithms(scenario: Scenario) -> Iterator[Finding]:
    """Find attributes that may be 0 or less although a score takes their logarithm."""
    scores = {name: score for score in scenario.patients.derived if score in DERIVED for name in DERIVED[score].needs}
    for name, score in scores.items():
        value = scenario.patients.attributes.get(name)
        if value is None or isinstance(value, dict) or support(value)[0] > 0:
            continue
        if not isinstance(value, Family) or value.keyword in _MAY_BE_0:
            yield f"'{score}' takes its logarithm: {_KEPT_POSITIVE}", ("patients", "attributes", name), None


@registered
def _lots_without_end(scenario: Scenario) -> Iterator[Finding]:
    """Lots that would be started in endless numbers, because they yield almost nothing or all fail at once.

    A bank starts lots until stock and lots under way reach its reorder level; of tiny lots that takes more than any
    simulation holds.
    """
    supply = scenario.cells
    if supply is None or supply.source != "bank":
        return
    made = supply.lots.yield_cells
    typical = made if not isinstance(made, Family) else sum(made.reach()) / 2
    n = _most(supply.stock.reorder_below_cells) / typical if typical else math.inf
    if supply.stock.reorder_below_cells != 0 and n > MOST_LOTS:
        message = f"a lot yields so little that {n:,.0f} of them would be started at once; at most {MOST_LOTS:,}"
        yield message, ("cells", "lots", "yield_cells"), None
    if _most(supply.failure) > 0.999 and _most(supply.lots.culture_days) + _most(supply.release_days) < 0.1:
        yield "lots that take no time and nearly all fail would be started for ever", ("cells", "failure"), None


@registered
def _monitoring(scenario: Scenario) -> Iterator[Finding]:
    """Monitoring visits more often than every day."""
    visits = scenario.costs.monitoring_visit if scenario.costs else None
    if visits and support(visits.every_days)[0] < 1:
        every, path = visits.every_days, ("costs", "monitoring_visit", "every_days")
        if isinstance(every, Family):
            yield "may fall below 1: give it 'low: 1' or more", path, None
        else:
            yield "must be at least 1", path, f"{every:g}"
