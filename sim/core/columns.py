"""Values drawn for every patient who becomes a person, whatever happens to them.

A process that needs a value for every patient has a column. The values of all columns are drawn together, for a block
of patients of many replications. That costs a fiftieth of drawing each value when it is needed, and every draw keeps
its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from sim.core.amended import CONSENT, RETURN, amends_consent, amends_criteria
from sim.core.quantiles import Quantile, unit_exponential
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class ColumnDesign:
    """One column.

    Attributes:
        purpose: what the draws are for; with the site and the referral, this is their place.
        path: path of the value in the scenario, or empty.
        value: the value at the path, or None for standard draws.
        standard: for standard draws, their quantile function.
    """

    purpose: str
    path: str = ""
    value: object = None
    standard: Quantile | None = None


Column = Callable[[list[float]], float]  # finds one value among all those of a patient


def column_at(index: int) -> Column:
    """The column at a position among a patient's values.

    Args:
        index: position from 0, as in `Design.column_index`.

    Returns:
        A function from a patient's values to the value.
    """
    return itemgetter(index)


def constant_column(value: float) -> Column:
    """A column for a value that is the same for all patients, which is not stored.

    Args:
        value: the value, in the unit of its purpose.

    Returns:
        A function that ignores a patient's values.
    """
    return lambda _values: value


def most_doses(scenario: Scenario) -> int:
    """Number of doses in the arm with the most doses."""
    return max((len(arm.doses.weeks) for arm in scenario.arms.values() if arm.doses), default=0)


def dose_weeks(scenario: Scenario) -> list[float]:
    """Weeks of treatment in which any arm has a dose, increasing."""
    return sorted({week for arm in scenario.arms.values() if arm.doses for week in arm.doses.weeks})


def bay_hours_of(week: float) -> str:
    """Purpose of the draws of time in the bay for the dose of a week.

    Args:
        week: week of treatment, from 0; the name counts from 1.

    Returns:
        A word that is the same for every arm with a dose in that week, so that arms share these draws.
    """
    return f"treatment.bay_hours.{week + 1:.12g}"


def patient_columns(scenario: Scenario) -> dict[str, ColumnDesign]:
    """All columns that a scenario needs.

    Args:
        scenario: the scenario.

    Returns:
        The columns by purpose; none for a value that is the same for all patients of a replication.
    """
    screening, follow_up = scenario.screening, scenario.follow_up
    designs = [
        ColumnDesign("screening.deteriorates", standard=unit_exponential),
        ColumnDesign("screening.days", "screening.days", screening.days),
        ColumnDesign("screening.days.again", "screening.days", screening.days),
        ColumnDesign("screening.patience_days", "screening.patience_days", screening.patience_days),
        ColumnDesign(
            "treatment.first_dose_delay_days",
            "treatment.first_dose_delay_days",
            scenario.treatment.first_dose_delay_days,
        ),
    ]
    if screening.rescreen is not None:
        path = "screening.rescreen.after_days"
        designs.append(ColumnDesign(path, path, screening.rescreen.after_days))
        designs.append(ColumnDesign("rescreen.after_tests", standard=lambda u: u))
    if amends_consent(scenario):
        designs.append(ColumnDesign(CONSENT, standard=lambda u: u))
    if amends_criteria(scenario) and screening.rescreen is not None:
        designs.append(ColumnDesign(RETURN, standard=lambda u: u))
    designs += [
        ColumnDesign(bay_hours_of(week), "treatment.bay_hours", scenario.treatment.bay_hours)
        for week in dose_weeks(scenario)
    ]
    ways = sorted(follow_up.leaving) if follow_up else []
    designs += [ColumnDesign(f"leaving.{way}", standard=unit_exponential) for way in ways]
    return {
        design.purpose: design
        for design in designs
        if design.standard is not None or (isinstance(design.value, Family) and not design.value.is_uncertain)
    }
