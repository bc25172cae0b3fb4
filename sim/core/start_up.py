"""Start-up of sites as a network of steps: with the last of them a site is activated."""

from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario
from sim.scenario.schema.sites import country_of
from sim.scenario.schema.start_up import in_order, steps_of


@dataclass(frozen=True)
class StepDesign:
    """One step of the start-up of a group's sites.

    Attributes:
        code: its code in the log; steps are in alphabetical order.
        name: as in the scenario.
        path: where its days stand.
        days: how long it takes.
        after: codes of the steps that it waits for.
        place: whom it is done for once: a country or a group by name, '' for the trial; None for each site apart.
        place_number: what the log calls that place (see `step_places`); 0 for each site apart.
    """

    code: int
    name: str
    path: str
    days: float | Family
    after: tuple[int, ...]
    place: str | None
    place_number: int


def step_places(scenario: Scenario) -> list[str]:
    """Whom a step may be done for once, by the number in the log: each site, the trial, countries, groups."""
    countries = {country_of(scenario, group) for group in scenario.sites} - {None}
    return [
        "",
        "trial",
        *sorted(f"country {code}" for code in countries),
        *sorted(f"group {g}" for g in scenario.sites),
    ]


def network_of(scenario: Scenario, group: str, names: list[str], places: list[str]) -> tuple[StepDesign, ...]:
    """The steps of a group, each after all that it waits for.

    Args:
        scenario: the scenario.
        group: name of the group.
        names: see `step_names`.
        places: see `step_places`.
    """
    steps, found = steps_of(scenario, group), []
    for name in in_order(steps):
        step = steps[name]
        assert step.days is not None
        place = {
            "site": None,
            "group": f"group {group}",
            "country": f"country {country_of(scenario, group)}",
            "trial": "trial",
        }[step.each]
        found.append(
            StepDesign(
                names.index(name),
                name,
                ".".join(step.path),
                step.days,
                tuple(names.index(other) for other in step.after),
                place,
                0 if place is None else places.index(place),
            )
        )
    return tuple(found)
