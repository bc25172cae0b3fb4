"""Discrete risks in many replications: which of them strike, when, and how many days they cost.

All risks of a batch are drawn together, before anything happens in its trials. What a risk then does while a trial runs
is in `sim.processes.risks`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core.intensity import Steps
from sim.core.risks import RiskDesign
from sim.core.rows import Replications
from sim.core.start_up import StepDesign
from sim.core.streams import Streams
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Risks:
    """The risks of a batch of replications.

    In a trial under way, a risk to recruitment whose window began before the data end is taken not to have struck yet;
    its probability is that of striking in the rest of the window.

    Args:
        designs: the risks.
        streams: random numbers.
        replications: values of the scenario.
        now: end of the data of a trial under way, in days; minus infinity for a plan.

    Attributes:
        struck: (risks, replications) whether each strikes.
        days: (risks, replications) how many days it costs if it strikes.
        starts: (risks, replications) day on which a risk to recruitment strikes.
    """

    def __init__(self, designs: list[RiskDesign], streams: Streams, replications: Replications, now: float) -> None:
        self._designs = designs
        shape = len(designs), replications.n
        self.struck: Flags = np.zeros(shape, dtype=bool)
        self.days, self.starts = np.zeros(shape), np.zeros(shape)
        for i, risk in enumerate(designs):

            def drawn(purpose: str, name: str = risk.name) -> Array:
                return streams.trial(purpose, name, replications.first, replications.n)

            p = np.asarray(replications.probabilities(f"risks.{risk.name}.probability", risk.rule.probability))
            path, days = f"risks.{risk.name}.days", risk.rule.days
            constant = replications.numbers(path, days)
            if constant is None:
                assert isinstance(days, Family)
                constant = replications.transformed(path, days, drawn("risk.days")[:, None])[:, 0]
            self.days[i] = constant
            first, last = risk.window
            if risk.rule.delays == "recruitment":
                p, first = _still_to_come(p, first, last, now)
                self.starts[i] = first + drawn("risk.day") * max(last - first, 0.0)
            self.struck[i] = drawn("risk") < p

    def more_days(self, step: StepDesign, group: str) -> Array | float:
        """Days that risks add to a step of start-up.

        Args:
            step: the step.
            group: name of the site group.

        Returns:
            (replications,) days, or 0 if no risk delays the step.
        """
        return self._delays(group, step.name)

    def activation_days(self, group: str) -> Array | float:
        """Days by which risks delay the activation of a group's sites, apart from delays of single steps.

        Args:
            group: name of the site group.

        Returns:
            (replications,) days, or 0 if no risk delays the group.
        """
        return self._delays(group, None)

    def _delays(self, group: str, step: str | None) -> Array | float:
        total: Array | float = 0.0
        for i, risk in enumerate(self._designs):
            if risk.rule.delays == "activation" and risk.rule.step == step and group in risk.groups:
                total = total + np.where(self.struck[i], self.days[i], 0.0)
        return total

    def closing(self, calendar: Steps, group: str, row: int) -> Steps:
        """A group's calendar in one replication, with factor 0 while a risk keeps recruitment closed.

        Args:
            calendar: the calendar without risks.
            group: name of the site group.
            row: number of the replication in the batch, from 0.

        Returns:
            The calendar itself if no such risk strikes the group in this replication.
        """
        stretches = [
            (self.starts[i, row].item(), (self.starts[i, row] + self.days[i, row]).item())
            for i, risk in enumerate(self._designs)
            if risk.rule.delays == "recruitment" and group in risk.groups and self.struck[i, row]
        ]
        return without(calendar, stretches) if stretches else calendar


def _still_to_come(p: Array, first: float, last: float, now: float) -> tuple[Array, float]:
    """Probability that a risk that has not struck by now still does (Bayes' rule), and its first possible day."""
    if now <= first:
        return p, first
    if now >= last:
        return np.zeros_like(p), first
    left = p * (last - now) / (last - first)
    return left / (1.0 - p + left), now


def without(calendar: Steps, stretches: list[tuple[float, float]]) -> Steps:
    """A calendar whose factor is 0 in some intervals.

    Args:
        calendar: the calendar.
        stretches: (start, end) of each interval in days; they may overlap.

    Returns:
        A calendar with more edges and the same end. Starts belong to the intervals, ends do not.
    """
    end = float(calendar.edges[-1])
    bounds = np.array([day for stretch in stretches for day in stretch])
    edges = np.union1d(calendar.edges[:-1], bounds[(bounds > calendar.edges[0]) & (bounds < end)])
    values = calendar.values[np.searchsorted(calendar.edges[:-1], edges, side="right") - 1]
    for start, stop in stretches:
        values[(edges >= start) & (edges < stop)] = 0.0
    return Steps(edges, values, end)
