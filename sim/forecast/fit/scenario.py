"""Turns a fit into a scenario, `fitted.yaml`; posteriors become `uncertain` values.

What was learnt becomes a file that a planner can read, change and simulate as any other. Nothing is kept beside it:
what a scenario cannot say (a drifting rate) is approximated here, and said in the file.

Attributes:
    ALL_SITES: name of the single site where the data do not tell sites apart.
    FITTED: key of the bibliography under which a fitted scenario says what it was fitted to.
    DRIFT_AHEAD: period of the calendar that stands for the drift of the rate after the data.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from sim.exchange.observed import ObservedTrial
from sim.forecast.identity import learnt_hash
from sim.scenario.load import scenario_from_mapping
from sim.scenario.schema.costs import Experiment

if TYPE_CHECKING:
    from sim.forecast.fit.study import Fit

ALL_SITES = "all_sites"  # name of the single site where the data do not tell sites apart
FITTED = "FITTED"  # key of the bibliography under which a fitted scenario says what it was fitted to
DRIFT_AHEAD = "drift_ahead"  # period of the calendar that stands for the drift of the rate after the data
_PAST = "so_far"
_PERIOD_DAYS = 91
_MOST_ARMS_SHARE = 3
_LEAST_CV = 0.01
_FAR_DAYS = 36500
_PEOPLE = 2_000_000  # maximum number of simulated people, so that a forecast of a very large trial ends within minutes
_FEWEST_REPLICATIONS = 100


def site_group(name: str) -> str:
    """Turn a site's name into the name of a group in a scenario.

    Args:
        name: any text.

    Returns:
        Letters, digits and underscores, a letter first, at most 55 letters; different names may become the same.
    """
    found = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:50]
    return found if found and found[0].isalpha() else f"site_{found}"


def group_names(names: tuple[str, ...]) -> list[str]:
    """Turn names of sites into unique names of groups, in the same order.

    Args:
        names: as the data have them; two that differ only in signs get numbers.
    """
    found: list[str] = []
    for name in names:
        group, n = site_group(name), 2
        while group in found:
            group, n = f"{site_group(name)}_{n}", n + 1
        found.append(group)
    return found


def _round(value: float, digits: int = 5) -> float:
    return float(f"{value:.{digits}g}")


def _beta(mean: float, n: float) -> dict[str, Any]:
    """A posterior share as an uncertain value: its mean, and how many people it was learnt from (at least 2)."""
    return {"uncertain": "beta", "mean": _round(min(max(mean, 1e-4), 1 - 1e-4)), "n": _round(max(n, 2.0))}


def _sites(found: Fit) -> dict[str, Any]:
    """A group for each site, with its posterior rate (a gamma distribution) and its days of opening and closing.

    Sites that never open, and sites that close before they are planned to open, are left out.
    """
    groups: dict[str, Any] = {}
    for i, group in enumerate(group_names(found.names)):
        shape, exposure = float(found.rates.shape[i]), float(found.rates.exposure[i])
        entry: dict[str, Any] = {} if found.names[i] == ALL_SITES else {"label": found.names[i][:80]}
        cv = max(1 / np.sqrt(shape), _LEAST_CV)
        entry["referrals_per_month"] = {"uncertain": "gamma", "mean": _round(shape / exposure), "cv": _round(cv)}
        opens = found.opened[i] if not np.isnan(found.opened[i]) else found.planned[i]
        if np.isnan(opens):
            continue  # neither opened nor planned: never opens
        closes = found.closing[i] if np.isnan(found.closed[i]) else found.closed[i]
        if closes <= opens and np.isnan(found.opened[i]):
            continue  # recruitment ends before it is planned to open
        entry["opens"] = found.trial.date_of(float(opens))
        if np.isfinite(closes):
            entry["closes"] = found.trial.date_of(float(closes))
        groups[group] = entry
    return groups


def _calendar(found: Fit) -> dict[str, Any]:
    """The chosen shape so far, in steps of a quarter of a year, and the future drift."""
    trial, past = found.trial, found.posterior.history
    periods: dict[str, Any] = {}
    if found.shape.chosen != "constant" or past.closed:
        cumulative = np.concatenate(([0.0], np.cumsum(found.factor * past.open_days)))
        edges = np.append(np.arange(0.0, past.now - 1, _PERIOD_DAYS), past.now)
        for k, (start, end) in enumerate(pairwise(edges.tolist())):
            factor = float(np.diff(np.interp([start, end], past.edges, cumulative))[0] / (end - start))
            periods[f"{_PAST}_{k + 1}"] = {
                "from": trial.date_of(start),
                "to": trial.date_of(end - 1),
                "factor": _round(factor, 4),
            }
    median, sigma = found.ahead
    periods[DRIFT_AHEAD] = {
        "from": trial.last + timedelta(days=1),
        "to": trial.last + timedelta(days=_FAR_DAYS),
        "factor": {"uncertain": "lognormal", "median": _round(median, 4), "sigma": _round(sigma, 4)},
    }
    return {"periods": periods}


def _funnel(found: Fit) -> dict[str, Any]:
    """Patients and screening: each step of the funnel becomes a condition that some patients have, or consent."""
    if not found.funnel:
        return {}
    screening: dict[str, Any] = {}
    patients: dict[str, Any] = {}
    first = found.funnel[0]
    if first.name == "enrolment":
        screening["consent"] = _beta(first.mean, first.total)
    else:
        stage = "chart" if found.fails_at_once else "tests"
        patients["conditions"] = {"not_eligible": _beta(1 - first.mean, first.total)}
        screening["criteria"] = {"eligible": {"stage": stage, "none": ["not_eligible"]}}
        if len(found.funnel) > 1:
            screening["consent"] = _beta(found.funnel[1].mean, found.funnel[1].total)
    if len(found.screening_days):
        screening["days"] = {"dist": "empirical", "values": [_round(day) for day in found.screening_days]}
    return {"patients": patients, "screening": screening} if patients else {"screening": screening}


def _arms(trial: ObservedTrial) -> dict[str, Any]:
    """The arms, with their numbers in the smallest ratio of whole numbers up to 3; one arm where the data name none."""
    counts = Counter(str(arm) for arm in trial.people.arm if arm)
    if not counts:
        return {"all": {"allocation": 1}}
    least = min(counts.values())
    shares = {arm: min(max(round(n / least), 1), _MOST_ARMS_SHARE) for arm, n in counts.items()}
    return {site_group(arm): {"allocation": share} for arm, share in sorted(shares.items())}


def _visit_weeks(found: Fit) -> list[float]:
    """Weeks of visits that are at least a fifth as frequent as the most frequent one, and the last week."""
    visits, last = found.trial.visits, _round(found.weeks, 4)
    weeks = {last}
    if visits is not None and len(visits.planned_day):
        days, counts = np.unique(visits.planned_day, return_counts=True)
        weeks |= {_round(float(day) / 7, 4) for day, n in zip(days, counts, strict=True) if n >= 0.2 * counts.max()}
    return sorted(week for week in weeks if 0 < week <= last)


def _follow_up(found: Fit) -> dict[str, Any]:
    """Visits, their window, and cumulative shares of those who left.

    Nothing where the length of follow-up is not known.
    """
    if found.weeks <= 0:
        return {}
    weeks = _visit_weeks(found)
    leaving: dict[str, Any] = {}
    for way in found.leaving:
        knots = [
            (float(week), float(share), float(n))
            for week, share, n in zip(way.weeks, way.incidence, way.at_risk, strict=True)
            if share > 0
        ]
        if knots:
            leaving[way.name] = {_round(week, 4): _beta(share, n) for week, share, n in knots}
    section: dict[str, Any] = {"visit_weeks": weeks, "primary_endpoint_week": weeks[-1]}
    window = _window(found)
    if window:
        section["visit_window_days"] = window
    return {"follow_up": section | ({"leaving": leaving} if leaving else {})}


def _window(found: Fit) -> float:
    """The half width of the visit window, in days: half of all visits are within it."""
    visits = found.trial.visits
    if visits is None or not len(visits.day):
        return 0.0
    return _round(2 * float(np.median(np.abs(visits.day - visits.planned_day))), 3)


def _experiment(target: int) -> dict[str, Any]:
    """The number of replications; fewer for a very large trial."""
    n = max(_PEOPLE // target, _FEWEST_REPLICATIONS)
    return {"experiment": {"replications": n}} if n < Experiment().replications else {}


def fitted_mapping(found: Fit, name: str) -> dict[str, Any]:
    """Compose the fitted scenario.

    Args:
        found: the fit.
        name: name of the scenario.

    Returns:
        Plain data in the order of the schema.
    """
    trial = found.trial
    said = f"{trial.source}, {trial.first} to {found.until}"
    short = said if len(said) <= 400 else f"the trial's own data, {trial.first} to {found.until}"
    source = {"grade": "A-derived", "source": FITTED, "note": "Estimated from the trial's own data."}
    learnt = ["sites", "calendar.periods"] + (["screening"] if found.funnel else [])
    learnt += ["patients.conditions"] if found.funnel and found.funnel[0].name != "enrolment" else []
    learnt += ["follow_up"] if found.weeks else []
    sources: dict[str, Any] = dict.fromkeys(learnt, source)
    asked = {"grade": "D", "source": "as asked for when the data were fitted"}
    sources["trial"] = asked
    if found.is_length_given:
        sources |= {"follow_up.visit_weeks": asked, "follow_up.primary_endpoint_week": asked}
    sources["arms"] = {"grade": "A-derived", "source": FITTED, "note": "Ratio of the arms so far, in whole numbers."}
    return {
        "name": name,
        "question": "What do the data so far say of the rest of this trial?",
        "trial": {"target": found.target, "enrolment_opens": trial.first},
        "arms": _arms(trial),
        "sites": _sites(found),
        "calendar": _calendar(found),
        **_funnel(found),
        **_follow_up(found),
        **_experiment(found.target),
        "sources": sources,
        "bibliography": {FITTED: f"Fit to {short}; data {learnt_hash(trial)}"},
    }


class _Whole(yaml.SafeDumper):
    """Writes a repeated source in full each time instead of as a YAML alias, for readers of the file."""

    def ignore_aliases(self, _: object) -> bool:
        """No value refers to another."""
        return True


_HEAD = """\
# What the data of a trial say, as a scenario: rates, pass fractions and ways of leaving are posteriors, drawn once per
# simulated trial (`uncertain`). Site rates are those at the end of the data; calendar.periods.so_far_* are the shape
# before that, and drift_ahead is how the rate may drift after it (`forecast` replaces it by drifting paths).
"""


def fitted_yaml(found: Fit, name: str) -> str:
    """Write the fitted scenario as YAML. It is valid on its own, without a file that it extends.

    Args:
        found: the fit.
        name: name of the scenario.

    Returns:
        The text of `fitted.yaml`.

    Raises:
        ScenarioError: the scenario is not valid, which is a defect.
    """
    data = fitted_mapping(found, name)
    scenario_from_mapping(data, "fitted.yaml")
    text: str = yaml.dump(data, Dumper=_Whole, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)
    return _HEAD + text
