"""Several replications of one design, drawn together.

Most of what a replication needs is known before anything happens in it: uncertain values, sites, patients, and what the
chart says of them. All this is drawn and judged here for many replications, with array operations whose cost per call
is then shared. A replication is the same in whichever batch it is drawn.

Attributes:
    MAX_REPLICATIONS: most replications that are drawn together; a compromise of speed and memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from sim.core.amended import consent_in_force
from sim.core.clock import MONTH_DAYS
from sim.core.design import Design, GroupDesign
from sim.core.drawn import Drawn
from sim.core.drift import DriftPaths
from sim.core.observed import ObservedState
from sim.core.quantiles import Quantile, gamma_of_mean_one, unit_exponential
from sim.core.referred import Referred, draw_referred
from sim.core.risk_draws import Risks
from sim.core.rows import Replications, Rows
from sim.core.start_up import StepDesign
from sim.core.start_up_draws import LATER_DRAWS, Ends, StartUps, still_to_come
from sim.core.streams import BLOCK, Streams
from sim.core.unknowns import Quantiles, Unknowns, draw_unknowns

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

MAX_REPLICATIONS = 48
_SITES_AT_ONCE = 600  # sites x replications whose blocks are in memory together

# A site's uniform numbers, and their places among them.
_DRAWS_A_SITE = 8
_RATE, _NEVER, _EFFECT, _LEAD, _DELAY = range(5)

# How far ahead referrals are drawn. Drawing too many costs less than drawing again.
_BLOCKS_AHEAD = 16  # at most, so that a trial that is never complete does not fill the memory
_LOST = 1.3  # eligible patients for each participant: some are lost before randomisation
_AND_MORE = 1.1  # factor on the end of a trial that exceeds its likely end
_FOR_OTHERS = 0.2  # power of the ratio by which one trial exceeds it, for the replications after it

_LATE_DAYS = 30.0  # mean delay of a site that should have opened on a date
_STAND_INS = 1 << 16  # blocks from this number on are stand-ins for observed people


def replications_at_once(design: Design) -> int:
    """Number of replications to draw together: fewer for more sites, so that memory does not grow with them.

    Args:
        design: the scenario, made ready; its number of sites decides.

    Returns:
        From 1 to `MAX_REPLICATIONS`. It has no influence on any result.
    """
    return max(1, min(MAX_REPLICATIONS, _SITES_AT_ONCE // max(design.n_sites, 1)))


def _places(block: int, wanted: Flags) -> Integers:
    """(rows, 3) block, site and replication of those wanted, from (sites, replications) flags."""
    places = np.argwhere(wanted)
    return np.column_stack((np.full(len(places), block), places))


class Batch:
    """Consecutive replications of a design, drawn together.

    Args:
        design: the scenario, made ready.
        seed: the experiment's seed.
        first: number of the first replication.
        n: number of consecutive replications.
        quantiles: for sensitivity analysis: probabilities of uncertain values, instead of random ones, by path.
        sites_of: for sensitivity analysis: first of the replications from which to take the sites, instead of `first`.
        observed: the state of a trial under way, which the replications continue.

    Attributes:
        design: the same; so are `first`, `n` and `observed`.
        replications: values of the scenario in each replication.
        streams: random numbers of the experiment.
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
        self.replications = Replications(first, self._unknowns)
        self._sites: dict[str, tuple[Array, Array]] = {}
        self._start_ups: dict[str, Ends] = {}  # of groups whose start-up is a network of steps
        self._drawn = {group.name: Drawn(group.count, n) for group in design.groups}
        self._ends: Array | None = None
        self._tables: dict[tuple[str, str, int], Array] = {}

    def unknowns(self, replication: int) -> Unknowns:
        """Uncertain values in one replication, given by its number.

        Args:
            replication: number in the whole experiment, not in the batch.
        """
        return self._unknowns[replication - self.first]

    @cached_property
    def starts(self) -> tuple[Array, Flags]:
        """Late start of the trial in each replication. A trial under way has started.

        Returns:
            (replications,) day on which the trial starts, and whether it never starts.
        """
        rule, path = self.design.scenario.trial.start, "trial.start.late_days"
        never = self.replications.probabilities("trial.start.never", rule.never)
        late = self.replications.probabilities("trial.start.late", rule.late)
        if self.observed is not None or not np.any(never + late):
            return np.zeros(self.n), np.zeros(self.n, dtype=bool)
        which, how_late = (self.streams.trial("trial.start", place, self.first, self.n) for place in ("", "late_days"))
        days = self.replications.numbers(path, rule.late_days)
        if days is None:
            days = self.replications.transformed(path, rule.late_days, how_late[:, None])[:, 0]  # type: ignore[arg-type]
        return np.where((which >= never) & (which < never + late), days, 0.0), which < never

    def sites(self, group: GroupDesign) -> tuple[Array, Array]:
        """Rates and activation of a group's sites.

        A group that waits for an amendment has an infinite day of activation, except for sites known to be open; see
        `days_to_open`.

        Args:
            group: a group of the same design.

        Returns:
            (sites, replications) each: referrals per month at full rate, and day of activation.
        """
        if group.name not in self._sites:
            rates, activates = self._draw_sites(group)
            if self.observed is not None:
                rates, activates = self._known_sites(self.observed, group, rates, activates)
            self._sites[group.name] = rates, self._delayed(group, activates)
        return self._sites[group.name]

    def _delayed(self, group: GroupDesign, activates: Array) -> Array:
        """Days of activation with delays by risks, except at sites that are open in the data."""
        more = self.risks.activation_days(group.name)
        if self.observed is None or isinstance(more, float):
            return activates + more
        is_to_come = activates > self.observed.now
        found: Array = np.where(is_to_come, activates + more, activates)
        return found

    @cached_property
    def risks(self) -> Risks:
        """Discrete risks: which of them strike, and how many days they cost."""
        now = -np.inf if self.observed is None else self.observed.now
        return Risks(self.design.risks, self.streams, self.replications, now)

    @cached_property
    def drift(self) -> DriftPaths | None:
        """Drift of rates in a plan; None without drift, and in forecasts, which have drift of their own."""
        rule = self.design.scenario.drift
        if rule is None or self.observed is not None:
            return None
        return DriftPaths(rule, self.streams, self.replications, self.design.horizon_days)

    def start_up(self, group: GroupDesign) -> Ends | None:
        """When the steps of start-up of the group's sites end; None for a group without steps.

        Args:
            group: a group of the same design.

        Returns:
            Days since day 0, (sites, replications) by step; in a trial under way, as observed where sites are open.
        """
        self.sites(group)
        return self._start_ups.get(group.name)

    def days_to_open(self, group: GroupDesign) -> Array:
        """Days from the day on which an amendment opens a group to the activation of each of its sites.

        Args:
            group: a group that waits for an amendment and has no steps of start-up; see `steps_to_open` for one that
                has.

        Returns:
            (sites, replications) days, with delays by risks.
        """
        days = self._of_sites(group, "activation_delay_days", self._site_draws(group)[..., _DELAY])
        found: Array = days + self.risks.activation_days(group.name)
        return found

    def steps_to_open(self, group: GroupDesign) -> dict[int, Array]:
        """Days that each step of start-up takes, by its code, for a group that an amendment opens.

        Args:
            group: a group that waits for an amendment and has steps of start-up.

        Returns:
            By code of the step, (sites, replications) days, with those that risks add to the step.
        """
        start_ups = StartUps(self.streams, self.replications, self._sites_of)
        begins, more_days = np.zeros((group.count, self.n)), partial(self.risks.more_days, group=group.name)
        return start_ups.ends(group.network, group.name, begins, more_days).days

    def _known_sites(
        self, observed: ObservedState, group: GroupDesign, rates: Array, activates: Array
    ) -> tuple[Array, Array]:
        """Rates and activation of a group's sites with what was observed of them."""
        path, consent = consent_in_force(self.design.scenario, observed.consent_of)
        p_consent = np.broadcast_to(self.replications.probabilities(path, consent), self.n)
        rates = observed.site_rates(group.name, rates, self.first, p_consent)
        if group.name in self._start_ups:
            return rates, self._known_start_up(observed, group).activates
        later, late = self._later_activations(group)
        return rates, observed.activations(group.name, activates, later, late)

    def _known_start_up(self, observed: ObservedState, group: GroupDesign) -> Ends:
        """Start-up of the group's sites that are not open; a shared step has ended if any site with it is open."""

        def over_by(step: StepDesign) -> float:
            sharing = [
                other.name
                for other in self.design.groups
                if any(own.place == step.place and own.code == step.code for own in other.network)
            ]
            opened = [
                known.activated
                for (name, _), known in observed.sites.items()
                if step.place is not None and name in sharing and known.activated is not None
            ]
            return min(opened, default=np.inf)

        draws = [self._drawn_start_up(group, draw, over_by) for draw in range(LATER_DRAWS + 1)]
        begins = self._start_up_begins(group)
        late = draws[-1].activates - begins
        found = still_to_come(draws[0], draws[1:], begins, group.name, observed, late)
        self._start_ups[group.name] = found
        return found

    def _later_activations(self, group: GroupDesign) -> tuple[Array, Array]:
        """Further draws of the activation of the group's sites, and the delay of sites that should be open by now."""
        u = self.streams.sites("site.late", group.name, group.count, self._sites_of, self.n, LATER_DRAWS)
        path, delay = group.paths["activation_delay_days"], group.settings.activation_delay_days
        lead = self.replications.numbers(group.paths["lead_days"], group.settings.lead_days)
        constant = self.replications.numbers(path, delay)
        later: Array
        late: Array
        if group.waits or group.settings.opens is not None or lead is None:
            later, late = np.zeros((*u.shape[:2], 0)), _LATE_DAYS * unit_exponential(u[..., 0])
        elif constant is None:
            drawn = self.replications.transformed(path, delay, u)  # type: ignore[arg-type]
            later, late = drawn - np.broadcast_to(lead, self.n)[:, None], drawn[..., 0]
        else:
            later, late = np.zeros((*u.shape[:2], 0)), np.broadcast_to(constant, u.shape[:2])
        return later, late

    def _site_draws(self, group: GroupDesign) -> Array:
        """(sites, replications, places) uniform numbers of the group's sites."""
        return self.streams.sites("site", group.name, group.count, self._sites_of, self.n, _DRAWS_A_SITE)

    def _of_sites(self, group: GroupDesign, field: str, u: Array) -> Array:
        """(sites, replications) value of a setting of the group's sites, from uniform numbers of the same shape."""
        path, value = group.paths[field], getattr(group.settings, field)
        constant = self.replications.numbers(path, value)
        if constant is None:
            varying: Array = self.replications.transformed(path, value, u[..., None])[..., 0]
            return varying
        return np.full(u.shape, constant)

    def _start_up_begins(self, group: GroupDesign) -> Array:
        """(sites, replications) day on which start-up work begins."""
        starts, _ = self.starts
        return starts - self._of_sites(group, "lead_days", self._site_draws(group)[..., _LEAD])

    def _drawn_start_up(
        self, group: GroupDesign, draw: int = 0, over_by: Callable[[StepDesign], float] = lambda _step: np.inf
    ) -> Ends:
        """Start-up of the group's sites, as drawn from the scenario."""
        start_ups = StartUps(self.streams, self.replications, self._sites_of)
        begins = self._start_up_begins(group)

        def more_days(step: StepDesign) -> Array | float:
            return self.risks.more_days(step, group.name)

        return start_ups.ends(group.network, group.name, begins, more_days, draw, over_by)

    def _draw_sites(self, group: GroupDesign) -> tuple[Array, Array]:
        """Draw rates and days of activation of a group's sites from the scenario: (sites, replications) each."""
        settings, paths = group.settings, group.paths
        u = self._site_draws(group)
        never = u[..., _NEVER] < self.replications.probabilities(paths["never_enrols"], settings.never_enrols)
        cv = self.replications.numbers(paths["between_site_cv"], settings.between_site_cv)
        assert cv is not None
        effect = gamma_of_mean_one(u[..., _EFFECT], np.asarray(cv))
        rates = self._of_sites(group, "referrals_per_month", u[..., _RATE]) * effect
        starts, _ = self.starts
        if group.waits:
            activates = np.full(u.shape[:2], np.inf)
        elif settings.opens is not None:
            day = self.design.clock.day_of(settings.opens)
            activates = np.broadcast_to(np.where(starts > day, starts, day), u.shape[:2])
        elif group.network:
            self._start_ups[group.name] = self._drawn_start_up(group)
            activates = self._start_ups[group.name].activates
        else:
            delay, lead = (
                self._of_sites(group, field, u[..., place])
                for field, place in (("activation_delay_days", _DELAY), ("lead_days", _LEAD))
            )
            activates = delay - lead + starts
        return np.where(never, 0.0, rates), activates

    def referred(self, group: GroupDesign, site: int, replication: int, block: int) -> tuple[Referred, int]:
        """A block of referrals of one site in one replication; drawn with others that are likely to be needed.

        Args:
            group: the site group.
            site: number of the site in the group, from 0.
            replication: number of the replication in the batch, from 0.
            block: number of the block of referrals, from 0.

        Returns:
            The blocks drawn together, and the row of this one.
        """
        drawn = self._drawn[group.name]
        found = drawn.get(block, site, replication)
        if found is None:
            places = self._to_draw(group, site, replication, block)
            for start in range(0, len(places), _SITES_AT_ONCE):
                part = places[start : start + _SITES_AT_ONCE]
                drawn.add(part, draw_referred(self.design, Rows(self.streams, self.replications, group, part)))
            found = drawn.get(block, site, replication)
            assert found is not None
        return found

    def drawn(self, group: GroupDesign, since: int) -> list[tuple[Integers, Referred]]:
        """The referrals of a group that have been drawn so far; see `Drawn.parts`.

        Args:
            group: a group of the same design.
            since: how many parts the caller knows already.

        Returns:
            The parts drawn since then: (rows, 3) block, site and replication in the batch of each row, and their
            referrals.
        """
        return self._drawn[group.name].parts(since)

    def first_block(self, group: GroupDesign) -> Referred:
        """The first block of referrals of all sites of a group in all replications of the batch."""
        return self.referred(group, 0, 0, 0)[0]

    def _to_draw(self, group: GroupDesign, site: int, replication: int, block: int) -> Integers:
        """(rows, 3) blocks, sites and replications to draw together with the one that is needed now.

        First blocks are drawn for all, then those likely to be needed in this replication and later ones. If an
        unlikely one is needed, the trial lasts longer than estimated: this one, and to a lesser degree others.
        """
        drawn = self._drawn[group.name]
        if block == 0 or block >= _STAND_INS:
            return _places(block, drawn.missing(block))
        rates, opens = self._sites_open(group)
        opens = np.where(np.isinf(opens), 0.0, opens)  # sites that wait for an amendment count as open
        ends = self._likely_ends()
        if rates[site, replication] > 0:
            end = opens[site, replication] + block * BLOCK / rates[site, replication]
            if end > ends[replication]:
                ends[replication + 1 :] *= (end / ends[replication]) ** _FOR_OTHERS
                ends[replication] = _AND_MORE * end
        n_likely = rates * np.maximum(ends - opens, 0.0)
        n_likely[:, :replication] = 0.0
        found = []
        most = min(int(n_likely.max() / BLOCK), block + _BLOCKS_AHEAD)
        for later in range(1, max(block, most) + 1):
            wanted = drawn.missing(later) & (n_likely >= later * BLOCK)
            wanted[site, replication] |= later == block
            found.append(_places(later, wanted))
        return np.concatenate(found)

    def _sites_open(self, group: GroupDesign) -> tuple[Array, Array]:
        """(sites, replications) referrals a day at full speed, and day from which the site looks at them."""
        rates, activates = self.sites(group)
        return rates / MONTH_DAYS, np.maximum(activates, self.starts[0])

    def _likely_ends(self) -> Array:
        """(replications,) days by which the target is likely to be met, to choose what to draw.

        The number of patients needed follows from the share eligible among the first ones, with some more for those
        lost before randomisation; sites refer at their full rate from opening. No result depends on it.
        """
        if self._ends is None:
            groups = [group for group in self.design.groups if group.count]
            rates, opens = (np.concatenate(columns) for columns in zip(*map(self._sites_open, groups), strict=True))
            eligible = sum(self._n_eligible(group) for group in groups)
            needed = _LOST * self.design.scenario.trial.target * BLOCK * self.design.n_sites / np.maximum(eligible, 1)
            order = np.argsort(opens, axis=0)
            rates, opens = np.take_along_axis(rates, order, 0), np.take_along_axis(opens, order, 0)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # rates of 0, or next to it
                ends = (needed + np.cumsum(rates * opens, axis=0)) / np.cumsum(rates, axis=0)
            self._ends = np.fmin(np.fmin.reduce(ends, axis=0), self.design.horizon_days)
        return self._ends

    def _n_eligible(self, group: GroupDesign) -> Integers:
        """(replications,) patients of the first blocks of a group who consent and fail nothing."""
        self.referred(group, 0, 0, 0)
        n: Integers = self._drawn[group.name].n_eligible(0).sum(axis=0)
        return n

    def stand_ins(self, group: GroupDesign, site: int, replication: int, block: int) -> tuple[Referred, int]:
        """A block of patients who stand in for observed people; their times are not used. See `referred`.

        Args:
            group: a group of the same design.
            site: number of the site within the group, from 0.
            replication: number of the replication within the batch, from 0.
            block: number of the block of stand-ins, from 0; their draws are at blocks that no simulated referral
                reaches.

        Returns:
            The referrals, and the row of this block among theirs.
        """
        return self.referred(group, site, replication, _STAND_INS + block)

    def table(self, purpose: str, quantile: Quantile, group: str, n_sites: int, block: int) -> Array:
        """Values of a purpose that no uncertain value changes, drawn once for all replications of the batch.

        Args:
            purpose: what the values are for.
            quantile: turns uniform numbers into values.
            group: name of the site group; empty for the trial as a whole.
            n_sites: sites in the group.
            block: number of the block of counts, from 0.

        Returns:
            (sites, replications, BLOCK) values.
        """
        key = (purpose, group, block)
        if key not in self._tables:
            uniform = self.streams.block(purpose, group, n_sites, block, self.first, self.n)
            self._tables[key] = quantile(uniform)
        return self._tables[key]
