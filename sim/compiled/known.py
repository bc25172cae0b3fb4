"""Which scenarios the compiled engine knows. Whatever nobody has told it of makes it refuse.

A scenario that it refuses runs on SimPy, with the same events; so a new key of the schema costs speed until the engine
has it, and never a wrong result.

Attributes:
    KNOWN: keys of the scenario that the engine knows, by section.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from types import NoneType

from pydantic import BaseModel

from sim.compiled.layout import MOST_REVIEWS
from sim.compiled.program import program_of
from sim.core.design import Design
from sim.core.population import Population
from sim.scenario.cap_checks import levels
from sim.scenario.distributions import Family
from sim.scenario.schema import Scenario

_MOST_STRATA = 10_000
_MOST_ARMS = 8  # of which some may close: there is a number for each set of them
_MOST_BITS = 60  # ways of leaving, or arms: they are bits of a number

# Keys whose rules the compiled engine follows, or that only change what is drawn before it begins, by section. A key
# that is not here must have its default value. Put a key here only once `tests/functional/test_compiled_engine.py`
# compares a scenario with it.
_KNOWN = {
    "Scenario": "name question trial arms randomisation site_defaults sites countries risks drift calendar patients "
    "amendments interims caps screening treatment cells follow_up oversight costs experiment sources bibliography",
    "TrialSettings": "target enrolment_opens start planned horizon_months overrun replace",
    "Start": "late late_days never",
    "Planned": "recruitment primary_completion study_completion",
    "Arm": "allocation doses",
    "Doses": "weeks cells_per_kg amount unit",
    "Randomisation": "method block_sizes stratify_by preferred_probability urn_start urn_add",
    "SiteSettings": "referrals_per_month lead_days activation_delay_days start_up opens between_site_cv ramp_up "
    "never_enrols coordinators infusion_bays max_participants closes country",
    "SiteGroup": "referrals_per_month lead_days activation_delay_days start_up opens between_site_cv ramp_up "
    "never_enrols coordinators infusion_bays max_participants closes country count label",
    "Step": "days after each",
    "RampUp": "start_fraction days",
    "Drought": "after_days_without_randomisation",
    "CountrySettings": "label public_holidays start_up costs",
    "CountryHolidays": "subdivision factor",
    "CountryCosts": "site_activation site_month screening participant_visit monitoring_visit",
    "Risk": "probability days delays step country groups from_ to",
    "Drift": "common by_country",
    "Calendar": "public_holidays by_month periods",
    "PublicHolidays": "country subdivision factor",
    "Period": "from_ to factor at",
    "Amendment": "on at_month at_randomised if_fewer_than after_days opens opens_arms closes_arms drops "
    "in_screening consent referrals_times groups costs",
    "Interim": "at_randomised every at_events of followed_weeks recruitment takes_days days_between stop enlarge "
    "enlarge_by",
    "NewCosts": "site_activation site_month screening participant_visit lot dose central_month",
    "Cap": "randomised in_screening groups country stratum arm each known overrun",
    "Patients": "attributes sometimes conditions derived bands correlation",
    "Sometimes": "probability times",
    "Given": "given probability",
    "Band": "attribute cuts",
    "Screening": "criteria consent failure days window_days patience_days deteriorates_per_day rescreen",
    "Criterion": "attribute min max below above one_of stage item passing any all none",
    "Test": "attribute min max below above one_of",
    "Rescreen": "probability after_days",
    "Treatment": "first_dose_delay_days window_days bay_hours unfit_on_the_day unfit_days weekdays_only reaction "
    "severe_reaction",
    "CellSupply": "source lots release_days failure suites stock lost_at_bedside doses_in_stock_to_randomise",
    "Lots": "culture_days yield_cells",
    "Stock": "start_cells reorder_below_cells shelf_life_days",
    "FollowUp": "visit_weeks primary_completion primary_endpoint_week visit_window_days missed_visit leaving "
    "database_lock_days",
    "EventDriven": "events of not_before at_the_latest last_visits_days",
    "WayOut": "cumulative hazard_ratio",
    "Oversight": "sentinels board_review hold stop",
    "Sentinels": "participants days_between arm",
    "BoardReview": "after_treated observed_days takes_days enrolment_pauses pauses_while_observing",
    "Hold": "probability days",
    "StoppingRule": "severe_reactions among_first action hold_days",
    "Costs": "currency site_activation site_month screening participant_visit lot dose monitoring_visit "
    "per_day_of_delay central_month",
    "MonitoringVisit": "cost every_days",
    "Experiment": "replications seed keep",
    "Source": "grade source note",
}
KNOWN = {section: frozenset(keys.split()) for section, keys in _KNOWN.items()}


_VALUES = (str, float, int, date, NoneType, Family)  # that hold no keys


def _unknown(value: object, path: str, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Paths of keys that are not known and have another value than their default."""
    if isinstance(value, BaseModel):
        keys = known.get(type(value).__name__, frozenset())
        for name, info in type(value).model_fields.items():
            one = getattr(value, name)
            where = f"{path}.{info.alias or name}".lstrip(".")
            if name in keys:
                if not isinstance(one, _VALUES):
                    yield from _unknown(one, where, known)
            elif info.is_required() or one != info.get_default(call_default_factory=True, validated_data={}):
                yield where
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(item, _VALUES):
                yield from _unknown(item, f"{path}.{key}", known)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _unknown(item, path, known)


