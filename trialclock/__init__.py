"""The package `sim` under the name of its distribution.

    import trialclock
    trialclock.run is sim.run     # True

The public names are those of `sim`, and the same objects; modules below them are imported from `sim`. As in `sim`,
a name is imported when it is first used, so that `import trialclock` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sim

if TYPE_CHECKING:
    from sim import *  # noqa: F403

__all__ = sim.__all__

if not TYPE_CHECKING:  # so that a type checker reports a name that `sim` does not have

    def __getattr__(name: str) -> Any:
        if name in __all__:
            return getattr(sim, name)
        raise AttributeError(f"module 'trialclock' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
