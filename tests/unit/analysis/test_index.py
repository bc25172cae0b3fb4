"""Events by kind, and the stays between them."""

from __future__ import annotations

import numpy as np
from small_world import log_of

from sim.analysis.index import EventIndex
from sim.analysis.logs import Logs
from sim.core import events as e
from sim.core.events import EndedAtOnce, Log

LOG = log_of(
    (0.0, e.SITE_ACTIVATED, 0),
    (1.0, e.REFERRED, 0, 0),
    (1.0, e.CONSENT_GIVEN, 0, 0, 1),
    (2.0, e.CONSENT_GIVEN, 1, 0, 1),
    (3.0, e.SCREENING_STARTED, 0, 0, 1),
    (4.0, e.SCREENING_STARTED, 1, 0, 1),
    (5.0, e.RESCREEN_PLANNED, 0, 0, 2, 1),
    (6.0, e.SCREENING_PASSED, 1, 0, 1),
    (7.0, e.CONSENT_GIVEN, 0, 0, 2),
    (9.0, e.PATIENT_LOST, 0, 0),
    (9.5, e.PLACE_AWAITED, 1, 0, 0, e.PAUSE_HOLD),
)


def ended_at_once(*rows: tuple[float, int, int, int]) -> EndedAtOnce:
    """(time, kind, bits, code), all of one site."""
    time, kind, failed, code = (np.array(column) for column in zip(*rows, strict=True))
    nothing = np.zeros(len(rows), dtype=np.int64)
    return EndedAtOnce(nothing, time.astype(float), np.arange(len(rows)), kind, failed, code)


def test_events_of_a_kind_are_in_order() -> None:
    index = EventIndex(LOG)
    assert index.of(e.CONSENT_GIVEN)[:, e.TIME].tolist() == [1.0, 2.0, 7.0]
    assert index.of(e.SITE_ACTIVATED)[:, e.TIME].tolist() == [0.0], "the first of all kinds"
    assert index.of(e.TRIAL_ENDED).shape == (0, e.WIDTH)
    assert [index.count(kind).tolist() for kind in (e.CONSENT_GIVEN, e.PATIENT_LOST, e.TRIAL_ENDED)] == [[3], [1], [0]]
    assert [index.first(e.CONSENT_GIVEN)[0], index.last(e.CONSENT_GIVEN)[0]] == [1.0, 7.0]
    assert [index.nth(e.CONSENT_GIVEN, 2)[0], index.nth(e.CONSENT_GIVEN, 2, e.SITE)[0]] == [2.0, 1.0]
    assert np.isnan([index.first(e.TRIAL_ENDED), index.last(e.TRIAL_ENDED), index.nth(e.CONSENT_GIVEN, 4)]).all()


def test_rare_codes_are_counted_as_none() -> None:
    assert EventIndex(LOG).codes(e.PLACE_AWAITED, 4).tolist() == [[0, 1, 0, 0]]
    assert EventIndex(Log()).codes(e.PLACE_AWAITED, 4).tolist() == [[0, 0, 0, 0]]


def test_a_person_is_a_site_and_a_referral() -> None:
    """Two people of one number at different sites are two; one person at two times is one."""
    keys = EventIndex.keys(EventIndex(LOG).of(e.CONSENT_GIVEN))
    assert keys[0] == keys[2] != keys[1]
    many = np.zeros((2, e.WIDTH))
    many[0, e.PERSON], many[1, e.SITE] = 2**31, 1
    assert len(set(EventIndex.keys(many).tolist())) == 2
    assert len(set(EventIndex.keys(np.zeros((2, e.WIDTH)), np.arange(2)).tolist())) == 2, "in another replication"
    assert EventIndex.site_of(EventIndex.keys(many, 3)).tolist() == [0, 1]


