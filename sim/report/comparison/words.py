"""A comparison in sentences: which scenario is earlier, by how much, and how sure that is.

Directions are said in words ('58 days earlier') in sentences and by signs in tables, from the same estimates. A
difference whose interval holds 0 is said to be no clear difference, and never a gain.

Attributes:
    HEADLINE: the milestone whose differences are drawn.
    EVENTS: what planned dates, and never reaching the target, are called.
    PLAIN_MEASURES: measures of the table of numbers, with what they are called.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.intervals import Estimate
from sim.experiment.comparison.tables import BOTH, REFERENCE_ONLY, Compared
from sim.plurals import listed
from sim.report.words import OUTCOME_NOUNS, Dates, chance, estimate_of, mean_with_error, number, percent

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.comparison.sides import Pair

HEADLINE = "last_randomised"
PHRASES = {name: noun.removeprefix("the ") for name, noun in OUTCOME_NOUNS.items()}  # after "median"
EVENTS: dict[str, str] = {
    "recruitment": "End of recruitment",
    "primary_completion": "Primary completion",
    "study_completion": "Study completion",
    "never_reached": "Target never reached by the horizon",
}
PLAIN_MEASURES: dict[str, str] = {
    "n_sites_activated": "sites activated",
    "n_referred": "patients referred",
    "n_consented": "patients who consented",
    "n_screening_failed": "failed screenings",
    "n_randomised": "participants",
    "n_replaced": "participants replaced",
    "n_doses_given": "doses given",
    "n_lots_started": "lots started",
    "n_completed": "had the last visit",
    "cost": "cost",
}


def dates_of(pair: Pair) -> Dates:
    """The calendar of a pair, which is that of its reference: its days count from the reference's day 0."""
    return Dates(pair.reference.clock, pair.horizon_days)


def _digits(change: Estimate) -> int:
    """Digits after the decimal point: none if any of the figures has two digits before it."""
    sizes = [abs(value) for value in change if value is not None and math.isfinite(value)]
    return 0 if max(sizes, default=0.0) >= 9.95 else 1


def _signed(value: float | None, digits: int) -> str:
    if value is None:
        return "?"
    if math.isinf(value):
        return "without end" if value > 0 else "-without end"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text


def signed(value: float) -> str:
    """A difference as a label with its sign: '+12' or '-3.5'.

    Args:
        value: a difference in any unit.

    Returns:
        Whole numbers from 10, one decimal below, with the sign of a plus too.
    """
    return f"{value:+,.0f}" if abs(value) >= 9.95 else f"{value:+.1f}"


def range_of(change: Estimate, sign: int = 1) -> str:
    """The interval in brackets: '(51 to 66)'.

    Args:
        change: a difference with its 95 % interval.
        sign: -1 to swap the ends, where a negative difference is told as positive days 'earlier'.

    Returns:
        The text; without both ends, a remark that there are too few trials. An infinite end is "without end".
    """
    if change.low is None or change.high is None:
        return "(too few trials to say how sure)"
    ends, digits = (change.low, change.high) if sign > 0 else (-change.high, -change.low), _digits(change)
    return f"({_signed(ends[0], digits)} to {_signed(ends[1], digits)})"


def days_change(change: Estimate) -> str:
    """A difference in days with its interval, for a table: '-58 (-66 to -51)'.

    Args:
        change: days, the other scenario less the reference: below 0 is earlier. Infinity for what only one reaches.
    """
    if math.isnan(change.value):
        return "both never" if change.low is None or math.isinf(change.low) else "unknown"
    if math.isinf(change.value):
        return "never, for one" if change.value > 0 else "never, for the reference"
    return f"{_signed(change.value, _digits(change))} {range_of(change)}"


