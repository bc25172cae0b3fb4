"""The first words on a run: the command that makes it again, its headline, and what a reader must know before.

They are apart from the other words on a run, because the studio and documents show them without a report.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.intervals import probability
from sim.core.leaving import falling_curves
from sim.plurals import listed
from sim.report.words import Dates, chance, estimate_of
from sim.scenario.remarks import remarks

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.run.results import Results


def run_command(results: Results) -> str:
    """The command that makes these results again; for a run started from Python, the call.

    Args:
        results: a finished run.

    Returns:
        One line to type; the number of replications and the seed are always given.
    """
    typed, n, seed = results.identity.get("typed"), results.n_replications, results.seed
    if not typed:
        return f"sim.run(scenario, replications={n}, seed={seed})"
    return f"trialclock run {typed} --replications {n} --seed {seed}"


def headline(results: Results, dates: Dates, milestones: pd.DataFrame) -> str:
    """The answer in one sentence, date first, with one clause per milestone.

    Args:
        results: the run.
        dates: converts its days to dates.
        milestones: `Results.milestones()`: a row for each milestone, with its quantiles and their errors in days.

    Returns:
        When the last participant is randomised and the database locked, in half and in 80 % of the simulated trials; or
        that the target is not reached. A quantile beyond the horizon is said to be so, or left out if it is the second.
    """
    last = estimate_of(milestones.loc["last_randomised"], "p50")
    target = results.scenario.trial.target
    if not results.columns("reached")["reached"].any():
        return f"The {target:,} participants are reached in none of the simulated trials, which end by {dates.horizon}."
    if not math.isfinite(last.value):
        return (
            f"More often than not, the {target:,} participants are not reached by {dates.horizon}, "
            f"the end of the simulated time."
        )
    if results.scenario.follow_up is None:  # visits and a database that are not modelled are not mentioned
        p80 = estimate_of(milestones.loc["last_randomised"], "p80")
        safe = f", and by {dates.text(p80.value)} in 80 % of them" if math.isfinite(p80.value) else ""
        when = dates.text(last.value)
        return f"The last of the {target:,} participants is randomised by {when} in half of the simulated trials{safe}."
    lock, p80 = (estimate_of(milestones.loc["database_lock"], quantile) for quantile in ("p50", "p80"))
    start = f"The last of the {target:,} participants is randomised by {dates.text(last.value)}"
    if not math.isfinite(lock.value):
        return (
            f"{start} in half of the simulated trials; in more than half, the database is not locked "
            f"by {dates.horizon}."
        )
    safe = f"; in 80 % of them it is locked by {dates.text(p80.value)}" if math.isfinite(p80.value) else ""
    return (
        f"{start}, and the database is locked by {dates.text(lock.value)}, each in half of the simulated trials{safe}."
    )


def warnings(results: Results, too_few: list[str], *, more_follow: bool = False) -> list[str]:
    """What a reader must know before the figures, such as too few replications, or a treatment that nobody gets.

    Args:
        results: the run.
        too_few: names of the quantiles whose interval has no end, since too few replications support one.
        more_follow: whether more trials are being simulated, as in the studio; changes the advice.

    Returns:
        Sentences without full stops, on: too few replications, remarks on the scenario, curves of leaving that fall, an
        event-driven trial that ends before its target, trials ended for too many events, and doses never given.
    """
    found = []
    if too_few:
        remedy = "more are being simulated" if more_follow else "run more of them"
        names = listed(too_few)
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
