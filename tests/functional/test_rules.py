"""Rules of the model that were wrong once: small trials in which each shows, with the answer that is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_logs import DOSE, bank, dosed, logs, of

from sim.analysis.reduce import Reducer
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, PERSON, SITE, TIME
from sim.errors import ScenarioError
from sim.experiment.replicate import replicate_chunk

MONTH = 30.4375
FOLLOW_UP = {"visit_weeks": [26, 52], "primary_endpoint_week": 26}


# --- what closes, and for good


def test_a_cap_that_is_the_target_is_met() -> None:
    """One site with a cap of the target: it fills at the very randomisation that meets the target, which is met."""
    sites = {"s": {"referrals_per_month": 6, "max_participants": 10}}
    days = []
    for rows in logs(400, trial={"target": 10}, sites=sites):
        assert of(rows, e.RECRUITMENT_CLOSED)[:, CODE].tolist() == [e.RECRUITED]
        days.append(of(rows, e.RANDOMISED)[-1, TIME])
    assert abs(np.mean(days) - 10 * MONTH / 6) < 4 * np.std(days) / 20


def test_caps_that_sum_to_the_target_are_met() -> None:
    """Sites whose caps sum to the target all fill, and the target is met."""
    sites = {f"s{i}": {"referrals_per_month": 2 + 4 * i, "max_participants": 4} for i in range(3)}
    for rows in logs(60, trial={"target": 12}, sites=sites, screening={"days": 3, "deteriorates_per_day": 0.1}):
        assert of(rows, e.RECRUITMENT_CLOSED)[:, CODE].tolist() == [e.RECRUITED]
        assert len(of(rows, e.RANDOMISED)) == 12


def test_a_trial_that_the_board_ended_never_recruits_again() -> None:
    """The board ends a trial whose target was met: who leaves then is not replaced, and recruitment stays closed."""
    stop = {"severe_reactions": 1, "among_first": 30, "action": "end"}
    n_left = 0
    for rows in logs(
        60,
        trial={"target": 3, "replace": "not_evaluable"},
        **dosed([0, 8, 16, 24], oversight={"stop": stop}, treatment={"severe_reaction": 0.2}),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.8}}},
    ):
        stopped = of(rows, e.BOARD_STOPPED)
        for kind in (e.RANDOMISED, e.RECRUITMENT_REOPENED, e.REPLACED, e.DOSE_STARTED, e.LOT_STARTED):
            assert not np.any(of(rows, kind)[:, TIME] > stopped[0, TIME] if len(stopped) else False)
        if len(stopped):
            n_left += np.count_nonzero(of(rows, e.LEFT)[:, TIME] > stopped[0, TIME])
    assert n_left > 20


def test_who_is_let_in_beyond_the_target_is_not_let_in_after_a_stop() -> None:
    """With `overrun: randomise`, a stop after the target was met turns away who is still in screening."""
    stop = {"severe_reactions": 1, "among_first": 3, "action": "end"}
    n_away = 0
    for rows in logs(
        40,
        trial={"target": 3, "overrun": "randomise"},
        sites={"s": {"referrals_per_month": 30}},
        screening={"days": 25},
        **dosed(oversight={"stop": stop}, treatment={"severe_reaction": 0.5}),
        follow_up=FOLLOW_UP,
    ):
        stopped = of(rows, e.BOARD_STOPPED)
        if len(stopped):
            assert not np.any(of(rows, e.RANDOMISED)[:, TIME] > stopped[0, TIME])
            met = of(rows, e.RECRUITMENT_CLOSED, e.RECRUITED)
            n_away += len(of(rows, e.TURNED_AWAY, e.AWAY_STOPPED)) if len(met) else 0
    assert n_away > 20


# --- closing while recruitment is closed


def _reopening(n: int, **site: Any) -> Iterator[np.ndarray]:
    """Trials whose single first participant leaves within half a year, and is replaced."""
    for rows in logs(
        n,
        trial={"target": 1, "replace": "not_evaluable"},
        sites={"s": {"referrals_per_month": 0.5, **site}, "other": {"referrals_per_month": 0.5}},
        **dosed([0, 52]),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.9}}},
    ):
        if len(of(rows, e.RECRUITMENT_REOPENED)):
            yield rows


def test_a_closing_date_holds_while_recruitment_is_closed() -> None:
    """A site whose closing date passed while recruitment was closed refers nobody after it opens again."""
    date, n = 91.0, 0  # 2020-04-01
    for rows in _reopening(60, closes="2020-04-01"):
        reopened = of(rows, e.RECRUITMENT_REOPENED)[0, TIME]
        if of(rows, e.RECRUITMENT_CLOSED)[0, TIME] < date < reopened:
            closed = of(rows, e.SITE_CLOSED, e.CLOSED_DATE)
            assert closed[:, TIME].tolist() == [reopened]
            here = rows[(rows[:, SITE] == closed[0, SITE]) & (rows[:, TIME] > reopened)]
            assert not np.any(here[:, KIND] == e.REFERRED)
            n += 1
    assert n > 10


def test_a_drought_is_watched_for_again_after_recruitment_was_closed() -> None:
    """A site closes after so many days without a randomisation in which recruitment was open, and not sooner."""
    n, days = 0, 30.0
    for rows in _reopening(60, closes={"after_days_without_randomisation": days}):
        site = 1  # groups are in alphabetical order
        closed = of(rows, e.SITE_CLOSED, e.CLOSED_DROUGHT)
        assert np.all(closed[:, SITE] == site)
        reopened = of(rows, e.RECRUITMENT_REOPENED)[0, TIME]
        own = [row[TIME] for row in of(rows, e.RANDOMISED) if row[SITE] == site]
        if len(closed) and closed[0, TIME] > reopened:
            last = max([reopened, 0.0, *(day for day in own if day < closed[0, TIME])])
            assert closed[0, TIME] - last >= days - 1e-9
            n += 1
        elif not len(closed):  # nobody had the time
            again = of(rows, e.RECRUITMENT_CLOSED)
            assert again[-1, TIME] - max([reopened, *own]) < days
    assert n > 5


# --- trials without doses


def test_a_review_in_a_trial_without_doses_counts_participants() -> None:
    """Simon's two stages: after 15 of 43 everybody waits 70 days; 43 / 3 a month and those are 506 days in the mean."""
    review = {"after_treated": 15, "observed_days": 56, "takes_days": 14, "pauses_while_observing": True}
    days = []
    for rows in logs(200, trial={"target": 43}, oversight={"board_review": review}, follow_up=FOLLOW_UP):
        randomised, paused = of(rows, e.RANDOMISED), of(rows, e.PAUSED, e.PAUSE_BOARD)
        assert paused[0, TIME] == randomised[14, TIME]
        assert randomised[15, TIME] >= paused[0, TIME] + 70
        days.append(randomised[-1, TIME])
    assert abs(np.mean(days) - (43 * MONTH / 3 + 70)) < 4 * np.std(days) / np.sqrt(200)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"oversight": {"stop": {"severe_reactions": 1, "among_first": 3}}}, "oversight.stop"),
        ({"oversight": {"hold": {"probability": 0.5, "days": 3}}}, "oversight.hold"),
        ({"trial": {"replace": "before_first_dose"}}, "trial.replace"),
        ({"trial": {"replace": "not_evaluable"}}, "trial.replace"),
        ({"cells": bank(DOSE, doses_in_stock_to_randomise=1)}, "cells.doses_in_stock_to_randomise"),
        ({"cells": bank(DOSE, courier={"days": 2})}, "cells.courier"),
    ],
)
def test_rules_that_count_doses_are_refused_without_doses(changes: dict[str, Any], path: str) -> None:
    """A rule that would do nothing, as no arm has doses, is refused with the reason."""
    with pytest.raises(ScenarioError, match=rf"{path}.*no arm has doses"):
        scenario_of(**changes)
    scenario_of(**changes, **{k: v for k, v in dosed().items() if k not in changes})


