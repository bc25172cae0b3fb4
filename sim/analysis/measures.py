"""The measures of a simulated trial: every column of `replications.parquet`, with its unit and meaning.

`sim.analysis.reduce` calculates them; this table is the source of the data dictionary and the reference pages. Which
measures there are depends on the scenario alone (its arms, criteria, caps), never on what happened.

Attributes:
    MILESTONES: milestones by name, in the order of a trial, with their meaning. `day_<name>` is the measure.
    SHARES: share of the target of the milestones that are such.
    STEPS: steps of the critical path, in order, with what they consist of.
    PATH_MILESTONES: milestones that have a critical path.
    COST_PARTS: parts of the cost, with what they consist of. `cost_<name>` is the measure.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.analysis.by_country import country_measures, start_up_measures
from sim.analysis.declared import DECLARED
from sim.analysis.drift import drift_measures
from sim.analysis.modelled import has_couriers
from sim.analysis.risks import risk_measures
from sim.core import events
from sim.core.design import Design

MILESTONES: dict[str, str] = {
    "first_site_active": "The first site is activated",
    "first_referral": "The first patient is referred",
    "first_randomised": "The first participant is randomised",
    "randomised_25pct": "A quarter of the target is randomised",
    "randomised_50pct": "Half of the target is randomised",
    "randomised_75pct": "Three quarters of the target are randomised",
    "randomised_100pct": "The target is randomised, replacements not counted",
    "last_randomised": "The last participant is randomised, replacements among them",
    "last_dose": "The last dose is given",
    "primary_completion": (
        "The last participant has had the primary endpoint's visit, or left before it; or the events needed are there"
    ),
    "last_visit": "The last participant has had the last visit, or left before it",
    "database_lock": "The database is locked",
}
SHARES = {"randomised_25pct": 0.25, "randomised_50pct": 0.5, "randomised_75pct": 0.75, "randomised_100pct": 1.0}

STEPS: dict[str, str] = {
    "late_start": "until a trial that was late started",
    "start_up": "from then until the site of this participant was activated",
    "referral": "from then until this patient was referred",
    "coming_back": "until the patient came back after a reason that passed",
    "coordinator": "consented, and waiting for a coordinator",
    "screening": "being screened",
    "board_review": "eligible, and waiting for the safety board's review",
    "hold": "eligible, and waiting for the end of a hold",
    "sentinel": "eligible, and waiting for the spacing of the first participants",
    "cells": "eligible, and waiting for cells",
    "interim": "eligible, and waiting for an interim look",
    "follow_up": "from randomisation to the milestone",
    "database_lock": "cleaning and locking the database",
}
PATH_MILESTONES = tuple(name for name in MILESTONES if name not in ("first_site_active", "first_referral"))


def path_name(milestone: str, step: str) -> str:
    """Name of the measure of a step on the critical path to a milestone (see `sim.analysis.critical`).

    Args:
        milestone: one of `PATH_MILESTONES`.
        step: one of `STEPS`.

    Returns:
        The name; its unit is days.
    """
    return f"path_{milestone}_{step}_days"


COST_PARTS: dict[str, str] = {
    "sites": "activating and running sites",
    "monitoring": "monitoring visits",
    "screening": "screenings started",
    "visits": "visits done",
    "cells": "lots and doses started",
    "central": "running the trial as a whole",
}


@dataclass(frozen=True)
class Measure:
    """One column of `replications.parquet`.

    Attributes:
        name: name of the column.
        unit: unit of its values; `count` for whole numbers.
        meaning: what it measures, in words.
    """

    name: str
    unit: str
    meaning: str


def _counts(design: Design) -> list[tuple[str, str]]:
    """(name, meaning) of the measures that are counts."""
    found = [
        ("n_sites_activated", "Sites activated"),
        ("n_sites_closed", "Sites closed before recruitment was"),
        ("n_referred", "Patients referred"),
        ("n_chart_failed", "Patients whom the chart excluded for good"),
    ]
    found += [(f"n_away_{reason}", f"Patients turned away: {reason}") for reason in _words("turned_away")]
    found += [("n_away_cap", "Patients turned away: a cap was reached")]
    found += [(f"n_turned_away_by_{name}", f"... of these, by the cap {name}") for name in design.caps]
    found += [
        ("n_consent_refused", "Patients who did not consent"),
        ("n_consented", "Patients who consented"),
        ("n_lost", "Patients whom no coordinator took up in time"),
        ("n_screened", "Patients whose screening by a coordinator started"),
        ("n_screening_failed", "Patients whose screening ended without eligibility"),
        ("n_deteriorated", "... of these, died or worsened"),
        ("n_out_of_window", "... of these, ran out of the time from decompensation to randomisation"),
        ("n_rescreens_planned", "Patients asked to come back after a reason that may pass"),
        ("n_eligible", "Patients found eligible"),
        ("n_inside", "Patients still in screening, or on their way back, at the end"),
    ]
    for stage in ("first", "only"):
        meaning = "was the first criterion to fail" if stage == "first" else "was the only criterion known to fail"
        found += [(f"n_failed_{stage}_{name}", f"Patients for whom {name} {meaning}") for name in design.criteria]
    found += [("n_randomised", "Participants"), ("n_replaced", "Participants who were to be replaced")]
    found += [(f"n_randomised_{arm.name}", f"Participants in arm {arm.name}") for arm in design.arms]
    found += [
        ("n_doses_due", "Doses that came due"),
        ("n_doses_given", "Doses given"),
        ("n_doses_late", "Doses started more than half a day after they were due"),
        ("n_doses_lost", "Doses thawed and not given"),
    ]
    found += [(f"n_doses_missed_{reason}", f"Doses missed: {reason}") for reason in _words("dose_missed")]
    found += [
        ("n_all_doses", "Participants who got every dose of their arm"),
        ("n_reactions_mild", "Mild reactions"),
        ("n_reactions_severe", "Severe reactions"),
        ("n_visits_done", "Visits done"),
        ("n_visits_missed", "Visits missed"),
    ]
    found += [(f"n_left_{way}", f"Participants who left by {way}") for way in design.ways_out]
    found += [
        ("n_events", "Events that an event-driven primary completion counts, by then; 0 where it counts none"),
        ("n_completed", "Participants who had the last visit"),
        ("n_following", "Participants still in follow-up at the end"),
        ("n_lots_started", "Lots started"),
        ("n_lots_released", "Lots released"),
        ("n_lots_failed", "Lots failed"),
    ]
    return found


def _words(vocabulary: str) -> tuple[str, ...]:
    return events.VOCABULARIES[vocabulary]


_AMOUNTS = [
    ("cells_opening", "cells", "Cells in the bank on day 0"),
    ("cells_made", "cells", "Cells harvested"),
    ("cells_failed", "cells", "Cells of lots that failed"),
    ("cells_infused", "cells", "Cells infused"),
    ("cells_lost", "cells", "Cells thawed and not given"),
    ("cells_expired", "cells", "Cells expired"),
    ("cells_discarded", "cells", "Cells made to order that were of no more use"),
    ("cells_in_stock", "cells", "Cells left at the end, in stock or in release testing"),
    ("max_imbalance", "participants", "Largest distance of any arm from its share of those randomised so far"),
    ("wait_coordinator_days", "days", "Mean wait from consent to a coordinator, of those who got one; 0 if nobody did"),
    ("wait_place_days", "days", "Mean wait of those randomised, from eligible to randomised"),
    ("share_coordinators_busy", "share", "Time of coordinators spent screening, while their sites recruited"),
    ("share_bays_busy", "share", "Time of bays spent on infusions, from activation to the last dose"),
    (
        "rate_per_month",
        "per month",
        "Participants per month, from the first site's activation to the last randomisation",
    ),
]


def measures(design: Design) -> list[Measure]:
    """All measures of a scenario, in the order of the columns.

    Args:
        design: the scenario, made ready.

    Returns:
        The measures. Days count from the first instant of day 0 and may be fractions; NaN (null in files) means never,
        or that there was nothing to measure.
    """
    found = [Measure("outcome", "code", f"How it ended: {', '.join(_words('trial_ended'))} (index from 0)")]
    found.append(Measure("reached", "0 or 1", "Whether the target, replacements among it, was randomised"))
    found += [Measure(f"day_{name}", "days", meaning) for name, meaning in MILESTONES.items()]
    found.append(Measure("day_end", "days", "The last event of the trial, or the horizon"))
    found += [Measure(name, "count", meaning) for name, meaning in _counts(design)]
    found += [Measure(name, unit, meaning) for name, unit, meaning in _AMOUNTS]
    found += [Measure(entry.name, entry.unit, entry.meaning) for entry in DECLARED]
    found += [
        Measure(path_name(milestone, step), "days", f"Critical path to {milestone}: {meaning}")
        for milestone in PATH_MILESTONES
        for step, meaning in STEPS.items()
    ]
    found += [
        Measure(f"first_day_{name}_reached", "days", f"Day on which the cap {name} was first reached; null for never")
        for name in design.caps
    ]
    for name in design.interims:
        found.append(Measure(f"first_day_{name}_look", "days", f"Day of the first look {name}; null for never"))
        found.append(Measure(f"n_looks_{name}", "count", f"Looks {name}"))
        found.append(Measure(f"n_stops_{name}", "count", "... of these, after which recruitment was stopped"))
        found.append(Measure(f"n_enlargements_{name}", "count", "... of these, after which the target was enlarged"))
    told = (*country_measures(design), *start_up_measures(design), *risk_measures(design), *drift_measures(design))
    found += [Measure(*each) for each in told]
    for name in design.amendments:
        found.append(
            Measure(f"day_{name}_decided", "days", f"Day on which the amendment {name} was decided; null: never")
        )
        found.append(Measure(f"day_{name}_in_force", "days", f"Day from which the amendment {name} was in force"))
    found += _supply_measures(design)
    costs = design.scenario.costs
    if costs is not None:
        found.append(Measure("cost", costs.currency, "Cost in all"))
        found += [Measure(f"cost_{name}", costs.currency, f"Cost of {meaning}") for name, meaning in COST_PARTS.items()]
        if costs.per_day_of_delay != 0:
            meaning = "Days to the database lock, or to the end of the simulated time, at what a day of delay is worth"
            found.append(Measure("worth_of_time", costs.currency, meaning))
            found.append(Measure("cost_and_time", costs.currency, "Cost in all and the worth of time, together"))
    found += [Measure(f"value_{path}", "", f"The uncertain value {path} in this trial") for path in design.uncertain]
    return found + extension_measures(design)


def _supply_measures(design: Design) -> list[Measure]:
    """Measures of drugs, in their units, and of deliveries; none without them."""
    found = []
    for arm in design.arms:
        if arm.doses and arm.doses.is_drug:
            unit = arm.doses.given_in
            found.append(Measure(f"amount_given_{arm.name}", unit, f"Drug given in arm {arm.name}"))
            found.append(Measure(f"amount_lost_{arm.name}", unit, f"Drug of doses in arm {arm.name} begun, not given"))
    if has_couriers(design.scenario):
        found += [
            Measure("n_deliveries", "count", "Deliveries that left with a courier"),
            Measure("n_deliveries_on_the_way", "count", "... of these, lost on the way, and ordered again"),
            Measure("n_deliveries_too_old", "count", "... of these, too old before the dose began"),
            Measure("n_deliveries_not_needed", "count", "... of these, for doses that were missed"),
            Measure("delivery_days", "days", "Mean days on the way, of deliveries that arrived; null without any"),
            Measure("cells_lost_with_couriers", "cells", "Cells lost on the way, too old, or not needed"),
        ]
    return found


def extension_measures(design: Design) -> list[Measure]:
    """Measures of the extensions that take part, named `<extension>.<measure>`.

    Args:
        design: the scenario, made ready.

    Returns:
        The measures in the order in which the extensions declare them.
    """
    return [
        Measure(f"{extension.name}.{name}", measure.unit, measure.meaning)
        for extension in design.extensions
        for name, measure in extension.kind.measures.items()
    ]
