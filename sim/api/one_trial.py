"""Checks a scenario, and simulates one trial of it, from Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.shown import Shown
from sim.analysis.tables import event_table, participant_table
from sim.core.design import Design
from sim.core.leaving import falling_curves
from sim.experiment.replicate import replicate
from sim.report.one_trial.stage import Stage
from sim.report.one_trial.story import story
from sim.scenario.extension_files import Extensions, extensions_given
from sim.scenario.load import Loaded, Named, loaded
from sim.scenario.provenance import provenance
from sim.scenario.remarks import amended, completion, limits, remarks
from sim.scenario.schema import Scenario

_OUTCOME = "trial.ended"


class Checked(Shown):
    """A valid scenario with its values and remarks.

    Args:
        loaded: the scenario, with the origin of its values.

    Attributes:
        scenario: the scenario.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.scenario: Scenario = loaded.scenario
        self._loaded = loaded

    def _lines(self) -> Iterator[str]:
        values, scenario = self.values, self.scenario
        n_sites = sum(group.count for group in scenario.sites.values())
        n_uncertain = int(values["value"].str.contains("uncertain:").sum())
        yield (
            f"{scenario.name} is valid: {scenario.trial.target:,} participants, sites: {n_sites}, "
            f"{len(scenario.screening.criteria)} criteria, {n_uncertain} uncertain values"
        )
        yield from self.notes

    @cached_property
    def values(self) -> pd.DataFrame:
        """One row per value, by its path: `value`, `origin` (file and line, or default), `grade`, `source`, `note`."""
        frame = pd.DataFrame([vars(row) for row in provenance(self._loaded)])
        return frame.set_index("path").drop(columns="is_number")

    @property
    def notes(self) -> Sequence[str]:
        """Limits, amendments and primary completion in words, and values that may be mistakes."""
        event_driven = completion(self.scenario)
        return [
            *([] if event_driven is None else [event_driven]),
            *(f"limit: {text}" for text in limits(self.scenario)),
            *(f"amendment: {text}" for text in amended(self.scenario)),
            *(f"note: {text}" for text in (*remarks(self.scenario), *falling_curves(self.scenario))),
        ]


def validate(scenario: Named, *, extensions: Extensions = ()) -> Checked:
    """Check a scenario without simulating it.

    Args:
        scenario: a result of `load_scenario`, a file, a name, or a dict like a scenario file.
        extensions: files with your own rules and measures; see `sim.extension`.

    Returns:
        The scenario with its values and remarks.

    Raises:
        ScenarioError: with every problem found, each with file, line, path, value and what is allowed.
        InputError: a file of an extension cannot be used.
    """
    with extensions_given(extensions):
        found = loaded(scenario)
    Design(found.scenario)
    return Checked(found)


@dataclass(repr=False, frozen=True)
class Trace(Shown):
    """One simulated trial.

    Attributes:
        design: the scenario, made ready.
        seed: seed of the random numbers.
        replication: its number.
        rows: (n, 7) all events in order; see `sim.core.events`.
    """

    design: Design
    seed: int
    replication: int
    rows: npt.NDArray[np.float64]

    def _lines(self) -> Iterator[str]:
        ended = self.events[self.events["event"] == _OUTCOME].iloc[0]
        day = self.design.clock.date_of(ended["day"])
        yield f"Simulated trial {self.replication} of {self.design.scenario.name}: seed {self.seed}"
        yield f"{len(self.rows):,} events, {len(self.participants)} participants; {ended['detail']} on {day}"

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per event, as in `events.parquet`."""
        frame: pd.DataFrame = event_table(self.design, self.replication, self.rows).to_pandas()
        return frame

    @cached_property
    def participants(self) -> pd.DataFrame:
        """One row per participant, as in `participants.parquet`."""
        frame: pd.DataFrame = participant_table(self.design, self.replication, self.rows).to_pandas()
        return frame

    def story(self, participant: int | None = None) -> list[str]:
        """Return the events in words; patients excluded by their chart are summed up.

        Args:
            participant: number of a participant to follow alone; None for everything.

        Raises:
            UsageError: the participant does not exist.
        """
        return list(story(self.design, self.rows, participant))


def trace(scenario: Named, replication: int = 0, *, seed: int | None = None, extensions: Extensions = ()) -> Trace:
    """Simulate one trial, and keep all its events.

    Args:
        scenario: a result of `load_scenario`, a file, a name, or a dict like a scenario file.
        replication: number of the simulated trial, from 0; the same trial as in `run`.
        seed: seed of the random numbers; default: from the scenario.
        extensions: files with your own rules and measures; see `sim.extension`.

    Returns:
        The trial.

    Raises:
        InputError: the scenario or an extension is wrong.
    """
    with extensions_given(extensions):
        found = loaded(scenario).scenario
    design = Design(found)
    start = found.experiment.seed if seed is None else seed
    return Trace(design, start, replication, replicate(design, start, replication).table())


def stage_of(design: Design, seed: int, replication: int) -> Stage:
    """Simulate one trial for playback; see `sim.report.one_trial.page`.

    Args:
        design: the scenario, made ready.
        seed: seed of the random numbers.
        replication: its number.
    """
    return Stage(design, seed, replication, replicate(design, seed, replication).table())
