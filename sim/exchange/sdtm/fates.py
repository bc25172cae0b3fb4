"""Works out from SDTM's DM and DS who was randomised, who failed screening and who left. Source: CDISC SDTMIG 3.4.

Sponsors fill these domains in different ways: a date of randomisation may stand in DM, in DS, or only in an arm that
was planned. The rules for that are here; reading the files is in `sim.exchange.sdtm.read`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.exchange.findings import COLUMNS, DataCheck, Question
from sim.exchange.logs.statuses import meaning_of, normal, yes_or_no
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED
from sim.exchange.said import ON_STUDY
from sim.exchange.tables.raw import RawTable

Days = npt.NDArray[Any]
_NEVER = np.datetime64("NaT", "D")
_RANDOMISED = ("randomised", "randomisation", "randomised to treatment", "allocated", "allocation")
_ENROLLED = ("enrol", "enroled", "enrolment", "treatment assigned", "registered", "registration")
_ARMS = ("ARM", "ARMCD")
_ALL_ARMS = (*_ARMS, "ACTARM", "ACTARMCD", "ARMNRS", "ACTARMUD")
_FAILED_ARM = (
    "screen failure",
    "scrnfail",
    "screen fail",
    "screenfail",
    "screen failed",
    "sf",
    "scrfail",
    "screening failure",
)
_NO_ARM = ("", "not assigned", "notassgn", "not treated", "nottrt", "not applicable", "na", "n a", "unassigned", "none")
_DISPOSITION = "disposition event"


@dataclass
class SdtmFates:
    """What became of each subject of DM, (n,) each.

    Attributes:
        screened: day on which screening began; NaT where no date tells.
        randomised: day of randomisation; NaT for those who were not randomised.
        ended: day of leaving, completion or screen failure; NaT for those still there. A screen failure on an unknown
            day has the day of screening.
        status: in screening, screen failure, randomised, left, completed.
        way_out: the term of the disposition, in lower case, of those who left or failed; otherwise empty.
        how: which variables said so, as (role, variable).
        notes: decisions, as clauses.
    """

    screened: Days
    randomised: Days
    ended: Days
    status: npt.NDArray[Any]
    way_out: npt.NDArray[Any]
    how: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def texts(table: RawTable, name: str) -> pd.Series[str]:
    """Return a column as normalised words.

    Args:
        table: a domain.
        name: the variable.

    Returns:
        Text as `sim.exchange.logs.statuses.normal` writes it; empty texts where the table does not have the column.
    """
    if name not in table.columns:
        return pd.Series("", index=table.cells.index)
    return table.cells[name].map(normal)


@dataclass(frozen=True, eq=False)
class Dated:
    """Days of the domains, (n,) each.

    Attributes:
        dm: days of DM by variable; NaT where a variable is missing.
        ds: days of the rows of DS; None without DS.
    """

    dm: dict[str, Days]
    ds: Days | None


def fates(dm: RawTable, ds: RawTable | None, dated: Dated, by: str, check: DataCheck) -> SdtmFates:
    """Work out what became of each subject.

    Args:
        dm: the domain DM.
        ds: the domain DS, if there is one.
        dated: their days.
        by: `DSSTDTC` or `RFSTDTC` if the user said which is the day of randomisation; else empty.
        check: collects errors; and a question, where subjects have an arm and a start in DM but no randomisation in DS.

    Returns:
        The fates, in the order of DM's rows.
    """
    ids, rows = dm.cells["USUBJID"], dm.cells.index.to_numpy()
    screened, how = _screened(dated)
    start = dated.dm["RFSTDTC"]
    has_arm, failed_arm = _arms(dm)
    found = SdtmFates(screened, np.full(len(ids), _NEVER), np.full(len(ids), _NEVER), np.array([]), np.array([]), how)
    events = None if ds is None or dated.ds is None else _events(ds, dated.ds)
    _randomised(found, ids, None if by == "RFSTDTC" else events, start, has_arm & ~failed_arm)
    late = has_arm & ~failed_arm & np.isnat(found.randomised) & ~np.isnat(start)
    if late.any() and not by:
        message = f"{int(late.sum()):,} have an arm and a start in DM, and no randomisation in DS"
        answers = (("date=DSSTDTC", "those of DS are randomised"), ("date=RFSTDTC", "all with an arm are, on RFSTDTC"))
        check.ask(Question(message, COLUMNS, answers, rows=tuple(rows[late].tolist())))
    was = ~np.isnat(found.randomised)
    if events is None or not (events["category"] == _DISPOSITION).any():
        final_day, final_term = np.full(len(ids), _NEVER, dtype="datetime64[D]"), np.full(len(ids), "", dtype=object)
    else:
        final_day, final_term = _final(events, ids, found.randomised, was)
    _ended(found, dm, dated, final_day, final_term, was, failed_arm, events is not None)
    clash = was & (failed_arm | (np.array([meaning_of(str(term)) == FAILED for term in final_term])))
    check.error_rows("is randomised, and has failed screening", rows[clash])
    return found


def _screened(dated: Dated) -> tuple[Days, list[tuple[str, str]]]:
    """The day on which screening began: consent, or collection, or the reference start."""
    found = np.full(len(dated.dm["RFSTDTC"]), _NEVER)
    how = []
    for name in ("RFICDTC", "DMDTC", "RFSTDTC"):
        use = np.isnat(found) & ~np.isnat(dated.dm[name])
        found = np.where(use, dated.dm[name], found)
        if use.any():
            how.append(("day of screening", f"DM.{name}"))
    return found, how


def _arms(dm: RawTable) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Subjects with an arm (all, where DM has no arms), and subjects whose arm says that they failed screening."""
    failed = np.zeros(len(dm.cells), dtype=bool)
    for name in _ALL_ARMS:
        failed |= texts(dm, name).isin(_FAILED_ARM).to_numpy()
    if not any(name in dm.columns for name in _ARMS):
        return np.ones(len(dm.cells), dtype=bool), failed
    has = np.zeros(len(dm.cells), dtype=bool)
    for name in _ARMS:
        if name in dm.columns:
            has |= ~texts(dm, name).isin((*_NO_ARM, *_FAILED_ARM)).to_numpy()
    return has, failed


