"""A trial like ours, as SimPy's guide would have it written: the yardstick.

Five sites that open between days 30 and 120, gamma rates (shape 2, mean 3 a month), two coordinators a site with
triangular(2, 5, 10) days of screening, 60 % failures, a stop at 45 randomised, four weekly infusions on three shared
chairs, exponential dropout (mean 400 days) that interrupts, and five visits to day 364. A process each, `with request`,
`Interrupt`, and one scalar draw at a time. An event is what a reader of the log would call one: a row of it.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy

N_SITES, TARGET, MONTH_DAYS = 5, 45, 30.4375
VISIT_DAYS = (28, 84, 168, 252, 364)

Steps = Generator[simpy.Event, object, None]


class PlainTrial:
    """One replication.

    Args:
        seed: of its random numbers.
    """

    def __init__(self, seed: int) -> None:
        self.env = simpy.Environment()
        self.random = np.random.default_rng(seed)
        self.chairs = simpy.Resource(self.env, 3)
        self.n_randomised = 0
        self.log: list[tuple[float, str, int]] = []
        for site in range(N_SITES):
            self.env.process(self._site(site))

    def run(self) -> int:
        """Run it; returns how many events its log has."""
        self.env.run()
        return len(self.log)

    def _site(self, site: int) -> Steps:
        random, env = self.random, self.env
        yield env.timeout(random.uniform(30, 120))
        self.log.append((env.now, "site activated", site))
        coordinators = simpy.Resource(env, 2)
        per_day = random.gamma(2, 1.5) / MONTH_DAYS
        while self.n_randomised < TARGET:
            yield env.timeout(random.exponential(1 / per_day))
            env.process(self._patient(site, coordinators))

    def _patient(self, site: int, coordinators: simpy.Resource) -> Steps:
        random, env = self.random, self.env
        self.log.append((env.now, "referred", site))
        if self.n_randomised >= TARGET:
            return
        with coordinators.request() as request:
            yield request
            self.log.append((env.now, "screening started", site))
            yield env.timeout(random.triangular(2, 5, 10))
        if random.random() < 0.6 or self.n_randomised >= TARGET:
            self.log.append((env.now, "not randomised", site))
            return
        self.n_randomised += 1
        self.log.append((env.now, "randomised", site))
        env.process(self._dropout(env.process(self._participant(site))))

    def _dropout(self, participant: simpy.Process) -> Steps:
        leaves = self.env.timeout(self.random.exponential(400))
        yield leaves | participant
        if participant.is_alive:
            participant.interrupt()

    def _participant(self, site: int) -> Steps:
        env, start = self.env, self.env.now
        try:
            for week in range(4):
                yield env.timeout(max(start + 7 * week - env.now, 0.0))
                with self.chairs.request() as request:
                    yield request
                    yield env.timeout(0.25)
                    self.log.append((env.now, "dose given", site))
            for day in VISIT_DAYS:
                yield env.timeout(max(start + day - env.now, 0.0))
                self.log.append((env.now, "visit done", site))
            self.log.append((env.now, "completed", site))
        except simpy.Interrupt:
            self.log.append((env.now, "left", site))
