"""Infusions, and the supply of cells for them.

Weeks and amounts of doses belong to arms (`sim.scenario.schema.trial`); here is what they all share: bays, reactions,
lots, stock and couriers.
"""

from __future__ import annotations

from typing import Literal

from sim.scenario.schema.values import (
    MAX_DAYS,
    Cells,
    Days,
    Hours,
    OnceCells,
    OnceDays,
    Probability,
    Section,
    described,
)


class Treatment(Section):
    """How doses are given."""

    first_dose_delay_days: Days = described(
        "From randomisation to the first dose's due time.", unit="days", default=0.0
    )
    window_days: float = described(
        "A dose later than this after its due time is missed; where this is as long as the time to the next dose, the "
        "next keeps its distance from a late one.",
        unit="days",
        ge=0,
        le=MAX_DAYS,
        default=2.0,
    )
    bay_hours: Hours = described("Time in the infusion bay or chair.", unit="hours", default=0.0)
    unfit_on_the_day: Probability = described("Probability of not being fit for a dose when it is due.", default=0.0)
    unfit_days: Days | None = described(
        "How long unfitness lasts; null: past the window, so that the dose is missed.", unit="days", default=None
    )
    weekdays_only: bool = described("Doses are due Monday to Friday only.", default=False)
    reaction: Probability = described("Probability of fever or another mild reaction, per dose.", default=0.0)
    severe_reaction: Probability = described("Probability of a severe reaction, per dose.", default=0.0)


class Lots(Section):
    """Manufacture of one lot."""

    culture_days: Days = described("Time in a culture suite.", unit="days")
    yield_cells: Cells = described("Cells per lot.", unit="cells")


class Stock(Section):
    """The bank: what it starts with, when a lot is started, and how long cells keep."""

    start_cells: OnceCells = described("Released cells on day 0.", unit="cells", default=0.0)
    reorder_below_cells: OnceCells = described(
        "A lot is started when released cells, less those that participants are due, plus those expected from running "
        "lots, fall below this.",
        unit="cells",
        default=0.0,
    )
    shelf_life_days: OnceDays = described("Shelf life of released cells.", unit="days", default=36500.0)


class Courier(Section):
    """How cells come from the manufacturer to a site: a delivery for each dose."""

    days: Days = described("On the way.", unit="days", default=0.0)
    ahead_days: OnceDays = described("A delivery leaves so long before its dose is due.", unit="days", default=0.0)
    life_hours: Hours | None = described(
        "Delivered cells are given within this after they arrive, or lost; null: they keep.", unit="hours", default=None
    )
    failure: Probability = described(
        "Probability that a delivery is lost on the way: when it should have come, the dose is ordered again.",
        default=0.0,
    )


class CellSupply(Section):
    """The source of cells. Without this section doses are never short."""

    source: Literal["bank", "made_to_order"] = described(
        "bank: central stock for all; made_to_order: a lot for each participant, from randomisation."
    )
    lots: Lots = described("Culture.")
    release_days: Days = described("Release testing, after culture.", unit="days", default=0.0)
    failure: Probability = described("Probability that a lot fails (growth or release).", default=0.0)
    suites: int = described("Number of lots that can be in culture at once.", unit="suites", ge=0, le=10_000, default=1)
    stock: Stock = described("The bank's rules.", default_factory=Stock)
    courier: Courier | None = described("Deliveries to the sites; leave out and cells are there.", default=None)
    lost_at_bedside: Probability = described("Probability that a thawed dose cannot be given.", default=0.0)
    doses_in_stock_to_randomise: int = described(
        "Nobody is randomised while the unreserved released cells cover fewer than this many of their doses "
        "(bank only).",
        unit="doses",
        ge=0,
        default=0,
    )
