"""Start-up of sites that an amendment opens, and the risks that delay it. See `sim.processes.start_up` and `.risks`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.calendar import plan, record, schedule
from sim.compiled.layout import NOBODY, RISK_STRIKES, STEP_ENDS
from sim.compiled.memory import risks, risks_of_groups, shared_ends, sites, start_up_steps, step_days, steps_before
from sim.core import events


@compiled
def begin_start_up(w: Any, s: int) -> float:
    """Plan the end of each step of a site, without those that it shares and that are over or under way already.

    Returns:
        The day of activation, without delays of activation as a whole.
    """
    site = sites(w, s)
    if site.n_steps == 0:
        return float(w.now + site.days_to_open)
    last = w.now
    for k in range(site.n_steps):
        step = start_up_steps(w, site.first_step + k)
        if step.shared != NOBODY and shared_ends(w, step.shared).x == shared_ends(w, step.shared).x:  # is not NaN
            step.end = shared_ends(w, step.shared).x
        else:
            start = w.now
            for i in range(step.first_before, step.first_before + step.n_before):
                start = max(start, start_up_steps(w, steps_before(w, i).x).end)
            step.end = start + step_days(w, site.first_step_days + k).x
            if step.shared != NOBODY:
                shared_ends(w, step.shared).x = step.end
            schedule(w, step.end, STEP_ENDS, s, k, False)
            risks_hear_of(w, s, step.code, step.end)
        last = max(last, step.end)
    return float(last + site.late_days)


@compiled
def step_ends(w: Any, s: int, k: int) -> None:
    """Record that a step of a site, or of all sites that share it, is done."""
    site = sites(w, s)
    step, days = start_up_steps(w, site.first_step + k), step_days(w, site.first_step_days + k).x
    record(w, events.STEP_DONE, s if step.shared == NOBODY else -1, -1, float(step.place), step.code, days)


@compiled
def risks_hear_of(w: Any, s: int, step: int, day: float) -> None:
    """Plan the events of risks that delay a step of a site, or its activation (-1), until a day."""
    for code in range(w.n_risks):
        risk = risks(w, code)
        if risk.strikes and risk.delays_step == step and risks_of_groups(w, code * w.n_groups + sites(w, s).group).x:
            plan(w, day - risk.days, RISK_STRIKES, code)


@compiled
def risk_strikes(w: Any, code: int) -> None:
    """Record that a risk to start-up strikes; it does so once."""
    risk = risks(w, code)
    if not risk.is_struck:
        risk.is_struck = 1
        record(w, events.RISK_STRUCK, -1, -1, 0.0, code, risk.days)
