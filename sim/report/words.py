"""Numbers as words: dates with their errors, probabilities, and the sentences with which a report begins.

All consoles, pages and the studio use these functions, so that one number has one format.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from sim.analysis.intervals import Estimate, probability
from sim.analysis.precision import precision
from sim.analysis.shown import estimate_in
from sim.core.leaving import falling_curves
from sim.scenario.remarks import remarks

if TYPE_CHECKING:
    import pandas as pd

    from sim.core.clock import Clock
    from sim.experiment.run.results import Results
    from sim.scenario.schema import Scenario

MILESTONE_NAMES: dict[str, str] = {
    "first_site_active": "First site active",
    "first_referral": "First referral",
    "first_randomised": "First participant randomised",
    "randomised_25pct": "25 % of the target randomised",
    "randomised_50pct": "50 % of the target randomised",
    "randomised_75pct": "75 % of the target randomised",
    "randomised_100pct": "Target randomised",
    "last_randomised": "Last participant randomised",
    "last_dose": "Last dose",
    "primary_completion": "Primary completion",
    "last_visit": "Last participant's last visit",
    "database_lock": "Database lock",
}
STEP_NAMES: dict[str, str] = {
    "late_start": "late start of the trial",
    "start_up": "start-up of the site",
    "referral": "waiting for the patient",
    "coming_back": "waiting for the patient to come back",
    "coordinator": "waiting for a coordinator",
    "screening": "screening",
    "board_review": "waiting for the safety board",
    "hold": "waiting for the end of a hold",
    "sentinel": "spacing of the first participants",
    "cells": "waiting for cells",
    "interim": "waiting for an interim look",
    "follow_up": "follow-up",
    "database_lock": "cleaning and locking the database",
}


OUTCOME_NOUNS: dict[str, str] = {
    "first_site_active": "the first site's activation",
    "first_referral": "the first referral",
    "first_randomised": "the first randomisation",
    "randomised_25pct": "the first quarter of the target",
    "randomised_50pct": "the first half of the target",
    "randomised_75pct": "three quarters of the target",
    "randomised_100pct": "the target",
    "last_randomised": "the last randomisation",
    "last_dose": "the last dose",
    "primary_completion": "primary completion",
    "last_visit": "the last visit",
    "database_lock": "the database lock",
    "cost": "the cost",
}


def milestone_name(name: str, scenario: Scenario) -> str:
    """A milestone as this trial has it: `Primary completion (event 250)`."""
    rule = scenario.follow_up.primary_completion if scenario.follow_up else None
    text = MILESTONE_NAMES[name]
    return f"{text} (event {rule.events})" if rule and name == "primary_completion" else text


estimate_of = estimate_in


class Dates:
    """Days as dates, for one scenario.

    Args:
        clock: converts days since day 0 to dates.
        horizon_days: last simulated day; later days are "later than the horizon".
    """

    def __init__(self, clock: Clock, horizon_days: float) -> None:
        self.clock = clock
        self.horizon = clock.date_of(horizon_days)

    def of(self, day: float) -> date | None:
        """The date of a day; None if later than the horizon."""
        return self.clock.date_of(day) if math.isfinite(day) else None

    def text(self, day: float) -> str:
        """The date of a day, or that it is later than the horizon."""
        when = self.of(day)
        return f"after {self.horizon}" if when is None else str(when)

    def interval(self, estimate: Estimate) -> str:
        """The ends of an interval as dates; '?' for an end that too few replications leave open."""
        low = "?" if estimate.low is None else self.text(estimate.low)
        high = "?" if estimate.high is None else self.text(estimate.high)
        return f"{low} to {high}"

    def by(self, estimate: Estimate) -> str:
        """`by 2021-08-28 (-50/+68 d)`, or `only after 2029-09-30`."""
        error = self.error(estimate)
        when = f"by {self.text(estimate.value)}" if math.isfinite(estimate.value) else f"only after {self.horizon}"
        return f"{when} ({error})" if error else when

    def error(self, estimate: Estimate) -> str:
        """How far the interval reaches before and after a day, in days: '-12/+15 d'."""
        if not math.isfinite(estimate.value):
            return "" if estimate.low is None or math.isinf(estimate.low) else f"from {self.text(estimate.low)}"
        low = "?" if estimate.low is None else f"{estimate.value - estimate.low:.0f}"
        if estimate.high is None:
            return f"-{low}/+? d"
        if math.isinf(estimate.high):
            return f"-{low} d/never"
        return f"-{low}/+{estimate.high - estimate.value:.0f} d"


def percent(p: float, digits: int = 0) -> str:
    """A share in per cent; shares near 0 and 1 keep enough digits not to read 0 or 100."""
    if math.isnan(p):
        return "unknown"
    text = f"{100 * p:.{digits}f}"
    if digits == 0 and p not in (0.0, 1.0) and text in ("0", "100"):
        text = f"{100 * p:.1f}"
        text = "under 0.1" if text == "0.0" else "over 99.9" if text == "100.0" else text
    return f"{text} %"


def chance(estimate: Estimate) -> str:
    """A probability with its interval: '41 % (38 to 44 %)'."""
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} ({percent(estimate.low).removesuffix(' %')} to {percent(estimate.high)})"


def number(value: float, like: float | None = None) -> str:
    """A mean with digits to suit its size, or those of `like`, the mean that it goes with."""
    if math.isnan(value):
        return "unknown"
    if value == 0 and not like:
        return "0"
    size = abs(value if like is None else like)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def mean_with_error(estimate: Estimate) -> str:
    """A mean with half the width of its interval: '535 ±6'."""
    if estimate.low is None or estimate.high is None:
        return number(estimate.value)
    return f"{number(estimate.value)} ±{number((estimate.high - estimate.low) / 2, like=estimate.value)}"


def with_error(estimate: Estimate) -> str:
    """A difference with half the width of its interval: '231 ±43'; with one more digit below 1."""
    if math.isnan(estimate.value):
        return "unknown"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:,.0f}"
    half = (estimate.high - estimate.low) / 2
    if estimate.value == half == 0:
        return "0"
    digits = 1 if half < 1 else 0
    return f"{estimate.value:,.{digits}f} ±{half:,.{digits}f}"


def run_command(results: Results) -> str:
    """The command that makes these results again; for a run started from Python, the call."""
    typed, n, seed = results.identity.get("typed"), results.n_replications, results.seed
    if not typed:
        return f"sim.run(scenario, replications={n}, seed={seed})"
    return f"trialclock run {typed} --replications {n} --seed {seed}"


def headline(results: Results, dates: Dates, milestones: pd.DataFrame) -> str:
    """The answer in one sentence, date first, with one clause per milestone.

    Args:
        results: the run.
        dates: converts its days to dates.
        milestones: days by milestone, with quantiles and errors.
    """
    last = estimate_of(milestones.loc["last_randomised"], "p50")
    target = results.scenario.trial.target
    if not results.columns("reached")["reached"].any():
        return f"The {target} participants are reached in none of the simulated trials, which end by {dates.horizon}."
    if not math.isfinite(last.value):
        return (
            f"More often than not, the {target} participants are not reached by {dates.horizon}, "
            f"the end of the simulated time."
        )
    if results.scenario.follow_up is None:  # visits and a database that are not modelled are not mentioned
        p80 = estimate_of(milestones.loc["last_randomised"], "p80")
        safe = f", and by {dates.text(p80.value)} in 80 % of them" if math.isfinite(p80.value) else ""
        when = dates.text(last.value)
        return f"The last of the {target} participants is randomised by {when} in half of the simulated trials{safe}."
    lock, p80 = (estimate_of(milestones.loc["database_lock"], quantile) for quantile in ("p50", "p80"))
    start = f"The last of the {target} participants is randomised by {dates.text(last.value)}"
    if not math.isfinite(lock.value):
        return (
            f"{start} in half of the simulated trials; in more than half, the database is not locked "
            f"by {dates.horizon}."
        )
    safe = f"; in 80 % of them it is locked by {dates.text(p80.value)}" if math.isfinite(p80.value) else ""
    return (
        f"{start}, and the database is locked by {dates.text(lock.value)}, each in half of the simulated trials{safe}."
    )


def odds_sentences(odds: pd.DataFrame) -> list[str]:
    """The chances of the planned dates, and of never reaching the target."""
    sentences = []
    names = {"primary_completion": "Primary completion", "study_completion": "Study completion"}
    for event, row in odds.iterrows():
        estimate = estimate_of(row, "probability")
        if event == "never_reached":
            sentences.append(f"Target never reached by the horizon: {chance(estimate)}")
        else:
            sentences.append(f"{names[str(event)]} by {row['planned']}, as registered: {chance(estimate)}")
    return sentences


_ENDINGS = {
    "horizon": "Not complete by the end of the simulated time",
    "never_started": "Never started at all",
    "no_sites": "Given up because every site had closed",
    "caps": "Given up because the caps left no room for anybody",
    "too_few_events": "Ended because everybody had left with fewer events than primary completion needs",
    "stopped": "Stopped early, by the safety board or at an interim look",
}


def ending_sentences(outcomes: pd.DataFrame) -> list[str]:
    """How the trials that were not completed ended, one sentence per way."""
    return [
        f"{text}: {chance(estimate_of(outcomes.loc[name], 'share'))}"
        for name, text in _ENDINGS.items()
        if int(str(outcomes.loc[name, "n"])) > 0
    ]


def cap_sentences(table: pd.DataFrame, dates: Dates) -> list[str]:
    """For each cap: what it limits, how often and when it is reached, and how many people it turns away."""
    sentences = []
    for _, row in table.iterrows():
        share, when = estimate_of(row, "share"), estimate_of(row, "p50")
        text = f"Cap {row['meaning']}; reached in {chance(share)} of the simulated trials"
        if math.isfinite(when.value):
            text += f", in half of them {dates.by(when)}"
        sentences.append(f"{text}; {mean_with_error(estimate_of(row, 'away'))} people turned away in a mean trial.")
    return sentences


def amendment_sentences(table: pd.DataFrame, dates: Dates) -> list[str]:
    """For each amendment: what it changes, how often it is decided, and when it is in force."""
    sentences = []
    for _, row in table.iterrows():
        share, when = estimate_of(row, "share"), estimate_of(row, "p50")
        text = f"Amendment {row['meaning']}; decided in {chance(share)} of the simulated trials"
        if math.isfinite(when.value):
            text += f", in force in half of them {dates.by(when)}"
        sentences.append(f"{text}.")
    return sentences


def interim_sentences(table: pd.DataFrame, dates: Dates) -> list[str]:
    """For each interim look: what it is, how often and when it comes, and what it decides."""
    sentences = []
    for _, row in table.iterrows():
        share, when = estimate_of(row, "share"), estimate_of(row, "p50")
        text = f"Interim look {row['meaning']}; comes in {chance(share)} of the simulated trials"
        if math.isfinite(when.value):
            text += f", first in half of them {dates.by(when)}"
        for column, what in (("stopped", "stops the trial"), ("enlarged", "enlarges the target")):
            if row[f"may_be_{column}"]:
                text += f"; {what} in {chance(estimate_of(row, column))}"
        sentences.append(f"{text}.")
    return sentences


def precision_sentence(results: Results) -> str | None:
    """Whether the rule of `--until` was met; None without a rule."""
    record = results.until
    if record is None:
        return None

    last = record["looks"][-1]
    width = precision(record["rule"], results.scenario).shown(math.inf if last["width"] is None else last["width"])
    looks = ", ".join(f"{look['replications']:,}" for look in record["looks"])
    if record["met"]:
        return f"{record['rule']} is met: the interval is {width} (looked at after {looks} simulated trials)."
    n = f"{last['replications']:,}"
    return (
        f"{record['rule']} is not met after {n} simulated trials: the interval is {width}; --replications allows more."
    )


def warnings(results: Results, too_few: list[str], *, more_follow: bool = False) -> list[str]:
    """What a reader must know before the figures, such as too few replications, or a treatment that nobody gets.

    Args:
        results: the run.
        too_few: names of the quantiles that need more replications.
        more_follow: whether more trials are being simulated.

    Returns:
        Sentences without full stops.
    """
    found = []
    if too_few:
        remedy = "more are being simulated" if more_follow else "run more of them"
        names = " and ".join([", ".join(too_few[:-1]), too_few[-1]] if len(too_few) > 1 else too_few)
        found.append(f"{results.n_replications} replications are too few to say how far off {names} may be; {remedy}")
    found += [*remarks(results.scenario), *falling_curves(results.scenario)]
    found += _before_its_target(results)
    found += _ended_for_too_much(results)
    if _gives_no_dose(results):
        found.append("no dose is given in any simulated trial, though participants are due doses; see the cells")
    return found


def _ended_for_too_much(results: Results) -> list[str]:
    """How many trials were ended because so much happened in them."""
    n = int((results.columns("outcome")["outcome"] == "too_much").sum())
    if not n:
        return []
    most = f"{results.design.most_events:,}"
    return [
        f"{n:,} of {results.n_replications:,} replications were stopped after {most} events or referrals, and count as "
        "never finished: look for a rate, a factor or a lot that makes too many"
    ]


def _before_its_target(results: Results) -> list[str]:
    """Warn if an event-driven trial has its events before its target, which then counts as never reached."""
    follow_up = results.scenario.follow_up
    if follow_up is None or follow_up.primary_completion is None:
        return []
    frame = results.columns("outcome", "reached")
    early = (frame["outcome"] == "complete") & ~frame["reached"].astype(bool)
    if not early.any():
        return []
    share = chance(probability(int(early.sum()), len(frame)))
    return [
        f"in {share} of the simulated trials primary completion comes before all {results.scenario.trial.target} "
        "participants are randomised; recruitment then closes, and the target counts as never reached"
    ]


def _gives_no_dose(results: Results) -> bool:
    """Whether the scenario has doses and participants, but no dose was given in any trial."""
    if not any(arm.doses for arm in results.scenario.arms.values()):
        return False
    frame = results.columns("n_randomised", "n_doses_given")
    return bool(frame["n_randomised"].sum() > 0 and frame["n_doses_given"].sum() == 0)
