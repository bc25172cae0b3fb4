"""What is known of a trial that is under way, for replications that go on from there.

A replication of such a trial lives through what was observed, at the times at which it was, and is simulated from then
on. What was not observed (a participant's doses, their weight) is drawn as for anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.core.intensity import Steps

Array = npt.NDArray[np.float64]
SiteKey = tuple[str, int]  # group, and number in it

UNKNOWN = -1


@dataclass(frozen=True)
class KnownSite:
    """A site of which something is known. Days are since day 0 of the scenario.

    Attributes:
        activated: when it opened; None for one that is still to open.
        closed: when it closed; None for one that is open.
        planned: when one that is still to open is planned to; None without a plan.
        last_randomised: when it last randomised; None for never.
        rate: its place among the rates; None for the scenario's own rate.
    """

    activated: float | None = None
    closed: float | None = None
    planned: float | None = None
    last_randomised: float | None = None
    rate: int | None = None


@dataclass(frozen=True)
class KnownPerson:
    """Someone who is in the trial, or was.

    Attributes:
        site: where.
        screened: when screening began.
        randomised: when they were randomised; None for one in screening.
        ended: when they left, or had the last visit; None for one still in.
        way_out: code of the way of leaving; None for the last visit.
        arm: index of the arm; `UNKNOWN` where the data do not say.
        is_leaving_known: whether `ended` says whether and how they left; else that is drawn from randomisation on.
    """

    site: SiteKey
    screened: float
    randomised: float | None = None
    ended: float | None = None
    way_out: int | None = None
    arm: int = UNKNOWN
    is_leaving_known: bool = True


@dataclass(frozen=True, eq=False)
class ObservedState:
    """The state of a trial at the end of the data.

    Attributes:
        now: the end of the data.
        sites: what is known of sites, by group and number.
        people: everyone who is or was in the trial, in order of time.
        rates: (draws, known sites) randomisations a month of the open sites, at the rate now.
        passing: share of those referred who are randomised, on average over what is uncertain.
        mean_consent: mean of the probability of consent over what is uncertain, to which `passing` belongs.
        consent_of: the amendment whose consent is in force; empty for that of the scenario.
        edges: (k + 1,) ends of the steps in which the rate drifts, from `now` on; empty for no drift.
        drift: (draws, k) rate in each step relative to the rate now.
        new_sites: (draws,) by group, what its sites still to open are multiplied by: what its open ones have taught.
        pipeline_days: how long before `now` people may have been referred who are still in screening; 0 where the data
            name them.
    """

    now: float
    sites: dict[SiteKey, KnownSite] = field(default_factory=dict)
    people: tuple[KnownPerson, ...] = ()
    rates: Array = field(default_factory=lambda: np.zeros((1, 0)))
    passing: float = 1.0
    mean_consent: float = 1.0
    consent_of: str = ""
    edges: Array = field(default_factory=lambda: np.zeros(0))
    drift: Array = field(default_factory=lambda: np.zeros((1, 0)))
    new_sites: dict[str, Array] = field(default_factory=dict)
    pipeline_days: float = 0.0

    @property
    def arrivals_from(self) -> float:
        """Before this, nobody is referred but those who are known."""
        return self.now - self.pipeline_days

    def drifting(self, calendar: Steps, replication: int) -> Steps:
        """A calendar whose factor drifts from now on, as in one of the draws."""
        if not len(self.edges):
            return calendar
        return calendar.multiplied(self.edges, self.drift[replication % len(self.drift)])

    def site_rates(self, group: str, rates: Array, first: int, consent: Array) -> Array:
        """Referral rates a month of a group's sites: those that are known, and what they teach of the others.

        Args:
            group: name of the group.
            rates: (sites, replications) as drawn from the scenario.
            first: number of the first replication.
            consent: (replications,) probability of consent in each.
        """
        rates = rates.copy()
        replications = first + np.arange(rates.shape[1])
        if group in self.new_sites:
            factor = self.new_sites[group]
            rates *= factor[replications % len(factor)]
        passing = self.passing * consent / self.mean_consent
        for row in range(len(rates)):
            known = self.sites.get((group, row))
            if known is not None and known.rate is not None:
                rates[row] = self.rates[replications % len(self.rates), known.rate] / passing
        return rates

    def activations(self, group: str, activates: Array, later: Array, delays: Array) -> Array:
        """Days of activation of a group's sites: as known, as planned, else later than now.

        Args:
            group: name of the group.
            activates: (sites, replications) as drawn from the scenario.
            later: (sites, replications, k) further draws of the same.
            delays: (sites, replications) how late a site is that should have opened by now, in days.
        """
        found = activates.copy()
        for row in range(len(found)):
            known = self.sites.get((group, row), KnownSite())
            if known.activated is not None:
                found[row] = known.activated
            elif known.planned is not None:
                found[row] = known.planned if known.planned > self.now else self.now + delays[row]
            else:
                found[row] = self._still_to_come(activates[row], later[row], delays[row])
        return found

    def _still_to_come(self, activates: Array, later: Array, delays: Array) -> Array:
        """The first of several draws that is after now; where none is, start-up begins now."""
        draws = np.concatenate((activates[:, None], later), axis=1)
        is_later = draws > self.now
        first = draws[np.arange(len(draws)), np.argmax(is_later, axis=1)]
        found: Array = np.where(is_later.any(axis=1), first, self.now + delays)
        return found
