"""Rules of the model that were wrong once: small trials in which each shows, with the answer that is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of

from sim.analysis.reduce import Reducer
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import CODE, KIND, NUMBER, PERSON, SITE, TIME
from sim.errors import ScenarioError
from sim.experiment.replicate import replicate, replicate_chunk

MONTH = 30.4375
FOLLOW_UP = {"visit_weeks": [26, 52], "primary_endpoint_week": 26}
WEIGHT = {"attributes": {"weight_kg": 60.0}}
DOSE = 60.0  # cells, of everybody's dose


def logs(n: int = 40, seed: int = 5, **changes: Any) -> Iterator[np.ndarray]:
    """Events of simulated trials, one after the other."""
    design = Design(scenario_of(**changes))
    for replication in range(n):
        yield replicate(design, seed, replication).table()


def of(rows: np.ndarray, kind: int, code: int | None = None) -> np.ndarray:
    """Events of a kind, and with a code."""
    found = rows[rows[:, KIND] == kind]
    return found if code is None else found[found[:, CODE] == code]


def dosed(weeks: list[float] | None = None, **more: Any) -> dict[str, Any]:
    """One arm with doses of one cell a kilogram."""
    return {"arms": {"A": {"doses": {"weeks": weeks or [0], "cells_per_kg": 1.0}}}, "patients": WEIGHT, **more}


def bank(cells: float, **more: Any) -> dict[str, Any]:
    """A bank with so many cells, which nobody adds to."""
    supply = {"source": "bank", "lots": {"culture_days": 10, "yield_cells": DOSE}, "suites": 0}
    return supply | {"stock": {"start_cells": cells}} | more


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


# --- doses


def _started_while(rows: np.ndarray, begins: int, ends: int, code: int | None = None) -> int:
    """Doses that are started between an event of one kind and the next of another."""
    inside, n = False, 0
    for row in rows:
        if row[KIND] in (begins, ends) and (code is None or row[CODE] == code):
            inside = row[KIND] == begins
        n += inside and row[KIND] == e.DOSE_STARTED
    return n


def test_no_dose_starts_after_a_stop() -> None:
    """A dose that waits for a bay, for fitness or for cells when the board ends the trial is missed at once."""
    waiting: dict[str, dict[str, Any]] = {
        "a bay": {"sites": {"s": {"referrals_per_month": 60, "infusion_bays": 1}}, "treatment": {"bay_hours": 200}},
        "fitness": {
            "sites": {"s": {"referrals_per_month": 60}},
            "treatment": {"unfit_on_the_day": 0.7, "unfit_days": 15},
        },
        "cells": {
            "sites": {"s": {"referrals_per_month": 60}},
            "cells": bank(DOSE, suites=4, stock={"start_cells": DOSE, "reorder_below_cells": 10 * DOSE}),
        },
    }
    stop = {"severe_reactions": 1, "among_first": 30, "action": "end"}
    for what, changes in waiting.items():
        treatment = {"window_days": 30, "severe_reaction": 0.25} | changes.pop("treatment", {})
        n_at_once = 0
        for rows in logs(30, **dosed(oversight={"stop": stop}, treatment=treatment), **changes, follow_up=FOLLOW_UP):
            stopped = of(rows, e.BOARD_STOPPED)
            if len(stopped):
                after = rows[:, TIME] > stopped[0, TIME]
                assert not np.any(rows[after, KIND] == e.DOSE_STARTED), what
                missed = of(rows, e.DOSE_MISSED, e.MISSED_STOPPED)
                n_at_once += np.count_nonzero(missed[:, TIME] == stopped[0, TIME])
        assert n_at_once > 10, what


def test_no_dose_starts_in_a_hold() -> None:
    """A dose that waited for a bay or for fitness when a hold began waits for its end."""
    n_holds = 0
    for rows in logs(
        30,
        trial={"target": 20},
        **dosed(
            oversight={"hold": {"probability": 1.0, "days": 9}},
            treatment={"severe_reaction": 0.2, "window_days": 40, "bay_hours": 60, "unfit_on_the_day": 0.5}
            | {"unfit_days": 10},
        ),
        sites={"s": {"referrals_per_month": 30, "infusion_bays": 1}},
        follow_up=FOLLOW_UP,
    ):
        assert _started_while(rows, e.PAUSED, e.RESUMED, e.PAUSE_HOLD) == 0
        n_holds += len(of(rows, e.PAUSED, e.PAUSE_HOLD))
    assert n_holds > 60


def _starts(rows: np.ndarray) -> dict[tuple[float, float], list[float]]:
    """When each participant's doses were started, in their order."""
    found: dict[tuple[float, float], list[float]] = {}
    for row in of(rows, e.DOSE_STARTED):
        found.setdefault((row[SITE], row[PERSON]), []).append(row[TIME])
    return found


