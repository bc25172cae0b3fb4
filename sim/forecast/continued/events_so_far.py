"""Events of an event-driven trial in the data, and what the data cannot say of them.

Data of enrolment often name nobody who left. A trial that waits for events would then be forecast as if none had
occurred so far, which is refused where it is implausible.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from sim.core.clock import WEEK_DAYS
from sim.core.design import Design
from sim.errors import Problem, UsageError
from sim.exchange.observed import COMPLETED, ObservedTrial
from sim.forecast.continued.matching import way_out_code
from sim.scenario.distributions import Family
from sim.scenario.schema.follow_up import FollowUp

_SURPRISING = 5.0  # events expected by now, from which on their complete absence in the data is an error


def events_so_far(design: Design, trial: ObservedTrial) -> list[str]:
    """Compare the events in the data with those that primary completion counts.

    Args:
        design: the scenario, made ready.
        trial: the data.

    Returns:
        Notes for the reader; none where primary completion counts no events.

    Raises:
        UsageError: the data do not say who left, although several should have left by now.
    """
    rules = design.scenario.follow_up
    rule = rules.primary_completion if rules else None
    if rules is None or rule is None:
        return []
    people = trial.people
    was_in = ~np.isnan(people.randomised)
    out = was_in & ~np.isnan(people.ended) & (people.status != COMPLETED)
    expected = _expected(rules, trial.now - people.randomised[was_in])
    if not out.any() and expected >= _SURPRISING:
        message = (
            f"the trial goes on until event {rule.events}, and the data record nobody as having left, though about "
            f"{expected:.0f} events are expected by now: bring a log with a column for when participants left and one "
            "for why, or --set follow_up.primary_completion=null"
        )
        raise UsageError(Problem(message, trial.source, path="follow_up.primary_completion"))
    found: Counter[str] = Counter()
    for text in people.way_out[out]:
        code = way_out_code(str(text), design)
        name = design.ways_out[0 if code is None else code]
        if rule.of is None or name in rule.of:
            found[f"{str(text) or 'no reason given'} as {name}"] += 1
    said = "; ".join(f"{text} {n}" for text, n in found.most_common())
    return [f"{found.total()} of the {rule.events} events are in the data{f' ({said})' if said else ''}"]


def _expected(rules: FollowUp, days: np.ndarray) -> float:
    """Rough number of events expected by now: the first arm's cumulative shares, interpolated linearly."""
    rule = rules.primary_completion
    total = 0.0
    for name, way in rules.leaving.items():
        if rule is not None and rule.of is not None and name not in rule.of:
            continue
        curve = next(iter(way.cumulative.values()))
        known = {week: value for week, value in curve.items() if not isinstance(value, Family)}
        if known:
            week = max(known)
            total += known[week] * float(np.minimum(days / (week * WEEK_DAYS), 1.0).sum())
    return math.floor(total)
