"""Where two columns of a log say different things of one person: an error, or a question to the user.

It is a question where the status could be right and the dates wrong, or the other way round: one for each word of the
status, so that a single answer settles all its rows. It is an error where the row must be corrected. Nothing is
decided here: `sim.exchange.logs.fates` does that, once there are no contradictions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.errors import in_short
from sim.exchange.findings import COLUMNS, STATUS, DataCheck, Question
from sim.exchange.logs import headers
from sim.exchange.logs.facts import Bools, Facts
from sim.exchange.logs.statuses import is_enrolled, is_reason
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import ON_STUDY

if TYPE_CHECKING:
    from collections.abc import Sequence


def contradictions(facts: Facts, check: DataCheck) -> None:
    """Record errors and questions where two columns say different things of one person.

    Where the user has said what a word means, that answer holds, and no question is asked about the word.

    Args:
        facts: what is known of each row.
        check: collects the errors and questions; it is not raised here.
    """
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


def _ask_ended(facts: Facts, check: DataCheck) -> None:
    """Ask whether an end of study is a completion or a way out, where nothing says so."""
    evidence = facts.evidence
    own = [evidence.day(role) for role in (headers.LEFT_ON, headers.COMPLETED_ON, headers.DIED_ON)]
    told = facts.flag_left | facts.flag_completed | ~np.isnat(own).all(axis=0) | (facts.meaning != "")
    unsure = facts.dated & ~facts.says_no & ~told & ~np.isnat(evidence.day(headers.ENDED_ON))
    if not unsure.any():
        return
    header = evidence.columns[headers.ENDED_ON]
    n = int(unsure.sum())
    have = "has" if n == 1 else "have"
    message = f"{n:,} {have} a day in '{header}', and nothing says whether they left or completed the study"
    answers = ((f"left={header}", "they left before the end"), (f"completed={header}", "they completed the study"))
    check.ask(Question(message, COLUMNS, answers, rows=tuple(evidence.rows[unsure].tolist())))


def _odd(facts: Facts) -> Bools:
    """Whether it is odd that somebody in the study has no date of randomisation.

    It is where others are called in screening, or the word says that they were enrolled.
    """
    words = facts.evidence.words
    if words is None:
        return np.zeros(len(facts.evidence.rows), dtype=bool)
    if facts.means(IN_SCREENING).any():
        return np.ones(len(words), dtype=bool)
    return np.array([is_enrolled(str(word)) for word in words], dtype=bool)


def _way_out_told(facts: Facts) -> str:
    """What says that people who are still in the study, by their status, are out of it: columns with days, or flags."""
    roles = {
        headers.LEFT_ON: "a date of leaving", headers.ENDED_ON: "an end of study",
        headers.COMPLETED_ON: "a date of completion", headers.DIED_ON: "a date of death",
    }  # fmt: skip
    found = [text for role, text in roles.items() if (facts.is_in & ~np.isnat(facts.evidence.day(role))).any()]
    return f"there is {' or '.join(found)}" if found else "a column of yes and no says that they have left"


def _ask_by_word(
    facts: Facts, check: DataCheck, mask: Bools, but: str, choices: Sequence[tuple[str, str]], otherwise: str = ""
) -> None:
    """Ask, for each status word, which column is right where it contradicts another.

    Args:
        facts: what is known of each row.
        check: collects the questions.
        mask: (n,) rows with the contradiction.
        but: what the other column says, as the end of a sentence: "but there is no date of randomisation".
        choices: meanings that the word could have, each with what it would say of these people.
        otherwise: another way to settle it, such as correcting the rows.
    """
    if not mask.any():
        return
    nothing = np.full(len(mask), "", dtype=object)
    words, reasons = (nothing if texts is None else texts for texts in (facts.evidence.words, facts.evidence.reasons))
    words = np.where(words == "", reasons, words)
    for word in sorted({str(word) for word in words[mask]}):
        rows = facts.evidence.rows[mask & (words == word)]
        answers = tuple((f"{word}={meaning}", f"{meaning}: {told}") for meaning, told in choices)
        n = len(rows)
        message = f"{n:,} {'is' if n == 1 else 'are'} '{in_short(word)}', {but}"
        path = facts.evidence.header or None
        check.ask(Question(message, STATUS, answers, (), None, tuple(rows.tolist()), path, otherwise))
