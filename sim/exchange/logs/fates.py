"""Works out what became of each person of a log, from dates, statuses, flags and reasons. Contradictions are errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.exchange.dates.read import Days
from sim.exchange.findings import COLUMNS, STATUS, DataCheck, Question
from sim.exchange.logs import headers
from sim.exchange.logs.evidence import NO_DAY, NO_STATUS, Evidence, by_key, meanings, reason_meanings
from sim.exchange.logs.statuses import (
    is_enrolled,
    is_reason,
)
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import IGNORED, ON_STUDY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Texts = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

_MANY_STALE = 3  # people; from this number on they are asked about, because they would move the date
_STALE, _SHORT_SCREENING_DAYS = 2.0, 14.0  # times the longest screening, which counts as at least this many days


@dataclass
class Fates:
    """What became of each row, (n,) each.

    Attributes:
        status: in screening, screen failure, randomised, left, completed, or ignored.
        screened: day on which screening began; NaT where not known.
        randomised: day of randomisation; NaT for those who were not randomised.
        ended: day of leaving, of completion or of the screen failure.
        unknown_end: those who left on an unknown day.
        way_out: why, as the data say.
        ignored: number of rows left out, by reason.
        notes: decisions, as clauses.
    """

    status: Texts
    screened: Days
    randomised: Days
    ended: Days
    unknown_end: Bools
    way_out: Texts
    ignored: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# --- from evidence to fates


def fates_of(evidence: Evidence, said: Mapping[str, str], check: DataCheck) -> Fates:
    """Work out what became of each row.

    Args:
        evidence: what the log says.
        said: meaning of status words, as the user said.
        check: collects errors, questions and warnings.

    Returns:
        The fates.
    """
    meaning, explicit = meanings(evidence, said, check)
    reason_meaning, reason_explicit = reason_meanings(evidence, meaning, said, check)
    # A word that the user called randomised may describe the screening alone: people who left later have a reason.
    left_later = explicit & (meaning == RANDOMISED) & np.isin(reason_meaning, (LEFT, COMPLETED))
    unsaid = (meaning == "") | (left_later & ~np.isnat(evidence.day(headers.ENDED_ON)))
    meaning, explicit = np.where(unsaid, reason_meaning, meaning), explicit | (unsaid & reason_explicit)
    if check.questions:
        check.stop_on_errors()
    facts = _Facts(evidence, meaning, explicit)
    contradictions(facts, check)
    if check.questions:
        check.stop_on_errors()
    decided = _decided(facts, by_key(said).get(NO_STATUS, ""), check)
    if check.questions:
        check.stop_on_errors()
    return decided


class _Facts:
    """What is known of each row, as boolean arrays.

    Attributes:
        evidence: what the log says.
        meaning: meaning of the status.
        explicit: whether the user said so.
        dated: people with a date of randomisation that counts.
        says_no: people whom a flag calls not randomised.
        failed: people who failed screening by something other than the status.
        over: people with a day on which they left or completed.
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
        if headers.SCREENED in flags:  # "consented: no"
            self.failed = self.failed | np.array([value is False for value in flags[headers.SCREENED]])
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
    """Record errors and questions where two columns say different things of one person."""
    evidence, rows = facts.evidence, facts.evidence.rows
    said = ~facts.explicit & (facts.meaning != "")
    dated = facts.dated & ~facts.says_no
    _ask_by_word(
        facts,
        check,
        said & facts.means(FAILED) & dated,
        "but there is a date of randomisation",
        ((FAILED, "they failed screening; that date does not count"), (LEFT, "they were randomised, and have left")),
    )
    _ask_by_word(
        facts,
        check,
        said & facts.means(IN_SCREENING) & dated,
        "but there is a date of randomisation",
        (
            (IN_SCREENING, "they are in screening; that date does not count"),
            (ON_STUDY, "the dates decide: with one, they are randomised"),
        ),
    )
    undated = ~facts.dated & ~facts.says_no
    _ask_by_word(
        facts,
        check,
        said & facts.means(RANDOMISED) & undated & ~facts.failed,
        "but there is no date of randomisation",
        ((ON_STUDY, "the dates decide: without one they are in screening"),),
        "add the dates",
    )
    _ask_by_word(
        facts,
        check,
        said & facts.means(ON_STUDY) & undated & ~facts.failed & ~facts.over & _odd(facts),
        "but there is no date of randomisation",
        ((ON_STUDY, "the dates decide: without one they are in screening"),),
        "add the dates",
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
        facts,
        check,
        said & facts.is_in & (facts.over | facts.flag_left | facts.flag_completed),
        f"but {_way_out_told(facts)}",
        ((ON_STUDY, "the status is right; those dates do not count"),),
        "correct the status of those who have left",
    )
    _ask_by_word(
        facts,
        check,
        said & facts.is_in & facts.failed & ~dated,
        "but something else says that screening failed",
        ((ON_STUDY, "the status is right; they are in screening"),),
        "correct the status of those who failed",
    )
    _ask_ended(facts, check)
    clash = facts.failed & dated & ~facts.means(FAILED) & ~(facts.explicit & (facts.meaning != ""))
    check.error_rows("has failed screening, and has a date of randomisation; correct the row", rows[clash])
    check.error_rows(
        "is not randomised, as a column of yes and no says, but the status says otherwise",
        rows[facts.says_no & facts.means(RANDOMISED, COMPLETED) & ~facts.explicit & (not evidence.consent_only)],
    )
    if evidence.numbers is not None:
        numbered = np.array([is_reason(str(text)) for text in evidence.numbers])
        check.error_rows(
            "has a randomisation number and no date of randomisation", rows[numbered & undated & ~facts.failed]
        )


