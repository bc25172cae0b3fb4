"""One log, one state: order of columns and rows, usual names, words, dates, separators, encodings change nothing."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

_NAMES = {
    "id": ("Subject", "Patient ID", "USUBJID", "StudySubjectID", "Participant", "Screening number"),
    "site": ("Site", "Centre", "SITEID", "Site number", "Hospital"),
    "screened": ("Screening date", "ICFDT", "Consent date", "SUBJECTSCREENINGDATE", "Date of Informed Consent"),
    "date": ("Randomisation date", "RANDDT", "Rand. Date", "Date randomized", "random_date"),
    "status": ("Status", "Subject Status", "SUBJECTSTATE", "Disposition"),
    "left": ("Left on", "Date of withdrawal", "Discontinuation date", "off_study_dt"),
}
_WORDS = {
    "failed": ("SF", "Screen failure", "SCRNFAIL", "Not eligible", "Screen Failed", "declined"),
    "in screening": ("In screening", "Screening", "Pre-screened", "Consented"),
    "on": ("Randomised", "on study", "Active", "ONGOING", "Randomized - on treatment", "In follow-up"),
    "left": ("Withdrawn", "Discontinued", "LTFU", "Died", "Early terminated"),
    "completed": ("Completed", "Study completed", "EOS"),
}
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d-%b-%Y", "%d%b%Y", "%Y/%m/%d", "%Y-%m-%dT10:30", "%d/%m/%Y")
_FIRST = date(2023, 1, 2)


def _people(draw: random.Random, n: int) -> list[dict[str, Any]]:
    """People of a trial that is under way, each in a state of its own, in the order of their screening."""
    found = []
    for i in range(n):
        screened = _FIRST + timedelta(days=3 * i + draw.randrange(2))
        kind = draw.choice(("failed", "on", "on", "on", "left", "completed"))
        if i >= n - 2:
            kind = "in screening"
        randomised = screened + timedelta(days=draw.randrange(2, 9))
        gone = kind in ("left", "completed", "failed")
        found.append(
            {
                "id": f"P{i:03d}",
                "site": f"S{draw.randrange(3)}",
                "screened": screened,
                "date": randomised if kind in ("on", "left", "completed") else None,
                "status": kind,
                "left": randomised + timedelta(days=draw.randrange(2)) if gone else None,
            }
        )
    return found


def _written(draw: random.Random, people: list[dict[str, Any]]) -> ObservedTrial:
    """The same people in another table, read."""
    roles = list(_NAMES)
    draw.shuffle(roles)
    people = list(people)
    draw.shuffle(people)
    how, words = draw.choice(_DATES), {kind: draw.choice(words) for kind, words in _WORDS.items()}
    separator, encoding = draw.choice((",", ";", "\t", "|")), draw.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))

    def cell(value: Any) -> str:
        if isinstance(value, date):
            return value.strftime(how)
        return words.get(value, value) or ""

    rows = [[draw.choice(_NAMES[role]) for role in roles], *([cell(one[role]) for role in roles] for one in people)]
    text = draw.choice(("\n", "\r\n")).join(separator.join(row) for row in rows) + "\n"
    return observed_from([table_of(text.encode(encoding), "log.csv")], said=Said(order="dmy"))


def _state(trial: ObservedTrial) -> list[tuple[Any, ...]]:
    people = trial.people
    return sorted(
        (
            str(people.ids[i]),
            trial.sites[people.site[i]].name,
            str(people.status[i]),
            *(None if value != value else str(trial.date_of(value))
              for value in (people.screened[i], people.randomised[i], people.ended[i])),
        )
        for i in range(len(people))
    )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(12, 30))
def test_a_log_in_any_of_its_usual_forms_gives_one_state(seed: int, n: int) -> None:
    draw = random.Random(seed)
    people = _people(draw, n)
    first, second = (_written(draw, people) for _ in range(2))
    assert _state(first) == _state(second)
    assert (first.first, first.last) == (second.first, second.last)
    assert dict(first.account.became) == dict(second.account.became)
    kinds = [one["status"] for one in people]
    assert first.n_randomised == sum(kind in ("on", "left", "completed") for kind in kinds)
    assert first.account.document()["became"].get("failed screening", 0) == kinds.count("failed")
