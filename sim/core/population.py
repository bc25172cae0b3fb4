"""Who is referred: attributes, conditions and criteria of a whole block of referrals.

The chart excludes most patients, and everything about them is known when they are drawn. A whole block is therefore
judged with array operations, and only those who pass become processes.

Attributes:
    DAYS_SINCE_DECOMPENSATION: attribute of how long ago a patient decompensated, in days.
    WEIGHT: attribute by which doses of cells are measured, in kg.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.core.decisions import SMALLEST
from sim.core.quantiles import from_normal, settle, standard_normal
from sim.core.scores import SCORES
from sim.core.streams import BLOCK
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario
from sim.scenario.schema.patients import NOT_STATED, Criterion, Given, Test

_LARGEST = 1.0 - SMALLEST * 2.0  # below 1, whose quantile is infinite

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DAYS_SINCE_DECOMPENSATION = "days_since_decompensation"
WEIGHT = "weight_kg"


def criteria_in_order(criteria: Mapping[str, Criterion]) -> list[str]:
    """Names of the criteria in the order of the protocol.

    Args:
        criteria: the criteria by name; `item` is the number in the protocol, such as I3 or E12.

    Returns:
        Inclusion criteria (I) first, then others, by letter and number; criteria without a number last, by name.
    """

    def rank(name: str) -> tuple[object, ...]:
        item = criteria[name].item
        if item is None:
            return (2, "", 0, "", name)
        digits = "".join(c for c in item if c.isdigit())
        return (0 if item[0] == "I" else 1, item[0], int(digits), item[1 + len(digits) :], name)

    return sorted(criteria, key=rank)


@dataclass(frozen=True)
class PatientBlock:
    """`BLOCK` consecutive referrals of several sites and replications; arrays are (rows, BLOCK).

    Attributes:
        chart_failed: criteria that fail on the chart, as bits.
        tests_failed: criteria that fail when tested, as bits.
        may_return: whether all criteria that fail on the chart may pass later.
        weight_kg: body weight; 1 if the scenario has no such attribute.
        days_since_decompensation: at referral; 0 if the scenario has no such attribute.
        strata: level of each stratum or factor, by name.
    """

    chart_failed: Integers
    tests_failed: Integers
    may_return: Flags
    weight_kg: Array
    days_since_decompensation: Array
    strata: dict[str, Integers]


class Drawing(Protocol):
    """Draws of several sites and replications; see `sim.core.rows.Rows`.

    Attributes:
        n: number of rows.
    """

    n: int

    def uniform(self, purpose: str) -> Array:
        """(rows, BLOCK) uniform numbers.

        Args:
            purpose: what the numbers are for; the same purpose gives the same numbers again.

        Returns:
            (rows, BLOCK) numbers in [0, 1): one row for each site, replication and block that is drawn.
        """

    def numbers(self, path: str, value: object) -> float | Array | None:
        """The value at a path if it is one number in each replication; None if it varies.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number if it is the same in all rows; (rows, 1) numbers for an uncertain value; None for a value that has
            a distribution within a replication, which `transformed` draws.
        """

    def probabilities(self, path: str, value: object) -> float | Array:
        """The probability at a path, or its mean if it varies.

        Args:
            path: dotted path in the scenario.
            value: what the scenario says there.

        Returns:
            A number from 0 to 1, or (rows, 1) of them.
        """

    def transformed(self, path: str, value: Family, u: Array) -> Array:
        """Values of the distribution at a path from uniform numbers of the same shape.

        Args:
            path: dotted path in the scenario.
            value: the distribution written there; its uncertain parameters differ from row to row.
            u: (rows, n) uniform numbers in [0, 1).

        Returns:
            (rows, n) values, in the unit of the path.
        """


class _Values:
    """Attributes and conditions of one block, each drawn on first use.

    Uniform numbers are not kept: each is used once, and memory that is used again at once is still in the cache.
    """

    def __init__(self, population: Population, drawing: Drawing) -> None:
        self._population = population
        self._drawing = drawing
        self._uniform = drawing.uniform
        self._numbers: dict[str, Array] = {}
        self._levels: dict[str, Integers] = {}
        self._flags: dict[str, Flags] = {}
        self._normal: dict[str, Array] = {}

    def _z(self, name: str) -> Array:
        """The standard normal value behind a correlated one."""
        z: Array = np.zeros(())
        for other, weight in self._population.correlated[name]:
            if other not in self._normal:
                self._normal[other] = standard_normal(self._uniform(self._population.purposes[other]))
            z = z + weight * self._normal[other]
        return z

    def _transformed(self, path: str, value: Family, name: str, purpose: str) -> Array:
        """Values of an attribute; a correlated one goes from its normal value through the copula."""
        if name not in self._population.correlated:
            return self._drawing.transformed(path, value, self._uniform(purpose))
        z = self._z(name)
        direct = from_normal(value)
        if direct is not None:
            return direct(z)
        return self._drawing.transformed(path, value, np.clip(special.ndtr(z), 2.0**-54, 1 - 2.0**-53))

    def number(self, name: str) -> Array:
        """A numeric attribute or a score."""
        if name not in self._numbers:
            if name in self._population.scores:
                function, needs = SCORES[name]
                self._numbers[name] = function(*(self.number(need) for need in needs))
            else:
                self._numbers[name] = self._draw(name)
        return self._numbers[name]

    def _draw(self, name: str) -> Array:
        """Draw a numeric attribute, with its rare multiples if it has any."""
        purpose, path = f"attribute.{name}", f"patients.attributes.{name}"
        value = self._population.attributes[name]
        constant = self._drawing.numbers(path, value)
        if constant is None:
            assert isinstance(value, Family)
            result = self._transformed(path, value, name, purpose)
        else:
            result = np.zeros((self._drawing.n, BLOCK)) + constant
        rare = self._population.sometimes.get(name)
        if rare is not None:
            path = f"patients.sometimes.{name}"
            p_rare = self._drawing.probabilities(f"{path}.probability", rare.probability)
            times = self._drawing.numbers(f"{path}.times", rare.times)
            if times is None:
                assert isinstance(rare.times, Family)
                times = self._drawing.transformed(f"{path}.times", rare.times, self._uniform(f"{purpose}.times"))
            result = np.where(self._uniform(f"{purpose}.sometimes") < p_rare, result * times, result)
        return result

    def level(self, name: str) -> Integers:
        """Index of the category, in alphabetical order of the categories."""
        if name not in self._levels:
            ends = self._population.shares[name]
            u = self._uniform(f"attribute.{name}")
            levels = np.zeros(u.shape, dtype=np.int64)
            for end in ends[:-1]:
                levels += u >= end
            self._levels[name] = levels
        return self._levels[name]

    def flag(self, name: str) -> Flags:
        """Whether a condition holds."""
        if name not in self._flags:
            self._flags[name] = self._condition(name)
        return self._flags[name]

    def _condition(self, name: str) -> Flags:
        """Draw a condition; one that depends on a category has the probability of the patient's category."""
        condition = self._population.conditions[name]
        path, purpose = f"patients.conditions.{name}", f"condition.{name}"
        if not isinstance(condition, Given):
            chance = self._drawing.probabilities(path, condition)
            if name in self._population.correlated:
                bound = special.ndtri(np.clip(chance, SMALLEST, _LARGEST))
                return (self._z(name) < settle(bound)) | (chance >= 1.0)
            return self._uniform(purpose) < chance
        u = self._uniform(purpose)
        result = np.zeros(u.shape, dtype=bool)
        levels = self.level(condition.given)
        for category, value in condition.probability.items():
            chance = self._drawing.probabilities(f"{path}.probability.{category}", value)
            here = levels == self._population.categories[condition.given].index(category)
            result |= here & (u < chance)
        return result


