"""Forecast: data are brought, checked and mapped by hand where they must be; then the date comes first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from studio_browser import LONG_MS

from sim.exchange.read import observed_from
from sim.exchange.simulated import example_data
from sim.exchange.upload import tables_of

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def _bring(page: Any, content: str | bytes, name: str = "data.csv", where: str = "upload") -> None:
    data = content.encode() if isinstance(content, str) else content
    page.locator(f"#forecast-{where} input").set_input_files([{"name": name, "mimeType": "text/csv", "buffer": data}])


def _n_tried() -> int:
    """Randomised in the data to try."""
    log, _ = example_data()
    return observed_from(tables_of([log])).n_randomised


def test_simulated_data_are_forecast(visit: Callable[..., Any]) -> None:
    page = visit("/forecast?replications=48")
    page.get_by_role("button", name="Try it with simulated data").click()
    assert f"{_n_tried()} participants at 3 sites" in page.locator("#forecast-good").inner_text()
    assert "no real patients" in page.locator("#forecast-panel").inner_text()
    page.get_by_role("textbox", name="What if some value were different").click()
    page.get_by_role("option", name="General hospital: Number of sites").click()
    page.get_by_role("textbox", name="General hospital: Number of sites").fill("4")
    page.wait_for_function("() => document.querySelector('.what-ifs input').value === '4'")
    page.locator("#forecast-run").click()
    headline = page.locator("#forecast-answer .headline")
    text = headline.inner_text(timeout=LONG_MS)
    assert text.startswith("The last of the 45 participants is randomised by 20")
    answer = page.locator("#forecast-answer").text_content()  # of every section; one is shown at a time
    what_if = "General hospital, number of sites 4"
    for part in ("needs", "randomisations a month", "What changed since the plan?", what_if):
        assert part in answer


@pytest.mark.slow
def test_a_reload_gives_a_forecast_again(visit: Callable[..., Any]) -> None:
    page = visit("/forecast?replications=48")
    page.get_by_role("button", name="Try it with simulated data").click()
    page.locator("#forecast-good").wait_for()
    page.get_by_label("Rates stay as they are").check()
    page.locator("#forecast-run").click()
    headline = page.locator("#forecast-answer .headline")
    text = headline.inner_text(timeout=LONG_MS)
    page.locator("#forecast-run:not([disabled])").wait_for(timeout=LONG_MS)
    assert "--constant-rates" in (page.locator("#forecast-answer").text_content() or "")
    page.reload()
    assert headline.inner_text(timeout=LONG_MS) == text
    assert page.get_by_label("Rates stay as they are").is_checked()


def test_a_wrong_file_is_named_and_what_was_there_stays(visit: Callable[..., Any]) -> None:
    page = visit("/forecast")
    _bring(page, "date,site\n2024-01-31,A\n2024-02-03,B\n2024-02-05,A\n")
    page.locator("#forecast-good").wait_for()
    _bring(page, PNG, "picture.csv")
    wrong = page.locator("#forecast-wrong-file [role=alert]")
    assert "picture.csv: is an image; expected CSV, Excel (.xlsx)" in wrong.inner_text()
    assert page.locator("#forecast-good").count() == 1
    _bring(page, b"x" * 5_000_001, "long.csv")
    page.get_by_text("long.csv: is larger than 5 MB").wait_for()


def test_rows_columns_and_dates_are_asked_about(visit: Callable[..., Any]) -> None:
    page = visit("/forecast")
    _bring(page, "date,screened\n2024-01-31,2024-02-01\n2024-02-03,2024-02-01\n")
    assert "randomised before screened (row 2)" in page.locator("#forecast-panel [role=alert]").inner_text()
    _bring(page, "Nr,When,Where\n1,03/04/2024,X\n2,05/06/2024,Y\n")
    page.get_by_text("no column is the date of randomisation").wait_for()
    page.get_by_text("choose the column below").first.wait_for()
    page.get_by_role("textbox", name="Date of randomisation").click()
    page.get_by_role("option", name="When").click()
    page.get_by_text("The dates can be read in two ways").wait_for()
    page.get_by_text("choose below which comes first").wait_for()
    assert "--" not in page.locator("#forecast-panel").inner_text(), "an option of the command line"
    page.get_by_label("day first").check()
    page.locator("#forecast-good").wait_for()
    assert "from 2024-04-03 to 2024-06-05" in page.locator("#forecast-good").inner_text()
    page.wait_for_url(re.compile("dmy"))  # the address follows by itself, beside the panel
    page.reload()
    assert "from 2024-04-03 to 2024-06-05" in page.locator("#forecast-good").inner_text()


def test_what_people_know_of_recruitment_is_kept_in_the_address(visit: Callable[..., Any]) -> None:
    """A closed period that cannot be is refused beside its field; what can be is there after a reload."""
    page = visit("/forecast")
    page.get_by_role("button", name="Try it with simulated data").click()
    closed, a_month = (
        page.get_by_label("Recruitment was closed from..to"),
        page.get_by_label("Sites that open a month"),
    )
    closed.fill("2021-02-30..2021-03-01")
    closed.press("Tab")
    page.get_by_text("the closed periods: must be a date").wait_for()
    closed.fill("2020-11-01..2020-12-15")
    closed.press("Tab")
    a_month.fill("0.5")
    a_month.press("Tab")
    page.wait_for_url("**a_month=0.5**")
    page.reload()
    page.locator("#forecast-good").wait_for()
    assert closed.input_value() == "2020-11-01..2020-12-15"
    assert a_month.input_value() == "0.5"
    assert page.get_by_text("the closed periods: must be a date").count() == 0


@pytest.mark.slow
def test_forecasts_made_on_the_way_are_held_against_what_happened(visit: Callable[..., Any]) -> None:
    page = visit("/forecast")
    page.get_by_role("button", name="Try it with simulated data").click()
    page.locator("#forecast-good").wait_for()
    page.get_by_role("tab", name="Backtest").click()
    page.locator("#forecast-back-run").click()
    answer = page.locator("#forecast-back-answer")
    assert "3 forecasts made on the way" in answer.locator(".headline").inner_text(timeout=LONG_MS)
    page.locator("#forecast-back-run:not([disabled])").wait_for(timeout=LONG_MS)
    page.get_by_label("Or days between forecasts").fill("150")
    page.locator("#forecast-back-target").fill("100")
    page.locator("#forecast-back-run").click()
    wrong = page.locator("#forecast-back-wrong [role=alert]")
    assert f"only {_n_tried()} were randomised" in wrong.inner_text(timeout=LONG_MS)
    page.locator("#forecast-back-target").fill("20")
    page.locator("#forecast-back-run:not([disabled])").click(timeout=LONG_MS)
    assert "the one forecast made on the way" in answer.locator(".headline").inner_text(timeout=LONG_MS)
    assert "--every 150d --target 20" in (answer.text_content() or "")


@pytest.mark.slow
def test_what_the_data_say_becomes_the_plan(visit: Callable[..., Any]) -> None:
    """Who has no plan fits one, says how long participants are followed, and forecasts with it."""
    page = visit("/forecast?replications=48")
    page.get_by_role("button", name="Try it with simulated data").click()
    page.locator("#forecast-good").wait_for()
    page.get_by_role("tab", name="Fit").click()
    page.get_by_label("Weeks to the last visit").fill("20")
    page.locator("#forecast-fit-target").fill("60")
    page.locator("#forecast-fit-run").click()
    answer = page.locator("#forecast-fit-answer")
    assert answer.locator(".headline").inner_text(timeout=LONG_MS).startswith(f"{_n_tried()} randomised from ")
    assert "--target 60 --follow-up-weeks 20" in (answer.text_content() or "")
    page.get_by_role("link", name="forecast with it").click()
    headline = page.locator("#forecast-answer .headline")
    text = headline.inner_text(timeout=LONG_MS)
    assert text.startswith("The last of the 60 participants is randomised by 20")
    assert "the database is locked by" in text
    assert "What changed since the plan?" not in page.locator("#forecast-answer").inner_text(), "it is no plan"


@pytest.mark.parametrize(
    ("tab", "name"), [("Forecast", "forecast"), ("Backtest", "forecast-back"), ("Fit", "forecast-fit")]
)
def test_without_data_each_tab_says_so(visit: Callable[..., Any], tab: str, name: str) -> None:
    page = visit("/forecast")
    page.get_by_role("tab", name=tab).click()
    page.locator(f"#{name}-run").click()
    wrong = page.locator(f"#{name}-wrong [role=alert]")
    assert "there are no data yet: upload a file" in wrong.inner_text(timeout=LONG_MS)