# --- what is measured of sites


COSTS = {"currency": "EUR", "site_activation": 0, "site_month": MONTH, "screening": 0}  # 1 for a day of a site


def _measured(n: int, **changes: Any) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
    """Events and measures of simulated trials."""
    design = Design(scenario_of(**changes))
    reducer = Reducer(design)
    chunk = replicate_chunk(reducer, 5, 0, n, keep=n)
    assert not chunk.failures, chunk.failures[0].trace
    for replication, rows in chunk.kept.items():
        yield rows, dict(zip(reducer.names, chunk.values[replication], strict=True))


def _site_days(rows: np.ndarray) -> float:
    """Days of sites, counted day by day in the log: open while recruitment and they are, or with a participant."""
    days, is_recruiting, last = 0.0, True, 0.0
    is_open: set[float] = set()
    inside: dict[float, int] = {}
    for row in rows:
        at_work = {site for site in is_open if is_recruiting} | {site for site, n in inside.items() if n}
        days += len(at_work) * (row[TIME] - last)
        last, kind, site = row[TIME], row[KIND], row[SITE]
        is_recruiting = kind == e.RECRUITMENT_REOPENED or (is_recruiting and kind != e.RECRUITMENT_CLOSED)
        if kind == e.SITE_ACTIVATED:
            is_open.add(site)
        is_open -= {site} if kind == e.SITE_CLOSED else set()
        inside[site] = inside.get(site, 0) + (kind == e.RANDOMISED) - (kind in (e.LEFT, e.COMPLETED))
    return days


