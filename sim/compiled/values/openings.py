"""Start-up of sites that an amendment opens, and the risks that delay it, as tables for the compiled engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import NOBODY, NUMBER, PLACE, RISK, START_UP_STEP
from sim.compiled.values.tables import upright
from sim.core.batch import Batch
from sim.core.design import Design

Array = npt.NDArray[Any]

_NOTHING = -2  # what a risk to recruitment delays


class OpeningRows:
    """What is drawn of start-up that begins with an amendment.

    Args:
        batch: the batch.
        sites: (rows, sites) SITE, whose steps are written.

    Attributes:
        steps: START_UP_STEP of all groups that wait for an amendment, one group after another.
        before: PLACE, the steps that each step waits for.
        days: (rows, steps of all waiting sites) NUMBER, days that they take.
        shared: (rows, shared steps) NUMBER, the day on which each ends for sites that no amendment opens; not a number
            where only such sites have it.
        risks: (rows, risks) RISK.
        risks_of_groups: (risks, groups) PLACE, whether a risk concerns a group.
    """

    def __init__(self, batch: Batch, sites: Array) -> None:
        design = batch.design
        self._n_codes = len(design.start_up)
        self.shared = np.full((batch.n, self._n_codes * len(design.step_places)), np.nan)
        steps: list[tuple[float, int, int, int, int, int]] = []
        before: list[int] = []
        days: list[Array] = []
        n_days = 0
        for group in design.groups:
            if not (group.waits and group.network):
                continue
            found = sites[:, group.first_site : group.first_site + group.count]
            first, lengths = len(steps), batch.steps_to_open(group)
            place_of = {step.code: first + k for k, step in enumerate(group.network)}
            for step in group.network:
                shared = NOBODY if step.place is None else self.place(step.place_number, step.code)
                steps.append((0.0, step.code, step.place_number, shared, len(before), len(step.after)))
                before += [place_of[code] for code in step.after]
            found["first_step"], found["n_steps"] = first, len(group.network)
            found["late_days"] = upright(batch.risks.activation_days(group.name))
            found["first_step_days"] = n_days + len(group.network) * np.arange(group.count)
            each = np.stack([lengths[step.code] for step in group.network], axis=1)  # (sites, steps, rows)
            days.append(each.reshape(-1, batch.n).T)
            n_days += group.count * len(group.network)
        self.steps, self.before = np.array(steps, START_UP_STEP), np.array(before, PLACE)
        self.days = np.ascontiguousarray(np.concatenate([np.zeros((batch.n, 0)), *days], axis=1)).view(NUMBER)
        self.risks, self.risks_of_groups = _risks(batch)

    def place(self, place_number: int, code: int) -> int:
        """The place of a shared step among all that may be shared."""
        return place_number * self._n_codes + code


def _risks(batch: Batch) -> tuple[Array, Array]:
    """RISK in each replication, and which groups each risk concerns."""
    design = batch.design
    found = np.zeros((batch.n, len(design.risks)), RISK)
    groups = np.zeros((len(design.risks), len(design.groups)), PLACE)
    for code, risk in enumerate(design.risks):
        found["strikes"][:, code], found["days"][:, code] = batch.risks.struck[code], batch.risks.days[code]
        found["delays_step"][:, code] = _delayed(design, code)
        groups["x"][code] = [group.name in risk.groups for group in design.groups]
    return found, groups


def _delayed(design: Design, code: int) -> int:
    """Code of the step that a risk delays; -1 for activation as a whole."""
    rule = design.risks[code].rule
    if rule.delays != "activation":
        return _NOTHING
    return NOBODY if rule.step is None else design.start_up.index(rule.step)
