"""Blocks of referrals, drawn and judged when a site needs them. See `sim.core.referred` and `sim.compiled.tracing`."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compiled.jit import compiled
from sim.compiled.kernel.arrivals import begin_arrivals, day_reached
from sim.compiled.kernel.philox import numbers_at, write_numbers
from sim.compiled.layout import CAST, CHOOSE, LOOP, N_ARGUMENTS, NEEDS_ROOM, NOBODY, UNIFORM_NUMBERS
from sim.compiled.memory import (
    blocks,
    call_loop,
    chosen,
    drawing_steps,
    flag_at,
    float_at,
    integer_at,
    outputs,
    own_parameters,
    parameters,
    patients,
    put_float,
    put_integer,
    referrals,
    rules_of,
    sites,
    values,
)
from sim.core.referred import HANDLED
from sim.core.streams import BLOCK

_TICK = 4
_WORD = 8
_RESULT = N_ARGUMENTS - 1
_GAP, _CHART, _FATE, _WEIGHT, _SINCE, _TESTS, _CONSENTS, _LEVELS, _COLUMNS = range(9)  # results, as in `Program`
_FLAG_TO_INTEGER, _FLAG_TO_FLOAT = 0, 1
_NEVER = float("inf")


@compiled
def begin_drawing(w: Any) -> None:
    """Work out what is the same for all referrals of a replication."""
    w.n_blocks = w.n_patients = 0
    for i in range(w.n_parameters):
        own_parameters(w, i).x = parameters(w, i).x
    _take_steps(w, 0, w.end_of_same, 1, False)


@compiled
def draw_block(w: Any, s: int) -> int:
    """Draw the next referrals of a site: a portion of a block.

    Returns:
        Its number; NOBODY if there is no room for it.
    """
    site, b = sites(w, s), w.n_blocks
    if b >= w.room_blocks or w.n_patients + w.portion > w.room_patients:
        w.status, w.is_finished = NEEDS_ROOM, 1
        return NOBODY
    w.n_blocks += 1
    a_block = BLOCK // w.portion
    w.drawn_site, w.drawn_block = s, site.n_blocks // a_block
    w.drawn_tick = site.n_blocks % a_block * (w.portion // _TICK)
    if site.n_blocks == 0:
        begin_arrivals(w, site)
    _take_steps(w, w.end_of_same, w.end_of_gaps, w.portion, False)
    block, n = blocks(w, b), 0
    while n < w.portion:
        site.reached += float_at(_result(w, _GAP, n))
        day = site.reached if site.is_changing else day_reached(w, site, site.reached)
        if day == _NEVER:
            break
        referrals(w, b * w.portion + n).day = day
        n += 1
    block.n, block.start = n, w.n_patients
    if n > 0:
        _judge(w, b, n)
    block.end = w.n_patients
    return int(b)


@compiled
def _judge(w: Any, b: int, n: int) -> None:
    """See what the chart says of the first referrals of a block, and draw values of those who become persons."""
    _take_steps(w, w.end_of_gaps, w.end_of_chart, n, False)
    n_chosen = 0
    for i in range(n):
        referral = referrals(w, b * w.portion + i)
        referral.failed, referral.fate = integer_at(_result(w, _CHART, i)), integer_at(_result(w, _FATE, i))
        if referral.fate == HANDLED:
            chosen(w, n_chosen).x = i
            n_chosen += 1
    if n_chosen == 0:
        return
    _take_steps(w, w.end_of_chart, w.end_of_people, n_chosen, True)
    for k in range(n_chosen):
        p = w.n_patients
        w.n_patients += 1
        patient, position = patients(w, p), chosen(w, k).x
        patient.position, patient.chart_failed = position, referrals(w, b * w.portion + position).failed
        patient.weight, patient.days_since_decompensation = (
            float_at(_result(w, _WEIGHT, k)),
            float_at(_result(w, _SINCE, k)),
        )
        patient.tests_failed, patient.consents = (
            integer_at(_result(w, _TESTS, k)),
            integer_at(_result(w, _CONSENTS, k)),
        )
        patient.levels = integer_at(_result(w, _LEVELS, k))
        for column in range(w.n_columns):
            values(w, p * w.n_columns + column).x = float_at(_result(w, _COLUMNS + column, k))


@compiled
def _result(w: Any, which: int, i: int) -> int:
    """Address of a result of the i-th referral that was drawn."""
    output = outputs(w, which)
    return int(output.address + i * output.stride)


@compiled
def _take_steps(w: Any, first: int, end: int, n: int, is_chosen: bool) -> None:
    """Do what steps say, for some referrals of a block: the first ones, or those that are chosen."""
    for i in range(first, end):
        step = drawing_steps(w, i)
        if step.op == LOOP:
            step.n = n
            call_loop(step)
        elif step.op == UNIFORM_NUMBERS:
            if is_chosen:
                _numbers_of_chosen(w, step.key, step.arguments[_RESULT], n)
            else:
                ticks = (n + _TICK - 1) // _TICK
                site = sites(w, w.drawn_site)
                c0 = np.uint64(rules_of(w).replication * (BLOCK // _TICK) + w.drawn_tick)
                c1, at = np.uint64(w.drawn_block), step.arguments[_RESULT]
                write_numbers(w.seed, step.key, c0, c1, site.word, np.uint64(site.row), ticks, at)
        elif step.op == CAST:
            _cast(step, n)
        elif step.op == CHOOSE:
            _choose(step, n)
        else:
            _search(step, n)


@compiled
def _four(w: Any, key: Any, tick: int) -> Any:
    """Four numbers of a block; see `Streams.rows`."""
    site = sites(w, w.drawn_site)
    c0 = np.uint64(rules_of(w).replication * (BLOCK // _TICK) + w.drawn_tick + tick)
    return numbers_at(w.seed, key, c0, np.uint64(w.drawn_block), site.word, np.uint64(site.row))


@compiled
def _numbers_of_chosen(w: Any, key: Any, at: int, n: int) -> None:
    for k in range(n):
        position = chosen(w, k).x
        one, two, three, four = _four(w, key, position // _TICK)
        which = position % _TICK
        first = one if which == 0 else two
        put_float(at + k * _WORD, first if which < 2 else (three if which == 2 else four))


@compiled
def _cast(step: Any, n: int) -> None:
    at, to, stride = step.arguments[0], step.arguments[_RESULT], step.strides[0]
    if step.function == _FLAG_TO_INTEGER:
        for i in range(n):
            put_integer(to + i * _WORD, flag_at(at + i * stride))
    elif step.function == _FLAG_TO_FLOAT:
        for i in range(n):
            put_float(to + i * _WORD, float(flag_at(at + i * stride)))
    else:
        for i in range(n):
            put_float(to + i * _WORD, float(integer_at(at + i * stride)))


@compiled
def _choose(step: Any, n: int) -> None:
    flags, one, other, to = step.arguments[0], step.arguments[1], step.arguments[2], step.arguments[_RESULT]
    of_flags, of_one, of_other = step.strides[0], step.strides[1], step.strides[2]
    for i in range(n):
        chosen_one = flag_at(flags + i * of_flags) != 0
        put_integer(to + i * _WORD, integer_at(one + i * of_one if chosen_one else other + i * of_other))


@compiled
def _search(step: Any, n: int) -> None:
    """How many cuts are at a value or below."""
    for i in range(n):
        value, place = float_at(step.arguments[0] + i * step.strides[0]), 0
        while place < step.data and float_at(step.function + place * _WORD) <= value:
            place += 1
        put_integer(step.arguments[_RESULT] + i * _WORD, place)
