"""JSON as a table: records, one a line or in a list, and both versions of Dataset-JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sim.exchange.findings import DataError
from sim.exchange.limits import ON_DISK, ReadLimits
from sim.exchange.tables.json_tables import json_table

RECORDS = [{"Subject": "1", "Site": "A"}, {"Subject": 2, "Randomised": None}]
COLUMNS = [{"name": "USUBJID", "label": "x"}, {"name": " AGE "}]


def read(data: object, limits: ReadLimits = ON_DISK) -> tuple[list[str], list[list[str]], list[int], str]:
    text = data if isinstance(data, str) else json.dumps(data)
    frame, domain = json_table(text, "t", limits)
    return frame.columns.tolist(), frame.to_numpy().tolist(), frame.index.tolist(), domain


def test_records_count_from_1_and_have_every_name_that_one_has() -> None:
    expected = (["Subject", "Site", "Randomised"], [["1", "A", ""], ["2", "", ""]], [1, 2], "")
    assert read(RECORDS) == expected
    assert read("\n".join(json.dumps(record) for record in RECORDS) + "\n\n") == expected


def test_dataset_json_counts_from_2_and_names_its_domain() -> None:
    rows = [["S-1", 40], ["S-2", None]]
    expected = (["USUBJID", "AGE"], [["S-1", "40"], ["S-2", ""]], [2, 3], "DM")
    assert read({"columns": COLUMNS, "rows": rows, "name": "dm"}) == expected
    assert read({"clinicalData": {"itemGroupData": {"IG.DM": {"items": COLUMNS, "itemData": rows, "name": "DM"}}}}) == (
        expected
    )
    assert read({"columns": COLUMNS, "rows": rows})[3] == ""


@pytest.mark.parametrize(
    "data",
    ["nothing", "[1, 2]", "{}", "[]", [{"a": [1]}], [{"a": {"b": 1}}], {"columns": 1, "rows": 2}, "[" * 100_000,
     {"columns": COLUMNS, "rows": [["one"]]}, {"clinicalData": {"itemGroupData": {}}}, "null", '{"a": 1}\n{'],
)  # fmt: skip
def test_other_json_is_no_table(data: object) -> None:
    with pytest.raises(DataError, match="is not CDISC Dataset-JSON, and no list of records"):
        read(data)


def test_what_it_is_is_said_where_that_is_known() -> None:
    with pytest.raises(DataError, match="is a FHIR resource"):
        read([{"resourceType": "Patient", "id": "1"}])


def test_limits() -> None:
    two = replace(ON_DISK, rows=2, columns=3)
    read(RECORDS, two)
    with pytest.raises(DataError, match=r"has more than 1 rows.*got 2"):
        read(RECORDS, replace(two, rows=1))
    with pytest.raises(DataError, match=r"has more than 2 columns.*got 3"):
        read(RECORDS, replace(two, columns=2))
    with pytest.raises(DataError, match="is larger than"):
        read(RECORDS, replace(two, json_bytes=10))
    with pytest.raises(DataError, match="has two columns of the same name: A, B"):
        read({"columns": [{"name": name} for name in ("B", "A", "A ", "B")], "rows": []})
