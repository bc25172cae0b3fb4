"""Interim looks of a running trial: which the data have behind them, and which wait for follow-up or a decision.

As with amendments, data do not say whether a look was held: it follows from who has been followed for how long by the
end of the data.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.core.clock import WEEK_DAYS, Clock
from sim.core.quantiles import mean_of
from sim.exchange.observed import ObservedTrial
from sim.scenario.schema import Scenario
from sim.scenario.schema.interims import Interim


def looks_so_far(scenario: Scenario, trial: ObservedTrial, shift: float) -> Iterator[str]:
    """Say of the last look of each rule that the data have reached what became of it.

    Args:
        scenario: the plan.
        trial: the data.
        shift: days from the scenario's day 0 to the first day of the data.

    Yields:
        Notes for the reader, without full stops. Looks at events have none: primary completion tells events.
    """
    clock, now, days = Clock(scenario.trial.enrolment_opens), trial.now + shift, np.sort(trial.days) + shift
    for name, rule in sorted(scenario.interims.items()):
        number = _last(rule, len(days))
        if number is None:
            continue
        look = float(days[number - 1]) + rule.followed_weeks * WEEK_DAYS
        decision = look + mean_of(rule.takes_days)
        which = f"interim look {name} at {number} randomised"
        if decision <= now:
            yield f"{which} was on {clock.date_of(look)}, and the trial goes on after it, as in the data"
        elif look <= now:
            yield f"{which} was on {clock.date_of(look)}; its decision is about {clock.date_of(decision)}"
        else:
            yield f"{which} has its participants, and is on {clock.date_of(look)}, after their follow-up"


def _last(rule: Interim, n: int) -> int | None:
    """The number of the last look that so many randomised have reached; None if none is."""
    if rule.every:
        return n - n % rule.every or None
    return max((number for number in rule.at_randomised or () if number <= n), default=None)