def _events(ds: RawTable, days: Days) -> pd.DataFrame:
    """DS as (id, term, category, day), in lower case.

    Dispositions that end only a treatment or an epoch, or that say somebody is still there, get the category `other`,
    so that they end nothing. A row without a category is a disposition.
    """
    category = texts(ds, "DSCAT") if "DSCAT" in ds.columns else pd.Series(_DISPOSITION, index=ds.cells.index)
    frame = pd.DataFrame({"id": ds.cells["USUBJID"], "term": ds.cells["DSDECOD"], "category": category})
    frame["plain"] = texts(ds, "DSDECOD")
    frame["day"] = days
    part, epoch = texts(ds, "DSSCAT"), texts(ds, "EPOCH")
    of_treatment = part.str.contains("treatment|drug|medication|dosing", regex=True)
    followed = bool(epoch.str.contains("follow").any())
    of_epoch = (epoch.str.contains("screen|run in|baseline") | (epoch.str.contains("treatment") & followed)) & (
        frame["plain"].isin(("completed", "complete"))
    )
    is_in = frame["plain"].map(meaning_of).isin((RANDOMISED, ON_STUDY, IN_SCREENING))
    known = frame["plain"].isin((*_RANDOMISED, *_ENROLLED))
    frame.loc[(frame["category"] == _DISPOSITION) & (of_treatment | of_epoch | is_in | known), "category"] = "other"
    return frame


