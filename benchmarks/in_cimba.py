"""The trial of `plain_simpy.py` in cimba: an engine in C, models compiled with numba, a process for each there too.

This program does not require it: where `pip install cimba` was given too, `python -m benchmarks engines` times it.
Draws come from cimba's own generators, so that results agree in distribution only.
"""

from __future__ import annotations

import cimba as cb
import numpy as np
from cimba import random

from benchmarks.plain_simpy import MONTH_DAYS, N_SITES, TARGET

_LEAVES = 1  # what interrupts a participant


class Trial(cb.Model):
    """One replication: what sites and participants share."""

    sites: list[Site]
    chairs: cb.Resource
    n_randomised: int = 0
    n_events: int = 0
    events: cb.Output[float]

    @cb.on_end
    def count(self):
        """Give the number of events, as `PlainTrial.run` does."""
        self.events = self.n_events


class Site(cb.Model):
    """A site, from which patients come once it is open."""

    trial: cb.Ref[Trial]
    coordinators: cb.Resource

    @cb.process
    def refers(self):
        """Open, and refer patients until the trial is full."""
        cb.hold(random.uniform(30.0, 120.0))
        self.trial.n_events += 1
        per_day = random.gamma(2.0, 1.5) / MONTH_DAYS
        while self.trial.n_randomised < TARGET:
            cb.hold(random.exponential(1.0 / per_day))
            self.trial.n_events += 1
            if self.trial.n_randomised < TARGET:
                cb.spawn(Patient, trial=self.trial, site=self)


class Patient(cb.Model):
    """A patient, who is screened."""

    trial: cb.Ref[Trial]
    site: cb.Ref[Site]

    @cb.process
    def is_screened(self):
        """Wait for a coordinator, and become a participant or not."""
        trial = self.trial
        self.site.coordinators.acquire()
        trial.n_events += 1
        cb.hold(random.triangular(2.0, 5.0, 10.0))
        self.site.coordinators.release()
        trial.n_events += 1
        if random.uniform() >= 0.6 and trial.n_randomised < TARGET:
            trial.n_randomised += 1
            cb.spawn(Participant, trial=trial)


class Participant(cb.Model):
    """A participant, who may leave at any time."""

    trial: cb.Ref[Trial]
    pointer: int = 0
    is_out: bool = False

    @cb.process
    def takes_part(self):
        """Four infusions and five visits, the last of which completes."""
        self.pointer = cb.this_process().pointer
        trial, start = self.trial, cb.now()
        for week in range(4):
            signal = cb.hold(max(start + 7.0 * week - cb.now(), 0.0))
            if signal == 0:
                signal = trial.chairs.acquire()
                if signal == 0:
                    signal = cb.hold(0.25)
                    trial.chairs.release()
            trial.n_events += 1
            if signal != 0:
                return
        for visit in range(5):
            day = 84.0 * visit if visit < 4 else 364.0
            signal = cb.hold(max(start + max(day, 28.0) - cb.now(), 0.0))
            trial.n_events += 1
            if signal != 0:
                return
        trial.n_events += 1
        self.is_out = True

    @cb.process
    def leaves(self):
        """Interrupt whoever has not completed."""
        cb.hold(random.exponential(400.0))
        if not self.is_out:
            cb.Process(self.pointer).interrupt(_LEAVES)


def trial() -> Trial:
    """The trial, ready to be simulated."""
    model = Trial()
    model.chairs = cb.Resource(capacity=3)
    sites = []
    for _ in range(N_SITES):
        site = Site()
        site.trial, site.coordinators = model, cb.Resource(capacity=2)
        sites.append(site)
    model.sites = sites
    return model


_TRIAL = trial()


def events(first: int, n: int) -> float:
    """Simulate replications on one core.

    Args:
        first: the seed.
        n: how many replications.

    Returns:
        Their events in all.
    """
    made = cb.Experiment(_TRIAL, replications=n, window=cb.Window.until_idle(), seed=first).run(workers=1)
    return float(np.sum(made[_TRIAL].events))
