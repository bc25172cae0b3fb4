"""Whether a site or an arm may still open. See `sim.processes.amendments`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.memory import amendments, groups_opened, sites

_NEVER = float("inf")


@compiled
def is_waiting(w: Any, s: int) -> bool:
    """Whether a site stays closed until an amendment opens it."""
    return bool(sites(w, s).activates == _NEVER)


@compiled
def opens_site(w: Any, code: int, s: int) -> bool:
    """Whether a site is among those that an amendment opens, and it may still do so."""
    rule = amendments(w, code)
    if rule.is_over:
        return False
    for k in range(rule.first_group, rule.first_group + rule.n_groups):
        if groups_opened(w, k).first_site <= s < groups_opened(w, k).end:
            return True
    return False


@compiled
def may_open(w: Any, s: int) -> bool:
    """Whether a site is open or may open without further randomisations."""
    if not is_waiting(w, s):
        return True
    for code in range(w.n_amendments):
        if opens_site(w, code, s) and amendments(w, code).at_randomised <= w.n_randomised:
            return True
    return False


@compiled
def may_open_an_arm(w: Any) -> bool:
    """Whether an arm may still open without further randomisations."""
    for code in range(w.n_amendments):
        rule = amendments(w, code)
        if not rule.is_over and rule.opens_arms & w.closed_arms and rule.at_randomised <= w.n_randomised:
            return True
    return False
