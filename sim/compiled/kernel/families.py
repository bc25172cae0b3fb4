"""Values that are drawn while the trial runs, from a distribution that needs no special function."""

from __future__ import annotations

from sim.compiled.jit import compiled
from sim.compiled.layout import CONSTANT, UNIFORM
from sim.core.decisions import SMALLEST
from sim.core.decisions import settled as _settled
from sim.core.decisions import triangular as _triangular
from sim.core.decisions import uniform as _uniform

settled, triangular, uniform = compiled(_settled), compiled(_triangular), compiled(_uniform)


@compiled
def drawn(family: int, constant: float, low: float, mode: float, high: float, u: float) -> float:
    """The value of a distribution for a uniform number in [0, 1).

    Args:
        family: CONSTANT, UNIFORM or TRIANGULAR.
        constant: the value, if it is one for all.
        low: the least value.
        mode: the most likely value.
        high: the greatest value.
        u: the uniform number.
    """
    if family == CONSTANT:
        return constant
    u = max(u, SMALLEST)
    if family == UNIFORM:
        return settled(uniform(u, low, high))
    return settled(triangular(u, low, mode, high))
