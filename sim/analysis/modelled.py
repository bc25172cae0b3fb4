"""Which doses, visits, steps and measures a scenario models, so that answers omit what it does not.

Tables keep a row for what is rare, but have none for what cannot happen: doses if no arm has any, a database lock
without follow-up. Every table, sentence and figure asks these functions.

Attributes:
    Predicate: says of a scenario whether it models something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

Predicate = Callable[["Scenario"], bool]


def has_doses(scenario: Scenario) -> bool:
    """Whether some arm has doses."""
    return any(arm.doses for arm in scenario.arms.values())


def has_cells(scenario: Scenario) -> bool:
    """Whether doses need cells that can be short."""
    return has_doses(scenario) and scenario.cells is not None


def _has_monitoring(scenario: Scenario) -> bool:
    return scenario.costs is not None and scenario.costs.monitoring_visit is not None


def has_couriers(scenario: Scenario) -> bool:
    """Whether cells are delivered for each dose."""
    return scenario.cells is not None and scenario.cells.courier is not None and has_doses(scenario)


def place_of_doses(scenario: Scenario) -> str:
    """What doses are given in: an infusion bay, or a chair where no arm has cells."""
    of_cells = any(arm.doses and not arm.doses.is_drug for arm in scenario.arms.values())
    return "infusion bay" if of_cells else "infusion chair"


def has_follow_up(scenario: Scenario) -> bool:
    """Whether participants are followed."""
    return scenario.follow_up is not None


def has_coordinators(scenario: Scenario) -> bool:
    """Whether coordinators can be short at some site."""
    return _is_set(scenario, "coordinators")


def has_bays(scenario: Scenario) -> bool:
    """Whether infusion bays can be short at some site."""
    return has_doses(scenario) and _is_set(scenario, "infusion_bays")


def _is_set(scenario: Scenario, name: str) -> bool:
    """Whether a setting of sites has a value in any group, or by default."""
    groups = (scenario.site_defaults, *scenario.sites.values())
    return any(getattr(group, name) is not None for group in groups)


def has_chart(scenario: Scenario) -> bool:
    """Whether the chart excludes anyone."""
    return any(rule.stage == "chart" for rule in scenario.screening.criteria.values())


def may_refuse(scenario: Scenario) -> bool:
    """Whether somebody who is asked may refuse consent, from the start or after an amendment."""
    return scenario.screening.consent != 1 or any(rule.consent is not None for rule in scenario.amendments.values())


def _may_be_lost_before_consent(scenario: Scenario) -> bool:
    return has_chart(scenario) or may_refuse(scenario)


def has_screening(scenario: Scenario) -> bool:
    """Whether a patient who consents may be randomised later, or not at all."""
    screening = scenario.screening
    never = not screening.criteria and screening.window_days is None and screening.deteriorates_per_day == 0
    return not never or screening.days != 0 or has_coordinators(scenario)


def _has_sometimes_reason(scenario: Scenario) -> bool:
    return scenario.screening.rescreen is not None


def _has_primary_completion(scenario: Scenario) -> bool:
    return has_follow_up(scenario) or scenario.trial.planned.primary_completion is not None


def _has_board(scenario: Scenario) -> bool:
    return scenario.oversight.board_review is not None


def _has_holds(scenario: Scenario) -> bool:
    return scenario.oversight.hold is not None or scenario.oversight.stop is not None


def _has_sentinels(scenario: Scenario) -> bool:
    return scenario.oversight.sentinels is not None


def _has_interims(scenario: Scenario) -> bool:
    return bool(scenario.interims)


def _has_late_start(scenario: Scenario) -> bool:
    start = scenario.trial.start
    return start.late != 0 or start.never != 0


def _has_caps(scenario: Scenario) -> bool:
    return bool(scenario.caps)


def _has_patience(scenario: Scenario) -> bool:
    return has_coordinators(scenario) and scenario.screening.patience_days is not None


_MILESTONES: dict[str, Predicate] = {
    "last_dose": has_doses,
    "primary_completion": _has_primary_completion,
    "last_visit": has_follow_up,
    "database_lock": has_follow_up,
}
_STEPS: dict[str, Predicate] = {
    "late_start": _has_late_start,
    "coming_back": _has_sometimes_reason,
    "coordinator": has_coordinators,
    "screening": has_screening,
    "board_review": _has_board,
    "hold": _has_holds,
    "sentinel": _has_sentinels,
    "interim": _has_interims,
    "cells": has_cells,
    "follow_up": has_follow_up,
    "database_lock": has_follow_up,
}
_FUNNEL: dict[str, Predicate] = {  # by the count of the stage
    "n_consent_refused": may_refuse,
    "n_consented": _may_be_lost_before_consent,
    "n_screened": has_screening,
    "n_eligible": has_screening,
    "n_completed": has_follow_up,
}
_MEASURES: tuple[tuple[tuple[str, ...], Predicate], ...] = (  # by the beginning of their names; the first match decides
    (("n_doses_", "n_all_doses", "n_reactions_"), has_doses),
    (("n_lots_", "cells_"), has_cells),
    (("cost_cells",), has_doses),
    (("cost_monitoring",), _has_monitoring),
    (("share_bays_",), has_bays),
    (("share_coordinators_", "wait_coordinator_"), has_coordinators),
    (("n_lost",), _has_patience),
    (("n_chart_failed",), has_chart),
    (("n_deteriorated", "n_out_of_window", "n_screening_failed", "n_screened", "n_eligible"), has_screening),
    (("n_rescreens_",), _has_sometimes_reason),
    (("n_away_cap",), _has_caps),
    (("n_visits_", "n_left_", "n_completed", "n_following", "n_events", "cost_visits"), has_follow_up),
)


def _has_arms(scenario: Scenario) -> bool:
    return len(scenario.arms) > 1


def _has_method(*methods: str) -> Predicate:
    return lambda scenario: _has_arms(scenario) and scenario.randomisation.method in methods


def _has_primary_events(scenario: Scenario) -> bool:
    return scenario.follow_up is not None and scenario.follow_up.primary_completion is not None


def _may_stop(scenario: Scenario) -> bool:
    return _has_interims(scenario) or _has_holds(scenario)


_VALUES: tuple[tuple[str, Predicate], ...] = (  # by the beginning of their paths; the first match decides
    ("costs.lot", has_cells),
    ("costs.dose", has_doses),
    ("treatment.", has_doses),
    ("randomisation.preferred_probability", _has_method("biased_coin", "minimisation")),
    ("randomisation.urn_", _has_method("urn")),
    ("randomisation.", _has_arms),
)


def _may_pause(scenario: Scenario) -> bool:
    oversight, extended = scenario.oversight, bool(scenario.extensions)
    return _has_interims(scenario) or extended or oversight != type(oversight)() or bool(scenario.risks)


def _may_be_full(scenario: Scenario) -> bool:
    return _is_set(scenario, "max_participants") or _is_set(scenario, "closes")


_LOSSES: dict[str, Predicate] = {
    "n_away_paused": _may_pause,
    "n_consent_refused": may_refuse,
    "n_away_site_closed": _may_be_full,
    "n_away_stopped": lambda scenario: _may_stop(scenario) or bool(scenario.extensions),
    "n_away_completed": _has_primary_events,
}
_OUTCOMES: dict[str, Predicate] = {
    "never_started": _has_late_start,
    "caps": _has_caps,
    "too_few_events": _has_primary_events,
    "stopped": lambda scenario: _may_stop(scenario) or bool(scenario.extensions),
}


def has_milestone(name: str, scenario: Scenario) -> bool:
    """Whether a scenario has a milestone: no last dose without doses, no database lock without follow-up.

    Args:
        name: name of the milestone, one of `sim.analysis.measures.MILESTONES`.
        scenario: the scenario.

    Returns:
        False if no replication can have it; a milestone that this does not know is taken as modelled.
    """
    return _MILESTONES.get(name, _always)(scenario)


def has_step(name: str, scenario: Scenario) -> bool:
    """Whether a scenario can have a step on its critical path.

    Args:
        name: name of the step, one of `sim.analysis.measures.STEPS`.
        scenario: the scenario.

    Returns:
        False if the step takes no time in any replication.
    """
    return _STEPS.get(name, _always)(scenario)


def has_stage(counts: Iterable[str], scenario: Scenario) -> bool:
    """Whether a scenario has a stage of the funnel.

    Args:
        counts: the measures that are added up to the stage, as in `sim.analysis.funnel_tables.FUNNEL`.
        scenario: the scenario.

    Returns:
        True only if the scenario has all of these measures.
    """
    return all(_FUNNEL.get(count, _always)(scenario) for count in counts)


def has_measure(name: str, scenario: Scenario) -> bool:
    """Whether a measure carries information in a scenario, rather than always being 0 or never.

    Args:
        name: name of the measure.
        scenario: the scenario.

    Returns:
        False only where that is certain; a measure that is not named here has information.
    """
    if name.startswith("day_"):
        return has_milestone(name.removeprefix("day_"), scenario)
    if name.startswith("path_"):
        return _has_path(name, scenario)
    for beginnings, has in _MEASURES:
        if name.startswith(beginnings):
            return has(scenario)
    return True


def has_loss(name: str, scenario: Scenario) -> bool:
    """Whether those referred can be lost in a way: nobody is turned away at a full site where no site can be full.

    Args:
        name: name of the measure that counts them.
        scenario: the scenario.
    """
    return has_measure(name, scenario) and _LOSSES.get(name, _always)(scenario)


def has_value(path: str, scenario: Scenario) -> bool:
    """Whether the value at a dotted path says something of a trial: no price of a lot where no cells are made.

    Args:
        path: path of the value.
        scenario: the scenario.

    Returns:
        False if no replication can depend on it.
    """
    return next((has(scenario) for beginning, has in _VALUES if path.startswith(beginning)), True)


def has_outcome(name: str, scenario: Scenario) -> bool:
    """Whether a trial of a scenario can end in a way: none is stopped early where nothing stops it.

    Args:
        name: the word that the log has for it.
        scenario: the scenario.
    """
    return _OUTCOMES.get(name, _always)(scenario)


def _has_path(name: str, scenario: Scenario) -> bool:
    """Whether a trial has the milestone and the step of `path_<milestone>_<step>_days`."""
    rest = name.removeprefix("path_").removesuffix("_days")
    milestones = (has for name, has in _MILESTONES.items() if rest.startswith(f"{name}_"))
    steps = (has for name, has in _STEPS.items() if rest.endswith(f"_{name}"))
    return all(has(scenario) for has in (*milestones, *steps))


def end_of(scenario: Scenario) -> str:
    """The milestone that ends a trial: the database lock, or the last randomisation without follow-up.

    Args:
        scenario: the scenario.

    Returns:
        Its name, one of `sim.analysis.measures.MILESTONES`.
    """
    return "database_lock" if has_follow_up(scenario) else "last_randomised"


def _always(_: Scenario) -> bool:
    return True