def headline(compared: Compared, pair: Pair) -> str:
    """The answer in one sentence: how many days earlier or later, and in how many paired trials.

    Args:
        compared: the comparison.
        pair: the scenario and its reference.

    Returns:
        A sentence on the median last randomisation that may begin with a small letter; see `sentence`.
    """
    name, reference = pair.other.label, pair.reference.label
    if pair.is_identical():
        return f"{name} and {reference} are the same in every one of the {pair.n:,} simulated trials."
    row, odds = compared.median(pair, HEADLINE), compared.milestone(pair, HEADLINE)
    change = estimate_of(row, "difference")
    return f"{_median_sentence(pair, row, change)}; {_odds(estimate_of(odds, 'earlier'), estimate_of(odds, 'same'))}."


def _median_sentence(pair: Pair, row: pd.Series, change: Estimate) -> str:
    name, reference, dates = pair.other.label, pair.reference.label, dates_of(pair)
    if math.isnan(change.value):
        return f"in {name} as in {reference}, more than half of the trials are not fully recruited by {dates.horizon}"
    if math.isinf(change.value):
        some, none = (reference, name) if change.value > 0 else (name, reference)
        day = row["reference"] if change.value > 0 else row["value"]
        return (
            f"{some} has its median last randomisation on {dates.text(float(day))}, and {none} is not fully recruited "
            f"by {dates.horizon} in more than half of the trials"
        )
    if change.value == 0.0 == change.low == change.high:
        return f"{name} has the median last randomisation of {reference}, to the day"
    way, sign = ("later", 1) if change.value > 0 else ("earlier", -1)
    far = f"{way} by {_signed(abs(change.value), _digits(change))} days {range_of(change, sign)}"
    if change.low is not None and not change.is_clear:
        return f"{name} cannot be told from {reference} in the median last randomisation: it is {far}"
    return f"{name} is {far} in the median last randomisation"


def _odds(earlier: Estimate, same: Estimate) -> str:
    tail = f", the same in {percent(same.value)}" if same.value >= 0.005 else ""
    return f"earlier in {chance(earlier)} of paired trials{tail}"


def sentence(text: str) -> str:
    """Capitalise the first letter of a sentence, unless it is the name of a scenario, which stays as its planner wrote
    it.
    """
    first = text.partition(" ")[0]
    return f"{text[:1].upper()}{text[1:]}" if first in ("in", "it", "the") else text


def points(change: Estimate) -> str:
    """A difference of probabilities in percentage points with its interval.

    Args:
        change: a difference of probabilities, from -1 to 1: the other scenario less the reference.
    """

    def text(value: float) -> str:
        return f"{100 * value:+.0f}" if abs(value) >= 0.0995 or value == 0 else f"{100 * value:+.1f}"

    if change.low is None or change.high is None:
        return f"{text(change.value)} points"
    return f"{text(change.value)} points ({text(change.low)} to {text(change.high)})"


def later(change: Estimate) -> str:
    """A difference in days in words: '58 days earlier (51 to 66)'.

    Args:
        change: days, the other scenario less the reference: below 0 is earlier.

    Returns:
        A clause without a sign; the interval, in the same direction, is in brackets.
    """
    if not math.isfinite(change.value):
        return days_change(change)
    if change.value == 0.0:
        return f"the same {range_of(change)}"
    way, sign = ("later", 1) if change.value > 0 else ("earlier", -1)
    return f"{signed(abs(change.value)).removeprefix('+')} days {way} {range_of(change, sign)}"


def event_name(row: pd.Series) -> str:
    """A planned date, or 'target never reached', in a few words.

    Args:
        row: a row of the table `odds`: `event` (a key of `EVENTS`) and `date`.
    """
    name = EVENTS[str(row["event"])]
    return name if row["event"] == "never_reached" else f"{name} by {row['date']}"


