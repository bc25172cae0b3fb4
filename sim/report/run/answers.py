"""Tables of one run for its figures and sentences; each is computed at most once.

Two kinds: `Answers` has what all simulated trials say, `Kept` the few that were kept whole, for figures that need their
events.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.analysis import intervals, summary
from sim.analysis.intervals import Estimate
from sim.analysis.tables import site_names
from sim.report.run.why import Why
from sim.report.words import Dates, estimate_of

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from sim.experiment.run.results import Results

Array = npt.NDArray[np.float64]

_MOST_EVENTS = 1_000_000  # of trials kept whole that a report reads


class Answers:
    """Tables of one run; each property is computed at its first use and kept.

    Args:
        results: the run.

    Attributes:
        results: the run.
        scenario: its scenario, resolved.
        design: its sites, clock and horizon.
        dates: converts its days to dates.
        target: participants to randomise.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.scenario = results.scenario
        self.design = results.design
        self.dates = Dates(self.design.clock, self.design.horizon_days)
        self.target = self.scenario.trial.target

    def measured(self, column: str) -> Array:
        """(n,) a column of the replications that did not raise; only this column is read.

        Args:
            column: name of a measure.

        Raises:
            ResultsError: the run has no such column, or its file is damaged.
        """
        found = summary.finished(self.results.columns(column))[column]
        return found.to_numpy(dtype=np.float64)

    @cached_property
    def milestones(self) -> pd.DataFrame:
        """Days since day 0 of the milestones: a row per milestone with `p10`, `p50`, `p80`, `p90`, `share` and their
        errors.
        """
        return self.results.milestones()

    @cached_property
    def odds(self) -> pd.DataFrame:
        """Probabilities of the planned dates, and of never reaching the target, a row each (`never_reached` for the
        last).
        """
        return self.results.odds()

    @cached_property
    def planned(self) -> dict[str, date]:
        """Planned dates of the registry record, by the milestone they are about; empty if the scenario has none."""
        found = {}
        for name, milestone in summary.PLANNED.items():
            when = getattr(self.scenario.trial.planned, name)
            if when is not None:
                found[milestone] = when
        return found

    def days(self, milestone: str) -> Array:
        """(n,) day of a milestone in each replication that did not raise; NaN where it never came.

        Args:
            milestone: name of a milestone, such as `last_randomised`.
        """
        return self.measured(f"day_{milestone}")

    def quantile(self, milestone: str, q: int) -> Estimate:
        """A percentile of a milestone's day: 10, 50, 80 or 90.

        Args:
            milestone: name of a milestone, such as `last_randomised`.
            q: the percentile.

        Returns:
            Days since day 0, with the interval of its Monte Carlo error.
        """
        return estimate_of(self.milestones.loc[milestone], f"p{q}")

    def mean(self, measure: str) -> Estimate:
        """Mean of a measure over replications.

        Args:
            measure: name of a measure.

        Returns:
            In the measure's unit, over the replications in which it is not NaN.
        """
        return intervals.mean(self.measured(measure))

    @cached_property
    def why(self) -> Why:
        """Why it takes so long."""
        return Why(self.results)

    @cached_property
    def kept(self) -> Kept:
        """The replications that were kept whole."""
        return Kept(self.results)


class Kept:
    """Replications that were kept whole, and the typical one that stands for all.

    For long trials only the first few are read (about a million events), so that a report of any run fits into memory.

    Args:
        results: the run.

    Attributes:
        n: number of replications kept.
        numbers: the replications that are read.
        one: the typical one, whose last randomisation is nearest to the median; None if none was kept.
        labels: label of each site, by its name in the tables.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        finished = summary.finished(results.columns("replication"))["replication"]
        every: list[int] = finished[finished < results.identity["keep"]].tolist()
        self.n = len(every)
        self.one: int | None = results.typical_replication()
        self.numbers = every
        if every:
            events_each = max(results.n_events() / self.n, 1.0)
            self.numbers = every[: max(int(_MOST_EVENTS / events_each), 1)]
        self.labels = dict(zip(site_names(results.design), results.design.site_labels(), strict=True))

    @cached_property
    def _read(self) -> list[int]:
        return sorted({*self.numbers, *([] if self.one is None else [self.one])})

    @cached_property
    def events(self) -> pd.DataFrame:
        """Event log of the replications that are read, and of the typical one, with the column `replication`."""
        return self._results.events_of(self._read)

    @cached_property
    def participants(self) -> pd.DataFrame:
        """Participants of the replications that are read, and of the typical one."""
        return self._results.participants_of(self._read)

    @cached_property
    def one_events(self) -> pd.DataFrame:
        """Events of the typical one."""
        return self.events[self.events["replication"] == self.one]

    @cached_property
    def one_participants(self) -> pd.DataFrame:
        """Participants of the typical one."""
        return self.participants[self.participants["replication"] == self.one]

    @cached_property
    def one_ends(self) -> float:
        """Day of the typical one's last event."""
        return float(self.one_events["day"].max())

    @property
    def nothing(self) -> str:
        """Why there is no figure of a single trial."""
        return "No simulated trial was kept whole (experiment.keep is 0), so there is nothing to show here."

    @property
    def described(self) -> str:
        """Which simulated trial the typical one is."""
        if self.n == 1:
            return f"simulated trial {self.one}, the only one kept whole"
        return (
            f"simulated trial {self.one}, of the {self.n} kept whole the one whose last randomisation is nearest to "
            "the median"
        )

    @property
    def which(self) -> str:
        """Which trials a mean over kept replications covers."""
        if len(self.numbers) < self.n:
            return f"the first {len(self.numbers)} of the {self.n} simulated trials kept whole"
        return "the one simulated trial kept whole" if self.n == 1 else f"the {self.n} simulated trials kept whole"