class Population:
    """The joint distribution of those referred, and the criteria that judge them.

    Args:
        scenario: the scenario.

    Attributes:
        attributes: values, distributions or shares by name, as in the scenario.
        sometimes: attributes that are occasionally multiplied.
        conditions: probabilities of yes-or-no properties.
        scores: names of attributes that are calculated from others.
        categories: categories of each categorical attribute, in the order of their levels.
        shares: cumulative shares of these categories.
        bands: attributes cut into levels.
        purposes: purpose of the draws of each attribute and condition.
        correlated: for each correlated name, the independent normal values of which its own is a sum, with their
            weights.
        criteria: the criteria in the order of the protocol; the position of each is its bit.
        strata: attributes whose level each person has: first those by which randomisation is stratified, then those
            that only caps name.
        lasting: bits of the chart's criteria that never pass later.
        n_stratified: how many of `strata` randomisation is stratified by.
    """

    def __init__(self, scenario: Scenario) -> None:
        patients = scenario.patients
        self.attributes = patients.attributes
        self.sometimes = patients.sometimes
        self.conditions = patients.conditions
        self.scores = set(patients.derived)
        self.categories = {k: sorted(v) for k, v in patients.attributes.items() if isinstance(v, dict)}
        self.shares = {
            name: np.cumsum([patients.attributes[name][category] for category in names])  # type: ignore[index]
            for name, names in self.categories.items()
        }
        self.bands = patients.bands
        self.purposes = {name: f"attribute.{name}" for name in patients.attributes}
        self.purposes |= {name: f"condition.{name}" for name in patients.conditions}
        self.correlated = _cholesky_rows(_of_normal_values(patients.correlation, set(patients.conditions)))
        self.criteria = {
            name: scenario.screening.criteria[name] for name in criteria_in_order(scenario.screening.criteria)
        }
        self._failure = scenario.screening.failure
        if self._failure != 0:  # the last criterion: a patient who fails another as well is counted under that one
            self.criteria[NOT_STATED] = Criterion.model_construct(stage="tests")
        self.lasting = sum(
            1 << bit
            for bit, criterion in enumerate(self.criteria.values())
            if criterion.stage == "chart" and not criterion.passing
        )
        self.strata = [name for name in sorted(scenario.randomisation.stratify_by) if name != "site"]
        self.n_stratified = len(self.strata)
        capped = {name for cap in scenario.caps.values() for name in cap.stratum}
        self.strata += sorted(capped - set(self.strata))

    def n_levels(self) -> list[int]:
        """Number of levels of each stratum by which randomisation is stratified.

        Returns:
            In the order of `strata`: one more than the cuts of a band, the categories of an attribute, 2 for a
            condition.
        """
        return [
            len(self.bands[name].cuts) + 1
            if name in self.bands
            else len(self.categories[name])
            if name in self.categories
            else 2
            for name in self.strata[: self.n_stratified]
        ]

    def block(self, drawing: Drawing) -> PatientBlock:
        """Draw and judge one block of referrals of several sites and replications.

        Args:
            drawing: which rows, and where their random numbers and values come from.

        Returns:
            Arrays of (drawing.n, BLOCK).
        """
        values = _Values(self, drawing)
        shape = (drawing.n, BLOCK)
        failed: dict[str, Integers] = {stage: np.zeros(shape, dtype=np.int64) for stage in ("chart", "tests")}
        for bit, (name, criterion) in enumerate(self.criteria.items()):
            if name == NOT_STATED:
                fails = drawing.uniform("screening.failure") < drawing.probabilities("screening.failure", self._failure)
            else:
                fails = self._fails(criterion, values)
            failed[criterion.stage] += fails * (1 << bit)
        chart = failed["chart"]
        return PatientBlock(
            chart,
            failed["tests"],
            (chart != 0) & (chart & self.lasting == 0),
            self._column(WEIGHT, values, shape, 1.0),
            self._column(DAYS_SINCE_DECOMPENSATION, values, shape, 0.0),
            {name: self._stratum(name, values) for name in self.strata},
        )

    def _column(self, name: str, values: _Values, shape: tuple[int, ...], default: float) -> Array:
        """An attribute that processes need, or its default if the scenario does not have it."""
        return values.number(name) if name in self.attributes else np.full(shape, default)

    def _stratum(self, name: str, values: _Values) -> Integers:
        """Levels of a stratum: of a band, a category, or a condition (0 or 1)."""
        if name in self.bands:
            band = self.bands[name]
            cuts = np.array(band.cuts)
            levels: Integers = np.searchsorted(cuts, values.number(band.attribute), side="right")
            return levels
        if name in self.categories:
            return values.level(name)
        return values.flag(name).astype(np.int64)

    def _fails(self, criterion: Criterion, values: _Values) -> Flags:
        """Whether a criterion fails: its test does, or `any`, `all` or `none` of its items is not met."""
        if criterion.attribute is not None:
            return ~self._passes(criterion, values)
        items = criterion.any or criterion.all or criterion.none or ()
        answers = [values.flag(item) if isinstance(item, str) else self._passes(item, values) for item in items]
        together = answers[0]
        for answer in answers[1:]:
            together = together & answer if criterion.all is not None else together | answer
        return together if criterion.none is not None else ~together

    def _passes(self, test: Test, values: _Values) -> Flags:
        """Whether all limits of a test hold."""
        assert test.attribute is not None
        if test.one_of is not None:
            levels, categories = values.level(test.attribute), self.categories[test.attribute]
            is_one: Flags = np.zeros((), dtype=bool)
            for category in test.one_of:
                is_one = is_one | (levels == categories.index(category))
            return is_one
        x = values.number(test.attribute)
        limits = (
            (test.min, np.greater_equal),
            (test.max, np.less_equal),
            (test.below, np.less),
            (test.above, np.greater),
        )
        parts: list[Flags] = [within(x, limit) for limit, within in limits if limit is not None]
        result = parts[0]
        for part in parts[1:]:
            result = result & part
        return result


