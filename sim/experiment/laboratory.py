"""Replications of many variants of a scenario on the same random numbers. Finished parts are kept.

A request is a variant, a range of replication numbers and, for sensitivity analysis, probabilities of uncertain values.
It is simulated in small parts. Each part is kept in a folder under a hash of everything that decides it: if the same
request comes again, after Ctrl-C or for another question, the part is read instead of simulated.

Attributes:
    COLUMNS: measures that are kept of each replication, unless a request names others.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from sim.analysis.critical_sites import critical_names
from sim.analysis.measures import MILESTONES
from sim.core.unknowns import Quantiles
from sim.errors import RunInterrupted
from sim.experiment.execution import ALONE, Execution
from sim.experiment.files import write_whole
from sim.experiment.identity import program_fingerprint
from sim.experiment.reducers import Kind, reducer_of
from sim.experiment.replicate import Failure, refuse_failed, replicate_chunk
from sim.scenario.load import scenario_hash
from sim.scenario.schema import Scenario

Array = npt.NDArray[np.float64]

PART = 48  # replications of a request that are simulated and kept together; no result depends on it
COLUMNS = ("outcome", "reached", *(f"day_{name}" for name in MILESTONES), "day_end", "n_randomised", "cost")
_MILESTONES_ONLY = frozenset(("outcome", "reached", "day_end", *(f"day_{name}" for name in MILESTONES)))
_MOST_TOGETHER = 4  # parts that are simulated in one call
_JOBS_EACH = 8  # that each process has at least, before parts are simulated together
_KEY = 24  # characters of a hash in a file name


@dataclass(frozen=True)
class Variant:
    """A scenario under study.

    Attributes:
        scenario: the scenario.
        columns: the measures wanted; a measure the scenario does not have is NaN.
        critical: whether to measure the critical path too (see `sim.analysis.critical`); its columns come last.
    """

    scenario: Scenario
    columns: tuple[str, ...] = COLUMNS
    critical: bool = False

    @cached_property
    def text(self) -> str:
        """The scenario as canonical JSON, to send to a worker."""
        return self.scenario.model_dump_json(by_alias=True)

    @cached_property
    def key(self) -> str:
        """A hash of everything that decides the values of a replication, seed and number aside."""
        digest = hashlib.sha256(repr((scenario_hash(self.scenario), self.names, self.critical)).encode())
        return digest.hexdigest()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of its values."""
        return (*self.columns, *(critical_names() if self.critical else ()))

    def by_name(self, values: Array) -> dict[str, Array]:
        """Split values into columns.

        Args:
            values: (n, columns) values of a request for this variant.

        Returns:
            (n,) values of each measure by name.
        """
        return dict(zip(self.names, values.T, strict=True))


