"""Runs: past ones are listed, opened, taken away, and opened again exactly; nobody sees another's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import scenario_of
from flask import g
from studio_browser import LONG_MS, Server

from sim.experiment.identity import Identity
from sim.experiment.run.folder import RunFolder
from sim.experiment.run.start import run_in_folder
from sim.scenario.load import canonical, load
from sim.scenario.schema import Scenario
from sim.web.app import create_app
from sim.web.keeping import BEGUN
from sim.web.pages.runs import _run
from sim.web.past_runs import past_runs, unfinished_state
from sim.web.settings import Settings
from sim.web.state import State


@pytest.fixture
def run_at_hand(server: Server) -> tuple[str, Scenario]:
    """A run of the command line in the studio's folder of results: its name, and its scenario."""
    scenario = scenario_of()
    run_in_folder(scenario, replications=20, seed=5, out=server.results / "poisson-run")
    return "poisson-run", scenario


def test_a_past_run_is_shown_and_taken_away(
    visit: Callable[..., Any], run_at_hand: tuple[str, Scenario], tmp_path: Path
) -> None:
    name, scenario = run_at_hand
    page = visit("/runs")
    run = page.locator(".run", has_text=name)
    assert "80 % sure by" in run.inner_text()
    saved = {}
    for text in ("Scenario (YAML)", "Data (CSV)", "Data (Excel)"):
        with page.expect_download() as download:
            run.get_by_role("link", name=text).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        saved[text] = path
    assert canonical(load(saved["Scenario (YAML)"]).scenario) == canonical(scenario)
    assert len(saved["Data (CSV)"].read_text().splitlines()) == 21
    assert saved["Data (Excel)"].read_bytes().startswith(b"PK")
    with page.context.expect_page() as opened:
        run.get_by_role("link", name="Report with one trial to play").click()
    report = opened.value
    report.locator("h1").wait_for(timeout=LONG_MS)
    assert "in half of" in report.locator("h1").inner_text()
    report.locator(".js-plotly-plot").first.wait_for()
    report.get_by_text("Play it, day by day").click()
    report.locator(".stage-day", has_text="Day ").wait_for()
    link = run.get_by_role("link", name="Explain").get_attribute("href")
    assert "file=" in link
    assert "seed=5" in link


def test_no_name_leads_out_of_the_folder_of_runs(visit: Callable[..., Any], server: Server) -> None:
    page = visit("/runs")
    for name in ("..%2f..", "%2fetc", "studio", "nothing"):
        answer = page.request.get(f"{server.url}/runs/{name}/scenario.yaml")
        assert "yaml" not in answer.headers["content-type"], name
        assert answer.status == 404 or "trialclock studio" in answer.text(), "a page of the studio, which has no such"


def test_an_unfinished_run_leads_to_where_it_goes_on(tmp_path: Path) -> None:
    """It is named after its scenario, not after the file that it was typed in."""
    app, studio = create_app(Settings(tmp_path))
    with app.server.test_request_context("/"):
        g.visitor = "0" * 32
        folder = studio.visitor.runs / "under-way"
        folder.mkdir(parents=True)
        RunFolder(folder, Identity(scenario_of(), 5, 20, "scenario.yaml")).begin()
        (entry,) = past_runs(studio)
        assert unfinished_state(studio, entry) is None, "of the command line, which goes on with it"
        studio.visitor.remember(BEGUN, {"query": "?seed=5&replications=20", "folder": "under-way"})
        assert unfinished_state(studio, entry) == State(seed=5, replications=20)
        said = str(_run(studio, entry))
    assert "href='/plan?" in said
    assert "0 of 20 simulated trials are done" in said
    assert "H2('one Poisson process')" in said
    studio.close()


@pytest.mark.slow
def test_what_one_visitor_ran_no_other_sees(visit: Callable[..., Any]) -> None:
    page = visit("/compare?side=scenario%3Dbase&side=scenario%3Done-to-one&replications=10")
    page.locator("#compare-answer .headline").wait_for(timeout=LONG_MS)
    mine = visit("/runs", context=page.context)
    assert mine.locator(".run", has_text="Allocation 1:1").count() == 1
    assert visit("/runs").locator(".run", has_text="Allocation 1:1").count() == 0


@pytest.mark.slow
def test_a_figure_and_its_table_are_saved_as_files(visit: Callable[..., Any]) -> None:
    page = visit("/compare?side=scenario%3Dbase&side=scenario%3Done-to-one&replications=10")
    exhibit = page.locator("#compare-answer .exhibit", has_text="Enrolment, on one axis")
    exhibit.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=LONG_MS)
    begins = {"PNG": b"\x89PNG", "SVG": b"<svg", "CSV": b"\xef\xbb\xbf"}
    for kind, start in begins.items():
        with page.expect_download() as download:
            exhibit.get_by_role("button", name=f"as {kind}").click()
        assert download.value.suggested_filename == f"fan.{kind.lower()}"
        assert Path(download.value.path()).read_bytes().startswith(start)
