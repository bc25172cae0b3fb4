"""Simulates the rest of a trial's recruitment many times, from the posterior of its rate.

Here only numbers of participants are drawn, in steps of time, without a person; `sim.forecast.continued` simulates the
people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.forecast.rate.drifting import Draws, RatePosterior, log_time, slow_end
from sim.forecast.rate.history import LEAST_OPEN_DAYS, open_days
from sim.forecast.rate.settings import WEEK_DAYS

Array = npt.NDArray[np.float64]

_WEEKS, _MONTHS, _HALF_YEARS = 26, 72, 60  # steps ahead of each length: half a year, five and a half years, thirty
_MOST_LOG, _LEAST_LOG = 12.0, -20.0  # limits of the log rate per week


def steps_ahead(now: float) -> Array:
    """Return the ends of future steps in days, from now on: weeks, then four weeks, then half years.

    Args:
        now: end of the data, in days.

    Returns:
        (steps + 1,) days, of which `now` is the first.
    """
    widths = [WEEK_DAYS] * _WEEKS + [4 * WEEK_DAYS] * _MONTHS + [26 * WEEK_DAYS] * _HALF_YEARS
    return now + np.concatenate(([0.0], np.cumsum(widths)))


@dataclass(frozen=True, eq=False)
class Outlook:
    """Futures of a trial's recruitment.

    Attributes:
        now: end of the data, in days since the trial's first day.
        n: number randomised by then.
        target: number of randomisations wanted.
        edges: (k + 1,) ends of the steps, from now on.
        total: (draws, k + 1) number randomised by each end, as if recruitment did not stop at the target.
        log_rate: (draws, k) log rate per week in each step, without overdispersion.
        position: (draws,) uniform numbers that place an event within its step.
        own_rate: (draws, k) log rate per week without the terms that the simulation of a trial has itself.
        own_now: (draws,) the same at the end of the data.
        start: the rate from which each future starts.
        ends: day after the last on which anybody may be randomised; infinity where that is not known.
    """

    now: float
    n: int
    target: int
    edges: Array
    total: Array
    log_rate: Array
    position: Array
    own_rate: Array
    own_now: Array
    start: Draws
    ends: float = np.inf

    def last_day(self, count: int) -> Array:
        """Return the day of the last randomisation.

        Args:
            count: number of randomisations wanted.

        Returns:
            (draws,) day on which the count is reached, or the announced end if that comes first.
        """
        found: Array = np.minimum(self.day_of(count), self.ends)
        return found

    def day_of(self, count: int) -> Array:
        """Return the day on which a count is reached.

        Within its step, an event is placed at the expected order statistic of uniform times.

        Args:
            count: number of randomisations, more than there are now.

        Returns:
            (draws,) days since the trial's first day; infinity where it is never reached.
        """
        reached = self.total >= count
        step = np.argmax(reached, axis=1)
        is_later = ~reached[:, -1]
        rows = np.arange(len(self.total))
        before, after = self.total[rows, step - 1], self.total[rows, step]
        share = (count - before - self.position) / np.maximum(after - before, 1.0)
        day = self.edges[step - 1] + np.clip(share, 0.0, 1.0) * (self.edges[step] - self.edges[step - 1])
        return np.where(is_later, np.inf, day)

    def more_by(self, day: float) -> Array:
        """Return the number of further randomisations by a day.

        Args:
            day: days since the trial's first day.

        Returns:
            (draws,) randomisations from now to that day, at most up to the target.
        """
        step = int(np.clip(np.searchsorted(self.edges, day), 1, len(self.edges) - 1))
        share = (day - self.edges[step - 1]) / (self.edges[step] - self.edges[step - 1])
        inside = self.total[:, step] - self.total[:, step - 1]
        whole = np.floor(min(share, 1.0) * inside + self.position)
        by_then: Array = np.minimum(self.total[:, step - 1] + np.minimum(whole, inside), self.target)
        return by_then - self.n

    def quantiles(self, probabilities: Array) -> Array:
        """Return quantiles of the number randomised by the end of each step.

        Args:
            probabilities: (p,) probabilities.

        Returns:
            (p, k + 1) numbers, at most the target.
        """
        found: Array = np.quantile(np.minimum(self.total, self.target), probabilities, axis=0, method="inverted_cdf")
        return found


def look_ahead(
    posterior: RatePosterior, draws: int | None = None, seed: int | None = None, days: float | None = None
) -> Outlook:
    """Simulate the rest of the recruitment.

    Args:
        posterior: posterior of the rate.
        draws: number of futures; None for that of the settings.
        seed: seed of the random numbers; None for that of the settings.
        days: minimum days ahead; None to continue until every future has the target.

    Returns:
        The futures.
    """
    settings, history, target = posterior.settings, posterior.history, posterior.target
    random = np.random.Generator(np.random.Philox(settings.seed if seed is None else seed))
    n_draws = settings.draws if draws is None else draws
    start = posterior.draw(n_draws, random)
    edges = steps_ahead(history.now)
    if days is not None:
        edges = edges[: int(np.searchsorted(edges, history.now + days)) + 1]
    own, simulated = np.zeros((n_draws, len(edges) - 1)), np.zeros((n_draws, len(edges) - 1))
    own += start.level[:, None]
    for i, term in enumerate(posterior.terms):
        part = simulated if term.is_simulated else own
        part += start.coefficients[:, i : i + 1] * term.ahead(edges, n_draws, random)
    middles = (edges[1:] + edges[:-1]) / 2
    own += start.coefficients[:, -2:-1] * (log_time(middles, settings) - log_time(history.now, settings))
    steps = np.sqrt(np.diff(log_time(edges, settings)))
    is_open = open_days(np.minimum(edges, history.ends), history.closed)
    weeks = is_open / WEEK_DAYS
    total = np.full((n_draws, len(edges)), float(history.n))
    log_rate = np.empty((n_draws, len(edges) - 1))
    walk = np.zeros(n_draws)
    for k in range(len(steps)):
        walk += start.drift * steps[k] * random.standard_normal(n_draws)
        done = slow_end(total[:, k] / target, settings.end_floor)
        own[:, k] += walk + start.coefficients[:, -1] * done
        log_rate[:, k] = np.clip(own[:, k] + simulated[:, k], _LEAST_LOG, _MOST_LOG)
        size = start.dispersion * weeks[k]
        mean = np.exp(log_rate[:, k]) * weeks[k] * random.gamma(size) / size
        total[:, k + 1] = total[:, k] + (random.poisson(mean) if is_open[k] > LEAST_OPEN_DAYS else 0)
        if total[:, k + 1].min() >= target and edges[k + 1] - history.now >= _WEEKS * WEEK_DAYS:
            edges, total, log_rate, own = edges[: k + 2], total[:, : k + 2], log_rate[:, : k + 1], own[:, : k + 1]
            break
    now = slow_end(np.array([history.n / target]), settings.end_floor)[0]
    return Outlook(
        now=history.now,
        n=history.n,
        target=target,
        edges=edges,
        total=total,
        log_rate=log_rate,
        position=random.random(n_draws),
        own_rate=own,
        own_now=start.level + start.coefficients[:, -1] * now,
        start=start,
        ends=history.ends,
    )
