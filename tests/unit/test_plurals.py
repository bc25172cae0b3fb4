"""Counts, and lists of names, in words."""

from sim.plurals import counted, listed


def test_counts_have_the_right_number() -> None:
    assert [counted(n, "row") for n in (0, 1, 2, 1200)] == ["0 rows", "1 row", "2 rows", "1,200 rows"]
    assert [counted(n, "way out", "ways out") for n in (1, 3)] == ["1 way out", "3 ways out"]


def test_names_are_listed_as_in_a_sentence() -> None:
    assert [listed("abcd"[:n]) for n in range(5)] == ["", "a", "a and b", "a, b and c", "a, b, c and d"]
    assert [listed("abcd", most) for most in (1, 3, 4)] == ["a and 3 more", "a, b, c and 1 more", "a, b, c and d"]