def test_a_stay_ends_with_the_person_s_next_event() -> None:
    """Consent with the same person's next start of screening; one that does not come is left out, or ends when said."""
    index = EventIndex(LOG)
    assert index.stays(e.CONSENT_GIVEN, e.SCREENING_STARTED).tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert index.stays(e.CONSENT_GIVEN, e.SCREENING_STARTED, unended=20.0).tolist() == [
        [1.0, 3.0],
        [2.0, 4.0],
        [7.0, 20.0],
    ]
    assert EventIndex(Log()).stays(e.CONSENT_GIVEN, e.SCREENING_STARTED).shape == (0, 2)


def test_an_end_in_the_instant_of_the_beginning_is_a_stay_of_no_time() -> None:
    log = log_of((3.0, e.CONSENT_GIVEN, 0, 0), (3.0, e.SCREENING_STARTED, 0, 0))
    assert EventIndex(log).stays(e.CONSENT_GIVEN, e.SCREENING_STARTED).tolist() == [[3.0, 3.0]]


def test_named_stays() -> None:
    """Whatever ends a wait for a coordinator, a screening, a wait for a place, an infusion."""
    log = log_of(
        *LOG.rows,
        (10.0, e.RANDOMISED, 1, 0, 1),
        (11.0, e.DOSE_STARTED, 1, 0, 1),
        (12.0, e.DOSE_LOST, 1, 0, 1),
        (12.5, e.DOSE_STARTED, 1, 0, 1),
        (13.0, e.DOSE_GIVEN, 1, 0, 1),
    )
    index = EventIndex(log)
    assert index.waits_for_coordinator().tolist() == [[1.0, 3.0], [2.0, 4.0], [7.0, 9.0]]
    assert index.screenings().tolist() == [[3.0, 5.0], [4.0, 6.0]]
    assert index.waits_for_place().tolist() == [[9.5, 10.0]]
    assert index.infusions().tolist() == [[11.0, 12.0], [12.5, 13.0]]


def test_a_screening_that_has_not_ended_lasts_until_it_is_said() -> None:
    index = EventIndex(log_of((3.0, e.SCREENING_STARTED, 0, 0)))
    assert index.screenings().shape == (0, 2)
    assert index.screenings(8.0).tolist() == [[3.0, 8.0]]


def test_referrals_that_ended_on_the_day_are_counted_too() -> None:
    """The first referral of all, how many ended in which way, and which criteria failed."""
    log = log_of((5.0, e.REFERRED, 0, 9), (6.0, e.TURNED_AWAY, 0, 9, 0, e.AWAY_SITE))
    log.ended_at_once = ended_at_once(
        (4.0, e.CHART_FAILED, 6, 1),
        (7.0, e.CONSENT_REFUSED, 0, 0),
        (8.0, e.TURNED_AWAY, 0, e.AWAY_PAUSED),
        (9.0, e.TURNED_AWAY, 0, e.AWAY_SITE),
    )
    index = EventIndex(log)
    assert index.first_referral().tolist() == [4.0]
    assert [index.ended_at_once(kind).tolist() for kind in (None, e.CHART_FAILED, e.TURNED_AWAY)] == [[4], [1], [2]]
    assert index.turned_away(5).tolist() == [[0, 1, 2, 0, 0]]
    assert [each.tolist() for each in index.chart_failures()] == [[0], [1], [6]]
    assert EventIndex(log_of((5.0, e.REFERRED, 0, 9))).first_referral().tolist() == [5.0]
    assert np.isnan(EventIndex(Log()).first_referral()).all()


def test_replications_side_by_side_do_not_meet() -> None:
    """The same people in two replications: events, people and stays are each one's own, and in their order."""
    other = log_of((2.0, e.CONSENT_GIVEN, 0, 0, 1), (8.0, e.SCREENING_PASSED, 1, 0), (9.0, e.SCREENING_STARTED, 0, 0))
    index = EventIndex(Logs.joined([Logs.of(log) for log in (LOG, Log(), other)]))
    assert index.count(e.CONSENT_GIVEN).tolist() == [3, 0, 1]
    assert index.starts(e.CONSENT_GIVEN).tolist() == [0, 3, 3, 4]
    assert index.replications(e.CONSENT_GIVEN).tolist() == [0, 0, 0, 2]
    assert index.n_people(e.CONSENT_GIVEN).tolist() == [2, 0, 1]
    stays, where = index.stays_of(e.CONSENT_GIVEN, e.SCREENING_STARTED)
    assert stays.tolist() == [[1.0, 3.0], [2.0, 4.0], [2.0, 9.0]]
    assert where.tolist() == [0, 1, 3]
    assert index.screenings(np.array([50.0, 60.0, 70.0])).tolist() == [[3.0, 5.0], [4.0, 6.0], [9.0, 70.0]]
    replication, site = index.place_of(index.people(e.SCREENING_STARTED))
    assert replication.tolist() == [0, 0, 2]
    assert site.tolist() == index.site_keys(e.SCREENING_STARTED).tolist()


def test_the_first_day_of_each_code() -> None:
    """Of two events with a code the earlier, by replication; a code outside is left out."""
    first = log_of((1.0, e.CAP_REACHED, -1, -1, 2, 1), (2.0, e.CAP_REACHED, -1, -1, 2, 1), (3.0, e.CAP_REACHED))
    second = log_of((4.0, e.CAP_REACHED, -1, -1, 2, 7))
    index = EventIndex(Logs.joined([Logs.of(first), Logs.of(second)]))
    codes = index.of(e.CAP_REACHED)[:, e.CODE].astype(np.int64)
    found = index.first_of_codes(e.CAP_REACHED, codes, 2)
    assert np.array_equal(found, [[3.0, 1.0], [np.nan, np.nan]], equal_nan=True)
    assert index.codes(e.CAP_REACHED, 2).tolist() == [[1, 2], [0, 0]]


def test_stretches_of_recruiting() -> None:
    """From the beginning to the first closing, from each reopening to the next closing or the end."""
    closed, again = (e.RECRUITMENT_CLOSED,), (e.RECRUITMENT_REOPENED,)
    assert EventIndex(Log()).recruiting(50.0)[0].tolist() == [[-np.inf, 50.0]]
    assert EventIndex(log_of((9.0, *closed))).recruiting(50.0)[0].tolist() == [[-np.inf, 9.0]]
    log = log_of((9.0, *closed), (12.0, *again), (20.0, *closed), (30.0, *again))
    assert EventIndex(log).recruiting(50.0)[0].tolist() == [[-np.inf, 9.0], [12.0, 20.0], [30.0, 50.0]]
    two = EventIndex(Logs.joined([Logs.of(log), Logs.of(Log())]))
    spans, starts = two.recruiting(np.array([50.0, 7.0]))
    assert (spans[3:].tolist(), starts.tolist()) == ([[-np.inf, 7.0]], [0, 3, 4])


def test_pauses_of_one_reason() -> None:
    """One that has not ended lasts for ever."""
    log = log_of(
        (1.0, e.PAUSED, -1, -1, 0, e.PAUSE_HOLD),
        (2.0, e.PAUSED, -1, -1, 0, e.PAUSE_BOARD),
        (3.0, e.RESUMED, -1, -1, 0, e.PAUSE_HOLD),
        (4.0, e.PAUSED, -1, -1, 0, e.PAUSE_HOLD),
    )
    index = EventIndex(log)
    assert index.pauses(e.PAUSE_HOLD)[0].tolist() == [[1.0, 3.0], [4.0, np.inf]]
    assert index.pauses(e.PAUSE_BOARD)[0].tolist() == [[2.0, np.inf]]
    assert index.pauses(e.PAUSE_SENTINEL)[0].shape == (0, 2)
    spans, of = EventIndex(Logs.joined([Logs.of(log), Logs.of(log)])).pauses(e.PAUSE_HOLD)
    assert spans.tolist() == [[1.0, 3.0], [4.0, np.inf], [1.0, 3.0], [4.0, np.inf]]
    assert of.tolist() == [0, 0, 1, 1]
