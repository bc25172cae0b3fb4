"""Allocation to arms: simple, permuted blocks (stratified or not), minimisation, Efron's biased coin, Wei's urn.

Ratios other than 1:1 use the same methods, which restore balance around the ratio. With probability `pull` they assign
the arm furthest behind its share, else an arm by the ratio alone; at 1:1 the arm behind then has probability
1/2 + pull/2, which is Efron's coin.

Arms that are full or closed take nobody, and the others keep their ratio. When an arm opens or closes, balance counts
from then on: a new arm is compared with those allocated beside it, and does not catch up.

Sources: Efron 1971 (Biometrika 58:403); Pocock and Simon 1975 (Biometrics 31:103); Wei 1978 (Ann Stat 6:92); Han, Enas
and McEntegart 2009 (Stat Med 28:3001) for unequal ratios.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sim.core.design import ArmDesign
from sim.core.people import Person
from sim.core.world import World
from sim.scenario.amendment_checks import waiting_arms

_DRAWS = 64  # numbers of a list drawn at once


class _List:
    """Uniform numbers of one list (the trial's, or a stratum's), in order of use.

    Attributes:
        block: the rest of the current block, its next arm last; empty for other methods.
    """

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._numbers: list[float] = []
        self._used = 0
        self._n_drawn = 0
        self.block: list[ArmDesign] = []  # the rest of the current block

    def take(self, n: int) -> list[float]:
        """The next `n` uniform numbers in [0, 1) of the list; none is given twice."""
        while self._used + n > len(self._numbers):
            more = self._world.person_draws("allocation", self._name, 0, self._n_drawn, _DRAWS)
            self._numbers = self._numbers[self._used :] + more.tolist()
            self._used, self._n_drawn = 0, self._n_drawn + 1
        self._used += n
        return self._numbers[self._used - n : self._used]


class Allocation:
    """Assigns participants to arms, in order of randomisation.

    Args:
        world: the replication's surroundings.

    Attributes:
        assign: gives the arm of the next participant, by the scenario's method.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._rule = world.scenario.randomisation
        self._arms = world.design.arms
        total = sum(arm.allocation for arm in self._arms)
        self._shares = [arm.allocation / total for arm in self._arms]
        self._pull = 2 * self._rule.preferred_probability - 1
        self._by_site = "site" in self._rule.stratify_by
        self._lists: dict[str, _List] = {}
        self._strata: dict[tuple[tuple[int, ...], int], _List] = {}
        self._block_sizes = sorted(self._rule.block_sizes)
        self._unit_block = [arm for arm in self._arms for _ in range(arm.allocation)]
        self._counts: dict[str, list[int]] = {}
        self._n_strata = world.design.population.n_stratified
        self._full: set[int] = set()  # arms that a cap keeps from taking more
        waiting = waiting_arms(world.scenario)
        self._closed = {arm.index for arm in self._arms if arm.name in waiting}
        self._urn_at_start = [self._rule.urn_start * share * total for share in self._shares]
        self._urn = list(self._urn_at_start)
        methods: dict[str, Callable[[Person], ArmDesign]] = {
            "simple": self._simple,
            "permuted_blocks": self._permuted_block,
            "minimisation": self._minimisation,
            "biased_coin": self._biased_coin,
            "urn": self._from_urn,
        }
        self.assign = methods[self._rule.method]

    def arm_is_full(self, arm: ArmDesign, is_full: bool) -> None:
        """Exclude an arm from allocation, or include it again.

        Args:
            arm: the arm.
            is_full: whether a cap on the arm is reached.
        """
        (self._full.add if is_full else self._full.discard)(arm.index)

    def arm_opens(self, arm: ArmDesign, opens: bool) -> None:
        """Open an arm, or close it; balance counts from now on.

        Args:
            arm: the arm.
            opens: whether participants are allocated to it from now on.
        """
        if opens != (arm.index in self._closed):
            return
        (self._closed.discard if opens else self._closed.add)(arm.index)
        self._counts.clear()
        self._urn = list(self._urn_at_start)
        for numbers in (*self._lists.values(), *self._strata.values()):
            numbers.block = []

    def _open(self, shares: list[float]) -> list[float]:
        """Shares of the open arms that have room; all open arms if none has, as in data that exceed the caps."""
        if not (self._full or self._closed):
            return shares
        out = self._full | self._closed
        if len(out) == len(self._arms):
            out = self._closed
        return [0.0 if i in out else share for i, share in enumerate(shares)]

    def _list(self, name: str) -> _List:
        """The list of a name, which is begun at its first use."""
        if name not in self._lists:
            self._lists[name] = _List(self._world, name)
        return self._lists[name]

    def _by_shares(self, shares: list[float], u: float) -> ArmDesign:
        """The arm into whose part of the cumulative shares the uniform number `u` falls."""
        reached, total = 0.0, math.fsum(shares)
        for arm, share in zip(self._arms, shares, strict=True):
            reached += share
            if u * total < reached:
                return arm
        return max(zip(self._arms, shares, strict=True), key=lambda one: (one[1] > 0, one[0].index))[0]

    def _simple(self, person: Person) -> ArmDesign:
        """An arm by the ratio alone."""
        del person
        return self._by_shares(self._open(self._shares), self._list("").take(1)[0])

    def _stratum(self, person: Person) -> _List:
        """The list of a person's stratum, of which the site may be a part."""
        strata = person.strata[: self._n_strata]
        key = (strata, person.site.index if self._by_site else -1)
        if key not in self._strata:
            site = f"{person.site.group}/{person.site.row}" if self._by_site else ""
            self._strata[key] = _List(self._world, "|".join([*map(str, strata), site]))
        return self._strata[key]

    def _permuted_block(self, person: Person) -> ArmDesign:
        """The next arm of the stratum's block that has room."""
        stratum = self._stratum(person)
        is_open = self._open([1.0] * len(self._arms)) if self._full or self._closed else None
        while True:
            if not stratum.block:
                stratum.block = self._new_block(stratum)
            arm = stratum.block.pop()
            if is_open is None or is_open[arm.index]:
                return arm

    def _new_block(self, numbers: _List) -> list[ArmDesign]:
        """A block of a random size in random order: the arms sorted by one uniform number each."""
        sizes = self._block_sizes
        size = sizes[int(numbers.take(1)[0] * len(sizes))]
        arms = self._unit_block * (size // len(self._unit_block))
        keys = numbers.take(size)
        return [arms[i] for i in sorted(range(size), key=keys.__getitem__)]

    def _toward(self, behind: list[float], numbers: _List) -> ArmDesign:
        """The arm furthest behind with probability `pull`, ties at random; else an arm by the ratio."""
        u, pick = numbers.take(2)
        shares = self._open(self._shares)
        if u >= self._pull:
            return self._by_shares(shares, pick)
        least = max(lag for lag, share in zip(behind, shares, strict=True) if share)
        tied = [share if lag >= least - 1e-9 else 0.0 for lag, share in zip(behind, shares, strict=True)]
        return self._by_shares(tied, pick)

    def _lags(self, counts: list[int]) -> list[float]:
        """How far each arm is behind its share, in participants, among arms that have room.

        Below 0 for an arm ahead.
        """
        shares = self._open(self._shares)
        if shares is not self._shares:
            rest = math.fsum(shares)
            shares = [share / rest for share in shares]
            counts = [n if share else 0 for n, share in zip(counts, shares, strict=True)]
        total = sum(counts)
        return [share * total - n for n, share in zip(counts, shares, strict=True)]

    def _biased_coin(self, person: Person) -> ArmDesign:
        """Efron's coin: toward the arm behind, by the ratio alone in balance."""
        counts = self._counts.setdefault("", [0] * len(self._arms))
        lags = self._lags(counts)
        balanced = max(lags) - min(lags) < 1e-9
        arm = self._simple(person) if balanced else self._toward(lags, self._list(""))
        counts[arm.index] += 1
        return arm

    def _minimisation(self, person: Person) -> ArmDesign:
        """Lags summed over the person's level of every factor; overall balance where there is no factor."""
        levels = [f"{i}={level}" for i, level in enumerate(person.strata[: self._n_strata])]
        if self._by_site:
            levels.append(f"site={person.site.group}/{person.site.row}")
        tables = [self._counts.setdefault(level, [0] * len(self._arms)) for level in levels or ["all"]]
        lags = [sum(column) for column in zip(*(self._lags(counts) for counts in tables), strict=True)]
        arm = self._toward(lags, self._list(""))
        for counts in tables:
            counts[arm.index] += 1
        return arm

    def _from_urn(self, person: Person) -> ArmDesign:
        """Draw by the balls; then add balls for the other arms, in the proportion that keeps the ratio."""
        del person
        arm = self._by_shares(self._open(self._urn), self._list("").take(1)[0])
        for other, share in zip(self._arms, self._shares, strict=True):
            if other is not arm and share < 1:
                self._urn[other.index] += self._rule.urn_add * share / (1 - share) * (len(self._arms) - 1)
        return arm
