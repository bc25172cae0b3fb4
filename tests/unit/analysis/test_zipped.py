"""The same answer makes the same bytes, whenever it is written."""

from __future__ import annotations

import io
import zipfile

from sim.analysis.zipped import without_times


def file_of(year: int, inner: bytes = b"data") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, data in (
            ("docProps/core.xml", f"<created>{year}-02-03T04:05:06Z</created>".encode()),
            ("other.xml", f"{year}-02-03T04:05:06Z".encode()),
            ("chart.xlsx", inner),
        ):
            made.writestr(zipfile.ZipInfo(name, (year, 1, 1, 1, 1, 2)), data)
    return target.getvalue()


def nested(year: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr(zipfile.ZipInfo("a", (year, 1, 1, 1, 1, 2)), b"x")
    return file_of(year, target.getvalue())


def test_times_of_parts_and_properties_are_fixed_and_the_rest_stays() -> None:
    """Also within a workbook inside; a date in the content is content."""
    fixed = without_times(nested(2021))
    with zipfile.ZipFile(io.BytesIO(fixed)) as book:
        assert book.namelist() == ["docProps/core.xml", "other.xml", "chart.xlsx"]
        assert {info.date_time for info in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert book.read("docProps/core.xml") == b"<created>1980-01-01T00:00:00Z</created>"
        assert book.read("other.xml") == b"2021-02-03T04:05:06Z"
        with zipfile.ZipFile(io.BytesIO(book.read("chart.xlsx"))) as inner:
            assert {info.date_time for info in inner.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert inner.read("a") == b"x"
    assert without_times(fixed) == fixed
