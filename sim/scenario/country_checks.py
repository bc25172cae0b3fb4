"""Checks of countries: those without sites, and public holidays that are not known.

`known_holidays` serves the checks of the calendar too, which may name a country of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sim.errors import nearest
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.caps import country_of
from sim.scenario.yaml_source import KeyPath


def countries_of(scenario: Scenario) -> list[str]:
    """Codes of the countries of all site groups, in alphabetical order."""
    return sorted({code for group in scenario.sites if (code := country_of(scenario, group)) is not None})


@registered
def countries(scenario: Scenario) -> Iterator[Finding]:
    """Find everything that is wrong with the countries of a scenario.

    Yields:
        (message, path, value) of each finding.
    """
    known = countries_of(scenario)
    for code, settings in scenario.countries.items():
        path = ("countries", code)
        if code not in known:
            yield f"no site group is in this country; {nearest(code, known)}", path, None
        rule = settings.public_holidays
        if rule is not None:
            yield from known_holidays(code, rule.subdivision, (*path, "public_holidays"), path)
        if settings.costs is not None and scenario.costs is None:
            yield "needs the section 'costs', which says the currency", (*path, "costs"), None


@registered
def drift(scenario: Scenario) -> Iterator[Finding]:
    """Find site groups without a country, if rates drift by country."""
    rule = scenario.drift
    if rule is not None and rule.by_country != 0:
        for group in scenario.sites:
            if country_of(scenario, group) is None:
                path = ("drift", "by_country")
                yield f"drift by country needs the 'country' of group {group}", path, None
                return


@lru_cache(maxsize=64)
def _has_holidays(country: str, subdivision: str | None) -> bool:
    import holidays  # a tenth of a second, and only where a scenario has them

    try:
        holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return False
    return True


def known_holidays(country: str, subdivision: str | None, path: KeyPath, country_at: KeyPath) -> Iterator[Finding]:
    """Check that public holidays of a country, and of a part of it, are known.

    Args:
        country: code of the country.
        subdivision: code of the part; None for the whole country.
        path: path of the rule.
        country_at: path of the country.

    Yields:
        (message, path, value) if they are not known.
    """
    if _has_holidays(country, subdivision):
        return
    import holidays

    known = holidays.list_supported_countries()
    if country not in known:
        yield f"no public holidays are known of this country; {nearest(country, known)}", country_at, country
    else:
        message = f"no such part of {country}; {nearest(str(subdivision), known[country])}"
        yield message, (*path, "subdivision"), subdivision