def odds_sentence(pair: Pair, row: pd.Series) -> str:
    """The chance of one planned date in both scenarios, and the difference in percentage points.

    Args:
        pair: the two scenarios.
        row: a row of the table `odds`: probabilities of both scenarios, and their paired difference, each with its
            interval. A date that only one of them plans is said to be so.
    """
    ours, theirs, change = (estimate_of(row, key) for key in ("reference", "value", "difference"))
    head = EVENTS[str(row["event"])]
    if row["event"] != "never_reached":
        head += f" by {row['date']}, as planned"
        if row["planned_in"] != BOTH:
            head += f" in {pair.reference.label if row['planned_in'] == REFERENCE_ONLY else pair.other.label} only"
    return f"{head}: {chance(ours)} in {pair.reference.label}, {chance(theirs)} in {pair.other.label}: {points(change)}"


def odds_sentences(compared: Compared, pair: Pair) -> list[str]:
    """The planned dates and the target, one sentence each."""
    return [odds_sentence(pair, row) for _, row in compared.of("odds", pair).iterrows()]


def mean(estimate: Estimate) -> str:
    """A mean with its error; without one if all trials agree, and 'not there' for nan."""
    if math.isnan(estimate.value):
        return "not there"
    return number(estimate.value) if estimate.low == estimate.high else mean_with_error(estimate)


def amount(change: Estimate) -> str:
    """A difference of means with its interval, with signs: '+12 (+9 to +15)'.

    Args:
        change: a difference of means in the unit of the measure: the other scenario less the reference.

    Returns:
        Empty for unknown; '(always)' instead of an interval if it is the same in every pair.
    """

    def text(value: float) -> str:
        return number(value) if value < 0 else f"+{number(value)}" if value > 0 else "0"

    if math.isnan(change.value):
        return ""
    if change.low is None or change.high is None:
        return text(change.value)
    if change.low == change.high:
        return f"{text(change.value)} (always)"
    return f"{text(change.value)} ({text(change.low)} to {text(change.high)})"


def _mean_change(compared: Compared, pair: Pair, measure: str) -> tuple[Estimate, str] | None:
    """Mean change of a measure in money, and its unit; None where there is nothing to compare."""
    rows = compared.of("measures", pair)
    rows = rows[(rows["measure"] == measure) & (rows["in"] == BOTH)]
    return None if rows.empty else (estimate_of(rows.iloc[0], "difference"), str(rows.iloc[0]["unit"]))


def worth_sentence(compared: Compared, pair: Pair) -> str | None:
    """Whether the extra cost is worth the days gained, at the scenario's cost of a day of delay.

    Args:
        compared: the comparison and its tables.
        pair: the scenario and its reference.

    Returns:
        None where no cost of a day of delay is stated, or the two count in different currencies.
    """
    found = _mean_change(compared, pair, "cost_and_time")
    if found is None:
        return None
    change, unit = found
    if change.value == 0.0 or not change.is_clear:
        return f"Counting what a day of delay is worth, it is not clear whether {pair.other.label} pays."
    low, high = sorted(abs(end) for end in (change.low or 0.0, change.high or 0.0))
    amount = f"{unit} {number(abs(change.value))} ({number(low)} to {number(high)})"
    verdict = f"is worth {amount} more than it costs" if change.value < 0 else f"costs {amount} more than it is worth"
    return f"Counting what a day of delay is worth, {pair.other.label} {verdict}, on average."


def cost_sentence(compared: Compared, pair: Pair) -> str | None:
    """What the other scenario costs more or less on average, in the scenarios' currency.

    Args:
        compared: the comparison and its tables.
        pair: the scenario and its reference.

    Returns:
        None where there is nothing to compare: no costs, or different currencies.
    """
    found = _mean_change(compared, pair, "cost")
    if found is None:
        return None
    change, unit = found
    if change.value == 0.0:
        return f"The mean cost is that of {pair.reference.label}."
    way, sign = ("more", 1) if change.value > 0 else ("less", -1)
    spread = ""
    if change.low is not None and change.high is not None:
        low, high = sorted((sign * change.low, sign * change.high))
        spread = f" ({number(low)} to {number(high)})"
    sure = "" if change.is_clear or not spread else ", which is no clear difference"
    return f"{pair.other.label} costs {unit} {number(abs(change.value))}{spread} {way} on average{sure}."


