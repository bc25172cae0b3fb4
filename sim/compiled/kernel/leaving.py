"""How follow-up ends: the first way out, or the last visit. See `sim.processes.follow_up` and `.replacement`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import record
from sim.compiled.kernel.caps import no_longer_under_caps
from sim.compiled.kernel.completion import count_event
from sim.compiled.kernel.ending import look_for_end, need_more, sites_reopen
from sim.compiled.kernel.interims import interims_hear_of
from sim.compiled.kernel.supply import look
from sim.compiled.layout import BEFORE_FIRST_DOSE, NOBODY, NOT_EVALUABLE
from sim.compiled.memory import arms, draws, hazards, people, pieces, rules_of, values, weeks
from sim.core import events
from sim.core.clock import WEEK_DAYS
from sim.core.clock import at_an_hour as _at_an_hour

at_an_hour = compiled(_at_an_hour)
_NEVER = float("inf")
_DEVIATION, _HOUR = 0, 2  # places of a visit's uniform numbers in its row, as in `sim.processes.follow_up`


@compiled
def _time_to(w: Any, h: int, exposure: float) -> float:
    """Days until a cumulative hazard reaches a value; see `Hazard.time_to`."""
    hazard = hazards(w, h)
    first, last, ratio = hazard.first, hazard.first + hazard.n - 1, hazard.ratio
    end = pieces(w, last)
    if exposure >= ratio * end.cumulative:
        last_rate = ratio * hazard.last_rate
        if last_rate <= 0:
            return _NEVER
        return float(end.day + (exposure - ratio * end.cumulative) / last_rate)
    i = first + 1
    while ratio * pieces(w, i).cumulative < exposure:
        i += 1
    before, after = pieces(w, i - 1), pieces(w, i)
    reached = ratio * before.cumulative
    share = (exposure - reached) / (ratio * after.cumulative - reached)
    return float(before.day + share * (after.day - before.day))


@compiled
def begin_follow_up(w: Any, p: int) -> None:
    """Determine when and how a participant's follow-up ends."""
    t, rules, person = w, rules_of(w), people(w, p)
    person.ends = person.last_visit = t.now
    person.way_out = NOBODY
    if not rules.has_follow_up:
        person.last_visit = _NEVER
        return
    visit = weeks(w, rules.first_visit + rules.n_visits - 1)
    planned = t.now + visit.week * WEEK_DAYS
    if rules.deviation != 0:
        row = draws(w, person.participant * w.n_weeks + visit.row)
        planned = max(at_an_hour(planned + rules.deviation * (2 * row.u[_DEVIATION] - 1), row.u[_HOUR]), t.now)
    person.ends = person.last_visit = planned
    if rules.is_event_driven:
        person.ends, person.is_followed = rules.horizon + 1.0, 1  # until primary completion
    for way in range(rules.n_ways):
        exposure = values(w, person.drawn * w.n_columns + rules.first_column_leaving + way).x
        leaves = t.now + _time_to(w, arms(w, person.arm).first_hazard + way, exposure)
        if leaves <= person.ends:
            person.ends, person.way_out = leaves, way


@compiled
def _is_replaced(w: Any, p: int) -> bool:
    """Whether a participant who leaves now is to be replaced."""
    rules, person = rules_of(w), people(w, p)
    has_doses = arms(w, person.arm).n_doses > 0
    if rules.replace == BEFORE_FIRST_DOSE:
        return has_doses and person.n_doses_over == 0
    start = person.first_due if has_doses else person.randomised
    return rules.replace == NOT_EVALUABLE and w.now < start + rules.treatment_days


@compiled
def leave(w: Any, p: int) -> None:
    """A participant is out of the trial: at the last visit, or before."""
    t, person = w, people(w, p)
    if person.way_out == NOBODY:
        record(w, events.COMPLETED, person.site, person.referral, float(person.number), 0, 0.0)
    else:
        record(w, events.LEFT, person.site, person.referral, float(person.number), person.way_out, 0.0)
    if rules_of(w).is_event_driven:
        count_event(w, p)
    interims_hear_of(w, p)
    if person.way_out != NOBODY and not t.is_over and _is_replaced(w, p):
        record(w, events.REPLACED, person.site, person.referral, float(person.number), 0, 0.0)
        no_longer_under_caps(w, p)
        if need_more(w, 1):
            sites_reopen(w)
            look(w)
    t.n_following -= 1
    look_for_end(w)
