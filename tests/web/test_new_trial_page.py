"""A trial of one's own in the studio, without a file: from a template and from a record, by hand, to the Plan page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from studio_browser import until

from sim.scenario.load import load_text

RECORD = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Made-up trial"},
        "statusModule": {"startDateStruct": {"date": "2027-03-01"}},
        "designModule": {"studyType": "INTERVENTIONAL"},
    }
}


def part(page: Any, name: str) -> None:
    """Open a part of the trial."""
    page.get_by_role("navigation", name="Parts of the trial").get_by_role("button", name=name).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()


def at(page: Any, path: str) -> Any:
    """What the page has at a place of the trial."""
    return page.locator(f'[data-path="{path}"]')


def test_a_template_becomes_a_trial_of_ones_own(visit: Callable[..., Any]) -> None:
    """A country is added, undone and redone; a wrong count is said at its control; the file is what was built."""
    page = visit("/new")
    page.get_by_title("Make the template Device pilot yours").click()
    said = page.locator("#new-heading")
    expect(said).to_contain_text("60 participants, 1 arm, 1 site")
    part(page, "Countries")
    page.get_by_role("textbox", name="Country to add").fill("Italy")
    page.get_by_role("option", name="Italy (IT)").click()
    page.get_by_role("button", name="Add a country").click()
    expect(said).to_contain_text("6 sites")
    page.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("1 site;")
    page.get_by_role("button", name="Redo").click()
    expect(said).to_contain_text("6 sites")
    part(page, "Sites and rates")
    count = at(page, "sites/italy/count").locator("input")
    count.fill("-3")
    expect(at(page, "sites/italy/count")).to_contain_text("must be at least 0")
    count.fill("2")
    expect(said).to_contain_text("3 sites")
    expect(page.locator("#new-problems")).to_be_empty()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download (YAML)").click()
    scenario = load_text(Path(download.value.path()).read_text()).scenario
    assert download.value.suggested_filename == "device_pilot.yaml"
    assert {name: group.count for name, group in scenario.sites.items()} == {"heart_centre": 1, "italy": 2}
    page.get_by_role("link", name="Plan this trial").click()
    page.wait_for_selector("#plan-answer .headline")


def test_a_part_opens_though_its_button_is_drawn_anew_after_the_click(visit: Callable[..., Any]) -> None:
    """The first check of the trial draws the list of parts again; it is held back until a part is chosen."""
    page = visit("/new")
    held: list[Any] = []
    is_over = False

    def hold(route: Any) -> None:
        if not is_over and (held or "new-heading.children" in (route.request.post_data or "")):
            held.append(route)
        else:
            route.continue_()

    page.route("**/_dash-update-component*", hold)
    page.get_by_title("Make the template Device pilot yours").click()
    page.wait_for_selector("#new-form fieldset")
    until(page, lambda: held, "the trial is not checked")
    page.get_by_role("navigation", name="Parts of the trial").get_by_role("button", name="Countries").click()
    page.wait_for_timeout(200)
    first = held[0]
    with page.expect_response(lambda answer: answer.request == first.request):
        first.continue_()
    page.wait_for_timeout(200)
    is_over = True
    for route in held[1:]:
        route.continue_()
    page.get_by_role("heading", name="Countries", exact=True).wait_for()


def test_a_record_asks_first_what_it_must_say(visit: Callable[..., Any], tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(RECORD))
    page = visit("/new")
    page.locator("#new-record input[type=file]").set_input_files(record)
    expect(page.locator("#new-record-said")).to_contain_text("how many participants")
    page.get_by_label("Participants wanted").fill("80")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#new-heading")).to_contain_text("80 participants")
    expect(page.locator("#new-questions")).to_contain_text("Which share of those screened fails?")


def test_a_part_is_added_with_the_keyboard_alone_and_it_goes_on_there(visit: Callable[..., Any]) -> None:
    page = visit("/new")
    page.get_by_title("Make the template Device pilot yours").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#new-form fieldset")
    part(page, "Caps")
    page.get_by_role("textbox", name="Name: Add a cap").focus()
    page.keyboard.type("All of them")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(at(page, "caps/All_of_them/randomised").locator("input")).to_be_focused()
