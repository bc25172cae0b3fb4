"""Tables that the compiled engine is given: calendars, hazards and amendments, and what is drawn ahead of a trial."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.drive import first_numbers
from sim.compiled.layout import (
    AMENDMENT,
    BY_RULE_OF_HOLDS,
    BY_STOPPING_RULE,
    EDGE,
    GROUP_OPENED,
    LOT_DRAWS,
    N_RULES_OF_HOLDS,
    NUMBER,
    PIECE,
    PLACE,
)
from sim.core.batch import Batch
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design
from sim.core.hazards import Hazard
from sim.core.intensity import Steps
from sim.core.streams import BLOCK, word
from sim.scenario.distributions import Family
from sim.scenario.schema.amendments import Amendment

Array = npt.NDArray[Any]
Numbers = float | npt.NDArray[np.float64]  # one for all replications, or (rows,) numbers
Drawn = Callable[[str, str, str, object], Numbers]  # purpose, place, path, value


class Edges:
    """Calendars, each of them once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._parts: list[Array] = []
        self._kept: list[Steps] = []  # whose identity is a key above
        self._n = 0

    def of(self, steps: Steps) -> tuple[int, int]:
        """The first edge of a calendar among those of all, and how many it has.

        Args:
            steps: the calendar; one that was given before has the same place.
        """
        if id(steps) not in self._known:
            part = np.zeros(len(steps.edges), EDGE)
            part["day"], part["integral"], part["factor"][:-1] = steps.edges, steps.integral, steps.values
            self._known[id(steps)] = self._n, len(part)
            self._parts.append(part)
            self._kept.append(steps)
            self._n += len(part)
        return self._known[id(steps)]

    def joined(self) -> Array:
        """EDGE of all calendars."""
        return np.concatenate([np.zeros(0, EDGE), *self._parts])


