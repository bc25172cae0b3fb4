"""Counts with one column per country or site, but no total: put together where that is certain, otherwise asked about.

Columns of plans or of screening failures must not be added to those randomised, and a name does not always tell.

Attributes:
    PLUS: what a user writes between columns that belong together: `randomised=Germany+France` to add them up,
        `site=Leeds+York` where each is a site.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sim.errors import in_short
from sim.exchange.counts.numbers import numbers_in
from sim.exchange.counts.running_totals import says_running
from sim.exchange.findings import COLUMNS, Question, quoted
from sim.exchange.logs.headers import words_of
from sim.exchange.tables.columns import COUNT_NAMES, LOG_NAMES, Columns, is_usual, recognised
from sim.exchange.tables.layout import is_total
from sim.exchange.tables.raw import RawTable
from sim.plurals import listed

PLUS = "+"
_SHOWN = 4
_FEWEST_SUMS = 5  # rows in which a column without a name for it is the sum of the others
_NO_PLACES = frozenset(  # words for counts of something other than randomisations
    (
        "planned", "fail", "sf", "left", "discontinue", "withdraw", "drop", "terminate", "death", "lost", "complete",
        "screen", "consent", "eligible", "visit", "treatment", "follow", "contact", "birth", "end",
    )
)  # fmt: skip


_LARGE = ("country", "countries", "region", "land", "pays", "pais", "paese", "paesi", "continent", "area")


@dataclass(frozen=True)
class Added:
    """The result of putting columns of places together.

    Attributes:
        table: the table, with the sum as a further column, with a row per period and site, or unchanged.
        columns: what the user said of columns, with the new ones.
        note: what was done, as a clause.
        question: what to ask, where it is not certain; else None.
    """

    table: RawTable
    columns: Columns
    note: str = ""
    question: Question | None = None


def added_up(table: RawTable, columns: Columns) -> Added:
    """Put columns of places together, where no column counts those randomised.

    They are added up if the user says so, as in `randomised=Germany+France`, or if a column of totals is their sum.
    They are sites if the user says so, as in `site=Leeds+York`, or if all are named after sites.

    Args:
        table: the counts, one row per period.
        columns: header by role, as far as the user said.

    Returns:
        The result, which may be a question; unchanged where a column counts the randomised, or nothing could be a
        place.
    """
    said = columns.get("randomised", "")
    if sites := _parts(table, columns.get("site", "")):
        return _by_site(table, columns, sites)
    if parts := _parts(table, said):
        return _with_sum(table, columns, parts)
    if said or "randomised" in _found(table, columns):
        return Added(table, columns)
    places, total = _places(table, columns)
    if total and places and _adds_up(table, places, total):
        note = f"'{total}' is the sum of {listed(map(repr, places), _SHOWN)}"
        if "site" not in _found(table, columns):
            note += f"; if each is a site, say --columns {quoted(f'site={PLUS.join(places)}')}"
        return Added(table, {**columns, "randomised": total}, note)
    if len(places) > 1 and all("site" in words_of(name) for name in places) and "site" not in _found(table, columns):
        return _by_site(table, columns, places)
    return Added(table, columns, question=_question(table, places, total))


def _parts(table: RawTable, said: str) -> list[str]:
    """Columns that the user put together, as in `Germany+France`; none where that is one column, or one is missing."""
    parts = [part.strip() for part in said.split(PLUS)]
    is_sum = said not in table.columns and len(parts) > 1 and all(part in table.columns for part in parts)
    return parts if is_sum else []


def _by_site(table: RawTable, columns: Columns, names: list[str]) -> Added:
    """The table with a row per period and site, from a column for each site; the note names the columns left out."""
    period = recognised(table, {"date": COUNT_NAMES["date"]}, columns)[0].get("date")
    if period is None:
        return Added(table, columns)
    pieces = [
        pd.DataFrame({period: table.cells[period], "site": name, "randomised": table.cells[name]}) for name in names
    ]
    note = f"each of {len(names)} columns is a site, and counts those randomised: {listed(map(repr, names), _SHOWN)}"
    others = [name for name in table.columns if name not in (period, *names)]
    note += f"; not of one site, and left out: {listed(map(repr, others), _SHOWN)}" if others else ""
    cells = pd.concat(pieces).sort_index(kind="stable")
    return Added(replace(table, cells=cells), {**columns, "site": "site", "randomised": "randomised"}, note)


def _with_sum(table: RawTable, columns: Columns, names: list[str]) -> Added:
    """The table with the sum of some columns; a cell that is not a number is kept, to be reported."""
    numbers = np.array([numbers_in(table.cells[name]).to_numpy() for name in names])
    texts = np.array([table.cells[name].to_numpy(dtype=object) for name in names])
    wrong = np.isnan(numbers) & (texts != "")
    sums = ["" if np.isnan(row).all() else f"{np.nansum(row):.15g}" for row in numbers.T]
    first_wrong = [
        next((str(text) for text, bad in zip(*pair, strict=True) if bad), "")
        for pair in zip(texts.T, wrong.T, strict=True)
    ]
    name = PLUS.join(names)
    cells = table.cells.assign(**{name: [bad or total for bad, total in zip(first_wrong, sums, strict=True)]})
    note = f"{listed(map(repr, names), _SHOWN)} are added up as those randomised"
    return Added(replace(table, cells=cells), {**columns, "randomised": name}, note)


def _found(table: RawTable, columns: Columns) -> set[str]:
    found, unclear = recognised(table, COUNT_NAMES, columns)
    return {*found, *unclear}


def _places(table: RawTable, columns: Columns) -> tuple[list[str], str]:
    """Columns of counts that may be places, and the column of their total.

    A place is a column of whole numbers whose name is of no other role, no percentage, no running total and no other
    count, such as of those planned. The total is empty unless exactly one column is named as one, or is the sum of all
    others in each row, of which there are several.
    """
    found, unclear = recognised(table, {**COUNT_NAMES, **{"arm": LOG_NAMES["arm"]}}, columns)
    taken = {*found.values(), *(name for names in unclear.values() for name in names)}
    free = [name for name in table.columns if name not in taken and _may_be_place(name) and _is_counts(table, name)]
    totals = [name for name in free if is_total(name)]
    totals = totals or [name for name in free if len(free) > 2 and _is_sum(table, _others(free, name), name)]
    total = totals[0] if len(totals) == 1 else ""
    return [name for name in free if name != total], total


def _others(names: list[str], name: str) -> list[str]:
    return [other for other in names if other != name]


def _may_be_place(name: str) -> bool:
    return "%" not in name and not says_running(name) and _NO_PLACES.isdisjoint(words_of(name))


def _is_counts(table: RawTable, name: str) -> bool:
    cells = table.cells[name]
    numbers = numbers_in(cells)
    whole = numbers.dropna()
    return bool(len(whole)) and bool((numbers.notna() | (cells == "")).all()) and bool((whole % 1 == 0).all())


def _is_sum(table: RawTable, places: list[str], total: str) -> bool:
    """Whether a column is the sum of others, and not by chance: small counts in a few rows often are."""
    n_told = int((numbers_in(table.cells[total]) > 0).sum())
    return n_told >= _FEWEST_SUMS and _adds_up(table, places, total)


def _adds_up(table: RawTable, places: list[str], total: str) -> bool:
    parts = np.array([numbers_in(table.cells[name]).fillna(0.0).to_numpy() for name in places])
    return bool(np.array_equal(parts.sum(axis=0), numbers_in(table.cells[total]).fillna(0.0).to_numpy()))


def _question(table: RawTable, places: list[str], total: str) -> Question | None:
    """Ask what counts the randomised: a total, all columns of places together, or one of them; None without any."""
    if not places and not total:
        return None
    message = f"no column counts those randomised (found: {', '.join(in_short(name) for name in table.columns)})"
    together = PLUS.join(places)
    sums = (
        (f"randomised={together}", "they are those randomised, by country or arm, and are added up"),
        (f"site={together}", "each is a site, and counts those randomised there"),
    )
    alone = [(f"randomised={name}", f"'{name}' counts them") for name in (total, *places) if name]
    choices = (*alone[: bool(total)], *(sums if places[1:] else ()), *alone[bool(total) :])
    return Question(message, COLUMNS, choices, file=table.file)


def is_place_but_no_site(header: str) -> bool:
    """Return whether a header names a country or a region, which has several sites."""
    return is_usual(header, _LARGE)
