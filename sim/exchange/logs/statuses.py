"""Interprets a participant's status as people write it.

Only whole phrases count. A word that is unknown, or that can mean two things, has no meaning here and is asked about.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sim.exchange.logs.status_words import PHRASES
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import ON_STUDY
from sim.exchange.tables.columns import without_accents

# Ambiguous words: treatment is not the study, and a code can have another meaning elsewhere.
_LONG_OR_LOST = frozenset({"ltfu", "ltf", "lfu"})
_ABOUT = re.compile(
    r"^(?:(?:the|a|study|trial)\s+)?(?:subject|participant|patient|pt|ppt|person)\s+"
    r"(?:(?:has|have|is|was|had|been)\s+)*"
)
_NUMBERED = re.compile(r"^\s*\(?\d{1,2}\s*[).:=-]\s*(?=[A-Za-z])|\s*[(\[]\d{1,2}[)\]]\s*$")
_BREAKS = re.compile(
    r"\s[-–—]+\s|[–—:;,/()\[\]|=+]|\s-|-\s|\bdue to\b|\bbecause of\b|\breason\b|\bafter\b(?! randomi)|\bdated?\b", re.I
)  # fmt: skip
_GLUED = re.compile(r"(?<=[a-z])(?=[A-Z])")  # as in `EarlyTerminated`
_YES = frozenset(("y", "yes", "true", "t", "1", "x", "checked", "ja", "oui", "si", "j", "✓", "✔", "☑"))
_NO = frozenset(("n", "no", "false", "f", "0", "unchecked", "nein", "non", "nej", "☐"))
_NO_REASON = frozenset(("n a", "na", "none", "not applicable", "nil", "no reason", "null", "nan", "", "no", "unknown"))


def normal(text: str) -> str:
    """Normalise a phrase for a lookup: lower case, British spelling, no accents, only letters and digits.

    Every form of enrol, enrolled apart, becomes `enrol`; words are separated by single spaces.

    Args:
        text: a status or a reason, in any spelling.
    """
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", without_accents(text.casefold())).split())
    return re.sub(r"\benrol+", "enrol", words.replace("randomiz", "randomis"))


_MEANINGS: dict[str, str] = {
    normal(phrase): meaning for meaning, phrases in PHRASES.items() for phrase in phrases.split(";")
}


@lru_cache(maxsize=4096)
def meaning_of(text: str) -> str:
    """Return the meaning of a status.

    A number before or after it, as in `3 = Withdrawn`, says nothing. A phrase of several parts, as in `Screen failure -
    BMI`, has the meaning of its first part if the others agree with it.

    Args:
        text: the cell.

    Returns:
        One of `sim.exchange.said.STATUSES`; empty where it is unknown or doubtful.
    """
    text = _NUMBERED.sub("", text)
    whole = _known(text)
    if whole:
        return whole
    parts = [part for part in _BREAKS.split(text) if re.search(r"[^\W\d]", part)]
    if len(parts) < 2:
        return ""
    return _together(_known(parts[0]), [_known(part) for part in parts[1:]])


def _known(text: str) -> str:
    """The meaning of a whole phrase, also with words that were run together, or after "the patient has".

    Empty if unknown.
    """
    for phrase in (normal(text), normal(_GLUED.sub(" ", text))):
        known = _MEANINGS.get(phrase) or _MEANINGS.get(_ABOUT.sub("", phrase))
        if known:
            return known
    return ""


def _together(head: str, tails: list[str]) -> str:
    """The meaning of a phrase of several parts, from the first part and what the others add.

    A screen failure or a way out may be followed by its reason. What came later wins over having been in the trial.
    With any other unknown part, the whole phrase is unknown.
    """
    added = set(tails) - {""}
    if head in (FAILED, LEFT):
        return head if added <= {LEFT, FAILED} else ""
    if not head or "" in tails:
        return ""
    if added <= {head}:
        return head
    if head == IN_SCREENING:
        return FAILED if added == {FAILED} else head if added == {ON_STUDY} else ""
    if head in (RANDOMISED, ON_STUDY):
        later = added - {RANDOMISED, ON_STUDY}
        return RANDOMISED if not later else later.pop() if later in ({LEFT}, {COMPLETED}) else ""
    return ""


def is_long_or_lost(text: str) -> bool:
    """Return whether a status may mean lost to follow-up or long-term follow-up.

    Args:
        text: a status as the file has it; `LTFU` is used for both.
    """
    return normal(text) in _LONG_OR_LOST


def is_lost_in_full(text: str) -> bool:
    """Return whether a status says lost to follow-up in full."""
    return normal(text).startswith("lost to f")


def yes_or_no(text: str) -> bool | None:
    """Return whether a cell says yes or no, in one of several languages, or by a tick.

    Args:
        text: the cell.

    Returns:
        The answer; None where it says neither.
    """
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def is_reason(text: str) -> bool:
    """Return whether a cell gives a reason, rather than says that there is none."""
    return normal(text) not in _NO_REASON


_ENROLLED = frozenset(
    (
        "enrol",
        "enroled",
        "included",
        "entered",
        "recruited",
        "registered",
        "on study",
        "on trial",
        "in study",
        "in trial",
    )
)


def is_enrolled(text: str) -> bool:
    """Return whether a status says that somebody was enrolled: some write it for consent, some for randomisation."""
    return normal(text) in _ENROLLED
