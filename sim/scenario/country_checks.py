"""Checks of countries: those without sites, and public holidays that are not known.

`known_holidays` serves the checks of the calendar too, which may name a country of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sim.errors import nearest
from sim.scenario.rules import Finding, end_of_time, registered
from sim.scenario.schema import Scenario
from sim.scenario.schema.caps import country_of
from sim.scenario.yaml_source import KeyPath


def countries_of(scenario: Scenario) -> list[str]:
    """Codes of the countries of all site groups, in alphabetical order.

    Args:
        scenario: the scenario; groups without a country do not count.
    """
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
            yield from known_holidays(scenario, code, rule.subdivision, (*path, "public_holidays"), path)
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
def _n_holidays(country: str, subdivision: str | None, years: tuple[int, ...]) -> int | None:
    """Number of public holidays in some years; None if no such place is known."""
    import holidays  # a tenth of a second, and only where a scenario has them

    try:
        return len(holidays.country_holidays(country, subdiv=subdivision, years=years))
    except NotImplementedError:
        return None


def known_holidays(
    scenario: Scenario, country: str, subdivision: str | None, path: KeyPath, country_at: KeyPath
) -> Iterator[Finding]:
    """Check that public holidays of a country, and of a part of it, are known, and that the trial has some.

    Args:
        scenario: the scenario, for its years.
        country: code of the country.
        subdivision: code of the part; None for the whole country.
        path: path of the rule.
        country_at: path of the country.

    Yields:
        (message, path, value) if they are not known, or if there are none in the years of the trial: Ukraine has had no
        days off under martial law, and some islands never have.
    """
    first = scenario.trial.enrolment_opens.year
    if not 1900 <= first <= 2200:
        return  # which is said elsewhere
    last = end_of_time(scenario).year
    n = _n_holidays(country, subdivision, tuple(range(first, last + 1)))
    if n:
        return
    if n == 0:
        yield f"{country} has no public holidays from {first} to {last}: leave public_holidays out", country_at, country
        return
    import holidays

    known = holidays.list_supported_countries()
    if country not in known:
        yield f"no public holidays are known of this country; {nearest(country, known)}", country_at, country
    else:
        message = f"no such part of {country}; {nearest(str(subdivision), known[country])}"
        yield message, (*path, "subdivision"), subdivision