def _ask_ended(facts: _Facts, check: DataCheck) -> None:
    """Ask whether an end of study is a completion or a way out, where nothing says so."""
    evidence = facts.evidence
    own = [evidence.day(role) for role in (headers.LEFT_ON, headers.COMPLETED_ON, headers.DIED_ON)]
    told = facts.flag_left | facts.flag_completed | ~np.isnat(own).all(axis=0) | (facts.meaning != "")
    unsure = facts.dated & ~facts.says_no & ~told & ~np.isnat(evidence.day(headers.ENDED_ON))
    if not unsure.any():
        return
    header = evidence.columns[headers.ENDED_ON]
    message = (
        f"{int(unsure.sum()):,} have a day in '{header}', and nothing says whether they left or completed the study"
    )
    answers = ((f"left={header}", "they left before the end"), (f"completed={header}", "they completed the study"))
    check.ask(Question(message, COLUMNS, answers, rows=tuple(evidence.rows[unsure].tolist())))


def _odd(facts: _Facts) -> Bools:
    """Whether it is odd that somebody in the study has no date of randomisation: others are called in screening, or the
    word says that they were enrolled.
    """
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
    facts: _Facts, check: DataCheck, mask: Bools, but: str, choices: Sequence[tuple[str, str]], otherwise: str = ""
) -> None:
    """Ask, for each status word, which column is right where it contradicts another."""
    if not mask.any():
        return
    nothing = np.full(len(mask), "", dtype=object)
    words, reasons = (nothing if texts is None else texts for texts in (facts.evidence.words, facts.evidence.reasons))
    words = np.where(words == "", reasons, words)
    for word in sorted({str(word) for word in words[mask]}):
        rows = facts.evidence.rows[mask & (words == word)]
        answers = tuple((f"{word}={meaning}", f"{meaning}: {told}") for meaning, told in choices)
        n = len(rows)
        message = f"{n:,} {'is' if n == 1 else 'are'} '{word}', {but}"
        path = facts.evidence.header or None
        check.ask(Question(message, STATUS, answers, (), None, tuple(rows.tolist()), path, otherwise))


