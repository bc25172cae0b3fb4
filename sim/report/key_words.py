"""What the values of a scenario are called: words for keys, parameters of distributions, and acronyms.

Reports, tables of what differs, and levers of the studio call a value by the same words. A key that no table names is
spelled as it is written, without its unit and underscores, so that a new key needs no entry here.

Attributes:
    PARAMETERS: what parameters of distributions are called.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.experiment.sweep.points import setting_text
from sim.report.words import capitalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ACRONYMS = {
    name.lower(): name
    for name in (
        "AFP", "ALT", "AST", "BMI", "CV", "DLT", "ECG", "ECOG", "eGFR", "HBV", "HCC", "HCV", "HIV", "INR", "IV", "MELD",
        "MRI", "MSC", "PET", "PSA", "QT", "SMT",
    )
}  # fmt: skip

# The parameters of what is drawn at random.
PARAMETERS = {
    "median": "median",
    "mean": "mean",
    "mode": "likeliest",
    "low": "lowest",
    "high": "highest",
    "sigma": "spread (sigma)",
    "sd": "spread (sd)",
    "cv": "spread (cv)",
    "n": "how well known (as from n people)",
    "shape": "shape",
    "value": "value",
}

# Keys of which the words alone say too little. A key of two parts counts where its last part stands in the first.
_KEYS = {
    "count": "number of sites",
    "opens": "open from",
    "referrals_per_month": "referrals per month",
    "between_site_cv": "difference between sites of a group (cv)",
    "lead_days": "how long before day 0 start-up begins",
    "activation_delay_days": "time from start-up to activation",
    "ramp_up.start_fraction": "share of the full rate on the first day",
    "ramp_up.days": "time until the full rate",
    "never_enrols": "chance that a site never enrols",
    "start_up.days": "time that the step takes",
    "screening.consent": "share who consent",
    "screening.failure": "share who fail the tests",
    "screening.days": "time that screening takes",
    "window_days": "window",
    "screening.window_days": "longest time until randomisation",
    "patience_days": "longest wait for a coordinator",
    "deteriorates_per_day": "chance of getting worse, each day",
    "rescreen.probability": "share who are screened again",
    "rescreen.after_days": "time until they are screened again",
    "site_defaults.coordinators": "coordinators at a site",
    "infusion_bays": "infusion bays at a site",
    "cells.source": "where the cells come from",
    "culture_days": "time in culture",
    "yield_cells": "cells that a lot yields",
    "release_days": "release testing",
    "cells.failure": "share of lots that fail",
    "suites": "culture suites",
    "start_cells": "cells in the bank on day 0",
    "reorder_below_cells": "stock below which a new lot is started",
    "shelf_life_days": "shelf life",
    "lost_at_bedside": "share of doses lost at the bedside",
    "doses_in_stock_to_randomise": "doses in the bank before anyone is randomised",
    "first_dose_delay_days": "time from randomisation to the first dose",
    "treatment.window_days": "how late a dose may be",
    "bay_hours": "time in the bay",
    "unfit_on_the_day": "chance of not being fit on the day",
    "unfit_days": "how long not fit",
    "weekdays_only": "doses on weekdays only",
    "reaction": "chance of a mild reaction, each infusion",
    "severe_reaction": "chance of a severe reaction, each infusion",
    "sentinels.participants": "sentinels",
    "sentinels.days_between": "time between sentinels",
    "sentinels.arm": "arm of the sentinels",
    "board_review.observed_days": "how long the last sentinel is observed before the board's review",
    "board_review.takes_days": "length of the board's review",
    "enrolment_pauses": "randomisation pauses during the review",
    "pauses_while_observing": "it pauses while the last sentinel is observed too",
    "hold.probability": "chance that a severe reaction leads to a hold",
    "hold.days": "length of a hold",
    "stop.severe_reactions": "severe reactions that stop the trial",
    "stop.among_first": "among the first",
    "stop.action": "what stopping means",
    "stop.hold_days": "length of that hold",
    "primary_endpoint_week": "visit of the primary endpoint, week",
    "primary_completion": "primary completion at event number",
    "visit_window_days": "how far visits may be from their day",
    "missed_visit": "chance that a visit is missed",
    "database_lock_days": "time from the last visit to the database lock",
    "enrolment_opens": "day 0, on which enrolment opens",
    "public_holidays.country": "public holidays of (country)",
    "public_holidays.factor": "arrivals on public holidays, times",
    "factor": "arrivals, times",
    "from": "first day",
    "to": "last day",
    "max_participants": "participants at a site, at most",
    "randomised": "randomised, at most",
    "in_screening": "in screening at once, at most",
    "trial.target": "participants to randomise",
    "planned.primary_completion": "planned primary completion",
    "planned.recruitment": "planned end of recruitment",
    "planned.study_completion": "planned study completion",
    "horizon_months": "given up after",
    "replace": "who is replaced",
    "overrun": "people in screening when the target is met",
    "drift.common": "drift of all sites",
    "drift.by_country": "further drift of each country",
    "last_visits_days": "time from primary completion to the last visits",
    "site_month": "cost of a month of a site",
    "site_activation": "cost of activating a site",
    "costs.screening": "cost of a screening",
    "participant_visit": "cost of a visit",
    "costs.monitoring_visit": "cost of a monitoring visit",
    "monitoring_visit.cost": "cost of a monitoring visit",
    "monitoring_visit.every_days": "time between monitoring visits",
    "costs.lot": "cost of a lot",
    "costs.dose": "cost of a dose",
    "central_month": "cost of a month of the trial",
    "per_day_of_delay": "worth of a day until the database lock",
    "interims.days_between": "time between participants",
    "start.late": "chance of a late start",
    "start.late_days": "length of a late start",
    "start.never": "chance that the trial never starts",
    "risks.probability": "how likely",
    "risks.days": "days that it costs",
    "takes_days": "from the look to the decision",
    "followed_weeks": "the look is later by",
    "interims.stop": "chance that recruitment stops",
    "interims.enlarge": "chance that the target is enlarged",
    "enlarge_by": "enlarged by",
    "interims.recruitment": "recruitment during the look",
    "amendments.on": "decided on",
    "amendments.at_month": "decided after",
    "amendments.at_randomised": "decided when this many are randomised",
    "amendments.if_fewer_than": "only if fewer are randomised than",
    "amendments.after_days": "in force after",
    "amendments.consent": "share who consent from then on",
    "amendments.referrals_times": "referrals from then on, times",
    "min": "at least",
    "max": "at most",
    "below": "below",
    "above": "above",
}
_LONGEST = 48  # of a name in figures
_UNIT_ENDINGS = re.compile(r"_(days|weeks|months|hours|cells)$")


def words(name: str) -> str:
    """A name of a scenario in words, with acronyms as they are written.

    Args:
        name: a key or a name with underscores, such as `alt_normal`.

    Returns:
        The name with spaces, in its own case but for acronyms: `ALT normal`.
    """
    return " ".join(_ACRONYMS.get(part.lower(), part) for part in name.replace("_", " ").split(" "))


def key_words(path: str) -> str:
    """What the value at a dotted path is called, without the part of the scenario that it is in.

    Args:
        path: dotted path in a scenario.

    Returns:
        The words for the last key together with the nearest key above it, or for the last key alone; otherwise the key
        itself without its unit.
    """
    *before, last = path.split(".")
    for above in reversed(before):
        if (said := _KEYS.get(f"{above}.{last}")) is not None:
            return said
    return _KEYS.get(last) or words(_UNIT_ENDINGS.sub("", last))


def parameter_words(name: str) -> str:
    """What a parameter of a distribution is called.

    Args:
        name: key of the parameter, such as `median` or `cv`.
    """
    return PARAMETERS.get(name, words(name))


_NAMED = (
    "sites", "arms", "countries", "start_up", "amendments", "caps", "interims", "risks", "criteria", "periods",
    "leaving",
)  # fmt: skip


def path_words(path: str) -> str:
    """The value at a dotted path in words: `General hospital, number of sites`; a criterion alone by its name.

    Args:
        path: dotted path in a scenario. Text that is no such path (a file, words) is returned as it is.

    Returns:
        Names from the scenario (site, arm, cap, risk) first, then what the value is; the first letter is a capital.
    """
    if not path.replace(".", "").replace("_", "").isalnum() or "." not in path:
        return path  # a file, or a name that is words already
    *above, last = path.split(".")
    names = [name for section, name in pairwise(path.split(".")) if section in _NAMED]
    if names and last == names[-1]:
        return capitalised(words(last))
    said = key_words(path)
    if above[:2] == ["follow_up", "leaving"] and len(above) > 2:
        said = ", ".join(f"by week {key}" if key.isdecimal() else words(key) for key in (*above[3:], last))
    if last in PARAMETERS and (len(above) > 1 or above[0] not in _NAMED) and said == words(last):
        said = f"{key_words('.'.join(above))}, {parameter_words(last)}"
    elif said == words(_UNIT_ENDINGS.sub("", last)) and not names:
        said = f"{words(above[-1])}, {said}"
    return capitalised(", ".join([*(words(name) for name in names), said]))


def settings_words(settings: Mapping[str, Any]) -> str:
    """Settings in one line, in words: `General hospital, number of sites 4`.

    Args:
        settings: values by dotted path, as given with `--set` or at a point of a sweep.
    """
    return "; ".join(f"{path_words(path)} {setting_text(value)}" for path, value in settings.items())


def changed_name(name: str, changes: Sequence[str]) -> str:
    """The name of a scenario as changed: `General hospital, number of sites 4`.

    Args:
        name: name of the scenario.
        changes: `PATH=VALUE` texts.

    Returns:
        As many words as fit into a figure; of many changes, only that there are some.
    """
    if not changes:
        return name
    said = _changes_said(changes)
    return next((text for text in (f"{name}, {said}", capitalised(said)) if len(text) <= _LONGEST), f"{name}, changed")


def unchanged_name(changes: Sequence[str]) -> str:
    """The name of a scenario beside the one as changed: `without general hospital, number of sites 4`.

    Args:
        changes: `PATH=VALUE` texts, at least one.

    Returns:
        As many words as fit into a figure; of many changes, only that there are some.
    """
    said = f"without {_changes_said(changes)}"
    return said if len(said) <= _LONGEST else "without these changes"


def _changes_said(changes: Sequence[str]) -> str:
    return ", ".join(
        f"{lowered(path_words(path))} {value}" for path, _, value in (one.partition("=") for one in changes)
    )


def lowered(text: str) -> str:
    """Words inside a sentence: the first letter small, unless the first word is an acronym."""
    first = text.partition(" ")[0]
    return text if first.isupper() and first != "A" else f"{text[:1].lower()}{text[1:]}"


def value_words(value: object) -> str:
    """A value of a scenario, written on one line, in words; of a whole part only whether it is there.

    Args:
        value: text as in the tables of what differs: a value, a mapping in braces, or `(not there)`.
    """
    text = str(value)
    return {"(not there)": "not there"}.get(text, "there" if text.startswith("{") and ": " in text else text)
