"""When an answer is precise enough: `last_randomised.p50<7d`, `by_primary_completion<2%`.

Replications are added until the 95 % interval of one named answer is narrower than requested, from end to end. A rule
that stops on the data can make an interval cover less often than it should. That hardly happens here, because only the
width of the interval decides, not its position (Chow and Robbins 1965 show that coverage is then right in the limit),
and because looks are few: the first at `FIRST_LOOK` replications, each later one at the number that the last width
implies (widths fall with the square root of the number) times `SPARE`, but at most `GROWTH` times as many.
`tests/verification/test_coverage.py` measures the coverage.

Attributes:
    LEAST_GROWTH: least factor from one look to the next, so that there are few looks.
    NEVER_REACHED: name of the answer "the target is never reached", in rules and in tables of odds.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals
from sim.analysis.intervals import Estimate
from sim.analysis.measures import MILESTONES
from sim.analysis.summary import PLANNED
from sim.core.clock import WEEK_DAYS, Clock
from sim.errors import Problem, UsageError, nearest
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

FIRST_LOOK = 384
SPARE = 1.05
GROWTH = 4.0
LEAST_GROWTH = 1.1
MOST = 100_000  # default number of replications at which to give up

NEVER_REACHED = "never_reached"
_GRAMMAR = "write ANSWER<WIDTH, as in last_randomised.p50<7d or by_primary_completion<2%"
_PATTERN = re.compile(r"^\s*([A-Za-z0-9_]+)(?:\.p(\d+))?\s*<\s*(\d+(?:\.\d+)?)\s*(d|w|%)\s*$")


@dataclass(frozen=True)
class Precision:
    """One answer, and the width that its interval must reach.

    Attributes:
        text: the rule as written.
        answer: name of the answer in messages.
        measure: the measure that it is calculated from.
        q: the quantile, or None for a probability.
        before: for the probability of a date, the day before which the measure counts.
        width: the requested width, in days or as a probability.
    """

    text: str
    answer: str
    measure: str
    q: float | None
    before: float
    width: float

    def estimate(self, outcome: Array, values: Array) -> Estimate:
        """The answer from the replications so far.

        Args:
            outcome: (n,) the measure `outcome`; NaN if a replication raised, which is left out.
            values: (n,) the measure that the answer is calculated from.

        Returns:
            A day since day 0, or a probability, with its 95 % interval.
        """
        values = values[~np.isnan(outcome)]
        if self.q is not None:
            return intervals.quantile(values, self.q)
        if self.answer == NEVER_REACHED:
            return intervals.probability(int(np.count_nonzero(values == 0)), len(values))
        return intervals.probability(int(np.count_nonzero(values < self.before)), len(values))

    def shown(self, width: float) -> str:
        """A width in words, with its unit.

        Args:
            width: in days for a date, as a share from 0 to 1 for a probability; infinity if an end is open.
        """
        if math.isinf(width):
            return "wider than the simulated time"
        return f"{width:.1f} days wide" if self.q is not None else f"{100 * width:.1f} percentage points wide"


def width_of(estimate: Estimate) -> float:
    """Width of an interval from end to end; infinite if an end is open, 0 if all of it is beyond the horizon.

    Args:
        estimate: in any unit, which is that of the width.
    """
    if estimate.low is None or estimate.high is None:
        return math.inf
    return 0.0 if math.isinf(estimate.low) else estimate.high - estimate.low


def next_look(n: int, width: float, wanted: float, chunk: int) -> int:
    """Number of replications at the next look, in whole chunks.

    Args:
        n: replications so far.
        width: width of their interval.
        wanted: the requested width.
        chunk: replications in a chunk.

    Returns:
        At least `LEAST_GROWTH` and at most `GROWTH` times as many. Widths shrink with the square root of the number, so
        the wanted one needs (width / wanted)^2 times as many, with `SPARE` on top.
    """
    needed = n * (width / wanted) ** 2 * SPARE if math.isfinite(width) else math.inf
    bounded = min(max(needed, n * LEAST_GROWTH), n * GROWTH)
    return math.ceil(bounded / chunk) * chunk


def precision(text: str, scenario: Scenario) -> Precision:
    """Read a rule.

    Args:
        text: the rule as written.
        scenario: the scenario whose answers it may name.

    Returns:
        The rule, with the width as a share for a probability and in days for a date.

    Raises:
        UsageError: it is not a rule, or names no answer of this scenario.
    """
    found = _PATTERN.match(text)
    if not found:
        raise _wrong(_GRAMMAR, text)
    name, percentile, number, unit = found.groups()
    width = float(number)
    if width <= 0:
        raise _wrong("the width must be more than 0", text)
    rule = text.replace(" ", "")
    if percentile is not None:
        return _quantile(rule, name, int(percentile), width, unit)
    if unit != "%":
        raise _wrong(f"a probability has a width in %, and a date a percentile; {_GRAMMAR}", text)
    return _probability(rule, name, width / 100, scenario)


def _quantile(rule: str, name: str, percentile: int, width: float, unit: str) -> Precision:
    """A rule for the date of a milestone."""
    if name not in MILESTONES:
        raise _wrong(f"there is no such milestone; {nearest(name, MILESTONES)}", rule)
    if not 1 <= percentile <= 99:
        raise _wrong("a percentile is from p1 to p99", rule)
    if unit == "%":
        raise _wrong("the width of a date is in days (7d) or weeks (1w)", rule)
    days = width * (WEEK_DAYS if unit == "w" else 1.0)
    return Precision(rule, f"{name}.p{percentile}", f"day_{name}", percentile / 100, math.nan, days)


def _probability(rule: str, name: str, width: float, scenario: Scenario) -> Precision:
    """A rule for the probability of a planned date, or of never reaching the target."""
    if name == NEVER_REACHED:
        return Precision(rule, name, "reached", None, math.nan, width)
    trial = scenario.trial
    planned = {f"by_{key}": (key, milestone) for key, milestone in PLANNED.items() if getattr(trial.planned, key)}
    if name not in planned:
        if name in MILESTONES:
            raise _wrong(f"a date needs a percentile, as in {name}.p50<7d", rule)
        raise _wrong(f"there is no such probability; {nearest(name, [*planned, NEVER_REACHED])}", rule)
    key, milestone = planned[name]
    before = Clock(trial.enrolment_opens).day_of(getattr(trial.planned, key)) + 1
    return Precision(rule, name, f"day_{milestone}", None, before, width)


def _wrong(message: str, text: str) -> UsageError:
    return UsageError(Problem(message, "--until", value=text))
