"""A form that an answer draws again loses nothing: no button pressed just before, and no text typed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect
from studio_browser import until
from test_left_in_time import HeldBack

NEW, CHEAPEST, FORECAST = "new-told.data", "cheapest-told.data", "forecast-own-told.data"
NAME = "#new-form input[id*='\"name\"']"


def _new(visit: Callable[..., Any], part: str) -> Any:
    page = visit(f"/new?scenario=classroom&part={part}")
    expect(page.locator("#new-form h2")).to_have_text(part)
    return page


def _add(page: Any, path: str, name: str) -> None:
    """Add a part of this name, without looking at what becomes of it."""
    adder = page.locator(f"#new-form [data-path='{path}'] > .more .adder, [data-path='{path}'] > .adder")
    adder.locator("input").fill(name)
    adder.locator("button").click()


def _field(page: Any, path: str) -> Any:
    return page.locator(f"#new-form [data-path='{path}'] input").first


def _name_of(page: Any, path: str) -> Any:
    return page.locator(f"#new-form [data-path='{path}'] > .more input[aria-label^='Name of']")


def test_an_added_part_is_there_though_a_value_was_typed_after_it(visit: Callable[..., Any]) -> None:
    page = _new(visit, "Sites and rates")
    held = HeldBack(page, NEW)
    _add(page, "sites", "Added")
    held.wait()
    _field(page, "sites/hospital/count").fill("7")
    page.keyboard.press("Tab")
    page.wait_for_timeout(600)  # a field reports 400 ms after its last key
    held.release()
    expect(_field(page, "sites/Added/count")).to_be_visible()
    expect(_field(page, "sites/hospital/count")).to_have_value("7")
    expect(page.locator("#new-heading")).to_contain_text("12 sites")


def test_another_name_stays_though_a_part_was_added_after_it(visit: Callable[..., Any]) -> None:
    page = _new(visit, "Sites and rates")
    held = HeldBack(page, NEW)
    _name_of(page, "sites/hospital").fill("clinic")
    _add(page, "sites", "Added")
    held.wait()
    page.wait_for_timeout(200)
    held.release()
    expect(_field(page, "sites/Added/count")).to_be_visible()
    expect(_field(page, "sites/clinic/count")).to_be_visible()


def test_the_form_is_drawn_again_around_somebody_who_types(visit: Callable[..., Any]) -> None:
    page = _new(visit, "Sites and rates")
    held = HeldBack(page, NEW)
    _add(page, "sites", "Added")
    held.wait()
    label = _field(page, "sites/hospital/label")
    label.press("End")
    page.keyboard.type(" at the")
    held.release()
    expect(_field(page, "sites/Added/count")).to_be_visible()
    page.keyboard.type(" sea")
    expect(label).to_have_value("Hospital at the sea")
    expect(label).to_be_focused()


def test_the_next_name_may_be_typed_while_the_first_is_added(visit: Callable[..., Any]) -> None:
    page = _new(visit, "Caps")
    held = HeldBack(page, NEW)
    _add(page, "caps", "First")
    held.wait()
    next_one = page.locator('#new-form input[id=\'{"path":"caps","type":"new-name"}\']')
    next_one.fill("Second")
    held.release()
    expect(page.locator("#new-form [data-path='caps/First']")).to_be_visible()
    expect(next_one).to_have_value("Second")


def test_undo_takes_back_what_was_before_it_and_not_what_is_typed_after_it(visit: Callable[..., Any]) -> None:
    page = _new(visit, "Sites and rates")
    _field(page, "sites/hospital/count").fill("7")
    expect(page.locator("#new-heading")).to_contain_text("7 sites")
    expect(page.locator("#new-back")).to_be_enabled()
    held = HeldBack(page, NEW)
    page.locator("#new-back").click()
    held.wait()
    _field(page, "sites/hospital/label").fill("By the sea")
    page.wait_for_timeout(600)
    held.release()
    expect(_field(page, "sites/hospital/count")).not_to_have_value("7")
    expect(_field(page, "sites/hospital/label")).to_have_value("By the sea")
    expect(page.locator("#new-back")).to_be_enabled()


def test_a_part_opens_though_a_value_is_reported_after_it(visit: Callable[..., Any]) -> None:
    page = _new(visit, "Name, target, dates")
    held = HeldBack(page, NEW)
    page.locator("#new-parts button", has_text="Caps").click()
    held.wait()
    page.locator(NAME).fill("Typed after it")
    page.wait_for_timeout(600)
    held.release()
    expect(page.locator("#new-form h2")).to_have_text("Caps")
    expect(page.locator("#new-heading h1")).to_have_text("Typed after it")


def _cheapest(visit: Callable[..., Any]) -> Any:
    page = visit("/cheapest?scenario=classroom")
    expect(page.locator("#cheapest-options-said")).to_contain_text("plans")
    return page


def test_a_removed_value_stays_away_though_a_cost_was_typed_after_it(visit: Callable[..., Any]) -> None:
    page = _cheapest(visit)
    rows = page.locator("#cheapest-form .option-row:not(.option-heads)")
    n = rows.count()
    held = HeldBack(page, CHEAPEST)
    rows.first.locator("button.take-back").click()
    held.wait()
    rows.nth(1).locator("input[id*='cheapest-month']").fill("123")
    page.wait_for_timeout(500)
    held.release()
    expect(rows).to_have_count(n - 1)
    expect(rows.first.locator("input[id*='cheapest-month']")).to_have_value("123")


def test_an_added_lever_is_drawn_around_somebody_who_types(visit: Callable[..., Any]) -> None:
    page = _cheapest(visit)
    cards = page.locator("#cheapest-form .option-card")
    n = cards.count()
    held = HeldBack(page, CHEAPEST)
    page.locator("#cheapest-add").fill("consent")
    page.get_by_role("option").first.click()
    held.wait()
    source = page.locator("#cheapest-form input[id*='cheapest-source']").first
    source.fill("")
    source.press_sequentially("our own")
    held.release()
    expect(cards).to_have_count(n + 1)
    page.keyboard.type(" books")
    expect(source).to_have_value("our own books")


def test_a_what_if_stays_though_another_value_was_typed_after_it(visit: Callable[..., Any]) -> None:
    page = visit("/forecast?scenario=classroom&own=sites.hospital.count%3D5")
    first = page.locator("#forecast-own-form input").first
    expect(first).to_have_value("5")
    held = HeldBack(page, FORECAST)
    page.locator("#forecast-add").fill("consent")
    page.get_by_role("option").first.click()
    held.wait()
    first.fill("7")
    held.release()
    expect(page.locator("#forecast-own-form .what-if-row")).to_have_count(2)
    expect(first).to_have_value("7")


def test_a_column_stays_chosen_though_another_was_chosen_after_it(visit: Callable[..., Any]) -> None:
    page = visit("/forecast")
    table = "Nr,When,Seen,Where\n1,2024-01-31,2024-01-30,X\n2,2024-02-03,2024-02-01,Y\n"
    page.locator("#forecast-upload input").set_input_files(
        [{"name": "data.csv", "mimeType": "text/csv", "buffer": table.encode()}]
    )
    page.get_by_text("no column is the date of randomisation").wait_for()
    held = HeldBack(page, "forecast-data.data")
    for role, column in (("Date of randomisation", "When"), ("Site", "Where")):
        page.get_by_role("textbox", name=role, exact=True).click()
        page.get_by_role("option", name=column, exact=True).click()
        held.wait()
    until(page, lambda: len(held.routes) > 1, "the second choice was never asked about")
    held.release()
    expect(page.locator("#forecast-good")).to_contain_text("at 2 sites")


def test_more_sites_may_be_written_while_a_lever_moves(visit: Callable[..., Any]) -> None:
    page = visit("/plan?scenario=classroom&replications=20")
    expect(page.locator("#plan-answer .headline")).to_be_visible()
    page.locator("#plan-new summary").click()
    held = HeldBack(page, "plan-moved.data")
    page.locator("#plan-new-add").click()
    held.wait()
    page.locator("#plan-new-count").fill("7")
    held.release()
    expect(page.locator("#plan-changes li")).to_have_count(1)
    expect(page.locator("#plan-new-count")).to_have_value("7")
