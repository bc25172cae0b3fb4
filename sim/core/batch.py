"""Several replications of one design, drawn together.

Most of what a replication needs is known before anything happens in it: what is uncertain, its sites, its patients and
what the chart says of them. These are drawn and judged here for many replications at once, with array operations whose
cost per call is then shared. A replication is the same whichever batch it is in.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.core.clock import MONTH_DAYS
from sim.core.design import Design, GroupDesign
from sim.core.observed import ObservedState
from sim.core.quantiles import Quantile, gamma_of_mean_one, unit_exponential
from sim.core.referred import Referred, draw_referred
from sim.core.rows import Replications, Rows
from sim.core.streams import BLOCK, Streams
from sim.core.unknowns import Quantiles, Unknowns, draw_unknowns

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_REPLICATIONS = 48
_SITES_AT_ONCE = 600  # sites x replications whose blocks are in memory together

# A site's uniform numbers, and their places among them.
_DRAWS_A_SITE = 8
_RATE, _NEVER, _EFFECT, _LEAD, _DELAY = range(5)

_NEARLY = 0.8  # as likely to be needed; drawing some rows in vain costs less than drawing again
_LATER_DRAWS = 16  # further draws of a site's activation, of which the first that is after the data holds
_LATE_DAYS = 30.0  # mean delay of a site that should have opened on a date
_STAND_INS = 1 << 16  # blocks from this on are of patients who stand in for people who are known


def replications_at_once(design: Design) -> int:
    """How many replications are worth drawing together: fewer for more sites, so that memory stays flat."""
    return max(1, min(MAX_REPLICATIONS, _SITES_AT_ONCE // max(design.n_sites, 1)))


class Drawn:
    """What has been drawn of one block of referrals of a group.

    Args:
        n_sites: sites in the group.
        n: replications.

    Attributes:
        parts: what was drawn together.
        part: (sites, replications) in which part each is; -1 where it is in none.
        row: (sites, replications) which row of the part each is.
    """

    def __init__(self, n_sites: int, n: int) -> None:
        self.parts: list[Referred] = []
        self.part = np.full((n_sites, n), -1)
        self.row = np.zeros((n_sites, n), dtype=np.int64)

    def add(self, places: Integers, referred: Referred) -> int:
        """Keep what was drawn for (rows, 2) sites and replications; returns which part it is."""
        where = places[:, 0], places[:, 1]
        self.part[where] = len(self.parts)
        self.row[where] = np.arange(len(places))
        self.parts.append(referred)
        return len(self.parts) - 1

    def reached(self, places: Integers) -> Array:
        """(rows,) unit-rate times of the last referrals, at (rows, 2) sites and replications."""
        where = places[:, 0], places[:, 1]
        last = np.empty(len(places))
        for number, part in enumerate(self.parts):
            mine = self.part[where] == number
            last[mine] = part.arrivals[self.row[where][mine], -1]
        return last


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
        self._all = Replications(first, self._unknowns)
        self._sites: dict[str, tuple[Array, Array]] = {}
        self._drawn: dict[tuple[str, int], Drawn] = {}
        self._likely: dict[str, Array] = {}
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
        p_consent = np.broadcast_to(self._all.probabilities("screening.consent", consent), self.n)
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
            later, late = drawn - np.broadcast_to(lead, self.n)[:, None], drawn[..., 0]
        else:
            later, late = np.zeros((*u.shape[:2], 0)), np.broadcast_to(constant, u.shape[:2])
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
            return np.full(u.shape[:2], constant)

        never = u[..., _NEVER] < self._all.probabilities(paths["never_enrols"], settings.never_enrols)
        cv = self._all.numbers(paths["between_site_cv"], settings.between_site_cv)
        assert cv is not None
        rates = values("referrals_per_month", _RATE) * gamma_of_mean_one(u[..., _EFFECT], np.asarray(cv))
        if settings.opens is not None:
            activates = np.full(u.shape[:2], self.design.clock.day_of(settings.opens))
        else:
            activates = values("activation_delay_days", _DELAY) - values("lead_days", _LEAD)
        return np.where(never, 0.0, rates), activates

    def referred(self, group: GroupDesign, site: int, replication: int, block: int) -> tuple[Referred, int]:
        """A block of referrals of one site of a group in one replication, and which row of it is theirs.

        Args:
            group: the group.
            site: number in the group, from 0.
            replication: number in the batch, from 0.
            block: which block of referrals, from 0.
        """
        drawn = self._drawn.get((group.name, block))
        if drawn is None:
            drawn = self._drawn[group.name, block] = Drawn(group.count, self.n)
        part = drawn.part.item(site, replication)
        if part < 0:
            places = self._to_draw(group, site, replication, block)
            part = drawn.add(places, self._draw(group, block, places))
        return drawn.parts[part], drawn.row.item(site, replication)

    def first_block(self, group: GroupDesign) -> Referred:
        """The first block of referrals of all sites of a group in all replications of the batch."""
        return self.referred(group, 0, 0, 0)[0]

    def _to_draw(self, group: GroupDesign, site: int, replication: int, block: int) -> Integers:
        """(rows, 2) sites and replications whose block is drawn together with the one that is needed now.

        First blocks are drawn for all. A later one is drawn for those replications to come in which a site is likely
        to have nearly as many referrals as were likely here, or as the blocks before have.
        """
        drawn = self._drawn[group.name, block]
        if block == 0 or block >= _STAND_INS:
            return np.argwhere(drawn.part < 0)
        likely = self._likely_referrals()[group.name]
        wanted = (drawn.part < 0) & (likely >= _NEARLY * min(likely[site, replication], block * BLOCK))
        wanted[:, :replication] = False
        before = self._drawn[group.name, block - 1]
        wanted &= before.part >= 0
        wanted[site, replication] = True
        return np.argwhere(wanted)

    def _likely_referrals(self) -> dict[str, Array]:
        """(sites, replications) referrals by group until the target is met, roughly: what is worth drawing.

        As many patients are needed as the share of those eligible among the first ones tells, and sites refer at their
        full rate from when they open. No result depends on it.
        """
        if not self._likely:
            groups = [group for group in self.design.groups if group.count]
            rates, opens = (np.concatenate(columns) for columns in zip(*map(self.sites, groups), strict=True))
            opens = np.maximum(opens, 0.0)
            eligible = sum(self._n_eligible(group) for group in groups)
            needed = self.design.scenario.trial.target * BLOCK * self.design.n_sites / np.maximum(eligible, 1)
            order = np.argsort(opens, axis=0)
            by_opening = np.take_along_axis(rates, order, 0), np.take_along_axis(opens, order, 0)
            total = np.cumsum(by_opening[0], axis=0)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # rates of 0, or next to it
                ends = (needed * MONTH_DAYS + np.cumsum(by_opening[0] * by_opening[1], axis=0)) / total
            end = np.minimum(np.fmin.reduce(ends, axis=0), self.design.horizon_days)
            likely = rates / MONTH_DAYS * np.maximum(end - opens, 0.0)
            self._likely = {g.name: likely[g.first_site : g.first_site + g.count] for g in groups}
        return self._likely

    def _n_eligible(self, group: GroupDesign) -> Integers:
        """(replications,) patients of the first blocks of a group who consent and fail nothing."""
        n: Integers = self.first_block(group).people.n_eligible().reshape(group.count, self.n).sum(axis=0)
        return n

    def stand_ins(self, group: GroupDesign, site: int, replication: int, block: int) -> tuple[Referred, int]:
        """A block of patients who stand in for people who are known: their times mean nothing."""
        return self.referred(group, site, replication, _STAND_INS + block)

    def _draw(self, group: GroupDesign, block: int, places: Integers) -> Referred:
        reached: Array | float = 0.0
        if 0 < block < _STAND_INS:
            reached = self._drawn[group.name, block - 1].reached(places)
        return draw_referred(self.design, Rows(self.streams, self._all, group, block, places), reached)

    def table(self, purpose: str, quantile: Quantile, group: str, n_sites: int, block: int) -> Array:
        """(sites, replications, BLOCK) values of a purpose that no uncertain value changes, made once for all."""
        key = (purpose, group, block)
        if key not in self._tables:
            uniform = self.streams.block(purpose, group, n_sites, block, self.first, self.n)
            self._tables[key] = quantile(uniform)
        return self._tables[key]
