"""Recognises running totals, by their name and because they never fall, and turns them into counts by period.

In doubt the user is asked: taken for counts by period, running totals multiply the rate of a trial.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.exchange.findings import COUNTS, DataCheck, Question
from sim.exchange.said import NEW, RUNNING
from sim.exchange.tables.columns import plain

_SURE = (
    {"cumulative"}, {"cum"}, {"cumul"}, {"cumulated"}, {"accumulated"}, {"running"}, {"to", "date"}, {"todate"},
    {"so", "far"}, {"since", "start"}, {"kumuliert"}, {"kumulativ"}, {"cumule"}, {"acumulado"}, {"ctd"}, {"cumulatief"},
)  # fmt: skip
_MAYBE = {"total", "totals", "sum", "overall"}
_ENOUGH = 4  # periods without a fall that suffice if the name may mean a total
_MANY = 5  # the same if the name says nothing
_FAR_ABOVE = 5.0  # times the usual step: a first total this large began long before the table
_FEW = 10
_ANSWERS = (
    (NEW, "each row counts those of its own period"),
    (RUNNING, "each row counts all so far"),
)


def is_running(header: str, frame: pd.DataFrame, role: str, said: str, check: DataCheck) -> bool:
    """Decide whether a column is a running total.

    It is not if it falls anywhere within a site, or never rises. It is if its name says so. If the name may say so
    (`Total`), 4 periods are enough; otherwise the user is asked.

    Args:
        header: its header.
        frame: with columns site, start and `role`; NaN where a row says nothing.
        role: which count it is.
        said: `new` or `running` if the user said, else empty.
        check: collects the question, if it cannot be decided.

    Returns:
        The decision; False where the user is asked.
    """
    if said:
        return said == RUNNING
    if says_running(header):
        return True
    words = set(plain(header).split("_"))
    values = frame.dropna(subset=[role]).sort_values(["site", "start"], kind="stable")
    steps = values.groupby("site")[role].diff().dropna()
    if not len(steps) or (steps < 0).any() or not (steps > 0).any():
        return False
    longest = int(values.groupby("site").size().max())
    maybe = bool(words & _MAYBE)
    if maybe and longest >= _ENOUGH:
        return True
    if maybe or (longest >= _MANY and role == "randomised"):
        check.ask(
            Question(f"'{header}' never falls: does each row count its own period, or all so far", COUNTS, _ANSWERS)
        )
    return False


def says_running(header: str) -> bool:
    """Return whether a header says that its column is a running total."""
    words = set(plain(header).split("_"))
    return any(sign <= words for sign in _SURE)


def is_total_alone(header: str) -> bool:
    """Return whether a header says only that its column is a total, and not of what: `Total`, `Running total`."""
    words = set(plain(header).split("_"))
    return (says_running(header) or bool(words & _MAYBE)) and words <= _MAYBE.union(*_SURE)


def differences(frame: pd.DataFrame, role: str, header: str, said: str, check: DataCheck) -> pd.Series[float]:
    """Turn running totals into counts by period and site. A period without a value keeps the total before it.

    Args:
        frame: with columns site, start, row and `role`.
        role: which count it is.
        header: header of the column, for messages.
        said: as for `is_running`.
        check: collects an error where a total goes down, and a question where the first totals are far above the usual
            step, so that their people came on no known day.

    Returns:
        Counts with the index of the frame; NaN before a site's first total, which itself counts as that period's.
    """
    ordered = frame.sort_values(["site", "start"], kind="stable")
    filled = ordered.groupby("site")[role].ffill()
    steps = filled.groupby(ordered["site"]).diff()
    check.error_rows(f"'{header}' is added up, but goes down", ordered.loc[steps < 0, "row"])
    first = ordered["site"].ne(ordered["site"].shift())
    totals = float(filled[first].sum())
    usual = steps[steps > 0].median()
    by_period = steps.groupby(ordered["start"]).sum().iloc[1:]
    mean = float(by_period.mean()) if len(by_period) else np.nan
    if not said and totals > _FEW and np.isfinite(usual) and totals > _FAR_ABOVE * max(mean, 1.0):
        message = (
            f"'{header}' begins at {totals:.0f}, and grows by {mean:.1f} a period: those before the first row are on "
            f"no known day; begin the table at the first of them, or say that they are of the first period"
        )
        check.ask(Question(message, COUNTS, _ANSWERS[1:], rows=tuple(int(row) for row in ordered.loc[first, "row"])))
    return steps.fillna(filled).where(filled.notna(), np.nan)
