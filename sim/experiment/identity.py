"""What makes two runs the same run: scenario, seed, size, and the program that simulates."""

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
_DECIDING = ("program", "scenario_hash", "seed", "until", *_SIZE)  # a rule says until when
_ALWAYS = ("scenario_hash", "seed", *_SIZE, "version", "program", "scenario", "typed", "assumptions")
_TEXTS = ("scenario_hash", "version", "program", "typed")
_CHECK = "check"  # SHA-256 of the rest of what a folder says of its run


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
        """What is written into the run's folder; `check` tells whether it was changed since."""
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
        """What decides the results, and nothing else: not the name, the question, sources, or how it was typed."""
        left_out = _SIZE if self.until else ()
        return {key: value for key, value in self.as_mapping().items() if key in _DECIDING and key not in left_out}

    def is_presented_as(self, found: Mapping[str, Any], as_typed: bool = True) -> bool:
        """Whether a run with the same results has the same name, question and sources.

        Args:
            found: as `as_mapping` made it.
            as_typed: whether it must have been typed the same too; of an object, nobody knows how that was.
        """
        mine = self.as_mapping()
        if found.get("scenario") != mine["scenario"]:
            return False
        return not (as_typed and self.typed) or all(found.get(key) == mine[key] for key in ("typed", "assumptions"))

    @classmethod
    def from_mapping(cls, found: Mapping[str, Any], name: str) -> Self:
        """What a run's folder says it is.

        Args:
            found: as `as_mapping` made it.
            name: how messages name the file.

        Raises:
            ResultsError: it is not what the program wrote.
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
        """Eight characters for the folder's name."""
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
    """What is wrong with what a folder says of its run; nothing where it is as this program wrote it.

    Args:
        found: as `Identity.as_mapping` made it, unless somebody changed it.
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
    """Which entry of a run's identity is of a kind that no run writes; nothing where none is."""
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
