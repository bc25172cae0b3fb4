"""From what has happened in a trial to when it will be complete, and how far such forecasts may be trusted.

In a notebook, `sim.forecast(scenario, observed, ...)` is `sim.api.forecast.forecast`: the name is also that of this
package, so the package can be called.
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
