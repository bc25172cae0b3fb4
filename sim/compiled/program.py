"""What is drawn for referrals as a table of steps, for the compiled engine; see `sim.compiled.tracing`.

A step is an operation of numpy or scipy on columns; the kernel calls the same inner loop at its address, so that every
value has the same bits as in `sim.core.referred`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import DRAWING_STEP, LOOP, N_ARGUMENTS, OUTPUT, SEARCH, UNIFORM_NUMBERS
from sim.compiled.tracing import (
    CONSTANT_VALUE,
    FLAG,
    FLOAT,
    INTEGER,
    PARAMETER,
    Node,
    Trace,
    UntraceableError,
    in_order,
)
from sim.compiled.values.strata import n_levels_of
from sim.core.design import Design
from sim.core.referred import column_values, gaps, judged
from sim.core.rows import Replications
from sim.core.streams import BLOCK, word

Array = npt.NDArray[Any]

_WORD = 8  # bytes of a number
_REGISTER = _WORD * BLOCK
_MOST_KEPT = 64  # programs, of less than 0.1 MB each
# What decides who is referred and what is drawn for them; the columns say what else there is to draw.
_DECIDING: Any = {
    "patients": True,
    "screening": {"criteria", "consent", "failure", "days", "patience_days", "rescreen"},
    "treatment": {"first_dose_delay_days", "bay_hours"},
    "amendments": True,
    "randomisation": True,
    "caps": True,
}
_CASTS = {(FLAG, INTEGER): 0, (FLAG, FLOAT): 1, (INTEGER, FLOAT): 2}


class _Ufunc(ctypes.Structure):
    """How numpy's C interface lays out a ufunc (`PyUFuncObject`), which it promises to keep."""

    _fields_ = (
        ("head", ctypes.c_char * object.__basicsize__),
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("name", ctypes.c_char_p),
    )


def loop_of(ufunc: np.ufunc, number: int) -> tuple[int, int]:
    """Addresses of a ufunc's inner loop, and of the data that it is given.

    Args:
        ufunc: the ufunc.
        number: which loop, by its position in `ufunc.types`.

    Raises:
        UntraceableError: the ufunc is not laid out as expected.
    """
    found = _Ufunc.from_address(id(ufunc))
    expected = (ufunc.nin, ufunc.nout, ufunc.nargs, len(ufunc.types))
    if (found.nin, found.nout, found.nargs, found.ntypes) != expected or found.name != ufunc.__name__.encode():
        raise UntraceableError(ufunc)
    function = found.functions[number]
    if not function:
        raise UntraceableError(ufunc)
    return function, found.data[number] or 0


