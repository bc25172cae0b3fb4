"""What extensions add to a design: their kinds of event, and the program's events that they may listen to.

What is checked here has to be known before any replication: codes of the log are the same in all of them, and in all
worker processes. What an extension sees of a running trial is in `sim.processes.extensions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.core import events
from sim.core.events import KINDS, Kind
from sim.errors import InputError, Problem, nearest
from sim.extension import Extension
from sim.scenario.distributions import Family
from sim.scenario.extension_files import extension_of
from sim.scenario.schema import Scenario

# Visits, and referrals that end on the day, are not processes (docs/decisions/0004): they are logged at the end.
# The trial ends at the same time as the lock of the database, and nothing happens after that.
_NOT_HEARD = {
    events.REFERRED,
    events.CHART_FAILED,
    events.TURNED_AWAY,
    events.CONSENT_REFUSED,
    events.VISIT_DONE,
    events.VISIT_MISSED,
    events.DATABASE_LOCKED,
    events.TRIAL_ENDED,
}
_HEARD = {kind.name: i for i, kind in enumerate(KINDS) if i not in _NOT_HEARD}
_RESERVED = {kind.name.partition(".")[0] for kind in KINDS}


@dataclass(frozen=True)
class ExtensionDesign:
    """An extension that takes part in a scenario.

    Attributes:
        name: as in the scenario.
        kind: its class.
        parameters: values of its parameters, by name.
        events: codes in the log of its own kinds of event, by name.
        hears: names of the kinds of event that it listens to, by code.
    """

    name: str
    kind: type[Extension]
    parameters: dict[str, float | Family]
    events: dict[str, int]
    hears: dict[int, str]

    def path(self, parameter: str) -> str:
        """Path of a parameter in the scenario.

        Args:
            parameter: name of the parameter.
        """
        return f"extensions.{self.name}.parameters.{parameter}"

    def purpose(self, purpose: str) -> str:
        """Purpose of draws in the whole program, from one chosen by the extension.

        Args:
            purpose: any word; two extensions may choose the same.
        """
        return f"extension.{self.name}.{purpose}"


def extension_designs(scenario: Scenario) -> list[ExtensionDesign]:
    """The extensions of a scenario, in alphabetical order.

    Raises:
        InputError: this process has not read the file of an extension, its name is that of one of the program's own
            events, or it listens to an event that it cannot hear.
    """
    kinds = {name: extension_of(name, use.sha256) for name, use in sorted(scenario.extensions.items())}
    codes: dict[str, int] = {}
    for name, kind in kinds.items():
        if name in _RESERVED:
            message = f"is a word of the program's own log; not {', '.join(sorted(_RESERVED))}"
            raise InputError(Problem(message, path=f"extensions.{name}"))
        for event in kind.events:
            codes[f"{name}.{event}"] = len(KINDS) + len(codes)
    return [
        ExtensionDesign(
            name,
            kind,
            dict(scenario.extensions[name].parameters),
            {event: codes[f"{name}.{event}"] for event in kind.events},
            dict(_heard(name, kind, codes)),
        )
        for name, kind in kinds.items()
    ]


def _heard(name: str, kind: type[Extension], own: dict[str, int]) -> Iterator[tuple[int, str]]:
    """(code, name) of each event that an extension listens to, after a check that it can hear them."""
    for event in kind.listens_to:
        code = _HEARD.get(event, own.get(event))
        if code is None:
            is_known = any(event == known.name for known in KINDS)
            why = "this kind is written down when the trial is over, and cannot be heard" if is_known else None
            message = f"'listens_to' has '{event}': {why or nearest(event, [*_HEARD, *own])}"
            raise InputError(Problem(message, path=f"extensions.{name}"))
        yield code, event


def kinds_with(extensions: Sequence[ExtensionDesign]) -> list[Kind]:
    """All kinds of event: the program's, then those of extensions as `<extension>.<event>`.

    Args:
        extensions: the extensions that take part, in the order of `extension_designs`.

    Returns:
        The kinds, each at the position that is its code in the log.
    """
    own = [
        Kind(f"{extension.name}.{event}", meaning, "what the extension says")
        for extension in extensions
        for event, meaning in extension.kind.events.items()
    ]
    return [*KINDS, *own]
