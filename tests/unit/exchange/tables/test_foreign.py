"""Files that are no data of a trial are recognised by their first bytes, their parts or their keys."""

from __future__ import annotations

import io
import zipfile

import pytest

from sim.exchange.findings import DataError
from sim.exchange.tables.foreign import check_start, check_text, check_zip, what_json_is


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"PAR1....", "is a Parquet file"),
        (b"\x1f\x8b\x08", "is packed with gzip"),
        (b"<?xml version='1.0'?><ODM xmlns='x'>", "is CDISC ODM"),
        (b"\xef\xbb\xbf \n<html><table>", "is a web page"),
        (b"<?xml version='1.0'?><report/>", "is XML"),
        (b"<?xml?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", "is an Excel workbook as XML"),
    ],
)
def test_by_the_first_bytes(content: bytes, what: str) -> None:
    with pytest.raises(DataError, match=rf"^f: {what}"):
        check_start(content, "f")


@pytest.mark.parametrize("content", [b"Subject,Site\n", b"", b"<5 years,3\n", b"x%PDF"])
def test_a_table_of_text_is_not_taken_for_one(content: bytes) -> None:
    check_start(content, "f")


def archive(**parts: int) -> bytes:
    """A zip archive of parts with so many bytes; `__` is a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, size in parts.items():
            file.writestr(name.replace("__", "/") + ".xml", b"0" * size)
    return made.getvalue()


def test_a_workbook_is_a_zip_archive_with_its_parts() -> None:
    book = archive(xl__workbook=500, xl__sheet1=500)
    check_zip(book, "f", 1_000)
    with pytest.raises(DataError, match=r"unpacks to more than 0\.000999 MB.*got 0 MB"):
        check_zip(book, "f", 999)
    with pytest.raises(DataError, match=r"is a zip archive \(a\.xml, b\.xml, c\.xml\); unpack it"):
        check_zip(archive(d=1, a=1, c=1, b=1), "f", 1_000)
    with pytest.raises(DataError, match="is an OpenDocument file"):
        check_zip(archive(content=1), "f", 1_000)
    with pytest.raises(DataError, match="is a Word document"):
        check_zip(archive(word__document=1), "f", 1_000)
    with pytest.raises(DataError, match="is not an Excel workbook that can be read"):
        check_zip(book[:40], "f", 1_000)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"protocolSection": {"identificationModule": {"nctId": "NCT01234567"}}}, "in a registry (NCT01234567), which"),
        ([{"studies": []}], "in a registry, which"),
        ({"protocolSection": {"identificationModule": {"nctId": "<b>"}}}, "in a registry, which"),
        ({"protocolSection": {"identificationModule": []}}, "in a registry, which"),
        ({"protocolSection": []}, "in a registry, which"),
        ({"resourceType": "Patient"}, "a FHIR resource"),
        ({"scenario_hash": "a", "seed": 1}, "a file of a results folder"),
        ({"fingerprint": 1}, "a file of a results folder"),
        ({"trial": {}, "sites": {}}, "a scenario"),
    ],
)
def test_json_of_a_known_kind(data: object, what: str) -> None:
    assert what in what_json_is(data)


@pytest.mark.parametrize(
    "data", [None, [], [1], {}, {"trial": {}}, {"scenario_hash": "a"}, "studies", [{"subject": 1}]]
)
def test_other_json(data: object) -> None:
    assert what_json_is(data) == ""


def test_a_scenario_is_known_by_its_ending_or_two_of_its_sections() -> None:
    for text, name in (("a,b\n", "t.YAML"), ("trial: {}\nsites:\n", "t.csv")):
        with pytest.raises(DataError, match="is a scenario; give it before --observed"):
            check_text(text, name)
    check_text("trial: {}\ntrial: {}\n", "t.csv")
    check_text("trial,sites\n1,2\n", "t.csv")
