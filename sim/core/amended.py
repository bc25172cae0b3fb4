"""What amendments may change of those referred, so that whoever they may let in is dealt with when they come.

What the chart says and who consents is drawn before anything happens, and an amendment is in force on a day that is not
known by then. So everybody whose fate may depend on one becomes a person, and is judged on the day.
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
    from sim.core.rows import Rows

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

CONSENT = "screening.consent"
RETURN = "rescreen.after_chart"


def amends_consent(scenario: Scenario) -> bool:
    """Whether any amendment changes consent."""
    return any(rule.consent is not None for rule in scenario.amendments.values())


def amends_criteria(scenario: Scenario) -> bool:
    """Whether any amendment drops a criterion."""
    return any(rule.drops for rule in scenario.amendments.values())


def consent_in_force(scenario: Scenario, amendment: str = "") -> tuple[str, float | Family]:
    """Path and value of consent, of an amendment or, by the empty name, of the scenario."""
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
        lasting: bits of criteria of the chart that do not pass with time.
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
        """Whether the chart excludes for passing reasons only."""
        return chart_failed & self._lasting == 0

    def is_open(self, rows: Rows, chart_failed: Integers, u_consent: Array, returns: Flags | None) -> Flags:
        """(rows, BLOCK) who must be dealt with on the day.

        Args:
            rows: which referrals.
            chart_failed: criteria that fail on the chart, as bits.
            u_consent: uniform numbers that decide on consent.
            returns: who would come back, for reasons that pass; None where nobody does.
        """
        left = chart_failed & ~np.int64(self._droppable)
        found: Flags = (left == 0) & (chart_failed != 0)
        for path, value in self._consents:
            found |= (chart_failed == 0) & (u_consent < rows.probabilities(path, value))
        if returns is not None:
            found |= (left & np.int64(self._lasting) == 0) & (chart_failed != 0) & returns
        return found
