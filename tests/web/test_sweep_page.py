"""Sweep: one value or several, what is wrong said at its row, a link that runs, and work that is ended or kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect
from studio_browser import LONG_MS, WAIT_SECONDS, Server, until
from test_accessible import look
from test_keyboard_and_back import tab_to

from sim.errors import InputError
from sim.experiment.sweep.points import GRID, make_points, parse_factors
from sim.scenario.layers import library_names
from sim.scenario.load import load, load_text
from sim.scenario.provenance import known_paths
from sim.web.limits import check_sweep_limits
from sim.web.pages.sweep.varying import (
    BY_HAND,
    Row,
    RowError,
    at_rows,
    check_points,
    first_row,
    read_rows,
    row_controls,
)
from sim.web.parts.lever_controls import offered
from sim.web.settings import Limits

SCENARIO = """name: one group of sites
question: What would more sites change?
trial: {target: 6, enrolment_opens: 2020-01-01, horizon_months: 60}
arms: {A: {}}
sites:
  s: {count: 2, lead_days: 30, referrals_per_month: 2.0}
"""
COUNT, RATE, DAYS = "sites.s.count", "sites.s.referrals_per_month", "sites.s.lead_days"
SUITES = "cells.suites"


@pytest.fixture
def small(server: Server) -> Callable[..., str]:
    """Makes links to the page with a small scenario."""
    digest = hashlib.sha256(SCENARIO.encode()).hexdigest()
    files = server.results / "studio" / "files"
    files.mkdir(parents=True, exist_ok=True)
    (files / digest).write_text(SCENARIO)

    def link(*vary: str, **more: str) -> str:
        return f"/sweep?{urlencode([('file', digest), *(('vary', text) for text in vary), *more.items()])}"

    return link


def _values(page: Any, row: int) -> Any:
    return page.get_by_label(f"Values of row {row}")


def _answered(page: Any) -> Any:
    """The answer, when it is the last one."""
    answer = page.locator("#sweep-answer")
    answer.locator(".headline").wait_for(timeout=LONG_MS)
    page.locator("#sweep-run:not([disabled])").wait_for(timeout=LONG_MS)
    expect(answer).not_to_contain_text("A first answer", timeout=LONG_MS)  # the button may be ready a moment sooner
    return answer


# --- in the browser


def _text(answer: Any) -> str:
    """What an answer says in all its sections, with the words of its figures: they stand there once they are drawn."""
    for figure in answer.locator(".figure").all():
        figure.locator(".main-svg").first.wait_for(state="attached")
    text: str = answer.text_content()
    return text


def test_values_are_chosen_or_typed_and_swept(visit: Callable[..., Any], small: Callable[..., str]) -> None:
    page = visit(small())
    expect(page.get_by_role("textbox", name="1. What is varied")).to_have_value("S: Number of sites")
    expect(_values(page, 1)).to_have_value("1,2,3")
    page.locator("summary", has_text="Vary a second value").click()
    page.get_by_role("textbox", name="2. What else is varied").fill("referrals")
    page.get_by_role("option", name=RATE).click()
    expect(_values(page, 2)).to_have_value("1.3,2,2.7")
    _values(page, 1).fill("1,3")
    _values(page, 2).fill("2.0,4.0")
    page.get_by_role("textbox", name="3. And what else").fill("sites.s.coordinators")
    page.get_by_role("option", name="sites.s.coordinators").click()
    expect(_values(page, 3)).to_have_value("as-is")
    page.locator('[aria-label="Clear row 3"]').click()
    expect(_values(page, 3)).to_have_value("")
    page.locator("#sweep-run").click()
    answer = _answered(page)
    text = _text(answer)
    assert "one group of sites, at 4 points" in text
    assert "The median last enrolment is earliest at S, number of sites 3; S, referrals per month 4" in text
    assert answer.get_by_role("heading", name="Median last enrolment", exact=True).count() == 1
    command = answer.locator(".command").text_content()
    assert command.startswith("trialclock sweep scenario.yaml --vary sites.s.count=1,3 --vary")
    assert command.endswith("--replications 200 --seed 1")
    query = parse_qs(urlsplit(page.url).query)
    assert query["vary"] == [f"{COUNT}=1,3", f"{RATE}=2.0,4.0"]


def test_values_typed_before_the_path_is_answered_stay(visit: Callable[..., Any], small: Callable[..., str]) -> None:
    page = visit(small())
    expect(_values(page, 1)).to_have_value("1,2,3")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if '"changedPropIds":["{\\"n\\":0,\\"type\\":\\"sweep-path\\"}.value"]' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/_dash-update-component*", hold)
    page.get_by_role("textbox", name="1. What is varied").fill("referrals")
    page.get_by_role("option", name=RATE).click()
    until(page, lambda: held, "the path is not asked about")
    _values(page, 1).fill("5,6")
    for route in held:
        with page.expect_response(lambda answer, route=route: answer.request == route.request):
            route.continue_()
    expect(page.locator(".vary-row").first).to_contain_text("now 2")
    expect(_values(page, 1)).to_have_value("5,6")


@pytest.mark.slow
def test_a_link_sweeps_again_and_simulates_nothing_twice(
    visit: Callable[..., Any], server: Server, small: Callable[..., str]
) -> None:
    page = visit(small(f"{COUNT}=1,3", f"{RATE}=2.0,4.0"))
    text = _text(_answered(page))
    kept = {path: path.stat().st_mtime_ns for path in server.results.glob("studio/visitors/*/parts/*/*") if path}
    again = visit(page.url.removeprefix(server.url), context=page.context)
    assert _text(_answered(again)) == text
    expect(_values(again, 2)).to_have_value("2.0,4.0")
    assert kept, "no finished point is kept"
    assert kept == {path: path.stat().st_mtime_ns for path in kept}, "a finished point was simulated again"


@pytest.mark.slow
def test_ranges_are_swept_and_what_a_person_wrote_stays(visit: Callable[..., Any], small: Callable[..., str]) -> None:
    page = visit(small())
    assert page.locator("#sweep-points").is_hidden()
    page.locator("#sweep-design").click()
    page.get_by_role("option", name="Latin hypercube").click()
    expect(_values(page, 1)).to_have_value("1..3")
    page.locator("#sweep-points").fill("4")
    _values(page, 1).fill("1..6")
    page.locator("#sweep-design").click()
    page.get_by_role("option", name="Every combination").click()
    expect(page.locator("#sweep-points")).to_be_hidden()
    expect(_values(page, 1)).to_have_value("1..6")
    page.locator("#sweep-run").click()
    wrong = page.get_by_text("a grid needs values")
    wrong.wait_for(timeout=LONG_MS)
    page.locator("#sweep-design").click()
    page.get_by_role("option", name="Latin hypercube").click()
    page.locator("#sweep-run:not([disabled])").click()
    answer = _answered(page)
    assert "at 4 points" in answer.inner_text()
    assert wrong.count() == 0
    assert "--vary sites.s.count=1..6 --design latin-hypercube --points 4" in answer.locator(".command").text_content()
    query = parse_qs(urlsplit(page.url).query)
    assert (query["design"], query["points"]) == (["latin-hypercube"], ["4"])


@pytest.mark.slow
def test_what_is_wrong_is_said_at_its_row_as_on_the_command_line(
    visit: Callable[..., Any], small: Callable[..., str]
) -> None:
    texts = ["sites.t.count=1,2", f"{RATE}=2.0", f"{COUNT}=1,2"]
    page = visit(small(*texts))
    said = page.locator("#sweep-wrong [role=alert]")
    expect(said).to_contain_text("see the messages at row 1 and row 2", timeout=LONG_MS)
    path = page.get_by_role("textbox", name="1. What is varied")
    assert path.get_attribute("aria-invalid") == "true"
    assert _values(page, 2).get_attribute("aria-invalid") == "true"
    assert _values(page, 3).get_attribute("aria-invalid") != "true"
    with pytest.raises(InputError) as error:
        parse_factors(texts, GRID, load_text(SCENARIO))
    for problem in error.value.problems:
        assert page.get_by_text(str(problem), exact=True).count() == 1
    look(page, "light", "dark")
    page = visit(small(f"{COUNT}=1..9", design="latin-hypercube", points="1"))
    expect(page.locator(".mantine-InputWrapper-error")).to_have_text("--points: must be 2 to 10,000 (got 1)")
    page = visit(small(f"{COUNT}=1,2,3,4,5,6", replications="9000"))
    expect(page.locator("#sweep-wrong [role=alert]")).to_contain_text("at most 50,000 simulated trials over all points")


def test_a_sweep_is_cancelled_by_keyboard(visit: Callable[..., Any], server: Server) -> None:
    """A path is chosen, the sweep begun and ended, and no job is left.

    It asks for much of what a sweep may simulate: minutes of work on any machine, cancelled within seconds.
    """
    page = visit("/sweep?seed=7")
    assert "vary" not in page.url
    tab_to(page, "input[id*='sweep-path']")
    page.keyboard.press("Control+A")
    page.keyboard.type("suites")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    tab_to(page, "input[id*='sweep-values']")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("1,2,3,4,5,6,7,8")  # at once: keys without any time between them can overtake each other
    page.locator("#sweep-size").click()
    page.get_by_role("option", name="2,000").click()
    tab_to(page, "#sweep-run")
    page.keyboard.press("Enter")
    expect(page.locator("#sweep-cancel")).to_be_enabled()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("vary") == [f"{SUITES}=1,2,3,4,5,6,7,8"])
    tab_to(page, "#sweep-cancel")
    page.keyboard.press("Enter")
    expect(page.locator("#sweep-run")).to_be_enabled()
    deadline = time.monotonic() + WAIT_SECONDS
    while server.jobs() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert server.jobs() == 0
    assert "2,000 simulated trials each" not in page.locator("#sweep-answer").inner_text()


@pytest.mark.slow
def test_a_phone_shows_it_without_moving_sideways(visit: Callable[..., Any], small: Callable[..., str]) -> None:
    page = visit(small(f"{COUNT}=1,2", f"{RATE}=2.0,4.0", replications="48"), width=360, height=740)
    _answered(page)
    page.wait_for_selector("#sweep-answer .main-svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#shell-nav a", has_text="Runs").scroll_into_view_if_needed()  # the row of pages moves by itself
    runs = page.locator("#shell-nav a", has_text="Runs").bounding_box()
    assert runs["x"] + runs["width"] <= 360, "a page cannot be reached"


# --- rows


@pytest.mark.parametrize("name", library_names())
def test_a_path_is_offered_once_and_is_one_of_the_scenario(name: str) -> None:
    loaded = load(name)
    paths = [item["value"] for group in offered(loaded) for item in group["items"]]
    assert len(paths) == len(set(paths)) > 30
    assert set(paths) <= known_paths(loaded.scenario)
    for path in paths[:: len(paths) // 4]:
        read_rows([Row(path, "1,2")], GRID, loaded)


def test_what_was_changed_last_is_varied_first() -> None:
    changes = ("trial.target=50", "cells.suites=3", "name=other")
    changed, base = load("base", changes), load("base")
    assert first_row(changed, changes, GRID, offered(changed)) == Row("cells.suites", "2,3,4")
    assert first_row(base, (), GRID, offered(base)).path == "sites.general_hospital.count"


def test_a_path_that_was_typed_is_among_the_choices() -> None:
    loaded = load("base")
    options = offered(loaded)
    found = row_controls(0, Row("sites.general_hospital.coordinators", "1,2"), loaded, GRID, options)
    groups = {group["group"]: group["items"] for group in found.children[0].data}
    assert [item["value"] for item in groups[BY_HAND]] == ["sites.general_hospital.coordinators"]
    assert BY_HAND not in {group["group"] for group in options}


def test_wrong_values_are_said_at_their_rows() -> None:
    loaded = load("base")
    rows = [Row("trial.target", "20,30"), Row("cells.suites", "1,x"), Row("", ""), Row("", "1,2")]
    with pytest.raises(RowError) as error:
        read_rows(rows, GRID, loaded)
    assert list(error.value.wrong.paths) == [3]
    factors = read_rows(rows[:3], GRID, loaded)
    with pytest.raises(InputError) as wrong:
        make_points(loaded, factors, GRID, None, 1)
    assert at_rows(wrong.value.problems, rows).wrong.values == {
        1: "--vary: cells.suites: must be a whole number (got 'x')"
    }


def test_a_point_may_not_ask_for_more_than_a_scenario_may() -> None:
    loaded = load("base")
    rows = [Row("sites.general_hospital.count", "2,501"), Row("cells.suites", "1,2")]
    points = make_points(loaded, read_rows(rows, GRID, loaded), GRID, None, 1)
    with pytest.raises(RowError) as error:
        check_points(points, rows, 10, Limits())
    assert "at most 500 sites" in error.value.wrong.values[0]


def test_a_sweep_has_limits_as_a_whole() -> None:
    check_sweep_limits(10, 100, Limits(points=10, swept=1000))
    with pytest.raises(InputError, match=r"at most 9 points.*\(got 10\)"):
        check_sweep_limits(10, 100, Limits(points=9))
    with pytest.raises(InputError, match=r"at most 999 simulated trials over all points.*\(got 1,000\)"):
        check_sweep_limits(10, 100, Limits(swept=999))