def _randomised(
    found: SdtmFates,
    ids: pd.Series[str],
    events: pd.DataFrame | None,
    start: Days,
    has_arm: npt.NDArray[np.bool_],
) -> None:
    """Days of randomisation: from DS, or of enrolment, or the reference start of subjects with an arm."""
    for terms, what in ((_RANDOMISED, "RANDOMIZED"), (_ENROLLED, "ENROLLED")):
        if events is None:
            break
        first = events[events["plain"].isin(terms) & events["day"].notna()].sort_values("day", kind="stable")
        if not len(first):
            continue
        by_id = first.drop_duplicates("id").set_index("id")["day"]
        found.randomised = by_id.reindex(ids.to_numpy()).to_numpy().astype("datetime64[D]")
        if what == "ENROLLED":
            found.notes.append("DS has no RANDOMIZED; its day of enrolment stands for it")
        found.how.append(("day of randomisation", f"DS.DSSTDTC of {first['term'].iloc[0]}"))
        return
    found.randomised = np.where(has_arm, start, _NEVER)
    if not np.isnat(found.randomised).all():
        found.how.append(("day of randomisation, because DS has none", "DM.RFSTDTC"))
        if events is not None:
            found.notes.append("DS has no RANDOMIZED; RFSTDTC of those with an arm stands for it")


def _final(
    events: pd.DataFrame, ids: pd.Series[str], randomised: Days, was: npt.NDArray[np.bool_]
) -> tuple[Days, npt.NDArray[Any]]:
    """Day and term of the last disposition of each subject; a screen failure before randomisation does not count."""
    day_of = pd.Series(np.where(was, randomised, _NEVER), index=ids.to_numpy())
    own = events[events["category"] == _DISPOSITION]
    past = (own["plain"].map(meaning_of) == FAILED) & (own["day"] < day_of.reindex(own["id"].to_numpy()).to_numpy())
    last = own[~past].sort_values("day", kind="stable", na_position="first").drop_duplicates("id", keep="last")
    last = last.set_index("id")
    days = last["day"].reindex(ids.to_numpy()).to_numpy().astype("datetime64[D]")
    return days, last["term"].map(str.lower).reindex(ids.to_numpy(), fill_value="").to_numpy(dtype=object)


def _ended(
    found: SdtmFates,
    dm: RawTable,
    dated: Dated,
    day: Days,
    term: npt.NDArray[Any],
    was: npt.NDArray[np.bool_],
    failed_arm: npt.NDArray[np.bool_],
    has_events: bool,
) -> None:
    """Ways out: the dispositions of DS, or without DS the end of participation and death in DM.

    With DS, DM counts only for the death of randomised subjects of whom DS says nothing. Without DS, somebody whose
    participation ended is taken as having completed, and a note says so.

    Args:
        found: the fates, whose ends, statuses and ways out are set.
        dm: the domain DM.
        dated: days of the domains.
        day: (n,) day of the last disposition; NaT without one.
        term: (n,) its term; empty without one.
        was: (n,) whether each was randomised.
        failed_arm: (n,) whether the arm says that screening failed.
        has_events: whether there is a DS.
    """
    died = ~np.isnat(dated.dm["DTHDTC"]) | np.array([yes_or_no(flag) is True for flag in texts(dm, "DTHFL")])
    gone = ~np.isnat(day) | (term != "")
    until = dated.dm["RFPENDTC"]
    by_dm = was & ~gone & died if has_events else ~gone & (died | ~np.isnat(until))
    end = np.where(np.isnat(dated.dm["DTHDTC"]), until, dated.dm["DTHDTC"])
    day = np.where(by_dm, end, day)
    term = np.where(by_dm & died, "death", term).astype(object)
    completed = was & (np.array([meaning_of(str(text)) == COMPLETED for text in term]) | (by_dm & ~died))
    failed = ~was & (gone | by_dm | failed_arm)
    over = gone | by_dm
    if (by_dm & was & ~died).any():
        n = int((by_dm & was & ~died).sum())
        found.notes.append(f"RFPENDTC says when {n:,} ended, not how: they are taken as having completed; add DS")
    found.ended = np.where(failed & np.isnat(day), found.screened, day)
    found.status = np.select([failed, completed, was & over, was], [FAILED, COMPLETED, LEFT, RANDOMISED], IN_SCREENING)
    found.status = found.status.astype(object)
    found.way_out = np.where(failed | (found.status == LEFT), term, "").astype(object)
    if over.any():
        found.how.append(("end", "DS's disposition events" if gone.any() else "DM.RFPENDTC, DM.DTHDTC"))
