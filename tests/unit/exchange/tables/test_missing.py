"""Words that stand for a missing value, and how it is told which were taken so."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from sim.exchange.tables.missing import told, told_as, without_words


def test_words_for_nothing_are_emptied_in_any_case_and_counted() -> None:
    before = pd.DataFrame({"a": ["NA", "x", "n/a", "NA"], "b": ["-", "0", "None", "-1"]}, index=[2, 3, 4, 5])
    after, clause = without_words(before)
    assert after["a"].tolist() == ["", "x", "", ""]
    assert after["b"].tolist() == ["", "0", "", "-1"]
    assert after.index.tolist() == [2, 3, 4, 5]
    assert clause == "'NA' (2 cells), 'n/a' (1 cell), '-' (1 cell) and 'None' (1 cell) are taken as no value"
    assert before["a"].tolist()[0] == "NA"


def test_a_table_without_them_stays_and_nothing_is_told() -> None:
    before = pd.DataFrame({"a": ["x", ""], "a2": ["0", "no"]})
    after, clause = without_words(before)
    assert (after.equals(before), clause) == (True, "")


def test_two_columns_of_one_name_are_each_looked_at() -> None:
    after, _ = without_words(pd.DataFrame([["NA", "x"], ["y", "."]], columns=["a", "a"]))
    assert after.to_numpy().tolist() == [["", "x"], ["y", ""]]


def test_one_word_is_said_in_the_singular_and_rare_ones_are_summed() -> None:
    assert told(Counter({"NA": 1}), "date") == "'NA' (1 date) is taken as no value"
    assert told_as(Counter({"gone": 2}), "row", "left", "those who left") == "'gone' (2 rows) is taken as left"
    many = Counter({f"w{n}": 10 - n for n in range(8)})
    assert told(many, "cell").endswith("'w5' (5 cells) and 2 more such words are taken as no value")
    assert "more" not in told(Counter({f"w{n}": 10 - n for n in range(6)}), "cell")
