"""Replications of many variants of a scenario on the same random numbers, on all cores, each kept once it is finished.

A request is a variant, a stretch of replication numbers and, for sensitivity analysis, probabilities of uncertain
values. It is simulated in small parts, which are kept in a folder under a name made of everything that decides them:
when the same request comes again, after Ctrl-C or in another question, its parts are read and not simulated.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from sim.analysis.critical_sites import CriticalReducer, critical_names
from sim.analysis.measures import MILESTONES
from sim.analysis.reduce import MilestoneReducer, Reducer
from sim.core.design import Design
from sim.core.unknowns import Quantiles
from sim.errors import RunInterrupted
from sim.experiment.execution import ALONE, Execution
from sim.experiment.files import write_whole
from sim.experiment.identity import program_fingerprint
from sim.experiment.replicate import Failure, refuse_failed, replicate_chunk
from sim.scenario.load import scenario_hash
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

PART = 48  # replications of a request that are simulated and kept together; no result depends on it
COLUMNS = ("outcome", "reached", *(f"day_{name}" for name in MILESTONES), "day_end", "n_randomised", "cost")
_MILESTONES_ONLY = frozenset(("outcome", "reached", "day_end", *(f"day_{name}" for name in MILESTONES)))
_DESIGNS = 6  # scenarios that a worker keeps ready
_KEY = 24  # characters of a hash in a file name


@dataclass(frozen=True)
class Variant:
    """A scenario under study.

    Attributes:
        scenario: the scenario.
        columns: the measures wanted; one that the scenario does not have is NaN.
        critical: whether the critical path is measured too (see `sim.analysis.critical`); its columns come last.
    """

    scenario: Scenario
    columns: tuple[str, ...] = COLUMNS
    critical: bool = False

    @cached_property
    def text(self) -> str:
        """The scenario as JSON, for a worker."""
        return self.scenario.model_dump_json(by_alias=True)

    @cached_property
    def key(self) -> str:
        """A name made of everything that decides the values of a replication."""
        digest = hashlib.sha256(repr((scenario_hash(self.scenario), self.names, self.critical)).encode())
        return digest.hexdigest()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of its values."""
        return (*self.columns, *(critical_names() if self.critical else ()))

    def by_name(self, values: Array) -> dict[str, Array]:
        """Columns of its values by name."""
        return dict(zip(self.names, values.T, strict=True))


