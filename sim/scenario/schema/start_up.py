"""Start-up of a site as steps (regulator, ethics, contract, initiation), in parallel or one after another.

A country or a group writes only what differs, so that the steps of a group have to be looked up in three layers; that
is done here, for the checks and for the simulation alike.

Attributes:
    Steps: names of steps; one name may stand alone.
    StartUp: steps by name.
    WIDTHS: what a step can be shared by, from the narrowest to the widest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from sim.scenario.distributions import Family
from sim.scenario.schema.caps import country_of
from sim.scenario.schema.values import Days, Name, Section, described, one_or_several

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario
    from sim.scenario.yaml_source import KeyPath

Steps = Annotated[
    tuple[Name, ...],
    Field(max_length=50),
    BeforeValidator(one_or_several, json_schema_input_type=Name | tuple[Name, ...]),
]


class Step(Section):
    """One step. A country or group takes what it leaves out from the step of the same name one level up."""

    days: Days | None = described(
        "How long the step takes, from when all that it waits for is over.", unit="days", default=None
    )
    after: Steps | None = described(
        "Steps that must be over before it begins; one name, or several. Left out: it begins with start-up work.",
        default=None,
    )
    each: Literal["site", "group", "country", "trial"] | None = described(
        "Whether it is done for each site apart (the default), or once for all sites of a group, of a country or of "
        "the trial.",
        default=None,
    )


StartUp = Annotated[dict[Name, Step], Field(max_length=50)]

WIDTHS = ("site", "group", "country", "trial")  # what a step can be shared by, from the narrowest


@dataclass(frozen=True)
class FoundStep:
    """A step as it applies to a site group.

    Attributes:
        name: its name.
        path: path of its days in the scenario; of its first mention if no layer gives days.
        days: its length in days; None if no layer gives it.
        after: names of the steps that it waits for.
        each: what shares it; one of `WIDTHS`.
        said_at: path of each of `days`, `after` and `each` that is written.
    """

    name: str
    path: KeyPath
    days: float | Family | None
    after: tuple[str, ...]
    each: str
    said_at: dict[str, KeyPath]


def steps_of(scenario: Scenario, group: str) -> dict[str, FoundStep]:
    """The steps of a site group by name: its own, over those of its country, over the defaults.

    Args:
        scenario: the scenario.
        group: name of the group.

    Returns:
        The steps in alphabetical order; each field comes from the first layer that has it.
    """
    country = country_of(scenario, group)
    layers: list[tuple[KeyPath, dict[str, object]]] = [(("sites", group), dict(scenario.sites[group].start_up))]
    if country in scenario.countries:
        layers.append((("countries", str(country)), dict(scenario.countries[str(country)].start_up)))
    layers.append((("site_defaults",), dict(scenario.site_defaults.start_up)))
    names = sorted({name for _, steps in layers for name in steps})
    return {name: _found(name, layers) for name in names}


def step_names(scenario: Scenario) -> list[str]:
    """Names of all steps of any group, in alphabetical order; a step's code is its position.

    Args:
        scenario: the scenario.
    """
    return sorted({name for group in scenario.sites for name in steps_of(scenario, group)})


def _found(name: str, layers: list[tuple[KeyPath, dict[str, object]]]) -> FoundStep:
    """A step from the layers that mention it; the first to set a field wins."""
    said: dict[str, object] = {}
    said_at: dict[str, KeyPath] = {}
    for place, steps in layers:
        for field in ("days", "after", "each"):
            value = getattr(steps.get(name), field, None)
            if value is not None and field not in said:
                said[field], said_at[field] = value, (*place, "start_up", name, field)
    first = next((*place, "start_up", name, "days") for place, steps in layers if name in steps)
    days, after = said.get("days"), said.get("after", ())
    assert isinstance(after, tuple)
    assert days is None or isinstance(days, (int, float, Family))
    return FoundStep(name, said_at.get("days", first), days, after, str(said.get("each", "site")), said_at)


def in_order(steps: dict[str, FoundStep]) -> list[str]:
    """Names of steps in an order in which each follows all that it waits for; ties by name.

    Args:
        steps: the steps by name.

    Returns:
        The names, without steps that wait for one another in a circle.
    """
    done: list[str] = []
    waiting = sorted(steps)
    while waiting:
        ready = next((name for name in waiting if all(other in done for other in steps[name].after)), None)
        if ready is None:
            return done
        waiting.remove(ready)
        done.append(ready)
    return done
