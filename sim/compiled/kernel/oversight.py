"""Sentinels, the board's reviews, holds, and the rule that stops the trial. See `sim.processes.oversight`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import happens, plan, record
from sim.compiled.kernel.ending import close
from sim.compiled.kernel.gate import pause
from sim.compiled.layout import (
    BAY,
    BY_RULE_OF_HOLDS,
    BY_STOPPING_RULE,
    CELLS,
    FIT,
    HOLD,
    NEEDS_HOLDS,
    REVIEW,
    REVIEW_ENDS,
)
from sim.compiled.memory import arms, holds, lines, people, rules_of
from sim.core import events


@compiled
def board_hears_of(w: Any, p: int) -> None:
    """Space the sentinels; in a trial without doses, a randomised participant counts as treated."""
    t, rules = w, rules_of(w)
    if not rules.has_doses:
        first_dose(w, p)
    if not arms(w, people(w, p).arm).is_sentinel:
        return
    t.n_sentinels += 1
    if t.n_sentinels < rules.n_sentinels:
        pause(w, events.PAUSE_SENTINEL, rules.days_between)


@compiled
def first_dose(w: Any, p: int) -> None:
    """Count a participant as treated; after the number that a review waits for, plan the review."""
    t, rules = w, rules_of(w)
    t.n_treated += 1
    people(w, p).treated_rank = t.n_treated
    for k in range(rules.n_reviews):
        if rules.review_after[k] == t.n_treated:
            plan(w, t.now + rules.observed_days, REVIEW, k)
            if rules.pauses_while_observing and rules.review_pauses:
                pause(w, events.PAUSE_BOARD, rules.observed_days)
            return


@compiled
def review(w: Any, k: int) -> None:
    """Begin a review, during which randomisation may pause."""
    t, rules = w, rules_of(w)
    days = rules.review_days[k]
    record(w, events.REVIEW_STARTED, -1, -1, float(rules.review_after[k]), 0, 0.0)
    if rules.review_pauses and not t.ended_dosing:
        pause(w, events.PAUSE_BOARD, days)
    plan(w, t.now + days, REVIEW_ENDS, k)


@compiled
def review_ends(w: Any, k: int) -> None:
    """A review is over."""
    record(w, events.REVIEW_ENDED, -1, -1, float(rules_of(w).review_after[k]), 0, 0.0)


@compiled
def severe_reaction(w: Any, p: int, u: float) -> None:
    """Apply the stopping rule and the rule of holds to a severe reaction."""
    t, rules = w, rules_of(w)
    rank = people(w, p).treated_rank
    if rules.has_stop and 0 < rank <= rules.stop_among:
        t.n_severe_early += 1
        if t.n_severe_early == rules.stop_reactions:
            if rules.stop_ends:
                _end(w)
            else:
                _hold(w, BY_STOPPING_RULE)
            return
    if rules.has_hold and u < rules.p_hold:
        _hold(w, BY_RULE_OF_HOLDS)


@compiled
def _end(w: Any) -> None:
    """End randomisation and dosing for good, and wake up those who wait for either, in the order of their waits."""
    t = w
    t.ended_dosing = 1
    record(w, events.BOARD_STOPPED, -1, -1, 0.0, 0, 0.0)
    close(w, events.RECRUITMENT_STOPPED)
    n = 0
    for i in range(t.n_randomised):
        p = lines(w, i).participant
        state = people(w, p).state
        if state in (FIT, CELLS, BAY, HOLD):
            k = n
            while k > 0 and people(w, lines(w, k - 1).other).token > people(w, p).token:
                lines(w, k).other = lines(w, k - 1).other
                k -= 1
            lines(w, k).other = p
            n += 1
    for k in range(n):
        happens(w, lines(w, k).other)


@compiled
def _hold(w: Any, rule: int) -> None:
    """Put dosing and randomisation on hold for a drawn time."""
    t = w
    if t.n_holds >= t.n_holds_drawn:
        t.status, t.is_finished = NEEDS_HOLDS, 1
        return
    days = holds(w, rule * t.n_holds_drawn + t.n_holds).x
    t.n_holds += 1
    t.held_until = max(t.held_until, t.now + days)
    pause(w, events.PAUSE_HOLD, days)
