"""Another plan beside a run, in the sentences of a one-page document: how many days it is earlier, odds, and money.

The sentences are those of a comparison, with the difference in a form that fits on one line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.report.comparison.words import PHRASES, cost_sentence, days_change, odds_sentences, worth_sentence
from sim.report.reworded import reworded
from sim.report.words import chance, estimate_of

if TYPE_CHECKING:
    from sim.analysis.intervals import Estimate
    from sim.experiment.comparison.tables import Compared

_NEARLY_WHOLE = 9.95


@dataclass(frozen=True)
class PlanB:
    """Another plan beside that of a document.

    Attributes:
        name: what it is called.
        sentence: what it changes, and how many days that is worth.
        lines: odds of the registered dates, cost, and whether it is worth it, a sentence each.
    """

    name: str
    sentence: str
    lines: tuple[str, ...]


def plan_b(compared: Compared, what: str) -> PlanB:
    """The other plan of a comparison, in the sentences of a document.

    Args:
        compared: a comparison of two plans, the first of which is the document's.
        what: what the other changes, in words.

    Raises:
        ValueError: the comparison has more than two plans.
    """
    (pair,) = compared.comparison.pairs
    end = compared.end
    change = estimate_of(compared.median(pair, end), "difference")
    earlier = estimate_of(compared.milestone(pair, end), "earlier")
    odds = f"earlier in {chance(earlier)} of paired trials"
    sentence = f"{what}: {worth_in_days(change)} (median {PHRASES[end]}); {odds}."
    lines = [*odds_sentences(compared, pair), cost_sentence(compared, pair), worth_sentence(compared, pair)]
    found = PlanB(pair.other.label, sentence, tuple(line for line in lines if line))
    return reworded(found, *compared.scenarios)


def worth_in_days(change: Estimate) -> str:
    """A difference in days: '222 days earlier, ± 31', half the width of its 95 % interval.

    Args:
        change: days later, with its interval.

    Returns:
        Whole days from 10 on, one decimal below. An interval that holds 0 is said to be no clear difference.
    """
    if not math.isfinite(change.value) or change.low is None or change.high is None:
        return days_change(change)
    digits = 0 if max(abs(change.value), (change.high - change.low) / 2) >= _NEARLY_WHOLE else 1
    error = f"± {(change.high - change.low) / 2:,.{digits}f}"
    if round(abs(change.value), digits) == 0:
        return f"no days earlier or later, {error}"
    way = "later" if change.value > 0 else "earlier"
    clear = "" if change.is_clear else ", which is no clear difference"
    return f"{abs(change.value):,.{digits}f} days {way}, {error}{clear}"
