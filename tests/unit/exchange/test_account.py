"""The account of a file, in lines and as values."""

from __future__ import annotations

from sim.exchange.account import BY_CONTENT, BY_OPTION, Account, ColumnUse

WHOLE = Account(
    kind="enrolment log",
    columns=(
        ColumnUse("date of randomisation", "Rand_Dt"),
        ColumnUse("site", "Where", BY_CONTENT),
        ColumnUse("participant", "ID"),
        ColumnUse("status", "S", BY_OPTION),
    ),
    left_out=("Note", "Sex"),
    n_rows=1_234,
    became=(("randomised", 1_000), ("of them left", 3)),
    ignored=(("no date", 2), ("a total", 1)),
    end="2024-02-05, the latest day in 'Rand_Dt'",
    notes=("dates are day first",),
)


def test_lines() -> None:
    assert WHOLE.lines() == [
        "Read as enrolment log: 'Rand_Dt' is the date of randomisation, 'ID' is the participant (by name); "
        "'Where' is the site (by content); 'S' is the status (by --columns). Not used: 'Note', 'Sex'.",
        "1,234 rows: 1,000 randomised, 3 of them left; left out: 2 (no date), 1 (a total).",
        "The data end on 2024-02-05, the latest day in 'Rand_Dt'.",
        "Dates are day first.",
    ]


def test_a_line_is_there_only_where_it_says_something() -> None:
    assert Account().lines() == []
    assert Account(left_out=("Sex",)).lines() == ["Not used: 'Sex'."]
    assert Account(columns=WHOLE.columns[:1]).lines() == ["'Rand_Dt' is the date of randomisation (by name)."]
    assert Account(kind="SDTM", n_rows=1).lines() == ["1 row."]
    assert Account(n_rows=2, ignored=(("no date", 2),)).lines() == ["2 rows; left out: 2 (no date)."]


def test_values() -> None:
    found = WHOLE.document()
    assert found["columns"][1] == {"role": "site", "header": "Where", "how": "by content"}
    assert (found["rows"], found["became"], found["ignored"]) == (
        1_234,
        {"randomised": 1_000, "of them left": 3},
        {"no date": 2, "a total": 1},
    )
    assert (found["kind"], found["left_out"], found["gaps"], found["notes"]) == (
        "enrolment log",
        ["Note", "Sex"],
        [],
        ["dates are day first"],
    )
