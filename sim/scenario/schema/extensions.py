"""Extensions in a scenario: which of a user's Python files take part, and with what parameters.

The file itself is not in the scenario; its hash is, so that a run can refuse another version of the file.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from sim.scenario.distributions import Distribution
from sim.scenario.schema.values import Name, Section, described, number_or_distribution

_MOST = 1e15
Value = Annotated[
    Annotated[Annotated[float, Field(ge=-_MOST, le=_MOST)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(number_or_distribution),
]


class ExtensionUse(Section):
    """An extension that takes part in the trial. A scenario never brings code: the file is given by --extension."""

    sha256: str = described(
        "SHA-256 of its file. The program fills it in; written by hand, no other file is accepted.",
        pattern=r"^([0-9a-f]{64})?$",
        default="",
    )
    parameters: dict[Name, Value] = described("Values of its parameters, by name.", default_factory=dict)
