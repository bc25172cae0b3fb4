"""Interim looks for the compiled engine: their rules, and what is drawn of each before the trial begins.

All that a look may draw is drawn ahead of the trial, as columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import GOES_ON, INTERIM, LOOK_DRAWN, PAUSES_AT_LOOK, PAUSES_WHEN_RANDOMISED
from sim.compiled.values.tables import Drawn
from sim.core.batch import Batch
from sim.core.clock import WEEK_DAYS
from sim.core.design import Design
from sim.scenario.schema.interims import Interim

Array = npt.NDArray[Any]

_MORE_LOOKS = 4  # of cohorts, than the target needs
_ALWAYS = 1 << 40  # participants up to whom cohorts are spaced
_RECRUITMENT = {
    "goes_on": GOES_ON,
    "pauses_at_look": PAUSES_AT_LOOK,
    "pauses_when_randomised": PAUSES_WHEN_RANDOMISED,
}


class InterimRows:
    """The interim looks of a batch.

    Args:
        batch: the batch.
        drawn: gives a value that is drawn once for each replication.
        n_times: how many times as many looks after cohorts are drawn as the target needs.

    Attributes:
        rules: (rows, rules) INTERIM.
        looks: (rows, looks of all rules) LOOK_DRAWN.
    """

    def __init__(self, batch: Batch, drawn: Drawn, n_times: int) -> None:
        design, replications = batch.design, batch.replications
        rules = [design.scenario.interims[name] for name in design.interims]
        self.rules = np.zeros((batch.n, len(rules)), INTERIM)
        numbers = [_numbers(rule, design.scenario.trial.target, n_times) for rule in rules]
        self.looks = np.zeros((batch.n, sum(map(len, numbers))), LOOK_DRAWN)
        first = 0
        for code, (name, rule) in enumerate(zip(design.interims, rules, strict=True)):
            found, path = self.rules[:, code], f"interims.{name}"
            found["days_between"] = replications.numbers(f"{path}.days_between", rule.days_between)
            found["p_stop"] = replications.probabilities(f"{path}.stop", rule.stop)
            found["p_enlarge"] = replications.probabilities(f"{path}.enlarge", rule.enlarge)
            found["followed_days"], found["more"] = rule.followed_weeks * WEEK_DAYS, rule.enlarge_by or 0
            found["recruitment"], found["every"] = _RECRUITMENT[rule.recruitment], rule.every or 0
            found["at_events"], found["counted_ways"] = rule.at_events is not None, _ways(design, rule)
            if rule.days_between != 0:
                found["spaced_until"] = rule.at_randomised[-1] if rule.at_randomised else _ALWAYS
            found["first_look"], found["n_looks"] = first, len(numbers[code])
            for number in numbers[code]:
                look = self.looks[:, first]
                look["rule"], look["number"] = code, number
                look["takes_days"] = drawn(f"{path}.takes_days", str(number), f"{path}.takes_days", rule.takes_days)
                look["u"] = batch.streams.trial(f"{path}.decision", str(number), batch.first, batch.n)
                first += 1


def _numbers(rule: Interim, target: int, n_times: int) -> tuple[int, ...]:
    """Participants or events at each look of a rule, as many as are drawn."""
    if rule.every is None:
        return rule.at_randomised or rule.at_events or ()
    return tuple(rule.every * (k + 1) for k in range(n_times * (target // rule.every + _MORE_LOOKS)))


def _ways(design: Design, rule: Interim) -> int:
    """Ways of leaving that a look counts, as bits."""
    follow_up = design.scenario.follow_up
    completion = None if follow_up is None else follow_up.primary_completion
    names = rule.of or (completion.of if completion is not None else None) or design.ways_out
    return sum(1 << design.ways_out.index(name) for name in names)
