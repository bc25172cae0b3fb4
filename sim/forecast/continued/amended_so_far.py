"""Amendments of a running trial: which have been decided in the data, and which are in force at their end.

Data have no events of amendments: whether one was decided follows from the numbers randomised and the days on which the
scenario asks. What is still to come is left to the simulation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from sim.core.clock import MONTH_DAYS, Clock
from sim.core.quantiles import mean_of
from sim.exchange.observed import ObservedTrial
from sim.scenario.load import canonical, scenario_from_json
from sim.scenario.schema import Scenario
from sim.scenario.schema.amendments import Amendment, effect_in_words


@dataclass(frozen=True)
class AmendedSoFar:
    """The state of the amendments at the end of the data.

    Attributes:
        now: the scenario with the amendments in force as if from day 0, and without others.
        consent: name of the amendment whose consent is in force everywhere; empty for that of the scenario.
        notes: remarks for the reader, without full stops.
    """

    now: Scenario
    consent: str
    notes: tuple[str, ...]


def amended_so_far(scenario: Scenario, trial: ObservedTrial, shift: float) -> AmendedSoFar:
    """Find the amendments in force, from their moments and from the number randomised by each day.

    Args:
        scenario: the plan.
        trial: the data.
        shift: days from the scenario's day 0 to the first day of the data.

    Returns:
        The state of the amendments.
    """
    if not scenario.amendments:
        return AmendedSoFar(scenario, "", ())
    clock, now, days = Clock(scenario.trial.enrolment_opens), trial.now + shift, np.sort(trial.days) + shift
    in_force: list[tuple[float, str]] = []
    notes = []
    for name, rule in sorted(scenario.amendments.items()):
        decided = _decided(rule, days, clock)
        if decided is None or decided > now:
            continue
        n = int(np.count_nonzero(days < decided))
        if rule.if_fewer_than is not None and n >= rule.if_fewer_than:
            notes.append(f"amendment {name} was not needed on {clock.date_of(decided)}: {n} were randomised")
            continue
        since = decided + mean_of(rule.after_days)
        when = clock.date_of(since)
        if since <= now:
            in_force.append((since, name))
            notes.append(
                f"amendment {name} is taken as in force since {when}, as in the data ({effect_in_words(rule)})"
            )
        else:
            notes.append(f"amendment {name} is decided, and in force from about {when} ({effect_in_words(rule)})")
    names = [name for _, name in sorted(in_force)]
    rules = scenario.amendments
    consent = [name for name in names if rules[name].consent is not None and not rules[name].groups]
    return AmendedSoFar(_as_now(scenario, names), consent[-1] if consent else "", tuple(notes))


def _decided(rule: Amendment, days: np.ndarray, clock: Clock) -> float | None:
    """Day on which the moment of an amendment came; None if it has not come."""
    if rule.on is not None:
        return clock.day_of(rule.on)
    if rule.at_month is not None:
        return rule.at_month * MONTH_DAYS
    assert rule.at_randomised is not None
    return float(days[rule.at_randomised - 1]) if len(days) >= rule.at_randomised else None


def _as_now(scenario: Scenario, names: list[str]) -> Scenario:
    """The scenario in which what is in force now holds from day 0 on; referrals stay unchanged."""
    data = json.loads(canonical(scenario))
    kept = {}
    for position, name in enumerate(names):
        rule = data["amendments"][name] | {"on": None, "at_randomised": None, "if_fewer_than": None, "after_days": 0.0}
        rule |= {"at_month": position * 1e-6, "referrals_times": None}
        if rule["drops"] or rule["consent"] is not None or rule["opens"]:
            kept[name] = rule
    for name, rule in data["amendments"].items():
        if rule["opens"] and name not in kept:
            kept[name] = rule | {"drops": None, "consent": None, "referrals_times": None, "groups": None}
            kept[name] |= {"in_screening": False}
    data["amendments"] = kept
    return scenario_from_json(data, scenario.name)
