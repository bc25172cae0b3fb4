"""The track record of the documentation: all trials of some folders, at shares of their target and on even days.

It is made by the program from public data, so that the figures of the documentation can be made again.

Attributes:
    SHARES: shares of the target at which forecasts are made.
    PARTS: folders whose trials are parts of one trial, with its name.
    MAIN: name of the panel of all other trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.exchange.observed import NO_SITE, ObservedTrial, People, SiteRecord, nobody
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.forecast.backtest.held import Held, NearHeld
from sim.forecast.backtest.near import BY_COUNTRY
from sim.forecast.backtest.rates_known import RatesKnown, with_rates_known
from sim.forecast.backtest.study import CutResult, backtest, cuts_at, cuts_every
from sim.forecast.backtest.track_record import TrackRecord, held_rows, near_table

if TYPE_CHECKING:
    import pandas as pd

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
        joined: at shares of the target, for trials whose parts are countries, all countries together.
        rates_known: for the trials of `planned`, what would have been scored with true mean rates of sites too.
    """

    record: TrackRecord
    evenly: tuple[CutResult, ...]
    planned: tuple[CutResult, ...]
    joined: tuple[CutResult, ...] = ()
    rates_known: tuple[RatesKnown, ...] = ()

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

    def near_table(self) -> pd.DataFrame:
        """Return the near questions, one row each; those by country are of the joined trials."""
        by_country = [replace(r, near=tuple(n for n in r.near if n.question == BY_COUNTRY)) for r in self.joined]
        return near_table((*self.record.results, *by_country), self.whole_of)

    def near(self) -> list[NearHeld]:
        """Return how often intervals of near questions held.

        Returns:
            A row for each question; the standard error is None where it cannot be worked out from so few trials.
        """
        rows = self.near_table().round(4).reset_index().to_dict("records")
        kept = ("question", "forecasts", "covers_80", "covers_80_se")
        found = [{name: row[name] for name in kept} for row in rows]
        return [NearHeld(**row | ({"covers_80_se": None} if np.isnan(row["covers_80_se"]) else {})) for row in found]


def _folder(trial: ObservedTrial) -> str:
    return Path(trial.source.split(",")[0]).parent.name


def whole_record(trials: Sequence[ObservedTrial], execution: Execution = ON_ALL_CORES) -> WholeRecord:
    """Make the track record.

    Args:
        trials: finished trials.
        execution: processes and progress of each backtest; never changes results.

    Returns:
        The record.
    """
    jobs = [(trial, cut, None) for trial in trials for cut in cuts_at(trial, SHARES)]
    record = TrackRecord(tuple(trials), tuple(backtest(jobs, execution)))
    even = [
        (trial, cut, None)
        for trial in trials
        for cut in cuts_every(trial, int(trial.now // _EVEN_DAYS) + 1)
        if SHARES[0] <= float((trial.days < trial.day_of(cut.when) + 1.0).mean()) <= SHARES[-1]
    ]
    several = [with_openings(trial) for trial in trials if len(trial.sites) >= _SEVERAL]
    told = [(trial, cut, None) for trial in several for cut in cuts_at(trial, SHARES)]
    wholes = {part: [trial for trial in trials if _folder(trial) == folder] for folder, part in PARTS.items()}
    whole = [joined(parts, name) for name, parts in wholes.items() if len(parts) > 1]
    together = [(trial, cut, None) for trial in whole for cut in cuts_at(trial, SHARES)]
    return WholeRecord(
        record,
        tuple(backtest(even, execution, with_baselines=False)),
        tuple(backtest(told, execution, with_baselines=False)) if told else (),
        tuple(backtest(together, execution, with_baselines=False)) if together else (),
        tuple(score for trial, cut, _ in told for score in with_rates_known(trial, cut)),
    )


def joined(parts: Sequence[ObservedTrial], name: str) -> ObservedTrial:
    """Put the countries of a trial together.

    Args:
        parts: the trial's participants and sites, one country each.
        name: name of the trial.

    Returns:
        The trial, of whose sites the countries are known.
    """
    first = min(part.first for part in parts)
    randomised, site = [], []
    sites: list[SiteRecord] = []
    for part in parts:
        people = part.people
        randomised.append(people.randomised + float((part.first - first).days))
        site.append(np.where(people.site == NO_SITE, NO_SITE, people.site + len(sites)))
        sites += [SiteRecord(f"{part.name} {one.name}", country=part.name) for one in part.sites]
    days = np.concatenate(randomised)
    order = np.argsort(days, kind="stable")
    columns = nobody(len(days)) | {"randomised": days[order], "site": np.concatenate(site)[order]}
    return replace(
        parts[0],
        name=name,
        first=first,
        last=max(part.last for part in parts),
        people=People(**columns),
        sites=tuple(sites),
    )


def with_openings(trial: ObservedTrial) -> ObservedTrial:
    """Return the trial as if each site's opening, or its first person, had been planned for that day from the start.

    Args:
        trial: a finished trial.

    Returns:
        The trial; sites that have neither opened nor randomised anybody stay as they are.
    """
    opened = trial.first_seen().tolist()
    sites = tuple(
        replace(site, activated=day, planned=day) if np.isfinite(day) else site
        for site, day in zip(trial.sites, opened, strict=True)
    )
    return replace(trial, sites=sites)
