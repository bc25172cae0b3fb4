"""Everything that is learnt from the data of a trial: site rates, shape over time, funnel, screening times, leaving.

It says what the data show and how sure that is, and nothing of the future: forecasts are made from it, or from a plan,
elsewhere. How a fit becomes a scenario is in `sim.forecast.fit.scenario`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from sim.analysis.shown import Shown
from sim.core.clock import MONTH_DAYS
from sim.errors import Problem, UsageError
from sim.exchange.observed import FAILED, NO_SITE, ObservedTrial
from sim.forecast.doubts import Doubt, doubts
from sim.forecast.fit.calendar_effects import WeekdayEffect, weekdays, year_end_factor
from sim.forecast.fit.leaving import WayOfLeaving, follow_up_weeks, ways_of_leaving
from sim.forecast.fit.scenario import ALL_SITES
from sim.forecast.fit.shapes import ShapeChoice, choose_shape
from sim.forecast.rate.drifting import RatePosterior, fit_rate
from sim.forecast.rate.history import history
from sim.forecast.rate.outlook import look_ahead
from sim.forecast.rate.poisson_gamma import GammaRate, SiteRates, empirical_bayes, site_posteriors
from sim.forecast.rate.settings import SETTINGS
from sim.forecast.rate.terms import Closings, OpenSites, terms

Array = npt.NDArray[np.float64]

_MOST_TIMES = 101  # maximum number of quantiles of screening times
_DRAWS_AHEAD = 2000
_LEAST_MONTHS = 1 / MONTH_DAYS


@dataclass(frozen=True)
class PassFraction:
    """A step of the funnel.

    Attributes:
        name: the step.
        passed: number of people who passed it.
        total: number of people of whom it is known whether they passed.
    """

    name: str
    passed: float
    total: float

    @property
    def mean(self) -> float:
        """Posterior mean with Jeffreys' prior, Beta(1/2, 1/2)."""
        return (self.passed + 0.5) / (self.total + 1.0)


@dataclass(frozen=True, repr=False)
class Fit(Shown):
    """What was learnt from the data of a trial.

    Attributes:
        trial: the trial, until recruitment was over or the data ended.
        target: number of randomisations wanted.
        until: last day of recruitment that was learnt from.
        names: (sites,) names; one name for all where sites are not known.
        opened: (sites,) day of opening; NaN for future sites.
        closed: (sites,) day of closing; NaN for open sites.
        closing: (sites,) day on which recruitment of an open or future site is to end; infinity where none is known.
        planned: (sites,) planned opening day of a future site; NaN for others.
        is_opening_known: whether openings are known; otherwise the first person at a site stands for its opening.
        counts: (sites,) people referred.
        months: (sites,) exposure in months at the present rate.
        rates: referrals per month.
        funnel: steps from referral to randomisation.
        fails_at_once: whether most screen failures are known on the day of screening.
        screening_days: quantiles of days from the start of screening to randomisation; empty where not known.
        shape: candidate shapes, their scores and the choice.
        factor: (k,) rate in each bin of the history relative to the rate now, by the chosen shape.
        posterior: posterior of the drifting rate.
        ahead: (median, sigma) of the log of the mean future rate relative to the rate now.
        weekday: randomisations by weekday.
        year_end: 10, 50, 90 % points of the factor around New Year.
        weeks: length of follow-up; 0 where not known.
        is_length_given: whether the user gave that length, rather than the data.
        leaving: ways of leaving.
        doubts: questions about what the data may not say; none where the target is reached.
    """

    trial: ObservedTrial
    target: int
    until: date
    names: tuple[str, ...]
    opened: Array
    closed: Array
    closing: Array
    planned: Array
    is_opening_known: bool
    counts: Array
    months: Array
    rates: SiteRates
    funnel: tuple[PassFraction, ...]
    fails_at_once: bool
    screening_days: Array
    shape: ShapeChoice
    factor: Array
    posterior: RatePosterior
    ahead: tuple[float, float]
    weekday: WeekdayEffect | None
    year_end: tuple[float, float, float] | None
    weeks: float
    is_length_given: bool
    leaving: tuple[WayOfLeaving, ...]
    doubts: tuple[Doubt, ...] = ()

    def _lines(self) -> Iterator[str]:
        yield f"Fit of {self.trial.name} until {self.until}: {self.trial.n_randomised} of {self.target} randomised"
        yield f"data from {self.trial.first} to {self.trial.last}; follow-up {self.weeks:g} weeks"


