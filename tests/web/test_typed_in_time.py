"""What is typed counts for the button pressed after it, though a field reports only some time after its last key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

AT_ONCE = """([field, typed, button]) => {
    const box = document.querySelector(field);
    box.focus();
    box.select();
    document.execCommand("insertText", false, typed);
    if (button) { document.querySelector(button).click(); }
    else { box.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); }
}"""  # within one turn of the page: no timer of the field can run between the last key and the click


def test_a_guess_counts_however_soon_it_is_confirmed(visit: Callable[..., Any]) -> None:
    for button in ("#learn-commit", None):
        page = visit("/learn?lesson=1&lesson_trials=10")
        expect(page.locator("#learn-commit")).to_be_enabled()
        page.evaluate(AT_ONCE, ["#learn-guess", "9", button])
        expect(page.locator("#learn-verdict [role=alert]")).to_contain_text("The simulation says")


def test_a_file_is_saved_as_it_was_typed(visit: Callable[..., Any]) -> None:
    """The text is checked only at a pause in typing; what is saved does not wait for one."""
    page = visit("/cheapest?scenario=classroom")
    expect(page.locator("#cheapest-options-said")).to_contain_text("plans")
    page.locator("summary", has_text="As a file").click()
    with page.expect_download() as saved:
        page.evaluate(AT_ONCE, ["#cheapest-text", "# as typed", "#cheapest-save"])
    assert saved.value.path().read_text().startswith("# as typed")


def test_a_plan_is_kept_under_its_whole_name(visit: Callable[..., Any]) -> None:
    page = visit("/plan?scenario=classroom&replications=20")
    expect(page.locator("#plan-answer .headline")).to_be_visible()
    page.evaluate(AT_ONCE, ["#plan-keep-name", "Two more nurses", "#plan-keep"])
    expect(page.locator("#plan-kept")).to_contain_text("Two more nurses")


def test_what_was_reported_is_not_reported_again(visit: Callable[..., Any]) -> None:
    """A second report would be a second answer, which draws the form anew while a button of it is pressed."""
    page = visit("/cheapest?scenario=classroom")
    expect(page.locator("#cheapest-options-said")).to_contain_text("plans")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.locator("summary", has_text="As a file").click()
    page.locator("#cheapest-text").fill("levers: {}")
    expect(page.locator("#cheapest-options-said")).not_to_contain_text("plans")
    page.locator("#cheapest-text").evaluate("() => new Promise(requestAnimationFrame)")
    asked.clear()
    page.locator("#cheapest-text").evaluate("() => document.querySelector('summary').click()")
    page.locator("#cheapest-text").evaluate("() => document.querySelector('#cheapest-save').click()")
    expect(page.locator("#cheapest-options-said")).not_to_contain_text("plans")
    page.wait_for_timeout(300)
    assert not [body for body in asked if '"changedPropIds":["cheapest-text.value"]' in body]


def test_a_date_counts_however_soon_a_button_follows(visit: Callable[..., Any]) -> None:
    page = visit("/plan?scenario=classroom&replications=20")
    expect(page.locator("#plan-answer .headline")).to_be_visible()
    page.locator("#plan-new summary").click()
    page.evaluate(AT_ONCE, ["#plan-new-opens", "2021-03-01", "#plan-new-add"])
    page.wait_for_url("**2021-03-01**")


def test_a_picked_day_counts_however_soon_a_button_follows(visit: Callable[..., Any]) -> None:
    page = visit("/plan?scenario=classroom&replications=20")
    expect(page.locator("#plan-answer .headline")).to_be_visible()
    page.locator("#plan-new summary").click()
    page.locator("#plan-new-opens").fill("2021-03-01")
    page.locator("#plan-new-opens").click()
    page.locator("[aria-label='17 March 2021']").wait_for()
    page.evaluate("""() => {
        document.querySelector("[aria-label='17 March 2021']").click();
        document.querySelector("#plan-new-add").click();
    }""")
    page.wait_for_url("**2021-03-17**")
