"""Results before a run is complete: a first answer from a few replications, and a run that grows in steps.

A user in the studio sees dates after seconds, with wide errors, while the rest is simulated. What is shown comes from
the same classes as for a finished run, so that no page has a second case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.analysis.measures import measures
from sim.analysis.one_by_one import OneByOne
from sim.analysis.tables import EnrolmentCurves, event_table, participant_table, replication_table
from sim.core.design import Design
from sim.errors import Problem, ResultsError
from sim.experiment.execution import Execution
from sim.experiment.identity import Identity
from sim.experiment.replicate import Chunk
from sim.experiment.run.assemble import CURVES, EVENTS, PARTICIPANTS, REPLICATIONS
from sim.experiment.run.execute import NOTHING_ELSE, Outputs
from sim.experiment.run.folder import MANIFEST, RUN
from sim.experiment.run.results import Results
from sim.experiment.run.start import extend, resume, run_in_folder


class ResultsAtHand(Results):
    """Results of the first replications of a run, from chunks in memory instead of a folder.

    Args:
        identity: the run, with the number of replications at hand.
        chunks: its replications, in order.
        design: the scenario made ready, if it exists already.
    """

    def __init__(self, identity: Identity, chunks: Sequence[Chunk], design: Design | None = None) -> None:
        super().__init__(Path())
        if design is not None:
            self.__dict__["design"] = design
        self.__dict__["identity"] = identity.as_mapping() | {"scenario": None}
        self.__dict__["scenario"] = identity.scenario
        self.__dict__["manifest"] = {}
        self.__dict__["failures"] = [
            vars(failure) | {"seed": identity.seed} for chunk in chunks for failure in chunk.failures
        ]
        self._chunks = chunks

    @cached_property
    def _tables(self) -> dict[str, pa.Table]:
        """The tables of a run by file name, made from the chunks; events and participants have no rows."""
        columns = measures(self.design)
        curves = EnrolmentCurves(self.design.horizon_days)
        for chunk in self._chunks:
            failed = {failure.replication for failure in chunk.failures}
            for i, days in enumerate(chunk.randomised_days):
                if chunk.first + i not in failed:
                    curves.add(days)
        parts = [replication_table(columns, chunk.first, chunk.values) for chunk in self._chunks]
        nothing = np.zeros((0, 7))
        return {
            REPLICATIONS: pa.concat_tables(parts),
            CURVES: curves.table(),
            EVENTS: event_table(self.design, 0, nothing),
            PARTICIPANTS: participant_table(self.design, 0, nothing),
        }

    def _table(
        self,
        name: str,
        filters: list[tuple[str, str, Any]] | None = None,  # noqa: ARG002 - what could be filtered has no rows
        columns: list[str] | None = None,
    ) -> pa.Table:
        """A table from memory.

        Raises:
            ResultsError: only a finished run has it.
        """
        if name not in self._tables:
            raise ResultsError(Problem("is only there when a run has been finished", name))
        found = self._tables[name]
        return found if columns is None else found.select(columns)

    @property
    def _one_by_one(self) -> OneByOne:
        """`replications` from memory, without a file."""
        self.refuse_failed()
        table = self._tables[REPLICATIONS]
        return OneByOne(lambda name: table.column(name).to_pandas(), list(table.column_names), table.num_rows)

    @cached_property
    def _column_names(self) -> list[str]:
        return list(self._tables[REPLICATIONS].column_names)

    def causes(self) -> None:
        """Return None: causes are measured only when a run is finished."""
        return

    def assumptions(self) -> None:
        """Return None: assumptions are looked at only when a run is finished."""
        return

    def n_events(self) -> int:
        """Return 0: no events are kept."""
        return 0


def grow(
    path: Path, identity: Identity, sizes: Sequence[int], execution: Execution, outputs: Outputs = NOTHING_ELSE
) -> Iterator[Results]:
    """Run replications in steps, with an answer after each.

    Replications that are in the folder already are not simulated again, and a stopped run continues. The last results
    have the same bytes as those of a run made in one step.

    Args:
        path: the run's folder.
        identity: the run, with all its replications.
        sizes: number of replications after each step, increasing; the last is the number of the identity.
        execution: how it is executed; never changes results.
        outputs: what the last step leaves besides its tables.

    Yields:
        The results after each step that simulated something, and at the end.

    Raises:
        ResultsError: the folder belongs to another run, is in use or damaged, or cannot be written.
    """
    few = replace(outputs, causes=False)  # they are measured once all replications are there
    if (path / RUN).is_file():
        yield resume(path, execution, few)
    for n in sizes:
        have = Results(path).n_replications if (path / MANIFEST).is_file() else 0
        if have >= n and n != sizes[-1]:
            continue
        last = outputs if n == sizes[-1] and n == identity.replications else few
        if have and have < n:
            yield extend(path, n, execution, last)
            continue
        yield run_in_folder(
            identity.scenario,
            replications=n,
            seed=identity.seed,
            out=path,
            typed=identity.typed,
            assumptions=identity.assumptions,
            execution=execution,
            outputs=last,
        )