def fit(trial: ObservedTrial, target: int | None = None, weeks: float | None = None) -> Fit:
    """Learn from a trial's data.

    Args:
        trial: the trial, as far as it is known.
        target: number of randomisations wanted; None if recruitment is over and there are as many as wanted.
        weeks: weeks from randomisation to the last visit; None to take them from the data.

    Returns:
        What was learnt.

    Raises:
        UsageError: nobody is randomised.
    """
    if trial.n_randomised == 0:
        raise UsageError(Problem("nobody is randomised, so there is nothing to learn a rate from", trial.source))
    wanted = target or trial.n_randomised
    whole, trial = trial, _while_recruiting(trial, wanted)
    shape = choose_shape(trial, max(wanted, trial.n_randomised + 1))
    factor = shape.shapes[shape.chosen].factor
    past = history(trial)
    known_terms = [term for term in terms(trial, SETTINGS) if not isinstance(term, Closings)]
    known_terms = [_no_more_openings(term) if isinstance(term, OpenSites) else term for term in known_terms]
    posterior = fit_rate(past, max(wanted, past.n + 1), known_terms, SETTINGS)
    names, opened, closed, planned, counts, is_known = _sites(trial)
    cumulative = np.concatenate(([0.0], np.cumsum(factor * past.open_days)))

    def exposure(start: Array, end: Array) -> Array:
        found: Array = np.interp(end, past.edges, cumulative) - np.interp(start, past.edges, cumulative)
        return found / MONTH_DAYS

    ends = np.where(np.isnan(closed), trial.now, closed)
    seen = ~np.isnan(opened)
    months = np.zeros(len(names))
    months[seen] = np.maximum(exposure(opened[seen], ends[seen]), _LEAST_MONTHS)
    # If a site's first person stands for its opening, that person is not evidence of its rate.
    events = np.maximum(counts - (0.0 if is_known else 1.0), 0.0)
    rates = _with_sites_to_come(_site_rates(events[seen], months[seen]), seen)
    funnel, at_once = _funnel(trial)
    is_length_given = weeks is not None
    weeks = follow_up_weeks(whole) if weeks is None else weeks
    return Fit(
        trial=trial,
        target=wanted,
        until=trial.last,
        names=names,
        opened=opened,
        closed=closed,
        closing=np.minimum(trial.closings if trial.has_sites else np.inf, np.full(len(names), past.ends)),
        planned=planned,
        is_opening_known=is_known,
        counts=counts,
        months=months,
        rates=rates,
        funnel=funnel,
        fails_at_once=at_once,
        screening_days=_screening_days(trial),
        shape=shape,
        factor=factor,
        posterior=posterior,
        ahead=_ahead(posterior),
        weekday=weekdays(trial),
        year_end=year_end_factor(posterior),
        weeks=weeks,
        is_length_given=is_length_given,
        leaving=tuple(ways_of_leaving(whole, np.array([weeks / 3, 2 * weeks / 3, weeks]))) if weeks else (),
        doubts=tuple(doubts(trial, wanted)),
    )


def _site_rates(counts: Array, months: Array) -> SiteRates:
    """Empirical Bayes rates. A prior is worth at most all the people it was learnt from; a single site has none."""
    if len(counts) == 1:
        return SiteRates(GammaRate(0.5, 0.5 * months[0] / max(counts[0], 0.5)), counts + 0.5, months)
    found = empirical_bayes(counts, months)
    most = max(float(counts.sum()), 1.0)
    if found.prior.shape <= most:
        return found
    prior = GammaRate(most, most * found.prior.exposure / found.prior.shape)
    return site_posteriors(prior, counts, months)


def _while_recruiting(trial: ObservedTrial, target: int) -> ObservedTrial:
    """The trial up to the day on which the target was reached, if it was."""
    if trial.n_randomised < target or trial.resolution_days > 1:
        return trial
    return trial.as_of(trial.date_of(float(trial.days[target - 1])))


def _no_more_openings(term: OpenSites) -> OpenSites:
    """The number of open sites as it is: a scenario opens its sites itself."""
    return replace(term, is_complete=True, planned=np.zeros(0), a_month=None)


