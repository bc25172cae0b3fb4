"""Random valid scenarios, in which every rule of the model takes part more often than not: for laws of every trial."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PROBABILITY = st.one_of(st.floats(0.0, 0.5), st.floats(0.0, 1.0))  # as often low as any: trials get under way
RATE = st.one_of(st.floats(5.0, 60.0), st.floats(5.0, 60.0), st.floats(0.0, 60.0))
DAYS = st.one_of(
    st.floats(0.0, 20.0),
    st.builds(lambda m: {"dist": "exponential", "mean": m}, st.floats(0.1, 10.0)),
    st.builds(lambda a, b: {"dist": "uniform", "low": a, "high": a + b}, st.floats(0, 5), st.floats(0.1, 20)),
    st.builds(lambda m: {"uncertain": "lognormal", "median": m, "sigma": 0.5}, st.floats(0.5, 10.0)),
)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """A random valid scenario, with every process of the model in it more often than not."""
    allocation = draw(st.sampled_from([(1, 1), (2, 1), (1, 3)]))
    total = sum(allocation)
    n_groups = draw(st.integers(1, 3))
    data: dict[str, Any] = {
        "name": "random",
        "trial": {
            "target": draw(st.integers(1, 30)),
            "enrolment_opens": "2019-10-01",
            "horizon_months": draw(st.sampled_from([6, 24, 48])),
            "overrun": draw(st.sampled_from(["turn_away", "randomise"])),
            "replace": draw(st.sampled_from(["never", "before_first_dose", "not_evaluable"])),
        },
        "arms": {
            "X": {
                "allocation": allocation[0],
                "doses": {"weeks": draw(st.sampled_from([[0], [0, 1, 2, 3], [0, 0.5, 4]])), "cells_per_kg": 5e5},
            },
            "C": {"allocation": allocation[1]},
        },
        "randomisation": {
            "method": draw(st.sampled_from(["simple", "permuted_blocks", "minimisation", "biased_coin", "urn"])),
            "block_sizes": [total, 2 * total],
        },
        "site_defaults": {
            "activation_delay_days": draw(DAYS),
            "lead_days": draw(st.floats(0, 30)),
            "between_site_cv": draw(st.sampled_from([0.0, 0.8])),
            "never_enrols": draw(st.sampled_from([0.0, 0.2])),
            "coordinators": draw(st.sampled_from([None, 1, 2])),
            "infusion_bays": draw(st.sampled_from([None, 1])),
            "ramp_up": draw(st.sampled_from([None, {"start_fraction": 0.2, "days": 60}])),
            "closes": draw(st.sampled_from([None, None, "2020-03-01", {"after_days_without_randomisation": 40}])),
        },
        "sites": {
            f"g{i}": {"count": draw(st.integers(int(i == 0), 3)), "referrals_per_month": draw(RATE)}
            for i in range(n_groups)
        },
        "patients": {
            "attributes": {
                "weight_kg": {"dist": "normal", "mean": 66, "sd": 10, "low": 35},
                "kind": {"a": 0.4, "b": 0.6},
            },
            "conditions": {"ill": draw(PROBABILITY), "odd": draw(PROBABILITY)},
        },
        "screening": {
            "criteria": {
                "not_ill": {"stage": "chart", "none": ["ill"], "passing": draw(st.booleans())},
                "not_odd": {"stage": "tests", "none": ["odd"], "passing": draw(st.booleans())},
            },
            "consent": draw(st.one_of(st.floats(0.4, 1.0), st.floats(0.0, 1.0))),
            "days": draw(DAYS),
            "failure": draw(st.sampled_from([0.0, 0.3])),
            "window_days": draw(st.sampled_from([None, 10.0])),
            "patience_days": draw(st.one_of(st.none(), DAYS)),
            "deteriorates_per_day": draw(st.floats(0.0, 0.2)),
            "rescreen": draw(st.sampled_from([None, {"probability": 0.5, "after_days": 5}])),
        },
        "treatment": {
            "first_dose_delay_days": draw(DAYS),
            "window_days": draw(st.sampled_from([0.0, 2.0, 10.0])),
            "bay_hours": draw(st.one_of(DAYS, st.floats(50.0, 400.0))),
            "unfit_on_the_day": draw(PROBABILITY),
            "unfit_days": draw(st.one_of(st.none(), DAYS)),
            "weekdays_only": draw(st.booleans()),
            "reaction": 0.3,
            "severe_reaction": draw(st.sampled_from([0.0, 0.2])),
        },
        "oversight": {
            "sentinels": {"participants": 2, "days_between": 7, "arm": "X"},
            "board_review": {"after_treated": [2, 4], "observed_days": 10, "takes_days": draw(DAYS)},
            "hold": {"probability": 0.5, "days": draw(DAYS)},
            "stop": {"severe_reactions": 2, "among_first": 6, "action": draw(st.sampled_from(["hold", "end"]))},
        },
    }
    n_sites = sum(group["count"] for group in data["sites"].values())
    target = data["trial"]["target"]
    data["site_defaults"]["max_participants"] = draw(st.sampled_from([None, max(3, -(-target // n_sites))]))
    data["caps"] = draw(caps(target))
    if draw(st.sampled_from([False, True])):
        data["amendments"] = draw(amendments(target))
        data["sites"]["reserve"] = {"count": draw(st.integers(0, 2)), "referrals_per_month": draw(RATE)}
    if draw(st.booleans()):
        data["site_defaults"] |= {"activation_delay_days": 0, "country": "CN", "start_up": draw(start_up())}
        data["sites"]["g0"]["country"] = "DE"
        data["countries"] = {"DE": {"start_up": {"regulator": {"days": draw(DAYS)}}}}
    data["drift"] = draw(st.sampled_from([None, {"common": 0.5}]))
    data["risks"] = draw(risks(has_steps="start_up" in data["site_defaults"]))
    if draw(st.booleans()):
        data["randomisation"]["method"] = "permuted_blocks"
        data["randomisation"]["stratify_by"] = ["site", "kind"]
    if draw(st.sampled_from([True, True, True, False])):
        data["cells"] = draw(cell_supplies())
    if draw(st.sampled_from([True, True, True, True, False])):
        data["follow_up"] = {
            "visit_weeks": [1, 2, 4, 8],
            "primary_endpoint_week": 4,
            "visit_window_days": draw(st.sampled_from([0.0, 3.0])),
            "missed_visit": draw(PROBABILITY),
            "leaving": {
                "death": {"C": {"4": 0.3}, "hazard_ratio": {"X": draw(st.floats(0.0, 3.0))}},
                "withdrawal": {"2": 0.1, "8": 0.3},
            },
            "database_lock_days": draw(DAYS),
        }
        if draw(st.sampled_from([False, False, True])):
            data["follow_up"]["primary_completion"] = draw(event_driven(target))
    if draw(st.sampled_from([False, False, True])):
        driven = "primary_completion" in data.get("follow_up", {})
        data["interims"] = draw(interims(target, "follow_up" in data and not driven))
    return data


@st.composite
def caps(draw: st.DrawFn, target: int) -> dict[str, Any]:
    """Caps of every sort that leave room for the target, or none."""
    overrun = draw(st.sampled_from(["turn_away", "randomise"]))
    of_b = draw(st.integers(1, target))
    every = {
        "desks": {"in_screening": draw(st.integers(1, 3)), "each": draw(st.sampled_from([None, "site", "group"]))},
        "ill": {"in_screening": 1, "stratum": {"ill": False}},
        "b": {"randomised": of_b, "stratum": {"kind": "b"}, "known": draw(st.sampled_from(["chart", "tests"]))},
        "a": {"randomised": max(target - of_b, 1), "stratum": {"kind": "a"}, "overrun": overrun},
        "first": {"randomised": target, "groups": "g0", "overrun": overrun},
        "arm": {"randomised": draw(st.integers(1, target)), "arm": "X"},
    }
    return {name: cap for name, cap in every.items() if draw(st.sampled_from([False, False, True]))}


@st.composite
def couriers(draw: st.DrawFn) -> dict[str, Any]:
    """Deliveries that are early or late, die or keep, and fail."""
    return {
        "days": draw(DAYS),
        "ahead_days": draw(st.sampled_from([0.0, 1.0, 9.0])),
        "life_hours": draw(st.sampled_from([None, 0.0, 24.0, {"dist": "exponential", "mean": 50}])),
        "failure": draw(st.sampled_from([0.0, 0.3])),
    }


@st.composite
def start_up(draw: st.DrawFn) -> dict[str, Any]:
    """Steps one after another, side by side, of a site, a country or the trial."""
    return {
        "protocol": {"days": draw(DAYS), "each": "trial"},
        "regulator": {"days": draw(DAYS), "each": "country", "after": draw(st.sampled_from([[], "protocol"]))},
        "contract": {"days": draw(DAYS), "after": draw(st.sampled_from([[], ["protocol"]]))},
        "initiation": {"days": draw(st.floats(0, 10)), "after": ["regulator", "contract"]},
    }


@st.composite
def amendments(draw: st.DrawFn, target: int) -> dict[str, Any]:
    """Amendments and contingencies of every sort, together or not; the first opens the sites in reserve."""
    moments: list[dict[str, Any]] = [{"on": "2020-01-15"}, {"at_month": 1.5}, {"at_month": 2, "if_fewer_than": target}]
    moments += [{"at_randomised": 1}] if target > 1 else []
    changes: list[dict[str, Any]] = [
        {"drops": "not_ill", "in_screening": draw(st.booleans())},
        {"drops": ["not_odd", "not_ill"], "groups": "g0", "in_screening": True},
        {"consent": draw(PROBABILITY)},
        {"opens_arms": "X"},
        {"closes_arms": "X"},
        {"referrals_times": draw(st.sampled_from([0.0, 0.5, 2.0, {"uncertain": "uniform", "low": 0.5, "high": 2}]))},
        {"consent": 0.9, "referrals_times": 1.5, "groups": ["g0", "reserve"]},
    ]
    chosen = draw(st.lists(st.sampled_from(changes), max_size=3))
    rules = [{"opens": "reserve"}, *chosen]
    return {f"r{i}": rule | draw(st.sampled_from(moments)) | {"after_days": draw(DAYS)} for i, rule in enumerate(rules)}


@st.composite
def risks(draw: st.DrawFn, has_steps: bool) -> dict[str, Any]:
    """Risks to recruitment, to activation and to a step, or none."""
    closed = {"delays": "recruitment", "from": "2019-11-01", "to": "2020-02-01"}
    every: dict[str, Any] = {
        "closed": closed | {"probability": draw(PROBABILITY), "days": draw(st.floats(1, 90))},
        "closed_too": closed | {"probability": 1, "days": 20, "groups": "g0"},
        "late": {"probability": draw(PROBABILITY), "days": draw(st.floats(1, 60))},
    }
    if has_steps:
        every["step"] = {"probability": draw(PROBABILITY), "days": 30, "step": "contract", "country": "DE"}
    return {name: risk for name, risk in every.items() if draw(st.sampled_from([False, False, True]))}


@st.composite
def interims(draw: st.DrawFn, target: int, has_leaving: bool) -> dict[str, Any]:
    """Looks at participants, cohorts and events, that stop, enlarge or go on, with pauses or without."""
    looks: list[dict[str, Any]] = [
        {"at_randomised": draw(st.integers(1, target)), "followed_weeks": draw(st.sampled_from([0, 3]))},
        {"every": draw(st.integers(1, target)), "days_between": draw(st.sampled_from([0, 2.5]))},
    ]
    looks += [{"at_events": [1, 3], "of": "withdrawal"}] if has_leaving and target >= 3 else []
    pauses = ["goes_on", "pauses_at_look", "pauses_when_randomised"]
    found = {}
    for i, look in enumerate(draw(st.lists(st.sampled_from(looks), min_size=1, max_size=2))):
        enlarge = draw(st.sampled_from([{}, {"enlarge": 0.5, "enlarge_by": 3}]))
        found[f"i{i}"] = look | enlarge | {
            "takes_days": draw(DAYS),
            "recruitment": draw(st.sampled_from(pauses[: 2 if "at_events" in look else 3])),
            "stop": draw(st.sampled_from([0.0, 0.2])),
        }  # fmt: skip
    return found


@st.composite
def event_driven(draw: st.DrawFn, target: int) -> dict[str, Any]:
    """Primary completion at an event, of one way or any, with or without dates."""
    latest = draw(st.sampled_from([None, "2020-06-01"]))
    return {
        "events": draw(st.integers(1, max(1, target if latest else target // 4))),
        "of": draw(st.sampled_from([None, "death"])),
        "not_before": draw(st.sampled_from([None, "2020-02-01"])),
        "at_the_latest": latest,
        "last_visits_days": draw(DAYS),
    }


@st.composite
def cell_supplies(draw: st.DrawFn) -> dict[str, Any]:
    source = draw(st.sampled_from(["bank", "made_to_order"]))
    return {
        "source": source,
        "lots": {"culture_days": draw(st.floats(1.0, 40.0)), "yield_cells": draw(st.floats(1e7, 1e9))},
        "release_days": draw(DAYS),
        "failure": draw(PROBABILITY),
        "suites": draw(st.sampled_from([1, 2, 3, 0])),
        "stock": {
            "start_cells": draw(st.sampled_from([1e8, 2e9, 0.0])),
            "reorder_below_cells": draw(st.sampled_from([3e8, 2e9, 0.0])),
            "shelf_life_days": draw(st.sampled_from([20.0, 700.0])),
        },
        "lost_at_bedside": draw(st.sampled_from([0.0, 0.3])),
        "courier": draw(couriers()) if draw(st.booleans()) else None,
        "doses_in_stock_to_randomise": draw(st.sampled_from([0, 1, 4])) if source == "bank" else 0,
    }
