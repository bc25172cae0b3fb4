"""Exports and trackers in more of the ways that people have: each is read right, or asked about once."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from conftest import simplest_file

from sim.api.forecast import forecast
from sim.errors import InputError
from sim.exchange.findings import DataError, QuestionError
from sim.exchange.observed import FAILED, IN_SCREENING, LEFT, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.said import Said
from sim.exchange.tables.read import table_of

Person = tuple[str, str, date, date | None, date | None]
PEOPLE: tuple[Person, ...] = (
    ("1-01", "101", date(2023, 1, 16), date(2023, 1, 25), None),
    ("1-02", "101", date(2023, 1, 30), None, None),
    ("2-01", "102", date(2023, 2, 14), date(2023, 2, 23), date(2023, 4, 3)),
    ("2-02", "102", date(2023, 3, 17), date(2023, 3, 28), None),
    ("2-03", "102", date(2023, 4, 13), None, None),
    ("1-03", "101", date(2023, 4, 18), date(2023, 4, 27), None),
)
READ_RIGHT = (4, 0, 2)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
COUNTS = (3, 5, 4, 6, 2, 5, 7, 4, 6, 3, 5, 4)


def _read(content: str | bytes, name: str = "data.csv", **said: object) -> ObservedTrial:
    content = content.encode() if isinstance(content, str) else content
    return observed_from([table_of(content, name)], said=Said(**said))  # type: ignore[arg-type]


def _counts(trial: ObservedTrial) -> tuple[int, int, int]:
    status = trial.people.status
    return trial.n_randomised, int((status == IN_SCREENING).sum()), int((status == FAILED).sum())


def _csv(header: str, rows: Sequence[Sequence[object]], separator: str = ",") -> str:
    return "\n".join([header, *(separator.join("" if cell is None else str(cell) for cell in row) for row in rows)])


def _of(person: Person, failed: str, left: str, on: str) -> str:
    return failed if person[3] is None else left if person[4] else on


# --- logs


FRENCH = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
SPANISH = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]


def _in_french(day: date | None) -> str:
    return f"{day.day} {FRENCH[day.month - 1]} {day.year}" if day else ""


def _in_spanish(day: date | None) -> str:
    return f"{day.day:02}-{SPANISH[day.month - 1]}-{day.year}" if day else ""


def _dotted(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


LOGS: dict[str, str] = {
    "statuses that are glued together": _csv(
        "Site,Subject,SubjectStatus,IC_DAT,RAND_DAT,EOS_DAT",
        [(p[1], p[0], _of(p, "ScreenFail", "EarlyTerminated", "Enrolled"), p[2], p[3], p[4]) for p in PEOPLE],
    ),
    "days of visits": _csv(
        "Subject Number,Site Number,Screening Visit Date,Randomization Visit Date,Subject Status",
        [(p[0], p[1], p[2], p[3], _of(p, "Screen Failed", "Discontinued", "Randomized")) for p in PEOPLE],
    ),
    "German": _csv(
        "Patienten-Nr.;Zentrum;Datum der Einwilligung;Datum der Randomisierung;Status",
        [(p[0], p[1], _dotted(p[2]), _dotted(p[3]), _of(p, "Screening-Versager", "zurückgezogen", "randomisiert"))
         for p in PEOPLE], ";",
    ),
    "French": _csv(
        "N° patient;Centre;Date de consentement;Date de randomisation;Statut",
        [(p[0], p[1], _in_french(p[2]), _in_french(p[3]), _of(p, "Échec de screening", "Décédé", "Randomisé"))
         for p in PEOPLE], ";",
    ),
    "Spanish": _csv(
        "Paciente;Centro;Fecha de consentimiento;Fecha de aleatorización;Estado",
        [(p[0], p[1], _in_spanish(p[2]), _in_spanish(p[3]), _of(p, "Fallo de cribado", "Retirado", "Aleatorizado"))
         for p in PEOPLE], ";",
    ),
    "Italian": _csv(
        "Paziente;Centro;Data del consenso;Data di randomizzazione;Stato",
        [(p[0], p[1], _dotted(p[2]), _dotted(p[3]), _of(p, "Screening failure", "Withdrawn", "Randomizzato"))
         for p in PEOPLE], ";",
    ),
    "Excel's numbers with a time of day": _csv(
        "Subject,Site,Screening date,Randomisation date,Status",
        [(p[0], p[1], (p[2] - date(1899, 12, 30)).days,
          f"{(p[3] - date(1899, 12, 30)).days}.4375" if p[3] else "", _of(p, "SF", "Withdrawn", "Ongoing"))
         for p in PEOPLE],
    ),
    "times with a zone": _csv(
        "Subject,Site,Screening date,Randomisation date,Status",
        [(p[0], p[1], f"{p[2]}T08:00:00.0000Z", f"{p[3]}T10:00:00+0100" if p[3] else "",
          _of(p, "SF", "Withdrawn", "Ongoing")) for p in PEOPLE],
    ),
    "words in place of dates": _csv(
        "Subject,Site,Screening date,Randomisation date",
        [(p[0], p[1], p[2], p[3] or "Screen failure") for p in PEOPLE],
    ),
    "words in place of dates beside a status": _csv(
        "Subject,Site,Screening date,Randomisation date,Status",
        [(p[0], p[1], p[2], p[3] or "not randomized", _of(p, "Screen failure", "Withdrawn", "Ongoing"))
         for p in PEOPLE],
    ),
    "records in JSON": json.dumps(
        [{"subject": p[0], "site": p[1], "screened": str(p[2]), "randomised": str(p[3]) if p[3] else None,
          "status": _of(p, "SF", "withdrawn", "on study")} for p in PEOPLE]
    ),
    "a record a line": "\n".join(
        json.dumps({"subject": p[0], "screened": str(p[2]), "randomised": str(p[3]) if p[3] else None,
                    "status": _of(p, "SF", "withdrawn", "on study")}) for p in PEOPLE
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", LOGS.values(), ids=LOGS)
def test_logs_of_other_makes_are_read_right(content: str) -> None:
    trial = _read(content)
    assert _counts(trial) == READ_RIGHT
    assert [trial.date_of(day) for day in sorted(trial.days)] == sorted(p[3] for p in PEOPLE if p[3])


def test_a_word_in_place_of_a_date_means_what_a_status_means() -> None:
    rows = [(p[0], p[2], p[3] or "SF") for p in PEOPLE]
    waiting = [*rows, ("9", "2023-04-27", "pending"), ("8", "2023-04-26", "in screening")]
    trial = _read(_csv("Subject,Screened,Randomised", waiting))
    assert _counts(trial) == (4, 2, 2)
    assert any(
        "'SF' (2 cells) and 'in screening' (1 cell) are taken as statuses" in note for note in trial.account.notes
    )
    with pytest.raises(QuestionError, match=r'see note.* say which with --status "see note=\.\.\."'):
        _read(_csv("Subject,Screened,Randomised", [*rows, ("9", "2023-04-27", "see note")]))
    left = _csv("Subject,Randomised,Left on", [(p[0], p[3], p[4] or "still on study") for p in PEOPLE if p[3]])
    assert (_read(left).people.status == LEFT).sum() == 1


def test_a_word_in_place_of_a_date_that_contradicts_the_status_is_an_error() -> None:
    rows = [(p[0], p[2], p[3] or "Screen failure", "Ongoing") for p in PEOPLE]
    with pytest.raises(DataError, match=r"says 'Screen failure', and the status says 'Ongoing'.*\(rows 3, 6\)"):
        _read(_csv("Subject,Screened,Randomised,Status", rows))


def test_two_sheets_of_people_are_asked_about() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Screening log"
    for row in [
        ("Subject", "Consent date", "Status"),
        *((p[0], p[2], "SF" if not p[3] else "Eligible") for p in PEOPLE),
    ]:
        sheet.append(row)
    other = book.create_sheet("Randomisation log")
    for row in [("Subject", "Randomisation date"), *((p[0], p[3]) for p in PEOPLE if p[3])]:
        other.append(row)
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(QuestionError, match='--sheet "Randomisation log" or --sheet "Screening log"'):
        _read(content.getvalue(), "book.xlsx")


# --- counts


def _halves(count: int) -> tuple[int, int]:
    return count // 2, count - count // 2


TRACKERS: dict[str, str] = {
    "a column a country and their total": _csv(
        "Month,Germany,France,Total", [(f"2023-{i + 1:02}", *_halves(n), n) for i, n in enumerate(COUNTS)]
    ),
    "a column a site": _csv(
        "Month,Site 101,Site 102", [(f"2023-{i + 1:02}", *_halves(n)) for i, n in enumerate(COUNTS)]
    ),
    "a row a month and country": _csv(
        "Month,Country,Enrolled",
        [(f"2023-{i + 1:02}", land, part) for i, n in enumerate(COUNTS)
         for land, part in zip(("DE", "FR"), _halves(n), strict=True)],
    ),
    "a row a country": _csv(
        "Country," + ",".join(f"{month}-23" for month in MONTHS),
        [("Germany", *(_halves(n)[0] for n in COUNTS)), ("France", *(_halves(n)[1] for n in COUNTS))],
    ),
    "a column a year": _csv("Month,2023,2024", [(month, n, "") for month, n in zip(MONTHS, COUNTS, strict=True)]),
    "a row a year": _csv("Year," + ",".join(MONTHS), [("2023", *COUNTS)]),
    "years above months": _csv(
        "Country,2023" + "," * 11, [("", *MONTHS), ("Germany", *COUNTS)]
    ),
    "commas as points": _csv("Month;Enrolled", [(f"2023-{i + 1:02}", f"{n},0") for i, n in enumerate(COUNTS)], ";"),
    "weeks and years in German": _csv("KW;Jahr;Randomisiert", [(i + 1, 2023, n) for i, n in enumerate(COUNTS)], ";"),
    "first days, month first": _csv("Month,Enrolled", [(f"{i + 1}/1/2023", n) for i, n in enumerate(COUNTS)]),
    "first days, day first": _csv("Month,Enrolled", [(f"1/{i + 1}/2023", n) for i, n in enumerate(COUNTS)]),
    "a number beside each month": _csv(
        "Month #,Month,Enrolled", [(i + 1, f"{MONTHS[i]} 23", n) for i, n in enumerate(COUNTS)]
    ),
    "Italian": _csv(
        "Mese;Arruolati",
        [(f"{name} 2023", n) for name, n in zip(
            ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
             "novembre", "dicembre"],
            COUNTS, strict=True)], ";",
    ),
    "Portuguese": _csv(
        "Mês;Incluídos", [(f"{name}/2023", n) for name, n in zip(
            ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"], COUNTS,
            strict=True)], ";",
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", TRACKERS.values(), ids=TRACKERS)
def test_trackers_of_other_makes_are_read_right(content: str) -> None:
    trial = _read(content)
    assert trial.funnel is not None
    assert trial.funnel.randomised[: len(COUNTS)].tolist() == list(COUNTS)
    assert trial.first == date(2023, 1, 2 if "KW" in content else 1)


def test_countries_are_no_sites() -> None:
    """A country has several sites: taken as one, a plan's other sites would still be to come."""
    for name in ("a row a month and country", "a row a country"):
        assert not _read(TRACKERS[name]).has_sites, name
    assert not _read(TRACKERS["a column a country and their total"]).has_sites


