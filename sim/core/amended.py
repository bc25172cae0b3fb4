"""Fates of referrals that an amendment may change.

Referrals are drawn and judged before anything happens, but an amendment comes into force on a day that is not known by
then. Everyone whose fate may depend on an amendment therefore becomes a person, and is judged on the day of referral.

Attributes:
    CONSENT: purpose of the draws of consent, and its path in the scenario.
    RETURN: purpose of the draws that decide whether a patient comes back after the chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario
from sim.scenario.schema.amendments import Amendment

if TYPE_CHECKING:
    from sim.core.population import Drawing

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

CONSENT = "screening.consent"
RETURN = "rescreen.after_chart"


def amends_consent(scenario: Scenario) -> bool:
    """Whether any amendment changes the probability of consent."""
    return any(rule.consent is not None for rule in scenario.amendments.values())


def amends_criteria(scenario: Scenario) -> bool:
    """Whether any amendment drops a criterion."""
    return any(rule.drops for rule in scenario.amendments.values())


def consent_in_force(scenario: Scenario, amendment: str = "") -> tuple[str, float | Family]:
    """Path and value of the probability of consent.

    Args:
        scenario: the scenario.
        amendment: name of the amendment that changes it; empty for the scenario's own.

    Returns:
        The dotted path in the scenario, for looking up uncertain values, and what is written there.
    """
    if not amendment:
        return CONSENT, scenario.screening.consent
    consent = scenario.amendments[amendment].consent
    assert consent is not None
    return f"amendments.{amendment}.consent", consent


class Amended:
    """The fates that amendments leave open.

    Args:
        rules: the amendments by name.
        criteria: names of the criteria; the position of one is its bit.
        lasting: bits of the chart's criteria that never pass later.

    Attributes:
        dropped: criteria that each amendment drops, as bits, by its name.
    """

    def __init__(self, rules: Mapping[str, Amendment], criteria: Sequence[str], lasting: int) -> None:
        self._lasting = lasting
        self._consents = [(f"amendments.{n}.consent", r.consent) for n, r in rules.items() if r.consent is not None]
        self.dropped = {
            name: sum(1 << criteria.index(criterion) for criterion in rule.drops or ()) for name, rule in rules.items()
        }
        self._droppable = 0
        for bits in self.dropped.values():
            self._droppable |= bits

    def __bool__(self) -> bool:
        """Whether any fate is open."""
        return bool(self._consents or self._droppable)

    def may_return(self, chart_failed: int) -> bool:
        """Whether all criteria that fail on the chart (as bits) may pass later.

        Args:
            chart_failed: criteria that a patient fails on the chart, as bits in the order of the protocol.
        """
        return chart_failed & self._lasting == 0

    def is_open(self, drawing: Drawing, chart_failed: Integers, u_consent: Array, returns: Flags | None) -> Flags:
        """Which referrals must be judged on the day, because an amendment may change their fate.

        Args:
            drawing: which referrals.
            chart_failed: (rows, BLOCK) criteria that fail on the chart, as bits.
            u_consent: (rows, BLOCK) uniform numbers that decide on consent.
            returns: (rows, BLOCK) whether they would come back after a reason that passes; None where nobody does.

        Returns:
            (rows, BLOCK) flags.
        """
        left = chart_failed & ~np.int64(self._droppable)
        found: Flags = (left == 0) & (chart_failed != 0)
        for path, value in self._consents:
            found |= (chart_failed == 0) & (u_consent < drawing.probabilities(path, value))
        if returns is not None:
            found |= (left & np.int64(self._lasting) == 0) & (chart_failed != 0) & returns
        return found
