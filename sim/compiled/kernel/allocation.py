"""Allocation to arms: simple, permuted blocks, minimisation, biased coin, urn. See `sim.processes.randomisation`."""

from __future__ import annotations

from typing import Any

from sim.compiled.jit import compiled
from sim.compiled.kernel.arms import arms_out
from sim.compiled.kernel.philox import four_numbers
from sim.compiled.layout import BIASED_COIN, PERMUTED_BLOCKS, SIMPLE, URN
from sim.compiled.memory import (
    arms,
    blocks_of_arms,
    codes,
    counts,
    factors,
    keys_of_block,
    lists,
    people,
    rules_of,
    shares,
    summands,
    totals,
    words,
)

_TICK = 4
_DRAWS = 64  # numbers of a list drawn at once, as in `sim.processes.randomisation`
_TIE = 1e-9
_NEVER = float("inf")


@compiled
def _next_number(w: Any, stratum: int) -> float:
    """The next uniform number of a list."""
    uses = lists(w, stratum)
    n, within = uses.used // _DRAWS, uses.used % _DRAWS
    uses.used += 1
    four = four_numbers(w.seed, w.key, words(w, stratum).word, 0, n, rules_of(w).replication, within // _TICK)
    which = within % _TICK
    if which < 2:
        return float(four[0] if which == 0 else four[1])
    return float(four[2] if which == 2 else four[3])


@compiled
def _stratum(w: Any, p: int) -> int:
    """The list of a person's stratum, of which the site may be a part."""
    rules, person = rules_of(w), people(w, p)
    return int(person.stratum + person.site * rules.n_strata if rules.by_site else person.stratum)


@compiled
def assign(w: Any, p: int) -> int:
    """The arm of the next participant, by the scenario's method."""
    method = rules_of(w).method
    if method == SIMPLE:
        return _simple(w)
    if method == PERMUTED_BLOCKS:
        return _from_block(w, p)
    if method == URN:
        return _from_urn(w)
    return _biased_coin(w) if method == BIASED_COIN else _minimisation(w, p)


@compiled
def _simple(w: Any) -> int:
    """An arm by the ratio alone."""
    return _by_ratio(w, _next_number(w, 0))


@compiled
def _by_ratio(w: Any, u: float) -> int:
    """The arm into whose part of the cumulative shares a uniform number falls."""
    out = arms_out(w)
    for arm in range(w.n_arms):
        shares(w, arm).x = 0.0 if out >> arm & 1 else arms(w, arm).share
    return _by_shares(w, u, totals(w, out).x)


@compiled
def _by_shares(w: Any, u: float, total: float) -> int:
    """The arm into whose part of the cumulative `shares` a uniform number falls; the last one that has a share."""
    reached, last = 0.0, w.n_arms - 1
    for arm in range(w.n_arms):
        share = shares(w, arm).x
        reached += share
        if u * total < reached:
            return arm
        if share > 0:
            last = arm
    return int(last)


@compiled
def _total(w: Any) -> float:
    """The sum of all `shares`, rounded once, as by `math.fsum`. Source: Shewchuk 1997 (Discrete Comput Geom 18:305)."""
    n = 0
    for arm in range(w.n_arms):
        x, kept = shares(w, arm).x, 0
        for k in range(n):
            y = summands(w, k).x
            if abs(x) < abs(y):
                x, y = y, x
            high = x + y
            low = y - (high - x)
            if low != 0:
                summands(w, kept).x = low
                kept += 1
            x = high
        summands(w, kept).x = x
        n = kept + 1
    return _rounded(w, n)


@compiled
def _rounded(w: Any, n: int) -> float:
    """The sum of numbers that do not overlap, in increasing order; halves are rounded to even."""
    n -= 1
    total, low = summands(w, n).x, 0.0
    while n > 0 and low == 0:
        n -= 1
        before, y = total, summands(w, n).x
        total = before + y
        low = y - (total - before)
    if n > 0 and ((low < 0 and summands(w, n - 1).x < 0) or (low > 0 and summands(w, n - 1).x > 0)):
        twice = low * 2
        if twice == (total + twice) - total:
            total += twice
    return float(total)


@compiled
def _from_block(w: Any, p: int) -> int:
    """The next arm of the stratum's block that has room."""
    out, stratum = arms_out(w), _stratum(w, p)
    while True:
        if lists(w, stratum).left == 0:
            _new_block(w, stratum)
        lists(w, stratum).left -= 1
        arm = int(blocks_of_arms(w, stratum * w.longest_block + lists(w, stratum).left).x)
        if not out >> arm & 1:
            return arm


@compiled
def _new_block(w: Any, stratum: int) -> None:
    """A block of a random size in random order: the arms sorted by one uniform number each."""
    rules, start = rules_of(w), stratum * w.longest_block
    size = codes(w, rules.n_unit + int(_next_number(w, stratum) * rules.n_sizes)).x
    for i in range(size):
        key, k = _next_number(w, stratum), i
        while k > 0 and keys_of_block(w, k - 1).x > key:
            keys_of_block(w, k).x = keys_of_block(w, k - 1).x
            blocks_of_arms(w, start + k).x = blocks_of_arms(w, start + k - 1).x
            k -= 1
        keys_of_block(w, k).x = key
        blocks_of_arms(w, start + k).x = codes(w, i % rules.n_unit).x
    lists(w, stratum).left = size


@compiled
def _add_lags(w: Any, first: int) -> None:
    """Add to each arm how far it is behind its share, in participants, by counts from a place on."""
    out, total = arms_out(w), 0
    for arm in range(w.n_arms):
        if not out >> arm & 1:
            total += counts(w, first + arm).x
    for arm in range(w.n_arms):
        share, n = arms(w, arm).share, counts(w, first + arm).x
        if w.closed_arms | w.full_arms:
            share /= totals(w, out).x
        if not out >> arm & 1:
            arms(w, arm).behind += share * total - n


@compiled
def _toward(w: Any) -> int:
    """The arm furthest behind with probability `pull`, ties at random; else an arm by the ratio."""
    u, pick = _next_number(w, 0), _next_number(w, 0)
    if u >= rules_of(w).pull:
        return _by_ratio(w, pick)
    out, most = arms_out(w), -_NEVER
    for arm in range(w.n_arms):
        if not out >> arm & 1:
            most = max(most, arms(w, arm).behind)
    for arm in range(w.n_arms):
        is_tied = not out >> arm & 1 and arms(w, arm).behind >= most - _TIE
        shares(w, arm).x = arms(w, arm).share if is_tied else 0.0
    return _by_shares(w, pick, _total(w))


@compiled
def _biased_coin(w: Any) -> int:
    """Efron's coin: toward the arm behind, by the ratio alone in balance."""
    for arm in range(w.n_arms):
        arms(w, arm).behind = 0.0
    _add_lags(w, 0)
    most, least = arms(w, 0).behind, arms(w, 0).behind
    for arm in range(w.n_arms):
        most, least = max(most, arms(w, arm).behind), min(least, arms(w, arm).behind)
    arm = _simple(w) if most - least < _TIE else _toward(w)
    counts(w, arm).x += 1
    return arm


@compiled
def _minimisation(w: Any, p: int) -> int:
    """Lags summed over the person's level of every factor; overall balance where there is no factor."""
    for arm in range(w.n_arms):
        arms(w, arm).behind = 0.0
    for k in range(w.n_factors):
        _add_lags(w, _counts_of(w, p, k))
    arm = _toward(w)
    for k in range(w.n_factors):
        counts(w, _counts_of(w, p, k) + arm).x += 1
    return arm


@compiled
def _counts_of(w: Any, p: int, k: int) -> int:
    """Where the counts of a person's level of a factor begin."""
    factor, person = factors(w, k), people(w, p)
    level = person.stratum // factor.divisor % factor.n if factor.n > 0 else person.site
    return int(factor.first + level * w.n_arms)


@compiled
def _from_urn(w: Any) -> int:
    """Draw by the balls; then add balls for the other arms, in the proportion that keeps the ratio."""
    out = arms_out(w)
    for arm in range(w.n_arms):
        shares(w, arm).x = 0.0 if out >> arm & 1 else arms(w, arm).balls
    drawn = _by_shares(w, _next_number(w, 0), _total(w))
    for arm in range(w.n_arms):
        if arm != drawn:
            arms(w, arm).balls += arms(w, arm).more_balls
    return drawn
