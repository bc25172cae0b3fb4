"""Visitors' files are read in a process of its own: the same tables, questions and messages, and bounded memory."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest

from sim.exchange.findings import DataError, QuestionError
from sim.exchange.limits import FROM_ELSEWHERE
from sim.exchange.upload import Upload, tables_of
from sim.web.work.data_reader import tables_apart

LOG = Upload("data.csv", b"Subject,Randomised on\n1,2024-01-31\n2,2024-02-03\n")


def _book() -> Upload:
    content = io.BytesIO()
    with pd.ExcelWriter(content) as book:
        pd.DataFrame({"Subject": ["1"], "Randomised": ["2024-01-31"]}).to_excel(book, sheet_name="Log", index=False)
        pd.DataFrame({"Month": ["2024-01"], "Enrolled": [1]}).to_excel(book, sheet_name="Summary", index=False)
    return Upload("data.xlsx", content.getvalue())


def test_it_is_the_same_reader_and_what_it_asks_and_refuses_arrives_whole() -> None:
    ours, theirs = tables_apart([LOG], FROM_ELSEWHERE)[0], tables_of([LOG])[0]
    assert ours.cells.equals(theirs.cells)
    with pytest.raises(QuestionError) as asked:
        tables_apart([_book()], FROM_ELSEWHERE)
    assert [choice for choice, _ in asked.value.questions[0].choices] == ["Log", "Summary"]
    assert tables_apart([_book()], FROM_ELSEWHERE, sheet="Log")[0].columns == ["Subject", "Randomised"]
    with pytest.raises(DataError) as refused:
        tables_apart([Upload("data.csv", b"%PDF-1.4")], FROM_ELSEWHERE)
    assert refused.value.problems[0].file == "data.csv"


def test_a_file_that_takes_more_memory_than_there_is_breaks_its_own_process_only() -> None:
    rows = "".join(f"first {i:07},second {i:07},third {i:07}\n" for i in range(190_000))
    many = Upload("many.csv", f"a,b,c\n{rows}".encode())
    limits = replace(FROM_ELSEWHERE, memory_bytes=20_000_000)
    with pytest.raises(DataError, match=r"many\.csv: takes more memory or time to read"):
        tables_apart([many], limits)
    assert len(tables_apart([LOG], limits)[0].cells) == 2
