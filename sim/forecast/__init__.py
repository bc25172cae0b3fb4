"""Forecasts of a running trial: when it will be complete, and how far such forecasts can be trusted.

`sim.forecast` is both this package and the function `sim.api.forecast.forecast`: a notebook can call
`sim.forecast(scenario, observed, ...)`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """See `sim.api.forecast.forecast`."""
        return import_module("sim.api.forecast").forecast(*args, **kwargs)


sys.modules[__name__].__class__ = _CallablePackage
