"""Tables that look like others: each is read right, asked about with what answers it, or refused with what is wrong.

Every one of them could give a wrong date to a planner who did as a message said.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

PEOPLE = (
    ("1", "A", "2023-01-05", "2023-01-12", "on study"),
    ("2", "A", "2023-02-05", "", "screen failure"),
    ("3", "B", "2023-03-05", "2023-03-12", "on study"),
    ("4", "B", "2023-04-05", "2023-04-12", "on study"),
)
HEADER = ("Subject", "Site", "Screening date", "Randomisation date", "Status")
MONTHS = "Month,Enrolled\n2023-01,3\n2023-02,5\n2023-03,4\n"


def read(text: str, sites: str = "", **how: object) -> ObservedTrial:
    table = None if not sites else table_of(sites.encode(), "sites.csv")
    return observed_from([table_of(text.encode(), "t.csv")], table, Said(**how))  # type: ignore[arg-type]


def log(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER, separator: str = ",") -> str:
    return "\n".join(separator.join(row) for row in (header, *(rows or PEOPLE)))


def with_cell(row: int, column: int, text: str) -> str:
    rows = [list(cells) for cells in PEOPLE]
    rows[row][column] = text
    return log(*(tuple(cells) for cells in rows))


TURNED = "\n".join(",".join(cells) for cells in zip(*(HEADER, *PEOPLE), strict=True))
REFUSED = {
    "a table of sites": ("Site,Activated\nA,2023-01-09\nB,2023-03-06\n", "is a table of sites, for --sites"),
    "totals by site": ("Site,Activated,Enrolled\nA,2023-01-09,20\nB,2023-03-06,30\n", "is a table of sites"),
    "a separator of its own": (log(separator="^"), "has one column"),
    "no header": (log(*PEOPLE[1:], header=PEOPLE[0]), "has no header, it seems"),
    "no header, and one date": ("1,A,2023-01-12\n3,B,2023-03-12\n4,B,2023-04-12\n", "the first row has '2023-01-12'"),
    "the same rows twice": (log(*PEOPLE, PEOPLE[2]), "(rows 4, 6); rows that say the same are one person"),
    "turned over": (TURNED, "'Randomisation date' is in the first column; turn"),
    "a year of another calendar": (with_cell(0, 3, "25/01/2566"), "in the Buddhist calendar it is 2023"),
    "a slip in the year": (with_cell(0, 3, "2203-01-12"), "a year that no trial has"),
    "a formula that failed": (with_cell(0, 3, "#REF!"), "not a date (row 2); write each as 2024-01-31 (got '#REF!')"),
    "counts with words": (MONTHS.replace(",5", ",5 pts"), "'5 pts' in 'Enrolled' is not a number (row 3)"),
    "only counts with words": ("Month,Enrolled\n2023-01,3 pts\n2023-02,5 pts\n", "'3 pts' in 'Enrolled' is not"),
    "a forecast among counts": (f"{MONTHS}2023-04 (forecast),9\n", "not a date (row 5)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(DataError) as raised:
        read(text)
    assert not isinstance(raised.value, QuestionError)
    assert words in str(raised.value)
    assert "--columns date=" not in str(raised.value), "no answer would make it right"


DATES = log(
    *((*row[:2], row[3], row[3], row[4]) for row in PEOPLE), header=("Subject", "Site", "Date", "Date", "Status")
)
SWAPPED = log(  # of 9 days from 2023-01-14 to 2023-09-05, those up to the 12th became another day
    *((str(i), "A", day) for i, day in enumerate((*(f"2023-0{m}-0{m + 2}" for m in range(1, 7)), "14/01/2023",
                                                  "25/06/2023", "29/07/2023"))),
    header=("Subject", "Site", "Randomised"),
)  # fmt: skip
ASKED: dict[str, tuple[str, str, dict[str, object], int]] = {  # text, what is offered, an answer, randomised then
    "two columns of one name": (
        log(*((row[0], row[2], row[3], row[4]) for row in PEOPLE), header=("Subject", "Date", "Date", "Status")),
        '"date=Date (2)"', {"columns": {"date": "Date (2)"}}, 3,
    ),
    "a number beside a date": (
        "Date,Number\n2023-01-01,3\n2023-02-01,2\n2023-03-01,3\n", "--columns randomised=Number",
        {"columns": {"randomised": "Number"}}, 8,
    ),
    "a number beside a date, of people": (
        "Date,Number\n2023-01-01,31\n2023-02-01,25\n2023-03-01,37\n", "--columns participant=Number",
        {"columns": {"participant": "Number"}}, 3,
    ),
    "enrolled and randomised": (
        log(header=("Subject", "Site", "Date enrolled", "Date randomised", "Status")),
        '"date=Date randomised,screened=Date enrolled"',
        {"columns": {"date": "Date randomised", "screened": "Date enrolled"}}, 3,
    ),
    "a day that may be planned": (
        log(header=(*HEADER[:3], "Randomisation (planned or actual)", "Status")),
        '"date=Randomisation (planned or actual)"', {"columns": {"date": "Randomisation (planned or actual)"}}, 3,
    ),
    "dates that a spreadsheet swapped": (SWAPPED, "--dates dmy", {"order": "dmy"}, 9),
    "two counts of one name": ("Month,Enrolled,Enrolled\n2023-01,8,2\n2023-02,8,3\n", "2 columns could be 'randomised'",
                               {"columns": {"randomised": "Enrolled (2)"}}, 5),
    "counts of a month to come": (
        f"{MONTHS}2023-04,2\n2023-05,4\n2031-03,3\n", "--as-of 2023-05-31", {"as_of": date(2023, 5, 31)}, 21,
    ),
    "fewer screened than randomised": (
        "Month,Screened,Enrolled\n2023-01,2,3\n2023-02,1,5\n", "--columns screened=", {"columns": {"screened": ""}}, 8,
    ),
    "a site at the top of its block": (
        log(*((*row[:1], row[1] if row[0] in "13" else "", *row[2:]) for row in PEOPLE)), "is empty in 2 of 4 rows",
        {"columns": {"site": ""}}, 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_what_could_be_either_is_asked_about_with_the_option_that_answers_it(name: str) -> None:
    text, offered, answer, n = ASKED[name]
    with pytest.raises(DataError) as raised:
        read(text)
    assert offered in str(raised.value)
    assert read(text, **answer).n_randomised == n


@pytest.mark.parametrize(
    ("text", "n", "last"),
    [
        (log(*(tuple(f'="{cell}"' for cell in row) for row in PEOPLE)), 3, "2023-04-12"),
        (log().replace("2023-01-12", "12–Jan–2023"), 3, "2023-04-12"),
        (MONTHS.replace("2023-01", "Jan–23"), 12, "2023-03-31"),
        (DATES, 3, "2023-04-12"),  # two columns of one name that say the same
        (DATES.replace("2023-03-12,2023-03-12", "2023-03-12,"), 3, "2023-04-12"),  # as far as both say anything
        ("Month,Screened,Enrolled\n2023-01,3,2\n2023-02,1,2\n", 4, "2023-02-28"),  # in all, nobody too few
        (f"{log()}\nSubtotal site A,,,,\nTotal: 4,,,,\n", 3, "2023-04-12"),
        (with_cell(3, 4, "Duplicate record"), 2, "2023-03-12"),
        (log(header=(*HEADER[:3], "Date of\u00a0randomisation (dd-mmm-yyyy)", "Status")), 3, "2023-04-12"),
        (
            log(*PEOPLE[:2], ("1", "A total", "", "", ""), *PEOPLE[2:], ("2", "Total for B", "", "", "")),
            3,
            "2023-04-12",
        ),
        ("No,Date\n1,2023-01-12\n2,2023-03-12\n3,2023-04-12\n", 3, "2023-04-12"),  # the rows are numbered
    ],
)
def test_what_is_only_written_in_another_way_is_read(text: str, n: int, last: str) -> None:
    trial = read(text)
    assert (trial.n_randomised, str(trial.last)) == (n, last)


def test_excels_numbers_of_days_are_told_with_their_day() -> None:
    trial = read(log().replace("2023-01-12", "44938"))
    assert any("as 44938 for 2023-01-12" in line for line in trial.account.lines())


def test_sites_with_and_without_the_word_site_are_the_same() -> None:
    trial = read(with_cell(1, 1, "Site A"))
    assert [site.name for site in trial.sites] == ["A", "B"]
    assert trial.people.site.tolist() == [0, 0, 1, 1]


def test_a_site_without_a_day_of_activation_is_open_where_it_has_people() -> None:
    trial = read(log(), "Site,Activated\nA,2023-01-01\nB,\nC,\n")
    said = {finding.rows: finding.message for finding in trial.findings}
    assert said == {
        (3,): "no day of activation; taken as open since somebody came",
        (4,): "neither activated nor planned; never opens",
    }


def test_sheets_of_counts_may_be_sites_and_a_sheet_of_totals_is_none() -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, counts in (("A", (3, 1)), ("B", (2, 2)), ("Total", (5, 3))):
        sheet = book.create_sheet(name)
        for row in (("Month", "Enrolled"), *zip(("2023-01", "2023-02"), counts, strict=True)):
            sheet.append(row)
    content = BytesIO()
    book.save(content)
    table = table_of(content.getvalue(), "counts.xlsx")
    with pytest.raises(QuestionError, match=r"--columns site=Sheet \(each sheet is a site\)"):
        observed_from([table])
    trial = observed_from([table], said=Said(columns={"site": "Sheet"}))
    assert (trial.n_randomised, [site.name for site in trial.sites]) == (8, ["A", "B"])


def test_a_name_of_a_site_that_nobody_can_read_is_refused_when_it_is_read() -> None:
    """It was refused as a value of the fitted scenario, at a path that is in no file of the planner's."""
    with pytest.raises(DataError, match=r"t\.csv: the name of a site has the character U\+0007.*got B"):
        read(log(*PEOPLE[:2], ("3", "B\x07", "2023-03-05", "2023-03-12", "on study")))
    with pytest.raises(DataError, match=r"sites\.csv: a site with a character that cannot be shown .row 3"):
        read(log(), sites="Site,Activated\nA,2022-12-01\nB\u202e,2022-12-01\n")
    assert observed_from([table_of(log().encode(), "t\x07\u202e 1.csv")]).name == "t 1"
