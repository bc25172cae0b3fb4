"""The pace that a plan needs: when the last participant must be randomised for the planned date to be kept.

The fan chart, the studio's curve and the animation all draw it as a straight line from day 0. It is a bound and no
forecast.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.core.clock import WEEK_DAYS

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


def last_randomisation(scenario: Scenario) -> date | None:
    """The last date on which the target can be met without missing the planned primary completion.

    It is the planned date less the weeks of follow-up until the primary endpoint, rounded up to whole days; without
    follow-up, the planned date itself.

    Args:
        scenario: the scenario.

    Returns:
        None without such a date, where events decide instead of visits, or where it is before enrolment opens.
    """
    when = scenario.trial.planned.primary_completion
    follow_up = scenario.follow_up
    if when is None or (follow_up and follow_up.primary_completion):
        return None
    weeks = (follow_up.primary_endpoint_week or 0.0) if follow_up else 0.0
    last = when - timedelta(days=math.ceil(weeks * WEEK_DAYS))
    return last if last > scenario.trial.enrolment_opens else None
