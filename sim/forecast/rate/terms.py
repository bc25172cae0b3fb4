"""Known causes of a change in the rate besides its drift: open sites, closings to come, and the days around New Year.

A term multiplies the rate by exp(coefficient x value). Its coefficient has a normal prior, which the data update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.core.clock import MONTH_DAYS
from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.forecast.rate.poisson_gamma import empirical_bayes
from sim.forecast.rate.settings import YEAR_END, NormalPrior, RateSettings

Array = npt.NDArray[np.float64]

_SPARE_DAYS = 30.0  # added to the window, so that few openings in a short time do not promise many more
_NEARLY_NOTHING = 1e-12
_LEAST_EXPOSURE_DAYS = 1.0
_OPENINGS = 1000  # draws of openings to come, of which the mean is taken
_LATE_DAYS = 30.0  # mean delay of a planned opening, if this trial's delays are not known


class Term(Protocol):
    """Something that changes the rate."""

    @property
    def prior(self) -> NormalPrior:
        """Prior of its coefficient."""

    @property
    def is_simulated(self) -> bool:
        """Whether the simulation of a trial includes it, so that it must not be part of the drift."""

    def past(self, edges: Array) -> Array:
        """Return the value in each past bin.

        Args:
            edges: (k + 1,) ends of the bins, in days since the trial's first day.

        Returns:
            (k,) values.
        """

    def ahead(self, edges: Array, draws: int, random: np.random.Generator) -> Array:
        """Return the value in each future bin.

        Args:
            edges: (k + 1,) ends of the bins, in days since the trial's first day.
            draws: number of futures.
            random: random numbers.

        Returns:
            (draws, k) values, or (1, k) if they are the same in all futures.
        """


@dataclass(frozen=True, eq=False)
class YearEnd:
    """The share of each bin that lies around New Year.

    Attributes:
        prior: prior of the log factor on those days.
        trial: the trial, whose first day dates the bins.
    """

    prior: NormalPrior
    trial: ObservedTrial
    is_simulated = False

    def past(self, edges: Array) -> Array:
        """See `Term`."""
        first, last = YEAR_END
        n_days = int(np.ceil(edges[-1])) + 1
        dates = np.datetime64(self.trial.first) + np.arange(n_days)
        months = dates.astype("datetime64[M]")
        day = 100 * (months.astype(np.int64) % 12 + 1) + (dates - months).astype(np.int64) + 1  # as in 1220
        is_in = (day >= 100 * first[0] + first[1]) | (day <= 100 * last[0] + last[1])
        total = np.concatenate(([0.0], np.cumsum(is_in)))
        return np.diff(np.interp(edges, np.arange(n_days + 1), total)) / np.diff(edges)

    def ahead(self, edges: Array, draws: int, random: np.random.Generator) -> Array:
        """See `Term`."""
        del draws, random
        return self.past(edges)[None, :]


@dataclass(frozen=True, eq=False)
class OpenSites:
    """log(1 + open sites). Sites continue to open as recently, but ever more slowly, unless a plan says when.

    Attributes:
        prior: prior of the exponent.
        opened: days on which sites opened, increasing.
        closed: days on which sites closed, increasing.
        planned: planned opening days of future sites; empty without a plan.
        planned_until: planned closing days of those sites; infinity where none is planned.
        late_days: mean delay of a planned opening, in days.
        settings: how future openings are drawn.
        now: end of the data.
        is_complete: whether no sites open other than those planned.
        a_month: number of sites that open per month from now on besides those planned, if the user said; else None.
    """

    prior: NormalPrior
    opened: Array
    closed: Array
    planned: Array
    late_days: float
    settings: RateSettings
    now: float
    is_complete: bool = False
    a_month: float | None = None
    planned_until: Array | None = None
    is_simulated = True

    @property
    def value_now(self) -> float:
        """log(1 + number of sites that are open now)."""
        return float(np.log1p(len(self.opened) - len(self.closed)))

    def past(self, edges: Array) -> Array:
        """See `Term`."""
        middle = (edges[1:] + edges[:-1]) / 2
        n_open = np.searchsorted(self.opened, middle) - np.searchsorted(self.closed, middle)
        found: Array = np.log1p(np.maximum(n_open, 0).astype(np.float64))
        return found

    def ahead(self, edges: Array, draws: int, random: np.random.Generator) -> Array:
        """See `Term`."""
        middle = (edges[1:] + edges[:-1]) / 2
        n_open = float(len(self.opened) - len(self.closed))
        window = max(self.settings.opening_window * self.now, self.settings.opening_window_days)
        recent = np.count_nonzero(self.opened > self.now - window)
        # Always drawn, so that futures with and without further openings share their random numbers.
        per_day = random.gamma(recent + 0.5, size=(draws, 1)) / (window + _SPARE_DAYS)
        if len(self.planned) or self.a_month is not None:
            delays = random.exponential(self.late_days, (draws, len(self.planned)))
            opens = np.maximum(self.planned, self.now) + delays
            is_there = (opens[:, :, None] <= middle) & (middle < self._until[:, None])
            more = is_there.sum(axis=1) + (self.a_month or 0.0) * (middle - self.now) / MONTH_DAYS
            growing: Array = np.log1p(n_open + more)
            return growing
        if self.is_complete:
            return np.full((1, len(middle)), np.log1p(n_open))
        fades = self.settings.opening_fades * self.now
        # Counts by month may end before the as-of day; they continue from their own last day.
        since = middle - edges[0]
        drawn_on: Array = np.log1p(n_open + per_day * fades * (1 - np.exp(-since / fades)))
        return drawn_on

    @property
    def _until(self) -> Array:
        return np.full(len(self.planned), np.inf) if self.planned_until is None else self.planned_until


@dataclass(frozen=True, eq=False)
class Closings:
    """log of the share of the rate that is left when sites close as planned: a closed site recruits nobody.

    Attributes:
        closes: (m,) planned days of closing.
        share: (m,) each site's share of the rate of the open sites.
        sites: the sites that are open, and those to come, which take nothing over from a closed one.
    """

    closes: Array
    share: Array
    sites: OpenSites
    prior = NormalPrior(1.0, 1e-6)
    is_simulated = True

    def past(self, edges: Array) -> Array:
        """See `Term`."""
        return np.zeros(len(edges) - 1)

    def ahead(self, edges: Array, draws: int, random: np.random.Generator) -> Array:
        """See `Term`."""
        del draws, random
        gone = np.clip((edges[1:, None] - self.closes) / np.diff(edges)[:, None], 0.0, 1.0) @ self.share
        # Mean openings, from random numbers of their own, so that those of other terms are the same without closings.
        there = np.expm1(self.sites.ahead(edges, _OPENINGS, np.random.Generator(np.random.Philox(0)))).mean(axis=0)
        n_now = np.expm1(self.sites.value_now)
        found: Array = np.log(np.maximum(1.0 - gone * n_now / np.maximum(there, n_now), _NEARLY_NOTHING))
        return found[None, :]


def _site_term(trial: ObservedTrial, settings: RateSettings) -> OpenSites | None:
    """Openings from a table of sites, from first persons, or from counts of activations.

    None where the data have none of these, or no site has opened.
    """
    now = trial.now
    late = [
        site.activated - site.planned for site in trial.sites if site.activated is not None and site.planned is not None
    ]
    late_days = max(float(np.mean(late)), 1.0) if late else _LATE_DAYS
    is_planned = [site.planned is not None and site.activated is None for site in trial.sites]
    planned = np.array([site.planned for site, is_to_come in zip(trial.sites, is_planned, strict=True) if is_to_come])
    closed = np.sort([site.closed for site in trial.sites if site.closed is not None]).astype(np.float64)
    if trial.has_sites or any(site.activated is not None for site in trial.sites):
        seen = trial.first_seen()
        opened = np.sort(seen[~np.isnan(seen)])
    elif trial.funnel is not None and not np.isnan(trial.funnel.sites_activated).all():
        counts = np.nan_to_num(trial.funnel.sites_activated).astype(np.int64)
        opened = np.repeat((trial.funnel.start + trial.funnel.end) / 2, counts)
    else:
        return None
    if not len(opened):
        return None
    return OpenSites(
        settings.open_sites,
        opened,
        closed,
        planned,
        late_days,
        settings,
        now,
        a_month=trial.sites_a_month,
        planned_until=trial.closings[is_planned],
    )


def _closings(trial: ObservedTrial, sites: OpenSites) -> Closings | None:
    """Planned closings of open sites. Sites whose people are known share the rate as these came; others equally."""
    seen = trial.first_seen()
    is_open = ~np.isnan(seen) & np.array([site.closed is None for site in trial.sites], dtype=bool)
    closes = trial.closings[is_open]
    if not np.isfinite(closes).any():
        return None
    rates = np.ones(len(closes))
    if trial.has_sites:
        at_site = trial.people.site[(trial.people.site != NO_SITE) & ~np.isnan(trial.people.randomised)]
        counts = np.bincount(at_site, minlength=len(seen))[is_open].astype(np.float64)
        rates = empirical_bayes(counts, np.maximum(trial.now - seen[is_open], _LEAST_EXPOSURE_DAYS)).mean
    share = rates / rates.sum()
    is_closing = np.isfinite(closes)
    return Closings(closes[is_closing], share[is_closing], sites)


def terms(trial: ObservedTrial, settings: RateSettings) -> list[Term]:
    """Return the terms that the data of a trial allow.

    Args:
        trial: the trial, as far as it is known.
        settings: priors.

    Returns:
        In the order in which the model has them; empty for counts without dates and sites.
    """
    found: list[Term] = []
    if trial.has_calendar:
        found.append(YearEnd(settings.year_end, trial))
    sites = _site_term(trial, settings)
    if sites is not None:
        found.append(sites)
        closings = _closings(trial, sites)
        found += [closings] if closings is not None else []
    return found
