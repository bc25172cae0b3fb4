"""Start-up of sites in the log: when each step ends. The days themselves are drawn in advance."""

from __future__ import annotations

import math

from sim.core import events
from sim.core.world import World


class StartUpSteps:
    """Records the end of each step of start-up; a shared step is recorded once.

    Args:
        world: the replication's surroundings.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._steps = [] if world.starts is None else list(self._found(world))

    @staticmethod
    def _found(world: World) -> list[tuple[float, int, int, int, float]]:
        """(day, site, number of the place that shares it, step, days it took) of each step."""
        found, told = [], set()
        for group in world.design.groups:
            start_up = world.batch.start_up(group)
            if start_up is None:
                continue
            for step in group.network:
                ends, days = (by_code[step.code][:, world.row].tolist() for by_code in (start_up.ends, start_up.days))
                for row, (end, length) in enumerate(zip(ends, days, strict=True)):
                    if math.isnan(end) or (step.place_number, step.code) in told:
                        continue
                    site = group.first_site + row
                    if step.place is not None:
                        told.add((step.place_number, step.code))
                        site = -1
                    found.append((end, site, step.place_number, step.code, length))
        return found

    @property
    def first_day(self) -> float:
        """Day on which the first step ends; infinity without steps."""
        return min((step[0] for step in self._steps), default=math.inf)

    def begin(self) -> None:
        """Schedule the events of all steps, before sites start, so that a site's last step precedes its activation."""
        for day, *step in self._steps:
            self._world.env.call_at(day, _Told(self._world, *step))


class _Told:
    """The call that records the end of a step."""

    __slots__ = ("_rest", "_world")

    def __init__(self, world: World, *rest: float) -> None:
        self._world, self._rest = world, rest

    def __call__(self) -> None:
        site, number, code, days = self._rest
        self._world.record(events.STEP_DONE, int(site), number=number, code=int(code), amount=days)
