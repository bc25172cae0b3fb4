"""Collects what a log says of each person, and decides which words must be asked about.

A word that is not understood must not be guessed: taken wrongly, it moves people in or out of the trial. It is asked
about, unless its rows leave only one meaning, as where everybody with it has a day of leaving.

Attributes:
    ANSWERS: what a user can say of a word, each with its meaning in words.
    NO_STATUS: stands for people without a status in such an answer: `--status "no status=screen failure"`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.errors import in_short
from sim.exchange.dates.read import Days
from sim.exchange.findings import STATUS, DataCheck, Question, in_rows
from sim.exchange.logs import headers
from sim.exchange.logs.statuses import is_long_or_lost, is_lost_in_full, is_reason, meaning_of, normal
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import IGNORED, ON_STUDY, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

Texts = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

NO_DAY = np.datetime64("NaT", "D")
_EXPLAINED = {
    IN_SCREENING: "still in screening",
    FAILED: "not randomised, and no more in screening",
    RANDOMISED: "randomised and still in the study",
    ON_STUDY: "in the study: randomised if there is a date of randomisation, else in screening",
    LEFT: "left the study before its end; without a date of randomisation, failed screening",
    COMPLETED: "randomised, and completed the study",
    IGNORED: "no participant; the row is left out",
}
ANSWERS = tuple((status, f"{status}: {_EXPLAINED[status]}") for status in STATUSES)
NO_STATUS = "no status"  # stands for people without a status, after --status
_FEW, _FEW_SHARE = 2, 0.1  # people, and share of all: a word this rare does not stand for people who are still in
_WORDS_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a log says of each row, (n,) each.

    Attributes:
        days: by role, the day of each row; NaT where there is none.
        side: by role, days that are not events themselves: last visits, days of the status.
        words: statuses as written; empty where there is none; None without a column.
        header: header of the status column.
        reasons: why they left; None without a column.
        fail_reasons: why they failed screening; None without a column.
        flags: by role, True, False or None for each row.
        numbers: randomisation numbers; None without a column.
        rows: rows of the file.
        columns: header by role.
        consent_only: whether the user said that the only date is the date of consent, even for randomised people.
    """

    days: Mapping[str, Days]
    side: Mapping[str, Days]
    words: Texts | None
    header: str
    reasons: Texts | None
    fail_reasons: Texts | None
    flags: Mapping[str, Texts]
    numbers: Texts | None
    rows: npt.NDArray[np.int64]
    columns: Mapping[str, str]
    consent_only: bool = False

    def day(self, role: str) -> Days:
        """Return (n,) days of a role; NaT where no column has it.

        Args:
            role: one of the roles of columns, such as `date` for randomisation.
        """
        found = self.days.get(role)
        return np.full(len(self.rows), NO_DAY, dtype="datetime64[D]") if found is None else found


def meanings(evidence: Evidence, said: Mapping[str, str], check: DataCheck) -> tuple[Texts, Bools]:
    """Interpret the status of each row, and ask about unknown words.

    An unknown word is a reason for leaving if everyone with it left, failed or died on a day within the data. Where
    they are few (at most two, or a tenth of all rows), that day may be later than the data, too. "LTFU" is asked about
    where the column writes lost to follow-up in full as well, since it may then be long-term follow-up.

    Args:
        evidence: what the log says.
        said: meaning by word, as the user said; a word may have its column before it, as in `Status:4`.
        check: collects the questions.

    Returns:
        (n,) meanings, one of `sim.exchange.said.STATUSES`, empty where there is none; and (n,) whether the user said
        so.
    """
    words, header, rows = evidence.words, evidence.header, evidence.rows
    n = len(rows)
    if words is None:
        return np.full(n, "", dtype=object), np.zeros(n, dtype=bool)
    by_word = by_key(said)
    full = any(is_lost_in_full(str(word)) for word in set(words))
    known: dict[str, tuple[str, bool]] = {"": ("", False)}
    for word in sorted({str(word) for word in words} - {""}):
        given = by_word.get(normal_key(f"{header}:{word}"), by_word.get(normal_key(word)))
        doubtful = full and is_long_or_lost(word)
        known[word] = (given, True) if given else ("" if doubtful else meaning_of(word), False)
    gone, within = _gone(evidence)
    for word, (meaning, _) in known.items():
        has = words == word
        few = has.sum() <= max(_FEW, _FEW_SHARE * gone.size)
        if word and not meaning and not is_long_or_lost(word) and (within | (gone & few))[has].all():
            known[word] = (LEFT, False)
    unknown = {word: int((words == word).sum()) for word, (meaning, _) in known.items() if word and not meaning}
    if unknown:
        _ask_meanings(unknown, header, check, rows[np.isin(words.astype(str), list(unknown))])
    found = np.array([known[str(word)][0] for word in words], dtype=object)
    return found, np.array([known[str(word)][1] for word in words], dtype=bool)


