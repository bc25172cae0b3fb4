"""Unit costs, the number of simulated trials, and the sources of numbers.

Unit costs decide nothing in a simulated trial; they are applied to its log afterwards, in `sim.analysis.costs`.

Attributes:
    Grade: how well a number is supported, from A (the record) to D (assumption).
    Sources: sources by path.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.schema.values import Money, OnceDays, Section, described


class MonitoringVisit(Section):
    """A monitor visits each open site at regular intervals."""

    cost: Money = described("Cost of one visit.", unit="currency")
    every_days: OnceDays = described("Days between visits to a site.", unit="days")


class Costs(Section):
    """Unit costs. Without this section no cost is reported."""

    currency: str = described("Currency code.", pattern=r"^[A-Z]{3}$")
    site_activation: Money = described("Each site activated.", unit="currency", default=0.0)
    site_month: Money = described(
        "Each month that a site is open or follows participants.", unit="currency/month", default=0.0
    )
    screening: Money = described("Each screening started by a coordinator.", unit="currency", default=0.0)
    participant_visit: Money = described("Each visit that happens.", unit="currency", default=0.0)
    lot: Money = described("Each lot started.", unit="currency", default=0.0)
    dose: Money = described("Each dose begun, given or lost.", unit="currency", default=0.0)
    monitoring_visit: MonitoringVisit | None = described("Monitoring of open sites.", default=None)
    per_day_of_delay: Money = described(
        "What it is worth if the database is locked a day sooner: reported beside the cost, and not in it.",
        unit="currency/day",
        default=0.0,
    )
    central_month: Money = described(
        "Running the trial, from day 0 to database lock.", unit="currency/month", default=0.0
    )


class Experiment(Section):
    """How much to simulate."""

    replications: int = described("Simulated trials.", unit="trials", ge=1, le=10_000_000, default=1000)
    seed: int = described(
        "Seed of the random numbers; the same seed gives the same trials.", ge=0, le=2**63 - 1, default=1
    )
    keep: int = described("Replications whose events are kept whole.", unit="trials", ge=0, le=100_000, default=50)


Grade = Literal["A", "A-derived", "B", "B-derived", "B/D", "B/C", "C", "D"]


class Source(Section):
    """The source of a value and its grade: A record, B published, C from memory, D assumption."""

    grade: Grade = described("A = the registry record; B = published; C = published, not checked; D = assumption.")
    source: str = described("Citation, or keys of `bibliography`.", min_length=1, max_length=500)
    note: str | None = described("Remarks.", default=None, max_length=1000)


Sources = dict[Annotated[str, Field(max_length=200)], Source]
