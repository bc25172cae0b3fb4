"""Known causes of a change in the rate besides its drift: open sites, and the days around New Year.

A term multiplies the rate by exp(coefficient x value). Its coefficient has a normal prior, which the data update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import ObservedTrial
from sim.forecast.rate.settings import YEAR_END, NormalPrior, RateSettings

Array = npt.NDArray[np.float64]

_SPARE_DAYS = 30.0  # added to the window, so that few openings in a short time do not promise many more
_MONTH_DAYS = 365.25 / 12
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
            more = (opens[:, :, None] <= middle).sum(axis=1) + (self.a_month or 0.0) * (middle - self.now) / _MONTH_DAYS
            growing: Array = np.log1p(n_open + more)
            return growing
        if self.is_complete:
            return np.full((1, len(middle)), np.log1p(n_open))
        fades = self.settings.opening_fades * self.now
        # Counts by month may end before the as-of day; they continue from their own last day.
        since = middle - edges[0]
        drawn_on: Array = np.log1p(n_open + per_day * fades * (1 - np.exp(-since / fades)))
        return drawn_on


def _site_term(trial: ObservedTrial, settings: RateSettings) -> OpenSites | None:
    """Openings from a table of sites, from first persons, or from counts of activations."""
    now = trial.now
    late = [
        site.activated - site.planned for site in trial.sites if site.activated is not None and site.planned is not None
    ]
    late_days = max(float(np.mean(late)), 1.0) if late else _LATE_DAYS
    planned = np.array([site.planned for site in trial.sites if site.planned is not None and site.activated is None])
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
    a_month = trial.sites_a_month
    return OpenSites(settings.open_sites, opened, closed, planned, late_days, settings, now, a_month=a_month)


def terms(trial: ObservedTrial, settings: RateSettings) -> list[Term]:
    """Return the terms that the data of a trial allow.

    Args:
        trial: the trial, as far as it is known.
        settings: priors.
    """
    found: list[Term] = []
    if trial.has_calendar:
        found.append(YearEnd(settings.year_end, trial))
    sites = _site_term(trial, settings)
    if sites is not None:
        found.append(sites)
    return found
