"""Discrete risks in the log: when each strikes, and how many days it costs. Their effects are drawn in advance.

Delays of start-up and gaps in recruitment are a part of the days and rates that the batch draws; these events tell a
reader of the log why.
"""

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

    Attributes:
        told: (day, kind of event, risk, days it costs) of each event; empty if the trial never starts.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._struck: set[int] = set()  # codes of risks that the log has; each strikes once
        self.told = [] if world.starts is None else list(self._found())

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
        return min((told[0] for told in self.told), default=math.inf)

    def begin(self) -> None:
        """Schedule the events of all risks that strike."""
        for told in self.told:
            self._tell(*told)

    def delays(self, group: str, step: str | None, day: float) -> None:
        """Schedule the events of risks that delay sites which an amendment opens, unless they strike others before.

        Args:
            group: group of the sites.
            step: name of a step of their start-up; None for activation as a whole.
            day: when it will be done, with the delay.
        """
        risks, row = self._world.batch.risks, self._world.row
        for i, risk in enumerate(self._world.design.risks):
            rule = risk.rule
            if risks.struck[i, row] and group in risk.groups and (rule.delays, rule.step) == ("activation", step):
                days = risks.days[i, row].item()
                self._tell(day - days, events.RISK_STRUCK, risk.code, days)

    def _tell(self, day: float, kind: int, code: int, days: float) -> None:
        """Schedule the event of a risk that strikes or is over."""

        def record() -> None:
            if kind == events.RISK_STRUCK:
                if code in self._struck:
                    return
                self._struck.add(code)
            self._world.record(kind, code=code, amount=days)

        self._world.env.call_at(day, record)
