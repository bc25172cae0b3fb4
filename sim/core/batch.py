"""Several replications of one design, drawn together.

Most of what a replication needs is known before anything happens in it: what is uncertain, its sites, its patients and
what the chart says of them. These are drawn and judged here for many replications at once, with array operations whose
cost per call is then shared. A replication is the same whichever batch it is in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.design import Design, GroupDesign
from sim.core.observed import ObservedState
from sim.core.population import PatientBlock
from sim.core.quantiles import Quantile, gamma_of_mean_one, unit_exponential
from sim.core.streams import Streams
from sim.core.unknowns import Quantiles, Unknowns, draw_unknowns
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_REPLICATIONS = 48
_LATER_TOGETHER = 16
_SITES_AT_ONCE = 600  # sites x replications whose blocks are in memory together

# A site's uniform numbers, and their places among them.
_DRAWS_A_SITE = 8
_RATE, _NEVER, _EFFECT, _LEAD, _DELAY = range(5)

_LATER_DRAWS = 16  # further draws of a site's activation, of which the first that is after the data holds
_LATE_DAYS = 30.0  # mean delay of a site that should have opened on a date
_STAND_INS = 1 << 16  # blocks from this on are of patients who stand in for people who are known

EXCLUDED, DECLINES, HANDLED = range(3)  # what becomes of a referral on the day


class People(NamedTuple):
    """Patients of a block who must be dealt with, before their times of referral are known; see `Person` for each.

    Attributes:
        starts: (sites, replications + 1) where the people of a site and replication begin among all.
        position: in the block of referrals.
        values: (people, columns) draws of their own.
        facts: (people, 4) chart_failed, tests_failed, weight_kg, days_since_decompensation.
        consents: whether they say yes, if asked.
        strata: (people, strata) level of each stratum or factor, the site not among them.
    """

    starts: Integers
    position: Integers
    values: Array
    facts: Array
    consents: npt.NDArray[np.bool_]
    strata: Integers


class GroupBlock(NamedTuple):
    """A block of referrals of all sites of a group in several replications of a batch.

    Attributes:
        part: the replications.
        arrivals: (sites, replications, BLOCK) unit-rate arrival times, increasing.
        chart_failed: (sites, replications, BLOCK) criteria that fail on the chart, as bits.
        fate: (sites, replications, BLOCK) EXCLUDED, DECLINES or HANDLED.
        people: those who are HANDLED.
    """

    part: Part
    arrivals: Array
    chart_failed: Integers
    fate: Integers
    people: People


class Part:
    """Consecutive replications whose patients are drawn and judged together.

    Args:
        design: the scenario, made ready.
        streams: random numbers.
        first: number of the first replication.
        unknowns: what is uncertain in each of them.
    """

    def __init__(self, design: Design, streams: Streams, first: int, unknowns: list[Unknowns]) -> None:
        self.design = design
        self.streams = streams
        self.first = first
        self.n = len(unknowns)
        self._unknowns = unknowns

    def numbers(self, path: str, value: object) -> float | Array | None:
        """The value at a path where it is one number a replication (then (n, 1)); None where it varies."""
        if isinstance(value, Family):
            if not value.is_uncertain:
                return None
            return np.array([[unknowns.values[path]] for unknowns in self._unknowns])
        return float(value)  # type: ignore[arg-type]

    def probabilities(self, path: str, value: object) -> float | Array:
        """The probability at a path, by its mean where it varies; (n, 1) where it differs between replications."""
        if not isinstance(value, Family):
            return float(value)  # type: ignore[arg-type]
        return np.array([[unknowns.average(path, value)] for unknowns in self._unknowns])

    def transformed(self, path: str, value: Family, u: Array) -> Array:
        """Values at a path from uniform numbers (..., replications, k)."""
        if not value.uncertain_parameters():
            return self._unknowns[0].quantile(path, value)(u)
        parts = [unknowns.quantile(path, value)(u[..., i, :]) for i, unknowns in enumerate(self._unknowns)]
        return np.stack(parts, axis=-2)

    def uniform(self, purpose: str, group: str, n_sites: int, block: int) -> Array:
        """(sites, replications, BLOCK) uniform numbers."""
        return self.streams.block(purpose, group, n_sites, block, self.first, self.n)

    def draw(self, group: GroupDesign, block: int, reached: Array | float) -> GroupBlock:
        """A block of referrals of all sites of a group.

        Args:
            group: the group.
            block: which block, from 0.
            reached: (sites, replications) unit-rate time of the last referral of the block before.
        """

        def uniform(purpose: str) -> Array:
            return self.uniform(purpose, group.name, group.count, block)

        gaps = unit_exponential(uniform("referral.gap"))
        gaps[..., 0] += reached
        patients = self.design.population.block(self, group.name, group.count, block)
        screening = self.design.scenario.screening
        p_consent = self.probabilities("screening.consent", screening.consent)
        consents = uniform("screening.consent") < p_consent
        fate: Integers = (patients.chart_failed == 0) * (DECLINES + consents)
        if screening.rescreen is not None:
            p_return = self.probabilities("screening.rescreen.probability", screening.rescreen.probability)
            fate[patients.may_return & (uniform("rescreen.after_chart") < p_return)] = HANDLED
        people = self._people(uniform, patients, consents, fate == HANDLED)
        return GroupBlock(self, np.cumsum(gaps, axis=-1), patients.chart_failed, fate, people)

    def _people(
        self, uniform: Callable[[str], Array], patients: PatientBlock, consents: npt.NDArray[np.bool_], handled: Array
    ) -> People:
        """Those who must be dealt with, in order of site, replication and referral."""
        place = np.nonzero(handled)
        counts = np.count_nonzero(handled, axis=2)
        ends = np.cumsum(counts).reshape(counts.shape)
        starts = np.concatenate((ends[:, :1] - counts[:, :1], ends), axis=1)
        facts = (patients.chart_failed, patients.tests_failed, patients.weight_kg, patients.days_since_decompensation)
        strata = [levels[place] for levels in patients.strata.values()]
        return People(
            starts,
            place[2],
            np.column_stack([np.zeros((len(place[2]), 0)), *self._columns(uniform, place)]),
            np.column_stack([values[place] for values in facts]),
            consents[place],
            np.column_stack([np.zeros((len(place[2]), 0), dtype=np.int64), *strata]),
        )

    def _columns(self, uniform: Callable[[str], Array], place: tuple[Integers, ...]) -> Iterator[Array]:
        for design in self.design.columns.values():
            u = uniform(design.purpose)
            if design.standard is not None:
                yield design.standard(u[place])
                continue
            assert isinstance(design.value, Family)
            if design.value.uncertain_parameters():
                yield self.transformed(design.path, design.value, u)[place]
            else:
                yield self._unknowns[0].quantile(design.path, design.value)(u[place])


def replications_at_once(design: Design) -> int:
    """How many replications are worth drawing together: fewer for more sites, so that memory stays flat."""
    return max(1, min(MAX_REPLICATIONS, _SITES_AT_ONCE // max(design.n_sites, 1)))


class Batch:
    """Consecutive replications of a design, drawn together.

    Args:
        design: the scenario, made ready.
        seed: the experiment's seed.
        first: number of the first replication.
        n: how many consecutive replications.
        quantiles: for sensitivity analysis: probabilities of uncertain values, instead of random ones, by path.
        sites_of: for sensitivity analysis: the first of the replications whose sites these are, instead of their own.
        observed: the state of a trial under way, from which the replications go on.

    Attributes:
        observed: the same.
    """

    def __init__(
        self,
        design: Design,
        seed: int,
        first: int,
        n: int,
        quantiles: Quantiles | None = None,
        sites_of: int | None = None,
        observed: ObservedState | None = None,
    ) -> None:
        self.design = design
        self.first = first
        self.observed = observed
        self._sites_of = first if sites_of is None else sites_of
        self.n = n
        self.streams = Streams(seed)
        drawn = draw_unknowns(design.uncertain, self.streams, first, n, quantiles)
        lists = {path: values.tolist() for path, values in drawn.items()}
        self._unknowns = [Unknowns({path: values[i] for path, values in lists.items()}, design.known) for i in range(n)]
        self._all = Part(design, self.streams, first, self._unknowns)
        self._sites: dict[str, tuple[Array, Array]] = {}
        self._blocks: dict[tuple[str, int, int], GroupBlock] = {}
        self._tables: dict[tuple[str, str, int], Array] = {}

    def unknowns(self, replication: int) -> Unknowns:
        """What is uncertain, in one replication."""
        return self._unknowns[replication - self.first]

    def sites(self, group: GroupDesign) -> tuple[Array, Array]:
        """The group's sites: (sites, replications) own rate per month at full speed, and day of activation."""
        if group.name not in self._sites:
            self._sites[group.name] = self._draw_sites(group)
            if self.observed is not None:
                self._sites[group.name] = self._known_sites(self.observed, group, *self._sites[group.name])
        return self._sites[group.name]

    def _known_sites(
        self, observed: ObservedState, group: GroupDesign, rates: Array, activates: Array
    ) -> tuple[Array, Array]:
        """The group's sites with what is known of them."""
        consent = self.design.scenario.screening.consent
        p_consent = np.broadcast_to(np.ravel(self._all.probabilities("screening.consent", consent)), self.n)
        u = self.streams.sites("site.late", group.name, group.count, self._sites_of, self.n, _LATER_DRAWS)
        path, delay = group.paths["activation_delay_days"], group.settings.activation_delay_days
        lead = self._all.numbers(group.paths["lead_days"], group.settings.lead_days)
        constant = self._all.numbers(path, delay)
        later: Array
        late: Array
        if group.settings.opens is not None or lead is None:
            later, late = np.zeros((*u.shape[:2], 0)), _LATE_DAYS * unit_exponential(u[..., 0])
        elif constant is None:
            drawn = self._all.transformed(path, delay, u)  # type: ignore[arg-type]
            later, late = drawn - np.broadcast_to(lead, (self.n, 1)), drawn[..., 0]
        else:
            later, late = np.zeros((*u.shape[:2], 0)), np.broadcast_to(np.ravel(constant), u.shape[:2])
        return (
            observed.site_rates(group.name, rates, self.first, p_consent),
            observed.activations(group.name, activates, later, late),
        )

    def _draw_sites(self, group: GroupDesign) -> tuple[Array, Array]:
        settings, paths = group.settings, group.paths
        u = self.streams.sites("site", group.name, group.count, self._sites_of, self.n, _DRAWS_A_SITE)

        def values(field: str, place: int) -> Array:
            path, value = paths[field], getattr(settings, field)
            constant = self._all.numbers(path, value)
            if constant is None:
                varying: Array = self._all.transformed(path, value, u[..., place : place + 1])[..., 0]
                return varying
            return np.full(u.shape[:2], np.ravel(constant))

        never = u[..., _NEVER] < np.ravel(self._all.probabilities(paths["never_enrols"], settings.never_enrols))
        cv = self._all.numbers(paths["between_site_cv"], settings.between_site_cv)
        assert cv is not None
        rates = values("referrals_per_month", _RATE) * gamma_of_mean_one(u[..., _EFFECT], np.ravel(cv))
        if settings.opens is not None:
            activates = np.full(u.shape[:2], self.design.clock.day_of(settings.opens))
        else:
            activates = values("activation_delay_days", _DELAY) - values("lead_days", _LEAD)
        return np.where(never, 0.0, rates), activates

    def block(self, group: GroupDesign, block: int, row: int) -> GroupBlock:
        """A block of referrals of all sites of a group, for one replication and those that are drawn with it.

        First blocks are drawn for the whole batch; later ones, which fewer replications need, for a few at a time.
        """
        size = self.n if block == 0 else _LATER_TOGETHER
        key = (group.name, block, row // size)
        if key not in self._blocks:
            start = row // size * size
            self._blocks[key] = self._draw(group, block, start, min(size, self.n - start))
        return self._blocks[key]

    def stand_ins(self, group: GroupDesign, block: int) -> GroupBlock:
        """A block of patients who stand in for people who are known: their times mean nothing."""
        key = (group.name, _STAND_INS + block, 0)
        if key not in self._blocks:
            self._blocks[key] = self._all.draw(group, _STAND_INS + block, 0.0)
        return self._blocks[key]

    def _draw(self, group: GroupDesign, block: int, start: int, n: int) -> GroupBlock:
        part = Part(self.design, self.streams, self.first + start, self._unknowns[start : start + n])
        reached: Array | float = 0.0
        if block:
            before = self.block(group, block - 1, start)
            skip = start + self.first - before.part.first
            reached = before.arrivals[:, skip : skip + n, -1]
        return part.draw(group, block, reached)

    def table(self, purpose: str, quantile: Quantile, group: str, n_sites: int, block: int) -> Array:
        """(sites, replications, BLOCK) values of a purpose that no uncertain value changes, made once for all."""
        key = (purpose, group, block)
        if key not in self._tables:
            uniform = self.streams.block(purpose, group, n_sites, block, self.first, self.n)
            self._tables[key] = quantile(uniform)
        return self._tables[key]