def _of_normal_values(pairs: Mapping[str, float], conditions: set[str]) -> dict[str, float]:
    """Correlations of the normal values behind numbers and conditions.

    A number is high where its normal value is, and a condition holds where its own is low; so the normal values of a
    number and a condition that go together are negatively correlated.
    """

    def sign(pair: str) -> int:
        left, right = pair.split("~")
        return -1 if (left in conditions) != (right in conditions) else 1

    return {pair: sign(pair) * value for pair, value in pairs.items()}


def _cholesky_rows(pairs: Mapping[str, float]) -> dict[str, list[tuple[str, float]]]:
    """For each correlated name, the independent normals of which it is a sum, and their weights (Cholesky)."""
    names = sorted({name for pair in pairs for name in pair.split("~")})
    weights: dict[str, dict[str, float]] = {}
    for i, name in enumerate(names):
        row: dict[str, float] = {}
        for other in names[:i]:
            target = pairs.get(f"{name}~{other}", pairs.get(f"{other}~{name}", 0.0))
            known = weights[other]
            row[other] = (target - math.fsum(row.get(k, 0.0) * known[k] for k in known if k != other)) / known[other]
        row[name] = float(np.sqrt(1 - math.fsum(weight * weight for weight in row.values())))
        weights[name] = row
    return {name: [(k, w) for k, w in row.items() if w != 0.0] for name, row in weights.items()}
