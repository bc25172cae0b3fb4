"""Infusions, and the supply of cells for them."""

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
    bay_hours: Hours = described("Time in the infusion bay.", unit="hours", default=0.0)
    unfit_on_the_day: Probability = described("Probability of not being fit for a dose when it is due.", default=0.0)
    unfit_days: Days | None = described(
        "How long unfitness lasts; null: past the window, so that the dose is missed.", unit="days", default=None
    )
    weekdays_only: bool = described("Doses are due Monday to Friday only.", default=False)
    reaction: Probability = described("Probability of fever or another mild reaction, per infusion.", default=0.0)
    severe_reaction: Probability = described("Probability of a severe reaction, per infusion.", default=0.0)


class Lots(Section):
    """Manufacture of one lot."""

    culture_days: Days = described("Time in a culture suite.", unit="days")
    yield_cells: Cells = described("Cells that a lot yields.", unit="cells")


class Stock(Section):
    """The bank: what it starts with, when a lot is started, and how long cells keep."""

    start_cells: OnceCells = described("Released cells on day 0.", unit="cells", default=0.0)
    reorder_below_cells: OnceCells = described(
        "A lot is started when released cells, less those that participants are due, plus those expected from running "
        "lots, fall below this.",
        unit="cells",
        default=0.0,
    )
    shelf_life_days: OnceDays = described("Released cells expire after this.", unit="days", default=36500.0)


class CellSupply(Section):
    """The source of cells. Without this section doses are never short."""

    source: Literal["bank", "made_to_order"] = described(
        "bank: central stock for all; made_to_order: a lot for each participant, from randomisation."
    )
    lots: Lots = described("Culture.")
    release_days: Days = described("Release testing, after culture.", unit="days", default=0.0)
    failure: Probability = described("Probability that a lot fails (growth or release).", default=0.0)
    suites: int = described("Lots that can be in culture at once.", unit="suites", ge=0, le=10_000, default=1)
    stock: Stock = described("The bank's rules.", default_factory=Stock)
    lost_at_bedside: Probability = described("Probability that a thawed dose cannot be given.", default=0.0)
    doses_in_stock_to_randomise: int = described(
        "Nobody is randomised while released cells that no participant is due cannot cover this many of their doses "
        "(bank only).",
        unit="doses",
        ge=0,
        default=0,
    )
