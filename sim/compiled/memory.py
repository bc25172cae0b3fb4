"""Tables of records in memory, found by their address, so that one pointer is all that a compiled function is given.

Numba passes an array as seven values, and compiles code for each of them in each function; with the thirty tables of a
replication that takes minutes. Here a replication is one record (`layout.WORLD`), which has the address of each table,
and `people(w, p)` is the p-th record of one. Nothing checks an index: what is asked for must be there.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from sim.compiled import layout


def _table(name: str, dtype: np.dtype[Any]) -> Any:
    """A compiled function that gives the n-th record of a table of a replication.

    Args:
        name: name of the table; its address is the field of that name in `WORLD`.
        dtype: its records.
    """
    record = numba.from_dtype(dtype)
    offset, size = layout.WORLD.fields[name][1], dtype.itemsize  # type: ignore[index]

    def of(typing: Any, w: Any, index: Any) -> Any:
        del typing, index
        signature = record(w, types.intp)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            world, n = arguments
            address_type, kind = context.get_value_type(types.intp), context.get_value_type(signature.return_type)
            place = cgutils.pointer_add(builder, world, offset, return_type=address_type.as_pointer())
            at = builder.add(builder.load(place), builder.mul(n, address_type(size)))
            return builder.inttoptr(at, kind)

        return signature, generate

    of.__name__ = name
    found: Any = intrinsic(of)
    return found


_rules = _table("rules", layout.RULES)
heap = _table("heap", layout.ENTRY)
people = _table("people", layout.PERSON)
sites = _table("sites", layout.SITE)
lots = _table("lots", layout.LOT)
parts = _table("parts", layout.PART)
holds = _table("holds", layout.NUMBER)
log = _table("log", layout.EVENT)
visits = _table("visits", layout.EVENT)
ended = _table("ended", layout.ENDED)
lines = _table("lines", layout.LINE)
spans = _table("spans", layout.SPAN)
arms = _table("arms", layout.ARM)
weeks = _table("weeks", layout.WEEK)
hazards = _table("hazards", layout.HAZARD)
pieces = _table("pieces", layout.PIECE)
told = _table("told", layout.TOLD_ROW)
amendments = _table("amendments", layout.AMENDMENT)
concerns = _table("concerns", layout.PLACE)
changes = _table("changes", layout.CHANGE)
groups_opened = _table("groups_opened", layout.GROUP_OPENED)
start_up_steps = _table("start_up_steps", layout.START_UP_STEP)
steps_before = _table("steps_before", layout.PLACE)
step_days = _table("step_days", layout.NUMBER)
shared_known = _table("shared_known", layout.NUMBER)
shared_ends = _table("shared_ends", layout.NUMBER)
risks = _table("risks", layout.RISK)
risks_of_groups = _table("risks_of_groups", layout.PLACE)
interims = _table("interims", layout.INTERIM)
looks = _table("looks", layout.LOOK_DRAWN)
counters = _table("counters", layout.COUNTER)
counters_of_site = _table("counters_of_site", layout.PLACE)
cap_holds = _table("cap_holds", layout.PLACE)
cap_spans = _table("cap_spans", layout.CAP_SPAN)
totals = _table("totals", layout.NUMBER)
lot_draws = _table("lot_draws", layout.LOT_DRAWS)
factors = _table("factors", layout.FACTOR)
counts = _table("counts", layout.PLACE)
shares = _table("shares", layout.NUMBER)
summands = _table("summands", layout.NUMBER)
words = _table("words", layout.WORD)
lists = _table("lists", layout.LIST)
blocks_of_arms = _table("blocks_of_arms", layout.PLACE)
keys_of_block = _table("keys_of_block", layout.NUMBER)
codes = _table("codes", layout.PLACE)
draws_of_week = _table("draws_of_week", layout.DRAWS_OF_WEEK)
draws = _table("draws", layout.DRAWS)
block_of = _table("block_of", layout.PLACE)
blocks = _table("blocks", layout.BLOCK_DRAWN)
referrals = _table("referrals", layout.REFERRAL_DRAWN)
patients = _table("patients", layout.PATIENT)
values = _table("values", layout.NUMBER)
drawing_steps = _table("drawing_steps", layout.DRAWING_STEP)
own_parameters = _table("own_parameters", layout.NUMBER)
parameters = _table("parameters", layout.NUMBER)
outputs = _table("outputs", layout.OUTPUT)
edges = _table("edges", layout.EDGE)
chosen = _table("chosen", layout.PLACE)


def _at(kind: Any, stored: Any) -> tuple[Any, Any]:
    """Compiled functions that read and write a number at an address.

    Args:
        kind: type of the number.
        stored: its type in memory.
    """

    def get(typing: Any, address: Any) -> Any:
        del typing

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            del signature
            at = builder.inttoptr(arguments[0], context.get_value_type(stored).as_pointer())
            return context.cast(builder, builder.load(at), stored, kind)

        return kind(address), generate

    def put(typing: Any, address: Any, value: Any) -> Any:
        del typing, value

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            del signature
            builder.store(arguments[1], builder.inttoptr(arguments[0], context.get_value_type(kind).as_pointer()))
            return context.get_dummy_value()

        return types.void(address, kind), generate

    return intrinsic(get), intrinsic(put)


float_at, put_float = _at(types.float64, types.float64)
integer_at, put_integer = _at(types.int64, types.int64)
flag_at, _ = _at(types.int64, types.uint8)


@intrinsic
def call_loop(typing: Any, step: Any) -> Any:
    """Run a loop of numpy's, as a DRAWING_STEP says; on a copy of its arguments, because some loops move them on."""
    del typing

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del signature
        integer = context.get_value_type(types.intp)
        pointer = integer.as_pointer()

        def field(name: str) -> Any:
            offset = layout.DRAWING_STEP.fields[name][1]  # type: ignore[index]
            return cgutils.pointer_add(builder, arguments[0], offset, return_type=pointer)

        kind = ir.FunctionType(ir.VoidType(), [pointer] * 4).as_pointer()
        function = builder.inttoptr(builder.load(field("function")), kind)
        data = builder.inttoptr(builder.load(field("data")), pointer)
        arguments_of_loop = cgutils.alloca_once(builder, integer, layout.N_ARGUMENTS)
        for k in range(layout.N_ARGUMENTS):
            at = ir.Constant(ir.IntType(32), k)
            builder.store(builder.load(builder.gep(field("arguments"), [at])), builder.gep(arguments_of_loop, [at]))
        builder.call(function, [arguments_of_loop, field("n"), field("strides"), data])
        return context.get_dummy_value()

    return types.void(step), generate


@intrinsic
def upper_half(typing: Any, a: Any, b: Any) -> Any:
    """The upper 64 bits of the product of two words."""
    del typing, a, b

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        one, other = (builder.zext(each, ir.IntType(128)) for each in arguments)
        shifted = builder.lshr(builder.mul(one, other), ir.Constant(ir.IntType(128), 64))
        return builder.trunc(shifted, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def rules_of(w: Any) -> Any:
    """The scenario's values in a replication."""
    return _rules(w, 0)
