"""What columns say of each person, as masks: dates, columns of yes and no, reasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.exchange.logs import headers as h
from sim.exchange.logs.evidence import Evidence
from sim.exchange.logs.facts import Facts
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import ON_STUDY


def texts(*values: Any) -> Any:
    return np.array(values, dtype=object)


def facts(
    meaning: tuple[str, ...] = ("",) * 3,
    days: dict[str, str] | None = None,
    flags: dict[str, tuple[bool | None, ...]] | None = None,
    fail_reasons: tuple[str, ...] | None = None,
    consent_only: bool = False,
) -> Facts:
    """Of three people; of each role with a day, the letters of those who have one."""
    dated = {
        role: np.array(["2024-01-02" if c in who else "NaT" for c in "abc"], dtype="datetime64[D]")
        for role, who in (days or {}).items()
    }
    evidence = Evidence(
        days=dated,
        side={},
        words=None,
        header="",
        reasons=None,
        fail_reasons=None if fail_reasons is None else texts(*fail_reasons),
        flags={role: texts(*values) for role, values in (flags or {}).items()},
        numbers=None,
        rows=np.arange(2, 5),
        columns={},
        consent_only=consent_only,
    )
    return Facts(evidence, texts(*meaning), np.zeros(3, dtype=bool))


def who(mask: Any) -> str:
    return "".join(letter for letter, is_one in zip("abc", mask, strict=True) if is_one)


def test_without_columns_nothing_is_known() -> None:
    found = facts()
    masks = (found.dated, found.says_yes, found.says_no, found.failed, found.over, found.flag_left)
    assert [who(mask) for mask in (*masks, found.flag_completed, found.is_in)] == [""] * 8


@pytest.mark.parametrize(
    ("flags", "yes", "no"),
    [((True, False, None), "a", "b"), ((True, None, None), "a", "bc"), ((False, None, False), "", "ac")],
)
def test_where_a_column_has_only_yes_an_empty_cell_is_a_no(flags: tuple[bool | None, ...], yes: str, no: str) -> None:
    found = facts(flags={h.DATE: flags})
    assert (who(found.says_yes), who(found.says_no)) == (yes, no)


def test_where_the_only_date_is_that_of_consent_who_is_not_said_to_be_in_the_study_is_not_randomised() -> None:
    for meaning, no in (((RANDOMISED, FAILED, ""), "bc"), ((LEFT, IN_SCREENING, ON_STUDY), "b")):
        assert who(facts(meaning, consent_only=True).says_no) == no
        assert who(facts(meaning).says_no) == ""
    flagged = facts((RANDOMISED, FAILED, RANDOMISED), flags={h.DATE: (True, True, False)}, consent_only=True)
    assert who(flagged.says_no) == "bc", "either is enough"


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        ({"days": {h.FAILED_ON: "b"}}, "b"),
        ({"flags": {h.FAILED_ON: (True, False, None)}}, "a"),
        ({"flags": {h.ELIGIBLE: (True, False, None)}}, "b"),
        ({"flags": {h.SCREENED: (True, None, False)}}, "c"),
        ({"fail_reasons": ("too old", "", "n/a")}, "a"),
        ({"days": {h.FAILED_ON: "b"}, "flags": {h.ELIGIBLE: (None, None, False)}}, "bc"),
        ({"fail_reasons": ("too old", "", ""), "flags": {h.FAILED_ON: (None, None, True)}}, "ac"),
        ({"fail_reasons": ("too old", "", ""), "flags": {h.SCREENED: (None, False, None)}}, "ab"),
    ],
)
def test_each_column_says_who_failed_screening(said: dict[str, Any], failed: str) -> None:
    assert who(facts(**said).failed) == failed


def test_who_is_gone() -> None:
    found = facts(
        days={h.LEFT_ON: "a", h.ENDED_ON: "", h.COMPLETED_ON: "b", h.DATE: "abc"},
        flags={h.LEFT_ON: (None, True, False), h.DIED_ON: (None, None, True), h.COMPLETED_ON: (True, False, None)},
    )
    assert (who(found.over), who(found.flag_left), who(found.flag_completed)) == ("ab", "bc", "a")
    assert who(found.dated) == "abc"
    assert who(facts(days={h.DIED_ON: "c", h.ENDED_ON: "a"}).over) == "ac"
    assert who(facts(flags={h.ENDED_ON: (True, None, None)}).flag_left) == "a"


def test_statuses_by_what_they_mean() -> None:
    found = facts((RANDOMISED, COMPLETED, ON_STUDY))
    assert (who(found.is_in), who(found.means(COMPLETED, LEFT))) == ("ac", "b")
    assert who(facts((IN_SCREENING, LEFT, FAILED)).is_in) == "a"
