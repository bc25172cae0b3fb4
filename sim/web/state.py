"""The scenario of a page, read from the query of its address and written back. All pages read the same query.

    ?scenario=base&set=sites.general_hospital.count=4&set=...&seed=7&replications=500
    ?...&until=database_lock.p50<14d
    ?file=<hash of an edited scenario>&set=...
    ?...&name=Four hospitals

A link with such a query reopens exactly this scenario and seed.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import parse_qs, urlencode

from sim.errors import Problem, UsageError, nearest
from sim.plurals import one_line
from sim.scenario.layers import library_names
from sim.scenario.load import Loaded, load, load_text
from sim.web.limits import check_limits
from sim.web.settings import Limits
from sim.web.visitors import Visitors

BASE = "base"
EDITED = "scenario.yaml"  # how messages name a scenario that came as text

_LARGEST_SEED = 2**63 - 1
_MOST_CHANGES = 300
_LONGEST_RULE = 80
LONGEST_NAME = 60  # of a plan


@dataclass(frozen=True)
class State:
    """The current scenario of a page.

    Attributes:
        scenario: name of a scenario that comes with the program; ignored if there is a file.
        file: hash of an edited scenario, or empty.
        changes: `PATH=VALUE` texts, as after `--set`, one per path.
        seed: seed of the random numbers; None: as the scenario says.
        replications: simulated trials; None: as the scenario says.
        until: stopping rule, as after `--until`; empty for none.
        name: what people call this plan; empty for none. A change of it has none.
    """

    scenario: str = BASE
    file: str = ""
    changes: tuple[str, ...] = ()
    seed: int | None = None
    replications: int | None = None
    until: str = ""
    name: str = ""

    @classmethod
    def of(cls, query: str | Mapping[str, Sequence[str]] | None) -> Self:
        """The state that a query names.

        Args:
            query: query of the address, with or without its question mark, or parsed.

        Returns:
            The state; of a path that is set twice, the last value counts.

        Raises:
            UsageError: it names something that does not exist or is not allowed.
        """
        if query is None or isinstance(query, str):
            query = parse_qs((query or "").removeprefix("?"), keep_blank_values=True)
        name = _last(query, "scenario") or BASE
        if name not in library_names():
            raise UsageError(Problem(f"there is no such scenario: {nearest(name, library_names())}", value=name))
        if len(query.get("set", ())) > _MOST_CHANGES:
            n = str(len(query["set"]))
            raise UsageError(Problem(f"at most {_MOST_CHANGES} values may be set", "the address", path="set", value=n))
        changes: dict[str, str] = {}
        for text in query.get("set", ()):
            changes.pop(text.partition("=")[0], None)
            changes[text.partition("=")[0]] = text
        return cls(
            name,
            _last(query, "file"),
            tuple(changes.values()),
            whole_number(query, "seed", 0, _LARGEST_SEED),
            whole_number(query, "replications", 1, 10**9),
            _last(query, "until")[:_LONGEST_RULE],
            one_line(_last(query, "name"), LONGEST_NAME),
        )

    def query(self) -> str:
        """The query that names this state, with its question mark; empty for the unchanged base scenario.

        Returns:
            Keys in a fixed order, so that equal states have equal addresses.
        """
        pairs: list[tuple[str, str]] = []
        if self.file:
            pairs.append(("file", self.file))
        elif self.scenario != BASE:
            pairs.append(("scenario", self.scenario))
        pairs += [("set", text) for text in self.changes]
        if self.seed is not None:
            pairs.append(("seed", str(self.seed)))
        if self.replications is not None:
            pairs.append(("replications", str(self.replications)))
        if self.until:
            pairs.append(("until", self.until))
        if self.name:
            pairs.append(("name", self.name))
        return f"?{urlencode(pairs)}" if pairs else ""

    def changed(self, path: str, value: str | None) -> State:
        """The state with a value set, or if the value is None, with its change removed.

        Args:
            path: dotted path, as after `--set`.
            value: the value as written; None for no change.

        Returns:
            The state with this change last, and without a name, since it is another plan.
        """
        kept = tuple(text for text in self.changes if text.partition("=")[0] != path)
        return replace(self, changes=kept if value is None else (*kept, f"{path}={value}"), name="")

    def typed(self) -> str:
        """The scenario and its changes as a person would type them on the command line."""
        name = EDITED if self.file else self.scenario
        return " ".join([name, *(f"--set {shlex.quote(text)}" for text in self.changes)])

    def loaded(self, visitors: Visitors, limits: Limits) -> Loaded:
        """The scenario, read and checked.

        Args:
            visitors: the store of edited scenarios.
            limits: limits of the studio.

        Returns:
            The scenario with its layers; an edited text in place of the file that it extends.

        Raises:
            InputError: it is wrong, exceeds a limit, or is not kept here.
        """
        if self.file:
            text = visitors.text(self.file)
            if text is None:
                raise UsageError(Problem(f"this scenario {visitors.why_not(self.file)}", "?file"))
            loaded = load_text(text, self.changes, EDITED)
        else:
            loaded = load(self.scenario, self.changes)
        check_limits(loaded.scenario, limits, self.replications)
        return loaded


def _last(query: Mapping[str, Sequence[str]], name: str) -> str:
    values = query.get(name) or [""]
    return values[-1]


def whole_number(query: Mapping[str, Sequence[str]], name: str, low: int, high: int) -> int | None:
    """A whole number of a query; None if the query has none.

    Args:
        query: the parsed query.
        name: its key.
        low: least number allowed.
        high: largest number allowed.

    Raises:
        UsageError: it is no whole number, or outside `low` to `high`.
    """
    text = _last(query, name)
    if not text:
        return None
    if not text.isdecimal() or len(text) > len(str(high)) or not low <= int(text) <= high:
        raise UsageError(Problem(f"must be a whole number from {low} to {high}", f"?{name}", value=text[:40]))
    return int(text)
