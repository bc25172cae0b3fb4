"""A file of options to start from, made from a scenario: the choices that most planners have.

The simulation counts the costs that the scenario has. For others, the file has example costs, which are marked by their
source: `EXAMPLE`.

Attributes:
    EXAMPLE: source of a cost that stands only to be replaced.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.scenario.schema import Scenario
    from sim.scenario.schema.sites import SiteGroup

EXAMPLE = "example, to be replaced"

_MOST_GROUPS = 3  # with three settings each; more groups would make more plans than can be simulated in a minute
_MORE_SITES = (0, 1, 2)
_LONGEST_LABEL = 60
# round figures, so that they look like examples
_SITE, _SITE_MONTH = 10_000, 1_000
_COORDINATOR_MONTH = 1_000
_SUITE_MONTH = 5_000


def starter_options(scenario: Scenario) -> str:
    """The text of a file of options: site counts, coordinators, and culture suites if the scenario has any.

    Args:
        scenario: the scenario.

    Returns:
        YAML with comments: up to three levers for the largest site groups (as they are, one and two sites more), and
        one more of each other resource.
    """
    lines = [*_head(scenario), "levers:"]
    for lever in (_sites(scenario), _coordinators(scenario), _suites(scenario)):
        lines += [f"  {line}" if line else "" for line in lever]
    return "\n".join(lines).rstrip() + "\n"


def _head(scenario: Scenario) -> Iterator[str]:
    """Comments, name and currency of the file."""
    yield "# What may still be chosen, and what it costs."
    yield "# Add levers, take them away, change values and costs."
    if scenario.costs is not None:
        yield f"# The scenario's own costs, in {scenario.costs.currency}, are counted already;"
        yield "# a cost here comes on top."
    else:
        yield "# The scenario has no costs: only those here count."
    yield f'# A cost whose source is "{EXAMPLE}" is only an example:'
    yield "# replace it with yours, and give its source."
    yield f"name: {_text('What may still be chosen')}"
    if scenario.costs is not None:
        yield f"currency: {scenario.costs.currency}"


def _sites(scenario: Scenario) -> Iterator[str]:
    """Levers for the number of sites of the largest groups."""
    groups = sorted(scenario.sites.items(), key=lambda item: -item[1].count)
    for name, group in groups[:_MOST_GROUPS]:
        yield f"sites_{name[:50]}:"
        yield f"  label: {_text(_label(name, group, scenario))}"
        yield f"  path: sites.{name}.count"
        counts = [group.count + more for more in _MORE_SITES]
        if scenario.costs is not None:
            yield f"  {_what_a_site_costs(scenario)}"
            yield f"  values: {counts}"
        else:
            yield "  values:"
            yield f"    - {counts[0]}"
            for more, count in zip(_MORE_SITES[1:], counts[1:], strict=True):
                note = f"{_SITE:,} and {_SITE_MONTH:,} a month for each site more."
                yield from _valued(count, note, cost=more * _SITE, per_month=more * _SITE_MONTH)
        yield ""
    if len(groups) > _MOST_GROUPS:
        yield f"# {len(groups) - _MOST_GROUPS} smaller groups of sites are left as they are."
        yield ""


def _what_a_site_costs(scenario: Scenario) -> str:
    """A comment with the scenario's own costs of a site."""
    costs = scenario.costs
    assert costs is not None
    unit_costs = ((costs.site_activation, "once"), (costs.site_month, "a month"))
    parts = [f"{cost:,g} {when}" for cost, when in unit_costs if isinstance(cost, (int, float)) and cost]
    return (
        f"# a site, counted already: {' and '.join(parts)}"
        if parts
        else "# the scenario's own costs of a site are counted"
    )


def _coordinators(scenario: Scenario) -> Iterator[str]:
    """A lever for coordinators, if sites share a limit on them."""
    shared = scenario.site_defaults.coordinators
    groups = [group for group in scenario.sites.values() if "coordinators" not in group.model_fields_set]
    n_sites = sum(group.count for group in groups)
    if shared is None or not n_sites:
        return
    note = f"{_COORDINATOR_MONTH:,} a month at each of {n_sites} sites."
    yield "coordinators:"
    yield "  label: Coordinators at each site"
    yield "  path: site_defaults.coordinators"
    yield "  values:"
    yield f"    - {shared}"
    yield from _valued(shared + 1, note, per_month=_COORDINATOR_MONTH * n_sites)
    yield ""


def _suites(scenario: Scenario) -> Iterator[str]:
    """A lever for culture suites, if the scenario has cells."""
    if scenario.cells is None:
        return
    suites = scenario.cells.suites
    yield "culture_suites:"
    yield "  label: Culture suites"
    yield "  path: cells.suites"
    yield "  values:"
    yield f"    - {suites}"
    yield from _valued(suites + 1, f"{_SUITE_MONTH:,} a month for the suite.", per_month=_SUITE_MONTH)


def _valued(value: int, note: str, *, cost: int = 0, per_month: int = 0) -> Iterator[str]:
    """A value with an example of its cost."""
    yield f"    - value: {value}"
    if cost:
        yield f"      cost: {cost}"
    if per_month:
        yield f"      cost_per_month: {per_month}"
    yield "      source:"
    yield "        grade: D"
    yield f"        source: {EXAMPLE}"
    yield f"        note: {_text(note)}"


def _label(name: str, group: SiteGroup, scenario: Scenario) -> str:
    """Label of a lever: that of the group, or its name if two groups share the label."""
    label = group.label or name.replace("_", " ")
    is_shared = sum((other.label or key.replace("_", " ")) == label for key, other in scenario.sites.items()) > 1
    return f"Sites: {name if is_shared else label}"[:_LONGEST_LABEL]


def _text(text: str) -> str:
    """Text quoted so that YAML reads it back, whatever characters it has."""
    return json.dumps(text, ensure_ascii=False)
