"""Works out what became of each person of a log, from dates, statuses, flags and reasons. Contradictions are errors.

A log seldom says it in one place: a status may be missing, stand for the state at the last visit, or contradict a
date. The order of precedence is kept here and nowhere else: what the user said, then a status that is understood, then
dates and columns of yes and no, then reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.exchange.dates.read import Days
from sim.exchange.findings import STATUS, DataCheck, Question
from sim.exchange.logs import headers
from sim.exchange.logs.contradictions import contradictions
from sim.exchange.logs.evidence import NO_DAY, NO_STATUS, Evidence, by_key, meanings, reason_meanings
from sim.exchange.logs.facts import Bools, Facts, Texts
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import IGNORED

if TYPE_CHECKING:
    from collections.abc import Mapping


_MANY_STALE = 3  # people; from this number on they are asked about, because they would move the date
_STALE, _SHORT_SCREENING_DAYS = 2.0, 14.0  # times the longest screening, which counts as at least this many days


@dataclass
class Fates:
    """What became of each row, (n,) each.

    Attributes:
        status: in screening, screen failure, randomised, left, completed, or ignored.
        screened: day on which screening began; NaT where not known.
        randomised: day of randomisation; NaT for those who were not randomised.
        ended: day of leaving, of completion or of the screen failure; NaT for those still there, and where not known.
        unknown_end: those who left, completed or failed screening on an unknown day.
        way_out: why, as the data say; empty for those still there, and where the data do not say.
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
        The fates. `check` may still hold errors, which the caller raises.

    Raises:
        DataError: there are errors beside a question.
        QuestionError: a word, a contradiction or people long in screening must be settled first.
    """
    meaning, explicit = meanings(evidence, said, check)
    reason_meaning, reason_explicit = reason_meanings(evidence, meaning, said, check)
    # A word that the user called randomised may describe the screening alone: people who left later have a reason.
    left_later = explicit & (meaning == RANDOMISED) & np.isin(reason_meaning, (LEFT, COMPLETED))
    unsaid = (meaning == "") | (left_later & ~np.isnat(evidence.day(headers.ENDED_ON)))
    meaning, explicit = np.where(unsaid, reason_meaning, meaning), explicit | (unsaid & reason_explicit)
    if check.questions:
        check.stop_on_errors()
    facts = Facts(evidence, meaning, explicit)
    contradictions(facts, check)
    if check.questions:
        check.stop_on_errors()
    decided = _decided(facts, by_key(said).get(NO_STATUS, ""), check)
    if check.questions:
        check.stop_on_errors()
    return decided


def _decided(facts: Facts, said: str, check: DataCheck) -> Fates:
    """Fates, once there are no contradictions.

    Args:
        facts: what is known of each row.
        said: what the user said of people without a status; empty if nothing.
        check: collects the question about people long in screening, and warnings.
    """
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


def _check_stale(found: Fates, facts: Facts, said: str, check: DataCheck) -> None:
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
    """People in screening for more than twice the longest time that anybody took, counted as at least 14 days.

    Returns:
        (n,) those people; that limit; and the longest time from screening to randomisation. Both in days, and 0 where
        no such time is known.
    """
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
