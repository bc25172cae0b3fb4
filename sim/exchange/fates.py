"""What became of each person of a log: from dates, statuses, flags and reasons, which must not contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.exchange import headers
from sim.exchange.dates import Days
from sim.exchange.findings import COLUMNS, STATUS, DataCheck, Question, in_rows
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import IGNORED, ON_STUDY, STATUSES
from sim.exchange.statuses import (
    is_enrolled,
    is_long_or_lost,
    is_lost_in_full,
    is_reason,
    meaning_of,
    normal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
_WORDS_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a log says of each row.

    Attributes:
        days: by role, the day of each row; NaT where there is none.
        side: by role, days that are not what happened to them by themselves: last visits, days of the status.
        words: statuses as they are written, empty where there is none; None without a column.
        header: of the column of statuses.
        reasons: why they left; None without a column.
        fail_reasons: why they failed screening; None without a column.
        flags: by role, True, False, or None for each row.
        numbers: randomisation numbers; None without a column.
        rows: rows of the file.
        columns: header by role.
        consent_only: whether the one date there is is that of consent, for those randomised too, as a person said.
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
        """Days of a role; NaT for all where no column has it."""
        found = self.days.get(role)
        return np.full(len(self.rows), NO_DAY, dtype="datetime64[D]") if found is None else found


@dataclass
class Fates:
    """What became of each row.

    Attributes:
        status: in screening, screen failure, randomised, left, completed, or ignored.
        screened: day on which screening began; NaT where not known.
        randomised: day of randomisation; NaT for those who were not.
        ended: day of leaving, of completion or of the screen failure.
        unknown_end: those who left on a day that is not known.
        way_out: why, as the data say.
        ignored: how many rows are left out, by why.
        notes: what was decided, as clauses.
    """

    status: Texts
    screened: Days
    randomised: Days
    ended: Days
    unknown_end: Bools
    way_out: Texts
    ignored: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# --- what words mean


def meanings(
    words: Texts | None, header: str, said: Mapping[str, str], check: DataCheck, rows: npt.NDArray[np.int64]
) -> tuple[Texts, Bools]:
    """What each row's status means, and whether a person said so; unknown words are asked about.

    Args:
        words: statuses as they are written.
        header: of their column.
        said: what a person said that words mean.
        check: where questions go.
        rows: rows of the file.
    """
    n = len(rows)
    if words is None:
        return np.full(n, "", dtype=object), np.zeros(n, dtype=bool)
    by_word = {normal_key(word): meaning for word, meaning in said.items()}
    full = any(is_lost_in_full(str(word)) for word in set(words))
    known: dict[str, tuple[str, bool]] = {"": ("", False)}
    for word in sorted({str(word) for word in words} - {""}):
        given = by_word.get(normal_key(f"{header}:{word}"), by_word.get(normal_key(word)))
        doubtful = full and is_long_or_lost(word)
        known[word] = (given, True) if given else ("" if doubtful else meaning_of(word), False)
    unknown = {word: int((words == word).sum()) for word, (meaning, _) in known.items() if word and not meaning}
    if unknown:
        _ask_meanings(unknown, header, check, rows[np.isin(words.astype(str), list(unknown))])
    found = np.array([known[str(word)][0] for word in words], dtype=object)
    return found, np.array([known[str(word)][1] for word in words], dtype=bool)


def normal_key(word: str) -> str:
    """A word as it is looked up: case and spaces aside."""
    return " ".join(word.split()).casefold()


def _ask_meanings(unknown: dict[str, int], header: str, check: DataCheck, rows: npt.NDArray[np.int64]) -> None:
    first: dict[str, str] = {}
    for word in unknown:
        first.setdefault(normal_key(word), word)
    counts = [f"'{word}' ({n:,})" for word, n in sorted(unknown.items(), key=lambda item: (-item[1], item[0]))]
    shown = ", ".join(counts[:_WORDS_SHOWN]) + (f" and {len(counts) - _WORDS_SHOWN} more" if len(counts) > _WORDS_SHOWN else "")
    what = "a word" if len(first) == 1 else f"{len(first)} words"
    message = f"{what} in '{header}' may mean one thing or another: {shown}{in_rows(rows.tolist())}"
    numeric = all(not any(letter.isalpha() for letter in word) for word in unknown)
    subjects = tuple(f"{header}:{word}" if numeric else word for word in list(first.values())[:_WORDS_SHOWN])
    check.ask(Question(message, STATUS, ANSWERS, subjects))


# --- from evidence to fates


def fates_of(evidence: Evidence, said: Mapping[str, str], check: DataCheck) -> Fates:
    """What became of each row.

    Args:
        evidence: what the log says.
        said: what a person said that words of the status mean.
        check: where errors, questions and warnings go.
    """
    meaning, explicit = meanings(evidence.words, evidence.header, said, check, evidence.rows)
    reason_meaning, reason_explicit = _reason_meanings(evidence, meaning, said, check)
    meaning = np.where(meaning == "", reason_meaning, meaning)
    explicit = explicit | ((evidence.words is None) & reason_explicit)
    check.stop_on_errors()
    facts = _Facts(evidence, meaning, explicit)
    contradictions(facts, check)
    check.stop_on_errors()
    return _decided(facts, check)


def _reason_meanings(
    evidence: Evidence, meaning: Texts, said: Mapping[str, str], check: DataCheck
) -> tuple[Texts, Bools]:
    """What reasons for leaving say of the status, where no status says it: a reason is one for having left."""
    n = len(evidence.rows)
    found, explicit = np.full(n, "", dtype=object), np.zeros(n, dtype=bool)
    if evidence.reasons is None:
        return found, explicit
    by_word = {normal_key(word): its for word, its in said.items()}
    asked: dict[str, int] = {}
    unsure = ~np.isnat(evidence.day(headers.ENDED_ON)) & np.isnat(evidence.day(headers.LEFT_ON))
    for i, text in enumerate(evidence.reasons):
        if meaning[i] or not is_reason(str(text)):
            continue
        given = by_word.get(normal_key(f"reason:{text}"), by_word.get(normal_key(str(text))))
        found[i] = given or meaning_of(str(text))
        explicit[i] = given is not None
        if not found[i] and unsure[i] and not _is_told(str(text)):
            asked[str(text)] = asked.get(str(text), 0) + 1
        elif not found[i]:
            found[i] = LEFT
    if asked:
        _ask_meanings(asked, "reason", check, evidence.rows[np.isin(evidence.reasons.astype(str), list(asked))])
    return found, explicit


def _is_told(text: str) -> bool:
    """Whether a reason is told in words, which those who complete do not need."""
    return len(normal(text).split()) > 1 and "complet" not in normal(text) and "protocol" not in normal(text)


class _Facts:
    """What is known of each row, as arrays of yes and no.

    Attributes:
        evidence: what the log says.
        meaning: of the status.
        explicit: whether a person said so.
        dated: those with a date of randomisation that counts.
        says_no: those whom a flag calls not randomised.
        failed: those of whom something besides the status says that screening failed.
        over: those with a day on which they left or completed.
    """

    def __init__(self, evidence: Evidence, meaning: Texts, explicit: Bools) -> None:
        n = len(evidence.rows)
        flags = evidence.flags
        nobody = np.zeros(n, dtype=bool)
        self.evidence, self.meaning, self.explicit = evidence, meaning, explicit
        self.dated = ~np.isnat(evidence.day(headers.DATE))
        self.says_yes, self.says_no = nobody, nobody
        if headers.DATE in flags:
            only_yes = not any(value is False for value in flags[headers.DATE])
            self.says_yes = np.array([value is True for value in flags[headers.DATE]])
            self.says_no = np.array([value is False or (only_yes and value is None) for value in flags[headers.DATE]])
        if evidence.consent_only:
            self.says_no = self.says_no | np.isin(meaning, (FAILED, IN_SCREENING, ""))
        flag_failed = np.array([value is True for value in flags.get(headers.FAILED_ON, nobody)])
        if headers.ELIGIBLE in flags:
            flag_failed = flag_failed | np.array([value is False for value in flags[headers.ELIGIBLE]])
        self.failed = flag_failed | ~np.isnat(evidence.day(headers.FAILED_ON))
        if evidence.fail_reasons is not None:
            self.failed = self.failed | np.array([is_reason(str(text)) for text in evidence.fail_reasons])
        self.flag_left = nobody
        for role in (headers.LEFT_ON, headers.DIED_ON, headers.ENDED_ON):
            if role in flags:
                self.flag_left = self.flag_left | np.array([value is True for value in flags[role]])
        self.flag_completed = np.array([value is True for value in flags.get(headers.COMPLETED_ON, nobody)])
        self.over = np.zeros(n, dtype=bool)
        for role in (headers.LEFT_ON, headers.ENDED_ON, headers.COMPLETED_ON, headers.DIED_ON):
            self.over = self.over | ~np.isnat(evidence.day(role))

    @property
    def is_in(self) -> Bools:
        """Those whose status says that they are still there."""
        return np.isin(self.meaning, (RANDOMISED, ON_STUDY, IN_SCREENING))

    def means(self, *which: str) -> Bools:
        """Those whose status means one of these."""
        return np.isin(self.meaning, which)


def contradictions(facts: _Facts, check: DataCheck) -> None:
    """Errors and questions where two columns say different things of one person."""
    evidence, rows = facts.evidence, facts.evidence.rows
    said = ~facts.explicit & (facts.meaning != "")
    dated = facts.dated & ~facts.says_no
    _ask_by_word(
        facts, check, said & facts.means(FAILED) & dated, "but there is a date of randomisation",
        ((FAILED, "they failed screening; that date does not count"), (LEFT, "they were randomised, and have left")),
    )
    _ask_by_word(
        facts, check, said & facts.means(IN_SCREENING) & dated, "but there is a date of randomisation",
        ((IN_SCREENING, "they are in screening; that date does not count"),
         (RANDOMISED, "they are randomised, and still in the study")),
    )
    undated = ~facts.dated & ~facts.says_no
    _ask_by_word(
        facts, check, said & facts.means(RANDOMISED) & undated & ~facts.failed,
        "but there is no date of randomisation; add the date, or",
        ((ON_STUDY, "the dates decide: without one they are in screening"),),
    )
    _ask_by_word(
        facts, check, said & facts.means(ON_STUDY) & undated & ~facts.failed & ~facts.over & _odd(facts),
        "but there is no date of randomisation",
        ((ON_STUDY, "the dates decide: without one they are in screening"),),
    )
    check.error_rows(
        "says randomised, but there is no date of randomisation",
        rows[(facts.explicit & facts.means(RANDOMISED) | facts.says_yes) & ~facts.dated],
    )
    check.error_rows(
        "has completed, but there is no date of randomisation",
        rows[(facts.means(COMPLETED) | facts.flag_completed) & ~facts.dated & ~facts.failed & ~facts.explicit],
    )
    _ask_by_word(
        facts, check, said & facts.is_in & (facts.over | facts.flag_left | facts.flag_completed),
        f"but {_way_out_told(facts)}; mend the status of those who have left, or",
        ((ON_STUDY, "the status is right; those dates do not count"),),
    )
    _ask_by_word(
        facts, check, said & facts.is_in & facts.failed & ~dated, "but something else says that screening failed",
        ((ON_STUDY, "the status is right; they are in screening"), (FAILED, "they failed screening")),
    )
    _ask_ended(facts, check)
    clash = facts.failed & dated & ~facts.means(FAILED) & ~(facts.explicit & (facts.meaning != ""))
    check.error_rows("has failed screening, and has a date of randomisation; mend the row", rows[clash])
    check.error_rows(
        "is not randomised, as a column of yes and no says, but the status says otherwise",
        rows[facts.says_no & facts.means(RANDOMISED, COMPLETED) & ~facts.explicit & (not evidence.consent_only)],
    )
    if evidence.numbers is not None:
        numbered = np.array([is_reason(str(text)) for text in evidence.numbers])
        check.error_rows("has a randomisation number and no date of randomisation", rows[numbered & undated & ~facts.failed])


def _ask_ended(facts: _Facts, check: DataCheck) -> None:
    """Ask whether an end of study is a completion or a way out, where nothing says so."""
    evidence = facts.evidence
    own = [evidence.day(role) for role in (headers.LEFT_ON, headers.COMPLETED_ON, headers.DIED_ON)]
    told = facts.flag_left | facts.flag_completed | ~np.isnat(own).all(axis=0) | (facts.meaning != "")
    unsure = facts.dated & ~facts.says_no & ~told & ~np.isnat(evidence.day(headers.ENDED_ON))
    if not unsure.any():
        return
    header = evidence.columns[headers.ENDED_ON]
    message = f"{int(unsure.sum()):,} have a day in '{header}', and nothing says whether they left or completed the study"
    answers = ((f"left={header}", "they left before the end"), (f"completed={header}", "they completed the study"))
    check.ask(Question(message, COLUMNS, answers, rows=tuple(evidence.rows[unsure].tolist())))


def _odd(facts: _Facts) -> Bools:
    """Whether it is odd that somebody in the study has no date of randomisation: others are called in screening, or
    the word says that they have been taken in."""
    words = facts.evidence.words
    if words is None:
        return np.zeros(len(facts.evidence.rows), dtype=bool)
    if facts.means(IN_SCREENING).any():
        return np.ones(len(words), dtype=bool)
    return np.array([is_enrolled(str(word)) for word in words], dtype=bool)


def _way_out_told(facts: _Facts) -> str:
    roles = {
        headers.LEFT_ON: "a date of leaving", headers.ENDED_ON: "an end of study",
        headers.COMPLETED_ON: "a date of completion", headers.DIED_ON: "a date of death",
    }  # fmt: skip
    found = [text for role, text in roles.items() if (facts.is_in & ~np.isnat(facts.evidence.day(role))).any()]
    return f"there is {' or '.join(found)}" if found else "a column of yes and no says that they have left"


def _ask_by_word(
    facts: _Facts, check: DataCheck, mask: Bools, but: str, choices: Sequence[tuple[str, str]]
) -> None:
    """Ask, for each word of the status, what is right where it contradicts another column."""
    if not mask.any():
        return
    words = facts.evidence.words if facts.evidence.words is not None else facts.evidence.reasons
    assert words is not None
    for word in sorted({str(word) for word in words[mask]}):
        rows = facts.evidence.rows[mask & (words == word)]
        answers = tuple((f"{word}={meaning}", f"{meaning}: {told}") for meaning, told in choices)
        n = len(rows)
        message = f"{n:,} {'is' if n == 1 else 'are'} '{word}', {but}"
        check.ask(Question(message, STATUS, answers, rows=tuple(rows.tolist()), path=facts.evidence.header or None))


def _decided(facts: _Facts, check: DataCheck) -> Fates:
    """Fates, once nothing is contradictory."""
    evidence, meaning = facts.evidence, facts.meaning
    failed_word = facts.means(FAILED) | (facts.explicit & facts.means(IN_SCREENING))
    was = facts.dated & ~facts.says_no & ~failed_word
    screened = evidence.day(headers.SCREENED).copy()
    date = evidence.day(headers.DATE)
    screened = np.where(np.isnat(screened) & facts.dated & ~was, date, screened) if evidence.days else screened
    randomised = np.where(was, date, NO_DAY)
    stays = facts.explicit & facts.is_in
    is_failed = ~was & ~stays & (
        facts.means(FAILED, LEFT, COMPLETED) | facts.failed | facts.over | facts.flag_left | (facts.says_no & facts.dated)
    )
    is_left = was & ~stays & (
        facts.means(LEFT)
        | ((meaning == "") & (~np.isnat(evidence.day(headers.LEFT_ON)) | ~np.isnat(evidence.day(headers.DIED_ON))))
        | ((meaning == "") & facts.flag_left)
    )
    is_completed = was & ~stays & ~is_left & (
        facts.means(COMPLETED)
        | ((meaning == "") & (~np.isnat(evidence.day(headers.COMPLETED_ON)) | facts.flag_completed))
    )
    status = np.select(
        [facts.means(IGNORED), is_failed, is_left, is_completed, was], [IGNORED, FAILED, LEFT, COMPLETED, RANDOMISED],
        IN_SCREENING,
    ).astype(object)  # fmt: skip
    out = is_left | is_completed
    found = Fates(
        status, screened, randomised, np.full(len(status), NO_DAY, dtype="datetime64[D]"),
        np.zeros(len(status), dtype=bool), np.full(len(status), "", dtype=object),
    )  # fmt: skip
    _end(found, evidence, out, is_failed)
    _way_out(found, evidence, is_left | is_failed)
    check.warn_rows(
        "has left, but the day is not given; taken as the last day of the data", evidence.rows[found.unknown_end & out]
    )
    return found


def _end(found: Fates, evidence: Evidence, out: Bools, failed: Bools) -> None:
    """The day on which each way out was: the day that is given for it, else when they were last heard of."""
    own = (headers.LEFT_ON, headers.ENDED_ON, headers.COMPLETED_ON, headers.DIED_ON)
    for role in own:
        found.ended = np.where(out & np.isnat(found.ended), evidence.day(role), found.ended)
    for role in (headers.FAILED_ON, *own):
        found.ended = np.where(failed & np.isnat(found.ended), evidence.day(role), found.ended)
    for role in (headers.STATUS_DATE, headers.SEEN):
        if role not in evidence.side:
            continue
        day = evidence.side[role]
        began = np.where(np.isnat(found.randomised), found.screened, found.randomised)
        use = (out | failed) & np.isnat(found.ended) & ~np.isnat(day) & ~(day < began)
        found.ended = np.where(use, day, found.ended)
        if use.any():
            what = "day of the status" if role == headers.STATUS_DATE else "last day when they were seen"
            found.notes.append(f"{int(use.sum()):,} ended on the {what}, since no other day is given")
    found.unknown_end = (out | failed) & np.isnat(found.ended)


def _way_out(found: Fates, evidence: Evidence, gone: Bools) -> None:
    """Why they left or failed: the reason, else the status, else death."""
    texts: list[Any] = [evidence.words]
    if evidence.fail_reasons is not None:
        texts.insert(0, np.where(found.status == FAILED, evidence.fail_reasons, ""))
    if evidence.reasons is not None:
        texts.insert(0, evidence.reasons)
    for text in texts:
        if text is not None:
            use = gone & (found.way_out == "") & (text != "")
            found.way_out = np.where(use, text, found.way_out).astype(object)
    died = gone & (found.way_out == "") & ~np.isnat(evidence.day(headers.DIED_ON))
    found.way_out = np.where(died, "died", found.way_out).astype(object)
