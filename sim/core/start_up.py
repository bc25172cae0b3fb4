"""Start-up of sites as a network of steps; the last step activates the site.

The steps are those of the scenario (contract, ethics, import licence and so on), each once a site, a group, a country
or the trial. Which day each takes place in which replication is in `sim.core.start_up_draws`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.country_checks import countries_of
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario
from sim.scenario.schema.caps import country_of
from sim.scenario.schema.start_up import in_order, steps_of


@dataclass(frozen=True)
class StepDesign:
    """One step of the start-up of a group's sites.

    Attributes:
        code: its code in the log; steps are in alphabetical order.
        name: as in the scenario.
        path: path of its duration in the scenario.
        days: its duration in days.
        after: codes of the steps that it waits for.
        place: what shares the step: 'trial', 'country CODE' or 'group NAME'; None if each site does it separately.
        place_number: number of that place in the log (see `step_places`); 0 if each site does it separately.
    """

    code: int
    name: str
    path: str
    days: float | Family
    after: tuple[int, ...]
    place: str | None
    place_number: int


def step_places(scenario: Scenario) -> list[str]:
    """What steps can be shared by, in the order of their numbers in the log.

    Returns:
        '' for each site, then the trial, countries, and site groups, the last two in alphabetical order.
    """
    return [
        "",
        "trial",
        *(f"country {code}" for code in countries_of(scenario)),
        *sorted(f"group {g}" for g in scenario.sites),
    ]


def network_of(scenario: Scenario, group: str, names: list[str], places: list[str]) -> tuple[StepDesign, ...]:
    """The steps of a group in an order in which each follows all that it waits for.

    Args:
        scenario: the scenario.
        group: name of the group.
        names: names of all steps; see `step_names`.
        places: what steps can be shared by; see `step_places`.

    Returns:
        The steps; their codes are positions among `names`, and those of what shares them positions among `places`.
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
