"""Numba's compiler, as this package uses it.

Functions that Python calls have a door, and their code is kept (`compiled_door`); all others are compiled into these
(`compiled`). Neither lets Numba rearrange arithmetic, so that results are those of Python to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function that only compiled functions call; it has no door for Python, which would take longer.

    Args:
        function: the function.
    """
    made: Function = numba.njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return made


def compiled_door(function: Function) -> Function:
    """Compile a function that Python calls, and keep what is compiled for the next process.

    Args:
        function: the function.
    """
    made: Function = numba.njit(error_model="numpy", no_cfunc_wrapper=True, cache=True)(function)
    return made
