"""What each country has brought by the end of the data, and what it is to bring in all.

Participants so far are counted in the data; those to come are means over the simulated futures.
"""

from __future__ import annotations

from typing import Any

from sim.analysis import intervals
from sim.core.design import Design
from sim.forecast.answer import Answer
from sim.report.exhibits import Exhibit, Table
from sim.report.words import mean_with_error, number

_MEASURES = ("n_randomised", "n_sites_activated")


def _so_far(answer: Answer) -> dict[str, int]:
    """Participants in the data, by country."""
    design = answer.futures.design
    counts = dict.fromkeys(design.countries, 0)
    for person in answer.start.state.people:
        country = design.country_of(person.site[0])
        if person.randomised is not None and country is not None:
            counts[country] += 1
    return counts


def by_country(answer: Answer) -> list[dict[str, Any]]:
    """Participants and sites of each country.

    Args:
        answer: the forecast.

    Returns:
        For each country: `country` (code), `label`, `so_far` (participants in the data), and the means `n_randomised`
        and `n_sites_activated` at the end of the simulated trials, with their intervals; empty without countries.
    """
    design: Design = answer.futures.design
    so_far = _so_far(answer) if design.countries else {}
    return [
        {"country": code, "label": design.country_label(code), "so_far": so_far[code]}
        | {name: intervals.mean(answer.futures.measure(f"country_{code}_{name}")) for name in _MEASURES}
        for code in design.countries
    ]


def countries(answer: Answer) -> Exhibit | None:
    """The table of the countries, without a figure; None without countries.

    Args:
        answer: the forecast.
    """
    rows = by_country(answer)
    if not rows:
        return None
    most = max(rows, key=lambda row: row["n_randomised"].value - row["so_far"])
    return Exhibit(
        "countries",
        "Participants by country",
        f"Most of those to come are expected in {most['label']}: "
        f"{number(most['n_randomised'].value - most['so_far'])} more in a mean trial.",
        "Means over the simulated trials with their 95 % intervals.",
        None,
        Table(
            "Countries",
            ("country", "randomised so far", "at the end", "sites opened by then"),
            tuple(
                (row["label"], str(row["so_far"]), *(mean_with_error(row[name]) for name in _MEASURES)) for row in rows
            ),
            is_open=True,
        ),
    )
