"""Formulas on arrays as steps that the compiled engine can take: who is referred, and what is drawn for them.

A formula such as `Population.block` is called once, with stand-ins for arrays. They note each operation of numpy
instead of doing it. The engine later takes those steps for a block of referrals at a time, each by the very loop that
numpy or scipy would run, so that results are the same to the last bit, whatever the processor. What decides is thus
written once. A formula with an operation that is not known here cannot be traced, and is computed by numpy.

Attributes:
    FLOAT: type of values.
    INTEGER: type of whole numbers and bits.
    FLAG: type of conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import CAST, CHOOSE, LOOP, SEARCH, UNIFORM_NUMBERS
from sim.core.quantiles import quantile
from sim.scenario.distributions import Family

CONSTANT_VALUE, PARAMETER = -1, -2  # nodes that no step computes

FLOAT, INTEGER, FLAG = np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_)
_WIDENED = {(FLAG, INTEGER), (FLAG, FLOAT), (INTEGER, FLOAT)}


class UntraceableError(Exception):
    """A formula has an operation that is not known here."""


class Parameter(NamedTuple):
    """A value of the scenario that may differ from replication to replication.

    Attributes:
        is_probability: whether the mean stands for it if it varies within a replication.
        path: dotted path in the scenario.
        value: the distribution there.
    """

    is_probability: bool
    path: str
    value: Family


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One operation, and what it is done to.

    Attributes:
        op: what is done; see `sim.compiled.layout`.
        inputs: what it is done to.
        dtype: of the result.
        detail: of UNIFORM_NUMBERS the purpose; of LOOP the ufunc and the number of its loop; of SEARCH the cuts; of a
            constant its value; of a parameter the parameter.
        is_same: whether the result is the same for all referrals of a replication.
    """

    op: int
    inputs: tuple[Node, ...]
    dtype: np.dtype[Any]
    detail: Any
    is_same: bool