@dataclass(frozen=True)
class Request:
    """Consecutive replications of a variant.

    Attributes:
        variant: the scenario.
        first: number of the first replication.
        n: how many.
        quantiles: probabilities of uncertain values, instead of random ones, by path; an array has n of them.
        sites_of: the first of the replications whose sites these are, instead of their own.
    """

    variant: Variant
    first: int
    n: int
    quantiles: Quantiles = field(default_factory=dict)
    sites_of: int | None = None

    def parts(self) -> Iterator[Request]:
        """The request in parts of at most `PART` replications, whose borders do not depend on where it begins."""
        start = self.first
        while start < self.first + self.n:
            end = min((start // PART + 1) * PART, self.first + self.n)
            cut = slice(start - self.first, end - self.first)
            quantiles = {path: p[cut] if isinstance(p, np.ndarray) else p for path, p in self.quantiles.items()}
            sites = None if self.sites_of is None else self.sites_of + start - self.first
            yield Request(self.variant, start, end - start, quantiles, sites)
            start = end

    def key(self, seed: int) -> str:
        """A name made of everything that decides the values."""
        place = (program_fingerprint(), self.variant.key, seed, self.first, self.n, self.sites_of)
        digest = hashlib.sha256(repr(place).encode())
        for path in sorted(self.quantiles):
            digest.update(path.encode())
            digest.update(np.broadcast_to(np.asarray(self.quantiles[path], dtype=np.float64), self.n).tobytes())
        return digest.hexdigest()[:_KEY]


class Simulated(NamedTuple):
    """Values of a request or of a part of it.

    Attributes:
        values: (n, columns); all NaN for a replication that raised.
        failures: replications that raised.
    """

    values: Array
    failures: list[Failure]


@lru_cache(maxsize=_DESIGNS)
def _reducer(text: str, names: tuple[str, ...], critical: bool) -> Reducer:
    design = Design(Scenario.model_validate_json(text))
    if critical:
        return CriticalReducer(design)
    return MilestoneReducer(design) if _MILESTONES_ONLY.issuperset(names) else Reducer(design)


def _simulate(
    text: str,
    names: tuple[str, ...],
    critical: bool,
    seed: int,
    first: int,
    n: int,
    quantiles: Quantiles,
    sites_of: int | None,
) -> Simulated:
    """A part, in a worker."""
    reducer = _reducer(text, names, critical)
    chunk = replicate_chunk(reducer, seed, first, n, quantiles=quantiles, sites_of=sites_of)
    place = {name: i for i, name in enumerate(reducer.names)}
    values = np.full((n, len(names)), np.nan)
    for j, name in enumerate(names):
        if name in place:
            values[:, j] = chunk.values[:, place[name]]
    return Simulated(values, chunk.failures)


class Laboratory:
    """Simulates requests; the workers stay from one to the next.

    Args:
        seed: where random numbers start.
        kept: the folder in which finished parts are kept; None to keep none.
        execution: how it is executed.
        total: how many replications are expected in all, where that is known before.
    """

    def __init__(
        self,
        seed: int,
        kept: Path | None,
        execution: Execution = ALONE,
        total: int = 0,
    ) -> None:
        self.seed = seed
        self._crew = execution.crew()
        self._kept = kept
        self._progress = execution.progress
        self._total = total
        self._done = 0

    def __enter__(self) -> Self:
        if self._kept is not None:
            self._kept.mkdir(parents=True, exist_ok=True)
        self._crew.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._crew.__exit__(*exc)

    @property
    def n_simulated(self) -> int:
        """Replications so far, those that were read from the folder among them."""
        return self._done

    def run(self, requests: Sequence[Request]) -> list[Array]:
        """Simulate requests.

        Returns:
            (n, columns) values for each request, in their order.

        Raises:
            RunInterrupted: stopped by hand; finished parts are kept.
            WorkersLost: those who simulate were lost again and again; finished parts are kept.
            ReplicationFailed: a replication raised, which is a defect of the program.
        """
        parts = [(i, part) for i, request in enumerate(requests) for part in request.parts()]
        found: dict[int, Simulated] = {}
        self._total = max(self._total, self._done + sum(part.n for _, part in parts))
        todo: list[int] = []
        try:
            self._progress(self._done, self._total)
            for j, (_, part) in enumerate(parts):
                known = self._read(part)
                if known is None:
                    todo.append(j)
                else:
                    found[j] = known
                    self._count(part.n)
            for j, simulated in self._crew.do(_simulate, ((j, self._arguments(parts[j][1])) for j in todo)):
                self._keep(parts[j][1], simulated)
                found[j] = simulated
                self._count(parts[j][1].n)
        except KeyboardInterrupt:
            raise RunInterrupted(self._stopped()) from None
        refuse_failed([failure for j in range(len(parts)) for failure in found[j].failures])
        values: list[list[Array]] = [[] for _ in requests]
        for j, (i, _) in enumerate(parts):
            values[i].append(found[j].values)
        return [np.concatenate(pieces) for pieces in values]

    def _count(self, n: int) -> None:
        self._done += n
        self._progress(self._done, self._total)

    def _stopped(self) -> str:
        message = f"stopped after {self._done:,} simulated trials"
        if self._kept is None:
            return message
        return f"{message}; they are kept in {self._kept.parent.as_posix()}. The same command goes on from there"

    # --- simulating

    def _arguments(self, part: Request) -> tuple[Any, ...]:
        variant = part.variant
        what = (variant.text, variant.names, variant.critical)
        return *what, self.seed, part.first, part.n, part.quantiles, part.sites_of

    # --- keeping

    def _read(self, part: Request) -> Simulated | None:
        """A part that is kept, None where there is none or its file was changed."""
        if self._kept is None:
            return None
        for path in self._kept.glob(f"{part.key(self.seed)}-*.npz"):
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest()[:_KEY] == path.stem.rpartition("-")[2]:
                with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                    return Simulated(stored["values"], [])
            path.unlink()
        return None

    def _keep(self, part: Request, simulated: Simulated) -> None:
        if self._kept is None or simulated.failures:  # a part in which something raised is simulated again
            return
        buffer = io.BytesIO()
        np.savez(buffer, values=simulated.values)
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()[:_KEY]
        write_whole(self._kept / f"{part.key(self.seed)}-{digest}.npz", data)
