"""Interprets the header of a log's column word by word: `SUBJECTSCREENINGDATE`, `Rand. Date`, `enroll_dt`.

Systems for data capture name the same column in hundreds of ways, which no list of whole headers can keep up with. So
each word is brought into a standard form (spellings, abbreviations and seven languages), words that say nothing here
are dropped, and the set that remains is looked up. Only names are judged here; `sim.exchange.logs.columns` looks into
the cells as well.

Attributes:
    DATE: role of the date of randomisation. The other names in capitals are roles too, used as keys in `LogColumns`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sim.exchange.tables.columns import plain

# Spellings and translations, by the standard word.
_WORDS = {
    "date": "dt dtc dtm datetime timestamp dat datum fecha dates day dte",
    "rand": "random randomised randomized randomisation randomization randomise randomize rnd rando randomisiert "
    "randomisierung randomizado aleatorizacion randomisee rndm randomisations randomizzazione randomizzato "
    "randomizacao randomisatie gerandomiseerd aleatorizacao aleatorizado randomizacion",
    "enrol": "enr enroll enrolled enrolment enrollment enrols entry entered inclusion included recruited recruitment "
    "accrual accrued registration registered einschluss einschlussdatum",
    "consent": "consented icf ic icd informed consents ricf einwilligung consentement consentimiento einverstandnis "
    "consenso consentimento toestemming",
    "screen": "screened screening scr scrn scrng screenings vorscreening cribado triagem",
    "fail": "failed failure failures fails",
    "sf": "scrnfail scrfail screenfail screenfailure scrf",
    "left": "leaving leave austritt",
    "discontinue": "discontinued discontinuation disc dsc dcs discon discont dscont abbruch",
    "withdraw": "withdrawn withdrawal withdrew wd",
    "drop": "dropped dropout dropouts",
    "terminate": "terminated termination term",
    "complete": "completed completion compl cmpl",
    "death": "died dth deceased dead tod",
    "end": "ended ending exit exited eos sortie",
    "lost": "ltfu",
    "status": "state stat stt disposition disp outcome statut estado stato situacao etat",
    "reason": "reas rsn reasons cause why grund motivo raison",
    "site": "centre center centro zentrum centrum sito sede hospital hopital krankenhaus klinik institution clinic "
    "facility investigational siteid ctr",
    "number": "no num nr nbr nummer numero",
    "id": "identifier ident code key",
    "subject": "patienten probanden teilnehmer participant patient subj pt ppt pat subjects patients participants "
    "sujet paciente proband paziente participante deelnemer",
    "study": "trial protocol",
    "visit": "vis visits visite",
    "treatment": "trt tx therapy drug medication rx ip imp dose dosing treated dosed",
    "planned": "plan expected estimated estimate anticipated projected forecast scheduled schedule target due next "
    "proposed predicted est geplant upcoming tentative future",
    "last": "latest letzter",
    "follow": "followup fu",
    "contact": "seen alive known",
    "update": "updated modified changed edited",
    "cut": "cutoff extract extracted extraction export exported snapshot download downloaded report reported",
    "birth": "dob brth born geburt brthdtc birthdate",
    "actual": "act actl",
    "eligible": "elig eligibility meets qualified",
    "arm": "armcd",
    "group": "grp gruppe",
    "flag": "fl flg yn y n ind indicator",
}
_CANONICAL = {way: word for word, ways in _WORDS.items() for way in (word, *ways.split())}
_MORE = (
    "of the on at for first actual number name event early off start started signed signature sign obtained main data "
    "rf update updated modified created assigned allocation allocated access group record row id usubjid cohort "
    "country region time form page lab test sex age assessment initial original final to from by was is in subject"
)
_KNOWN = frozenset((*_CANONICAL, *_MORE.split()))
_SMALL = frozenset(  # "of" and "the"
    (
        "de", "des", "der", "dem", "den", "del", "della", "dello", "di", "da", "do", "du", "van", "von", "vom", "la",
        "le", "el", "il",
    )
)  # fmt: skip
_WAY_OF_WRITING = re.compile(r"dd|mmm?|yyyy|yy|(?:dd|mmm?|yyyy|yy){2,3}|hh(?:24)?")  # as in `Date (dd-mmm-yyyy)`
_FILLERS = frozenset(
    ("date", "of", "the", "on", "at", "for", "subject", "study", "actual", "first", "time", "was", "is", "in", "flag")
)
_MOST_GLUED = 40

DATE, SCREENED, FAILED_ON, LEFT_ON, ENDED_ON, COMPLETED_ON, DIED_ON = (
    "date", "screened", "failed", "left", "ended", "completed", "died",
)  # fmt: skip
STATUS, REASON, FAIL_REASON, ELIGIBLE = "status", "reason", "failure_reason", "eligible"
PLANNED, SEEN, CUT, TREATMENT_END, STATUS_DATE = "planned", "seen", "cut", "treatment_end", "status_date"

_KEYS: dict[str, tuple[str, ...]] = {
    DATE: ("rand", "enrol", "rfstdtc", "dsstdtc", "dsstdat", "", "rand enrol", "rand visit", "enrol visit",
           "rand start"),
    SCREENED: (
        "screen", "consent", "screen consent", "screen visit", "screen start", "consent signed", "consent sign",
        "consent signature", "consent obtained", "consent main", "consent initial", "consent original", "dmdtc",
        "rficdtc", "rf consent", "consent form", "consent form signed", "consent signed form",
    ),
    FAILED_ON: ("fail", "sf", "screen fail", "enrol fail", "rand fail", "ineligible", "screen sf", "sf screen"),
    LEFT_ON: (
        "left", "discontinue", "withdraw", "drop", "drop out", "off", "terminate", "early terminate", "lost",
        "early end",
        "lost follow", "lost to follow", "lost follow up", "lost to follow up", "withdraw consent", "early discontinue",
        "early withdraw", "discontinue withdraw",
        "et", "discontinue from", "withdraw from", "left off",
    ),
    ENDED_ON: ("end", "end participation", "end follow", "end follow up", "rfpendtc", "end to", "end from"),
    COMPLETED_ON: ("complete",),
    DIED_ON: ("death",),
    STATUS: ("status", "dsdecod", "current status", "overall status", "enrol status", "rand status", "screen status",
             "status at", "status name", "status description", "status code", "last status", "id status", "screen end",
             "status event", "participation status", "stage", "end status"),
    REASON: (
        "reason", "left reason", "discontinue reason", "withdraw reason", "drop reason", "end reason", "off reason",
        "terminate reason", "early terminate reason", "status reason", "reason leaving", "dsterm", "complete reason",
        "non complete reason", "lost reason", "reason not complete", "early discontinue reason", "death reason none",
    ),
    FAIL_REASON: (
        "fail reason", "sf reason", "screen fail reason", "ineligible reason", "not rand reason", "not enrol reason",
        "screen reason", "exclusion reason", "reason exclusion", "non enrol reason", "non rand reason",
        "excluded reason",
        "reason ineligible", "reason excluded", "not eligible reason", "eligible reason", "non eligible reason",
        "not included reason", "not consent reason", "consent reason",
    ),
    ELIGIBLE: ("eligible",),
    SEEN: (
        "last visit", "last contact", "last follow", "last follow up", "last treatment", "last assessment", "last",
        "last contact date", "last contact contact", "visit", "contact", "follow", "follow up", "follow visit",
        "last treatment visit", "last follow visit", "last contact status", "last screen visit",
    ),
    CUT: ("cut", "data cut", "data", "cut cut", "data cut cut", "cut off", "data cut off", "data cut as", "update",
          "last update"),
    TREATMENT_END: (
        "end treatment", "eot", "off treatment", "discontinue treatment", "complete treatment", "treatment stop",
        "withdraw treatment", "terminate treatment", "treatment stopped", "discontinue from treatment",
    ),
}  # fmt: skip
_ROLES: dict[frozenset[str], str] = {frozenset(key.split()): role for role, keys in _KEYS.items() for key in keys}


@lru_cache(maxsize=4096)
def words_of(header: str) -> tuple[str, ...]:
    """Split a header into words, each replaced by its standard form; words that are run together are separated.

    Args:
        header: as in the file.

    Returns:
        Words in their order, as in `("subject", "screen", "date")` for `SUBJECTSCREENINGDATE`; an unknown word stays as
        it is, in lower case and without accents.
    """
    found: list[str] = []
    words = plain(header).split("_")
    for word, after in zip(words, (*words[1:], ""), strict=True):
        if word == "data" and after in _SMALL:  # Italian and Portuguese: data del consenso
            word = "date"
        small = word in _SMALL or _WAY_OF_WRITING.fullmatch(word)
        parts = (word,) if word in _KNOWN else ("of",) if small else _taken_apart(word) or (word,)
        found += [_CANONICAL.get(part, part) for part in parts]
    return tuple(found)


def _taken_apart(word: str) -> tuple[str, ...]:
    """Known words that make up a run-together one, as few as possible; empty if it cannot be split.

    Words of one letter do not count. Neither does a text of fewer than 4 or more than 40 characters.
    """
    if not 4 <= len(word) <= _MOST_GLUED:
        return ()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(end):
            before, part = best[start], word[start:end]
            if before is None or part not in _KNOWN or len(part) < 2:
                continue
            now = (*before, part)
            best[end] = now if best[end] is None or len(now) < len(best[end] or ()) else best[end]
    return best[-1] or ()


def role_of(header: str) -> str:
    """Return the role that a header names.

    Args:
        header: as in the file.

    Returns:
        A role, one of the names in capitals of this module: `planned` for days in the future, whatever else the header
        says; `status_date` for the date of a status. Empty where the header names none.
    """
    words = words_of(header)
    if "planned" in words:
        return PLANNED
    core = frozenset(words) - _FILLERS
    if not core and "date" not in words:
        return ""
    role = _ROLES.get(core, "")
    if role == STATUS and "date" in words:
        return STATUS_DATE
    return role


def says_date(header: str) -> bool:
    """Return whether a header says that its column has dates: it has a word for a day, or ends in `on` or `dtc`."""
    return "date" in words_of(header) or bool(re.search(r"(?:on|dtc)$", plain(header)))
