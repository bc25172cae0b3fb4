"""One table in the many forms in which people save it: for tests that promise that each of them is read the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

Table = Mapping[str, Sequence[str | date | None]]  # cells by role; dates as dates, None where there is nothing

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
SEPARATORS = (",", ";", "\t", "|")
ENDINGS = ("\n", "\r\n", "\r")
NOTHING = ("", "NA", "n/a", ".", "-", "NULL", "#N/A")
DAY_FORMS: tuple[Callable[[date], str], ...] = (
    date.isoformat,
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: f"{day.day}-{day:%b-%Y}",
    lambda day: f"{day:%d%b%Y}".upper(),
    lambda day: f"{day:%B} {day.day}, {day.year}",
    lambda day: f"{day.isoformat()}T09:30:00",
    lambda day: str((day - date(1899, 12, 30)).days),
)
SLASHED: tuple[Callable[[date], str], ...] = (lambda day: f"{day:%d/%m/%Y}", lambda day: f"{day:%m/%d/%Y}")
MONTH_FORMS: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%Y-%m}",
    lambda day: f"{day:%b-%y}",
    lambda day: f"{day:%B %Y}",
    lambda day: f"{day:%m/%Y}",
    lambda day: f"{day:%Y%m}",
    date.isoformat,
)
LOG_HEADERS: dict[str, tuple[str, ...]] = {
    "participant": ("Subject", "Subject ID", "PATIENT_ID", "Screening number", "subjid"),
    "site": ("Site", "Centre", "site_id", "Site Number", "SITEID"),
    "screened": ("Screening date", "Consent Date", "screened", "Date of informed consent", "SCREENINGDATE"),
    "date": ("Randomisation date", "RANDOMIZED", "rand_dt", "Date of Randomization", "Rand. Date"),
    "status": ("Status", "Subject Status", "SUBJECTSTATE", "status"),
}
COUNT_HEADERS: dict[str, tuple[str, ...]] = {
    "date": ("Month", "month", "Period", "Reporting period", "Calendar Month"),
    "site": ("Site", "Centre", "site_id", "Site Number", "SITEID"),
    "screened": ("Screened", "screenings", "Number screened", "Patients screened"),
    "randomised": ("Randomised", "Enrolled", "ENROLLMENT", "Patients randomized this month", "Actual enrolment"),
}


@dataclass(frozen=True)
class Saved:
    """A table as it was saved.

    Attributes:
        content: bytes of the file.
        order: of the columns, by role.
    """

    content: bytes
    order: tuple[str, ...]


@st.composite
def saved(
    draw: st.DrawFn, table: Table, headers: Mapping[str, Sequence[str]], forms: Sequence[Callable[[date], str]]
) -> Saved:
    """The bytes of a table: its columns and rows in any order, under any usual names, in any usual form.

    Args:
        draw: as hypothesis gives it.
        table: cells by role.
        headers: usual names by role.
        forms: ways in which days are written; one for the whole table.
    """
    order = tuple(draw(st.permutations(list(table))))
    n = len(next(iter(table.values())))
    rows = draw(st.permutations(range(n)))
    form, nothing = draw(st.sampled_from(list(forms))), draw(st.sampled_from(NOTHING))
    names = {role: draw(st.sampled_from(list(headers[role]))) for role in order}

    def text(value: str | date | None) -> str:
        if value is None:
            return nothing
        return form(value) if isinstance(value, date) else value

    out = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(
        out, delimiter=draw(st.sampled_from(SEPARATORS)), lineterminator=draw(st.sampled_from(ENDINGS)), quoting=quoting
    )
    writer.writerow([names[role] for role in order])
    writer.writerows([[text(table[role][i]) for role in order] for i in rows])
    return Saved(out.getvalue().encode(draw(st.sampled_from(ENCODINGS))), order)