@dataclass(frozen=True)
class Request:
    """Consecutive replications of a variant.

    Attributes:
        variant: the scenario.
        first: number of the first replication.
        n: number of replications.
        quantiles: by path, probabilities that fix uncertain values instead of random ones: one for all, or (n,).
        sites_of: number of the first replication from which to take the sites, instead of their own; None for their
            own.
    """

    variant: Variant
    first: int
    n: int
    quantiles: Quantiles = field(default_factory=dict)
    sites_of: int | None = None

    def parts(self) -> Iterator[Request]:
        """Split the request at multiples of `PART`, so that overlapping requests share parts.

        Yields:
            Requests of at most `PART` replications.
        """
        start = self.first
        while start < self.first + self.n:
            end = min((start // PART + 1) * PART, self.first + self.n)
            yield self.cut(start, end)
            start = end

    def cut(self, start: int, end: int) -> Request:
        """Replications of the request from one number up to another.

        Args:
            start: number of the first replication, in the whole experiment.
            end: number after the last one.

        Returns:
            A request with its own part of the quantiles and of the sites.
        """
        of = slice(start - self.first, end - self.first)
        quantiles = {path: p[of] if isinstance(p, np.ndarray) else p for path, p in self.quantiles.items()}
        sites = None if self.sites_of is None else self.sites_of + start - self.first
        return Request(self.variant, start, end - start, quantiles, sites)

    def key(self, seed: int) -> str:
        """Return the name under which the request's values are kept.

        Args:
            seed: seed of the random numbers.

        Returns:
            The first digits of a SHA-256 of everything that decides the values, the program included.
        """
        place = (program_fingerprint(), self.variant.key, seed, self.first, self.n, self.sites_of)
        digest = hashlib.sha256(repr(place).encode())
        for path in sorted(self.quantiles):
            digest.update(path.encode())
            digest.update(np.broadcast_to(np.asarray(self.quantiles[path], dtype=np.float64), self.n).tobytes())
        return digest.hexdigest()[:_KEY]


class Simulated(NamedTuple):
    """Values of a request, or of a part of one.

    Attributes:
        values: (n, columns); all NaN for a replication that raised an exception.
        failures: the replications that raised an exception.
    """

    values: Array
    failures: list[Failure]


class _Part(NamedTuple):
    """A part that is to be simulated.

    Attributes:
        request: place of the request that it belongs to.
        part: the part.
        places: its place among all parts, and those of other parts that are the same.
    """

    request: int
    part: Request
    places: list[int]

    def is_followed_by(self, other: _Part) -> bool:
        """Whether another part of the same request begins where this one ends."""
        return self.request == other.request and self.part.first + self.part.n == other.part.first


def _taken_apart(simulated: Simulated, together: Sequence[_Part]) -> Iterator[Simulated]:
    """What was simulated together, by part."""
    start = 0
    for part in (each.part for each in together):
        failures = [each for each in simulated.failures if part.first <= each.replication < part.first + part.n]
        yield Simulated(simulated.values[start : start + part.n], failures)
        start += part.n


def _kind(names: tuple[str, ...], critical: bool) -> Kind:
    """What measures the columns wanted, and as little else as possible."""
    if critical:
        return "critical"
    if _MILESTONES_ONLY.issuperset(names):
        return "milestones"
    return "outcomes" if set(COLUMNS).issuperset(names) else "everything"


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
    """Simulate a part, in a worker. Arguments are plain values, because they are sent to another process.

    Args:
        text: the scenario, as canonical JSON.
        names: the columns of the values.
        critical: whether to measure the critical path.
        seed: seed of the random numbers.
        first: number of the first replication.
        n: number of replications.
        quantiles: as in `Request`.
        sites_of: as in `Request`.

    Returns:
        The values; a column that the scenario does not have is NaN.
    """
    reducer = reducer_of(text, _kind(names, critical))
    chunk = replicate_chunk(reducer, seed, first, n, quantiles=quantiles, sites_of=sites_of)
    place = {name: i for i, name in enumerate(reducer.names)}
    values = np.full((n, len(names)), np.nan)
    for j, name in enumerate(names):
        if name in place:
            values[:, j] = chunk.values[:, place[name]]
    return Simulated(values, chunk.failures)


class Laboratory:
    """Simulates requests. It is a context manager that keeps its workers from one request to the next.

    Args:
        seed: seed of the random numbers.
        kept: the folder for finished parts; None to keep none.
        execution: how it is executed; never changes results.
        total: expected number of replications, for progress; 0 if unknown.
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
        self._n_processes = execution.processes
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
        """Replications so far, including those read from the folder."""
        return self._done

    def run(self, requests: Sequence[Request]) -> list[Array]:
        """Simulate requests, or read the parts that are kept.

        Args:
            requests: requests of any variants.

        Returns:
            (n, columns) values for each request, in their order.

        Raises:
            RunInterrupted: the user stopped it; finished parts are kept.
            WorkersLost: workers were lost repeatedly; finished parts are kept.
            ReplicationFailed: a replication raised an exception, which is a defect of the program.
        """
        parts = [(i, part) for i, request in enumerate(requests) for part in request.parts()]
        found: dict[int, Simulated] = {}
        self._total = max(self._total, self._done + sum(part.n for _, part in parts))
        todo: list[int] = []
        try:
            self._progress(self._done, self._total)
            kept = self._kept_by_key()
            for j, (_, part) in enumerate(parts):
                known = self._read(kept.get(part.key(self.seed), ()))
                if known is None:
                    todo.append(j)
                else:
                    found[j] = known
                    self._count(part.n)
            alike: dict[str, list[int]] = {}  # a cause that has one part is the same scenario without either
            for j in todo:
                alike.setdefault(parts[j][1].key(self.seed), []).append(j)
            missing = [_Part(*parts[same[0]], same) for same in alike.values()]
            for together, simulated in self._crew.do(_simulate, self._jobs(requests, missing)):
                for each, one in zip(together, _taken_apart(simulated, together), strict=True):
                    self._keep(each.part, one)
                    for j in each.places:
                        found[j] = one
                        self._count(each.part.n)
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
        return f"{message}; they are kept in {self._kept.parent.as_posix()}. Run the same command again to continue"

    # --- simulating

    def _jobs(
        self, requests: Sequence[Request], missing: Sequence[_Part]
    ) -> Iterator[tuple[Sequence[_Part], tuple[Any, ...]]]:
        """Parts to simulate in one call, which prepares the scenario once: a few of a request where there are many."""
        most = min(max(len(missing) // (_JOBS_EACH * self._n_processes), 1), _MOST_TOGETHER)
        start = 0
        while start < len(missing):
            end = start + 1
            while end < min(start + most, len(missing)) and missing[end - 1].is_followed_by(missing[end]):
                end += 1
            together = missing[start:end]
            last = together[-1].part
            whole = requests[together[0].request].cut(together[0].part.first, last.first + last.n)
            yield together, self._arguments(whole)
            start = end

    def _arguments(self, part: Request) -> tuple[Any, ...]:
        variant = part.variant
        what = (variant.text, variant.names, variant.critical)
        return *what, self.seed, part.first, part.n, part.quantiles, part.sites_of

    # --- keeping

    def _kept_by_key(self) -> dict[str, list[Path]]:
        """Files of the parts that are kept, by key."""
        found: dict[str, list[Path]] = {}
        for path in () if self._kept is None else self._kept.glob("*-*.npz"):
            found.setdefault(path.stem.rpartition("-")[0], []).append(path)
        return found

    def _read(self, paths: Iterable[Path]) -> Simulated | None:
        """A part that was kept in one of some files; None where there is none, or its file was changed."""
        for path in paths:
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest()[:_KEY] == path.stem.rpartition("-")[2]:
                with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                    return Simulated(stored["values"], [])
            path.unlink()
        return None

    def _keep(self, part: Request, simulated: Simulated) -> None:
        """Write a part under its key and a hash of its content, by which `_read` notices a change."""
        if self._kept is None or simulated.failures:  # a part in which something raised is simulated again
            return
        buffer = io.BytesIO()
        np.savez(buffer, values=simulated.values)
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()[:_KEY]
        write_whole(self._kept / f"{part.key(self.seed)}-{digest}.npz", data, is_checked=True)
