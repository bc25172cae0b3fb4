"""All plans that a planner may choose from, and the scenario of each.

A plan is a tuple of positions, one for each lever, so that a search compares and stores plans without scenarios.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.errors import ScenarioError
from sim.scenario.load import canonical, with_changes
from sim.scenario.options import Choices, Setting
from sim.scenario.schema import Scenario

Plan = tuple[int, ...]  # which setting of each lever, in their order


class PlanSpace:
    """Every combination of settings. A plan is a tuple: the index of the setting of each lever.

    Args:
        choices: the levers and their settings.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.levers = choices.levers
        self.sizes = [len(lever.settings) for lever in self.levers]
        self.n_plans = math.prod(self.sizes)
        self._scenarios: dict[Plan, Scenario | None] = {}
        self.impossible: dict[Plan, str] = {}  # why a combination is not a valid scenario

    def settings(self, plan: Plan) -> list[Setting]:
        """Return the setting of each lever, in the order of the levers.

        Args:
            plan: the position of each lever's setting.
        """
        return [lever.settings[i] for lever, i in zip(self.levers, plan, strict=True)]

    def words(self, plan: Plan) -> dict[str, str]:
        """Return the name of each lever's setting by the lever's label.

        Args:
            plan: the position of each lever's setting.
        """
        return {lever.label: lever.settings[i].name for lever, i in zip(self.levers, plan, strict=True)}

    def extra(self, plan: Plan) -> tuple[float, float]:
        """Return the costs of a plan that the simulation does not count.

        Args:
            plan: the plan.

        Returns:
            The cost once, and the cost per month.
        """
        chosen = self.settings(plan)
        return math.fsum(s.cost for s in chosen), math.fsum(s.cost_per_month for s in chosen)

    def scenario(self, plan: Plan) -> Scenario | None:
        """Turn a plan into a scenario. Results are cached; `impossible` says why a plan is not valid.

        Args:
            plan: the plan.

        Returns:
            The scenario, or None where the settings contradict one another.
        """
        if plan not in self._scenarios:
            changes = {path: value for setting in self.settings(plan) for path, value in setting.changes.items()}
            try:
                self._scenarios[plan] = with_changes(self.choices.loaded, changes, self.choices.file)
            except ScenarioError as error:
                self._scenarios[plan] = None
                self.impossible[plan] = str(error.problems[0])
        return self._scenarios[plan]

    def all_plans(self) -> Iterator[Plan]:
        """Iterate over every plan; the last lever changes fastest."""
        return itertools.product(*(range(size) for size in self.sizes))

    def neighbours(self, plan: Plan) -> list[Plan]:
        """Return the plans that differ from a plan in exactly one lever.

        Args:
            plan: the position of each lever's setting.

        Returns:
            In the order of the levers, and of the settings of each.
        """
        return [
            (*plan[:k], i, *plan[k + 1 :]) for k, size in enumerate(self.sizes) for i in range(size) if i != plan[k]
        ]

    @cached_property
    def unchanged(self) -> list[set[int]]:
        """For each lever, the settings that leave the scenario unchanged, whatever they cost."""
        loaded = self.choices.loaded
        original = canonical(loaded.scenario)

        def leaves(setting: Setting) -> bool:
            return canonical(with_changes(loaded, setting.changes, self.choices.file)) == original

        return [{i for i, setting in enumerate(lever.settings) if leaves(setting)} for lever in self.levers]

    def changes(self, plan: Plan) -> dict[str, str]:
        """Return the settings of a plan that change the scenario, as names by the lever's label.

        Args:
            plan: the position of each lever's setting.
        """
        levers = zip(self.levers, plan, self.unchanged, strict=True)
        return {lever.label: lever.settings[i].name for lever, i, same in levers if i not in same}

    def changing(self, plan: Plan) -> list[Setting]:
        """Return the settings of a plan that change the scenario, in the order of the levers.

        Args:
            plan: the position of each lever's setting.
        """
        levers = zip(self.levers, plan, self.unchanged, strict=True)
        return [lever.settings[i] for lever, i, same in levers if i not in same]

    def codes(self) -> npt.NDArray[np.int16]:
        """(plans, levers) settings of every plan, in the order of `all_plans`."""
        grids = np.meshgrid(*(np.arange(size, dtype=np.int16) for size in self.sizes), indexing="ij")
        return np.stack([grid.ravel() for grid in grids], axis=1)

    def extras(self, codes: npt.NDArray[np.int16]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the costs of many plans that the simulation does not count.

        Args:
            codes: (plans, levers) index of each lever's setting.

        Returns:
            (plans,) cost once, and (plans,) cost per month.
        """
        once, monthly = np.zeros(len(codes)), np.zeros(len(codes))
        for k, lever in enumerate(self.levers):
            once += np.array([setting.cost for setting in lever.settings])[codes[:, k]]
            monthly += np.array([setting.cost_per_month for setting in lever.settings])[codes[:, k]]
        return once, monthly

    def one_hot(self, codes: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
        """Encode plans for additive models.

        Args:
            codes: (plans, levers) index of each lever's setting.

        Returns:
            (plans, 1 + settings beyond the first of each lever): a constant, then an indicator for each setting.
        """
        columns = [np.ones(len(codes))]
        for k, size in enumerate(self.sizes):
            columns += [(codes[:, k] == i).astype(np.float64) for i in range(1, size)]
        return np.column_stack(columns)
