"""The log: its order at one instant, and the words for its codes."""

from __future__ import annotations

import numpy as np

from sim.core import events
from sim.core.events import CODE, KIND, KINDS, NUMBER, PERSON, SITE, TIME, VOCABULARIES, EndedAtOnce, Log


def test_kinds_have_names_and_meanings_of_their_own() -> None:
    """Each kind is the index of its description, and says which words its code is of."""
    assert len({kind.name for kind in KINDS}) == len({kind.meaning for kind in KINDS}) == len(KINDS)
    assert KINDS[events.SITE_ACTIVATED].name == "site.activated"
    assert KINDS[events.PRIMARY_COMPLETED].name == "primary.completed"
    codes = {kind.code for kind in KINDS if kind.code}
    assert set(VOCABULARIES) <= codes, "a vocabulary that no kind uses"
    assert {"criterion", "arm", "way_out", "cap"} <= codes - set(VOCABULARIES), "words of the scenario"


def test_codes_are_places_in_their_vocabularies() -> None:
    """Processes write numbers, tables words: the two agree."""

    def word(vocabulary: str, code: int) -> str:
        return VOCABULARIES[vocabulary][code]

    assert word("site_closed", events.CLOSED_DROUGHT) == "drought"
    assert word("turned_away", events.AWAY_COMPLETED) == "completed"
    assert len(VOCABULARIES["turned_away"]) == events.AWAY_CAP, "caps come after the words"
    assert word("screening_failed", events.FAIL_WINDOW) == "window"
    assert len(VOCABULARIES["screening_failed"]) == events.FAIL_CRITERION, "criteria come after the words"
    assert word("pause", events.PAUSE_CELLS) == "cells"
    assert word("dose_lost", events.LOST_LEFT) == "left"
    assert word("dose_missed", events.MISSED_STOPPED) == "stopped"
    assert word("reaction", events.SEVERE) == "severe"
    assert word("recruitment_closed", events.RECRUITMENT_COMPLETED) == "completed"
    assert word("trial_ended", events.ENDED_TOO_MUCH) == "too_much"
    assert word("trial_ended", events.ENDED_CAPS) == "caps"
    assert word("primary_completed", events.COMPLETED_NOBODY_LEFT) == "nobody_left"


def ended(*referrals: tuple[int, float, int, int, int, int]) -> EndedAtOnce:
    site, time, person, kind, failed, code = zip(*referrals, strict=True)
    return EndedAtOnce(*map(np.array, (site, np.array(time, float), person, kind, failed, code)))


def test_a_referral_that_ends_at_once_is_two_events() -> None:
    """Referred, and how it ended, with the criteria that failed and the code of the ending."""
    rows = ended((3, 5.0, 7, events.CHART_FAILED, 6, 1)).rows()
    assert rows[:, KIND].tolist() == [events.REFERRED, events.CHART_FAILED]
    for column, value in ((TIME, 5.0), (SITE, 3.0), (PERSON, 7.0)):
        assert rows[:, column].tolist() == [value, value]
    assert rows[:, NUMBER].tolist() == [0.0, 6.0]
    assert rows[:, CODE].tolist() == [0.0, 1.0]


def test_events_are_in_order_of_time_and_at_one_instant_those_that_end_at_once_come_first() -> None:
    """Then visits, then what happened, in the order in which it did."""
    log = Log(ended_at_once=ended((0, 2.0, 1, events.CONSENT_REFUSED, 0, 0)))
    log.rows += [
        (2.0, events.PAUSED, -1, -1, 0, 0, 0),
        (1.0, events.LEFT, 0, 1, 0, 0, 0),
        (2.0, events.RESUMED, -1, -1, 0, 0, 0),
    ]
    log.visits = np.array([[2.0, events.VISIT_DONE, 0, 1, 4, 0, 0]])
    assert log.table()[:, KIND].tolist() == [
        events.LEFT,
        events.REFERRED,
        events.CONSENT_REFUSED,
        events.VISIT_DONE,
        events.PAUSED,
        events.RESUMED,
    ]
    assert len(log) == 6
    assert log.happened().shape == (3, events.WIDTH)


def test_a_log_of_nothing_has_no_rows() -> None:
    assert Log().table().shape == (0, events.WIDTH)
    assert len(Log()) == 0
