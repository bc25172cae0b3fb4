"""What a file is called and how its columns are shown before it is read."""

from __future__ import annotations

import pytest

from sim.errors import UsageError
from sim.exchange.findings import DataError
from sim.exchange.limits import ReadLimits
from sim.exchange.read import COUNTS, LOG, SDTM
from sim.exchange.tables.raw import RawTable
from sim.exchange.upload import SITES, Upload, preview, preview_sites, tables_of


def table(text: str, name: str = "t.csv") -> RawTable:
    (found,) = tables_of([Upload(name, text.encode())])
    return found


LOG_TEXT = "Subject,Site,Consent date,Rand date,Extra\n" + "".join(
    f"{i},A,2024-01-0{i},2024-01-1{i},x\n" for i in range(1, 8)
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a/b\\c.csv", "c.csv"), ("..\\..\\x.csv", "x.csv"), ("a\u202e\u0007b.csv", "a b.csv"), ("", "data"),
     ("x/", "data"), ("y" * 200, "y" * 120)],
)  # fmt: skip
def test_a_name_is_shown_without_folders_and_what_cannot_be_seen(name: str, shown: str) -> None:
    assert Upload(name, b"").shown == shown


def test_no_more_files_than_are_read_at_once_and_no_other_kinds() -> None:
    file = Upload("t.CSV", LOG_TEXT.encode())
    assert len(tables_of([file] * 3)) == 3
    with pytest.raises(UsageError, match="at most 3 files at once"):
        tables_of([file] * 4)
    with pytest.raises(DataError, match="not a kind of file that is read here"):
        tables_of([Upload("t.exe", LOG_TEXT.encode())])
    with pytest.raises(DataError, match="rows"):
        tables_of([file], ReadLimits(rows=6))
    assert tables_of([file], ReadLimits(rows=7))


def test_a_log_is_shown_with_the_roles_of_its_columns() -> None:
    found = preview([table(LOG_TEXT)])
    assert (found.kind, found.n_rows, found.file) == (LOG, 7, "t.csv")
    assert found.headers == ("Subject", "Site", "Consent date", "Rand date", "Extra")
    assert found.rows == tuple((str(i), "A", f"2024-01-0{i}", f"2024-01-1{i}", "x") for i in range(1, 6))
    roles = {role.name: role.header for role in found.roles if role.header}
    assert roles == {"date": "Rand date", "screened": "Consent date", "participant": "Subject", "site": "Site"}
    assert [role.name for role in found.roles if role.is_needed] == ["date"]
    assert found.unknown == ()


def test_a_column_that_is_said_has_its_role_and_one_that_is_not_there_has_none() -> None:
    found = preview([table(LOG_TEXT)], {"arm": "Extra", "site": "", "status": "Nowhere"})
    roles = {role.name: role.header for role in found.roles}
    assert (roles["arm"], roles["site"], roles["status"]) == ("Extra", "", "")


def test_what_is_needed_and_not_there_is_named() -> None:
    found = preview([table("Month,Screened\n2024-01,3\n2024-02,4\n")], kind=COUNTS)
    assert [role.name for role in found.unknown] == ["randomised"]
    assert {role.name: role.header for role in found.roles if role.header} == {"date": "Month", "screened": "Screened"}


def test_wide_counts_are_shown_as_they_are_read() -> None:
    """A column a month becomes a row a month."""
    found = preview([table("Site,2024-01,2024-02\nA,3,4\nB,1,2\n")])
    assert found.kind == COUNTS
    assert found.n_rows == 4


def test_sdtm_has_no_roles_to_choose() -> None:
    found = preview([table("STUDYID,DOMAIN,USUBJID,RFSTDTC\nS,DM,1,2024-01-02\n", "dm.csv")])
    assert (found.kind, found.roles, found.n_rows) == (SDTM, (), 1)


def test_two_columns_of_one_role_are_candidates() -> None:
    found = preview([table("Subject,Enrolled on,Randomised on\n1,2024-01-02,2024-01-03\n2,2024-01-05,2024-01-09\n")])
    (role,) = [role for role in found.roles if role.name == "date"]
    assert role.header or set(role.candidates) == {"Enrolled on", "Randomised on"}


def test_a_table_of_sites_is_shown_with_its_own_roles() -> None:
    found = preview_sites(table("Site,Activated\nA,2024-01-02\nB,2024-02-02\n"))
    assert (found.kind, found.unknown) == (SITES, ())
    assert {role.name: role.header for role in found.roles if role.header} == {"site": "Site", "activated": "Activated"}
    assert [role.name for role in preview_sites(table("Site,x\nA,1\nB,2\n")).unknown] == ["activated"]
