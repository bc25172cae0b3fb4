"""Discrete risks in the log: when each strikes, and how many days it costs. Their effects are drawn in advance."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.core import events
from sim.core.risks import RiskDesign
from sim.core.world import World


class StrikingRisks:
    """Records the risks that strike. A risk to start-up strikes when what it delays would have ended without it.

    Args:
        world: the replication's surroundings.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._told = [] if world.starts is None else list(self._found())

    def _found(self) -> Iterator[tuple[float, int, int, float]]:
        """(day, kind of event, risk, days it costs) of each risk that strikes."""
        risks, row = self._world.batch.risks, self._world.row
        for i, risk in enumerate(self._world.design.risks):
            if not risks.struck[i, row]:
                continue
            days = risks.days[i, row].item()
            if risk.rule.delays == "recruitment":
                start = risks.starts[i, row].item()
                yield start, events.RISK_STRUCK, risk.code, days
                yield start + days, events.RISK_OVER, risk.code, days
                continue
            first = self._first_delayed(risk)
            if math.isfinite(first):
                yield first - days, events.RISK_STRUCK, risk.code, days

    def _first_delayed(self, risk: RiskDesign) -> float:
        """When the first step or activation that it delays ends, with the delay; infinity if none is still to come."""
        world, first = self._world, math.inf
        for group in world.design.groups:
            if group.name not in risk.groups or not group.count:
                continue
            if risk.rule.step is None:
                days = world.batch.sites(group)[1][:, world.row]
                first = min([first, *days[days > world.known_until].tolist()])
                continue
            start_up = world.batch.start_up(group)
            codes = [step.code for step in group.network if step.name == risk.rule.step]
            if start_up is not None and codes:
                ends = start_up.ends[codes[0]][:, world.row]
                first = min([first, *ends[~np.isnan(ends)].tolist()])
        return first

    @property
    def first_day(self) -> float:
        """Day on which the first risk strikes; infinity if none does."""
        return min((told[0] for told in self._told), default=math.inf)

    def begin(self) -> None:
        """Schedule the events of all risks that strike."""
        for day, *rest in self._told:
            self._world.env.call_at(day, _Told(self._world, *rest))


class _Told:
    """The call that records a risk that strikes or is over."""

    __slots__ = ("_rest", "_world")

    def __init__(self, world: World, *rest: float) -> None:
        self._world, self._rest = world, rest

    def __call__(self) -> None:
        kind, code, days = self._rest
        self._world.record(int(kind), code=int(code), amount=days)
