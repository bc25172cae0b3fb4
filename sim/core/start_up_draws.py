"""When the steps of start-up end, in many replications; in a trial under way, what is still to come.

A draw has a place of its own, so a step that a country shares takes the same days at all its sites, in whichever group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.observed import ObservedState
from sim.core.rows import Replications
from sim.core.start_up import StepDesign
from sim.core.streams import Streams
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]

LATER_DRAWS = 16  # further draws of a site's start-up; the first that ends after the data is used
_NUMBERS = 4  # for a site and step: `Streams.sites` gives multiples of four


@dataclass(frozen=True)
class Ends:
    """When the steps of a group's sites end.

    Attributes:
        ends: by code of the step, (sites, replications) day on which it ends, in an order in which each step follows
            all that it waits for; NaN if not known (a site that was open before the data end).
        days: by code of the step, (sites, replications) days that it took.
        activates: (sites, replications) day on which all steps have ended.
    """

    ends: dict[int, Array]
    days: dict[int, Array]
    activates: Array


class StartUps:
    """Start-up of the sites of a batch of replications.

    Args:
        streams: random numbers.
        replications: values of the scenario.
        first: number of the first replication whose sites are used.
    """

    def __init__(self, streams: Streams, replications: Replications, first: int) -> None:
        self._streams = streams
        self._replications = replications
        self._first = first

    def ends(
        self,
        network: tuple[StepDesign, ...],
        group: str,
        begins: Array,
        more_days: Callable[[StepDesign], Array | float],
        draw: int = 0,
        over_by: Callable[[StepDesign], float] = lambda _step: np.inf,
    ) -> Ends:
        """When each step ends: its start is the latest end of the steps that it waits for.

        Args:
            network: the group's steps.
            group: name of the group.
            begins: (sites, replications) day on which start-up work begins.
            more_days: days that risks add to a step, (replications,) or a number.
            draw: 0 for the site's own draw, higher for further draws.
            over_by: day by which a step is known to have ended.

        Returns:
            Days since day 0, (sites, replications), by code of the step; activation is the latest of the ends.
        """
        ends: dict[int, Array] = {}
        days: dict[int, Array] = {}
        for step in network:
            start = begins
            for other in step.after:
                start = np.maximum(start, ends[other])
            length = self._length(step, group, begins.shape, draw) + more_days(step)
            end = np.minimum(start + length, over_by(step))
            ends[step.code], days[step.code] = end, np.broadcast_to(length, begins.shape)
        activates = begins
        for end in ends.values():
            activates = np.maximum(activates, end)
        return Ends(ends, days, activates)

    def _length(self, step: StepDesign, group: str, shape: tuple[int, ...], draw: int) -> Array:
        """(sites, replications) days that a step takes; those of a shared step are the same at all sites."""
        constant = self._replications.numbers(step.path, step.days)
        if constant is not None:
            return np.broadcast_to(constant, shape)
        assert isinstance(step.days, Family)
        purpose = f"start_up.{step.name}" if draw == 0 else f"start_up.{step.name}.later.{draw}"
        if step.place is None:
            u = self._streams.sites(purpose, group, shape[0], self._first, shape[1], _NUMBERS)[..., :1]
        else:
            u = self._streams.trial(purpose, step.place, self._first, shape[1])[None, :, None]
        return np.broadcast_to(self._replications.transformed(step.path, step.days, u)[..., 0], shape)


def still_to_come(
    own: Ends, later: list[Ends], begins: Array, group: str, observed: ObservedState, late: Array
) -> Ends:
    """Start-up of sites of a trial under way: observed for open sites, else the first draw that ends after the data.

    If no draw ends after the data, start-up work begins at the end of the data.

    Args:
        own: start-up as drawn from the scenario.
        later: further draws.
        begins: (sites, replications) day on which start-up work began.
        group: name of the group.
        observed: the state of the trial.
        late: (sites, replications) days of delay of a site that should have opened before the data end.

    Returns:
        Start-up, (sites, replications), by code of the step; steps of open sites ended when they were observed to.
    """
    draws = [own, *later]
    activates = np.stack([draw.activates for draw in draws])
    is_later = activates > observed.now
    which = np.argmax(is_later, axis=0)
    shift = np.where(is_later.any(axis=0), 0.0, observed.now - begins)

    def chosen(values: list[Array]) -> Array:
        found: Array = np.take_along_axis(np.stack(values), which[None], axis=0)[0]
        return found

    ends = {code: chosen([draw.ends[code] for draw in draws]) + shift for code in own.ends}
    days = {code: chosen([draw.days[code] for draw in draws]) for code in own.ends}
    found = chosen([draw.activates for draw in draws]) + shift
    for row in range(len(found)):
        known = observed.sites.get((group, row))
        if known is None or (known.activated is None and known.planned is None):
            continue
        if known.activated is not None:
            found[row] = known.activated
        else:
            assert known.planned is not None
            found[row] = known.planned if known.planned > observed.now else observed.now + late[row]
        for end in ends.values():
            end[row] = np.nan
    return Ends(ends, days, found)
