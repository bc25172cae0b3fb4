"""A comparison and an explanation say what each country brings, where there are countries, and nothing elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.analysis.reduce import Reducer
from sim.core.design import Design
from sim.experiment.identity import Identity
from sim.experiment.replicate import replicate_chunk
from sim.experiment.run.growing import ResultsAtHand
from sim.report.comparison.by_country import countries
from sim.report.comparison.page import comparison_content
from sim.report.explanation.page import explanation_content
from sim.web.pages.run.view import figures_of

TRIAL: dict[str, Any] = {
    "name": "Two countries",
    "trial": {"target": 40, "enrolment_opens": "2027-01-01", "horizon_months": 48},
    "arms": {"one": {}},
    "site_defaults": {"referrals_per_month": {"uncertain": "lognormal", "median": 2, "sigma": 0.2}},
    "sites": {
        "north": {"count": 3, "country": "DE"},
        "south": {"count": 1, "country": "IT"},
    },
    "countries": {"DE": {"label": "Germany"}, "IT": {"label": "Italy"}},
}


def _with(**south: Any) -> dict[str, Any]:
    sites = {**TRIAL["sites"], "south": {**TRIAL["sites"]["south"], **south}}
    return {**TRIAL, "name": "More in the south", "sites": sites}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("compared") / "answer"
    return sim.compare(TRIAL, _with(count=3), replications=60, seed=5, workers=1, out=folder, report=False)


def test_a_comparison_says_what_each_country_brings_and_the_difference(compared: Any) -> None:
    made = countries(compared)
    rows = {(row[0], row[1]): row[2:] for row in made.table.rows}
    assert rows["Germany", "sites activated"][0] == rows["Germany", "sites activated"][1]
    assert rows["Italy", "sites activated"][2] == "+2.00 (always)"
    italy, italy_then, change = rows["Italy", "randomised"]
    assert float(italy_then.split(" ")[0]) > 1.5 * float(italy.split(" ")[0])  # half of the sites instead of a quarter
    assert change.startswith("+")
    assert "In Two countries Germany brings most" in made.summary
    sections = {section.name: section for section in comparison_content(compared).sections}
    assert "countries" in [exhibit.name for exhibit in sections["why"].exhibits]


def test_a_country_that_only_one_scenario_has_is_said_to_be_so(tmp_path: Path) -> None:
    other = {**TRIAL, "name": "Alone", "sites": {"north": TRIAL["sites"]["north"]}, "countries": {"DE": {}}}
    found = countries(sim.compare(TRIAL, other, replications=20, seed=5, workers=1, out=tmp_path / "c", report=False))
    assert {row[-1] for row in found.table.rows if row[0] == "Italy"} == {"reference only"}


def test_an_explanation_says_on_which_country_the_date_hangs(tmp_path: Path) -> None:
    late = {**TRIAL, "sites": {**TRIAL["sites"], "south": {"count": 1, "country": "IT", "opens": "2030-01-01"}}}
    explained = sim.explain(late, replications=96, seed=5, workers=1, out=tmp_path / "e", report=False)
    content = explanation_content(explained, "last_randomised", "x")
    (made,) = [
        exhibit for section in content.sections for exhibit in section.exhibits if exhibit.name == "critical-countries"
    ]
    rows = {row[0]: row[1] for row in made.table.rows}
    assert rows["Germany"].startswith("100")
    assert rows["Italy"].startswith("0")


def test_the_plan_page_shows_what_each_country_brings(tmp_path: Path) -> None:
    run = sim.run(TRIAL, replications=20, seed=5, workers=1, out=tmp_path / "run", report=False)
    assert "answer-plan-countries" in str(figures_of(run)[-1])
    design = Design(run.scenario)
    chunk = replicate_chunk(Reducer(design), 5, 0, 8)
    first = ResultsAtHand(Identity(run.scenario, 5, 8), [chunk], design)
    assert "answer-plan-countries" in str(figures_of(first)[-1])
    sites = {name: {"count": group["count"]} for name, group in TRIAL["sites"].items()}
    plain = sim.run({**TRIAL, "sites": sites, "countries": {}}, replications=20, seed=5, workers=1,
                    out=tmp_path / "plain", report=False)  # fmt: skip
    assert "answer-plan-countries" not in str(figures_of(plain)[-1])


def test_where_there_are_no_countries_nothing_is_said_of_them(tmp_path: Path) -> None:
    sites = {name: {"count": group["count"]} for name, group in TRIAL["sites"].items()}
    plain = {**TRIAL, "sites": sites, "countries": {}}
    other = {**plain, "name": "Other", "sites": {**sites, "south": {"count": 2}}}
    assert (
        countries(sim.compare(plain, other, replications=20, seed=5, workers=1, out=tmp_path / "c", report=False))
        is None
    )
