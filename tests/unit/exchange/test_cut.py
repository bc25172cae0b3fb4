"""Data cut at an earlier or a later day, and files that do not belong together."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from made_trials import FIRST, trial_with

from sim.errors import UsageError
from sim.exchange.findings import DataError
from sim.exchange.read import COUNTS, LOG, SDTM, as_known, cut, kind_of, observed_from
from sim.exchange.tables.raw import RawTable
from sim.exchange.tables.read import table_of

TRIAL = trial_with(np.arange(50) * 2.0 + 0.5)  # every other day; the last on day 98


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def table(text: str, name: str = "t.csv") -> RawTable:
    return table_of(text.encode(), name)


@pytest.mark.parametrize(("number", "known"), [(0, 1), (1, 1), (2, 2), (97, 49), (98, 50)])
def test_the_end_of_a_day_is_known(number: int, known: int) -> None:
    """What is left out is counted."""
    found = cut(TRIAL, day(number))
    assert found.n_randomised == known
    left_out = [item.message for item in found.findings if "left out" in item.message]
    assert left_out == ([f"{50 - known} randomised after {day(number)} are left out"] if known < 50 else [])
    assert found.account.notes[-1] == f"as of {day(number)}: {known} randomised"


def test_a_day_after_the_last_record_says_that_nobody_came_since() -> None:
    (since,) = [item.message for item in cut(TRIAL, day(101)).findings if "as-of" in item.message]
    assert since == f"the as-of date is 3 days after the last record ({day(98)}); taken as fact: nobody since then"
    assert any("in the last 20 days" in item.message for item in cut(TRIAL, day(118)).findings)
    assert not cut(TRIAL, day(98)).findings
    with pytest.raises(UsageError, match="before the first record"):
        cut(TRIAL, day(-1))


def test_without_a_day_all_is_known() -> None:
    assert as_known(TRIAL, None, 100) is TRIAL
    assert as_known(TRIAL, day(2), 100).n_randomised == 2


DM = "STUDYID,DOMAIN,USUBJID,SITEID,RFSTDTC,ARM\nS,DM,1,A,2024-01-05,X\nS,DM,2,A,2024-01-09,X\n"


def test_what_tables_are() -> None:
    counts, log = table("Month,Enrolled\n2024-01,3\n"), table("Subject,Randomised\n1,2024-01-05\n2,2024-01-09\n")
    assert [kind_of([one]) for one in (counts, log, table(DM))] == [COUNTS, LOG, SDTM]
    assert kind_of([counts, log]) == SDTM
    assert kind_of([counts], {"participant": "Month"}) == LOG
    with pytest.raises(DataError, match=r"log\.csv: is not an SDTM domain"):
        observed_from([table(DM, "dm.csv"), table("Subject,Randomised\n1,2024-01-05\n", "log.csv")])
    with pytest.raises(DataError, match=r"b\.csv: is the SDTM domain DM, and so is a\.csv"):
        observed_from([table(DM, "a.csv"), table(DM, "b.csv")])


def test_a_note_on_a_table_names_it_only_among_several() -> None:
    log = "Report of May,,\nSubject,Randomised,Site\n1,2024-01-05,A\n2,2024-01-09,B\n"
    note = "the header is in row 2; not read above it: 'Report of May'"
    assert observed_from([table(log)]).account.notes[0] == note
