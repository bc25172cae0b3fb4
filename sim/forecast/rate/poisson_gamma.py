"""The Poisson-gamma model: rates that are gamma before the data are gamma after, in closed form.

Sources: Anisimov and Fedorov 2007 (Stat Med 26:4958) for sites; Gajewski, Simon and Carlson 2008 (Stat Med 27:2328) and
Jiang et al. 2016 (Trials 17:336) for a prior from the plan with a weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

_MOST_SHAPE = 1e6  # shape for sites that cannot be told apart


@dataclass(frozen=True)
class GammaRate:
    """A rate with a gamma distribution.

    Attributes:
        shape: its shape, in units of events.
        exposure: its rate parameter, in units of time.
    """

    shape: float
    exposure: float

    def after(self, count: float, exposure: float) -> GammaRate:
        """Return the posterior after `count` events in `exposure`.

        Args:
            count: events that were seen.
            exposure: in the unit of time of this rate.
        """
        return GammaRate(self.shape + count, self.exposure + exposure)

    def time_to(self, count: int) -> Any:
        """Return the distribution of the time to further events.

        Args:
            count: number of events.

        Returns:
            A frozen scipy distribution: exposure x beta prime(count, shape), a Pearson type VI distribution.
        """
        from scipy import stats  # slow to import, and forecasts do not need it

        return stats.betaprime(count, self.shape, scale=self.exposure)

    def count_in(self, time: float) -> Any:
        """Return the distribution of the number of events in a future period.

        Args:
            time: its length, in the unit of the exposure.

        Returns:
            A frozen scipy distribution: negative binomial.
        """
        from scipy import stats  # slow to import, and forecasts do not need it

        return stats.nbinom(self.shape, self.exposure / (self.exposure + time))


def planned_rate(planned: float, time: float, weight: float) -> GammaRate:
    """Turn a plan into a prior.

    Args:
        planned: number of randomisations planned.
        time: the time planned for them.
        weight: weight of the plan: 1 counts like data of that size, 0 like nothing.

    Returns:
        The prior of the rate.
    """
    return GammaRate(planned * weight, time * weight)


@dataclass(frozen=True, eq=False)
class SiteRates:
    """Rates of sites, from one gamma prior for all.

    Attributes:
        prior: the rate of a site without data; its shape is large where sites cannot be told apart.
        shape: (sites,) shape of each site's gamma posterior.
        exposure: (sites,) its rate parameter.
    """

    prior: GammaRate
    shape: Array
    exposure: Array

    @property
    def mean(self) -> Array:
        """(sites,) posterior mean rates."""
        return self.shape / self.exposure

    @property
    def cv(self) -> float:
        """Coefficient of variation between sites."""
        return float(1 / np.sqrt(self.prior.shape))


def site_posteriors(prior: GammaRate, counts: Array, exposures: Array) -> SiteRates:
    """Compute each site's posterior from a given prior.

    Args:
        prior: prior of every site's rate.
        counts: (sites,) events.
        exposures: (sites,) time under observation, from each site's own opening.

    Returns:
        The posteriors.
    """
    return SiteRates(prior, prior.shape + counts, prior.exposure + exposures)


def empirical_bayes(counts: Array, exposures: Array) -> SiteRates:
    """Estimate the prior from all sites by maximum likelihood, and compute each site's posterior.

    A site's count is negative binomial with mean m x exposure and size a; a and m are found together. Where the counts
    vary no more than Poisson counts would, the likelihood has no maximum in the shape, which is set to a large value.

    Args:
        counts: (sites,) events.
        exposures: (sites,) time under observation, above 0.

    Returns:
        The posteriors and the prior.
    """
    from scipy import optimize  # slow to import, and forecasts do not need it

    counts, exposures = np.asarray(counts, float), np.asarray(exposures, float)
    overall = max(counts.sum(), 0.5) / exposures.sum()

    def loss(parameters: Array) -> float:
        log_shape, log_mean = parameters
        return -_log_likelihood(counts, exposures, float(np.exp(log_shape)), float(np.exp(log_mean)))

    bounds = [(np.log(1e-3), np.log(_MOST_SHAPE)), (np.log(overall) - 5, np.log(overall) + 5)]
    found = min(
        (
            optimize.minimize(loss, (start, np.log(overall)), bounds=bounds, method="L-BFGS-B")
            for start in (np.log(0.5), np.log(5.0), np.log(500.0))
        ),
        key=lambda result: float(result.fun),
    )
    shape, mean = float(np.exp(found.x[0])), float(np.exp(found.x[1]))
    return site_posteriors(GammaRate(shape, shape / mean), counts, exposures)


def _log_likelihood(counts: Array, exposures: Array, shape: float, mean: float) -> float:
    """Log likelihood of negative binomial counts, in a form that stays exact for large shapes."""
    expected = mean * exposures
    ratio = expected / shape
    rising = special.gammaln(shape + counts) - special.gammaln(shape) - counts * np.log(shape)
    if shape > 1e4:  # an expansion instead of the difference of two large numbers
        rising = counts * (counts - 1) / (2 * shape)
    total = rising - special.gammaln(counts + 1) - (shape + counts) * np.log1p(ratio) + special.xlogy(counts, expected)
    return float(total.sum())