def test_columns_that_may_be_countries_are_asked_about_with_the_option_that_adds_them_up() -> None:
    text = "Month,Germany,France\n2024-01,3,5\n2024-02,5,4\n"
    with pytest.raises(QuestionError, match=r'--columns "randomised=Germany\+France"') as asked:
        _read(text)
    (question,) = asked.value.questions
    said = Said().answered(question.option, question.choices[0][0])
    trial = observed_from([table_of(text.encode(), "data.csv")], said=said)
    assert trial.n_randomised == 17
    assert "'Germany' and 'France' are added up as those randomised" in trial.account.notes


def test_columns_that_are_sites_keep_them() -> None:
    text = "Month,Leeds,York\n2024-01-01,3,5\n2024-02-01,5,9\n"
    said = Said(columns={"site": "Leeds+York"}, counts="running")
    trial = observed_from([table_of(text.encode(), "data.csv")], said=said)
    n_at = {site.name: int((trial.people.site == i).sum()) for i, site in enumerate(trial.sites)}
    assert n_at == {"Leeds": 5, "York": 9}
    assert "each of 2 columns is a site, and counts those randomised: 'Leeds' and 'York'" in trial.account.notes


def test_a_total_that_is_no_sum_is_not_taken() -> None:
    with pytest.raises(QuestionError, match="randomised=Total"):
        _read("Month,Germany,France,Total\n2024-01,3,5,8\n2024-02,5,4,10\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Month,Enrolled\nJan,3\nFeb,5\n", "months without a year; add a column Year"),
        ("Quarter,Enrolled\nQ1,3\nQ2,5\n", "quarters without a year"),
        ("Week,Enrolled\n1,3\n2,5\n", "weeks without a year.*2024-W01"),
        ("Quarter,Enrolled\nFY23 Q1,12\nFY23 Q2,13\n", "fiscal year.*write the first day of each"),
        ("Fiscal quarter,Enrolled\n2023-Q1,12\n2023-Q2,13\n", "fiscal year"),
    ],
)
def test_periods_that_are_not_of_the_calendar_are_refused(content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(content)


def test_months_that_are_counted_give_no_forecast(tmp_path: Path) -> None:
    file = tmp_path / "counted.csv"
    file.write_text("Month,Enrolled\n1,3\n2,5\n3,4\n", encoding="utf-8")
    with pytest.raises(InputError, match="write each with its year"):
        forecast(simplest_file(tmp_path, "t"), file, replications=10, workers=1)


def test_a_header_that_a_shell_would_take_apart_is_quoted_in_the_advice() -> None:
    with pytest.raises(DataError, match='--columns "date=Start of"'):
        _read("Start of,Month of,Enrolled\n2024-01-01,2024-01,3\n2024-02-01,2024-02,4\n")


def test_a_day_after_the_placeholder_years_is_told_by_its_date_and_not_by_other_figures() -> None:
    day = timedelta(days=1)
    rows = [(i, date(2024, 1, 1) + i * day, f"{date(2024, 2, 1) + i * day} 10:00:00.1234") for i in range(4)]
    assert _read(_csv("Subject,Screened,Randomised", rows)).n_randomised == 4
