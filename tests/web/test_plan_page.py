"""The Plan page in a browser: levers and answers, what is kept, what is cancelled, and what is wrong."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from plan_page import FEW, answered, lever, move
from playwright.sync_api import expect
from studio_browser import Server, until

Visit = Callable[..., Any]
SMALL = """name: small
trial: {target: 8, enrolment_opens: 2020-01-01, horizon_months: 60}
arms: {A: {}}
sites: {s: {referrals_per_month: 2}}
"""


def test_two_more_sites_in_march_and_artificial_liver_allowed(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    answered(page, "24 simulated trials")
    page.get_by_text("Open more sites").click()
    page.get_by_label("Opening on").fill("2020-03-01")
    page.get_by_role("button", name="Add these sites").click()
    group = page.locator("summary", has_text="Eligibility criteria")
    group.click()  # before the levers are made again, with those of the new sites
    page.wait_for_url(re.compile("new_general_hospital_1"))
    page.locator("input[id*=new_general_hospital_1]").first.wait_for(state="attached")
    expect(group).to_be_focused()
    page.get_by_role("switch", name="no artificial liver (E8)").uncheck()
    page.wait_for_url(re.compile("no_artificial_liver%3Doff"))
    page.locator(".changed", has_text="2 general hospitals open in March 2020").wait_for()
    answered(page, "24 simulated trials")
    page.locator("#plan-bar").wait_for(state="attached")
    page.locator(".command", has_text="no_artificial_liver=off").wait_for(state="attached")


def test_the_link_reopens_the_scenario_for_another_visitor(visit: Visit) -> None:
    page = visit("/plan?seed=7" + FEW)
    move(page, "sites.general_hospital.count", "4")
    answered(page, "seed 7")
    page.locator(".command", has_text="count=4").wait_for(state="attached")
    other = visit(page.url[page.url.index("/plan") :])
    answered(other, "24 simulated trials, seed 7")
    answered(page, "24 simulated trials, seed 7")
    assert lever(other, "sites.general_hospital.count").input_value() == "4"
    assert other.locator(".headline").inner_text() == page.locator(".headline").inner_text()


@pytest.mark.slow
def test_simulating_stops_when_the_answer_is_as_precise_as_was_asked(visit: Visit, server: Server) -> None:
    page = visit(f"/plan?file={server.kept(SMALL)}&replications=2000")
    page.get_by_text("Simulated trials and seed").click()
    rule = page.get_by_role("textbox", name="Stop when precise enough")
    rule.fill("last_randomised.p50<5%")
    page.get_by_text("the width of a date is in days (7d) or weeks (1w)").first.wait_for()
    said = page.locator("#plan-problems [role=alert]").inner_text()
    assert "Stop when precise enough: the width of a date" in said
    assert "--" not in said, "an option of the command line"
    rule.fill("last_randomised.p50<20w")
    page.locator(".plan-notes", has_text="last_randomised.p50<20w is met").wait_for()
    answered(page, "384 simulated trials")
    assert not page.locator("#plan-problems [role=alert]").count()
    page.reload()
    page.locator(".plan-notes", has_text="last_randomised.p50<20w is met").wait_for()
    page.get_by_text("Simulated trials and seed").click()
    assert rule.input_value() == "last_randomised.p50<20w"


def test_undo_redo_and_reload_lose_nothing(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    answered(page)
    move(page, "sites.general_hospital.count", "5")
    page.reload()
    answered(page)
    assert lever(page, "sites.general_hospital.count").input_value() == "5"
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(lambda url: "count" not in url)
    until(page, lambda: lever(page, "sites.general_hospital.count").input_value() == "2", "undone")
    page.get_by_role("button", name="Redo").click()
    until(page, lambda: lever(page, "sites.general_hospital.count").input_value() == "5", "redone")


def test_a_wrong_value_is_said_at_its_control_and_is_kept(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    answered(page)
    move(page, "sites.general_hospital.count", "600")
    page.locator("#plan-problems", has_text="at most 500 sites").wait_for()
    page.reload()
    page.locator("#plan-problems", has_text="at most 500 sites").wait_for()
    assert lever(page, "sites.general_hospital.count").input_value() == "600"
    move(page, "sites.general_hospital.count", "3")
    page.locator("#plan-problems", has_text="at most").wait_for(state="detached")


def test_a_text_with_errors_shows_them_at_their_lines_and_survives_a_reload(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    answered(page)
    page.get_by_text("The whole file").click()
    text = page.get_by_label("The scenario file")
    text.fill("name: mine\nextends: base.yaml\nsites:\n  general_hospital: {cuont: 4}\n")
    page.locator("#plan-text-problems", has_text="scenario.yaml:4").wait_for()
    page.locator("#plan-text-problems", has_text="did you mean 'count'").wait_for()
    page.locator("#plan-gutter .wrong", has_text="4").wait_for()
    page.reload()
    page.locator("#plan-text-problems", has_text="did you mean 'count'").wait_for()
    assert "cuont" in page.get_by_label("The scenario file").input_value()
    page.get_by_label("The scenario file").fill(
        "name: mine\nextends: base.yaml\nsites:\n  general_hospital: {count: 4}\n"
    )
    page.wait_for_url(re.compile("file="))
    until(page, lambda: lever(page, "sites.general_hospital.count").input_value() == "4", "the lever follows")


def test_the_editor_offers_the_keys_that_may_stand_there(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    page.get_by_text("The whole file").click()
    text = page.get_by_label("The scenario file")
    text.fill("name: mine\nextends: base.yaml\nsites:\n  general_hospital:\n    cou")
    text.press("Control+Space")
    page.get_by_role("option", name=re.compile("^count: ")).wait_for()
    text.press("Enter")
    text.press_sequentially("6")
    page.wait_for_url(re.compile("file="))
    assert text.input_value().endswith("count: 6")


@pytest.mark.slow
def test_a_wrong_file_is_refused_in_the_command_lines_words(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    page.get_by_text("The whole file").click()
    files = page.locator("#plan-open input[type=file]")
    files.set_input_files({"name": "trial.yaml", "mimeType": "text/plain", "buffer": b"\xff\xfe\x00bad"})
    page.locator("#plan-text-problems", has_text="is not UTF-8 text").wait_for()
    text = b"name: x\nextends: ../../etc/passwd\n"
    files.set_input_files({"name": "other.yaml", "mimeType": "text/plain", "buffer": text})
    page.locator("#plan-text-problems", has_text="must be an included scenario").wait_for()
    files.set_input_files({"name": "trial.docx", "mimeType": "application/zip", "buffer": b"PK"})
    page.locator("#plan-text-problems", has_text="trial.docx: is not a scenario file").wait_for()
    files.set_input_files({"name": "large.yaml", "mimeType": "text/plain", "buffer": b"#" * 3_000_000})
    page.locator("#plan-text-problems", has_text="large.yaml: is larger than").wait_for()


def test_cancel_frees_the_place_and_the_run_goes_on_from_there(visit: Visit, server: Server) -> None:
    page = visit("/")
    until(page, lambda: server.jobs() == 0, "what the pages of other tests began has ended")
    page.goto(f"{server.url}/plan?replications=10000")
    answered(page)
    until(page, lambda: server.jobs() == 1, "the run is under way")
    page.get_by_role("button", name="Cancel").click()
    until(page, lambda: server.jobs() == 0, "nothing runs")
    page.get_by_role("button", name="Go on").click()
    until(page, lambda: server.jobs() == 1, "it goes on")
    page.goto(f"{server.url}/")
    until(page, lambda: server.jobs() == 0, "leaving the page ends it")


@pytest.mark.slow
def test_a_restart_of_the_server_loses_nothing_and_runs_are_kept(visit: Visit, start_server: Any) -> None:
    server: Server = start_server()
    page = visit("/plan?replications=24", at=server)
    move(page, "sites.general_hospital.count", "4")
    page.get_by_text("Your runs so far").click()
    page.locator("#plan-history", has_text="number of sites: 4").wait_for()
    server.stop()
    server.start()
    page.reload()
    answered(page, "24 simulated trials")
    assert lever(page, "sites.general_hospital.count").input_value() == "4"
    page.get_by_text("Your runs so far").click()
    page.locator("#plan-history", has_text="number of sites: 4").wait_for()


def test_visitors_do_not_see_each_others_runs_and_their_own_tabs_do(visit: Visit) -> None:
    one, other = (visit(f"/plan?scenario=classroom&seed={seed}" + FEW) for seed in (11, 12))
    for page, seed in ((one, 11), (other, 12)):
        page.get_by_text("Your runs so far").click()
        page.locator("#plan-history", has_text=f"seed {seed}").wait_for()
    assert "seed 12" not in one.locator("#plan-history").inner_text()
    assert "seed 11" not in other.locator("#plan-history").inner_text()
    tab = visit("/plan?scenario=classroom&seed=14" + FEW, context=one.context)
    tab.get_by_text("Your runs so far").click()
    tab.locator("#plan-history", has_text="seed 11").wait_for()
    assert "seed 12" not in tab.locator("#plan-history").inner_text()
    assert "seed=11" in one.url


def test_a_long_walk_over_the_controls_with_reloads_loses_no_input(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    answered(page)
    draw = random.Random(5)
    paths = {
        "sites.general_hospital.count": range(1, 9),
        "sites.national_liver_centre.count": range(1, 4),
        "sites.general_hospital.referrals_per_month.median": range(4, 20),
        "sites.national_liver_centre.referrals_per_month.median": range(10, 30),
    }
    said: dict[str, str] = {}
    for i in range(18):
        path = draw.choice(sorted(paths))
        value = str(draw.choice(paths[path]))
        if said.get(path) == value or (path not in said and lever(page, path).input_value() == value):
            continue
        lever(page, path).fill(value)
        lever(page, path).press("Tab")
        said[path] = value
        if i % 6 == 5:
            for known, text in said.items():
                until(
                    page,
                    lambda known=known, text=text: _holds(page.evaluate("location.href"), known, text),
                    f"{known}={text}",
                )
            page.reload()
            lever(page, path).wait_for()
            for known, text in said.items():
                assert lever(page, known).input_value() == text


def _holds(url: str, path: str, value: str) -> bool:
    defaults = {
        "sites.general_hospital.count": "2",
        "sites.national_liver_centre.count": "1",
        "sites.general_hospital.referrals_per_month.median": "6",
        "sites.national_liver_centre.referrals_per_month.median": "18",
    }
    return f"{path}%3D{value}" in url if defaults[path] != value else f"{path}%3D" not in url


@pytest.mark.slow
def test_two_levers_moved_at_once_are_both_kept(visit: Visit) -> None:
    """The second is moved before the first was answered; nothing else is changed by that."""
    page = visit("/plan?replications=24")
    answered(page)
    page.get_by_text("Eligibility criteria", exact=True).click()
    page.get_by_text("Cells", exact=True).click()
    page.get_by_role("switch", name="no artificial liver (E8)", include_hidden=True).wait_for(state="attached")
    page.evaluate("document.querySelectorAll('.plan-levers details').forEach((part) => { part.open = true; })")
    page.route("**/_dash-update-component*", lambda route: (time.sleep(0.3), route.continue_()))
    lever(page, "sites.general_hospital.count").fill("4")
    lever(page, "sites.general_hospital.count").press("Tab")
    page.get_by_role("switch", name="no artificial liver (E8)").uncheck()
    page.wait_for_url(lambda url: "count" in url and "no_artificial_liver" in url)
    page.unroute("**/_dash-update-component*")
    page.locator(".changed li", has_text="Artificial liver allowed").wait_for()
    assert sorted(page.locator(".changed li span").all_inner_texts()) == [
        "Artificial liver allowed",
        "General hospital, number of sites: 4, was 2",
    ]


def test_what_is_pressed_before_the_answer_comes_is_kept_in_its_order(visit: Visit) -> None:
    """Each request overtakes the one before, whose answer the browser drops."""
    page = visit("/plan?set=sites.general_hospital.count%3D5&seed=3" + FEW)
    answered(page)
    page.locator(".changed li").wait_for()
    page.route("**/_dash-update-component*", lambda route: (time.sleep(0.3), route.continue_()))
    lever(page, "sites.national_liver_centre.count").fill("3")
    lever(page, "sites.national_liver_centre.count").press("Tab")
    time.sleep(0.2)  # longer than a control waits for the next key
    page.get_by_role("button", name="Take all changes back").click()
    lever(page, "sites.general_hospital.referrals_per_month.median").fill("9")
    lever(page, "sites.general_hospital.referrals_per_month.median").press("Tab")
    page.wait_for_url(re.compile("median%3D9"))
    page.unroute("**/_dash-update-component*")
    until(page, lambda: page.locator(".changed li span").all_inner_texts() == [
        "General hospital, referrals per month, median: 9, was 6"
    ], "only what was moved after all was taken back")  # fmt: skip
    until(page, lambda: lever(page, "sites.national_liver_centre.count").input_value() == "1", "levers say so too")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(lambda url: "median" not in url)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(re.compile("general_hospital.count%3D5"))


def test_what_a_control_says_late_is_no_touch(visit: Visit) -> None:
    """A control waits for the next key before it speaks: what it was told meanwhile stands. A hand may say the old."""
    page = visit("/plan?seed=3" + FEW)
    answered(page)
    text = page.locator("#plan-text")
    move(page, "sites.general_hospital.count", "4")
    until(page, lambda: "count: 4" in text.input_value(), "the text follows")
    old = text.input_value()
    move(page, "sites.general_hospital.count", "5")
    until(page, lambda: "count: 5" in text.input_value(), "the text follows again")
    new = text.input_value()
    page.evaluate("late => window.dash_clientside.set_props('plan-text', {value: late})", old)
    until(page, lambda: text.input_value() == new, "it is told again what it is to say")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(re.compile("count%3D4"))
    until(page, lambda: text.input_value() == old, "one step was undone, no other was made")
    page.get_by_text("The whole file", exact=True).click()
    time.sleep(1)  # longer than the text waits for the next key: what it was told is what it says
    text.fill(new)
    page.wait_for_url(re.compile("file="))


@pytest.mark.slow
def test_a_table_that_was_opened_stays_open_and_says_what_the_new_answer_says(visit: Visit) -> None:
    page = visit("/plan?replications=24")
    page.locator(".shown details.behind summary").first.click()
    table = page.locator(".shown details.behind[open] table.data")
    before = table.inner_text()
    move(page, "sites.general_hospital.count", "9")
    page.locator(".command", has_text="count=9").wait_for(state="attached")
    until(page, lambda: table.inner_text() != before, "the table follows")
    summary = page.locator(".shown .exhibit-summary").first
    drawn = page.locator(".shown [role=figure]").first
    until(
        page, lambda: summary.inner_text() == drawn.get_attribute("aria-label"), "what is read out is what is written"
    )