def _unknown_family(path: str, value: object) -> Iterator[str]:
    """The distribution of a value that is drawn while the trial runs, if the kernel cannot draw from it."""
    if isinstance(value, Family) and not value.is_uncertain and value.keyword not in ("uniform", "triangular"):
        yield f"{path}: {{dist: {value.keyword}}}"


def _unknown_changes(scenario: Scenario) -> Iterator[str]:
    """Amendments and caps that the compiled engine does not follow."""
    n_levels = math.prod(len(levels(scenario)[name]) for name in Population(scenario).strata)
    if scenario.caps and n_levels * len(scenario.caps) > _MOST_STRATA:
        yield f"caps with more than {_MOST_STRATA:,} combinations of strata"
    for name, rule in scenario.amendments.items():
        if (rule.opens or rule.referrals_times is not None) and program_of(Design(scenario)) is None:
            what = "opens" if rule.opens else "referrals_times"
            yield f"amendments.{name}.{what} with patients of an empirical or uncertain distribution"
    concern_arms = any(rule.concerns_arms for rule in scenario.amendments.values())
    most = _MOST_ARMS if scenario.caps or concern_arms else _MOST_BITS
    if len(scenario.arms) > most:
        yield f"arms: more than {most}"


def _unknown_values(scenario: Scenario) -> Iterator[str]:
    """Values of known keys whose rules the compiled engine does not follow."""
    if scenario.cells is not None and scenario.cells.source != "bank":
        yield f"cells.source: {scenario.cells.source}"
    yield from _unknown_family("treatment.unfit_days", scenario.treatment.unfit_days)
    follow_up = scenario.follow_up
    if follow_up is not None and follow_up.primary_completion is not None:
        completion = follow_up.primary_completion
        yield from _unknown_family("follow_up.primary_completion.last_visits_days", completion.last_visits_days)
        if len(follow_up.leaving) > _MOST_BITS:
            yield f"follow_up.primary_completion with more than {_MOST_BITS} ways of leaving"
    yield from _unknown_changes(scenario)
    if scenario.interims and follow_up is not None and len(follow_up.leaving) > _MOST_BITS:
        yield f"interims with more than {_MOST_BITS} ways of leaving"
    review = scenario.oversight.board_review
    if review is not None and len(review.after_treated) > MOST_REVIEWS:
        yield f"oversight.board_review.after_treated: more than {MOST_REVIEWS}"
    n_strata = sum(group.count for group in scenario.sites.values())
    for n in Population(scenario).n_levels():
        n_strata *= n
    if n_strata > _MOST_STRATA:
        yield f"randomisation.stratify_by: more than {_MOST_STRATA:,} strata"


def reason_not_compiled(scenario: Scenario, known: Mapping[str, frozenset[str]] = KNOWN) -> str | None:
    """The first rule of a scenario that the compiled engine does not know.

    Args:
        scenario: the scenario.
        known: names of the keys that it knows, by section.

    Returns:
        The path of the key, with its value where other values are known; None if it knows all.
    """
    return next(_unknown(scenario, "", known), None) or next(_unknown_values(scenario), None)
