"""The critical path of a trial that is written down event by event: its steps sum to the day of the milestone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import scenario_of
from small_world import log_of

from sim.analysis.critical import NOBODY, Ways, completing, critical_paths
from sim.analysis.critical_sites import CriticalReducer, critical_names
from sim.analysis.index import EventIndex
from sim.analysis.logs import Logs
from sim.analysis.measures import MILESTONES, PATH_MILESTONES, STEPS, path_name
from sim.analysis.reduce import Reducer
from sim.core import events as e
from sim.core.design import Design
from sim.core.events import Log

FOLLOW_UP = {"visit_weeks": [4], "primary_endpoint_week": 4, "leaving": {"lost": {4: 0.5}}}
NEVER = math.nan
ARMS = {"A": {"doses": {"weeks": [0], "cells_per_kg": 1.0}}}

WAY = (  # of participant 2 at site 1, who has all that can be waited for
    (3.0, e.TRIAL_STARTED),
    (7.0, e.SITE_ACTIVATED, 1),
    (12.0, e.REFERRED, 1, 5),
    (12.0, e.RESCREEN_PLANNED, 1, 5, 1),
    (16.0, e.CONSENT_GIVEN, 1, 5, 1),
    (18.0, e.SCREENING_STARTED, 1, 5, 1),
    (23.0, e.SCREENING_PASSED, 1, 5, 1),
    (23.0, e.PLACE_AWAITED, 1, 5, 0, e.PAUSE_CELLS),
    (30.0, e.RANDOMISED, 1, 5, 2),
)


def design(target: int = 2, **changes: Any) -> Design:
    return Design(scenario_of(trial={"target": target}, sites={"s": {"count": 2, "referrals_per_month": 1}}, **changes))


def reached(days: dict[str, float]) -> dict[str, Any]:
    """Days of milestones in one replication."""
    return {f"day_{name}": np.array([days.get(name, NEVER)]) for name in MILESTONES}


def steps(log: Log, milestone: str, days: dict[str, float], **changes: Any) -> dict[str, float]:
    """Steps that took time, of one milestone; days of the milestones that are reached."""
    found = critical_paths(reached(days), design(**changes), EventIndex(log))
    every = {step: found[path_name(milestone, step)].item() for step in STEPS}
    if not math.isnan(days.get(milestone, NEVER)):
        assert math.fsum(every.values()) == pytest.approx(days[milestone])
    return {step: value for step, value in every.items() if value != 0}


def test_the_way_of_the_participant_who_completes_it() -> None:
    """Late, start-up, the referral, coming back, a coordinator, tests and cells: each has its days."""
    assert steps(log_of(*WAY), "last_randomised", {"last_randomised": 30.0}) == {
        "late_start": 3.0,
        "start_up": 4.0,
        "referral": 5.0,
        "coming_back": 4.0,
        "coordinator": 2.0,
        "screening": 5.0,
        "cells": 7.0,
    }


def pause(start: float, end: float, reason: int) -> tuple[tuple[float, ...], ...]:
    return ((start, e.PAUSED, -1, -1, 0, reason), (end, e.RESUMED, -1, -1, 0, reason))


@pytest.mark.parametrize(
    ("pauses", "waited"),
    [
        (pause(20.0, 25.0, e.PAUSE_BOARD), {"board_review": 2.0, "cells": 5.0}),
        (pause(24.0, 26.0, e.PAUSE_HOLD), {"hold": 2.0, "cells": 5.0}),
        (pause(28.0, 40.0, e.PAUSE_SENTINEL), {"sentinel": 2.0, "cells": 5.0}),
        (
            (*pause(20.0, 26.0, e.PAUSE_SENTINEL), *pause(24.0, 28.0, e.PAUSE_BOARD)),
            {"sentinel": 1.0, "board_review": 4.0, "cells": 2.0},
        ),
        (((25.0, e.PAUSED, -1, -1, 0, e.PAUSE_HOLD),), {"hold": 5.0, "cells": 2.0}),
    ],
)
def test_a_wait_for_a_place_is_given_to_the_first_pause_that_held(
    pauses: tuple[tuple[float, ...], ...], waited: dict[str, float]
) -> None:
    """From day 23 to day 30; moments in which no pause held were spent on cells."""
    rows = sorted((*WAY, *pauses), key=lambda row: row[0])
    found = steps(log_of(*rows), "last_randomised", {"last_randomised": 30.0})
    assert {step: found[step] for step in ("board_review", "hold", "sentinel", "cells") if step in found} == waited


@pytest.mark.parametrize(
    ("activated", "start_up", "referral"), [(None, 12.0, 0.0), (-9.0, 0.0, 12.0), (7.0, 7.0, 5.0), (15.0, 12.0, 0.0)]
)
def test_start_up_ends_with_the_activation_and_the_referral_at_the_latest(
    activated: float | None, start_up: float, referral: float
) -> None:
    """Activated before day 0 it cost nothing; where the activation is not known, or later, as in data, all of it."""
    rows = [row for row in WAY if row[1] not in (e.SITE_ACTIVATED, e.TRIAL_STARTED)]
    rows += [] if activated is None else [(activated, e.SITE_ACTIVATED, 1)]
    found = steps(log_of(*sorted(rows, key=lambda row: row[0])), "last_randomised", {"last_randomised": 30.0})
    assert (found.get("start_up", 0.0), found.get("referral", 0.0)) == (start_up, referral)


def test_of_a_site_whose_activation_is_not_known_no_other_s_is_taken() -> None:
    rows = [(-4.0, e.SITE_ACTIVATED, 0), *(row for row in WAY if row[1] not in (e.SITE_ACTIVATED, e.TRIAL_STARTED))]
    found = steps(log_of(*rows), "last_randomised", {"last_randomised": 30.0})
    assert (found["start_up"], found.get("referral", 0.0)) == (12.0, 0.0)


def test_what_comes_after_randomisation_is_follow_up_and_the_lock() -> None:
    log = log_of(*WAY, (58.0, e.COMPLETED, 1, 5, 2), (70.0, e.DATABASE_LOCKED))
    days = {"last_randomised": 30.0, "last_visit": 58.0, "database_lock": 70.0}
    found = steps(log, "last_visit", days, follow_up=FOLLOW_UP)
    assert (found["follow_up"], found.get("database_lock", 0.0)) == (28.0, 0.0)
    found = steps(log, "database_lock", days, follow_up=FOLLOW_UP)
    assert (found["follow_up"], found["database_lock"]) == (28.0, 12.0)


def test_a_milestone_that_was_not_reached_has_no_path() -> None:
    found = critical_paths(reached({}), design(), EventIndex(log_of(*WAY)))
    assert set(found) == {path_name(milestone, step) for milestone in PATH_MILESTONES for step in STEPS}
    assert np.isnan(list(found.values())).all()


def test_a_date_without_any_participant_is_waited_for() -> None:
    assert steps(Log(), "database_lock", {"database_lock": 9.0}) == {"referral": 9.0}


TWO = (
    (0.0, e.SITE_ACTIVATED, 0),
    (1.0, e.REFERRED, 0, 0),
    (4.0, e.RANDOMISED, 0, 0, 1),
    *WAY[1:],
    (31.0, e.DOSE_GIVEN, 0, 0, 1),
    (33.0, e.DOSE_GIVEN, 1, 5, 1),
    (40.0, e.LEFT, 1, 5, 2),
    (50.0, e.COMPLETED, 0, 0, 1),
)


def test_which_event_completes_which_milestone() -> None:
    """Of two participants: the first, the second, the last dose, and whoever is out last."""
    days = {
        "randomised_25pct": 4.0,
        "randomised_50pct": 4.0,
        "randomised_75pct": 30.0,
        "randomised_100pct": 30.0,
        "last_randomised": 30.0,
        "last_dose": 33.0,
        "last_visit": 50.0,
        "primary_completion": 41.0,
    }
    found = completing(reached(days), design(), EventIndex(log_of(*TWO)))
    sites = {name: EventIndex.site_of(people).item() for name, (people, _) in found.items()}
    assert {name: (when.item(), sites[name]) for name, (_, when) in found.items()} == {
        "first_randomised": (4.0, 0.0),
        "randomised_25pct": (4.0, 0.0),
        "randomised_50pct": (4.0, 0.0),
        "randomised_75pct": (30.0, 1.0),
        "randomised_100pct": (30.0, 1.0),
        "last_randomised": (30.0, 1.0),
        "last_dose": (33.0, 1.0),
        "last_visit": (50.0, 0.0),
        "database_lock": (50.0, 0.0),
        "primary_completion": (40.0, 1.0),
    }
    on_the_day = completing(reached({**days, "primary_completion": 40.0}), design(), EventIndex(log_of(*TWO)))
    assert on_the_day["primary_completion"].days.tolist() == [40.0]
    nobody = completing(reached({}), design(), EventIndex(Log()))
    assert all((people == NOBODY).all() for people, _ in nobody.values())


def test_ways_know_who_they_are_of() -> None:
    """Asked of three, of whom one is nobody, in an order that is not theirs."""
    index = EventIndex(log_of(*TWO))
    first, second = index.people(e.DOSE_GIVEN)
    asked = np.array([second, NOBODY, first])
    ways = Ways(index, asked)
    place, is_somebody = ways.of(asked)
    assert is_somebody.tolist() == [True, False, True]
    assert ways.numbers[place].tolist() == [2.0, 1.0]
    assert ways.randomised[place].tolist() == [30.0, 4.0]
    assert ways.steps[place[1], list(STEPS).index("referral")] == 1.0


def test_ways_of_replications_side_by_side_are_their_own() -> None:
    """The same participant waits through a hold in one replication, and for cells alone in the other."""
    hold = sorted((*WAY, *pause(24.0, 26.0, e.PAUSE_HOLD)), key=lambda row: row[0])
    logs = Logs.joined([Logs.of(log_of(*rows)) for rows in (hold, WAY)])
    columns = {name: np.repeat(days, 2) for name, days in reached({"last_randomised": 30.0}).items()}
    found = critical_paths(columns, design(), EventIndex(logs))
    assert found[path_name("last_randomised", "hold")].tolist() == [2.0, 0.0]
    assert found[path_name("last_randomised", "cells")].tolist() == [5.0, 7.0]


def test_sites_and_participants_on_which_milestones_hung() -> None:
    """The first site, the site of the first referral, the site with most, and who completed each milestone."""
    made = design(follow_up=FOLLOW_UP, arms=ARMS)
    log = log_of(*TWO, (60.0, e.RECRUITMENT_CLOSED), (61.0, e.DATABASE_LOCKED), (61.0, e.TRIAL_ENDED))
    reducer, plain = CriticalReducer(made), Reducer(made)
    logs = Logs.of(log)
    found = dict(zip(reducer.names, reducer(logs, [{}]).measures[0].tolist(), strict=True))
    assert set(critical_names()) <= set(reducer.names)
    assert found["critical_first_site_active_site"] == 0.0
    assert found["critical_first_referral_site"] == 0.0
    assert found["critical_most_site"] == 0.0
    assert (found["critical_last_randomised_site"], found["critical_last_randomised_participant"]) == (1.0, 2.0)
    assert (found["critical_first_randomised_site"], found["critical_first_randomised_participant"]) == (0.0, 1.0)
    plain_values = plain(logs, [{}]).measures[0]
    assert np.array_equal([found[name] for name in plain.names], plain_values, equal_nan=True)
