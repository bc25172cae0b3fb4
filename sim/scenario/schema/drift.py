"""Drift of referral rates without a known cause: a random walk of their logarithm, as real trials show it."""

from __future__ import annotations

from sim.scenario.schema.values import OnceVariation, Section, described


class Drift(Section):
    """How much referral rates drift: the standard deviation of their logarithm while a time grows e-fold.

    The time is 28 days plus the days since day 0, as in forecasts. 0.5 is a factor of up to 2.5 either way after two
    years, in two trials of three.
    """

    common: OnceVariation = described("Drift that all sites share.", default=0.0)
    by_country: OnceVariation = described("Further drift of each country, independent of the others.", default=0.0)