@pytest.mark.parametrize(("window", "least"), [(30, 7.0 - 1e-9), (7, 7.0 - 1e-9), (3, 3.6)])
def test_doses_keep_their_distance(window: float, least: float) -> None:
    """Where a dose may be later than the next is due, the next comes a week after it, and not at once."""
    gaps: list[float] = []
    for rows in logs(
        20,
        trial={"target": 6},
        **dosed([0, 1, 2, 3], treatment={"window_days": window, "unfit_on_the_day": 0.5, "unfit_days": 0.9 * window}),
        follow_up=FOLLOW_UP,
    ):
        for starts in _starts(rows).values():
            gaps += np.diff(starts).tolist()
    assert min(gaps) >= least
    assert min(gaps) < 8


def test_a_dose_is_not_due_before_now() -> None:
    """Doses after one that was missed late are due no sooner than that, and have their whole window."""
    for rows in logs(
        20,
        trial={"target": 6},
        **dosed([0, 1, 2], cells=bank(0), treatment={"window_days": 20}),
        follow_up=FOLLOW_UP,
    ):
        due, missed = of(rows, e.DOSE_DUE), of(rows, e.DOSE_MISSED)
        for person in {(row[SITE], row[PERSON]) for row in due}:
            mine = [rows_of[np.all(rows_of[:, [SITE, PERSON]] == person, axis=1), TIME] for rows_of in (due, missed)]
            assert np.allclose(mine[1] - mine[0], 20)


def test_a_first_dose_week_other_than_0() -> None:
    """Weeks of doses are counted from the first of them, whatever its number: 2, 3 and 5 are 0, 1 and 3."""
    design_logs = [
        list(logs(5, trial={"target": 4}, **dosed(weeks), follow_up=FOLLOW_UP)) for weeks in ([0], [2, 3, 5])
    ]
    for plain, later in zip(*design_logs, strict=True):
        first = {key: days[0] for key, days in _starts(plain).items()}
        for key, days in _starts(later).items():
            assert np.floor(days[0]) - np.floor(first[key]) in (-1, 0, 1)  # on the day, or the next if its hour is past
            assert np.allclose(np.diff(np.floor(days)), [7, 14])


def test_an_appointment_whose_hour_is_past_is_on_the_next_day() -> None:
    """A first dose due on the day of randomisation is that day after it, or else at its hour of the next day."""
    n_next = n_same = 0
    for rows in logs(10, trial={"target": 20}, **dosed(), follow_up=FOLLOW_UP):
        randomised = {(row[SITE], row[PERSON]): row[TIME] for row in of(rows, e.RANDOMISED)}
        for row in of(rows, e.DOSE_DUE):
            day = randomised[row[SITE], row[PERSON]]
            assert row[TIME] > day
            assert 8 / 24 <= row[TIME] % 1 <= 16 / 24 + 1e-9
            assert np.floor(row[TIME]) - np.floor(day) in (0, 1)
            n_next += np.floor(row[TIME]) > np.floor(day)
            n_same += np.floor(row[TIME]) == np.floor(day)
    assert n_next > 50
    assert n_same > 50


# --- the gate before randomisation


def test_who_is_let_in_beyond_the_target_does_not_wait_for_ever() -> None:
    """Target 2 and two sentinels 60 days apart: who is eligible when the second is randomised follows at once."""
    for rows in logs(
        30,
        trial={"target": 2, "overrun": "randomise"},
        sites={"s": {"referrals_per_month": 20}},
        oversight={"sentinels": {"participants": 2, "days_between": 60, "arm": "A"}},
        arms={"A": {}},
    ):
        assert rows[-1, CODE] == e.ENDED_COMPLETE
        passed, randomised = of(rows, e.SCREENING_PASSED), of(rows, e.RANDOMISED)
        assert len(passed) == len(randomised) > 10
        assert np.all(randomised[1:, TIME] == randomised[1, TIME])


def test_the_bank_makes_cells_for_who_is_let_in_beyond_the_target() -> None:
    """With `overrun: randomise` lots are started for those who wait after the target was met."""
    supply = bank(2 * DOSE, suites=1, doses_in_stock_to_randomise=1)
    supply["stock"]["reorder_below_cells"] = DOSE
    for rows in logs(
        30,
        trial={"target": 2, "overrun": "randomise"},
        sites={"s": {"referrals_per_month": 30}},
        screening={"days": 20},
        **dosed(cells=supply),
        follow_up=FOLLOW_UP,
    ):
        assert rows[-1, CODE] == e.ENDED_COMPLETE
        assert len(of(rows, e.RANDOMISED)) == len(of(rows, e.SCREENING_PASSED)) > 8


