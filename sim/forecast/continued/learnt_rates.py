"""Rates learnt from the data of a trial: of all open sites together, of each of them, and of future sites.

The rate of all open sites together is the drifting rate, whose track record is known. The Poisson-gamma model divides
it among the sites.

Attributes:
    PLAN_KEPT: median of how much of its planned rate a trial reaches, before any data.
    PLAN_LOG_SD: standard deviation of the logarithm of that share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.core.clock import MONTH_DAYS
from sim.core.design import Design, GroupDesign
from sim.core.observed import KnownPerson, KnownSite, SiteKey
from sim.core.quantiles import mean_of
from sim.exchange.observed import ObservedTrial
from sim.forecast.continued.plan_rates import PlannedSite
from sim.forecast.continued.told import CLOSED_AHEAD
from sim.forecast.fit.scenario import FITTED
from sim.forecast.rate.drifting import RatePosterior, fit_rate
from sim.forecast.rate.history import History, history
from sim.forecast.rate.outlook import Outlook
from sim.forecast.rate.settings import SETTINGS, WEEK_DAYS, NormalPrior
from sim.forecast.rate.terms import Closings, OpenSites, Term, YearEnd, terms

Array = npt.NDArray[np.float64]

_LEAST_CV = 0.05
_MUCH = 0.5  # weight of a plan's rate above which it is said what would lower it
# Of 114 and 73 multicentre trials 31 and 55 % reached their target, 78 % of the latter reached 80 % of it, and half of
# all had more time than planned. If having more time had nothing to do with it, three in ten recruit as fast as planned
# and four in ten at least 0.8 times as fast: a log-normal with this median and this standard deviation of the log.
PLAN_KEPT, PLAN_LOG_SD = 0.72, 0.64
_LEAST_MONTHS = 1 / MONTH_DAYS
_SO_FAR = ".so_far_"  # names of periods in which a fitted scenario keeps the past shape


@dataclass(frozen=True, eq=False)
class CalendarTerm:
    """The scenario's own calendar; its coefficient is known.

    Attributes:
        trial: the trial, whose first day dates the bins.
        cumulative: (n + 1,) the calendar's factor accumulated by day, since the trial's first day.
    """

    trial: ObservedTrial
    cumulative: Array
    prior = NormalPrior(1.0, 1e-6)
    is_simulated = True

    def past(self, edges: Array) -> Array:
        """See `Term`."""
        total = np.interp(edges, np.arange(len(self.cumulative)), self.cumulative)
        found: Array = np.log(np.maximum(np.diff(total) / np.diff(edges), 1e-3))
        return found

    def ahead(self, edges: Array, draws: int, random: np.random.Generator) -> Array:
        """See `Term`."""
        del draws, random
        return self.past(np.minimum(edges, len(self.cumulative) - 1 + np.arange(len(edges)) * 1e-6))[None, :]


def group_of(design: Design, key: SiteKey) -> GroupDesign:
    """Return the group of a site.

    Args:
        design: the scenario, made ready.
        key: name of the group, and number of the site in it.

    Raises:
        StopIteration: there is no such group.
    """
    return next(group for group in design.groups if group.name == key[0])


@dataclass(frozen=True)
class PlanWeight:
    """The plan as the prior of a forecast.

    Attributes:
        per_month: planned randomisations per month of all open sites.
        weight: weight of the plan against the data: variance of the log rate now over its variance before the data.
    """

    per_month: float
    weight: float

    def __str__(self) -> str:
        spread = float(np.exp(PLAN_LOG_SD))
        return (
            f"before the data, the open sites' rate is the plan's {self.per_month:.3g} a month, times {PLAN_KEPT} and "
            f"give or take a factor of {spread:.1f}, as plans of publicly funded trials have come true (McDonald 2006, "
            f"Sully 2013); it weighs {100 * self.weight:.0f} % beside the data"
        )


class LearntRates:
    """Learns the rates of a running trial.

    Args:
        design: the scenario, made ready.
        trial: the data.
        shift: the trial's first day, in the scenario's days.
        passing: share of referred people who are randomised.
        plans: by group, what the scenario says of its sites.
        opened: what is known of the sites.
        people: everyone in the trial.
        seed: seed of the random numbers.
    """

    def __init__(
        self,
        design: Design,
        trial: ObservedTrial,
        shift: float,
        passing: float,
        plans: dict[str, PlannedSite],
        opened: dict[SiteKey, KnownSite],
        people: tuple[KnownPerson, ...],
        seed: int,
    ) -> None:
        self._design = design
        self._trial = trial
        self._shift = shift
        self._plans = plans
        self._passing = passing
        self._opened = opened
        self._seed = seed
        self._counts: dict[SiteKey, int] = {}
        for someone in people:
            if someone.randomised is not None:
                self._counts[someone.site] = self._counts.get(someone.site, 0) + 1
        self._past: History = history(trial)
        self._calendars = {group.name: self._calendar(group.name) for group in design.groups}
        self._is_fitted = FITTED in design.scenario.bibliography
        self._factor = np.ones(len(self._past.counts))
        self.plan: PlanWeight | None = None

    def _random(self, purpose: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(key=[self._seed, purpose]))

    def _calendar(self, group: str) -> Array:
        """The scenario's calendar at its means, accumulated by day from the first day, without periods so far."""
        end = int(self._design.horizon_days)
        steps = self._design.calendar.steps(group, lambda path, value: 1.0 if _SO_FAR in path else mean_of(value))
        days = np.arange(0, end + 1, dtype=np.float64)
        total = np.interp(days, steps.edges, steps.integral)
        before = -np.minimum(self._shift, 0.0)
        shifted = np.concatenate((np.arange(int(before)), before + total)) if before else total
        start = int(max(self._shift, 0.0))
        found: Array = shifted[start:] - shifted[start]
        return found

    def _terms(self) -> list[Term]:
        """Known causes of a change in the rate: the scenario's own calendar, and the sites that it opens itself."""
        calendar = self._design.scenario.calendar
        periods = [name for name in calendar.periods if not name.startswith(("so_far_", CLOSED_AHEAD))]
        has_calendar = calendar.public_holidays is not None or bool(calendar.by_month) or bool(periods)
        found: list[Term] = []
        for term in terms(self._trial, SETTINGS):
            if isinstance(term, OpenSites):
                found.append(replace(term, is_complete=True, planned=np.zeros(0), a_month=None))
            elif not (isinstance(term, Closings) or (isinstance(term, YearEnd) and has_calendar)):
                found.append(term)
        if has_calendar:
            found.append(CalendarTerm(self._trial, self._calendars[self._design.groups[0].name]))
        return found

    def posterior(self, target: int) -> RatePosterior:
        """Learn the rate of all open sites together.

        Its prior is the plan's rate, with the bias and spread that plans have had. A fitted scenario is not a plan, and
        gives no prior.

        Args:
            target: number of randomisations wanted.

        Returns:
            The posterior at the end of the data.
        """
        rate, cv = self._planned_rate()
        prior = None
        if rate > 0 and not self._is_fitted:
            self.plan = PlanWeight(rate * MONTH_DAYS / WEEK_DAYS, 1.0)
            prior = NormalPrior(float(np.log(rate * PLAN_KEPT)), float(np.sqrt(np.log1p(cv**2) + PLAN_LOG_SD**2)))
        found = fit_rate(self._past, target, self._terms(), SETTINGS, prior)
        if prior is not None and self.plan is not None:
            variance = float(found.weight @ found.root[:, 0, 0] ** 2)
            self.plan = replace(self.plan, weight=min(variance / prior.sd**2, 1.0))
        self._factor = np.exp(found.own - found.own[-1])
        return found

    def _planned_rate(self) -> tuple[float, float]:
        """Planned randomisations per week of all open sites, and the coefficient of variation of that rate."""
        means, variances = 0.0, 0.0
        for key, site in self._opened.items():
            if site.activated is not None and site.closed is None:
                plan = self._plans[key[0]]
                mean = plan.mean * self._passing * WEEK_DAYS / MONTH_DAYS
                means += mean
                variances += (mean * plan.cv) ** 2
        return means, float(np.sqrt(variances)) / means if means > 0 else 1.0

    def _exposure(self, key: SiteKey, drifts: bool) -> float:
        """Months that a site has been open, at the rate now: by its ramp-up, the calendar and the drift so far."""
        site = self._opened[key]
        if site.activated is None:
            return 0.0
        days = np.arange(int(np.ceil(self._trial.now)), dtype=np.float64) + 0.5
        weight = np.diff(self._calendars[key[0]])[: len(days)]
        if drifts:
            weight = weight * self._factor[np.searchsorted(self._past.edges[1:-1], days, side="right")]
        opened = site.activated - self._shift
        end = self._trial.now if site.closed is None else site.closed - self._shift
        settings = group_of(self._design, key).settings
        if settings.ramp_up is not None:
            start, length = mean_of(settings.ramp_up.start_fraction), max(mean_of(settings.ramp_up.days), 1e-9)
            weight = weight * np.clip(start + (1 - start) * (days - opened) / length, start, 1.0)
        inside = (days >= opened) & (days < end)
        return max(float(weight[inside].sum()) / MONTH_DAYS, _LEAST_MONTHS)

    def _prior(self, key: SiteKey, scale: float = 1.0) -> tuple[float, float]:
        """Gamma prior of a site's randomisations per month: shape and exposure."""
        plan = self._plans[key[0]]
        shape = 1 / max(plan.cv, _LEAST_CV) ** 2
        return shape, shape / max(plan.mean * self._passing * scale, 1e-9)

    def constant_rates(self, keys: list[SiteKey], draws: int) -> Array:
        """Draw constant rates of sites from their own gamma posteriors.

        Args:
            keys: the sites.
            draws: number of draws.

        Returns:
            (draws, sites) rates.
        """
        found = np.zeros((draws, len(keys)))
        random = self._random(1)
        for i, key in enumerate(keys):
            shape, exposure = self._prior(key)
            n, months = (0, 0.0) if self._is_fitted else (self._counts.get(key, 0), self._exposure(key, drifts=False))
            found[:, i] = random.gamma(shape + n, size=draws) / (exposure + months)
        return found

    def notes(self, keys: list[SiteKey], *, is_constant: bool) -> list[str]:
        """Say how much the plan counts beside the data.

        Args:
            keys: the open sites.
            is_constant: whether rates stay constant instead of drifting.

        Returns:
            A clause, or none where there is no plan.
        """
        if self.plan is None or not is_constant:
            return [str(self.plan)] if self.plan is not None else []
        before = sum(self._prior(key)[1] for key in keys)
        months = sum(self._exposure(key, drifts=False) for key in keys)
        weight = before / (before + months)
        found = f"with constant rates, the plan's rate of a site weighs {100 * weight:.0f} % beside the data"
        if weight > _MUCH:
            found += (
                ", since the scenario leaves it little doubt; to let the data count for more, say "
                "between_site_cv, or referrals_per_month as an uncertain number"
            )
        return [found]

    def divided(self, keys: list[SiteKey], posterior: RatePosterior, outlook: Outlook) -> Array:
        """Divide the drifting rate now among the open sites by their gamma posteriors.

        The scenario says how sites differ; the data say how fast they are together.

        Args:
            keys: the open sites.
            posterior: posterior of the drifting rate.
            outlook: futures of the rate.

        Returns:
            (draws, sites) rates.
        """
        draws = len(outlook.own_now)
        months = {key: self._exposure(key, drifts=True) for key in keys}
        planned = sum(self._plans[key[0]].mean * self._passing * months[key] for key in keys)
        scale = max(sum(self._counts.get(key, 0) for key in keys), 0.5) / max(planned, 1e-9)
        random = self._random(2)
        parts = np.zeros((draws, len(keys)))
        for i, key in enumerate(keys):
            shape, exposure = self._prior(key, 1.0 if self._is_fitted else scale)
            n, seen = (0, 0.0) if self._is_fitted else (self._counts.get(key, 0), months[key])
            parts[:, i] = random.gamma(shape + n, size=draws) / (exposure + seen)
        parts /= np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)
        total = outlook.own_now.copy()
        for i, term in enumerate(posterior.terms):
            if isinstance(term, OpenSites):
                total += outlook.start.coefficients[:, i] * term.value_now
        found: Array = parts * (np.exp(total) * MONTH_DAYS / WEEK_DAYS)[:, None]
        return found

    def lessons(self, draws: int) -> dict[str, Array]:
        """Learn from open sites about future sites of the same group.

        Args:
            draws: number of draws.

        Returns:
            By group, (draws,) gamma factors on what its sites share.
        """
        found: dict[str, Array] = {}
        random = self._random(3)
        for group in self._design.groups:
            plan = self._plans[group.name]
            keys = [key for key in self._opened if key[0] == group.name and self._opened[key].activated is not None]
            if not keys or plan.shared_cv <= 0 or len(keys) == group.count:
                continue
            shape = 1 / plan.shared_cv**2
            expected_n = sum(plan.mean * self._passing * self._exposure(key, drifts=True) for key in keys)
            n = sum(self._counts.get(key, 0) for key in keys)
            found[group.name] = random.gamma(shape + n, size=draws) / (shape + expected_n)
        return found
