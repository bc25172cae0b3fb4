"""Start-up of sites in the log: when each step ends. The days themselves are drawn in advance.

Sites that an amendment opens begin their steps on that day. A step that they share with other sites is done once: it
may be over by then. Discrete risks delay them like other sites.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sim.core import events
from sim.core.design import GroupDesign
from sim.core.world import World

Late = Callable[[str, str | None, float], None]  # (group, step or None for activation, day on which it is done)


class StartUpSteps:
    """Records the end of each step of start-up; a shared step is recorded once.

    Args:
        world: the replication's surroundings.
        on_planned: hears of what sites that an amendment opens will have done, so that risks to it are told.

    Attributes:
        steps: (day, site or -1 for a shared step, number of the place that shares it, step, days it took) of each step;
            empty if the trial never starts.
        shared: day on which each shared step ends, by number of the place that shares it and code of the step.
    """

    def __init__(self, world: World, on_planned: Late = lambda _group, _step, _day: None) -> None:
        self._world = world
        self._on_planned = on_planned
        self.shared: dict[tuple[int, int], float] = {}
        self.steps = [] if world.starts is None else list(self._found(world))

    def _found(self, world: World) -> Iterator[tuple[float, int, int, int, float]]:
        """(day, site, number of the place that shares it, step, days it took) of each step."""
        for group in world.design.groups:
            start_up = world.batch.start_up(group)
            if start_up is None:
                continue
            for step in group.network:
                ends, days = (by_code[step.code][:, world.row].tolist() for by_code in (start_up.ends, start_up.days))
                for row, (end, length) in enumerate(zip(ends, days, strict=True)):
                    key = step.place_number, step.code
                    if math.isnan(end):  # known to be over before the data end, if nothing else is known
                        if step.place is not None:
                            self.shared.setdefault(key, -math.inf)
                        continue
                    if step.place is None:
                        yield end, group.first_site + row, *key, length
                    elif self.shared.get(key, -math.inf) == -math.inf:
                        self.shared[key] = end
                        yield end, -1, *key, length

    def open(self, group: GroupDesign, rows: Sequence[int], since: float) -> list[float]:
        """Begin the start-up of sites that an amendment opens, and schedule the events of its steps.

        Args:
            group: their group.
            rows: their numbers in the group, from 0.
            since: day on which start-up begins.

        Returns:
            Day of activation of each.
        """
        world = self._world
        if not group.network:
            days = world.batch.days_to_open(group)[:, world.row]
            opens = [since + days.item(row) for row in rows]
        else:
            lengths = {code: days[:, world.row].tolist() for code, days in world.batch.steps_to_open(group).items()}
            late = np.broadcast_to(world.batch.risks.activation_days(group.name), world.batch.n).item(world.row)
            each = [{code: days[row] for code, days in lengths.items()} for row in rows]
            opens = [self._open_site(group, row, since, one) + late for row, one in zip(rows, each, strict=True)]
        for day in opens:
            self._on_planned(group.name, None, day)
        return opens

    def _open_site(self, group: GroupDesign, row: int, since: float, days: dict[int, float]) -> float:
        """Schedule the steps of one site, without those that it shares and that are over or under way already."""
        ends: dict[int, float] = {}
        for step in group.network:
            key = step.place_number, step.code
            if step.place is not None and key in self.shared:
                ends[step.code] = self.shared[key]
                continue
            ends[step.code] = end = max([since, *(ends[other] for other in step.after)]) + days[step.code]
            site = group.first_site + row
            if step.place is not None:
                self.shared[key], site = end, -1
            self._world.env.call_at(end, _Told(self._world, site, *key, days[step.code]))
            self._on_planned(group.name, step.name, end)
        return max(since, *ends.values())

    @property
    def first_day(self) -> float:
        """Day on which the first step ends; infinity without steps."""
        return min((step[0] for step in self.steps), default=math.inf)

    def begin(self) -> None:
        """Schedule the events of all steps, before sites start, so that a site's last step precedes its activation."""
        for day, *step in self.steps:
            self._world.env.call_at(day, _Told(self._world, *step))


class _Told:
    """The call that records the end of a step.

    Args:
        world: the replication's surroundings.
        rest: site (-1 for a shared step), number of the place, code of the step, and the days that it took.
    """

    __slots__ = ("_rest", "_world")

    def __init__(self, world: World, *rest: float) -> None:
        self._world, self._rest = world, rest

    def __call__(self) -> None:
        site, number, code, days = self._rest
        self._world.record(events.STEP_DONE, int(site), number=number, code=int(code), amount=days)
