"""Rules on doses and on the gate before randomisation that were wrong once: the right answer in small trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_logs import DOSE, bank, dosed, logs, of

from sim.core import events as e
from sim.core.events import CODE, KIND, PERSON, SITE, TIME

FOLLOW_UP = {"visit_weeks": [26, 52], "primary_endpoint_week": 26}


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
