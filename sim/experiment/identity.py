"""What makes two runs the same run: the scenario, the seed, the number of replications and the program.

A folder of results holds its identity, so that a repeated command finds its results, and different runs never mix.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from sim.errors import Problem, ResultsError, ScenarioError
from sim.experiment.program import program_fingerprint
from sim.scenario.load import canonical, scenario_from_json, scenario_hash
from sim.scenario.schema import Scenario
from sim.version import __version__

__all__ = ["Identity", "changed", "program_fingerprint", "slug"]

_SIZE = ("replications", "keep")
_DECIDING = ("program", "scenario_hash", "seed", "until", *_SIZE)  # with a stopping rule, `until` replaces the size
_ALWAYS = ("scenario_hash", "seed", *_SIZE, "version", "program", "scenario", "typed", "assumptions")
_TEXTS = ("scenario_hash", "version", "program", "typed")
_CHECK = "check"  # key of the SHA-256 over the other keys


def slug(name: str) -> str:
    """Turn a scenario's name into part of a folder name: lower-case letters, digits and hyphens, at most 60.

    Args:
        name: any text.

    Returns:
        `scenario` if nothing is left of the name.
    """
    return (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "scenario")[:60]


@dataclass(frozen=True)
class Identity:
    """Everything that decides the bytes of a run's results; dates and wall time are not part of it.

    Attributes:
        scenario: the resolved scenario.
        seed: seed of the random numbers.
        replications: number of replications; None until a stopping rule has decided.
        typed: the scenario and its overrides as they were typed; shown in reports, decides nothing else.
        assumptions: every value and its origin; shown in reports, decides nothing else.
        until: the stopping rule as text; empty where the number of replications is given.
        most: with a stopping rule, the maximum number of replications.
    """

    scenario: Scenario
    seed: int
    replications: int | None
    typed: str = ""
    assumptions: Sequence[Mapping[str, str]] = ()
    until: str = ""
    most: int = 0

    def decided(self, replications: int) -> Identity:
        """Return the same run with the number of replications on which a stopping rule decided.

        Args:
            replications: replications that were simulated when the rule was met.
        """
        return replace(self, replications=replications)

    @property
    def ceiling(self) -> int:
        """Maximum number of replications."""
        return self.most if self.replications is None else self.replications

    @property
    def keep(self) -> int:
        """The events of replications with a number below this are kept."""
        return min(self.scenario.experiment.keep, self.ceiling)

    @cached_property
    def _scenario_json(self) -> str:
        return self.scenario.model_dump_json(by_alias=True)

    def arguments(self, first: int, n: int) -> tuple[str, int, int, int, int]:
        """Return the arguments of `crew.simulate_chunk` for one chunk.

        Args:
            first: number of the first replication.
            n: number of replications.

        Returns:
            Scenario as JSON, seed, first, n, keep.
        """
        return self._scenario_json, self.seed, first, n, self.keep

    def as_mapping(self) -> dict[str, object]:
        """Return what is written into the run's folder.

        Returns:
            JSON values. `check` is a hash of the others, which reveals later changes.
        """
        return dict(self._mapping)

    @cached_property
    def _mapping(self) -> dict[str, object]:
        found = {
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
        return found | {_CHECK: _check(found)}

    def deciding(self) -> dict[str, object]:
        """Return the part of `as_mapping` that decides results.

        Returns:
            Without the name, the question, sources and the typed text; with a stopping rule, also without the number of
            replications.
        """
        left_out = _SIZE if self.until else ()
        return {key: value for key, value in self.as_mapping().items() if key in _DECIDING and key not in left_out}

    def is_presented_as(self, found: Mapping[str, Any], as_typed: bool = True) -> bool:
        """Compare names, question and sources with those of a run that has the same results.

        Args:
            found: a mapping that `as_mapping` made.
            as_typed: whether the typed text must be the same too. It is not compared where this run has none.

        Returns:
            Whether a report of that run would say the same of its scenario.
        """
        mine = self.as_mapping()
        if found.get("scenario") != mine["scenario"]:
            return False
        return not (as_typed and self.typed) or all(found.get(key) == mine[key] for key in ("typed", "assumptions"))

    @classmethod
    def from_mapping(cls, found: Mapping[str, Any], name: str) -> Self:
        """Read an identity from a run's folder.

        Args:
            found: a mapping that `as_mapping` made.
            name: name of the file, for messages.

        Returns:
            The identity.

        Raises:
            ResultsError: the mapping is not as the program wrote it.
        """
        problem = changed(found)
        if problem:
            raise ResultsError(Problem(problem, name))
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
        except (KeyError, TypeError, AttributeError, ScenarioError) as error:
            raise ResultsError(Problem(f"is damaged: {error}", name)) from None

    @property
    def short(self) -> str:
        """The eight characters that end the folder's name."""
        text = json.dumps(self.deciding(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def folder_name(self) -> str:
        """`<scenario>-<id>`."""
        return f"{slug(self.scenario.name)}-{self.short}"


def _check(found: Mapping[str, Any]) -> str:
    text = json.dumps({key: value for key, value in found.items() if key != _CHECK}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def changed(found: object) -> str:
    """Check that a mapping from a run's folder is as this program wrote it.

    Args:
        found: a mapping that `Identity.as_mapping` made, perhaps changed since.

    Returns:
        What is wrong with it; empty if nothing is.
    """
    if not isinstance(found, Mapping):
        return "is damaged: it does not say what was run"
    missing = [key for key in (*_ALWAYS, _CHECK) if key not in found]
    if missing:
        return f"is damaged, or of an earlier version of the program: it lacks '{missing[0]}'"
    if _check(found) != found[_CHECK]:
        return "was changed by hand: what it says of the scenario, the seed or the replications is not what was run"
    wrong = _wrong_kind(found)
    return f"is damaged: '{wrong}' is not what a run says there" if wrong else ""


def _wrong_kind(found: Mapping[str, Any]) -> str:
    """The first entry of an identity whose type no run writes; empty if there is none."""
    until = found.get("until")
    texts = all(isinstance(found[key], str) for key in _TEXTS)
    rows = found["assumptions"]
    fine = {
        "scenario": isinstance(found["scenario"], Mapping) and isinstance(found["scenario"].get("name"), str),
        " or ".join(_TEXTS): texts,
        "seed": _is_number(found["seed"], 0),
        "replications": _is_number(found["replications"], 1) or (found["replications"] is None and until is not None),
        "keep": _is_number(found["keep"], 0),
        "assumptions": isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows),
        "until": until is None or _is_rule(until),
    }
    return next((key for key, is_right in fine.items() if not is_right), "")


def _is_number(found: object, least: int) -> bool:
    return type(found) is int and least <= found < 2**63  # True is an int


def _is_rule(until: object) -> bool:
    return isinstance(until, Mapping) and isinstance(until.get("rule"), str) and _is_number(until.get("most"), 1)
