"""Counts in words."""

from sim.plurals import counted


def test_counts_have_the_right_number() -> None:
    assert [counted(n, "row") for n in (0, 1, 2, 1200)] == ["0 rows", "1 row", "2 rows", "1,200 rows"]
    assert [counted(n, "way out", "ways out") for n in (1, 3)] == ["1 way out", "3 ways out"]