class Program:
    """The steps by which the referrals of a scenario are drawn and judged.

    There are four parts: what is the same for all referrals of a replication; gaps between arrivals; what the chart
    says of each; and values of those who become persons.

    Args:
        design: the scenario, made ready.

    Attributes:
        steps: DRAWING_STEP; their arguments are offsets until `at` makes them addresses.
        ends: end of each part among the steps.
        n_outputs: number of results: gap, criteria failed on the chart, fate; then weight, days since decompensation,
            criteria failed when tested, consent, levels of all strata, and the value of each column.

    Raises:
        UntraceableError: numpy must draw the referrals.
    """

    def __init__(self, design: Design) -> None:
        trace = Trace()
        found = judged(design, trace)
        patients = found.patients
        stratum: Any = 0
        for n_levels, levels in zip(n_levels_of(design), patients.strata.values(), strict=True):
            stratum = stratum * n_levels + levels
        gap = [trace.of(gaps(trace))]
        chart = [trace.cast(trace.of(each), INTEGER) for each in (patients.chart_failed, found.fate)]
        person = [
            trace.cast(trace.of(each), FLOAT) for each in (patients.weight_kg, patients.days_since_decompensation)
        ]
        person += [trace.cast(trace.of(each), INTEGER) for each in (patients.tests_failed, found.consents)]
        person.append(trace.cast(trace.of(stratum), INTEGER))
        person += [
            trace.of(column_values(column, trace, trace.uniform(column.purpose))) for column in design.columns.values()
        ]
        self._constants: dict[bytes, int] = {}
        self._parameters: list[Node] = []
        self._places: dict[int, tuple[int, int, int]] = {}  # by node: table, offset, stride
        self._n_registers = 0
        self._cuts: list[Array] = []
        same = [node for node in in_order([*gap, *chart, *person]) if node.is_same]
        parts = [
            self._part(same, keep=True),
            *(self._part(in_order(part), part) for part in (gap, chart, person)),
        ]
        self.steps = np.concatenate(parts)
        self.ends = np.cumsum([len(part) for part in parts]).tolist()
        self._outputs = np.array([self._place(node)[:3] for node in (*gap, *chart, *person)])
        self.n_outputs = len(self._outputs)

    def _place(self, node: Node) -> tuple[int, int, int]:
        """Where a result is: in registers (0) or among constants (1), at which offset, and its stride."""
        if node.op == CONSTANT_VALUE:
            value = node.detail.tobytes().ljust(_WORD, b"\0")
            return 1, _WORD * self._constants.setdefault(value, len(self._constants)), 0
        if node.op == PARAMETER:
            if node not in self._parameters:
                self._parameters.append(node)
            return 2, _WORD * self._parameters.index(node), 0
        return self._places[id(node)]

    def _part(self, nodes: Sequence[Node], outputs: Sequence[Node] = (), keep: bool = False) -> Array:
        """Steps of nodes in order; registers are used again once their values have been used."""
        done = [node for node in nodes if node.op >= 0 and (keep or not node.is_same)]
        last = {id(each): i for i, node in enumerate(done) for each in node.inputs}
        kept = {id(node) for node in outputs}
        free: list[int] = []
        steps: list[tuple[Any, ...]] = []
        for i, node in enumerate(done):
            if not free:
                free.append(self._n_registers)
                self._n_registers += 1
            register = free.pop()
            self._places[id(node)] = 0, register * _REGISTER, 0 if node.is_same else node.dtype.itemsize
            steps.append(self._step(node))
            for each in dict.fromkeys(node.inputs):
                is_over = last[id(each)] == i and id(each) not in kept and not keep and not each.is_same
                if each.op >= 0 and is_over:
                    free.append(self._places[id(each)][1] // _REGISTER)
        return np.array(steps, DRAWING_STEP)

    def _step(self, node: Node) -> tuple[Any, ...]:
        """A node as the fields of DRAWING_STEP."""
        function, data, key = 0, 0, 0
        if node.op == UNIFORM_NUMBERS:
            key = word(node.detail)
        elif node.op == LOOP:
            function, data = loop_of(*node.detail)
        elif node.op == SEARCH:
            self._cuts.append(node.detail)
            function, data = node.detail.ctypes.data, len(node.detail)
        else:
            function = _CASTS.get((node.inputs[0].dtype, node.dtype), 0)
        places = [self._place(each) for each in node.inputs]
        unused = [(0, 0, 0)] * (N_ARGUMENTS - 1 - len(places))
        own = self._place(node)
        at = [*places, own, *unused] if node.op == LOOP else [*places, *unused, own]
        tables, offsets, strides = zip(*at, strict=True)
        return node.op, 0, function, data, key, offsets, strides, tables

    def tables(self, replications: Replications) -> dict[str, Array]:
        """What the kernel needs, with addresses; the parameters have a row for each replication.

        Args:
            replications: values of the scenario in each replication of a batch.

        Returns:
            Arrays by name, which must live as long as the kernel runs.
        """
        registers = np.empty(self._n_registers * BLOCK)
        constants = np.frombuffer(b"".join(self._constants) or bytes(_WORD)).copy()
        parameters = np.empty((replications.n, len(self._parameters)))
        for i, node in enumerate(self._parameters):
            of = replications.probabilities if node.detail.is_probability else replications.numbers
            parameters[:, i] = of(node.detail.path, node.detail.value)
        own = np.empty(max(len(self._parameters), 1))  # of the replication that is run
        bases = np.array([registers.ctypes.data, constants.ctypes.data, own.ctypes.data])
        steps = self.steps.copy()
        steps["arguments"] += bases[steps["tables"]]
        outputs = self._outputs.copy()
        outputs[:, 1] += bases[outputs[:, 0]]
        return {
            "drawing_steps": steps,
            "registers": registers,
            "constants": constants,
            "own_parameters": own,
            "parameters": parameters,
            "outputs": np.ascontiguousarray(outputs[:, 1:]).view(OUTPUT)[:, 0],
        }


def decides_program(design: Design) -> tuple[object, ...]:
    """What a scenario's `Program` depends on: scenarios that differ in the rest, as by their sites, share one.

    Args:
        design: the scenario, made ready.

    Returns:
        A key for a cache.
    """
    return design.scenario.model_dump_json(include=_DECIDING), tuple(design.columns)


_made: dict[tuple[object, ...], Program | None] = {}


@lru_cache(maxsize=16)
def program_of(design: Design) -> Program | None:
    """The steps by which the referrals of a scenario are drawn; None if numpy must draw them.

    Args:
        design: the scenario, made ready.
    """
    key = decides_program(design)
    if key not in _made:
        if len(_made) >= _MOST_KEPT:
            _made.clear()
        try:
            _made[key] = Program(design)
        except UntraceableError:
            _made[key] = None
    return _made[key]
