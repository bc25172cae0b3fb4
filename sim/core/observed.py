"""The observed state of a trial under way, which replications continue.

A replication of such a trial repeats what was observed at the times at which it happened, and is simulated from then
on. Anything not observed (a participant's doses, their weight) is drawn as for any patient.

Attributes:
    UNKNOWN: stands for an arm, or another index, that the data do not have.
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
    """A site of which something is known. Days count from day 0 of the scenario.

    Attributes:
        activated: day of activation; None for a site that is still to open.
        closed: day of closing; None for an open site.
        planned: planned day of activation of a site that is still to open; None without a plan.
        closing: planned day of closing, after the end of the data; None without a plan.
        last_randomised: day of its last randomisation; None for never.
        rate: column of its rate in `ObservedState.rates`; None for the scenario's own rate.
    """

    activated: float | None = None
    closed: float | None = None
    planned: float | None = None
    closing: float | None = None
    last_randomised: float | None = None
    rate: int | None = None


@dataclass(frozen=True)
class KnownPerson:
    """A person who is or was in the trial. Days count from day 0 of the scenario.

    Attributes:
        site: site group, and number of the site in it.
        screened: day on which screening began.
        randomised: day of randomisation; None for a person in screening.
        ended: day of leaving or of the last visit; None for a person still in the trial.
        way_out: code of the way of leaving; None for the last visit.
        arm: index of the arm; `UNKNOWN` if the data do not have it.
        is_leaving_known: whether `ended` tells if and how they left; otherwise that is drawn from randomisation on.
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
        now: end of the data, in days since day 0.
        sites: what is known of sites, by group and number.
        people: all who are or were in the trial, in order of time.
        rates: (draws, known sites) randomisations per month of the open sites, at the rate now.
        passing: share of referrals that are randomised, averaged over uncertain values.
        mean_consent: mean probability of consent over uncertain values, which `passing` includes.
        consent_of: the amendment whose probability of consent is in force; empty for that of the scenario.
        edges: (k + 1,) ends of the steps in which the rate drifts, from `now` on; empty without drift.
        drift: (draws, k) rate in each step relative to the rate now.
        new_sites: by group, (draws,) factor on the rates of sites still to open, learnt from the open ones.
        pipeline_days: how long before `now` people still in screening may have been referred; 0 if the data name them.
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
        """Day from which referrals are simulated; before it, only observed people are referred."""
        return self.now - self.pipeline_days

    def drifting(self, calendar: Steps, replication: int) -> Steps:
        """A calendar with the drift of one draw, from the end of the data on.

        Args:
            calendar: the calendar without drift.
            replication: number of the replication, which selects the draw.

        Returns:
            The calendar times the drift; the same calendar if rates do not drift.
        """
        if not len(self.edges):
            return calendar
        return calendar.multiplied(self.edges, self.drift[replication % len(self.drift)])

    def site_rates(self, group: str, rates: Array, first: int, consent: Array) -> Array:
        """Referral rates of a group's sites: observed rates if known, else the scenario's with the factor of new sites.

        Args:
            group: name of the group.
            rates: (sites, replications) referrals per month as drawn from the scenario.
            first: number of the first replication.
            consent: (replications,) probability of consent.

        Returns:
            (sites, replications) referrals per month.
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
        """Days of activation of a group's sites: as observed, as planned, or else after the end of the data.

        Args:
            group: name of the group.
            activates: (sites, replications) days as drawn from the scenario.
            later: (sites, replications, k) further draws of the same.
            delays: (sites, replications) days of delay of a site that should have opened before the data end.

        Returns:
            (sites, replications) days.
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
        """The first of several draws that is after now; if none is, start-up begins now."""
        draws = np.concatenate((activates[:, None], later), axis=1)
        is_later = draws > self.now
        first = draws[np.arange(len(draws)), np.argmax(is_later, axis=1)]
        found: Array = np.where(is_later.any(axis=1), first, self.now + delays)
        return found