def test_a_full_site_takes_nobody_beyond_the_target_either() -> None:
    """A site never passes its `max_participants`, whoever is let in."""
    n_full = 0
    for rows in logs(
        30,
        trial={"target": 4, "overrun": "randomise"},
        sites={"s": {"count": 2, "referrals_per_month": 20, "max_participants": 3}},
        screening={"days": 20},
    ):
        most = np.bincount(of(rows, e.RANDOMISED)[:, SITE].astype(int), minlength=2)
        assert most.max() <= 3
        n_full += int(most.sum() == 6)
    assert n_full > 10


def test_who_queues_for_a_coordinator_is_not_in_screening() -> None:
    """When the target is met, `overrun: randomise` lets in who is being screened, and not the queue behind them."""
    for rows in logs(
        20,
        trial={"target": 10, "overrun": "randomise"},
        sites={"s": {"referrals_per_month": 90, "coordinators": 2}},
        screening={"days": 6},
    ):
        assert len(of(rows, e.RANDOMISED)) <= 11
        assert len(of(rows, e.TURNED_AWAY, e.AWAY_TARGET)) > 20


def test_surplus_participants_stand_in_for_those_who_leave() -> None:
    """Recruitment does not open again while there are participants beyond the target."""
    n_replaced = 0
    for rows in logs(
        40,
        trial={"target": 6, "overrun": "randomise", "replace": "not_evaluable"},
        sites={"s": {"referrals_per_month": 20}},
        screening={"days": 20},
        **dosed([0, 26]),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.6}}},
    ):
        needed, n, is_open = 6, 0, True
        for kind in rows[:, KIND]:
            n += kind == e.RANDOMISED
            needed += kind == e.REPLACED
            n_replaced += kind == e.REPLACED
            assert kind != e.RECRUITMENT_REOPENED or n < needed
            is_open = kind == e.RECRUITMENT_REOPENED or (is_open and kind != e.RECRUITMENT_CLOSED)
        assert is_open or n >= needed
    assert n_replaced > 40


def test_the_gate_is_looked_at_again_when_cells_become_free() -> None:
    """A bank of three doses for courses of two: when the first participant dies, the next is randomised at once."""
    n = 0
    for rows in logs(
        40,
        trial={"target": 2, "horizon_months": 24},
        sites={"s": {"referrals_per_month": 10}},
        **dosed([0, 50], cells=bank(3 * DOSE, doses_in_stock_to_randomise=2)),
        follow_up=FOLLOW_UP | {"leaving": {"death": {"26": 0.95}}},
    ):
        left, randomised = of(rows, e.LEFT), of(rows, e.RANDOMISED)
        given = of(rows, e.DOSE_GIVEN)
        if len(left) and np.count_nonzero(given[:, TIME] < left[0, TIME]) == 1 and len(randomised) == 2:
            assert randomised[1, TIME] == max(left[0, TIME], of(rows, e.SCREENING_PASSED)[1, TIME])
            n += 1
    assert n > 20


def test_a_claimed_dose_is_counted_once() -> None:
    """Four doses in stock for a target of four: every trial is done, and every dose is given."""
    for rows in logs(
        100,
        trial={"target": 4},
        sites={"s": {"referrals_per_month": 60, "infusion_bays": 1}},
        treatment={"bay_hours": 24, "window_days": 100},
        **dosed(cells=bank(4 * DOSE, doses_in_stock_to_randomise=1)),
        follow_up=FOLLOW_UP,
    ):
        assert rows[-1, CODE] == e.ENDED_COMPLETE
        assert len(of(rows, e.DOSE_GIVEN)) == 4


def test_a_lot_is_started_for_who_waits_for_cells() -> None:
    """A bank that is never reordered on its own makes a lot for an eligible patient who waits for cells."""
    supply = bank(0.5 * DOSE, suites=1, doses_in_stock_to_randomise=1)
    for rows in logs(20, trial={"target": 3}, **dosed(cells=supply), follow_up=FOLLOW_UP):
        assert len(of(rows, e.RANDOMISED)) == 3


def test_nobody_slips_in_between_observation_and_review() -> None:
    """With `pauses_while_observing` the pause is one, from the last first dose to the end of the review."""
    review = {"after_treated": 2, "observed_days": 28, "takes_days": 14, "pauses_while_observing": True}
    for rows in logs(
        20,
        trial={"target": 4},
        sites={"s": {"referrals_per_month": 30}},
        screening={"days": 60},
        **dosed(oversight={"board_review": review}),
        follow_up=FOLLOW_UP,
    ):
        paused, resumed = of(rows, e.PAUSED), of(rows, e.RESUMED)
        assert len(paused) == len(resumed) == 1
        assert abs(resumed[0, TIME] - paused[0, TIME] - 42) < 1e-9
        inside = (rows[:, TIME] > paused[0, TIME]) & (rows[:, TIME] < resumed[0, TIME])
        assert not np.any(rows[inside, KIND] == e.RANDOMISED)


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
