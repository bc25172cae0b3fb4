"""Checks of an event-driven primary completion: known ways of leaving, dates in order, and enough possible events.

A trial that can never have its events runs to the horizon in every simulation; that is said before the first one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.errors import nearest
from sim.scenario.distributions import Family
from sim.scenario.rules import Finding, end_of_time, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.follow_up import Cumulative, EventDriven, FollowUp

_PATH = ("follow_up", "primary_completion")


@registered
def event_driven(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with an event-driven primary completion.

    Yields:
        (message, path, value) of each finding.
    """
    rules = scenario.follow_up
    if rules is None or rules.primary_completion is None:
        return
    rule = rules.primary_completion
    yield from _dates(scenario, rule)
    if not rules.leaving:
        yield "needs ways of leaving that are events, under follow_up.leaving", _PATH, None
        return
    unknown = [name for name in rule.of or () if name not in rules.leaving]
    for name in unknown:
        yield f"there is no such way of leaving; {nearest(name, rules.leaving)}", (*_PATH, "of"), name
    if not unknown:
        yield from _enough(scenario, rules, rule)


def _dates(scenario: Scenario, rule: EventDriven) -> Iterator[Finding]:
    """Dates of primary completion outside the simulated time."""
    trial = scenario.trial
    if rule.at_the_latest and rule.at_the_latest <= trial.enrolment_opens:
        message = f"must be after enrolment_opens ({trial.enrolment_opens})"
        yield message, (*_PATH, "at_the_latest"), str(rule.at_the_latest)
    end = end_of_time(scenario)
    if rule.not_before and rule.not_before >= end:
        message = f"is after the end of the simulated time ({end}, by trial.horizon_months): it would never come"
        yield message, (*_PATH, "not_before"), str(rule.not_before)


def _enough(scenario: Scenario, rules: FollowUp, rule: EventDriven) -> Iterator[Finding]:
    """More events than participants, or, if the curves are certain, than leave in the ways that count."""
    target = scenario.trial.target
    if rule.events > target and scenario.trial.replace == "never":
        message = f"the {target} participants of trial.target cannot have that many events, one each"
        yield message, (*_PATH, "events"), str(rule.events)
        return
    most = _most(scenario, rules, rule)
    if most is not None and target * most < rule.events and rule.at_the_latest is None:
        ways = ", ".join(rule.of or rules.leaving)
        yield (
            f"of {target} participants about {target * most:.0f} have such an event ({ways}), however long they are "
            "followed: lower it, raise trial.target, or say at_the_latest",
            (*_PATH, "events"),
            str(rule.events),
        )


def _most(scenario: Scenario, rules: FollowUp, rule: EventDriven) -> float | None:
    """Share of participants who ever have an event; None if a curve is uncertain or follows from another arm's."""
    total = sum(arm.allocation for arm in scenario.arms.values())
    share = 0.0
    for name, arm in scenario.arms.items():
        curves = {way: rules.leaving[way].cumulative for way in rules.leaving}
        of_arm = {way: known.get(name, known.get("all")) for way, known in curves.items()}
        if any(curve is None or _is_uncertain(curve) for curve in of_arm.values()):
            return None
        share += arm.allocation / total * _in_the_end(of_arm, rule)
    return share


def _is_uncertain(curve: Cumulative) -> bool:
    return any(isinstance(value, Family) for value in curve.values())


def _in_the_end(curves: dict[str, Cumulative | None], rule: EventDriven) -> float:
    """Share that leaves in ways that count by the last week, and after it if the last hazards continue.

    Args:
        curves: cumulative probability by week of each way, in one arm; None for a way without a curve.
        rule: which ways count.

    Returns:
        The share of participants of the arm who ever have an event. After the last week, the rest is divided among ways
        in proportion to what each gained in the last interval.
    """
    known = {way: dict(sorted(curve.items())) for way, curve in curves.items() if curve}
    weeks = sorted({0.0, *(week for curve in known.values() for week in curve)})
    last = {way: _plain(curve[max(curve)]) for way, curve in known.items()}
    gains = {way: last[way] - _before(curve, weeks) if max(curve) == weeks[-1] else 0.0 for way, curve in known.items()}
    counted = [way for way in known if rule.of is None or way in rule.of]
    by_then = math.fsum(last[way] for way in counted)
    rest = 1.0 - math.fsum(last.values())
    going = math.fsum(gains.values())
    return by_then + (rest * math.fsum(gains[way] for way in counted) / going if going > 0 else 0.0)


def _before(curve: Cumulative, weeks: list[float]) -> float:
    """The share at the curve's last knot before the last week."""
    return max((_plain(value) for week, value in curve.items() if week < weeks[-1]), default=0.0)


def _plain(value: object) -> float:
    assert isinstance(value, (int, float))
    return float(value)
