"""The track record of the documentation: all trials of some folders, at shares of their target and on even days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from sim.exchange.observed import ObservedTrial
from sim.forecast.backtest.held import Held, NearHeld
from sim.forecast.backtest.study import CutResult, backtest, cuts_at, cuts_every
from sim.forecast.backtest.track_record import TrackRecord, held_rows, near_table

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
PARTS = {"ist": "IST"}  # folders whose trials are parts of one trial
MAIN = "main panel"
_SEVERAL = 4  # sites
_EVEN_DAYS = 40  # number of evenly spaced days per trial, as far as they are within the shares


@dataclass(frozen=True, eq=False)
class WholeRecord:
    """The track record.

    Attributes:
        record: at shares of the target, beside the baselines.
        evenly: on evenly spaced days, this program alone. Cuts at shares fall on the day of a randomisation, and so
            never in a gap.
        planned: at shares of the target, for trials with several sites, as if the opening of each site had been known
            from the start.
    """

    record: TrackRecord
    evenly: tuple[CutResult, ...]
    planned: tuple[CutResult, ...]

    @cached_property
    def panel_of(self) -> dict[str, str]:
        """The panel of each trial, by name of the trial."""
        return {trial.name: PARTS.get(_folder(trial), MAIN) for trial in self.record.trials}

    @cached_property
    def whole_of(self) -> dict[str, str]:
        """The trial of which each is a part, by name of the part; whole trials are left out."""
        return {name: panel for name, panel in self.panel_of.items() if panel != MAIN}

    def held(self) -> list[Held]:
        """Return how often intervals held, by stage and pace."""
        return held_rows(self.record.cuts, self.whole_of)

    def near(self) -> list[NearHeld]:
        """Return how often intervals of near questions held."""
        table = near_table(self.record.results, self.whole_of)
        rows = table.round(4).reset_index().to_dict("records")
        kept = ("question", "forecasts", "covers_80", "covers_80_se")
        return [NearHeld(**{name: row[name] for name in kept}) for row in rows]


def _folder(trial: ObservedTrial) -> str:
    return Path(trial.source.split(",")[0]).parent.name


def whole_record(trials: Sequence[ObservedTrial], workers: int) -> WholeRecord:
    """Make the track record.

    Args:
        trials: finished trials.
        workers: number of processes; never changes results.

    Returns:
        The record.
    """
    jobs = [(trial, cut, None) for trial in trials for cut in cuts_at(trial, SHARES)]
    record = TrackRecord(tuple(trials), tuple(backtest(jobs, workers)))
    even = [
        (trial, cut, None)
        for trial in trials
        for cut in cuts_every(trial, int(trial.now // _EVEN_DAYS) + 1)
        if SHARES[0] <= float((trial.days < trial.day_of(cut.when) + 1.0).mean()) <= SHARES[-1]
    ]
    several = [with_openings(trial) for trial in trials if len(trial.sites) >= _SEVERAL]
    told = [(trial, cut, None) for trial in several for cut in cuts_at(trial, SHARES)]
    return WholeRecord(
        record,
        tuple(backtest(even, workers, with_baselines=False)),
        tuple(backtest(told, workers, with_baselines=False)),
    )


def with_openings(trial: ObservedTrial) -> ObservedTrial:
    """Return the trial as if each site's opening, or its first person, had been planned for that day from the start."""
    opened = trial.first_seen().tolist()
    sites = tuple(
        replace(site, activated=day, planned=day) if np.isfinite(day) else site
        for site, day in zip(trial.sites, opened, strict=True)
    )
    return replace(trial, sites=sites)
