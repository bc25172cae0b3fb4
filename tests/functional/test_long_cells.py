"""A cell of thousands of characters is named in a few words, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call

from sim.errors import with_short_quotes

LONG = "Not 'seen' by anyone " * 250
HEADER = "Subject,Site,Consent,Randomised,Status,Study"


def _rows(column: int, row: int, cell: str) -> str:
    """Twenty people of a log; one cell is another."""
    lines = [HEADER.split(",")]
    lines += [[f"{i}", "A", f"2023-01-{i:02}", f"2023-02-{i:02}", "Ongoing", "S1"] for i in range(1, 21)]
    lines[row][column] = cell
    return "\n".join(",".join(line) for line in lines) + "\n"


@pytest.mark.parametrize("row", [0, 7])
@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("cell", [LONG, "x" * 5000])
def test_no_message_quotes_a_long_cell_in_full(column: int, row: int, cell: str, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(_rows(column, row, cell))
    outcome = call("fit", file, "--out", tmp_path / "fitted.yaml", "--as-of", "2023-03-31")
    assert outcome.code in (0, 2)
    assert cell[:250] not in " ".join((outcome.out + outcome.err).split())
    assert len(outcome.out + outcome.err) < 8000


def test_only_what_is_quoted_is_shortened() -> None:
    """Apostrophes of words begin and end nothing; what is short stays as it is."""
    plain = "the site's own word, which may be as long as it likes, is not the sponsor's, and nothing is cut from it"
    assert with_short_quotes(plain) == plain
    short = f"'{'x' * 60}' and '{'y' * 60}'"
    assert with_short_quotes(short) == short
    assert with_short_quotes(f"the site's '{'x' * 61}' is no date") == f"the site's '{'x' * 59}…' is no date"
    assert with_short_quotes(f"'{'O’Brien, O' + chr(39) + 'Neill ' * 20}'").endswith("…'")