def times(ratio: Estimate) -> str:
    """Variance without pairing as a multiple of the variance with it: how many times as many trials pairing saves.

    Args:
        ratio: a ratio of variances, above 1 where pairing helps; NaN for unknown.
    """
    if math.isnan(ratio.value):
        return ""
    if math.isinf(ratio.value):
        return "always the same"
    if ratio.low is None or ratio.high is None:
        return f"x {ratio.value:.1f}"
    return f"x {ratio.value:.1f} ({ratio.low:.1f} to {ratio.high:.1f})"


def pairing_sentence(compared: Compared, pair: Pair) -> str | None:
    """How many times as many trials would be needed without pairing.

    Args:
        compared: the comparison and its tables.
        pair: the scenario and its reference.

    Returns:
        None where that is unknown, or every pair of trials is the same.
    """
    row = compared.median(pair, HEADLINE)
    of_median, of_mean = float(row["narrowing"]), estimate_of(compared.milestone(pair, HEADLINE), "narrowing")
    known = [value for value in (of_median, of_mean.value) if math.isfinite(value)]
    if not known or pair.is_identical():
        return None
    texts = []
    if math.isfinite(of_median):
        texts.append(f"{of_median:.1f} times as many for the median last randomisation")
    if math.isfinite(of_mean.value):
        spread = "" if of_mean.low is None else f" ({of_mean.low:.1f} to {of_mean.high:.1f})"
        texts.append(f"{of_mean.value:.1f} times{spread} for its mean")
    return f"Without pairing, intervals as narrow would have taken more trials: {', '.join(texts)}."


def sentences(compared: Compared, pair: Pair) -> list[str]:
    """The answer for one scenario against the reference, most important first.

    Args:
        compared: the comparison.
        pair: the scenario and its reference.

    Returns:
        The headline, the odds of each planned date, cost, worth, and what pairing saved; those unknown are left out.
    """
    found = [sentence(headline(compared, pair)), *odds_sentences(compared, pair)]
    cost, pairing = cost_sentence(compared, pair), pairing_sentence(compared, pair)
    return [*found, *(sentence(text) for text in (cost, worth_sentence(compared, pair), pairing) if text)]


def what_only_one_has(compared: Compared, pair: Pair) -> list[str]:
    """A cost or milestones that one of the scenarios lacks, or a cost in another unit.

    Measures of a part that only one has (a criterion, a cap, drift) are left out: it is among the inputs that differ.

    Args:
        compared: the comparison and its tables.
        pair: the scenario and its reference.

    Returns:
        Sentences without full stops.
    """
    rows = compared.of("measures", pair)
    found = []
    units = rows[rows["in"] == "other unit"]
    if not units.empty:
        found.append(
            f"{pair.reference.label} and {pair.other.label} count cost in {units.iloc[0]['unit']}; it is shown for "
            "each and not compared"
        )
    for where, label in (("reference only", pair.reference.label), ("this only", pair.other.label)):
        names = ["a cost"] if (rows[rows["in"] == where]["measure"] == "cost").any() else []
        names += [
            OUTCOME_NOUNS[str(name)] for name in compared.of("milestones", pair).query("`in` == @where")["milestone"]
        ]
        if names:
            found.append(f"only {label} has {listed(names)}")
    return found


def caveats(compared: Compared) -> list[str]:
    """What a reader must know before the figures: too few trials, and rows that cannot be compared.

    Args:
        compared: the comparison and its tables.

    Returns:
        Sentences without full stops, each once.
    """
    found = compared.comparison.caveats()
    for pair in compared.comparison.pairs:
        found += what_only_one_has(compared, pair)
        row = compared.median(pair, HEADLINE)
        if estimate_of(row, "difference").low is None:
            found.append(f"{pair.n} replications are too few to say how far off a difference may be; run more of them")
    return list(dict.fromkeys(found))
