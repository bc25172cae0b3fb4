"""What makes two runs the same run: scenario, seed, size, and the program that simulates."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

from sim import __version__
from sim.errors import Problem, ResultsError
from sim.scenario.load import canonical, scenario_from_json, scenario_hash
from sim.scenario.schema import Scenario

_FOR_READERS = ("typed", "assumptions")  # kept for reports; they decide no result
_SIMULATING = ("scenario", "core", "processes", "analysis", "experiment/replicate.py", "trial.py", "continued.py")


@lru_cache(maxsize=1)
def program_fingerprint() -> str:
    """SHA-256 of the source of all that decides what a replication is, shortened; the same however it was installed."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for part in _SIMULATING:
        path = package / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def slug(name: str) -> str:
    """A scenario's name as part of a folder's."""
    return (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "scenario")[:60]


@dataclass(frozen=True)
class Identity:
    """What decides every byte of a run's results, its dates and wall time apart.

    Attributes:
        scenario: the resolved scenario.
        seed: where random numbers start.
        replications: how many; None while a stopping rule has not decided.
        typed: the scenario and its overrides as they were typed, shown in reports; decides nothing else.
        assumptions: every value with where it came from, shown in reports; decides nothing else.
        until: the rule by which it stops, as it was written; empty where the number of replications is given.
        most: with a rule, how many replications at most.
    """

    scenario: Scenario
    seed: int
    replications: int | None
    typed: str = ""
    assumptions: Sequence[Mapping[str, str]] = ()
    until: str = ""
    most: int = 0

    def decided(self, replications: int) -> Identity:
        """The same with a number of replications, on which a stopping rule has decided."""
        return replace(self, replications=replications)

    @property
    def ceiling(self) -> int:
        """Replications that there may be at most."""
        return self.most if self.replications is None else self.replications

    @property
    def keep(self) -> int:
        """Replications whose events are kept whole: those with a smaller number."""
        return min(self.scenario.experiment.keep, self.ceiling)

    @cached_property
    def _scenario_json(self) -> str:
        return self.scenario.model_dump_json(by_alias=True)

    def arguments(self, first: int, n: int) -> tuple[str, int, int, int, int]:
        """What `crew.simulate_chunk` takes to simulate n replications from the first on."""
        return self._scenario_json, self.seed, first, n, self.keep

    def as_mapping(self) -> dict[str, object]:
        """What is written into the run's folder and compared when it goes on."""
        return {
            "scenario_hash": scenario_hash(self.scenario),
            "seed": self.seed,
            "replications": self.replications,
            "keep": self.keep,
            "version": __version__,
            "program": program_fingerprint(),
            "scenario": json.loads(canonical(self.scenario)),
            "typed": self.typed,
            "assumptions": [dict(row) for row in self.assumptions],
        } | ({"until": {"rule": self.until, "most": self.most}} if self.until else {})

    @classmethod
    def from_mapping(cls, found: Mapping[str, Any], name: str) -> Self:
        """What a run's folder says it is.

        Args:
            found: as `as_mapping` made it.
            name: how messages name the file.

        Raises:
            ResultsError: something is missing, which the program always writes.
            ScenarioError: the scenario was changed.
        """
        try:
            until = found.get("until") or {"rule": "", "most": 0}
            return cls(
                scenario_from_json(found["scenario"], name),
                found["seed"],
                found["replications"],
                found["typed"],
                found["assumptions"],
                until["rule"],
                until["most"],
            )
        except (KeyError, TypeError) as error:
            raise ResultsError(Problem(f"is damaged: it lacks {error}", name)) from None

    @property
    def short(self) -> str:
        """Eight characters for the folder's name."""
        left_out = (*_FOR_READERS, "replications", "keep") if self.until else _FOR_READERS
        deciding = {key: value for key, value in self.as_mapping().items() if key not in left_out}
        text = json.dumps(deciding, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def folder_name(self) -> str:
        """`<scenario>-<id>`."""
        return f"{slug(self.scenario.name)}-{self.short}"
