"""Formulas as steps: what is traced, what is refused, and that the loops of numpy and scipy are their own."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from scipy import special

from sim.compiled import program as programs
from sim.compiled.program import Program, decides_program, loop_of, program_of
from sim.compiled.tracing import CONSTANT_VALUE, Trace, UntraceableError, in_order
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.quantiles import quantile, settle
from sim.experiment.explanation.causes import causes_of_delay
from sim.experiment.explanation.doubts import doubts_of
from sim.scenario.distributions import Family
from sim.scenario.load import load_scenario

_N = 1_000_000
_Words = ctypes.c_ssize_t * 4
_Loop = ctypes.CFUNCTYPE(None, _Words, _Words, _Words, ctypes.c_void_p)


def by_loop(ufunc: np.ufunc, number: int, *values: np.ndarray) -> np.ndarray:
    """Results of a loop that is called at its address, for 128 values at a time."""
    function, data = loop_of(ufunc, number)
    found = np.empty(len(values[0]))
    for start in range(0, len(found), 128):
        addresses = [array.ctypes.data + start * array.itemsize for array in (*values, found)]
        n = _Words(min(128, len(found) - start))
        _Loop(function)(_Words(*addresses), n, _Words(*([found.itemsize] * len(addresses))), data)
    return found


@pytest.mark.parametrize("ufunc", [np.exp, np.log, np.sqrt, special.ndtri, special.ndtr, special.log1p, special.expm1])
def test_a_loop_gives_what_its_function_gives_to_the_last_bit(ufunc: np.ufunc) -> None:
    u = np.random.default_rng(3).random(_N)
    assert by_loop(ufunc, ufunc.types.index("d->d"), u).tobytes() == ufunc(u).tobytes()


@pytest.mark.parametrize("ufunc", [special.gammaincinv, special.xlogy, np.multiply])
def test_so_does_one_of_two_values(ufunc: np.ufunc) -> None:
    random = np.random.default_rng(4)
    a, u = 0.5 + 3 * random.random(_N // 50), random.random(_N // 50)
    assert by_loop(ufunc, ufunc.types.index("dd->d"), a, u).tobytes() == ufunc(a, u).tobytes()


def test_what_is_known_beforehand_is_no_step() -> None:
    trace = Trace()
    found = settle(np.maximum(trace.uniform("a"), 2.0**-54) * np.sqrt(trace.constant(4.0).detail.item()))
    nodes = list(in_order([trace.of(found)]))
    assert sum(node.op != CONSTANT_VALUE for node in nodes) == 6  # numbers, maximum, product, and three to settle
    assert trace.of(trace.called(np.add, (1, 2.0))).detail.item() == 3.0


@pytest.mark.parametrize(
    "formula",
    [
        lambda u: np.array([1.0, 2.0])[u > 0.5],
        lambda u: np.sort(u),
        lambda u: 1.0 if u > 0.5 else 0.0,
        lambda u: u * np.array([1.0, 2.0]),
        lambda u: np.add.reduce(u),
        lambda u: np.divmod(u, 1.0),
    ],
)
def test_an_operation_that_is_not_known_is_refused(formula: Any) -> None:
    with pytest.raises((UntraceableError, TypeError, IndexError)):
        Trace().of(formula(Trace().uniform("a")))


def test_what_cannot_be_traced_is_drawn_by_numpy() -> None:
    assert program_of(Design(load_scenario("base"))) is not None
    changes = ["patients.attributes.age_years={dist: empirical, values: [30, 50]}"]
    assert program_of(Design(load_scenario("base", changes))) is None


def test_a_parameter_that_differs_between_replications_cannot_be_traced() -> None:
    scenario = load_scenario(
        "base", ["patients.attributes.age_years={dist: normal, mean: {uncertain: uniform, low: 40, high: 50}, sd: 10}"]
    )
    value = scenario.patients.attributes["age_years"]
    assert isinstance(value, Family)
    with pytest.raises(UntraceableError):
        Trace().transformed("patients.attributes.age_years", value, Trace().uniform("a"))
    assert callable(quantile(value, {"mean": 45.0}))


def test_scenarios_share_steps_only_where_their_own_would_be_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_made", {})  # other tests may have filled it nearly
    program_of.cache_clear()
    base = load_scenario("base")
    variants = [base, *(cause.scenario for cause in causes_of_delay(base))]
    variants += [side for doubt in doubts_of(base) for side in doubt.scenarios if side is not None]
    shared: dict[object, Design] = {}
    for design in map(Design, variants):
        other = shared.setdefault(decides_program(design), design)
        assert program_of(design) is program_of(other)
        assert written(design) == written(other)
    assert len(shared) < len(variants)


def written(design: Design) -> list[bytes]:
    """The steps of a scenario's own program and their constants, without addresses, which differ."""
    program = Program(design)
    constants = program.tables(Batch(design, 1, 0, 1).replications)["constants"]
    return [constants.tobytes(), *(program.steps[name].tobytes() for name in ("op", "key", "arguments", "strides"))]
