"""What each country brings under each scenario, and how much more or less than under the reference.

Scenarios may have other countries; one that a scenario does not have is 0 in the figure and empty in the table, and is
not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.intervals import Estimate
from sim.experiment.comparison.tables import BOTH
from sim.report.comparison.words import amount
from sim.report.exhibits import Exhibit, Table
from sim.report.style import bars, figure, series
from sim.report.words import estimate_of, mean_with_error

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from sim.experiment.comparison.sources import Side
    from sim.experiment.comparison.tables import Compared

_SHOWN = (("n_sites_activated", "sites activated"), ("n_randomised", "randomised"), ("cost", "cost"))
_ROW_PX = 44


def countries(compared: Compared) -> Exhibit | None:
    """Participants, sites and cost by country; None where no scenario has countries.

    Args:
        compared: the comparison and its tables.

    Returns:
        An exhibit with grouped bars of participants and a table of means; a country that a scenario does not have is
        drawn as 0 and has empty cells.
    """
    labels = _labels(compared)
    if not labels:
        return None
    rows = [row for code in labels for row in _rows(compared, code, labels[code])]
    sides = [side.label for side in compared.comparison.sides]
    columns = ["country", "in a mean trial", sides[0]]
    for label in sides[1:]:
        columns += [label, f"{label}: difference"]
    return Exhibit(
        "countries",
        "Countries",
        _summary(compared),
        "Means over the simulated trials with their 95 % intervals; differences are of the same trials. A country that "
        "a scenario does not have has no value in it.",
        _figure(compared, labels),
        Table("Countries in a mean trial of each scenario", tuple(columns), tuple(rows), is_open=True),
    )


def _labels(compared: Compared) -> dict[str, str]:
    """What each country is called, in the order of the scenarios."""
    found: dict[str, str] = {}
    for side in compared.comparison.sides:
        design = side.results.design
        found |= {code: design.country_label(code) for code in design.countries if code not in found}
    return found


def _rows(compared: Compared, code: str, label: str) -> list[tuple[str, ...]]:
    """One row for each measure of a country that a scenario has."""
    found = []
    for name, words in _SHOWN:
        cells: list[str] = []
        for pair in compared.comparison.pairs:
            rows = compared.of("measures", pair)
            rows = rows[rows["measure"] == f"country_{code}_{name}"]
            if rows.empty:
                cells += ["", ""] if cells else ["", "", ""]
                continue
            row = rows.iloc[0]
            cells = cells or [_mean(estimate_of(row, "reference"))]
            change = amount(estimate_of(row, "difference")) if row["in"] == BOTH else str(row["in"])
            cells += [_mean(estimate_of(row, "value")), change]
        if any(cells):
            found.append((label, words, *cells))
    return found


def _mean(estimate: Estimate) -> str:
    return "" if estimate.value != estimate.value else mean_with_error(estimate)


def _randomised(side: Side, code: str) -> Estimate:
    table = side.results.countries()
    return estimate_of(table.loc[code], "randomised") if code in table.index else Estimate(0.0, 0.0, 0.0)


def _figure(compared: Compared, labels: dict[str, str]) -> go.Figure:
    sides = compared.comparison.sides
    found = figure(_ROW_PX * len(labels) * max(len(sides) - 1, 1) + 120, barmode="group", bargap=0.3)
    for i, side in enumerate(sides):
        estimates = [_randomised(side, code) for code in labels]
        texts = [f"{side.label}: {mean_with_error(e)} participants" for e in estimates]
        found.add_trace(
            bars(list(labels.values()), estimates, texts, series(i)).update(name=side.label, showlegend=True)
        )
    found.update_yaxes(autorange="reversed", showgrid=False)
    found.update_xaxes(title="participants in a mean trial", rangemode="tozero")
    return found


def _summary(compared: Compared) -> str:
    """Of each scenario: the country that brings most."""
    found = []
    for side in compared.comparison.sides:
        table = side.results.countries()
        if table.empty:
            found.append(f"{side.label} names no countries")
            continue
        row = table.sort_values("randomised", kind="stable").iloc[-1]
        found.append(
            f"in {side.label} {row['label']} brings most, {mean_with_error(estimate_of(row, 'randomised'))} "
            "participants"
        )
    text = "; ".join(found)
    return f"{text[:1].upper()}{text[1:]}."