def _decided(facts: _Facts, said: str, check: DataCheck) -> Fates:
    """Fates, once there are no contradictions."""
    evidence, meaning = facts.evidence, facts.meaning
    failed_word = facts.means(FAILED) | (facts.explicit & facts.means(IN_SCREENING))
    was = facts.dated & ~facts.says_no & ~failed_word
    screened = evidence.day(headers.SCREENED).copy()
    date = evidence.day(headers.DATE)
    screened = np.where(np.isnat(screened) & facts.dated & ~was, date, screened) if evidence.days else screened
    randomised = np.where(was, date, NO_DAY)
    stays = facts.explicit & facts.is_in
    is_failed = (
        ~was
        & ~stays
        & (
            facts.means(FAILED, LEFT, COMPLETED)
            | facts.failed
            | facts.over
            | facts.flag_left
            | (facts.says_no & facts.dated & (not evidence.consent_only))
        )
    )
    is_left = (
        was
        & ~stays
        & (
            facts.means(LEFT)
            | ((meaning == "") & (~np.isnat(evidence.day(headers.LEFT_ON)) | ~np.isnat(evidence.day(headers.DIED_ON))))
            | ((meaning == "") & facts.flag_left)
        )
    )
    is_completed = (
        was
        & ~stays
        & ~is_left
        & (
            facts.means(COMPLETED)
            | ((meaning == "") & (~np.isnat(evidence.day(headers.COMPLETED_ON)) | facts.flag_completed))
        )
    )
    out_of_it = facts.says_no & ~facts.dated & np.isnat(screened)
    status = np.select(
        [facts.means(IGNORED) | out_of_it, is_failed, is_left, is_completed, was],
        [IGNORED, FAILED, LEFT, COMPLETED, RANDOMISED],
        IN_SCREENING,
    ).astype(object)  # fmt: skip
    out = is_left | is_completed
    found = Fates(
        status, screened, randomised, np.full(len(status), NO_DAY, dtype="datetime64[D]"),
        np.zeros(len(status), dtype=bool), np.full(len(status), "", dtype=object),
    )  # fmt: skip
    for mask, why in (
        (facts.means(IGNORED), "no participant, as the status says"),
        (out_of_it & ~facts.means(IGNORED), "not randomised, as a column of yes and no says"),
    ):
        if mask.any():
            found.ignored[why] = int(mask.sum())
    _end(found, evidence, out, is_failed)
    _way_out(found, evidence, is_left | is_failed)
    _check_stale(found, facts, said, check)
    check.warn_rows(
        "has left or completed, but the day is not given; taken as the last day of the data",
        evidence.rows[found.unknown_end & out],
    )
    return found


def _check_stale(found: Fates, facts: _Facts, said: str, check: DataCheck) -> None:
    """Ask about people who have been in screening for much longer than anybody else, without a status that says so.

    Args:
        found: the fates, which this may change.
        facts: what is known.
        said: what the user said of people without a status.
        check: collects the question.
    """
    stale, most, longest = _stale(found)
    unsaid = stale & (facts.meaning == "")
    if said == FAILED:
        found.status[unsaid] = FAILED
        found.unknown_end |= unsaid
        return
    rows = facts.evidence.rows
    if unsaid.sum() >= _MANY_STALE and not said:
        message = (
            f"{int(unsaid.sum()):,} began screening more than {most:.0f} days before the end of the data, where nobody "
            f"took more than {longest:.0f} to be randomised, and nothing says what became of them"
        )
        answers = ((f"{NO_STATUS}={FAILED}", "they failed"), (f"{NO_STATUS}={IN_SCREENING}", "they are still to come"))
        check.ask(Question(message, STATUS, answers, rows=tuple(rows[unsaid].tolist())))
    told = f"in screening for more than {most:.0f} days, where nobody took more than {longest:.0f} to be randomised"
    check.warn_rows(told, rows[stale & ~unsaid])
    check.warn_rows(f'{told}; if they failed, say --status "{NO_STATUS}={FAILED}"', rows[unsaid])


def _stale(found: Fates) -> tuple[Bools, float, float]:
    """People in screening for long; that limit, and the longest time from screening to randomisation, in days."""
    took = (found.randomised - found.screened).astype("timedelta64[D]").astype(float)
    took = took[~np.isnat(found.randomised) & ~np.isnat(found.screened)]
    everything = np.concatenate((found.randomised, found.screened))
    if not len(took) or np.isnat(everything).all():
        return np.zeros(len(found.status), dtype=bool), 0.0, 0.0
    longest = float(took.max())
    most = _STALE * max(longest, _SHORT_SCREENING_DAYS)
    waiting = (everything[~np.isnat(everything)].max() - found.screened).astype("timedelta64[D]").astype(float)
    return (found.status == IN_SCREENING) & ~np.isnat(found.screened) & (waiting > most), most, longest


def _end(found: Fates, evidence: Evidence, out: Bools, failed: Bools) -> None:
    """The day of each way out: the day given for it, or the day on which the person was last heard of."""
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
    """Why they left or failed: the reason, or the status, or death."""
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