def _sites(trial: ObservedTrial) -> tuple[tuple[str, ...], Array, Array, Array, Array, bool]:
    """Names, openings, closings, plans and people of the sites, and whether openings are known.

    Returns:
        (sites,) each; a single site stands for all where the data do not tell sites apart.
    """
    people = trial.people
    if not trial.has_sites:
        n = float(len(people)) if trial.funnel is None else _counted(trial)
        nan = np.array([np.nan])
        return (ALL_SITES,), np.zeros(1), nan, nan, np.array([n]), True
    names = tuple(site.name for site in trial.sites)
    opened = trial.first_seen()
    closed = np.array([np.nan if site.closed is None else site.closed for site in trial.sites])
    planned = np.array([np.nan if site.planned is None else site.planned for site in trial.sites])
    planned[~np.isnan(opened)] = np.nan
    counts = np.bincount(people.site[people.site != NO_SITE], minlength=len(names)).astype(np.float64)
    is_known = all(site.activated is not None for i, site in enumerate(trial.sites) if counts[i] > 0)
    return names, opened, closed, planned, counts, is_known


def _counted(trial: ObservedTrial) -> float:
    """Number of people at the top of a counted funnel."""
    assert trial.funnel is not None
    for column in (trial.funnel.screened, trial.funnel.eligible, trial.funnel.randomised):
        if not np.isnan(column).all():
            return float(np.nansum(column))
    return float(trial.n_randomised)


def _with_sites_to_come(rates: SiteRates, seen: npt.NDArray[np.bool_]) -> SiteRates:
    """Add future sites, which have the prior."""
    shape, exposure = np.full(len(seen), rates.prior.shape), np.full(len(seen), rates.prior.exposure)
    shape[seen], exposure[seen] = rates.shape, rates.exposure
    return SiteRates(rates.prior, shape, exposure)


def _funnel(trial: ObservedTrial) -> tuple[tuple[PassFraction, ...], bool]:
    """Steps of the funnel, and whether failures are known on the day of screening."""
    people, funnel = trial.people, trial.funnel
    if trial.has_screening:
        randomised = ~np.isnan(people.randomised)
        failed = (people.status == FAILED) & ~randomised
        days = (people.ended - people.screened)[failed]
        days = days[~np.isnan(days)]
        n, n_failed = float(randomised.sum()), float(failed.sum())
        return (PassFraction("screening", n, n + n_failed),), bool(len(days) == 0 or np.median(days) < 1.0)
    if funnel is None:
        return (), True
    n = float(np.nansum(funnel.randomised))
    screened, eligible = (
        None if np.isnan(column).all() else float(np.nansum(column)) for column in (funnel.screened, funnel.eligible)
    )
    found = []
    if screened is not None and eligible is not None:
        found.append(PassFraction("eligibility", eligible, screened))
    above = eligible if eligible is not None else screened
    if above is not None:
        found.append(PassFraction("enrolment", n, above))
    return tuple(found), True


def _screening_days(trial: ObservedTrial) -> Array:
    """(k,) quantiles of days from screening to randomisation, at most 101.

    Empty where people are known from randomisation on.
    """
    if not trial.has_screening:
        return np.zeros(0)
    days = trial.people.randomised - trial.people.screened
    days = np.sort(days[~np.isnan(days)])
    if len(days) <= _MOST_TIMES:
        return days
    found: Array = np.quantile(days, np.linspace(0, 1, _MOST_TIMES), method="inverted_cdf")
    return found


def _ahead(posterior: RatePosterior) -> tuple[float, float]:
    """The mean rate until the target, relative to the rate now: its median, and the sigma of its logarithm.

    It includes the slow end of recruitment, but not the number of open sites, because a scenario opens its sites
    itself.
    """
    outlook = look_ahead(posterior, draws=_DRAWS_AHEAD)
    widths = np.diff(outlook.edges)
    inside = (outlook.total[:, :-1] < posterior.target) & (outlook.edges[:-1] < outlook.ends)
    time = np.maximum((inside * widths).sum(axis=1), widths[0])
    mean = (np.exp(outlook.log_rate) * inside * widths).sum(axis=1) / time
    log_ratio = np.log(np.maximum(mean, 1e-12)) - _log_rate_now(posterior)
    low, middle, high = np.quantile(log_ratio, (0.1, 0.5, 0.9)).tolist()
    return float(np.exp(middle)), max((high - low) / 2.563, 0.01)


def _log_rate_now(posterior: RatePosterior) -> float:
    """Posterior mean of the log rate per week in the last bin."""
    return float(posterior.fitted[-1])
