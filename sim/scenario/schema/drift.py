"""Drift of referral rates without a known cause: a random walk of their logarithm, as real trials show it.

Attributes:
    EARLY_DAYS: added to the days so far before their logarithm is taken, as in forecasts.
"""

from __future__ import annotations

import math

from sim.scenario.distributions import Family
from sim.scenario.schema.values import OnceVariation, Section, described

EARLY_DAYS = 28.0
_TOLD = ((91.3125, "three months"), (730.5, "two years"))  # days since day 0 for which a size is put into words


class Drift(Section):
    """How much referral rates drift: the standard deviation of their logarithm while a time grows e-fold.

    The time is 28 days plus the days since day 0, as in forecasts. 0.5 is a factor of up to 2.5 either way after two
    years, in two trials of three.
    """

    common: OnceVariation = described("Drift that all sites share.", default=0.0)
    by_country: OnceVariation = described("Further drift of each country, independent of the others.", default=0.0)


def drift_in_words(rule: Drift) -> str:
    """How far rates drift: `rates of all sites within a factor of 1.8 either way after three months, ...`.

    Args:
        rule: the drift of a scenario.

    Returns:
        Two trials of three are within the factors, one standard deviation of the walk; a size that is uncertain has
        none.
    """
    own = "of each country" if rule.common == 0 else "of each country further"
    sizes = (("of all sites", rule.common), (own, rule.by_country))
    return "; ".join(f"rates {whose} {_within(size)}" for whose, size in sizes if size != 0) or "rates do not drift"


def _within(size: float | Family) -> str:
    if isinstance(size, Family):
        return "by an uncertain size"
    factors = [(math.exp(size * math.sqrt(math.log(1 + days / EARLY_DAYS))), time) for days, time in _TOLD]
    told = " and ".join(f"{factor:.3g} after {time}" for factor, time in factors)
    return f"within a factor of {told}, either way, in two trials of three"