def test_costs_of_sites_go_on_while_they_recruit_or_follow() -> None:
    """A reopening that never closes costs its sites until the end, and time in which nothing is done costs nothing."""
    n_open = 0
    for rows, row in _measured(
        40,
        trial={"target": 3, "replace": "not_evaluable", "horizon_months": 20},
        sites={
            "s": {"count": 2, "referrals_per_month": 1, "closes": {"after_days_without_randomisation": 90}},
            "t": {"referrals_per_month": 0.2, "opens": "2020-02-01"},
        },
        **dosed([0, 52]),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.8}}},
        costs=COSTS,
    ):
        assert abs(row["cost_sites"] - _site_days(rows)) < 1e-6
        closed, reopened = len(of(rows, e.RECRUITMENT_CLOSED)), len(of(rows, e.RECRUITMENT_REOPENED))
        n_open += closed == reopened > 0
    assert n_open > 5


def test_coordinators_are_never_busier_than_always() -> None:
    """The share of busy coordinators is at most 1, with people let in beyond the target and after a reopening too."""
    most = 0.0
    for _, row in _measured(
        40,
        trial={"target": 2, "replace": "not_evaluable", "horizon_months": 12, "overrun": "randomise"},
        sites={"s": {"referrals_per_month": 60, "coordinators": 2}},
        screening={"days": 30},
        **dosed([0, 26]),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.8}}},
    ):
        assert row["share_coordinators_busy"] <= 1
        most = max(most, row["share_coordinators_busy"])
    assert most > 0.9


# --- who is replaced


def test_who_missed_the_first_dose_did_not_leave_before_it() -> None:
    """`before_first_dose` replaces nobody who left long after a first dose that was missed."""
    for rows in logs(
        20,
        trial={"target": 20, "replace": "before_first_dose"},
        sites={"s": {"referrals_per_month": 30}},
        **dosed([0, 1], cells=bank(0)),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"4": 0.0, "26": 0.8}}},
    ):
        assert len(of(rows, e.LEFT)) > 8
        assert len(of(rows, e.REPLACED)) == 0


def test_who_leaves_before_the_first_dose_is_replaced() -> None:
    """`before_first_dose` replaces all who left while the first dose was still to come, and nobody else."""
    n_replaced = 0
    for rows in logs(
        30,
        trial={"target": 10, "replace": "before_first_dose"},
        treatment={"first_dose_delay_days": 60, "unfit_on_the_day": 0.3, "unfit_days": 5, "window_days": 10},
        **dosed([0, 1]),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.6}}},
    ):
        had = {(row[SITE], row[PERSON]) for row in rows if row[KIND] in (e.DOSE_GIVEN, e.DOSE_MISSED)}
        left = [(row[SITE], row[PERSON]) for row in of(rows, e.LEFT)]
        replaced = [(row[SITE], row[PERSON]) for row in of(rows, e.REPLACED)]
        assert replaced == [person for person in left if person not in had]
        n_replaced += len(replaced)
    assert n_replaced > 40


def test_weeks_of_treatment_count_from_the_first_dose() -> None:
    """`not_evaluable`, cells made to order: who leaves before the last dose's week is replaced, dosed or not yet."""
    supply = {"source": "made_to_order", "lots": {"culture_days": 60, "yield_cells": 20 * DOSE}, "suites": 50}
    n_replaced = 0
    for rows in logs(
        20,
        trial={"target": 20, "replace": "not_evaluable"},
        sites={"s": {"referrals_per_month": 30}},
        **dosed([0, 1, 2, 3], cells=supply),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.6}}},
    ):
        first = {(r[SITE], r[PERSON]): r[TIME] for r in of(rows, e.DOSE_DUE) if r[NUMBER] == 1}
        left = [(r[SITE], r[PERSON], r[TIME]) for r in of(rows, e.LEFT)]
        early = [(s, p) for s, p, day in left if day < first.get((s, p), np.inf) + 21]
        assert [(r[SITE], r[PERSON]) for r in of(rows, e.REPLACED)] == early
        n_replaced += len(early)
    assert n_replaced > 80
