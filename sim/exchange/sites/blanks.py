"""Rows of data without a site: a warning, or a question where most have none, as in blocks with a name at their top.

A person without a site counts for the whole trial and for no site, so most of them missing would turn a forecast by
site into nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.exchange.findings import COLUMNS, DataCheck, Question

if TYPE_CHECKING:
    import pandas as pd

_MANY = 0.5  # share of rows


def check_blanks(check: DataCheck, cells: pd.Series[str], header: str, is_said: bool) -> None:
    """Warn of rows without a site, or ask.

    Args:
        check: collects the warning or the question.
        cells: the column of sites; the index is the row in the file.
        header: its header.
        is_said: whether the user said that it is the column of sites.
    """
    empty = cells == ""
    if is_said or empty.mean() < _MANY or empty.all():
        check.warn_rows("no site", empty.index[empty.to_numpy()])
        return
    message = f"'{header}' is empty in {int(empty.sum()):,} of {len(cells):,} rows"
    choices = ((f"site={header}", "their site is not known"), ("site=", "sites are not told apart"))
    otherwise = "write the site into each row, where it stands once for several"
    check.ask(Question(message, COLUMNS, choices, otherwise=otherwise))