class Pieces:
    """Hazards of leaving, each of them once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._parts: list[tuple[float, float]] = []
        self._kept: list[Hazard] = []  # whose identity is a key above

    def put(self, found: Array, hazard: Hazard) -> None:
        """Note where the pieces of a hazard are, in (rows,) HAZARD."""
        if id(hazard) not in self._known:
            self._known[id(hazard)] = len(self._parts), len(hazard.days)
            self._kept.append(hazard)
            self._parts += zip(hazard.days, hazard.cumulative, strict=True)
        found["first"], found["n"] = self._known[id(hazard)]
        found["last_rate"] = hazard.last_rate

    def joined(self) -> Array:
        """PIECE of all hazards."""
        return np.array(self._parts, PIECE)


def upright(numbers: Numbers) -> Numbers:
    """One number, or (rows, 1) numbers.

    Args:
        numbers: a number that all rows share, or (rows,) numbers.
    """
    return numbers[:, None] if isinstance(numbers, np.ndarray) else numbers


def holds(batch: Batch, n: int) -> Array:
    """How long the first holds by each rule last.

    Args:
        batch: the batch.
        n: number of holds.

    Returns:
        (rows, rules, n) days.
    """
    rules = batch.design.scenario.oversight
    found = np.zeros((batch.n, N_RULES_OF_HOLDS, n))
    values: list[tuple[int, str, object]] = []
    if rules.hold is not None:
        values.append((BY_RULE_OF_HOLDS, "oversight.hold.days", rules.hold.days))
    if rules.stop is not None and rules.stop.action != "end":
        values.append((BY_STOPPING_RULE, "oversight.stop.hold_days", rules.stop.hold_days))
    u, seed = np.empty((batch.n, n)), np.uint64(batch.streams.seed)
    if values:
        first_numbers(u, seed, np.uint64(word("oversight.hold")), np.uint64(word("")), batch.first)
    for rule, path, value in values:
        numbers = batch.replications.numbers(path, value)
        if numbers is None:
            assert isinstance(value, Family)
            found[:, rule] = batch.replications.transformed(path, value, u)
        else:
            found[:, rule] = upright(numbers)
    return found


def lot_draws(batch: Batch, n_blocks: int) -> Array:
    """Draws of the first lots of each replication.

    Args:
        batch: the batch.
        n_blocks: number of blocks of lots.

    Returns:
        (rows, n_blocks x BLOCK) LOT_DRAWS.
    """
    rules, replications = batch.design.scenario.cells, batch.replications
    found = np.zeros((batch.n, n_blocks * BLOCK if rules else 0), LOT_DRAWS)
    if rules is None:
        return found
    for name, path, value in (
        ("culture_days", "cells.lots.culture_days", rules.lots.culture_days),
        ("cells", "cells.lots.yield_cells", rules.lots.yield_cells),
        ("release_days", "cells.release_days", rules.release_days),
        ("failure_u", "cells.failure", None),
    ):
        numbers = None if value is None else replications.numbers(path, value)
        if numbers is not None:
            found[name] = upright(numbers)
            continue
        for block in range(n_blocks):
            u = batch.streams.block(path, "", 1, block, batch.first, batch.n)[0]
            part = replications.transformed(path, value, u) if isinstance(value, Family) else u
            found[name][:, block * BLOCK : (block + 1) * BLOCK] = part
    return found


def _bits(design: Design, names: tuple[str, ...] | None) -> int:
    """Arms as bits."""
    return sum(1 << arm.index for arm in design.arms if arm.name in (names or ()))


class AmendedRows:
    """The amendments of a batch, and the shares of its arms.

    Args:
        batch: the batch.
        drawn: gives a value that is drawn once for each replication.

    Attributes:
        in_force: (rows, amendments) AMENDMENT.
        concerns: (amendments, sites) PLACE, whether criteria, consent and rates change at a site.
        groups: GROUP_OPENED of all amendments, one after another.
        totals: NUMBER, the sum of the shares of all arms without those that are out, which are bits of the index.
        waiting_arms: arms that are closed at first, as bits.
    """

    def __init__(self, batch: Batch, drawn: Drawn) -> None:
        design = batch.design
        rules = [design.scenario.amendments[name] for name in design.amendments]
        self.in_force = np.zeros((batch.n, len(rules)), AMENDMENT)
        self.concerns = np.zeros((len(rules), design.n_sites), PLACE)
        groups: list[tuple[int, int]] = []
        for code, (name, rule) in enumerate(zip(design.amendments, rules, strict=True)):
            found, path = self.in_force[:, code], f"amendments.{name}.after_days"
            found["at_randomised"] = -1 if rule.at_randomised is None else rule.at_randomised
            found["fewer_than"] = -1 if rule.if_fewer_than is None else rule.if_fewer_than
            found["day"] = (rule.at_month or 0.0) * MONTH_DAYS if rule.on is None else design.clock.day_of(rule.on)
            found["after_days"] = drawn(path, "", path, rule.after_days)
            found["opens_arms"], found["closes_arms"] = _bits(design, rule.opens_arms), _bits(design, rule.closes_arms)
            opened = [group for group in design.groups if group.name in (rule.opens or ())]
            found["first_group"], found["n_groups"] = len(groups), len(opened)
            groups += [(group.first_site, group.first_site + group.count) for group in opened]
            self._of_people(batch, code, name, rule)
        self.groups = np.array(groups, GROUP_OPENED)
        self.waiting_arms = 0
        for rule in rules:
            self.waiting_arms |= _bits(design, rule.opens_arms)
        self.totals = np.array(self._totals(design), NUMBER)

    def _of_people(self, batch: Batch, code: int, name: str, rule: Amendment) -> None:
        """What an amendment changes of those who are referred, and where."""
        found, path = self.in_force[:, code], f"amendments.{name}"
        found["drops"], found["in_screening"] = batch.design.amended.dropped[name], rule.in_screening
        if rule.consent is not None:
            found["has_consent"] = 1
            found["consent"] = batch.replications.probabilities(f"{path}.consent", rule.consent)
        factor = 1.0 if rule.referrals_times is None else rule.referrals_times
        found["referrals_times"] = batch.replications.numbers(f"{path}.referrals_times", factor)
        for group in batch.design.groups:
            of_group = slice(group.first_site, group.first_site + group.count)
            self.concerns["x"][code, of_group] = rule.groups is None or group.name in rule.groups

    @staticmethod
    def _totals(design: Design) -> list[float]:
        shares = arm_shares(design)
        may_change = design.caps or any(rule.concerns_arms for rule in design.scenario.amendments.values())
        return [
            math.fsum(0.0 if out >> arm & 1 else share for arm, share in enumerate(shares))
            for out in range(1 << len(shares) if may_change else 1)
        ]


def arm_shares(design: Design) -> list[float]:
    """The share of each arm in randomisations.

    Args:
        design: the scenario, made ready.

    Returns:
        In the order of the arms; they sum to 1.
    """
    total = sum(arm.allocation for arm in design.arms)
    return [arm.allocation / total for arm in design.arms]