class Trace:
    """Notes operations. It stands for the rows that are drawn; see `sim.core.population.Drawing`."""

    n = 1

    def __init__(self) -> None:
        self._nodes: dict[tuple[Any, ...], Node] = {}

    def node(
        self, op: int, inputs: tuple[Node, ...], dtype: np.dtype[Any], detail: Any, key: object, is_same: bool
    ) -> Node:
        """Note an operation, once."""
        place = (op, *map(id, inputs), dtype, key)
        if place not in self._nodes:
            self._nodes[place] = Node(op, inputs, dtype, detail, is_same)
        return self._nodes[place]

    def uniform(self, purpose: str) -> Any:
        """Uniform numbers for a purpose.

        Args:
            purpose: what the numbers are for.

        Returns:
            A stand-in for a column of numbers in [0, 1).
        """
        return StandIn(self, self.node(UNIFORM_NUMBERS, (), FLOAT, purpose, purpose, is_same=False))

    def numbers(self, path: str, value: object) -> Any:
        """The value at a path; None if it varies within a replication.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.
        """
        if not isinstance(value, Family):
            return float(value)  # type: ignore[arg-type]
        return self._parameter(False, path, value) if value.is_uncertain else None

    def probabilities(self, path: str, value: object) -> Any:
        """The probability at a path, or its mean if it varies.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.
        """
        return self._parameter(True, path, value) if isinstance(value, Family) else float(value)  # type: ignore[arg-type]

    def transformed(self, path: str, value: Family, u: Any) -> Any:
        """Values of the distribution at a path.

        Args:
            path: dotted path in the scenario.
            value: the distribution written there.
            u: a stand-in for uniform numbers.

        Returns:
            A stand-in for the values.

        Raises:
            UntraceableError: its parameters differ from replication to replication.
        """
        if value.uncertain_parameters():
            raise UntraceableError(path)
        return quantile(value)(u)

    def _parameter(self, is_probability: bool, path: str, value: Family) -> Any:
        detail = Parameter(is_probability, path, value)
        return StandIn(self, self.node(PARAMETER, (), FLOAT, detail, (is_probability, path), is_same=True))

    def constant(self, value: object, dtype: np.dtype[Any] | None = None) -> Node:
        """A node of a constant.

        Raises:
            UntraceableError: it is an array of different values, or of a kind that is not known here.
        """
        array = np.asarray(value)
        if array.size == 0 or (array.size > 1 and not np.all(array == array.flat[0])):
            raise UntraceableError(value)
        one = array.reshape(-1)[:1].astype(dtype or _kind_of(array.dtype))
        return self.node(CONSTANT_VALUE, (), one.dtype, one, one.tobytes(), is_same=True)

    def of(self, value: object) -> Node:
        """The node of a stand-in or a constant."""
        return value.node if isinstance(value, StandIn) else self.constant(value)

    def cast(self, node: Node, dtype: np.dtype[Any]) -> Node:
        """The same values in a wider type.

        Raises:
            UntraceableError: the type is not wider.
        """
        if node.dtype == dtype:
            return node
        if node.op == CONSTANT_VALUE:
            return self.constant(node.detail, dtype)
        if (node.dtype, dtype) not in _WIDENED:
            raise UntraceableError(dtype)
        return self.node(CAST, (node,), dtype, None, None, node.is_same)

    def called(self, ufunc: np.ufunc, values: Sequence[object]) -> Any:
        """Note a call of a ufunc.

        Args:
            ufunc: the function of numpy or scipy.
            values: its arguments: stand-ins, arrays or numbers.

        Returns:
            A stand-in for the result, or a constant.

        Raises:
            UntraceableError: it has several results, or types that are not known here.
        """
        types, result, number = _loop_for(ufunc, tuple(_type_of(value) for value in values))
        inputs = tuple(self.cast(self.of(value), dtype) for value, dtype in zip(values, types, strict=True))
        if all(node.op == CONSTANT_VALUE for node in inputs):
            return StandIn(self, self.constant(ufunc(*(node.detail for node in inputs))))
        is_same = all(node.is_same for node in inputs)
        return StandIn(self, self.node(LOOP, inputs, result, (ufunc, number), (ufunc, number), is_same))

    def where(self, condition: object, one: object, other: object) -> Any:
        """Note a choice between two values.

        Raises:
            UntraceableError: the condition is not a flag, or the values are not of the size of a float.
        """
        nodes = [self.of(value) for value in (one, other)]
        dtype = np.result_type(*(node.dtype for node in nodes))
        inputs = (self.of(condition), *(self.cast(node, dtype) for node in nodes))
        if inputs[0].dtype != FLAG or dtype.itemsize != FLOAT.itemsize:
            raise UntraceableError("where")
        return StandIn(self, self.node(CHOOSE, inputs, dtype, None, None, is_same=False))

    def searchsorted(self, cuts: Any, values: object, side: str = "left") -> Any:
        """Note a search for the place of values among cuts."""
        node = self.cast(self.of(values), FLOAT)
        if side != "right" or isinstance(cuts, StandIn):
            raise UntraceableError(side)
        cuts = np.ascontiguousarray(cuts, dtype=np.float64)
        return StandIn(self, self.node(SEARCH, (node,), INTEGER, cuts, cuts.tobytes(), is_same=False))


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array of a value for each referral, and notes what is done to it.

    Args:
        trace: notes operations.
        node: where the values come from.
    """

    def __init__(self, trace: Trace, node: Node) -> None:
        self.trace = trace
        self.node = node

    @property
    def shape(self) -> tuple[int, int]:
        """As of one row with one referral."""
        return (1, 1)

    def astype(self, dtype: npt.DTypeLike) -> StandIn:
        """The values in another type; small integers are kept as large ones."""
        return StandIn(self.trace, self.trace.cast(self.node, _kind_of(np.dtype(dtype))))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *values: object, out: Any = None, **more: object) -> Any:
        if method != "__call__" or more or (out is not None and out[0] is not values[0]):
            raise UntraceableError(ufunc)
        return self.trace.called(ufunc, values)

    def __array_function__(self, function: Any, types: object, values: tuple[Any, ...], more: dict[str, Any]) -> Any:
        del types
        known: dict[Any, Callable[..., Any]] = {
            np.where: self.trace.where,
            np.searchsorted: self.trace.searchsorted,
            np.clip: partial(_clipped, self.trace),
            np.full_like: lambda _like, value: np.array(value, dtype=np.float64),
        }
        if function not in known:
            raise UntraceableError(function)
        return known[function](*values, **more)

    def __array__(self, *more: object, **named: object) -> Any:
        raise UntraceableError("an array is asked for")

    def __bool__(self) -> bool:
        raise UntraceableError("the formula depends on values")

    __float__ = __int__ = __index__ = __len__ = __iter__ = __bool__


def _clipped(trace: Trace, values: object, low: object, high: object) -> Any:
    bounds = [bound for bound in (low, high) if bound is not None]
    if len(bounds) == 2:
        return trace.called(np._core.umath.clip, (values, *bounds))  # type: ignore[attr-defined]
    return trace.called(np.minimum if low is None else np.maximum, (values, *bounds))


def _kind_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    kinds = {"f": FLOAT, "i": INTEGER, "b": FLAG}
    if dtype.kind not in kinds:
        raise UntraceableError(dtype)
    return kinds[dtype.kind]


def _type_of(value: object) -> Any:
    """What numpy's rules of promotion look at: a type of Python's is weak."""
    if isinstance(value, StandIn):
        return value.node.dtype
    if isinstance(value, bool):
        return FLAG
    return (
        type(value)
        if isinstance(value, int | float) and not isinstance(value, np.generic)
        else _kind_of(np.asarray(value).dtype)
    )


@lru_cache(maxsize=1024)
def _loop_for(ufunc: np.ufunc, given: tuple[Any, ...]) -> tuple[list[np.dtype[Any]], np.dtype[Any], int]:
    """The types that a ufunc works in, that of its result, and the number of its loop, for values of given types."""
    if ufunc.nout != 1:
        raise UntraceableError(ufunc)
    *types, result = ufunc.resolve_dtypes((*given, None))
    loop = "".join(dtype.char for dtype in types) + "->" + result.char
    if loop not in ufunc.types or result not in (FLOAT, INTEGER, FLAG):
        raise UntraceableError(loop)
    return types, result, ufunc.types.index(loop)


def in_order(outputs: Sequence[Node]) -> list[Node]:
    """Nodes that outputs need, each after what it needs.

    Args:
        outputs: nodes whose values are wanted.
    """
    found: dict[int, Node] = {}

    def visit(node: Node) -> None:
        for each in node.inputs:
            if id(each) not in found:
                visit(each)
        found[id(node)] = node

    for output in outputs:
        if id(output) not in found:
            visit(output)
    return list(found.values())
