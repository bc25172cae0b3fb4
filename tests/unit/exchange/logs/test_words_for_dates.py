"""Words where a date should be: which are words, and which contradict a status."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.exchange.logs.words_for_dates import _disagree, _is_word, _words
from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("Screen failure", True), ("#NAME?", False), ("-", False), ("week 3", False), ("pending", False)],
)
def test_a_word_has_letters_and_no_figures_and_means_something(text: str, is_one: bool) -> None:
    assert _is_word(text) is is_one


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["2024-01-02", "postponed"], ["postponed"]),
        (["2024-01-02", "postponed", "delayed"], []),
        (["2024-01-02", "screen failure", "delayed"], ["screen failure"]),
        (["2024-01-02", "2024-01-03", ""], []),
        (["", ""], []),
        (["2024-01-02", "3 weeks"], []),
    ],
)
def test_an_unknown_word_counts_where_at_least_half_are_dates(cells: list[str], words: list[str]) -> None:
    assert _words(pd.Series(cells)).tolist() == words


@pytest.mark.parametrize(
    ("word", "status", "disagree"),
    [
        (FAILED, RANDOMISED, True),
        (RANDOMISED, FAILED, True),
        (FAILED, IN_SCREENING, False),
        (IN_SCREENING, RANDOMISED, True),
        (RANDOMISED, IN_SCREENING, False),
        (LEFT, COMPLETED, False),
        (FAILED, FAILED, False),
        ("", FAILED, False),
        (FAILED, "", False),
    ],
)
def test_a_failure_contradicts_all_that_comes_after_it(word: str, status: str, disagree: bool) -> None:
    assert _disagree(word, status) is disagree