def _gone(evidence: Evidence) -> tuple[Bools, Bools]:
    """Who is gone by a day of their own, and for whom it is a day that has come.

    Returns:
        (n,) who has a day of leaving, failing or death; and (n,) who has one that is not after all screenings and
        randomisations, as planned days would be.
    """
    days = [evidence.day(role) for role in (headers.LEFT_ON, headers.FAILED_ON, headers.DIED_ON)]
    gone: Bools = np.any(~np.isnat(days), axis=0)
    began = np.concatenate([evidence.day(role) for role in (headers.DATE, headers.SCREENED)])
    began = began[~np.isnat(began)]
    if not len(began):
        return gone, np.zeros_like(gone)
    return gone, np.logical_or.reduce([day <= began.max() for day in days])


def by_key(said: Mapping[str, str]) -> dict[str, str]:
    """Return what the user said of words, by their normalised form.

    Args:
        said: meanings by the word as the user typed it.
    """
    return {normal_key(word): meaning for word, meaning in said.items()}


def normal_key(word: str) -> str:
    """Normalise a word for a lookup: without differences of case and spaces."""
    return " ".join(word.split()).casefold()


def _ask_meanings(unknown: dict[str, int], header: str, check: DataCheck, rows: npt.NDArray[np.int64]) -> None:
    """Ask what words mean, the most frequent first; those that differ only in case or spaces are one word."""
    first: dict[str, str] = {}
    for word in unknown:
        first.setdefault(normal_key(word), word)
    counts = [
        f"'{in_short(word)}' ({n:,})" for word, n in sorted(unknown.items(), key=lambda item: (-item[1], item[0]))
    ]
    shown = ", ".join(counts[:_WORDS_SHOWN]) + (
        f" and {len(counts) - _WORDS_SHOWN} more" if len(counts) > _WORDS_SHOWN else ""
    )
    what = "a word" if len(first) == 1 else f"{len(first)} words"
    message = f"{what} in '{header}' may mean one thing or another: {shown}{in_rows(rows.tolist())}"
    numeric = all(not any(letter.isalpha() for letter in word) for word in unknown)
    subjects = tuple(f"{header}:{word}" if numeric else word for word in list(first.values())[:_WORDS_SHOWN])
    check.ask(Question(message, STATUS, ANSWERS, subjects))


def reason_meanings(
    evidence: Evidence, meaning: Texts, said: Mapping[str, str], check: DataCheck
) -> tuple[Texts, Bools]:
    """Interpret reasons for leaving, where no status says what happened: a reason means that the person left.

    A reason is asked about where it may belong to people who completed: it speaks of completing, or stands beside a day
    that ends the study in either way.

    Args:
        evidence: what the log says.
        meaning: (n,) meanings of the statuses; a row is looked at where it is empty, or randomised.
        said: meaning by word, as the user said.
        check: collects the questions.

    Returns:
        (n,) meanings, empty where no reason counts; and (n,) whether the user said so.
    """
    n = len(evidence.rows)
    found, explicit = np.full(n, "", dtype=object), np.zeros(n, dtype=bool)
    if evidence.reasons is None:
        return found, explicit
    by_word = by_key(said)
    header, asked = evidence.columns[headers.REASON], dict[str, int]()
    unsure = ~np.isnat(evidence.day(headers.ENDED_ON)) & np.isnat(evidence.day(headers.LEFT_ON))
    for i, text in enumerate(evidence.reasons):
        if meaning[i] not in ("", RANDOMISED) or not is_reason(str(text)):
            continue
        given = by_word.get(normal_key(f"{header}:{text}"), by_word.get(normal_key(str(text))))
        found[i] = given or meaning_of(str(text))
        explicit[i] = given is not None
        if not found[i] and ((unsure[i] and not _is_told(str(text))) or "complet" in normal(str(text))):
            asked[str(text)] = asked.get(str(text), 0) + 1
        elif not found[i]:
            found[i] = LEFT
    if asked:
        _ask_meanings(asked, header, check, evidence.rows[np.isin(evidence.reasons.astype(str), list(asked))])
    return found, explicit


def _is_told(text: str) -> bool:
    """Whether a reason is given in words, which those who complete do not need."""
    return len(normal(text).split()) > 1 and "complet" not in normal(text) and "protocol" not in normal(text)
