"""What people know of recruitment, in the studio's fields and in the answers to what a forecast asks."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlparse

import pytest

from sim.errors import UsageError
from sim.forecast.doubts import Doubt
from sim.web.pages.forecast.fit_tab import _go_on
from sim.web.pages.forecast.observed_data import DataState
from sim.web.pages.forecast.told_panel import answers, told_panel, with_told

if TYPE_CHECKING:
    from sim.forecast.fit.study import Fit


def test_fields_go_into_the_address_and_come_back() -> None:
    data = DataState(files=("x",))
    for what, value in (("closed", "2024-01-01..2024-01-31\n\n 2024-03-01..2024-03-02 "), ("ends", "2024-12-31")):
        data = with_told(data, what, value)
    data = with_told(data, "a_month", 1.5)
    assert data.closed == ("2024-01-01..2024-01-31", "2024-03-01..2024-03-02")
    assert DataState.of(data.query()) == data
    told = data.told()
    assert (told.ends, told.sites_a_month, len(told.closed)) == (date(2024, 12, 31), 1.5, 2)
    assert with_told(with_told(with_told(data, "closed", ""), "ends", None), "a_month", "") == DataState(files=("x",))


def test_what_is_no_number_is_refused_and_shows_an_empty_field() -> None:
    data = DataState(files=("x",), a_month="many")
    with pytest.raises(UsageError, match="must be a number"):
        data.told()
    assert len(told_panel(data)) == 1
    assert told_panel(DataState()) == []


@pytest.mark.parametrize(("target", "is_met"), [(20, True), (21, False)])
def test_a_fit_whose_target_is_met_says_that_a_date_needs_a_larger_one(target: int, is_met: bool) -> None:
    found = SimpleNamespace(target=target, trial=SimpleNamespace(n_randomised=20))
    said = _go_on(cast("Fit", found), "plan=x", "?file=x").children[-1]
    assert ("20 already in: for a date, say above how many" in said) is is_met


def test_a_question_is_answered_by_a_link() -> None:
    """Each keeps what was said before, and what else was asked."""
    data = DataState(files=("x",), closed=("2023-01-01..2023-01-05",))
    asked = [
        Doubt("was recruitment closed?", "--closed 2024-01-01..2024-02-29", None, None, 1.0),
        Doubt("will others follow as fast?", "--sites-a-month 2", None, None, 1.0),
    ]
    found = answers(asked, data, [("plan", "scenario=base")])
    assert found is not None
    links = [parse_qs(urlparse(line.children[1].href).query) for line in found.children]
    assert links[0]["closed"] == ["2023-01-01..2023-01-05", "2024-01-01..2024-02-29"]
    assert (links[1]["closed"], links[1]["a_month"]) == (["2023-01-01..2023-01-05"], ["2"])
    assert all((link["plan"], link["go"], link["data"]) == (["scenario=base"], ["1"], ["x"]) for link in links)
    assert answers([], data, []) is None
