"""One trial in a browser: play, pause, step, follow, keyboard; the same where Python and the player both count."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from studio_browser import WAIT_SECONDS, new_context

from sim.api.one_trial import stage_of
from sim.core import events
from sim.core.design import Design
from sim.core.events import KIND
from sim.report.one_trial import places
from sim.report.one_trial.page import stage_page
from sim.report.one_trial.stage import Stage
from sim.scenario.load import load_scenario

SEED, REPLICATION = 20191001, 3
expect.set_options(timeout=WAIT_SECONDS * 1000)
PLAYER = "document.querySelector('.stage').stagePlayer"


@pytest.fixture(scope="module")
def stage() -> Stage:
    """The trial that the pages show."""
    return stage_of(Design(load_scenario("base")), SEED, REPLICATION)


@pytest.fixture
def offline(chromium: Any, stage: Stage, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens the page of `play` from a file, without a network."""
    path = tmp_path / "trial.html"
    path.write_text(stage_page(stage, "trialclock play base"), encoding="utf-8")
    contexts, errors = [], []

    def open_page(**options: Any) -> Any:
        context = new_context(chromium, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        _until(page, f"{PLAYER} !== undefined")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors


def _until(page: Any, condition: str) -> None:
    """Wait for a condition; Playwright's own waiting needs `eval`, which the page forbids."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(30)


def _randomised(page: Any) -> str:
    return str(page.locator("[data-count=randomised]").inner_text())


def test_the_player_has_everyone_where_the_log_has_them(offline: Callable[..., Any], stage: Stage) -> None:
    page = offline()
    for n in (1, 150, 400, 700, len(stage.rows) // 2, len(stage.rows)):
        found = page.evaluate(
            f"n => {{ const t = {PLAYER}.trial; t.seek(n);"
            " return {place: Array.from(t.place), at: t.at, out: t.out.map((x) => Array.from(x))}; }",
            n,
        )
        assert found["place"] == stage.moves.places_after(n).tolist()
        for site in range(stage.design.n_sites):
            for station in range(len(places.STATIONS)):
                assert found["at"][site][station] == stage.moves.queue_after(n, station, site)
    assert sum(sum(site) for site in found["out"]) == sum(place < 0 for place in found["place"])


def test_steps_tell_every_event_in_order_and_back_again(offline: Callable[..., Any], stage: Stage) -> None:
    page = offline()
    said, following = page.locator(".stage-said"), page.get_by_role("button", name="Next event")
    table = stage.table()
    told = [said.inner_text()]  # it begins at its first event
    for _ in range(11):
        following.click()
        told.append(said.inner_text())
    expected = [
        f"Day {day}, {date}: {sentence}"
        for (day, date, _, _), sentence, row, after in zip(
            table, stage.sentences, stage.rows, stage.rows[1:, KIND], strict=False
        )
        if not (row[KIND] == events.REFERRED and after == events.CHART_FAILED)
    ]
    assert told == expected[:12]
    page.get_by_role("button", name="Previous event").click()
    assert said.inner_text() == expected[10]
    assert page.locator(".stage-live").inner_text() == expected[10]


def test_the_curve_and_the_excluded_grow_with_the_days(offline: Callable[..., Any], stage: Stage) -> None:
    """Counted in the picture: grains of those who left on the way, and steps of the curve."""
    page = offline()
    drawn = (
        f"n => {{ const p = {PLAYER}; p.seek(n); const pen = p.picture.pen, fill = pen.fillRect; let grains = 0;"
        " pen.fillRect = (...box) => { if (pen.fillStyle === p.picture.out) { grains += 1; } fill.apply(pen, box); };"
        " p.picture.frame(0); pen.fillRect = fill; const out = p.trial.out.reduce((sum, site) => sum + site.reduce("
        " (n, x, k) => n + (p.trial.stations[k].out ? x : 0), 0), 0);"
        " return {grains, out, steps: p.curve.days.filter((day) => day <= p.day).length}; }"
    )
    early, late = page.evaluate(drawn, len(stage.rows) // 5), page.evaluate(drawn, len(stage.rows))
    assert 0 < early["grains"] == early["out"] < late["grains"] == late["out"]
    assert early["steps"] < late["steps"] == (stage.rows[:, KIND] == events.RANDOMISED).sum()


def test_in_a_frame_of_another_page_the_player_stands_alone(offline: Callable[..., Any]) -> None:
    """As a lesson or a report takes it in: `trial.html#compact`."""
    page = offline(viewport={"width": 1000, "height": 640})
    page.goto(f"{page.url}#compact")
    page.reload()
    _until(page, f"{PLAYER} !== undefined")
    assert page.get_by_role("heading").count() == 0
    page.get_by_role("button", name="Next event").click()
    assert page.evaluate("document.documentElement.scrollHeight") <= 640
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_play_pause_and_the_end(offline: Callable[..., Any], stage: Stage) -> None:
    page = offline()
    page.get_by_label("Speed").select_option("100 days a second")
    page.get_by_role("button", name="Play", exact=True).click()
    _until(page, f"{PLAYER}.trial.count('randomised') > 3")
    page.get_by_role("button", name="Pause", exact=True).click()
    cursor = page.evaluate(f"{PLAYER}.trial.cursor")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate(f"{PLAYER}.trial.cursor") == cursor
    page.locator(".stage-slider").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-count=completed]")).to_have_text(str((stage.rows[:, KIND] == events.COMPLETED).sum()))
    assert re.fullmatch(r"45 of 45", _randomised(page))
    assert "The trial is complete." in page.locator(".stage-said").inner_text()


def test_with_the_keyboard_alone(offline: Callable[..., Any]) -> None:
    page = offline()
    page.locator(".stage-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(f"{PLAYER}.trial.cursor") == 2
    page.keyboard.press("+")
    assert page.get_by_label("Speed").input_value() == "3"
    page.keyboard.press("Space")
    _until(page, f"{PLAYER}.isPlaying && {PLAYER}.trial.cursor > 3")
    page.keyboard.press("Space")
    assert not page.evaluate(f"{PLAYER}.isPlaying")
    page.keyboard.press("End")
    assert _randomised(page) == "45 of 45"
    page.keyboard.press("Home")
    assert _randomised(page) == "0 of 45"


def test_a_person_is_followed_by_name_and_by_a_click(offline: Callable[..., Any], stage: Stage) -> None:
    page = offline()
    page.get_by_label("Choose a participant").select_option(
        label=next(text for text in page.locator("#stage-follow option").all_inner_texts() if "Participant 9 " in text)
    )
    page.get_by_label("Step to").select_option("person")
    person = page.evaluate(f"{PLAYER}.followed.person")
    n_own = page.evaluate(f"{PLAYER}.trial.eventsOf({person}).length")
    for _ in range(4):
        page.get_by_role("button", name="Next event").click()
    story = page.locator(".stage-story li").all_inner_texts()
    assert len(story) == 4 < n_own
    assert "is referred" in story[0]
    assert "becomes participant 9" in " ".join(page.evaluate(f"{PLAYER}.trial.data.events.said"))
    page.keyboard.press("End")
    page.get_by_label("Choose a participant").select_option("-1")
    at = page.evaluate(
        f"() => {{ const p = {PLAYER}; p.seek(p.trial.n); const [who, now] = [...p.picture.shown][0];"
        " return {who, x: now.x, y: now.y}; }"
    )
    page.locator(".stage-canvas").click(position={"x": at["x"], "y": at["y"]})
    assert page.evaluate(f"{PLAYER}.followed.person") == at["who"]
    assert len(page.locator(".stage-story li").all_inner_texts()) > 3


def test_nothing_glides_where_motion_is_to_be_reduced(offline: Callable[..., Any]) -> None:
    page = offline(reduced_motion="reduce")
    for _ in range(6):
        page.get_by_role("button", name="Next event").click()
    assert not page.evaluate(f"{PLAYER}.picture.isMoving")


def test_the_table_says_what_the_picture_shows(offline: Callable[..., Any], stage: Stage) -> None:
    page = offline(viewport={"width": 360, "height": 740})
    n = len(stage.rows) // 2
    page.evaluate(f"{PLAYER}.seek({n})")
    cells = page.locator(".stage-census tbody tr").last.locator("td").all_inner_texts()
    found = stage.moves.places_after(n)
    assert [int(text.split()[0]) for text in cells] == [int((found == i).sum()) for i in range(len(places.STATIONS))]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_studio_plays_a_trial_and_its_address_reopens_it(visit: Callable[..., Any], stage: Stage) -> None:
    page = visit(f"/one-trial?replication={REPLICATION}")
    page.wait_for_selector(".stage-canvas")
    page.keyboard.press("Tab")
    expect(page.locator(".stage-said")).to_contain_text(stage.sentences[0])
    page.get_by_role("button", name="Next event").click()
    expect(page.locator(".stage-said")).to_contain_text(stage.sentences[1])
    for seen in (".stage-canvas", ".stage-slider", ".stage-curve", "[data-act=play]"):
        box = page.locator(seen).bounding_box()
        assert box["y"] + box["height"] <= 900, f"{seen} is in the same view"
    page.get_by_label("Trial number").fill("4")
    page.get_by_label("Trial number").press("Tab")
    page.wait_for_url("**/one-trial?replication=4")
    _until(page, f"{PLAYER}.trial.data.replication === 4")
    headline = page.locator("#one_trial-headline").inner_text()
    again = visit("/one-trial?replication=4", context=page.context)
    expect(again.locator("#one_trial-headline")).to_have_text(headline)


def test_only_stations_that_a_trial_has_are_told_and_have_a_column(visit: Callable[..., Any]) -> None:
    """Nobody comes back in this one: eleven columns of one width, and as many words."""
    page = visit("/one-trial?set=screening.rescreen=null&set=trial.target=5")
    shown = [station.label for station in places.STATIONS if station.name != "back"]
    expect(page.locator(".stage-stations dt")).to_have_text(shown)
    _until(page, f"document.querySelector('.stage') !== null && {PLAYER} !== undefined")
    assert page.evaluate(f"{PLAYER}.picture.isWide ? {PLAYER}.picture.columns : 11") == 11


@pytest.mark.slow
def test_a_late_trial_is_picked_and_said_to_be_one(visit: Callable[..., Any]) -> None:
    page = visit("/one-trial")
    page.wait_for_selector(".stage-canvas")
    page.get_by_role("button", name="A late one").click()
    expect(page.locator("#one_trial-stands")).to_contain_text("a late one of 192 simulated trials")
    assert page.evaluate(f"{PLAYER}.trial.data.replication") > 0


def test_what_cannot_be_opened_is_told_and_not_shown(visit: Callable[..., Any]) -> None:
    page = visit("/one-trial?replication=-4")
    expect(page.get_by_role("alert")).to_contain_text("must be a whole number from 0")
    page = visit("/one-trial?set=trial.target=many")
    expect(page.get_by_role("alert")).to_contain_text("trial.target")


def test_links_with_changes_and_with_an_edited_file_open_that_scenario(visit: Callable[..., Any]) -> None:
    page = visit("/one-trial?set=sites.general_hospital.count=4&set=trial.target=20&replication=2")
    page.wait_for_selector(".stage-canvas")
    assert page.evaluate(f"{PLAYER}.trial.data.sites.length") == 5
    assert _randomised(page).endswith("of 20")
    assert page.get_by_label("Trial number").input_value() == "2"
    page.goto("/plan?replications=24")
    page.get_by_text("The whole file").click()
    page.get_by_label("The scenario file").fill("name: mine\nextends: base.yaml\ntrial: {target: 12}\n")
    page.wait_for_url(re.compile("file="))
    page.goto(f"/one-trial?{page.url.partition('?')[2]}")
    page.wait_for_selector(".stage-canvas")
    assert _randomised(page).endswith("of 12")
    expect(page.get_by_role("textbox", name="Scenario")).to_have_value("your scenario")


def test_a_trial_is_saved_as_a_page_that_plays_without_a_network(
    visit: Callable[..., Any], chromium: Any, tmp_path: Path
) -> None:
    page = visit("/one-trial?set=trial.target=10&replication=1")
    page.wait_for_selector(".stage-canvas")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a page that opens offline").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "trial-1.html"
    context = new_context(chromium, offline=True)
    saved = context.new_page()
    saved.goto(path.as_uri())
    _until(saved, f"{PLAYER} !== undefined")
    saved.evaluate(f"{PLAYER}.seek({PLAYER}.trial.n)")
    page.evaluate(f"{PLAYER}.seek({PLAYER}.trial.n)")
    assert _randomised(saved) == _randomised(page)
    assert "trial.target=10" in saved.content()
    context.close()


def test_the_event_table_leads_to_its_event_and_full_screen_comes_and_goes(visit: Callable[..., Any]) -> None:
    page = visit("/one-trial?set=trial.target=10&replication=1")
    page.wait_for_selector(".stage-canvas")
    page.get_by_text("All events, as a table").click()
    cell = page.locator("#one_trial-events [row-id='5'] [col-id=said]")
    said = cell.inner_text()
    cell.click()
    _until(page, f"{PLAYER}.trial.cursor === 6")
    assert said[1:] in page.locator(".stage-said").inner_text()
    page.get_by_role("button", name="Full screen").click()
    _until(page, "document.fullscreenElement?.querySelector('.stage-canvas') != null")
    page.get_by_role("button", name="Full screen").click()
    _until(page, "document.fullscreenElement === null")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_offline_page(offline: Callable[..., Any], scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = offline(color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []
